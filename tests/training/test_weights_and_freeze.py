"""`training.weights` and `training.freeze`: what is taken, what stays, and that it resumes."""

import shutil

import keras
import numpy as np
import pytest
from crashing import Crash, Crashing
from recipes_at_hand import tiny, write
from runs_at_hand import untrained

from specnet import recipe, workflow
from specnet.errors import RecipeError, RunError
from specnet.models import builder
from specnet.recipe import edit
from specnet.runs import Run
from specnet.training import checkpoints, snapshots

pytestmark = [pytest.mark.usefixtures("undrawn")]


@pytest.fixture
def source(tmp_path):
    keras.utils.set_random_seed(20)  # not that of the trainings
    return untrained(tmp_path)


def trained(tmp_path, source, *changes, name="run", told=None, resume=False):
    changes = ("training.epochs=1", "data.validation=8", *changes)
    loaded = tiny(tmp_path, f"training.weights={source.path}", *changes)
    return workflow.train(loaded, tmp_path / name, told or Crashing(), resume=resume).run


def of_layer(run, layer):
    _, model = workflow.open_model(run)
    return model.get_layer(layer).get_weights()


def arrays(run):
    return checkpoints.load(run)[0].arrays


@pytest.mark.backend
def test_frozen_layers_keep_the_weights_that_were_taken_and_others_learn(tmp_path, source):
    run = trained(tmp_path, source, "training.freeze=[gauss*]")
    for ours, theirs in zip(of_layer(run, "gaussian"), of_layer(source, "gaussian"), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (of_layer(run, "dense")[0] != of_layer(source, "dense")[0]).any()
    assert run.facts()["weights_taken"] == ["gaussian", "dense"]


def test_layers_that_do_not_fit_begin_at_random_and_are_named(tmp_path, source):
    told = Crashing()
    run = trained(tmp_path, source, "data.image_size=12x10", told=told)
    assert run.facts()["weights_taken"] == ["gaussian"]
    (note,) = (each for each in told.notes if "weights of" in each)
    assert (
        f"{source.path}: gaussian; begin at random: dense (there 1024x8 and 8, here 576x8" in note
    )
    began = snapshots.load(run)[0].weights
    theirs = of_layer(source, "gaussian")
    for value, wanted in zip(began.values(), theirs, strict=True):
        np.testing.assert_array_equal(value, wanted)


@pytest.mark.backend
def test_a_run_resumes_bit_for_bit_without_the_run_that_it_began_with(tmp_path, source):
    changes = ["training.freeze=[dense]", "training.checkpoint_seconds=0.0001"]
    undisturbed = trained(tmp_path, source, *changes, name="undisturbed")
    with pytest.raises(Crash):
        trained(tmp_path, source, *changes, told=Crashing(3))
    shutil.rmtree(source.path)
    resumed = trained(tmp_path, source, *changes, resume=True)
    expected, found = arrays(undisturbed), arrays(resumed)
    assert expected.keys() == found.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


def test_a_run_that_was_killed_before_it_saved_anything_takes_the_weights_again(
    tmp_path, source, monkeypatch
):
    undisturbed = trained(tmp_path, source, name="undisturbed")

    def crash(*_):
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "save", crash)
        with pytest.raises(Crash):
            trained(tmp_path, source)
    resumed = trained(tmp_path, source, resume=True)
    for name, value in arrays(undisturbed).items():
        np.testing.assert_array_equal(arrays(resumed)[name], value)


def test_a_run_of_other_layers_is_refused_before_a_directory_is_made(tmp_path, source):
    with pytest.raises(RecipeError, match=r"no layer of it fits: .*there .*; name a run"):
        trained(tmp_path, source, "model[1].gaussian.filters=3", "model[4].dense.name=head")
    with pytest.raises(RecipeError, match="leave one to be trained"):
        trained(tmp_path, source, "training.freeze=[gaussian, dense]")
    with pytest.raises(RunError, match=r"training\.weights: .*no such directory"):
        trained(tmp_path, Run(tmp_path / "nowhere"))
    assert not (tmp_path / "run").exists()


def test_a_pattern_of_no_layer_names_those_there_are(tmp_path):
    with pytest.raises(RecipeError) as error:
        tiny(tmp_path, "training.freeze=[dense, conv*]")
    assert "training.freeze[1]: no layer is called so, found 'conv*'; there are: rfft2d, gauss" in (
        str(error.value)
    )


def test_names_are_those_of_the_model_inside_blocks_too(tmp_path):
    model = "[{repeat: {times: 2, layers: [{conv2d: {filters: 2, kernel_size: 3}}, relu]}}"
    loaded = tiny(tmp_path, f"model={model}, flatten, {{dense: {{units: 8}}}}]")
    frozen = loaded.training.model_copy(update={"freeze": ("conv2d_*",)})
    built = builder.build(loaded.model_copy(update={"training": frozen}))
    assert [each.name for each in built.layers if not each.trainable] == ["conv2d_1"]


def test_a_relative_run_follows_the_file_and_is_kept_whole(tmp_path, monkeypatch):
    folder = tmp_path / "inner"
    folder.mkdir()
    file = write(folder)
    file.write_text(file.read_text().replace("epochs: 3", "epochs: 3, weights: ckpt/one"))
    loaded = recipe.load(file)
    assert loaded.training.weights == folder / "ckpt" / "one"
    (folder / "again.yaml").write_text(recipe.dump(loaded))
    monkeypatch.chdir(tmp_path)
    assert recipe.load("inner/again.yaml").training == loaded.training
    changed = recipe.load(file, ["training.weights=ckpt/two"])
    assert changed.training.weights == tmp_path / "ckpt" / "two"


def test_renamed_layers_are_not_frozen_by_names_that_they_had(tmp_path):
    loaded = tiny(tmp_path, "training.freeze=[gaussian, dense]")
    assert edit.renamed(loaded, "gaussian", "radial").training.freeze == ("dense",)
