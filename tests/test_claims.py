"""The figures of the docs and of recipes are those of results/*.json."""

import json
from pathlib import Path

import claims
import numpy as np
import pytest
from scipy import stats

from specnet import recipe
from specnet.recipe.schema import Recipe

RESULTS = [
    path
    for path in sorted((claims.ROOT / "results").glob("*.json"))
    if "rows" in json.loads(path.read_text("utf-8"))
]


def test_pages_and_recipes_say_what_their_data_say():
    wrong = [str(path.relative_to(claims.ROOT)) for path, _, _ in claims.pages()]
    assert not wrong, f"run python docs/claims.py: {wrong}"


def test_every_comparison_that_is_kept_is_quoted():
    files = [claims.ROOT / "README.md", *(claims.ROOT / "docs").rglob("*.md")]
    text = "".join(path.read_text("utf-8") for path in files)
    assert not [path.name for path in RESULTS if f"<!-- results/{path.name} -->" not in text]


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_rows_follow_from_the_trials_that_are_kept(path: Path):
    """Means, Student's intervals and Wilcoxon's test, by NumPy and SciPy."""
    result = json.loads(path.read_text("utf-8"))
    for row in result["rows"]:
        found = of(result, row["label"])
        values = np.array([*found.values()])
        assert row["accuracy"]["count"] == len(values)
        np.testing.assert_allclose(row["accuracy"]["mean"], values.mean())
        half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
        np.testing.assert_allclose(row["accuracy"]["high"] - values.mean(), half, rtol=1e-6)
        if row["paired"]:
            theirs = of(result, row["against"])
            pairs = [found[seed] - theirs[seed] for seed in found if seed in theirs]
            np.testing.assert_allclose(row["paired"]["difference"], np.mean(pairs))
            if len({abs(each) for each in pairs} - {0}) == len(pairs):  # else SciPy is not exact
                expected = stats.wilcoxon(pairs, mode="exact").pvalue
                np.testing.assert_allclose(row["paired"]["p"], expected)


def quoted():
    """Recipes whose header quotes a comparison: their path, and that comparison's file."""
    for path in sorted((claims.ROOT / "recipes").glob("*.yaml")):
        if found := claims.ENTRY.search(path.read_text("utf-8")):
            yield pytest.param(path, claims.ROOT / found[1], id=path.stem)


@pytest.mark.parametrize(("path", "results"), [*quoted()])
def test_a_header_quotes_trainings_of_what_the_recipe_is_now(path, results):
    result = json.loads(results.read_text("utf-8"))
    then = Recipe.model_validate_json(json.dumps(result["prepared"][path.stem]["recipe"]))
    now = recipe.load(path, [word for word in result["machine"]["command"] if "=" in word])
    assert (then.data, then.training) == (now.data, now.training)
    if result["match"] != "params":  # which changes widths
        assert then.layers == now.layers


def of(result, label):
    """Accuracy by seed."""
    return {
        trial["seed"]: trial["accuracy"]
        for trial in result["trials"]
        if trial["label"] == label and trial["error"] is None
    }


def test_robustness_is_quoted_as_means_over_trials_of_means_over_settings():
    shares = {"a0": (0.5, 0.1, 0.3), "a1": (0.7, 0.3, 0.5), "b0": (1.0, 0.0, 0.2)}
    lines = [
        line | {"run": run, "share": share}
        for run, found in shares.items()
        for line, share in zip(
            [
                {"study": "clean"},
                {"study": "corruptions", "strength": 1},
                {"study": "corruptions", "strength": 5},
            ],
            found,
            strict=True,
        )
    ]
    lines.append({"study": "corruptions", "strength": 0, "run": "a0", "share": 1.0})
    trials = {"a": {"0": "a0", "1": "a1"}, "b": {"0": "b0"}}
    table = claims.over_trials({"measured": lines, "trials": trials, "images": 1000})
    half = 100 * stats.t.ppf(0.975, 1) * 0.1
    assert "mean of 1 to 2 trials (95 %), 1,000 test images" in table.title
    assert table.rows[0][:2] == ("clean", f"60.0 (0.0 to {min(60 + half, 100):.1f})")
    assert table.rows[1][1].startswith("30.0 (")
    assert table.rows[1][2] == "10.0"


def test_robustness_is_quoted_in_pairs_of_trials():
    told = {"low": -0.01, "high": 0.05, "difference": 0.02}
    lines = [
        told | {"label": label, "measure": measure}
        for label, measure in (("net-b", "right"), ("net-b", "same"), ("net-c", "right"))
    ]
    found = claims.in_pairs(
        {"trials": {"net-a": {}, "net-b": {}, "net-c": {}}, "against_first": lines}
    )
    assert found.title.startswith("Difference from a (points), in pairs")
    assert found.head == ("", "b", "c")
    words = "+2.0 (-1.0 to +5.0)"
    assert found.rows == [("right", words, words), ("same", words, "")]


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_tables_of_several_studies_follow_from_the_trials_that_are_kept(path: Path):
    result = json.loads(path.read_text("utf-8"))
    rows = [claims.Row.of(each) for each in result["rows"]]
    for label, count, mean, *_ in claims.accuracies(rows).rows:
        found = 100 * np.array([*of(result, label.strip("`")).values()])
        assert (int(count), mean.split()[0]) == (len(found), f"{found.mean():.1f}")
    lines = claims.differences(rows).rows
    assert len(lines) == len(rows) - 1
    for label, against, _, points, interval, _, count in lines:
        ours, theirs = (of(result, each.strip("`")) for each in (label, against))
        pairs = [100 * (ours[seed] - theirs[seed]) for seed in ours if seed in theirs]
        half = stats.t.ppf(0.975, len(pairs) - 1) * stats.sem(pairs)
        low, high = (float(end) for end in interval.split(" to "))
        assert int(count) == len(pairs)
        np.testing.assert_allclose(
            [float(points), low, high], np.mean(pairs) + np.array([0, -half, half]), atol=0.051
        )
