"""Is it better, and what does it cost? Recipes against each other, over many seeds.

    found = compare(plan(["catsdogs-spatial", "catsdogs-gaussian"]), Path("ckpt/compare"))
    found.rows, found.sentences

`design` says what is compared, `study` goes through it all. Models and `training` are in processes
of their own, so nothing else here imports Keras. `trial` is one result, `results` makes rows of all
of them, `table` and `figures` tell.
"""

from specnet.studies.compare.design import SUITES, TRIALS, Contender, Match, Plan, plan
from specnet.studies.compare.study import compare, kept_runs
from specnet.studies.engine.workers import Options

__all__ = [
    "SUITES",
    "TRIALS",
    "Contender",
    "Match",
    "Options",
    "Plan",
    "compare",
    "kept_runs",
    "plan",
]
