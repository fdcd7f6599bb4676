"""Pages of the documentation that follow from the declarations: layers, sections, recipes.

mkdocs calls `on_files` and `on_page_markdown` when it builds; the pages are not kept in the
repository.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from specnet import recipe as recipes
from specnet.recipe.optimization import AnySchedule, Optimizer
from specnet.recipe.schema import Augment, Recipe, Splits, Training

ROOT = Path(__file__).parent.parent


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of the folder."""
    pages: dict[str, str | bytes] = {
        "reference/layers.md": layers_page(),
        "reference/sections.md": sections_page(),
        "reference/catalog.md": catalog_page(),
        "index.md": root_page("README.md"),
        "contributing.md": root_page("CONTRIBUTING.md"),
        "changelog.md": root_page("CHANGELOG.md"),
    }
    for book in sorted((ROOT / "examples").glob("*.ipynb")):
        pages |= notebook_pages(book)
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to notebooks, which are files in the repository, as links to their pages."""
    return re.sub(r"\]\(\.\./((?:\.\./)*examples/[\w-]+)\.ipynb\)", r"](\1.md)", markdown)


def notebook_pages(book: Path) -> dict[str, str | bytes]:
    """A notebook as a page, and the pictures that it holds."""
    cells = json.loads(book.read_text(encoding="utf-8"))["cells"]
    parts: list[str] = []
    pictures: dict[str, str | bytes] = {}
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source.replace("](../docs/", "](../").replace(".ipynb)", ".md)"))
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            shown = output.get("data", {})
            if "image/png" in shown:
                name = f"{book.stem}-{len(pictures) + 1}.png"
                pictures[f"examples/{name}"] = b64decode(shown["image/png"])
                parts.append(f"![what the cell above draws]({name})")
            elif text := "".join(output.get("text", shown.get("text/plain", ""))):
                parts.append(f"```text\n{text.rstrip()}\n```")
    return {f"examples/{book.stem}.md": "\n\n".join(parts) + "\n", **pictures}


def root_page(name: str) -> str:
    """A file of the repository's root, with its links as the site has them."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
    for other in ("CONTRIBUTING.md", "CHANGELOG.md"):
        text = text.replace(f"]({other})", f"]({other.lower()})")
    return re.sub(r"\]\(examples/([\w-]+)\.ipynb\)", r"](examples/\1.md)", text)


def layers_page() -> str:
    """Every name that a recipe can give a layer, with its arguments."""
    parts = [
        "# Layers",
        "Every name that a recipe can give a layer; `specnet layers NAME` prints the same. "
        "Arguments are written as a mapping, `gaussian: {filters: 6, activation: relu}`.",
    ]
    for heading, layers in recipes.layer_groups().items():
        parts.append(f"## {heading}")
        for name, summary in layers.items():
            parts += [f"### {name}", escaped(summary)]
            rows = [
                [*map(code, row), escaped(meaning)] for *row, meaning in recipes.layer_help(name)[1]
            ]
            if rows:
                parts.append(table(("argument", "default", "type", "meaning"), rows))
    return "\n\n".join(parts) + "\n"


def sections_page() -> str:
    """Every key of `data` and `training`."""
    parts = ["# Recipe sections", "The keys of each section, from the schema that checks recipes."]
    for title, section in _sections():
        parts += [f"## {title}", escaped(_first_line(section))]
        rows = [_key(name, field) for name, field in section.model_fields.items()]
        parts.append(table(("key", "default", "meaning"), rows))
    return "\n\n".join(parts) + "\n"


def catalog_page() -> str:
    """Every shipped recipe with its header."""
    parts = ["# Shipped recipes", "Train one by its name: `specnet train gratings-gaussian`."]
    for path in recipes.shipped():
        parts += [f"## {path.stem}", f"```text\n{recipes.header(path)}\n```"]
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def code(text: str) -> str:
    """Text as code, in a cell of a table."""
    return f"`{text}`".replace("|", r"\|") if text else ""


def escaped(text: str) -> str:
    """Text that is no markup."""
    return text.replace("<", "&lt;").replace("|", r"\|")


def _sections() -> list[tuple[str, type[BaseModel]]]:
    sources = get_args(Recipe.model_fields["data"].annotation)
    return [
        *((f"data, source: {_tag(each, 'source')}", each) for each in sources),
        ("data.splits", Splits),
        ("data.augment", Augment),
        ("training", Training),
        ("training.optimizer", Optimizer),
        *(
            (f"training.optimizer.schedule, name: {_tag(each, 'name')}", each)
            for each in get_args(get_args(AnySchedule)[0])
        ),
    ]


def _tag(section: type[BaseModel], key: str) -> str:
    return str(get_args(section.model_fields[key].annotation)[0])


def _key(name: str, field: FieldInfo) -> list[str]:
    default = "required" if field.is_required() else code(str(field.default))
    return [code(name), default, escaped(field.description or "")]


def _first_line(section: type[BaseModel]) -> str:
    return (section.__doc__ or "").partition("\n")[0]
