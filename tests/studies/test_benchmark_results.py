"""Goals, tables and what is written of them."""

import csv
import json

import numpy as np
import pytest

from specnet.errors import RunError
from specnet.progress import Reporter
from specnet.studies.bench import QUICK, Plan, results
from specnet.studies.bench.design import Answers, Bench, Goal, goal_of
from specnet.studies.bench.figures import write_answers, write_comparison
from specnet.studies.bench.questions import _answer, gaussian, questions, spatial
from specnet.studies.bench.results import Comparison, FloorAt, Row
from specnet.studies.bench.roofline import Floor
from specnet.studies.bench.timing import Quartiles
from specnet.studies.bench.trial import Measured, Timed
from specnet.studies.bench.workloads import FORWARD, STEP
from specnet.studies.engine import subjects
from specnet.studies.engine.stopping import never

MACHINE = {"backend": "jax", "device": "CPU", "cpus": 2, "processor": "P", "versions": {}}


def row(subject, size, ms, measure=STEP, **more):
    quartiles = Quartiles(ms - 1, ms, ms + 1)
    return Row(subject, size, 8, measure, "as trained", quartiles, 12, 0.5, **more)


def comparison():
    """Ours takes 100 and 400 ms, theirs 50 and 800."""
    found = Comparison(["ours", "theirs"], "theirs", MACHINE)
    times = {("ours", 10): 100, ("theirs", 10): 50, ("ours", 20): 400, ("theirs", 20): 800}
    found.rows = [row(*place, ms) for place, ms in times.items()]
    found.rows.append(row("ours", 10, 5.0, FORWARD))
    return found


def test_a_goal_is_met_up_to_its_ratio_and_one_that_failed_is_not():
    assert Goal("x", 1, 2, 0.5, 0.5).met is True
    assert Goal("x", 1, 2, 0.51, 0.5).met is False
    assert Goal("x", goal=0.5, reason="broken").met is False
    assert Goal("x", 1, 2, 0.5).met is None


def test_a_goals_ratio_is_that_of_the_medians():
    times = {"a": Timed(np.array([1.0, 3.0, 2.0])), "b": Timed(np.array([4.0, 4.0, 9.0]))}
    found = goal_of("a / b", Measured({STEP: times}), STEP, "a", "b", 0.4)
    assert (found.measured, found.against, found.ratio, found.met) == (2000, 4000, 0.5, False)
    broken = goal_of("a / b", Measured(failures={"b": "too small"}), STEP, "a", "b", 0.4)
    assert (broken.ratio, broken.reason) == (None, "too small")


def test_the_advice_follows_from_the_measure_that_says_most():
    found = comparison()
    assert found.deciding == STEP
    (sentence,) = found.advice
    expected = 10 * 2**0.5  # twice as slow, then twice as fast
    assert f"theirs is faster below {expected:.3g} pixels, ours from there on" in sentence


def test_a_floor_of_a_quarter_is_reached_by_a_quarter_and_images_are_of_a_batch():
    found = row("ours", 10, 100.0, floor_ms=25.0)
    assert found.reached == 0.25
    assert found.images_per_second == 80


def test_csv_json_and_markdown_tell_the_same(tmp_path):
    found = comparison()
    found.floors.append(FloorAt("ours", 10, Floor(0.001, 0.002, 0.003, 0.0)))
    report = write_comparison(found, tmp_path / "a" / "b")
    assert {file.name for file in report.files} == {file.name for file in report.out.iterdir()}
    records = list(csv.DictReader((report.out / "bench.csv").open(encoding="utf-8")))
    content = json.loads((report.out / "bench.json").read_text())
    assert [float(each["ms"]) for each in records] == [each["ms"] for each in content["rows"]]
    assert [each["ms"] for each in content["rows"]] == [100, 50, 400, 800, 5]
    text = (report.out / "bench.md").read_text()
    assert "| ours | 10 | 1.00 | 2.00 | 3.00 | 0 | 6.00 |" in text
    assert "| ours | 10 | 100 | 99.0 to 101 | 80 |" in text


def test_a_heading_has_labels_as_the_rows_have_them(tmp_path):
    long = [f"spectral_conv2d: {{filters: {number}, padding: same}}" for number in (4, 5)]
    found = Comparison(long, long[1], MACHINE, rows=[row(label, 8, 2) for label in long])
    write_comparison(found, tmp_path)
    text = (tmp_path / "bench.md").read_text()
    assert "Training step, batch of 8; ratio to B:" in text.replace("**", "")
    assert "| B | 8 |" in text


def test_a_folder_holds_no_picture_of_other_numbers_than_its_tables(tmp_path):
    found = comparison()
    assert tmp_path / "time-against-size.png" in write_comparison(found, tmp_path).files
    found.rows = [each for each in found.rows if each.size == 10]
    report = write_comparison(found, tmp_path)
    assert {*report.files} == {*tmp_path.iterdir()}


def test_answers_are_written_with_what_was_missed(tmp_path):
    found = Answers(MACHINE, goals=[Goal("a / b", 1, 2, 0.5, 0.4), Goal("c", 3, 4, 0.75)])
    found.kernels = {
        name: {3: Quartiles(1, 2, 3), 5: Quartiles(4, 5, 6)} for name in ("conv2d", "other")
    }
    report = write_answers(found, tmp_path)
    assert (
        "| a / b | 1.00 ms | 2.00 ms | 0.500 | 0.400 | no |" in (tmp_path / "bench.md").read_text()
    )
    assert [goal["met"] for goal in report.content["goals"]] == [False, None]
    assert (tmp_path / "time-against-size.png").stat().st_size > 1000


def test_long_names_become_letters_and_short_ones_stay():
    assert results.short_names(["a", "b"]) == {"a": "a", "b": "b"}
    names = results.short_names([f"{'x' * 40}{i}" for i in range(28)])
    assert [*names.values()][24:] == ["Y", "Z", "A2", "B2"]


def test_a_question_that_fails_leaves_a_sentence_and_the_next_goes_on():
    def broken(bench):
        yield Goal("first", 1, 2, 0.5)
        raise RunError("no answer")

    found = Answers(MACHINE)
    _answer(Bench(QUICK, found, Reporter(), never), broken)
    assert [goal.what for goal in found.goals] == ["first"]
    assert found.sentences == ["Not measured: no answer"]


def test_the_networks_of_the_questions_differ_in_their_filters_alone():
    assert gaussian(32).recipe.model[1].layers[0].arguments == {"filters": 32, "activation": "relu"}
    assert spatial(32).recipe.model[0].layers[0].arguments["filters"] == 32
    assert gaussian(6).batch == spatial(6).batch == Plan().batch
    assert gaussian(6).sizes == spatial(6).sizes == (Plan().size,)


def test_the_quick_questions_leave_out_memory_and_growth():
    assert len(questions(Plan())) == len(questions(QUICK)) + 2


@pytest.mark.parametrize("family", Plan().families)
def test_every_family_can_stand_in_the_network(family):
    text = f"model[1].repeat.layers[0]={{{family}: {{filters: 6, activation: relu}}}}"
    made = subjects.network(family, "catsdogs-gaussian", [text])
    assert made.recipe.model[1].layers[0].name == family
