"""The house: few rooms, imports that point one way, no circles, files of a readable size.

The graph is that of every module; an import under `TYPE_CHECKING` or inside a function counts.
`python tests/test_architecture.py` prints the numbers.
"""

import ast
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import specnet

ROOT = Path(specnet.__file__).parent
# From top to bottom: a room may import those below it. `docs/design.md` says what each is for.
ROOMS = (
    *("cli", "studies", "workflow", "training", "robustness", "analysis", "plots", "models"),
    *("layers", "transfer", "ops", "native", "data", "recipe", "runs"),
    *("environment", "progress", "messages", "plain", "errors"),
)
# What these rooms import of others: all that a reader of them has to know.
KNOWN = {
    "runs": {"errors"},
    "plots": {"plain"},
    "recipe": {"errors", "messages"},
    "ops": {"errors", "messages"},
}
# Rooms in which the same name means the same part of another verb, study or picture.
SAME_NAMES = {"cli", "plots", "studies"}
LONGEST, SHORTEST = 400, 60


def _modules() -> dict[str, Path]:
    found = {}
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = _modules()


def _imports(module: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names | ({node.module} if names - set(MODULES) else set())
    return found & set(MODULES) - {module}


@cache
def _graph() -> dict[str, set[str]]:
    """What each module imports; 400 files are read, not by those who only collect tests."""
    return {module: _imports(module) for module in MODULES}


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else "specnet"


def test_every_module_is_in_a_room():
    assert {_room(module) for module in MODULES} - {"specnet", "__main__"} == set(ROOMS)
    assert len(ROOMS) <= 20


def test_rooms_import_downwards_only():
    level = {room: number for number, room in enumerate(ROOMS)} | {
        "__main__": -1,
        "specnet": len(ROOMS),
    }
    wrong = [
        f"{module} -> {other}"
        for module, others in _graph().items()
        for other in others
        if level[_room(other)] < level[_room(module)]
    ]
    assert wrong == []


def test_no_circle_of_files():
    try:
        TopologicalSorter(_graph()).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from error


def test_a_base_name_means_one_file():
    named = defaultdict(list)
    for module in MODULES:
        if _room(module) not in SAME_NAMES:
            named[module.rpartition(".")[2]].append(module)
    assert [modules for modules in named.values() if len(modules) > 1] == []


def test_files_have_one_idea():
    lines = {module: len(file.read_text().splitlines()) for module, file in MODULES.items()}
    assert {module: count for module, count in lines.items() if count > LONGEST} == {}
    importers = defaultdict(set)
    for module, others in _graph().items():
        for other in others:
            importers[other].add(module)
    alone = [
        f"{module} has {lines[module]} lines and {importers[module]} alone imports it"
        for module, file in MODULES.items()
        if file.name != "__init__.py"
        and _room(module) not in {"transfer", "cli", "plots"}
        and lines[module] < SHORTEST
        and [other.rpartition(".")[0] for other in importers[module]] == [module.rpartition(".")[0]]
    ]
    assert alone == []


def test_only_the_command_line_prints():
    printing = [
        module
        for module, file in MODULES.items()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print"
    ]
    assert printing == []


def test_some_rooms_know_little():
    too_much = {
        f"{module} -> {other}"
        for module in MODULES
        for other in _graph()[module]
        if _room(other) not in {_room(module), *KNOWN.get(_room(module), (*ROOMS, "specnet"))}
    }
    assert too_much == set()


def test_text_of_strangers_goes_one_way():
    """Rich's own text and tables obey it, and Matplotlib's figures take $ for mathematics."""
    wrong = []
    for module, file in MODULES.items():
        text = file.read_text(encoding="utf-8")
        if module != "specnet.cli.console.console" and (
            "rich.text" in text or "rich.table" in text
        ):
            wrong.append(module)
        if " = Figure(" in text and "from specnet.plots.readable import" not in text:
            wrong.append(module)
    assert wrong == []


def _numbers() -> str:
    lines = [len(file.read_text().splitlines()) for file in MODULES.values()]
    arrows = sum(len(others) for others in _graph().values())
    top = {_room(module) for module in MODULES} - {"specnet"}
    return (
        f"{len(lines)} files, {sum(lines):,} lines, {len(top)} entries at the top, "
        f"median file {median(lines):.0f} lines, longest {max(lines)}, {arrows} arrows"
    )


if __name__ == "__main__":
    print(_numbers())
