"""How many examples the property tests of the backends draw."""

import keras
from hypothesis import settings


def examples(count: int) -> settings:
    """So many; a quarter of them on JAX, which compiles every operation anew for every size."""
    return settings(max_examples=count // 4 if keras.backend.backend() == "jax" else count)
