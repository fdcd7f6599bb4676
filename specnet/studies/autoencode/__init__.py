"""How flexible are parametric spectral filters? Autoencoders that differ in their encoder alone.

    design = Design(dataset="mnist")
    study = autoencode(design, design.encoders(["all"]), [0, 1], Path("ckpt/study"))
    study.rows

`networks` says what is compared, `trials` trains one of them, `baseline` fits families to kernels,
`table`, `explained` and `report` sum up, `study` goes through it all.
"""

from specnet.studies.autoencode.baseline import KERNELS
from specnet.studies.autoencode.networks import DATASETS, SPATIAL, Design
from specnet.studies.autoencode.study import Study, autoencode
from specnet.studies.autoencode.table import Row

__all__ = [
    "DATASETS",
    "KERNELS",
    "SPATIAL",
    "Design",
    "Row",
    "Study",
    "autoencode",
]
