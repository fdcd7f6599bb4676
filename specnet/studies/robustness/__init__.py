"""What frequencies does a network lean on, and does pruning them defend it?

    found = robustness([Run.find(Path("ckpt/catsdogs-spatial"))], options=Options(images=400))
    found.results.clean("catsdogs-spatial").share, found.sentences

`plan` says what can be asked. `subjects` opens runs and chooses images, `studies` (with `pruning`)
sets up what `specnet.robustness` measures, `running` goes through it and `records` keeps it, with
an eye on how long it takes (`estimate`). `results`, `between`, `knees`, `heat` and `spectra` make
numbers of the records; `table`, `verdict`, `pictures` and `report` tell. Only `plan` is imported
here, so that mistakes are told before Keras is there; the rest is in `study`.
"""

from specnet.studies.robustness.plan import STUDIES, Options, chosen, parse_cutoffs, parse_save

__all__ = ["STUDIES", "Options", "chosen", "parse_cutoffs", "parse_save"]
