"""The folder of a study of robustness: what later calls add to it."""

import pytest
from matplotlib.figure import Figure
from recipes_at_hand import SPATIAL, TINY
from runs_at_hand import classifier

from specnet.errors import RunError
from specnet.progress import Reporter
from specnet.studies.robustness import Options, figures
from specnet.studies.robustness.study import robustness


class Notes(Reporter):
    """Remembers what was told."""

    def __init__(self):
        self.lines = []

    def note(self, message):
        self.lines.append(message)


@pytest.fixture
def runs(tmp_path):
    """Two runs of one name."""
    made = []
    for folder, text in (("one", TINY), ("other", SPATIAL)):
        (tmp_path / folder).mkdir()
        made.append(classifier(tmp_path / folder, "net", text))
    return made


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Measures runs into one folder; returns the results and the notes."""
    monkeypatch.setattr(figures, "pictures", lambda results, name, width: [(name, "", Figure())])

    def measure(runs, what, **varied):
        notes = Notes()
        options = Options(what=(what,), images=4, **varied)
        return robustness(runs, tmp_path / "out", options, notes).results, notes.lines

    return measure


def test_a_later_study_adds_to_the_report_of_an_earlier_one(runs, measured):
    first, _ = measured(runs[:1], "heatmap", levels=1)
    both, notes = measured(runs[:1], "shift")
    assert both.names == ["heatmap", "shift"]
    assert "left out" not in "".join(notes)
    assert len(both.of("heatmap", "net")) == len(first.of("heatmap", "net"))


def test_what_is_not_measured_of_all_runs_leaves_the_report_and_its_picture_goes(
    runs, measured, tmp_path
):
    measured(runs[:1], "heatmap", levels=1)
    measured(runs[:1], "shift")
    found, notes = measured(runs, "shift")
    assert found.names == ["shift"]
    assert "heatmap: is left out" in notes[-1]
    assert "is measured of other-ckpt-net; name it" in notes[-1]
    assert [file.stem for file in (tmp_path / "out").glob("*.png")] == ["shift"]
    assert measured(runs, "heatmap", levels=1)[0].names == ["heatmap", "shift"]


def test_a_run_is_known_by_its_weights_whatever_runs_stand_beside_it(runs, measured, tmp_path):
    (first, _), folder = measured(runs[:1], "shift"), tmp_path / "out" / "measured"
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.json")}
    assert first.labels == ["net"]
    found, _ = measured(runs, "shift")
    assert found.labels == ["net", "other-ckpt-net"]
    assert before.items() <= {f: f.stat().st_mtime_ns for f in folder.rglob("*.json")}.items()
    assert measured(runs[1:], "shift")[0].labels == ["other-ckpt-net"]


def test_other_weights_under_a_known_name_are_refused(runs, measured):
    measured(runs[:1], "shift")
    with pytest.raises(RunError, match="net: its weights have changed since"):
        measured(runs[1:], "shift")
