"""Predictions: what `eval` measures of the same files, and files of every kind."""

import numpy as np
import pytest
from PIL import Image
from recipes_at_hand import AUTOENCODER
from runs_at_hand import classifier

from specnet import data, workflow
from specnet.errors import DataError

pytestmark = pytest.mark.backend

RECIPE = """
data: {{source: folder, path: {path}, image_size: [9, 12], channels: 1, validation: 0.2}}
model:
  - rfft2d
  - gaussian: {{filters: 3, activation: relu, seed: 1}}
  - flatten
  - dense: {{units: 2}}
training: {{batch_size: 4, loss: {loss}}}
"""


def picture(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (11 + number % 3, 14, 3), "uint8")
    Image.fromarray(pixels).save(path)


@pytest.fixture
def photos(tmp_path):
    """Photographs of several sizes: 16 to train on, 5 of a cat and 6 of a dog to test."""
    root = tmp_path / "photos"
    for number in range(16):
        picture(root / "train" / ("cat", "dog")[number % 2] / f"{number:02}.png", number)
    for number in range(11):
        picture(root / "test" / ("cat", "dog")[number % 2] / f"{number:02}.png", 100 + number)
    return root


def run_of(tmp_path, photos, loss="categorical_crossentropy"):
    return classifier(tmp_path, "cats", RECIPE.format(path=photos, loss=loss))


def predicted(predictor, *names, **how):
    return list(predictor.predict(data.given_files(map(str, names), []), **how))


def test_what_is_measured_is_what_eval_measures(tmp_path, photos):
    run = run_of(tmp_path, photos)
    predictor = workflow.Predictor(run)
    found = predicted(predictor, photos / "test")
    expected = workflow.evaluate(run, "test").as_dict()
    measured = predictor.measured([each.true for each in found], [each.outputs for each in found])
    assert measured.as_dict() | {"split": "test"} == expected


def test_probabilities_are_the_softmax_of_logits(tmp_path, photos):
    predictor = workflow.Predictor(run_of(tmp_path, photos))
    for each in predicted(predictor, photos / "test"):
        powers = np.exp(each.outputs.astype("float64"))
        np.testing.assert_allclose(each.values, powers / powers.sum(), rtol=1e-5)
    assert predictor.kind == "probability"


def test_a_squared_error_gives_scores(tmp_path, photos):
    predictor = workflow.Predictor(run_of(tmp_path, photos, "mse"))
    (one,) = predicted(predictor, photos / "test" / "cat" / "00.png")
    assert predictor.kind == "score"
    np.testing.assert_array_equal(one.values, one.outputs)


def test_files_that_cannot_be_read_change_nothing_else(tmp_path, photos):
    predictor = workflow.Predictor(run_of(tmp_path, photos))
    expected = {each.file: each.values for each in predicted(predictor, photos / "test")}
    broken = photos / "test" / "cat" / "01.png"
    broken.write_bytes(b"no picture")
    found = {each.file: each.values for each in predicted(predictor, photos / "test", batch=3)}
    assert found.keys() == expected.keys()
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5)
    ((file, reason),) = predictor.unreadable
    assert file == str(broken)
    assert "not a JPEG" in reason


def test_a_path_may_be_text(tmp_path, photos):
    predictor = workflow.Predictor(run_of(tmp_path, photos))
    file = photos / "test" / "cat" / "00.png"
    (found,), (expected,) = (list(predictor.predict([each])) for each in (str(file), file))
    np.testing.assert_array_equal(found.values, expected.values)
    assert (found.file, found.true) == (expected.file, expected.true)
    assert not predictor.unreadable


def test_a_folder_of_no_class_says_nothing_of_the_truth(tmp_path, photos):
    picture(tmp_path / "others" / "a.png", 5)
    (one,) = predicted(workflow.Predictor(run_of(tmp_path, photos)), tmp_path / "others")
    assert one.true is None


def test_an_autoencoder_gives_images_and_their_error(tmp_path):
    picture(tmp_path / "a.png", 3)
    predictor = workflow.Predictor(classifier(tmp_path, "auto", AUTOENCODER))
    (one,) = predicted(predictor, tmp_path / "a.png")
    assert one.values.shape == one.pixels.shape == (16, 12, 1)
    assert one.error == pytest.approx(np.mean((one.pixels / 255.0 - one.values) ** 2), rel=1e-6)
    assert -1 <= one.ssim <= 1


def test_files_folders_patterns_and_lists_are_the_same_files(photos):
    folder, files = photos / "test" / "cat", sorted((photos / "test" / "cat").iterdir())
    lines = [f"{file}\n" for file in files]
    for names in ([folder], files, [f"{folder}/*.png"], [f"{photos}/**/cat/0[02468].png"], ["-"]):
        assert set(files) & set(data.given_files(map(str, names), lines))
    assert data.given_files([str(folder), str(files[0])], []) == files


def test_all_that_is_missing_is_said_at_once(tmp_path):
    (tmp_path / "empty").mkdir()
    names = [str(tmp_path / name) for name in ("no.jpg", "*.gif", "empty")]
    with pytest.raises(DataError) as error:
        data.given_files(names, [])
    told = str(error.value)
    for expected in ("no.jpg: there is no such", "*.gif: matches no file", "empty: no images"):
        assert expected in told
    with pytest.raises(DataError, match="standard input is empty"):
        data.given_files(["-"], [])


def test_a_folder_above_what_was_named_is_no_class(tmp_path, photos, monkeypatch):
    picture(tmp_path / "dog" / "mixed" / "a.png", 5)
    run = run_of(tmp_path, photos)
    monkeypatch.chdir(tmp_path / "dog")
    (one,) = predicted(workflow.Predictor(run), "mixed")
    assert one.true is None


def test_a_list_with_zeros_in_place_of_lines_is_explained():
    with pytest.raises(DataError, match="without -print0"):
        data.given_files(["-"], ["a.png\0b.png\0"])
