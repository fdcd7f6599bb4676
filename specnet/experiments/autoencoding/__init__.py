"""How flexible are parametric spectral filters? Autoencoders that differ in their encoder alone.

    study = autoencode(Design(dataset="mnist"), encoders(["all"]), [0, 1], Path("ckpt/study"))
    study.rows

`networks` says what is compared, `trials` trains one of them, `table` and `report` sum up, `study`
goes through it all.
"""

from specnet.experiments.autoencoding.baseline import KERNELS
from specnet.experiments.autoencoding.networks import DATASETS, SPATIAL, Design, encoders
from specnet.experiments.autoencoding.study import Study, autoencode
from specnet.experiments.autoencoding.table import HEAD, Row, cells

__all__ = [
    "DATASETS",
    "HEAD",
    "KERNELS",
    "SPATIAL",
    "Design",
    "Row",
    "Study",
    "autoencode",
    "cells",
    "encoders",
]
