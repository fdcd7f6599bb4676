"""How flexible are parametric spectral filters? Autoencoders that differ in their encoder alone.

    design = Design(dataset="mnist")
    study = autoencode(design, design.encoders(["all"]), [0, 1], Path("ckpt/study"))
    study.rows

`design` says what is compared, `trials` trains one of them, `baseline` fits families to kernels,
`results` and `figures` sum up, `study` goes through it all.
"""

from specnet.studies.autoencode.baseline import KERNELS
from specnet.studies.autoencode.design import DATASETS, SPATIAL, Design
from specnet.studies.autoencode.results import Row
from specnet.studies.autoencode.study import Study, autoencode

__all__ = [
    "DATASETS",
    "KERNELS",
    "SPATIAL",
    "Design",
    "Row",
    "Study",
    "autoencode",
]
