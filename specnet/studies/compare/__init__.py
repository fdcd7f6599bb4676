"""Is it better, and what does it cost? Recipes against each other, over many seeds.

    found = compare(plan(["catsdogs-spatial", "catsdogs-gaussian"]), Path("ckpt/compare"))
    found.rows, found.sentences

`plan` says what is compared (`suites` and `reducing` next to it), `study` goes through it all.
Models and trainings are in processes of their own, so nothing else here imports Keras: `preparing`
and `matching` build, `training` runs a `trial`. `convergence` is pure, `summary` makes rows, and
`table`, `verdict`, `pictures` and `report` tell.
"""

from specnet.studies.compare.plan import TRIALS, Contender, Match, Plan, plan
from specnet.studies.compare.study import compare
from specnet.studies.compare.suites import SUITES
from specnet.studies.engine.workers import Options

__all__ = [
    "SUITES",
    "TRIALS",
    "Contender",
    "Match",
    "Options",
    "Plan",
    "compare",
    "plan",
]
