"""What users write is shown as they wrote it."""

import io
import re
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from specnet.analysis import Learned
from specnet.cli import console as terminal
from specnet.cli.console import Console, Text
from specnet.cli.console.study import duration
from specnet.workflow.inspect_run import Inspection


def shown(renderable):
    return printed(renderable, 80, terminal=True)


def printed(renderable, width, terminal):
    console = Console(width=width, file=io.StringIO(), force_terminal=terminal, color_system=None)
    console.print(renderable)
    return console.file.getvalue()


def test_class_names_are_not_read_as_markup():
    text = shown(terminal.table(("class", "images"), [("[red]cat", 3), ("[/a]", 1234)]))
    assert "[red]cat" in text
    assert "[/a]" in text
    assert "1,234" in text


def test_of_many_learned_numbers_a_cell_holds_the_first_and_says_how_many_more():
    values = {"control points": np.arange(2 * 2 * 144.0).reshape(2, 2, 6, 6, 4)}
    layer = Learned("spline", "BSplineConvolution", values, ("real", "imaginary"))
    told = printed(terminal.learned(Inspection([layer], [], []), Path("run")), 400, terminal=False)
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 132 more" in told
    assert max(len(line.rstrip()) for line in told.splitlines()) < 120
    assert "--json shows all numbers" in told


def test_facts_are_not_read_as_markup():
    assert "[bold]x" in shown(terminal.facts({"run": "[bold]x"}))


def test_a_study_says_how_much_of_all_is_done_and_how_long_the_rest_takes():
    console = Console(width=80, force_terminal=True, file=io.StringIO())
    display = terminal.StudyDisplay(console, console)
    display.progress(1.5, 6, ", ".join(f"recipe seed {n} 3/10" for n in range(9)), 7300.0)
    display.stop()
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue()).splitlines()
    assert any("25% of 6 trials, 2 h 2 min left | recipe seed 0 3/10" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_durations_are_told_in_units_that_matter():
    told = {0.2: "1 s", 98: "98 s", 100: "2 min", 3600: "60 min", 6000: "1 h 40 min"}
    assert {seconds: duration(seconds) for seconds in told} == told


NAME = "catsdogs-difference-of-gaussians-and-much-else"
TABLE = (("recipe", "data", "parameters"), [(NAME, "cats_vs_dogs 150x150", 273794)])


@given(st.integers(20, 100))
def test_names_fold_in_a_narrow_terminal_and_nothing_is_cut(width):
    text = printed(terminal.table(*TABLE), width, terminal=True)
    letters = "".join(text.split())
    assert all(letters.count(each) >= f"{NAME}273,794cats_vs_dogs".count(each) for each in letters)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert NAME in text or width < len(NAME) + len("cats_vs_dogs") + len("parameters") + 6


@given(st.integers(20, 100))
def test_no_name_is_broken_in_a_pipe(width):
    assert f"{NAME}  " in printed(terminal.table(*TABLE), width, terminal=False)
    assert f"in {NAME}".split()[1] in printed(Text(f"in {NAME}"), width, terminal=False)
    assert NAME in printed(terminal.facts({"run": NAME}), width, terminal=False)


def test_a_pipe_has_lines_of_any_length(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    console = Console(file=io.StringIO())
    console.print(Text("word " * 100))
    assert len(console.file.getvalue().splitlines()) == 1


def test_nothing_that_steers_a_terminal_is_printed():
    bad = "a\x1b[2J\r\x07\u202eb"
    shapes = (
        bad,
        Text(bad),
        terminal.table((bad,), [(bad,)]),
        terminal.facts({bad: bad}),
        terminal.pictures([], bad),
    )
    for each in shapes:
        text = printed(each, 80, terminal=True)
        assert "a\\x1b[2J\\r\\x07\\u202eb" in text
        assert not {"\x1b", "\r", "\x07", "\u202e"} & {*text}
    assert "[red]x[/red] :smile:" in printed("[red]x[/red] :smile:", 80, terminal=True)
