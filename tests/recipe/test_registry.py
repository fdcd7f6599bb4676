"""The registry: its names are classes of layers, and reading it costs nothing."""

import subprocess
import sys

import keras
import pytest

from specnet.recipe import registry


@pytest.mark.parametrize("name", registry.LAYERS)
def test_every_name_is_a_keras_layer(name):
    assert issubclass(registry.resolve(name), keras.layers.Layer)


@pytest.mark.parametrize("name", registry.ALIASES)
def test_every_alias_builds_the_activation_of_its_name(name):
    layer, arguments = registry.ALIASES[name]
    assert registry.resolve(layer)(**arguments).activation is getattr(keras.activations, name)


def test_no_name_means_two_things():
    assert not registry.LAYERS.keys() & registry.ALIASES.keys()


def test_an_unknown_name_is_a_key_error():
    with pytest.raises(KeyError):
        registry.resolve("gausian")


@pytest.mark.parametrize("module", ["specnet", "specnet.recipe.registry", "specnet.recipe.schema"])
def test_importing_it_loads_no_backend(module):
    code = f"import sys, {module}; sys.exit(any(m in sys.modules for m in ('keras', 'tensorflow')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
