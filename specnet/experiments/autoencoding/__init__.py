"""How flexible are parametric spectral filters? Autoencoders that differ in their encoder alone.

    design = Design(dataset="mnist")
    study = autoencode(design, design.encoders(["all"]), [0, 1], Path("ckpt/study"))
    study.rows

`networks` says what is compared, `trials` trains one of them, `baseline` fits families to kernels,
`table`, `explained` and `report` sum up, `study` goes through it all.
"""

from specnet.experiments.autoencoding.baseline import KERNELS
from specnet.experiments.autoencoding.networks import DATASETS, SPATIAL, Design
from specnet.experiments.autoencoding.study import Study, autoencode
from specnet.experiments.autoencoding.table import Row

__all__ = [
    "DATASETS",
    "KERNELS",
    "SPATIAL",
    "Design",
    "Row",
    "Study",
    "autoencode",
]
