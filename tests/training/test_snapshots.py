"""The filters of each epoch: kept whole, found again, restored for a while."""

import os

import keras
import numpy as np
import pytest
from crashing import Crash, Crashing
from recipes_at_hand import tiny

from specnet import recipe, workflow
from specnet.analysis import filters
from specnet.errors import RunError
from specnet.models import builder
from specnet.runs import Run
from specnet.training import snapshots
from specnet.workflow.pictures import training_view as view
from specnet.workflow.pictures.subject import Subject

pytestmark = pytest.mark.backend

EVERY_KIND = """
data: {source: gratings, image_size: [9, 12], channels: 3}
model:
  - low_pass: {cutoff: 0.4, learnable: true}
  - high_pass
  - learned_spectral_pooling: {strides: 1.2, smoothness: 1.0, frozen: true}
  - spectral_conv2d: {filters: 2, family: gabor}
  - spectral_kernel_conv2d: {filters: 2, kernel_size: 3, padding: same}
  - conv2d: {filters: 2, kernel_size: 3, padding: same}
  - global_filter
  - separable_conv2d: {filters: 2, kernel_size: [2, 3], padding: same}
  - rfft2d
  - free: {filters: 3, mixing: full}
  - gaussian: {filters: 2, form: polar}
  - irfft2d
  - global_average_pooling2d
  - dense: {units: 8}
"""


@pytest.fixture
def every_kind(tmp_path):
    (tmp_path / "every-kind.yaml").write_text(EVERY_KIND)
    return recipe.load(str(tmp_path / "every-kind.yaml"))


def run_in(tmp_path):
    return Run.create(tmp_path / "run")


def responses(model):
    return {each.layer: each.response for each in filters(model)}


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


def test_a_model_rebuilt_from_the_recipe_takes_the_same_transfer_functions(tmp_path, every_kind):
    run, model, other = run_in(tmp_path), builder.build(every_kind), builder.build(every_kind)
    snapshots.save(run, 3, model)
    (kept,) = snapshots.load(run)
    own = responses(other)
    with snapshots.restored(other, kept):
        assert_same(responses(other), responses(model))
    assert_same(responses(other), own)
    assert kept.epoch == 3
    # Of the layers with random weights, none had the other's filters before.
    fixed = {"low_pass", "high_pass", "learned_spectral_pooling"}
    assert not any(np.allclose(own[name], responses(model)[name]) for name in own.keys() - fixed)


def test_a_model_has_its_own_filters_back_even_after_an_error(tmp_path):
    run, small = run_in(tmp_path), tiny(tmp_path)
    snapshots.save(run, 0, builder.build(small))
    model = builder.build(small)
    own = responses(model)
    with pytest.raises(ZeroDivisionError), snapshots.restored(model, snapshots.load(run)[0]):
        _ = 1 / 0
    assert_same(responses(model), own)


def test_epochs_are_found_in_order_and_written_anew_with_the_same_bytes(tmp_path):
    run, model = run_in(tmp_path), builder.build(tiny(tmp_path))
    for epoch in (10, 0, 9, 10_000):
        snapshots.save(run, epoch, model)
    assert [each.epoch for each in snapshots.load(run)] == [0, 9, 10, 10_000]
    file = run.path / "filters" / "epoch-0009.npz"
    before = file.read_bytes()
    snapshots.save(run, 9, model)
    assert file.read_bytes() == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_ends_while_it_writes_leaves_no_half_file(tmp_path, monkeypatch, error):
    run, model = run_in(tmp_path), builder.build(tiny(tmp_path))
    snapshots.save(run, 0, model)

    def half(descriptor):
        raise error

    monkeypatch.setattr(os, "fsync", half)
    with pytest.raises((RunError, KeyboardInterrupt)):
        snapshots.save(run, 1, model)
    assert [each.epoch for each in snapshots.load(run)] == [0]
    with run.locked():
        assert [file.name for file in (run.path / "filters").iterdir()] == ["epoch-0000.npz"]


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    run = run_in(tmp_path)
    snapshots.save(run, 2, builder.build(tiny(tmp_path)))
    file = run.path / "filters" / "epoch-0002.npz"
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(RunError, match=r"epoch-0002.npz: is damaged .*; delete it"):
        snapshots.load(run)


def test_the_filters_of_another_model_are_an_error(tmp_path):
    run = run_in(tmp_path)
    snapshots.save(run, 2, builder.build(tiny(tmp_path)))
    other = builder.build(tiny(tmp_path, "model.1.gaussian.filters=5"))
    message = "epoch 2: the filters that were kept belong to other layers"
    with pytest.raises(RunError, match=message), snapshots.restored(other, snapshots.load(run)[0]):
        pass


def test_layers_with_too_many_numbers_are_left_out(tmp_path, monkeypatch, every_kind):
    run, model = run_in(tmp_path), builder.build(every_kind)
    numbers = 2 * 2 * 3 * 9 * 6  # complex, of each pair of 2 channels and 3 filters, of 9 x 6 bins
    monkeypatch.setattr(snapshots, "LARGEST", numbers)
    assert snapshots.left_out(model) == {}
    monkeypatch.setattr(snapshots, "LARGEST", numbers - 1)
    assert snapshots.left_out(model) == {"free": numbers}
    snapshots.save(run, 0, model)
    kept = {name.partition("/")[0] for name in snapshots.load(run)[0].weights}
    assert "gaussian" in kept
    assert "free" not in kept


def test_a_model_without_filters_keeps_nothing(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
    run = run_in(tmp_path)
    snapshots.save(run, 0, model)
    assert snapshots.load(run) == []
    assert not (run.path / "filters").exists()


def test_training_keeps_the_start_and_each_epoch_however_often_it_is_resumed(tmp_path):
    overrides = ("checkpoint_seconds=0.0001", "epochs=2", "jit_compile=false")
    small = tiny(tmp_path, *(f"training.{each}" for each in overrides))
    with pytest.raises(Crash):
        workflow.train(small, tmp_path / "run", Crashing(2))
    run = Run.find(tmp_path / "run")
    start = (run.path / "filters" / "epoch-0000.npz").read_bytes()
    result = workflow.train(small, tmp_path / "run", Crashing(), resume=True)
    assert (run.path / "filters" / "epoch-0000.npz").read_bytes() == start
    kept = snapshots.load(result.run)
    assert [each.epoch for each in kept] == [0, 1, 2]
    model = builder.build(small)
    model.load_weights(run.path / "last.weights.h5")
    with snapshots.restored(model, kept[-1]):
        at_the_end = responses(model)
    assert_same(at_the_end, responses(model))
    with snapshots.restored(model, kept[0]):
        assert not np.allclose(responses(model)["gaussian"], at_the_end["gaussian"])


def subject_of(run, model):
    nothing = np.zeros((0, 0, 1))
    return Subject(run, model, nothing.astype("uint8"), nothing.astype("float32"))


def test_why_a_training_is_not_shown_is_what_was_kept_of_it(tmp_path, every_kind):
    run, model = run_in(tmp_path), builder.build(every_kind)
    subject = subject_of(run, model)
    assert view.without(subject) == "no filters kept from its training"
    snapshots.save(run, 3, model)
    assert view.without(subject).startswith("the filters of epoch 3 alone")
    snapshots.save(run, 5, model)
    assert view.without(subject).startswith("the same filters after epoch 5 as after epoch 3")
    assert list(view.pictures(subject)) == []


def test_snapshots_of_fewer_kinds_of_layers_leave_the_others_as_they_are(tmp_path, every_kind):
    run, model = run_in(tmp_path), builder.build(every_kind)
    snapshots.save(run, 0, model)
    (kept,) = snapshots.load(run)
    older = {name: each for name, each in kept.weights.items() if "gaussian" not in name}
    model.get_layer("gaussian").amplify(1.5)
    before = responses(model)
    with snapshots.restored(model, snapshots.Snapshot(0, older)):
        assert_same(responses(model), before)


def test_the_view_shows_layers_that_changed_from_start_to_end(tmp_path, every_kind):
    run, model = run_in(tmp_path), builder.build(every_kind)
    assert list(view.pictures(subject_of(run, model))) == []
    for epoch in range(3):
        snapshots.save(run, epoch, model)
        model.get_layer("gaussian").amplify(1.5)
    strip, animation = view.pictures(subject_of(run, model))
    assert (strip.name, animation.name) == ("training-gaussian", "training-gaussian-animation")
    assert strip.shows == "2 filters, at 3 epochs"
    assert len(animation.figure) == 3
    # Two rows of three panels, and the legend.
    assert len(strip.figure.axes) == 2 * 3 + 1
    assert [axes.get_ylabel().partition("\n")[0] for axes in strip.figure.axes[:6:3]] == [
        "filter 0", "filter 1"
    ]  # fmt: skip
