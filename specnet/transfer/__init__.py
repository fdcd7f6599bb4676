"""Transfer functions with a few parameters: filters that do not know the size of the image.

One family a file, each a function that returns a `Family`: pure maths over `keras.ops`, no layers.
`FAMILIES` has those declared by `@family`, found by looking into this folder;
`specnet.layers.families` makes a Keras layer of each.
"""

from importlib import import_module
from pkgutil import iter_modules

from specnet.transfer.family import FAMILIES, Family, Form

__all__ = ["FAMILIES", "Family", "Form"]

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")
