"""How fast are layers and networks here, and how far from what the machine allows?

    subjects = read(["spectral_pooling"], against="max_pooling2d")  # of `studies.engine.subjects`
    found = compare(subjects, against="max_pooling2d", options=Options(sizes=(64, 150)))
    found.rows, found.advice

`programs` builds what is measured and makes jobs of it, `timing` and
`measuring` time them in turn, `memory` and `startup` ask other processes, `rates` and `floor` say
what the machine must at least spend, `comparison` puts it together as `results`. `suite` asks the
standard questions, `plan` how large they are. `table` and `report` write it all down.
"""

from specnet.studies.bench.comparison import compare
from specnet.studies.bench.goals import Answers, Goal
from specnet.studies.bench.measuring import Options, measure
from specnet.studies.bench.plan import QUICK, Plan
from specnet.studies.bench.report import Report, write_answers, write_comparison
from specnet.studies.bench.results import Comparison, Row
from specnet.studies.bench.roofline import Floor, floor_of
from specnet.studies.bench.suite import standard_questions

__all__ = [
    "QUICK",
    "Answers",
    "Comparison",
    "Floor",
    "Goal",
    "Options",
    "Plan",
    "Report",
    "Row",
    "compare",
    "floor_of",
    "measure",
    "standard_questions",
    "write_answers",
    "write_comparison",
]
