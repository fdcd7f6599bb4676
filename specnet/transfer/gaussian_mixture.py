"""Sums of Gaussian bumps in the frequency plane.

2, K  the two parts, transfer functions
"""

import numpy as np
from keras import ops

from specnet.recipe.ranges import Terms
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.gaussian import gaussian


@family(1, 2, 3)
def gaussian_mixture(components: Terms = 2) -> Family:
    """Sums of Gaussian bumps in the frequency plane: 12 parameters a filter and component.

    Args:
        components: bumps, as `gaussian` has one, in each part of a filter.
    """

    def of_rank(rank: int) -> Family:
        one = gaussian(rank=rank)

        def parts(parameters: Parameters, *frequencies: np.ndarray) -> Tensor:
            return ops.sum(one.parts(parameters, *frequencies), axis=2)

        def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
            bumps = one.initial(rng, count * components)
            return {name: bumps[name].reshape(2, count, *shape) for name, shape in shapes.items()}

        shapes = {name: (components, *shape) for name, shape in one.shapes.items()}
        amplitude, describe = one.amplitude, one.describe
        return Family(shapes, parts, initial, amplitude, describe, jumps=True, of_rank=of_rank)

    return of_rank(2)
