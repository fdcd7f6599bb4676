"""Over a base of another source, optimizer or schedule: what both understand is taken over."""

from typing import get_args

import pytest

from specnet import recipe
from specnet.errors import RecipeError
from specnet.recipe.optimization import Optimizer

NETWORK = "model: [flatten, {dense: {units: 8}}]\n"
GRATINGS = "data: {source: gratings}\n" + NETWORK
FOLDER = "data: {source: folder, path: photos, image_size: [30, 45], augment: {flip: yes}}\n"
SGD = """
training:
  optimizer:
    name: sgd
    learning_rate: 0.3
    schedule: {name: one_cycle, rise: 0.2, end: 0.1}
    options: {momentum: 0.9, use_ema: true}
"""
OPTIMIZERS = get_args(Optimizer.model_fields["name"].annotation)


@pytest.fixture
def over(tmp_path, monkeypatch):
    """Writes a base and a recipe over it, and loads that."""
    monkeypatch.chdir(tmp_path)

    def load(base, own):
        (tmp_path / "base.yaml").write_text(base)
        (tmp_path / "x.yaml").write_text(f"base: base\n{own}")
        return recipe.load("x.yaml")

    return load


def optimizer_over(over, base, own):
    return over(GRATINGS + base, f"training: {{optimizer: {own}}}\n").training.optimizer


def test_another_optimizer_takes_the_options_that_it_understands(over):
    other = optimizer_over(over, SGD, "{name: adamw, options: {weight_decay: 0.1}}")
    assert (other.options, other.learning_rate) == ({"use_ema": True, "weight_decay": 0.1}, 0.3)
    assert other.schedule.rise == 0.2
    assert optimizer_over(over, SGD, "{name: adam}").options == {"use_ema": True}


def test_the_same_optimizer_takes_all_options(over):
    same = optimizer_over(over, SGD, "{name: sgd, options: {nesterov: true}}")
    assert same.options == {"momentum": 0.9, "use_ema": True, "nesterov": True}
    assert optimizer_over(over, SGD, "{learning_rate: 0.2}").options["momentum"] == 0.9


def test_the_optimizer_that_a_base_leaves_unsaid_is_the_default_one(over):
    unsaid = "training: {optimizer: {options: {beta_1: 0.8, weight_decay: 0.1}}}\n"
    assert optimizer_over(over, unsaid, "{name: adam}").options["beta_1"] == 0.8
    assert optimizer_over(over, unsaid, "{name: sgd}").options == {"weight_decay": 0.1}


def test_a_mistake_of_the_base_is_told_under_another_optimizer(over):
    with pytest.raises(RecipeError, match="momentun"):
        optimizer_over(over, SGD.replace("momentum", "momentun"), "{name: adam}")


def test_an_option_that_is_said_anew_is_checked(over):
    with pytest.raises(RecipeError, match="momentum"):
        optimizer_over(over, SGD, "{name: adam, options: {momentum: 0.9}}")


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("base", ["cifar10-fast", "catsdogs-gaussian-tuned", "gratings-gaussian"])
def test_a_shipped_recipe_can_have_any_optimizer(base, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_text(f"base: {base}\ntraining: {{optimizer: {{name: {name}}}}}\n")
    found = recipe.load("x.yaml").training.optimizer
    assert found == recipe.load(base, [f"training.optimizer.name={name}"]).training.optimizer
    rate = recipe.load(base).training.optimizer.learning_rate
    assert (found.name, found.learning_rate) == (name, rate)


def test_another_schedule_takes_the_keys_that_it_understands(over):
    found = optimizer_over(over, SGD, "{schedule: {name: cosine, warmup: 2}}")
    assert (found.schedule.name, found.schedule.warmup, found.schedule.end) == ("cosine", 2, 0.1)
    assert found.options["momentum"] == 0.9
    assert optimizer_over(over, SGD, "{schedule: cosine}").schedule == "cosine"


def test_a_base_may_leave_the_schedule_to_the_recipes_over_it(over):
    base = "training: {optimizer: {schedule: {warmup: 2}}}\n"
    assert optimizer_over(over, base, "{schedule: {name: cosine}}").schedule.warmup == 2


def test_another_source_of_images_takes_size_and_augmentation_and_no_place(over):
    found = over(FOLDER + NETWORK, "data: {source: npz, path: photos.npz}\n")
    assert found.data.image_size == (30, 45)
    assert found.data.augment.flip is True
    assert found.data.path.name == "photos.npz"
    assert over(FOLDER + NETWORK, "data: {source: gratings}\n").data.image_size == (30, 45)
    with pytest.raises(RecipeError, match=r"data\.path: is missing"):
        over(FOLDER + NETWORK, "data: {source: npz}\n")


def test_signals_take_nothing_of_images_nor_images_of_signals(over):
    conv = "model: [global_average_pooling1d, {dense: {units: 2}}]\n"
    chirps = over(FOLDER + NETWORK, "data: {source: chirps}\n" + conv)
    assert (chirps.data.channels, chirps.data.normalize) == (1, "none")
    signals = "data: {source: chirps, normalize: standard, length: 99}\n" + conv
    assert over(signals, GRATINGS).data.normalize == "unit"


def test_a_base_may_leave_the_source_to_the_recipes_over_it(over):
    base = "data: {image_size: 96, augment: {flip: true}}\n" + NETWORK
    found = over(base, "data: {source: gratings}\n").data
    assert (found.image_size, found.augment.flip) == ((96, 96), True)


@pytest.mark.parametrize(
    "changes",
    [
        ["training.optimizer.name=adam"],
        ["~training.optimizer.name"],
        ["~training.optimizer.options.momentum", "training.optimizer.name=adam"],
    ],
)
def test_overrides_change_a_kind_as_files_do(changes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_text(GRATINGS + SGD)
    found = recipe.load("x.yaml", changes).training.optimizer
    assert (found.name, found.options) == ("adam", {"use_ema": True})


def test_what_an_override_says_of_another_kind_is_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_text(GRATINGS + SGD)
    changes = ["training.optimizer.options.momentum=0.9", "training.optimizer.name=adam"]
    with pytest.raises(RecipeError, match="momentum"):
        recipe.load("x.yaml", changes)


def test_a_python_program_changes_a_kind_as_files_do():
    found = recipe.of("cifar10-fast", {"training": {"optimizer": {"name": "adamw"}}})
    assert "momentum" not in found.training.optimizer.options
    found = recipe.of("cifar10-fast", {"data": {"source": "gratings"}})
    assert found.data.image_size == (32, 32)
