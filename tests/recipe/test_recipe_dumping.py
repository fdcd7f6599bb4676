"""What is written of recipes: files that read back equal, differences, a schema for editors."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from specnet import recipe
from specnet.recipe.schema import Recipe

GRATINGS = {"data": {"source": "gratings"}, "model": ["flatten", {"dense": {"units": 8}}]}


def test_differences_are_a_line_a_value_and_equal_recipes_have_none():
    gaussian, linear = recipe.load("catsdogs-gaussian"), recipe.load("catsdogs-linear")
    inner = "model[1].repeat.layers[0]"
    assert recipe.differences(gaussian, gaussian) == []
    assert recipe.differences(gaussian, linear) == [
        "name: 'catsdogs-gaussian' -> 'catsdogs-linear'",
        f"{inner}.gaussian.filters: 6 -> absent",
        f"{inner}.gaussian.activation: 'relu' -> absent",
        f"{inner}.linear.filters: absent -> 6",
        f"{inner}.linear.activation: absent -> 'relu'",
    ]


LAYERS = st.recursive(
    st.sampled_from(
        [
            "relu",
            "sigmoid",
            {"dense": {"units": 3, "activation": None}},
            {"dropout": {"rate": 1e-7}},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(
            lambda times, layers: {"repeat": {"times": times, "layers": layers}},
            st.integers(1, 3),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(
            lambda layers, shortcut: {"residual": {"layers": layers, "shortcut": shortcut}},
            st.lists(inner, min_size=1, max_size=3),
            st.lists(inner, min_size=1, max_size=2),
        ),
    ),
    max_leaves=6,
)
AWKWARD = ["1e-3", "-1E5", "no", "null", "2024-01-01", "0x1F", "~", "#c", "<<", "1:30", "a\x85b"]
TEXT = st.text(max_size=30) | st.sampled_from(AWKWARD)
NAMES = (st.sampled_from(AWKWARD) | TEXT.map(lambda text: "n" + re.sub(r"[/\\]", "", text))).filter(
    str.isprintable
)
SHARE = st.floats(min_value=0, max_value=1)


@given(
    layers=st.lists(LAYERS, min_size=1, max_size=4),
    name=NAMES,
    options=st.fixed_dictionaries(
        {}, optional={"momentum": SHARE, "nesterov": st.booleans(), "weight_decay": SHARE}
    ),
    rate=st.floats(min_value=1e-300, max_value=1e38),
)
def test_what_is_dumped_reads_back_equal(tmp_path_factory, layers, name, options, rate):
    folder = tmp_path_factory.mktemp("dump")
    (folder / "first.yaml").write_text(
        yaml.safe_dump({"data": {"source": "gratings"}, "model": layers})
    )
    optimizer = {"name": "sgd", "learning_rate": rate, "options": options}
    first = recipe.load(folder / "first.yaml").model_copy(update={"name": name})
    first = Recipe.model_validate({**first.model_dump(), "training": {"optimizer": optimizer}})
    (folder / "second.yaml").write_text(recipe.dump(first), encoding="utf-8")
    assert recipe.load(folder / "second.yaml") == first


@pytest.mark.parametrize("path", recipe.shipped(), ids=lambda path: path.stem)
def test_a_shipped_recipe_dumped_reads_back_equal_and_says_no_place(tmp_path, path):
    text = recipe.dump(recipe.load(path))
    (tmp_path / "recipe.yaml").write_text(text)
    assert recipe.load(tmp_path / "recipe.yaml") == recipe.load(path)
    assert "place" not in text


def test_the_schema_for_editors_accepts_what_load_accepts_and_no_more():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(recipe.json_schema())
    validator.check_schema(recipe.json_schema())
    for path in recipe.shipped():
        validator.validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    good = GRATINGS
    part = {"base": "x", "data": {"image_size": 64}, "training": {"epochs": 3}}
    blocks = [{"repeat": {"times": 2, "layers": ["relu", {"residual": {"layers": ["tanh"]}}]}}]
    assert all(map(validator.is_valid, [good, part, good | {"model": blocks}]))
    wrong_layers = ["dense", "gausian", {"dense": {"unit": 3}}, {"gaussian": {"filters": "3"}}]
    for layer in [*wrong_layers, {"repeat": {"times": 2, "layers": ["relux"]}}, {"relu": 3}]:
        assert not validator.is_valid(good | {"model": [layer]})
    assert not validator.is_valid({**part, "data": {"image_siz": 64}})
    assert not validator.is_valid({key: part[key] for key in ("data", "training")})
