"""Plain arrays -> Matplotlib figures. Callers save them; nothing here knows Keras or files.

What may go in here: one file a kind of picture, each function from arrays to a `Figure`.
"""

from specnet.figures.autoencoding import loss_against_parameters, loss_curves, reconstructions
from specnet.figures.classification import confusion
from specnet.figures.curves import history
from specnet.figures.flexibility import flexibility
from specnet.figures.training import strip

__all__ = [
    "confusion",
    "flexibility",
    "history",
    "loss_against_parameters",
    "loss_curves",
    "reconstructions",
    "strip",
]
