"""What the layers of a recipe are called in a model."""

from collections import Counter


class LayerNames:
    """Names for layers in the order in which a model gets them: relu, relu_1, relu_2, ..."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def next(self, kind: str) -> str:
        """A name for another layer of a kind."""
        number = self._taken[kind]
        self._taken[kind] += 1
        return f"{kind}_{number}" if number else kind
