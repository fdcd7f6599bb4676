"""What users write is shown as they wrote it."""

from rich.console import Console

from specnet import terminal


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
