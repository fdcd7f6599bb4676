"""Plain arrays -> Matplotlib figures. Callers save them; nothing here knows Keras or files.

One file a kind of picture, each function from arrays to a `Figure`.
"""

from specnet.plots.autoencoding import loss_against_parameters, loss_curves, reconstructions
from specnet.plots.classification import confusion
from specnet.plots.curves import history
from specnet.plots.explanation import explanation
from specnet.plots.flexibility import flexibility
from specnet.plots.training import strip

__all__ = [
    "confusion",
    "explanation",
    "flexibility",
    "history",
    "loss_against_parameters",
    "loss_curves",
    "reconstructions",
    "strip",
]
