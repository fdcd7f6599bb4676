"""How fast are layers and networks here, and how far from what the machine allows?

    subjects = read(["spectral_pooling"], against="max_pooling2d")  # of `studies.engine.subjects`
    found = compare(subjects, against="max_pooling2d", options=Options(sizes=(64, 150)))
    found.rows, found.advice

`workloads` builds what is measured and makes jobs of it, `timing` times them in turn, `memory` asks
other processes, `machine_peaks` and `roofline` say what the machine must at least spend, `trial`
puts it together as `results`. `questions` asks the standard questions, `design` says how large they
are. `peers` sets ours next to what others offer. `figures` writes it all down.
"""

from specnet.studies.bench.design import QUICK, Answers, Goal, Plan
from specnet.studies.bench.figures import Report, write_answers, write_comparison, write_peers
from specnet.studies.bench.peers import Peers, compare_with_peers
from specnet.studies.bench.questions import standard_questions
from specnet.studies.bench.results import Comparison, Row
from specnet.studies.bench.roofline import Floor, floor_of
from specnet.studies.bench.trial import Options, compare, measure

__all__ = [
    "QUICK",
    "Answers",
    "Comparison",
    "Floor",
    "Goal",
    "Options",
    "Peers",
    "Plan",
    "Report",
    "Row",
    "compare",
    "compare_with_peers",
    "floor_of",
    "measure",
    "standard_questions",
    "write_answers",
    "write_comparison",
    "write_peers",
]
