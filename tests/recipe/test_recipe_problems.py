"""What is said of recipes that cannot be used: where, what was found, what to do; all at once."""

import pytest

from specnet import recipe
from specnet.errors import RecipeError

DATA = "data: {source: gratings}\n"
GOOD = DATA + "model: [flatten, {dense: {units: 8}}]\n"


@pytest.fixture
def problems(tmp_path, monkeypatch):
    """The problems of a text as `x.yaml` in the current directory."""
    monkeypatch.chdir(tmp_path)

    def of(text, *overrides):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "x.yaml").write_bytes(content)
        with pytest.raises(RecipeError) as caught:
            recipe.load("x.yaml", overrides)
        return caught.value.problems

    return of


def test_every_problem_is_told_at_once_in_reading_order(problems):
    text = """name: 3
data:
  source: tfd
model:
  - rfft2d
  - gausian: {filters: 8}
  - dense: 2
  - gaussian:
      filters: "6"
      mixng: sum
  - repeat: {times: 2, layers: [reluu]}
training:
  epoch: 3
  epochs: -3
  jit_compile: maybe
modle: []
"""
    assert problems(text) == (
        "x.yaml:1: name: must be text, found 3",
        "x.yaml:3: data.source: must be one of 'tfds', 'folder', 'csv', 'huggingface', 'npz', "
        "'gratings', 'chirps', 'npz_signals', 'npz_volumes', found 'tfd'",
        "x.yaml:6: model[1].gausian: unknown layer; did you mean 'gaussian'?",
        "x.yaml:7: model[2].dense: expected its arguments by name, found 2; "
        "write `dense: {units: 2}`",
        "x.yaml:9: model[3].gaussian.filters: must be a whole number, found '6'",
        "x.yaml:10: model[3].gaussian.mixng: unknown argument; did you mean 'mixing'?",
        "x.yaml:11: model[4].repeat.layers[0].reluu: unknown layer; did you mean 'relu'?",
        "x.yaml:13: training.epoch: unknown key; did you mean 'epochs'?",
        "x.yaml:14: training.epochs: must be greater than 0, found -3",
        "x.yaml:15: training.jit_compile: must be true or false or 'auto', found 'maybe'",
        "x.yaml:16: modle: unknown key; did you mean 'model'?",
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("dense", "model[0].dense.units: is missing; write `dense: {units: ...}`"),
        ("dense: [2]", "model[0].dense: expected its arguments by name, found [2]"),
        ("spectral_pooling: 75", "found 75; write `spectral_pooling: {size: 75}`"),
        ("conv2d: {filters: 1, kernel_size: [3, a]}", "model[0].conv2d.kernel_size[1]: must be a"),
        ("gaussian: {filters: 6, filters: 7}", "'filters' is given twice, first at x.yaml:3"),
        ("{relu: , flatten: }", "model[0]: expected one layer"),
        ("3", "model[0]: expected one layer"),
        ("", "model[0]: expected one layer, `name` or `name: {...}`, found nothing"),
        ("repeat: 3", "model[0].repeat: expected its arguments by name"),
        ("repeat: {layers: [relu]}", "model[0].repeat.times: is missing"),
        (
            "repeat: {times: 0, layers: [relu]}",
            "model[0].repeat.times: must be a whole number above",
        ),
        ("repeat: {times: true, layers: [relu]}", "model[0].repeat.times: must be a whole number"),
        ("repeat: {times: 2, layers: []}", "model[0].repeat.layers: is empty"),
        (
            "repeat: {times: 2, layer: [relu]}",
            "model[0].repeat.layer: unknown argument; did you mean",
        ),
        ("residual: {layers: relu}", "model[0].residual.layers: must be a list of layers"),
        ("repeat: {times: 1001, layers: [relu]}", "model: is more than 1000 layers"),
    ],
)
def test_a_layer_that_cannot_be(problems, item, expected):
    assert any(expected in line for line in problems(f"{DATA}model:\n  - {item}\n"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("{source: tfds, image_size: 9, name: a}", {"data.splits: is missing"}),
        ("{image_size: 9}", {"data.source: is missing"}),
        ("{source: npz, image_size: 9, npz: a, path: b}", {"data.npz: unknown key"}),
        ("{source: folder, image_size: 9, folder: b}", {"data.folder: unknown", "data.path: is"}),
        ("{source: folder, image_size: [9, a]}", {"data.image_size[1]: must be", "data.path: is"}),
        ("{source: gratings, augment: {shift: -1}}", {"data.augment.shift: must be greater than"}),
        ("{source: gratings, noise: .inf}", {"data.noise: must be a finite number"}),
        ("{source: gratings, seed: 1.5}", {"data.seed: must be a whole number, found 1.5"}),
        ("{source: gratings, seed: yes}", {"data.seed: must be a whole number, found true"}),
        ("{source: gratings, image_size: yes}", {"data.image_size: must be a whole number"}),
        ("{source: [tfds]}", {"data.source: must be one of"}),
        ("", {"data: must be a mapping, found nothing"}),
        ("[gratings]", {"data: must be a mapping"}),
    ],
)
def test_a_section_that_cannot_be_names_the_field_without_the_kind_of_source(
    problems, data, expected
):
    found = problems(f"data: {data}\nmodel: [flatten]\n")
    assert len(found) == len(expected)
    assert all(any(f"x.yaml:1: {words}" in line for line in found) for words in expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "x.yaml: must be a mapping of data and model, found nothing"),
        ("- a\n", "x.yaml:1: must be a mapping of data and model, found"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "x.yaml:1:1: not text in UTF-8"),
        ("# é\nname: é".encode("latin-1"), "x.yaml:1:3: not text in UTF-8"),
        ("name: a\nb: \0", "x.yaml:2:4: not text: character #x0000"),
        ("a: b\n" * 2_000_000, "x.yaml: is not a recipe: larger than 400 kB"),
        ("data:\n\tsource: tfds\n", "x.yaml:2:1: not YAML"),
        ("a: 'x", "x.yaml:1:6: not YAML"),
        ("a: *x", "x.yaml:1:4: not YAML: found undefined alias 'x'"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2:1: not YAML"),
        ("data: !!python/object/apply:os.system [x]\n", "x.yaml:1: the tag !!python/object/apply"),
        ("data: !!python/name:os.system ''\n", "x.yaml:1: the tag !!python/name:os.system is not"),
        ("? [a]\n: b\n", "x.yaml:1: a key must be text"),
        ("a: {<<: 3}\n", "x.yaml:1: << needs a mapping"),
        ("[" * 9000, "nested too deeply"),
        ("- " * 9000, "nested too deeply"),
        ("&x [*x]", "nested too deeply"),
        ("&x {<<: *x}", "nested too deeply"),
        (DATA + "model: " + "[{repeat: {times: 2, layers: " * 40 + "[relu]" + "}}]" * 40, "deeply"),
        ('name: "\\ud800"\n' + GOOD, "holds a character that is not text"),
        (GOOD + "seed: " + "9" * 5000, "cannot be read"),
        (GOOD + "base: x.yaml\n", "x.yaml:3: base: leads back to itself: x.yaml -> x.yaml"),
        (GOOD + "base: gone.yaml\n", "x.yaml:3: base: 'gone.yaml': no such file or recipe"),
        (GOOD + "base: [x]\n", "x.yaml:3: base: must be the path or name of a recipe"),
    ],
)
def test_a_file_that_is_no_recipe(problems, text, expected):
    assert any(expected in line for line in problems(text))


def test_the_line_is_that_of_the_key(problems):
    (line,) = problems(GOOD + "training:\n  epochs:\n\n    many\n")
    assert line == "x.yaml:4: training.epochs: must be a whole number, found 'many'"


def test_aliases_cannot_stand_for_billions(problems):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for above, letter in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{letter}: &{letter} [{', '.join(['*' + above] * 9)}]")
    assert "aliases stand for too much" in problems("\n".join(lines))[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("training.epoch=3", "training.epoch: unknown key; did you mean 'epochs'?"),
        ("training.epochs=", "training.epochs: must be a whole number, found nothing"),
        ("model[1].dense.unit=3", "model[1].dense.unit: unknown argument; did you mean 'units'?"),
        ("model[1].dence.units=3", "model[1] has no 'dence'; did you mean 'dense'?"),
        ("model[2].relu.name=a", "model has 2 items, from [0]; it has no [2]"),
        (f"model[{5000 * '2'}].relu.name=a", "model has 2 items, from [0]; it has no [2"),
        ("data.source.x=3", "data.source is 'gratings'; it has no 'x'"),
        ("~data.augmen", "data has no 'augmen'; it has source"),
        ("training", "write it as path=value, such as training.epochs=3, or ~path to remove"),
        ("~training=3", "write it as path=value, such as training.epochs=3, or ~path to remove"),
        ("training..epochs=3", "write it as path=value, such as training.epochs=3"),
        ("data=[1", "not YAML"),
        ("data.train=18446744073709551616", "data.train: must be less than 2147483648, found 184"),
        ("data.augment.shift=1e308", "data.augment.shift: must be 64 at most, as the images are"),
        ("data.augment.crop=65", "data.augment.crop: must be 64 at most, as the images are 64x64"),
        ("data.augment.cutout=65", "data.augment.cutout: must be 64 at most, as the images are"),
        ("data.augment.crop=1.5", "data.augment.crop: must be a whole number, found 1.5"),
        ("data.augment.cutout=99999999999", "data.augment.cutout: must be less than or equal to"),
        ("data.augment.mixup=-1", "data.augment.mixup: must be greater than or equal to 0"),
        ("data.augment.cutmix=.inf", "data.augment.cutmix: must be a finite number"),
        ("data.augment.flip=both", "data.augment.flip: must be "),
        ("training.optimizer.options.clipnorm=x", "training.optimizer.options.clipnorm: must be a"),
        ("training.steps_per_execution=2147483648", "training.steps_per_execution: must be less"),
        ("name=a\0b", "name: must be of characters that can be printed"),
        ("name=" + 101 * "é", "name: must be 200 bytes at most"),
        ("name=\ud800", "'\\ud800' holds a character that is not text"),
        ("name=!!python/name:os.system", "the tag !!python/name:os.system is not allowed"),
    ],
)
def test_an_override_that_cannot_be_is_named_itself(problems, change, expected):
    (line, *_) = problems(GOOD, change, "training.epochs=2" if "epochs" not in change else "name=a")
    shown = change.replace("\0", "\\x00").replace("\ud800", "\\ud800")
    shown = shown if len(change) <= 100 else f"{shown[:100]}..."
    assert line.startswith(f"override '{shown}': {expected}")


def test_problems_of_overrides_and_of_the_file_come_together(problems):
    assert len(problems(GOOD + "training: {seed: -1}\n", "data.nois=3", "~name")) == 3


def test_a_problem_in_a_base_is_told_with_the_file_it_stands_in(problems, tmp_path):
    (tmp_path / "base.yaml").write_text(DATA + "training:\n  epochs: none\n")
    lines = problems("base: base\nmodel: [flatten]\ntraining: {seed: a}\n")
    assert [line.partition(": ")[0] for line in lines] == ["base.yaml:3", "x.yaml:3"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("catsdogs-gausian", "did you mean 'catsdogs-gaussian'?"),
        ("recipes/catsdogs-gausian.yaml", "did you mean 'catsdogs-gaussian'?"),
        ("minne.yaml", "did you mean 'mine.yaml'?"),
        ("sub/minne.yaml", "did you mean 'sub/mine.yaml'?"),
        ("sub", "is a folder; expected a YAML file"),
        ("nothing-like-it", "`specnet recipes`"),
        ("x" * 5000, "no such file"),
        ("a\0b", "no such file"),
    ],
)
def test_a_recipe_that_is_not_there(tmp_path, monkeypatch, name, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "mine.yaml").touch()
    (tmp_path / "sub" / "mine.yaml").touch()
    with pytest.raises(RecipeError, match=r"no such file or recipe|is a folder") as caught:
        recipe.load(name)
    assert expected in str(caught.value)
