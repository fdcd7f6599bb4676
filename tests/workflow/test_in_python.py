"""`specnet` in Python: what the command line gives, to the last bit."""

import json
import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image
from recipes_at_hand import AUTOENCODER, SPATIAL, TINY, write
from runs_at_hand import classifier

import specnet
from specnet import data, recipe
from specnet.errors import DataError, RecipeError, RunError, RunWarning, UsageError
from specnet.recipe.overrides import changes_of
from specnet.runs import Run
from specnet.training import checkpoints


def pictures(folder, count):
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 31, 3), "uint8")
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def loaded(tmp_path):
    return specnet.load(classifier(tmp_path, "tiny", TINY).path)


def test_importing_specnet_imports_nothing_large():
    large = "{'keras', 'numpy', 'matplotlib', 'pydantic'}"
    code = f"import sys, specnet; print({large} & {{*sys.modules}}, 'train' in dir(specnet))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set() True\n"


@pytest.mark.graph
def test_training_in_python_gives_the_bits_of_the_command_line(command_line_run, tmp_path):
    rows = []
    found = specnet.train(
        str(tmp_path / "tiny.yaml"),
        out=tmp_path / "python",
        watch=rows.append,
        training={"epochs": 2},
        **{"model[0].conv2d.filters": 3},
    )
    assert found.recipe == recipe.load(command_line_run.path / "recipe.yaml")
    ours, theirs = (checkpoints.load(run)[0].arrays for run in (Run(found.path), command_line_run))
    assert ours.keys() == theirs.keys()
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name])
    assert found.metrics == rows
    assert len(rows) == 2


@pytest.fixture
def command_line_run(specnet, tmp_path):
    changes = ["training.epochs=2", "model[0].conv2d.filters=3"]
    told = specnet("train", write(tmp_path, SPATIAL), *changes, "--out", "there", "--json").stdout
    return Run(tmp_path / json.loads(told)["run"])


def test_predictions_are_those_of_the_command_line(loaded, specnet_here, tmp_path):
    folder = pictures(tmp_path / "images", 5)
    told = specnet_here("predict", loaded.path, folder, "--json", "--top", 1).stdout
    expected = json.loads(told)["predictions"]
    found = loaded.predict(folder)
    assert [(each.file, each.label, float(each.values.max())) for each in found] == [
        (row["file"], row["class"], row["probability"]) for row in expected
    ]
    arrays = [np.asarray(Image.open(file)) for file in sorted(folder.iterdir())]
    for one, other in zip(loaded.predict(arrays), found, strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_what_is_evaluated_is_what_the_command_line_evaluates(loaded, specnet_here):
    told = specnet_here("eval", loaded.path, "--split", "validation", "--json").stdout
    (expected,) = json.loads(told)["results"]
    assert json.loads(json.dumps(loaded.evaluate("validation").as_dict())) == expected


def test_mirrored_images_are_evaluated_as_on_the_command_line(loaded, specnet_here):
    told = specnet_here("eval", loaded.path, "--mirror", "--json").stdout
    (expected,) = json.loads(told)["results"]
    found = loaded.evaluate(mirror=True)
    assert json.loads(json.dumps(found.as_dict())) == expected
    assert found.loss != loaded.evaluate().loss


def test_predictions_of_the_images_of_a_split_have_its_accuracy(loaded):
    split = data.load(loaded.recipe.data).test
    found = [loaded.classes.index(each.label) for each in loaded.predict(split.images)]
    assert np.mean(found == split.labels) == loaded.evaluate().accuracy


def test_an_autoencoder_gives_images_back(tmp_path):
    found = specnet.load(classifier(tmp_path, "auto", AUTOENCODER).path)
    (one,) = found.predict(np.zeros((16, 12, 1), "uint8"))
    assert one.values.shape == (16, 12, 1)
    assert one.label is None
    np.testing.assert_allclose(found.evaluate("validation").mse, _error(found), rtol=1e-4)
    with pytest.raises(UsageError, match="mirror: averages probabilities"):
        found.evaluate(mirror=True)


def _error(run):
    images = data.load(run.recipe.data).validation.images
    return np.mean([each.error for each in run.predict(images)])


def test_the_model_of_signals_is_given_and_only_predict_is_of_images(tmp_path):
    text = """
data: {source: chirps, length: 33, train: 8, validation: 8, test: 8}
model:
  - spectral_conv1d: {filters: 2}
  - global_average_pooling1d
  - dense: {units: 4}
"""
    run = specnet.load(classifier(tmp_path, "signals", text).path)
    assert run.model.input_shape == (None, 33, 1)
    assert len(run.classes) == run.model.output_shape[-1]
    with pytest.raises(UsageError, match=r"its model takes arrays of 33x1, and this is for images"):
        run.predict(np.zeros((8, 8, 1), "uint8"))


def test_figures_show_in_a_notebook(loaded):
    found = loaded.figures("profile", layer="gaussian")
    assert len(found) == len(found.captions) > 0
    assert found[0]._repr_png_().startswith(b"\x89PNG")
    assert found._repr_html_().count("data:image/png;base64,") == len(found)
    assert loaded.figures("training") == []


def test_a_mapping_is_read_as_a_file_of_it_would_be(tmp_path):
    content = yaml.safe_load(TINY)
    written = recipe.load(write(tmp_path, name="recipe"), ["training.epochs=7", "data.noise=1e-05"])
    changes = {"training": {"epochs": np.int64(7)}, "data": {"noise": 1e-05}}
    assert recipe.of(content, changes) == written
    assert recipe.of(recipe.load(tmp_path / "recipe.yaml"), changes) == written
    based = recipe.of({"base": str(tmp_path / "recipe.yaml"), "training": {"epochs": 7}}, {})
    assert based == recipe.load(tmp_path / "recipe.yaml", ["training.epochs=7"])


def test_an_empty_section_changes_nothing():
    assert [*changes_of({"training": {}, "data": {"noise": 2}})] == ["data.noise=2"]
    assert [*changes_of({"training.optimizer.options": {}})] == ["training.optimizer.options={}"]


def test_what_is_wrong_is_said_in_our_words(loaded, tmp_path):
    with pytest.raises(RecipeError, match="did you mean 'epochs'"):
        specnet.train("gratings-gaussian", training={"epoch": 3})
    with pytest.raises(UsageError, match="model: a recipe holds numbers, text"):
        specnet.train("gratings-gaussian", model=print)
    with pytest.raises(UsageError, match="expected the name of a recipe"):
        specnet.train(3)
    with pytest.raises(RunError, match="no such directory"):
        specnet.load(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="found the empty text"):
        specnet.load("")
    with pytest.raises(UsageError, match="did you mean 'filters'"):
        loaded.figures("filter")
    with pytest.raises(UsageError, match="did you mean 'validation'"):
        loaded.evaluate("valid")
    with pytest.raises(UsageError, match=r"found float64 \(16, 15, 1\)"):
        loaded.predict(np.zeros((16, 15, 1)))


def test_files_that_cannot_be_read_are_named_or_skipped(loaded, tmp_path):
    folder = pictures(tmp_path / "images", 2)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8")
    with pytest.raises(DataError, match=r"images/broken\.jpg"):
        loaded.predict(folder)
    with pytest.warns(RunWarning, match=r"images/broken\.jpg"):
        assert len(loaded.predict(str(folder), on_error="skip")) == 2
