"""How many floating-point operations a model is, counted by formulas, layer by layer.

One formula a class, for one image, of the algorithm as it is usually written down; not what a
backend makes of it. An addition, a product and a comparison are 1 each, and so is any activation of
a number. What is done once a batch, such as evaluating transfer functions at all frequencies, is
not counted.
"""

from specnet.models.cost.costs import Cost, Transform
from specnet.models.cost.counting import TRAINING, Count, count, layer_cost
from specnet.models.cost.spectral_layers import products

__all__ = ["TRAINING", "Cost", "Count", "Transform", "count", "layer_cost", "products"]
