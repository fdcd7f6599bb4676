"""Trials of one recipe told as one: which they are, their mean, and how recipes differ in pairs."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipes_at_hand import SPATIAL, TINY, write
from scipy import stats

from specnet import recipe
from specnet.robustness.attack_study import Attacks
from specnet.robustness.paired_tests import p_value
from specnet.robustness.study import Count, Measured
from specnet.studies.robustness.design import Options
from specnet.studies.robustness.differences import comparisons
from specnet.studies.robustness.figures import write_report
from specnet.studies.robustness.measuring import Record
from specnet.studies.robustness.over_trials import MeanCount, OverTrials, as_count
from specnet.studies.robustness.recipes_of_runs import grouped
from specnet.studies.robustness.results import Results, mean
from specnet.studies.robustness.sentences import sentences
from specnet.studies.robustness.table import cell
from specnet.studies.robustness.trial import Clean, Subject, studies

IMAGES, SIZE = 50, (12, 15)
TRIALS = {
    "plain": {0: "plain-seed0", 1: "plain-seed1", 2: "plain-seed2"},
    "blurred": {1: "blurred-seed1", 2: "blurred-seed2", 0: "blurred-seed0"},
}
FINISHED = SimpleNamespace(status=lambda: "finished")
MACHINE = {
    "device": "CPU", "cpus": 2, "processor": "x", "backend": "tensorflow", "system": "Linux",
    "python": "3.12", "versions": {"keras": "3"}, "command": ["specnet"],
}  # fmt: skip


def right(shares):
    """(T, N): of each trial the first images."""
    return np.arange(IMAGES) < np.round(IMAGES * np.array(shares))[:, None]


def accuracy(label, setting):
    """Something that runs could have: plain ones fall under attack, blurred ones do not."""
    name, seed = label.split("-seed")
    lost = 10 * setting.get("epsilon", 0) if name == "plain" else 0
    return 0.8 + 0.02 * int(seed) - lost + (0.04 if name == "blurred" else 0)


def records(study, label):
    found = []
    for setting in study.settings(SIZE):
        means = {"spectrum": np.full((12, 8), 1 + int(label[-1]))} if "attack" in setting else {}
        share = max(accuracy(label, setting), 0)
        found.append(Record(Measured(setting, right([share])[0], means), 0.5))
    return found


@pytest.fixture(scope="module")
def results():
    found = {}
    for seed in range(3):
        for name, other in (("plain", "blurred"), ("blurred", "plain")):
            attacks = Attacks(sources={f"{other}-seed{seed}": None})
            for study in (Clean(), attacks):
                label = f"{name}-seed{seed}"
                found[study.name, label] = records(study, label)
    return Results(found, IMAGES, SIZE, 2)


@pytest.fixture
def loaded(tmp_path):
    """A recipe of a name, text and seed."""

    def load(name, text, seed):
        return recipe.load(write(tmp_path, text, name), [f"training.seed={seed}"])

    return load


def test_a_mean_over_trials_is_inside_the_interval_that_stands_beside_it():
    shares = np.array([0.9725, 0.9725, 0.97, 0.975, 0.9725])
    exact = stats.ttest_1samp(shares, 0).confidence_interval(0.95)
    assert cell(MeanCount.of(shares, 400)) == f"97.2 ({100 * exact.low:.1f}-{100 * exact.high:.1f})"


@given(st.lists(st.integers(0, 40), min_size=2, max_size=9, unique=True))
def test_the_interval_of_a_mean_of_trials_is_students(counts):
    shares = np.array(counts) / 40
    found = MeanCount.of(shares, 40)
    exact = stats.ttest_1samp(shares, 0).confidence_interval(0.95)
    low, high = found.interval()
    assert found.share == pytest.approx(shares.mean())
    assert (low, high) == pytest.approx((max(exact.low, 0), min(exact.high, 1)))
    assert 0 <= low <= found.share <= high <= 1
    assert found.wrong().share == pytest.approx(1 - found.share)
    assert found.wrong().interval() == pytest.approx((1 - high, 1 - low))


def test_trials_that_are_equal_are_no_surer_than_their_images():
    found = MeanCount.of(np.zeros(3), 40)
    assert found.interval() == Count(0, 40).interval()
    assert found.interval()[1] > 0.05


def test_a_mean_of_settings_is_of_each_trial_first():
    first, second = (OverTrials({"strength": at}, right(shares)) for at, shares in
                     ((1, [0.8, 0.4]), (2, [0.6, 0.2])))  # fmt: skip
    assert mean([first, second]).shares == pytest.approx((0.7, 0.3))
    assert as_count(first.right[0]) == Count(40, IMAGES)


def test_scores_of_several_networks_are_compared_by_their_mean(rng):
    first, second = rng.random((2, 3, IMAGES))
    assert p_value(first, second) == p_value(first.mean(axis=0), second.mean(axis=0))


def test_runs_that_differ_in_the_seed_alone_are_trials_of_one_recipe(loaded):
    asked = [("tiny", TINY, 0), ("spatial", SPATIAL, 0), ("tiny", TINY, 1), ("spatial", TINY, 2)]
    found = grouped([*"abcd"], [loaded(*each) for each in asked], 4 * [True])
    assert found == {"tiny": {0: "a", 1: "c"}, "b": {0: "b"}, "d": {2: "d"}}


def test_how_fast_a_training_was_makes_no_other_recipe(loaded):
    text = SPATIAL.replace("{epochs", "{workers: 2, trackers: [tensorboard], epochs")
    same = [loaded("spatial", SPATIAL, 0), loaded("spatial", text, 1)]
    assert grouped([*"ab"], same, [True, True]) == {"spatial": {0: "a", 1: "b"}}


def test_trainings_that_are_not_finished_stand_alone(loaded):
    same = [loaded("tiny", TINY, seed) for seed in (0, 1, 2)]
    assert grouped([*"abc"], same, [True, False, True]) == {"tiny": {0: "a", 2: "c"}, "b": {1: "b"}}


def test_recipes_of_one_name_are_told_apart(loaded):
    wider = TINY.replace("filters: 4", "filters: 5")
    asked = [(text, seed) for seed in (0, 1) for text in (TINY, wider)]
    found = grouped([*"abcd"], [loaded("x", *each) for each in asked], 4 * [True])
    assert found == {"x": {0: "a", 1: "c"}, "x (2)": {0: "b", 1: "d"}}


def test_two_runs_of_one_seed_stand_alone_and_the_others_do_not(loaded):
    same = [loaded("tiny", TINY, seed) for seed in (0, 1, 1, 2)]
    found = grouped([*"abcd"], same, 4 * [True])
    assert found == {"tiny": {0: "a", 2: "d"}, "b": {1: "b"}, "c": {1: "c"}}


def test_attacks_are_transferred_from_the_other_recipe_with_the_same_seed(loaded):
    texts = {"tiny": TINY, "spatial": SPATIAL}
    made = {"x": ("tiny", 0), "y": ("spatial", 1), "z": ("tiny", 1), "w": ("spatial", 2)}
    subjects = [
        Subject(label, FINISHED, loaded(name, texts[name], seed), label, "", 2)
        for label, (name, seed) in made.items()
    ]
    asked = studies(subjects, Options(what=("attacks",), epsilons=(1 / 255, 2 / 255)))
    sources = {label: [*asked["attacks", label].sources] for label in made}
    assert sources == {"x": ["y"], "y": ["z"], "z": ["y"], "w": ["x"]}
    assert asked["attacks", "x"].searched == (2 / 255,)
    assert [*studies(subjects[:1], Options(what=("attacks",)))["attacks", "x"].sources] == []


def test_records_of_trials_become_one_with_the_recipe_as_source(results):
    found = results.over_trials(TRIALS)
    assert found.labels == [*TRIALS]
    assert found.clean("plain").count.shares == pytest.approx((0.8, 0.82, 0.84))
    assert {each.setting["source"] for each in found.of("attacks", "plain", attack="transfer")} == {
        "blurred"
    }
    (spectrum,) = {float(each.means["spectrum"].mean()) for each in found.of("attacks", "plain")}
    assert spectrum == 2
    assert found.seconds("attacks", "plain") == 3 * results.seconds("attacks", "plain-seed0")
    alone = {label: {0: label} for label in results.labels}
    assert results.over_trials(alone) is results


def test_recipes_are_compared_in_pairs_of_trials_with_the_same_seed(results):
    found = {each.measure: each for each in comparisons(results.over_trials(TRIALS))}
    sizes = "0.0625 to 8/255"
    assert [*found] == [
        "clean accuracy", f"accuracy under FGSM, {sizes}", f"accuracy under PGD, {sizes}"
    ]  # fmt: skip
    clean = found["clean accuracy"]
    assert (clean.label, clean.pairs) == ("blurred", 3)
    assert (clean.difference, clean.low, clean.high) == pytest.approx((0.04, 0.04, 0.04))
    exact = stats.wilcoxon([0.04, 0.04, 0.04], method="exact").pvalue
    assert clean.p == pytest.approx(exact)
    assert clean.p_corrected == pytest.approx(3 * exact)


@pytest.mark.parametrize("first", ["plain", "blurred-seed1"])
def test_a_run_beside_a_recipe_of_several_trials_is_not_compared(results, first):
    """Pairs of images would call a difference real that other trainings may not have."""
    other = {"plain": "blurred-seed1", "blurred-seed1": "plain"}[first]
    trials = {"plain": TRIALS["plain"], "blurred-seed1": {1: "blurred-seed1"}}
    trials = {label: trials[label] for label in (first, other)}
    over = results.over_trials(trials)
    assert over.labels == [first, other]
    assert comparisons(over) == []
    assert f"{other} is not compared with {first}" in sentences(over, [])[0]


def test_recipes_are_compared_in_pairs_of_trials_whatever_stands_beside_them(results):
    beside = {**TRIALS, "alone": {0: "plain-seed0"}}
    of_two, of_three = (comparisons(results.over_trials(trials)) for trials in (TRIALS, beside))
    assert of_two == of_three


def test_a_report_over_trials_tells_recipes_and_keeps_every_run(results, tmp_path):
    report = write_report(
        results, TRIALS, dict.fromkeys(results.labels, "a run"), MACHINE, tmp_path
    )
    told = json.loads((tmp_path / "results.json").read_text())
    assert told["trials"] == {
        recipe: {str(seed): run for seed, run in runs.items()} for recipe, runs in TRIALS.items()
    }
    assert told["knees"] == {}
    assert {each["run"] for each in told["measured"]} == {*results.labels}
    assert {each["run"] for each in told["over_trials"]} == {*TRIALS}
    table = (tmp_path / "table.csv").read_text()
    assert all(f"{run},clean" in table for run in results.labels)
    page = (tmp_path / "robustness.html").read_text()
    assert re.search(r"2 recipes\s+in 6 runs", page)
    assert "Student's" in report.legend
    assert report.tables[0].head[:2] == ("recipe", "trials")
    assert report.tables[0].rows[0][:2] == ("plain", "3")
    assert "-" in report.tables[0].rows[0][3]
    said = "in 3 pairs of trials: too few to show a difference: clean accuracy (+4.0 points), "
    assert said in report.sentences[0]
    assert "which intervals over trials leave out" in report.sentences[-1]
    assert "3 pairs cannot give p below 0.25" in report.sentences[1]
