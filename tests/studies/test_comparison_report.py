"""What is told of a comparison: rows, tables, sentences and the page."""

import csv
import dataclasses
import io
import json
import re
import statistics
import types

import pytest
from recipes_at_hand import TINY, write
from report_page import Page
from rich.console import Console

from specnet import recipe
from specnet.cli import console as terminal
from specnet.studies.compare import plan, table
from specnet.studies.compare.design import SUITES, Prepared
from specnet.studies.compare.differences import differences
from specnet.studies.compare.figures import pictures, write_report
from specnet.studies.compare.results import Row, rows
from specnet.studies.compare.table import names
from specnet.studies.compare.trial import Trial
from specnet.studies.engine.statistics import describe, holm, paired
from specnet.studies.engine.subjects import as_json

MACHINE = {
    "device": "CPU", "cpus": 2, "processor": "<b>x</b>", "backend": "tensorflow",
    "system": "Linux", "python": "3.12", "versions": {"keras": "3"}, "command": ["specnet", "a<b"],
}  # fmt: skip


def trial(label, seed, accuracy, **changed):
    rows = [
        {"epoch": 1.0, "val_accuracy": accuracy - 0.1, "seconds": 4.0},
        {"epoch": 2.0, "val_accuracy": accuracy, "seconds": 1.0},
    ]
    known = {"rows": rows, "losses": [2.0, 1.5, 1.0, 0.75], "parameters": 1000 + len(label)}
    return Trial(label, seed, accuracy=accuracy, images_per_second=50.0, **known | changed)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A comparison of three recipes, the last of which failed once; nothing was trained."""
    tmp_path = tmp_path_factory.mktemp("study")
    texts = {n: TINY.replace("filters: 4", f"filters: {n}") for n in (4, 5, 6)}
    files = [write(tmp_path, text, f"net-{n}") for n, text in texts.items()]
    asked = plan([str(file) for file in files], seeds=range(3))
    trials = [
        trial(f"net-{n}", seed, 0.5 + 0.01 * n + 0.02 * seed) for n in texts for seed in range(3)
    ]
    trials[0] = dataclasses.replace(trials[0], guessing=trials[0].accuracy)  # 0.54
    trials[1] = dataclasses.replace(trials[1], guessing=0.55)  # 0.56
    trials[-1] = Trial("net-6", 2, "it was <killed>")
    trials = [
        t if t.error else Trial(**vars(t) | {"sizes": {"64": t.accuracy - 0.1}}) for t in trials
    ]
    facts = {
        each.label: {"recipe": as_json(each.recipe), "flops": 2_000_000, "note": None}
        for each in asked.contenders
    }
    out = tmp_path / "out"
    out.mkdir()
    return write_report(asked, Prepared(facts, MACHINE), trials, out)


def test_what_pgd_leaves_of_validation_images_is_told_of_the_best_and_the_last_epoch(tmp_path):
    files = [str(write(tmp_path, TINY, name)) for name in ("plain", "pooled", "unasked")]
    asked = plan(files, seeds=range(4))
    left = {"plain": [(0.3, 0.1), (0.4, 0.0), (0.2, 0.2), (0.3, 0.1)],
            "pooled": [(0.3, 0.2), (0.2, 0.3), (0.3, 0.1), (0.4, 0.4)]}  # fmt: skip
    trials = [trial("unasked", seed, 0.5) for seed in range(4)]
    for label, shares in left.items():
        for seed, pair in enumerate(shares):
            one = trial(label, seed, 0.5)
            for row, share in zip(one.rows, pair, strict=True):
                row |= {"val_attacked_accuracy": share, "accuracy": 0.9}
            trials.append(one)
    facts = {each.label: {"flops": 1} for each in asked.contenders}
    plain, pooled, unasked = made = rows(asked, trials, facts)
    assert unasked.attacked is None
    assert plain.attacked.paired is None
    assert (plain.attacked.best.mean, plain.attacked.last.mean) == pytest.approx((0.3, 0.1))
    assert pooled.attacked.best.mean == pytest.approx((0.3 + 0.3 + 0.3 + 0.4) / 4)
    differences = [0.1, 0.3, -0.1, 0.3]
    assert pooled.attacked.paired.difference == pytest.approx(statistics.fmean(differences))
    assert pooled.attacked.paired.p == pytest.approx(2 * 3 / 16)  # 3 of 16 patterns of signs
    assert Row.of(json.loads(json.dumps(pooled.as_dict()))) == pooled
    (told,) = [each for each in table.tables(made) if each.title.startswith("Validation images")]
    assert told.rows[0][:3] == ("plain", "30.0 ± 8.2", "10.0 ± 8.2")
    assert [line[-2:] for line in told.rows] == [("50.0", "90.0")] * 2
    drawn = {stem: figure for stem, _, figure in pictures(asked, made, trials, 7.6)}
    one, other = drawn["attacked"].axes[0].lines  # none of a recipe that does not ask for it
    assert (one.get_label(), other.get_label()) == ("plain", "pooled")
    assert [*one.get_ydata()] == pytest.approx([30, 10])


def test_rows_compare_trials_of_the_same_seed(study):
    first, second, third = study.rows
    assert first.paired is None
    assert second.paired.difference == pytest.approx(0.01)
    assert (second.paired.pairs, third.paired.pairs, third.failed) == (3, 2, 1)
    assert third.accuracy.mean == pytest.approx(statistics.fmean([0.56, 0.58]))
    assert second.convergence.epochs == 2
    assert (second.cost.seconds_per_epoch, second.cost.training_seconds) == (1, 5)
    assert second.sizes["64"].mean == pytest.approx(second.accuracy.mean - 0.1)


def test_the_csv_holds_every_digit(study):
    lines = [*csv.DictReader(io.StringIO((study.out / "table.csv").read_text()))]
    assert [line["label"] for line in lines] == ["net-4", "net-5", "net-6"]
    for line, row in zip(lines, study.rows, strict=True):
        assert float(line["accuracy.mean"]) == row.accuracy.mean
    assert float(lines[1]["paired.p"]) == study.rows[1].paired.p
    assert lines[0]["paired.p"] == ""


def test_the_page_holds_everything_itself_and_escapes_what_it_shows(study):
    text = (study.out / "report.html").read_text()
    page = Page(text)
    assert len(page.links) == 2 * 5
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert {*study.sentences} <= {*page.words}
    assert any("it was <killed>" in words for words in page.words)
    assert "model[1].gaussian.filters" in page.words
    assert 'name="viewport"' in text
    assert "url(" not in text


def test_sentences_say_what_few_trials_cannot_show(study):
    told = " ".join(study.sentences)
    assert "net-5 is 1.0 points above net-4: not significant (p = 0.5 after Holm; 3 pairs" in told
    assert "7 trials are needed" in told
    assert "net-4: 1 of 3 trials learned nothing" in told
    assert "net-5: " not in told
    assert "net-6, seed 2: failed: it was <killed>" in told


def test_sizes_that_a_network_cannot_take_are_told_and_are_in_no_table(tmp_path):
    files = [str(write(tmp_path, TINY, name)) for name in ("bound", "free")]
    asked = plan(files, ["data.image_size=8"], eval_sizes=(8, 16, 24))
    facts = {each.label: {"flops": 1} for each in asked.contenders}
    bound = [trial("bound", 0, 0.5, sizes={"8": 0.5})]
    free = [trial("free", 0, 0.5, sizes={"8": 0.5, "16": 0.4, "24": 0.3})]
    made = rows(asked, bound + free, facts)
    told = table.sentences(asked, made, [])
    assert [each for each in told if "px" in each] == [
        "bound is not tested at 16, 24 px, which it cannot take"
    ]
    (shown,) = [each for each in table.tables(made) if "image size" in each.title]
    assert [line[0] for line in shown.rows] == ["free"]
    alone = dataclasses.replace(asked, contenders=asked.contenders[:1])
    alone_rows = rows(alone, bound, facts)
    assert not [each for each in table.tables(alone_rows) if "image size" in each.title]
    assert "sizes" not in [stem for stem, *_ in pictures(alone, alone_rows, bound, 4.4)]


def row(label, ours, theirs):
    found = paired(ours, theirs) if ours else None
    return Row(label, "base", describe(ours or [0.5]), 0, None, found, found and found.p)


def test_verdicts_are_of_the_corrected_p_and_say_what_is_missing():
    rows = [
        row("sure", [0.7] * 10, [0.6] * 10),  # p = 2 / 2^10
        row("fewer", [0.7] * 6, [0.6] * 6),  # p = 2 / 2^6, below the level as the last of Holm's
        row("equal", [0.6] * 6, [0.6] * 6),
        row("alone", None, None),
    ]
    known = [each for each in rows if each.paired]
    corrected = dict(
        zip([each.label for each in known], holm([e.paired.p for e in known]), strict=True)
    )
    rows = [dataclasses.replace(each, p_corrected=corrected.get(each.label)) for each in rows]
    broken = [Trial("base", 7, "it died"), Trial("sure", 8, accuracy=float("nan"))]
    told = table.sentences(
        types.SimpleNamespace(quick=False, eval_sizes=(), contenders=()), rows, broken
    )
    assert told[0] == "sure is 10.0 points above base: significant (p = 0.00586 after Holm)"
    assert "6 pairs of trials are too few" in told[1]
    assert told[2].startswith("equal is as accurate as base on average")
    assert "alone is not compared: no trial is finished both of it and of base" in told
    assert told[-2:] == [
        "base, seed 7: failed: it died",
        "sure, seed 8: failed: its accuracy is not a number",
    ]


def test_tables_fit_into_80_columns_for_every_suite(study):
    for suite in SUITES:
        labels = [each.label for each in plan(suite=suite).contenders]
        short = names(labels)
        rows = [
            table.Table(t.title, t.head, [(short(labels[-6 if len(labels) > 6 else 0]), *r[1:])])
            for t in study.tables
            for r in t.rows[-1:]
        ]
        console = Console(width=80, file=io.StringIO())
        console.print(terminal.study(rows, study.out, []))
        assert max(map(len, console.file.getvalue().splitlines())) <= 80


def test_names_lose_what_all_begin_with_and_nothing_more():
    short = names(["catsdogs-free", "catsdogs-gaussian-mixture"])
    assert [short("catsdogs-free"), short("catsdogs-gaussian-mixture")] == [
        "free",
        "gaussian-mixture",
    ]
    assert names(["a-b", "a"])("a-b") == "a-b"
    assert names(["tiny", "tiny-2"])("tiny") == "tiny"


def test_markdown_has_as_many_cells_as_its_head(study):
    for block in re.findall(r"(?:^\|.*\n)+", (study.out / "table.md").read_text(), re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_layers_that_are_equal_are_no_difference_wherever_they_stand():
    spatial, gaussian = (recipe.load(f"catsdogs-{name}") for name in ("spatial", "gaussian"))
    block = "model[1].repeat.layers[0]"
    assert differences(spatial, gaussian) == [
        ("model[0]", "absent", "rfft2d {channels: 'sum'}"),
        (block, "conv2d", "gaussian"),
        (f"{block}.gaussian.kernel_size", "3", "absent"),
        (f"{block}.gaussian.padding", "'same'", "absent"),
    ]
    assert differences(gaussian, gaussian) == []


def test_differences_outside_the_network_are_told_by_their_key():
    before = recipe.load("catsdogs-free")
    after = recipe.load("catsdogs-free", ["training.epochs=3", "~data.augment"])
    keys = {key: (there, here) for key, there, here in differences(before, after)}
    assert keys["training.epochs"] == ("10", "3")
    assert all(key.startswith(("training.epochs", "data.augment")) for key in keys)
