"""What frequencies does a network lean on, and does pruning them defend it?

    found = robustness([Run.find(Path("ckpt/catsdogs-spatial"))], options=Options(images=400))
    found.results.clean("catsdogs-spatial").share, found.sentences

`design` says what can be asked. `trial` opens runs, chooses images and sets up what
`specnet.robustness` measures, `measuring` goes through it and keeps it. `recipes_of_runs` says
which runs are trials of one recipe. `results`, `over_trials`,
`differences`, `heat`, `spectra` and `pruning_curve` make numbers of the records; `table` and
`figures` tell. Only
`design` is imported here, so that mistakes are told before Keras is there; the rest is in `study`.
"""

from specnet.studies.robustness.design import (
    ASKS,
    SLOW,
    STUDIES,
    Options,
    check_runs,
    chosen,
    parse_cutoffs,
    parse_epsilons,
    parse_save,
)

__all__ = [
    "ASKS",
    "SLOW",
    "STUDIES",
    "Options",
    "check_runs",
    "chosen",
    "parse_cutoffs",
    "parse_epsilons",
    "parse_save",
]
