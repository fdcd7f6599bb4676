"""How flexible is a family of transfer functions? The share of trained kernels that it explains.

The kernels of a trained Conv2D are fitted with each family, and what is explained is told against
the parameters spent. Real filters of 3 x 3 pixels have 9 numbers and explain themselves.
"""

from specnet.studies.autoencode.flexibility.kernels import (
    LayerKernels,
    kernels_of,
    transfer_functions,
)
from specnet.studies.autoencode.flexibility.study import Flexibility, flexibility, ladder

__all__ = [
    "Flexibility",
    "LayerKernels",
    "flexibility",
    "kernels_of",
    "ladder",
    "transfer_functions",
]
