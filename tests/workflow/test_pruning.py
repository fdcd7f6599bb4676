"""Runs with a low pass put in: what they compute, and where they go."""

import numpy as np
import pytest
from recipes_at_hand import SPATIAL, TINY
from runs_at_hand import classifier

from specnet import workflow
from specnet.errors import RunError, UsageError
from specnet.ops.grids import radius_grid
from specnet.ops.masks import low_pass
from specnet.training import snapshots, weights
from specnet.workflow import Pruning, save_pruned

CUTOFF = 0.2


@pytest.fixture
def run(tmp_path):
    return classifier(tmp_path, "spatial", SPATIAL)


def images(rng):
    return rng.normal(size=(3, 16, 15, 3)).astype("float32").mean(-1, keepdims=True)


def test_before_the_network_it_sees_images_without_their_high_frequencies(run, rng):
    pruning = Pruning(run)
    _, trained = pruning.trained
    shown = images(rng)
    mask = np.asarray(low_pass(radius_grid(16, 15), CUTOFF, 0.05))[..., None]
    blurred = np.fft.irfft2(np.fft.rfft2(shown, axes=(1, 2)) * mask, s=(16, 15), axes=(1, 2))
    expected = trained.predict(blurred, verbose=0)
    found = pruning.model(CUTOFF).predict(shown, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_behind_a_layer_it_takes_what_that_gives(tmp_path, rng):
    run = classifier(tmp_path, "gaussian", TINY)
    model = Pruning(run, "gaussian").model(CUTOFF)
    (node,) = model.get_layer("low_pass")._inbound_nodes
    assert node.parent_nodes[0].operation.name == "gaussian"
    whole = Pruning(run, "gaussian").model(0.7071)
    before = Pruning(run).trained[1].predict(shown := images(rng), verbose=0)
    np.testing.assert_allclose(whole.predict(shown, verbose=0), before, rtol=1e-3, atol=1e-3)


def test_a_pruned_run_is_made_once_and_opens_as_what_was_measured(run, rng):
    pruning = Pruning(run)
    made = save_pruned(pruning, CUTOFF)
    assert made.path == run.path.with_name("spatial-lowpass-0.2")
    assert save_pruned(pruning, CUTOFF) == made
    recipe, model = workflow.open_model(made)
    assert recipe.name == made.path.name
    shown = images(rng)
    expected = pruning.model(CUTOFF).predict(shown, verbose=0)
    np.testing.assert_allclose(model.predict(shown, verbose=0), expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(RunError, match="was pruned, not trained"):
        workflow.train(recipe, made.path, resume=True)


def test_other_weights_make_another_run(run):
    first = save_pruned(Pruning(run), CUTOFF)
    _, model = workflow.open_model(run)
    model.set_weights([weight + 1 for weight in model.get_weights()])
    weights.save(run, weights.BEST, model)
    second = save_pruned(Pruning(run), CUTOFF)
    assert second.path == first.path.with_name("spatial-lowpass-0.2-2")


def test_tuning_begins_with_the_weights_of_the_run(run):
    made = save_pruned(Pruning(run), CUTOFF, epochs=1)
    assert made.path.name == "spatial-lowpass-0.2-tuned"
    layer = Pruning(run).trained[1].get_layer("conv2d")
    start = snapshots.load(made)[0].weights
    np.testing.assert_array_equal(start["conv2d/kernel"], layer.kernel)
    assert len(made.metrics()) == 1
    assert save_pruned(Pruning(run), CUTOFF, epochs=1) == made
    longer = save_pruned(Pruning(run), CUTOFF, epochs=2)
    assert (longer, len(longer.metrics())) == (made, 2)


def test_layers_that_cannot_be_followed_are_explained(run):
    with pytest.raises(UsageError, match="did you mean 'conv2d'"):
        Pruning(run, "conv2").model(CUTOFF)
    with pytest.raises(UsageError, match=r"--layer flatten.*takes images or spectra"):
        Pruning(run, "flatten").model(CUTOFF)
