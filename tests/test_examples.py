"""The notebooks of `examples/` run from first cell to last, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("results/*.md")]
BOOKS = sorted(EXAMPLES.glob("*.ipynb"))
SMALLER = {"TRAIN": "64", "EPOCHS": "1", "SEEDS": "(0,)"}


def read(book):
    return pytest.importorskip("nbformat").read(book, as_version=4)


def smaller(source):
    """The cell of parameters, with the values of a test."""
    names, _, _ = source.partition("=")
    return f"{names}= {', '.join(SMALLER[name.strip()] for name in names.split(','))}"


def test_notebooks_run_from_their_first_cell_to_their_last(tmp_path):
    """All in one kernel, as starting a backend takes longer than any; names do not last."""
    pytest.importorskip("ipykernel")
    client = pytest.importorskip("nbclient").NotebookClient
    nbformat = pytest.importorskip("nbformat")
    cells = []
    for book in BOOKS:
        cells.append(nbformat.v4.new_code_cell("%reset -f"))
        cells += [cell for cell in read(book).cells if cell.cell_type == "code"]
    assert len(BOOKS) == 3
    for cell in cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = smaller(cell.source)
    whole = nbformat.v4.new_notebook(cells=cells)
    client(whole, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_as_it_ran_from_a_fresh_kernel(book):
    cells = [cell for cell in read(book).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error"]
    assert book.stat().st_size < 500_000


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_to_files(book):
    text = "\n".join(cell.source for cell in read(book).cells if cell.cell_type == "markdown")
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    assert linked
    assert [name for name in linked if not (EXAMPLES / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files(page):
    """But for pages that the site alone has: the reference, of the declarations."""
    linked = re.findall(r"\]\(([^)#:]+)", page.read_text(encoding="utf-8"))
    found = [name for name in linked if not name.startswith(("reference/", "https"))]
    assert [name for name in found if not (page.parent / name).exists()] == []
