"""Imports point one way: maths below layers, layers below models, the command line on top."""

import ast
from pathlib import Path

import specnet

ROOT = Path(specnet.__file__).parent
# Each module may import those on lines above its own, and those of its own line.
ORDER = [
    "errors grids interruption memory plain reporting sharing",
    "schema registry problems processes files arrays",
    "signatures argument_types",
    "run_facts recipe figures",
    "runs",
    "checkpoints data weights",
    "hermitian",
    "fourier backend native distribution",
    "transfer mixing padding striding masks resampling resizing wavelets",
    "layers",
    "budget misfits",
    "models compilation conversion machine catalogue inspection snapshots flops",
    "training evaluation reconstruction",
    "robustness",
    "visualizing diagnosis",
    "workflow",
    "experiments",
    "terminal",
    "cli __main__",
]
LEVEL = {name: level for level, line in enumerate(ORDER) for name in line.split()}
ALONE = {
    "files": {"errors"},
    "arrays": set(),
    "run_facts": {"errors", "files"},
    "runs": {"errors", "files", "run_facts"},
    "figures": {"plain"},
    "hermitian": {"grids"},
    "fourier": {"grids", "hermitian"},
    "backend": {"hermitian"},
    "terminal": {"plain", "reporting"},
    "distribution": {"errors", "processes", "schema", "sharing"},
    "processes": {"errors"},
    "recipe": {"errors", "problems", "schema", "registry", "signatures", "argument_types"},
}


def imports():
    """(module, imported module) for every import inside the package, by top-level name."""
    for file in sorted(ROOT.rglob("*.py")):
        name = file.relative_to(ROOT).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "specnet":
                yield from ((name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("specnet."):
                yield name, node.module.split(".")[1]


def test_every_module_has_its_place():
    modules = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in ROOT.rglob("*.py")}
    assert modules - {"__init__"} == set(LEVEL)


def test_imports_point_down():
    wrong = [
        f"{name} -> {other}"
        for name, other in imports()
        if other in LEVEL and LEVEL[other] > LEVEL[name]
    ]
    assert wrong == []


def test_some_modules_know_little():
    known = {name: set() for name in ALONE}
    for name, other in imports():
        if name in ALONE:
            known[name] |= {other} - {name}
    assert {name: found - ALONE[name] for name, found in known.items()} == {
        name: set() for name in ALONE
    }


def test_only_the_command_line_prints():
    printing = [
        str(file.relative_to(ROOT))
        for file in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print"
    ]
    assert printing == []


def test_text_of_strangers_goes_one_way():
    """Rich's own text and tables obey it, and Matplotlib.s figures take $ for mathematics."""
    wrong = []
    for file in ROOT.rglob("*.py"):
        name, text = str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")
        if name != "terminal/console.py" and ("rich.text" in text or "rich.table" in text):
            wrong.append(name)
        if " = Figure(" in text and "from specnet.figures.readable import" not in text:
            wrong.append(name)
    assert wrong == []
