"""What is told of robustness: numbers from counts, tables, sentences, pictures and the page."""

import csv
import dataclasses
import io
import json
import re

import numpy as np
import pytest
from report_page import Page
from rich.console import Console
from scipy.stats import binomtest

from specnet.cli import console as terminal
from specnet.robustness.attack_study import Attacks
from specnet.robustness.auto_attack_study import AutoAttack
from specnet.robustness.band_study import Bands
from specnet.robustness.corruption_study import Corruptions
from specnet.robustness.heatmap_study import Heatmap
from specnet.robustness.shift_study import Shift
from specnet.robustness.study import Count, Measured
from specnet.studies.robustness.design import USUAL
from specnet.studies.robustness.differences import comparisons
from specnet.studies.robustness.figures import knees, write_report
from specnet.studies.robustness.heat import heat, plane
from specnet.studies.robustness.measuring import Record
from specnet.studies.robustness.pruning import Prune
from specnet.studies.robustness.pruning_curve import Cut, knee_of
from specnet.studies.robustness.results import Results, curve, mean
from specnet.studies.robustness.sentences import sentences
from specnet.studies.robustness.table import few
from specnet.studies.robustness.trial import Clean
from specnet.workflow import Pruning

SIZE, IMAGES = (12, 15), 200
LABELS = ["gratings-spatial", "gratings-<b>spectral</b>-pooling-of-a-long-name"]
MACHINE = {
    "device": "CPU", "cpus": 2, "processor": "<b>x</b>", "backend": "tensorflow",
    "system": "Linux", "python": "3.12", "versions": {"keras": "3"}, "command": ["specnet", "a<b"],
}  # fmt: skip
STUDIED = [
    Clean(), Bands((0, 0.1, 0.2, 0.3, 0.5, 0.71)), Heatmap(levels=2), Attacks(sources={"o": None}),
    Shift(), Corruptions(strengths=(1, 3, 5)), Prune(Pruning(None), None, None, (0.1, 0.2, 0.4)),
    AutoAttack(),
]  # fmt: skip


def share(setting):
    """Something that a network could do: its frequencies are those up to 0.2 cycles/pixel."""
    if "band" in setting:
        low = setting["band"] == "low"
        return 0.8 if low == (setting["radius"] >= 0.2) else 0.3
    if "vertical" in setting:
        vertical, horizontal = setting["vertical"], setting["horizontal"]
        return 0.25 if np.hypot(vertical - 0.25, horizontal - 0.26) < 0.02 else 0.75
    if setting.get("attack") == "square":
        return 0.0
    if setting.get("attack") == "autoattack" and setting["norm"] == "linf":
        return {1 / 255: 0.66, 8 / 255: 0.03}[setting["epsilon"]]  # PGD leaves 72 and 17 %
    behind = 0.5 if setting.get("cutoff") == 0.1 else 0.8
    return behind - 20 * setting.get("epsilon", 0) - 0.02 * setting.get("strength", 0)


def record(setting):
    spectrum = np.ones((SIZE[0], SIZE[1] // 2 + 1)) if "attack" in setting else None
    right = np.arange(IMAGES) < round(IMAGES * max(share(setting), 0))
    means = {} if spectrum is None else {"spectrum": spectrum}
    if setting.get("attack") == "autoattack":
        means["fallen"] = np.array([0.5, 0.25, 0.02, 0.0], "float32")
    return Record(Measured(setting, right, means), 0.5)


@pytest.fixture(scope="module")
def results():
    found = {
        (study.name, label): [record(setting) for setting in study.settings(SIZE)]
        for study in STUDIED
        for label in LABELS
    }
    return Results(found, IMAGES, SIZE, 2)


@pytest.fixture(scope="module")
def report(results, tmp_path_factory):
    return write_report(
        results, {}, dict.fromkeys(LABELS, "a run"), MACHINE, tmp_path_factory.mktemp("out")
    )


def test_a_curve_rises_in_strength_between_the_ends_of_its_intervals(results):
    points = curve(results.of("bands", LABELS[0], band="low"), "radius", Count(7, 10))
    np.testing.assert_allclose(points[0], [0, 0, 0.1, 0.2, 0.3, 0.5, 0.71])
    assert points[1, 0] in (0.7, 0.3)
    low, high = binomtest(160, IMAGES).proportion_ci(method="wilson")
    np.testing.assert_allclose(points[1:, -1], [0.8, low, high])


def test_a_mean_of_settings_is_no_surer_than_one_of_them(results):
    found = results.of("shift", LABELS[0])
    assert mean(found) == Count(160, IMAGES)
    assert mean(found).interval() == found[0].count.interval()


def test_a_mean_of_settings_is_not_rounded_to_whole_images():
    """Of 40 images 15, 15 and 16 are right: 38.3 %, not 37.5."""
    settings = [Measured({}, np.arange(40) < right) for right in (15, 15, 16)]
    assert mean(settings).share == pytest.approx(46 / 120)
    assert mean(settings).wrong().share == pytest.approx(74 / 120)


def test_the_worst_frequency_is_told_with_its_error(results):
    found = heat(results, LABELS[0])
    assert (found.worst, found.clean) == (Count(150, IMAGES), Count(40, IMAGES))
    assert found.place == pytest.approx((3 / 12, 4 / 15))


def test_the_worst_frequency_is_shown_to_mislead_among_hundreds_if_it_does():
    settings = Heatmap(levels=4).settings((64, 64))
    assert len(settings) > 250
    clean = [record({"images": "clean"})]
    for wrong, misleads in ((110, True), (45, False)):
        noisy = [record(setting) for setting in settings]
        for each in noisy:
            each.measured.right[:] = np.arange(IMAGES) < 160
        noisy[7].measured.right[:] = np.arange(IMAGES) >= wrong
        results = Results({("clean", "a"): clean, ("heatmap", "a"): noisy}, IMAGES, SIZE, 2)
        assert heat(results, "a").misleads is misleads


def test_the_plane_is_its_own_mirror_image_and_shows_each_frequency_where_it_is():
    found = [record(setting).measured for setting in Heatmap(levels=2).settings((16, 16))]
    drawn = plane(found)
    np.testing.assert_array_equal(drawn.values, drawn.values[::-1, ::-1])
    for v, u in [(0.25, 0.25), (-0.25, -0.25)]:
        (row,), (column,) = (
            np.flatnonzero(axis == at) for axis, at in zip(drawn[:2], (v, u), strict=True)
        )
        assert drawn.values[row, column] == 75
    assert (drawn.values == 75).sum() == 2
    assert set(np.unique(drawn.values)) == {25, 75}


def test_a_knee_that_so_few_images_cannot_show_is_none(results):
    assert knees(results, {}) == dict.fromkeys(LABELS, 0.2)
    few_images = [
        Cut(cutoff, {"clean": np.arange(10) < right})
        for cutoff, right in ((0.1, 5), (0.2, 8), (0, 8))
    ]
    assert knee_of(few_images) is None


def test_runs_are_compared_with_the_first_on_the_same_images(results):
    """A second run that has ten more accuracy under PGD, and nothing else."""
    found = dict(results.found)
    better = [
        dataclasses.replace(each, measured=more_right(each.measured))
        for each in found["attacks", LABELS[1]]
    ]
    told = comparisons(dataclasses.replace(results, found=found | {("attacks", LABELS[1]): better}))
    by_measure = {each.measure: each for each in told}
    assert {each.label for each in told} == {LABELS[1]}
    pgd = by_measure.pop("accuracy under PGD, 0.0625 to 8/255")
    assert pgd.real
    assert pgd.p == pytest.approx(2 * 0.5**10)  # ten coins
    assert pgd.p_corrected == pytest.approx(9 * pgd.p)  # nine measures
    assert pgd.difference == pytest.approx(10 / IMAGES)
    assert pgd.low < pgd.difference < pgd.high
    assert {(each.difference, each.p, each.real) for each in by_measure.values()} == {(0, 1, False)}
    assert len(by_measure) == 8


def test_what_runs_leave_under_autoattack_is_compared(results):
    key = "autoattack", LABELS[1]
    all_right = [
        dataclasses.replace(
            each, measured=dataclasses.replace(each.measured, right=np.ones(IMAGES, bool))
        )
        for each in results.found[key]
        if each.measured.setting["attack"] == "autoattack"
    ]
    told = comparisons(dataclasses.replace(results, found={**results.found, key: all_right}))
    assert {each.measure for each in told if each.real} == {"accuracy under AutoAttack, 1 to 8/255"}


def test_attacks_are_compared_in_the_same_balls_and_shifts_with_a_border(results):
    """What is not of single pixels, or circular, changes nothing."""
    found = dict(results.found)
    for study, key, kept in (("attacks", "norm", "linf"), ("shift", "border", "reflect")):
        found[study, LABELS[1]] = [
            each
            if each.measured.setting.get(key, kept) == kept
            else dataclasses.replace(
                each, measured=dataclasses.replace(each.measured, right=np.zeros(IMAGES, bool))
            )
            for each in found[study, LABELS[1]]
        ]
    assert found["shift", LABELS[1]] != results.found["shift", LABELS[1]]
    assert not any(
        each.difference for each in comparisons(dataclasses.replace(results, found=found))
    )


def test_what_is_shown_of_a_run_is_said_by_how_much(results):
    found = dict(results.found)
    worse = [
        dataclasses.replace(each, measured=dataclasses.replace(each.measured, right=half))
        for each in found["shift", LABELS[1]]
        for half in [np.arange(IMAGES) < IMAGES // 2]
    ]
    other = dataclasses.replace(results, found=found | {("shift", LABELS[1]): worse})
    told = sentences(other, comparisons(other))
    (said,) = (each for each in told if "on the same images" in each)
    assert "worse: consistency under shifts, reflect border (-30.0 points); not signific" in said
    assert "better" not in said


def more_right(measured):
    if measured.setting["attack"] != "pgd":
        return measured
    right = measured.right.copy()
    right[-10:] = True
    assert right.sum() == measured.right.sum() + 10
    return dataclasses.replace(measured, right=right)


def test_one_run_is_compared_with_none(results):
    alone = {key: records for key, records in results.found.items() if key[1] == LABELS[0]}
    assert comparisons(dataclasses.replace(results, found=alone)) == []


def test_tables_fit_into_80_columns(report):
    console = Console(width=80, file=io.StringIO())
    console.print(terminal.study(report.tables, report.out, report.files))
    shown = console.file.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    assert "80.0 (74-85)" in shown
    assert f"{IMAGES} images" in shown


def test_the_csv_has_a_line_for_each_setting_with_count_and_interval(report, results):
    lines = [*csv.DictReader(io.StringIO((report.out / "table.csv").read_text()))]
    assert len(lines) == sum(map(len, results.found.values()))
    for line in lines:
        low, high = binomtest(int(line["right"]), IMAGES).proportion_ci(method="wilson")
        assert float(line["low"]) == pytest.approx(low)
        assert float(line["high"]) == pytest.approx(high)
        assert int(line["images"]) == IMAGES
    told = json.loads((report.out / "results.json").read_text())
    assert len(told["measured"]) == len(lines)
    assert told["knees"] == dict.fromkeys(LABELS, 0.2)


def test_the_page_holds_everything_itself_and_escapes_what_it_shows(report):
    text = (report.out / "robustness.html").read_text()
    page = Page(text)
    drawn = [file for file in report.files if file.suffix == ".png"]
    assert {file.stem for file in drawn} == {*USUAL, "perturbations"}
    assert len(page.links) == 2 * len(drawn)
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert {*report.sentences} <= {*page.words}
    assert "<b>spectral" not in text
    assert 'name="viewport"' in text
    assert "url(" not in text


def test_sentences_tell_what_follows_and_warn_of_hidden_gradients(report):
    told = "\n".join(report.sentences)
    assert "frequencies up to 0.2 keep 90% of" in told
    assert "noise at radius" in told
    assert re.search(r"WARNING: square at 8/255 .* gradients are hidden", told)
    assert "pruned at the knee 0.2: clean 80.0 (74-85) -> 80.0 (74-85) %, not significant" in told
    assert "200 images tell a share near 50 % to within 7 points" in told


def test_autoattack_is_told_with_what_fooled_and_warns_where_pgd_is_far_off(report):
    (turns,) = (each for each in report.tables if "each attack fooled" in each.title)
    assert turns.head == ("run", "size", "APGD-CE", "APGD-T", "FAB-T", "square", "still right")
    assert [row[1:] for row in turns.rows[:2]] == [
        ("1/255", "100", "50", "4", "0", "132"),
        ("8/255", "100", "50", "4", "0", "6"),
    ]
    told = [each for each in report.sentences if "AutoAttack" in each and LABELS[0] in each]
    assert "AutoAttack leaves 66.0 (59-72) % at 1/255, 3.0 (1-6) % at 8/255" in "\n".join(told)
    sizes = [each.head[1:] for each in report.tables if "under AutoAttack" in each.title]
    assert sizes == [("1", "8"), ("0.18",)]  # 2 / 255 times the root of 12 * 15 * 3
    (warned,) = (each for each in told if "WARNING" in each)  # not at 1/255, of 6 points
    assert "WARNING: AutoAttack at 8/255 leaves 3.0 (1-6) %, PGD 17.5" in warned


def test_few_values_keep_the_ends():
    assert few([1, 2, 3, 4, 5], 3) == [1, 3, 5]
    assert few([1, 2], 3) == [1, 2]
