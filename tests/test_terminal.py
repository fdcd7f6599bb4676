"""What users write is shown as they wrote it."""

import io
import re

from rich.console import Console

from specnet import terminal
from specnet.terminal.study import duration


def shown(renderable):
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(renderable)
    return console.export_text()


def test_class_names_are_not_read_as_markup():
    text = shown(terminal.table(("class", "images"), [("[red]cat", 3), ("[/a]", 1234)]))
    assert "[red]cat" in text
    assert "[/a]" in text
    assert "1,234" in text


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
