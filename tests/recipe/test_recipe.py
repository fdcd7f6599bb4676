"""Recipes as files: what is found, what is read, what bases and overrides do."""

import os
import subprocess
import sys

import pytest

from specnet import recipe
from specnet.errors import RecipeError
from specnet.recipe.schema import LayerSpec

GRATINGS = "data: {source: gratings}\nmodel: [flatten, {dense: {units: 8}}]\n"
FOLDER = "data: {source: folder, path: photos, image_size: [30, 45], augment: {flip: yes}}\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a file into the current directory, which is empty, and returns its name."""
    monkeypatch.chdir(tmp_path)

    def file(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return file


@pytest.mark.parametrize("path", recipe.shipped(), ids=lambda path: path.stem)
def test_every_shipped_recipe_is_found_by_name_and_opens_with_a_comment(
    path, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert recipe.find(path.stem).samefile(path)
    assert recipe.load(path.stem) == recipe.load(path)
    assert recipe.load(path.stem).name == path.stem
    assert recipe.header(path)


def test_a_base_is_not_listed():
    assert not [path for path in recipe.shipped() if path.stem.startswith("_")]


def test_the_name_is_the_files_unless_it_says_one(write):
    assert recipe.load(write("mine.yaml", GRATINGS)).name == "mine"
    assert recipe.load(write("mine.yaml", "name: other\n" + GRATINGS)).name == "other"


def test_the_header_is_the_opening_comment_alone(write):
    text = "# One line.\n#\n#   specnet train x\n\n# not this\n" + GRATINGS
    path = recipe.find(write("x.yaml", text))
    assert recipe.header(path) == "One line.\n\n  specnet train x"


@pytest.mark.parametrize(
    ("text", "value"), [("1e-3", 0.001), ("1E+2", 100), ("0.5", 0.5), ("2.5e-4", 0.00025), ("3", 3)]
)
def test_numbers_are_read_as_people_write_them(write, text, value):
    name = write("x.yaml", GRATINGS + f"training: {{optimizer: {{learning_rate: {text}}}}}\n")
    assert recipe.load(name).training.optimizer.learning_rate == value


@pytest.mark.parametrize(
    ("text", "value"), [("010", 10), ("08", 8), ("+3", 3), (" 3", 3), ("00", 0)]
)
def test_a_whole_number_is_decimal(write, text, value):
    name = write("x.yaml", f"training: {{seed: {text}}}\n" + GRATINGS)
    assert recipe.load(name).training.seed == value
    assert recipe.load(name, [f"training.seed={text}"]).training.seed == value


@pytest.mark.parametrize("text", ["1:30", "0o17", "0x10", "1_000", "0b11", "1e2", "2024-01-31"])
def test_other_spellings_of_numbers_are_refused(write, text):
    name = write("x.yaml", f"training: {{seed: {text}}}\n" + GRATINGS)
    with pytest.raises(RecipeError, match=r"x\.yaml:1: training.seed: must be a whole number"):
        recipe.load(name)


@pytest.mark.parametrize(
    "text", ["a #b", "a: b", "*a", "&a", "=", "{", "- a", "| x", "% @ `", "2024-01-31", "a, b"]
)
def test_what_the_shell_passed_is_the_value(write, text):
    name = write("x.yaml", FOLDER + "model: [flatten]\n")
    if text != "{":
        assert recipe.load(name, [f"name={text}"]).name == text
        assert recipe.load(name, [f"data.path=x/{text}"]).data.path.name == text
    assert recipe.load(name, [f"name='{text}'"]).name == text


def test_nothing_may_stand_behind_a_quoted_value(write):
    with pytest.raises(RecipeError, match=r"' #b' stands behind the value; quote all of it"):
        recipe.load(write("x.yaml", GRATINGS), ["name='a' #b"])


def test_an_image_size_is_written_as_for_eval(write):
    name = write("x.yaml", GRATINGS)
    assert recipe.load(name, ["data.image_size=96x128"]).data.image_size == (96, 128)
    for wrong in ("96x", "x", "[8]", "[]", "0x8", "99999x8", "8x8x8"):
        with pytest.raises(RecipeError, match=r"data\.image_size"):
            recipe.load(name, [f"data.image_size={wrong}"])


def test_a_relative_path_follows_the_file_that_says_it(write, tmp_path, monkeypatch):
    for name in ("sub", "other"):
        (tmp_path / name).mkdir()
    write("sub/base.yaml", FOLDER)
    name = write("x.yaml", "base: sub/base\nmodel: [flatten]\n")
    monkeypatch.chdir(tmp_path / "other")
    found = recipe.load(tmp_path / name)
    assert found.data.path == tmp_path / "sub" / "photos"
    assert recipe.load(tmp_path / name, ["data.path=x"]).data.path == tmp_path / "other" / "x"
    assert recipe.load(tmp_path / name, folder=tmp_path).data.path == tmp_path / "photos"
    write("dumped.yaml", recipe.dump(found))
    assert recipe.load(tmp_path / "dumped.yaml") == found


def test_a_date_is_text(write):
    assert recipe.load(write("x.yaml", "name: 2024-01-31\n" + GRATINGS)).name == "2024-01-31"


def test_aliases_and_merges_are_read_as_yaml_means_them(write):
    text = """
        data: {source: gratings}
        model:
          - dense: &wide {units: 9, activation: relu}
          - dense: *wide
          - dense: &narrow {units: 1, use_bias: no}
          - dense: {<<: [*narrow, *wide]}
          - dense: {<<: *wide, units: 2}
    """
    found = [spec.arguments for spec in recipe.load(write("x.yaml", text)).model]
    assert found == [
        {"units": 9, "activation": "relu"},
        {"units": 9, "activation": "relu"},
        {"units": 1, "use_bias": False},
        {"units": 1, "use_bias": False, "activation": "relu"},  # the first named is on top
        {"units": 2, "activation": "relu"},
    ]


def test_blocks_hold_layers_with_their_places(write):
    text = """
        data: {source: gratings}
        model:
          - repeat: {times: 3, layers: [dwt2d, {residual: {layers: [relu], shortcut: [gelu]}}]}
    """
    (repeat,) = recipe.load(write("x.yaml", text)).model
    residual = LayerSpec(
        name="residual",
        layers=(LayerSpec(name="relu", place="model[0].repeat.layers[1].residual.layers[0]"),),
        shortcut=(LayerSpec(name="gelu", place="model[0].repeat.layers[1].residual.shortcut[0]"),),
        place="model[0].repeat.layers[1]",
    )
    assert repeat.arguments == {"times": 3}
    assert repeat.layers == (LayerSpec(name="dwt2d", place="model[0].repeat.layers[0]"), residual)


def test_a_base_is_merged_beneath_mapping_by_mapping(write):
    write("top.yaml", "name: top\n" + FOLDER + "model: [flatten]\ntraining: {epochs: 7, seed: 1}\n")
    write("middle.yaml", "base: top\ntraining: {epochs: 8}\n")
    text = "base: middle.yaml\ndata: {augment: {shift: 2}}\nmodel: [relu]\n"
    found = recipe.load(write("low.yaml", text))
    assert (found.name, found.training.epochs, found.training.seed) == ("low", 8, 1)
    assert (found.data.augment.shift, found.data.augment.flip) == (2, True)
    assert [spec.name for spec in found.model] == ["relu"]


def test_a_base_is_looked_up_beside_the_file_and_then_among_those_shipped(write, tmp_path):
    (tmp_path / "sub").mkdir()
    write("sub/base.yaml", GRATINGS)
    assert recipe.load(write("sub/x.yaml", "base: base\n")).data.source == "gratings"
    shipped = recipe.load("gratings-gaussian")
    found = recipe.load(write("y.yaml", "base: gratings-gaussian\n"))
    assert found == shipped.model_copy(update={"name": "y"})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("training.epochs=3", "training.epochs: 10 -> 3"),
        ("data.image_size=64", "data.image_size: [30, 45] -> [64, 64]"),
        ("data.image_size=[5, 7]", "data.image_size: [30, 45] -> [5, 7]"),
        ("data.augment.rotate=4", "data.augment.rotate: 0.0 -> 4.0"),
        ("model[0].conv2d.filters=8", "model[0].conv2d.filters: 6 -> 8"),
        ("model.0.conv2d.padding=same", "model[0].conv2d.padding: absent -> 'same'"),
        ("model[1].relu.max_value=6", "model[1].relu.max_value: absent -> 6"),
        ("~model[0].conv2d.activation", "model[0].conv2d.activation: 'relu' -> absent"),
        (
            "training.optimizer.options.beta_1=0.5",
            "training.optimizer.options.beta_1: absent -> 0.5",
        ),
        ("name=other", "name: 'x' -> 'other'"),
    ],
)
def test_an_override_changes_what_it_names_and_nothing_else(write, change, expected):
    text = (
        FOLDER
        + "model: [{conv2d: {kernel_size: 3, filters: 6, activation: relu}}, relu, flatten]\n"
    )
    name = write("x.yaml", text)
    lines = recipe.differences(recipe.load(name), recipe.load(name, [change]))
    # `- relu` becomes `- relu: {max_value: 6}`, so that the bare name goes.
    assert [line for line in lines if not line.startswith("model[1]: ")] == [expected]


def test_overrides_are_applied_in_order_and_can_remove(write):
    name = write("x.yaml", FOLDER + "model: [rfft2d, relu, flatten]\n")
    found = recipe.load(
        name, ["~data.augment", "~model[1]", "training.epochs=3", "training.epochs=4"]
    )
    assert found.data.augment is None
    assert [spec.name for spec in found.model] == ["rfft2d", "flatten"]
    assert found.training.epochs == 4


def test_reading_imports_no_backend(write):
    name = write("x.yaml", GRATINGS.replace("dense", "dence"))
    code = (
        "import sys; from specnet import errors, recipe\n"
        f"try: recipe.load({name!r})\n"
        "except errors.RecipeError: sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_not_a_file_is_refused_without_reading_it(write, tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(RecipeError):
        recipe.load("pipe.yaml")
