"""What is compared: suites, reductions, and mistakes that are told before anything is trained."""

import re

import pytest
from recipes_at_hand import TINY, write

from specnet import recipe
from specnet.errors import RecipeError, UsageError
from specnet.models import builder
from specnet.studies.compare import SUITES, matching, plan
from specnet.studies.compare.matching import match_parameters
from specnet.training import ascent

SPATIAL = TINY.replace("rfft2d", "relu").replace(
    "gaussian: {filters: 4, activation: relu}", "conv2d: {filters: 4, kernel_size: 3}"
)


@pytest.fixture
def two(tmp_path):
    other = write(tmp_path, TINY.replace("gaussian:", "linear:"), "other")
    return [str(write(tmp_path)), str(other)]


OPTIMIZED = {"catsdogs-gaussian-tuned", "catsdogs-mixed-tuned"}  # with an optimizer of their own


@pytest.mark.parametrize("name", SUITES)
def test_recipes_of_a_suite_load_and_differ_from_their_twin_in_the_network_alone(name):
    found = plan(suite=name)
    assert len(found.seeds) == 20
    recipes = {each.label: each.recipe for each in found.contenders}
    for each in found.contenders:
        if each.against is not None:
            lines = recipe.differences(recipes[each.against], each.recipe)
            assert lines
            own = ("training.optimizer.",) if each.label in OPTIMIZED else ()
            may = ("name:", "model[", *own)
            assert all(line.startswith(may) for line in lines)


def test_networks_of_equal_parameters_are_within_four_in_a_hundred():
    counts = [
        builder.build(each.recipe).count_params()
        for each in plan(suite="equal-parameters").contenders
    ]
    assert max(counts) < 1.04 * min(counts)
    assert max(counts) <= 271_160  # of the spatial network of Wood & Larson (2021)


def test_every_parametric_family_is_in_its_suite():
    from specnet.recipe.signatures import families

    text = " ".join(str(each.recipe.model) for each in plan(suite="families").contenders)
    assert {family for family in families() if f"name='{family}'" not in text} == {"free"}


@pytest.mark.parametrize("name", SUITES)
def test_quick_is_small_and_keeps_splits_apart(name):
    found = plan(suite=name, quick=True)
    assert len(found.seeds) < 5
    assert not found.published
    for each in found.contenders:
        data = each.recipe.data
        assert max(data.image_size) <= 64
        assert each.recipe.training.epochs <= 3
        train, validation, test = data.splits.model_dump().values()
        first = int(re.fullmatch(r"train\[:(\d+)\]", train)[1])
        begin, end = map(int, re.fullmatch(r"train\[-(\d+):-(\d+)\]", validation).groups())
        assert first + begin < 16_000
        assert begin > end >= int(re.fullmatch(r"\w+\[-(\d+):\]", test)[1])


def test_overrides_are_for_all_and_the_users_win_over_quick(two):
    found = plan(two, ["training.epochs=2", "data.image_size=20"], quick=True)
    assert {each.recipe.training.epochs for each in found.contenders} == {2}
    assert {each.recipe.data.image_size for each in found.contenders} == {(20, 20)}


def test_the_first_recipe_is_what_the_others_are_compared_with(two):
    found = plan([*two, two[1]])
    labels = [(each.label, each.against) for each in found.contenders]
    assert labels == [("tiny", None), ("other", "tiny"), ("other-2", "tiny")]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([], {"suite": "wood2012"}, "unknown suite 'wood2012'; did you mean 'wood2021'"),
        (["catsdogs-free"], {"suite": "wood2021"}, "has recipes of its own"),
        (["catsdogs-free"], {}, "expected two recipes or more"),
        (["catsdogs-free", "cifar10-spatial"], {}, "different images or splits"),
        (["catsdogs-free", "mnist-autoencoder"], {}, "is an autoencoder"),
        (["catsdogs-free"] * 2, {"overrides": ["training.seed=3"]}, "--seeds say that"),
        (["catsdogs-free"] * 2, {"seeds": [1, 2**32]}, "--seeds: must be from 0 to 4294967295"),
        (["catsdogs-free"] * 2, {"seeds": [-1, 3]}, "4294967295, found -1"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, options, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        plan(arguments, **options)


def test_problems_of_all_recipes_are_told_at_once():
    with pytest.raises(RecipeError) as refused:
        plan(["catsdogs-fre", "catsdogs-spatial", "cifar11-spatial"])
    assert len(refused.value.problems) == 2


def test_widths_are_matched_as_nearly_as_whole_numbers_allow(tmp_path):
    text = SPATIAL.replace("filters: 4", "filters: 3")
    baseline, narrow = (recipe.load(write(tmp_path, each)) for each in (SPATIAL, text))
    wanted = builder.build(baseline).count_params()
    found = match_parameters(narrow, baseline)
    assert builder.build(found.recipe).count_params() == wanted
    assert recipe.differences(found.recipe, baseline) == []
    assert "+0.0%" in found.note


def test_a_width_that_comes_no_nearer_is_called_that(tmp_path):
    wide = SPATIAL.replace("units: 8", "units: 9").replace("filters: 4", "filters: 1")
    baseline, other = (recipe.load(write(tmp_path, each)) for each in (wide, SPATIAL))
    found = match_parameters(other, baseline)
    counts = [builder.build(recipe.widened(other, n / 4)).count_params() for n in (1, 2, 3)]
    nearest = min(counts, key=lambda n: abs(n - builder.build(baseline).count_params()))
    assert builder.build(found.recipe).count_params() == nearest
    assert "come no nearer" in found.note


def test_a_seed_that_is_named_twice_is_trained_once():
    assert plan(["catsdogs-free", "catsdogs-linear"], seeds=[3, 1, 3]).seeds == (3, 1)


def test_the_time_of_an_adversarial_training_is_that_of_its_steps(monkeypatch, tmp_path):
    moved = []
    monkeypatch.setattr(matching, "_ROUNDS", 1)
    monkeypatch.setattr(ascent.Ascent, "__call__", lambda self, x, *_: moved.append(len(x)) or x)
    attacked = recipe.load(write(tmp_path), ["training.adversarial={epsilon: 0.03}"])
    matching.seconds_per_epoch([attacked, recipe.load(write(tmp_path))])
    assert set(moved) == {attacked.training.batch_size}


def test_time_is_matched_by_the_epochs_that_take_as_long(monkeypatch, tmp_path):
    monkeypatch.setattr(matching, "seconds_per_epoch", lambda measured: [0.5, 2.0])
    loaded = recipe.load(write(tmp_path))
    found = matching.match_time(loaded, loaded)
    assert found.recipe.training.epochs == 4 * loaded.training.epochs
    assert recipe.differences(loaded, found.recipe) == ["training.epochs: 3 -> 12"]
    monkeypatch.setattr(matching, "seconds_per_epoch", lambda measured: [100.0, 2.0])
    assert matching.match_time(loaded, loaded).recipe.training.epochs == 1
