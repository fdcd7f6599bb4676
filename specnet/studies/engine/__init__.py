"""What all studies share.

    store                                       a folder: what was asked for, what is finished
    records, workers, processes, cluster        trials, each in a process of its own
    estimate, stopping                          the time left, and how a study ends early
    statistics, tables, report                  differences, tables in all forms, pictures, the page
    subjects                                    recipes and layers as they are written

A study writes its design (what is asked for), its trial (a `records.Trial` with what it measures,
and a function that another process calls: `workers.run_missing`), its results (rows, tables,
sentences) and its figures (a `report.Report`).
"""
