"""Write what every verb prints and keeps on small runs, without times: what did a change change?.

    python tests/golden_outputs.py before
    git switch other; python tests/golden_outputs.py after
    diff -r before after

Takes about five minutes. Whether an output is right is what the tests check.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

SMALL = ["training.epochs=1", "data.train=128", "data.validation=64", "data.test=64"]
SPATIAL = """
data: {source: gratings, image_size: [16, 15], train: 64, validation: 32, test: 32, noise: 1.0}
model:
  - conv2d: {filters: 2, kernel_size: 3, activation: relu}
  - global_average_pooling2d
  - dense: {units: 8}
training: {epochs: 2, batch_size: 16}
"""
VERBS = {
    "help": ["--help"],
    "layers": ["layers"],
    "layers-json": ["layers", "--json"],
    "recipes": ["recipes", "list"],
    "show": ["recipes", "show", "gratings-gaussian"],
    "validate": ["recipes", "validate", "spatial.yaml"],
    "mistake": ["train", "spatial.yaml", "training.epoch=1", "model[0].conv2d.filter=3"],
    "train": ["train", "gratings-gaussian", *SMALL, "--out", "gaussian", "-q"],
    "train-spatial": ["train", "spatial.yaml", "--out", "spatial", "-q"],
    "resume": ["train", "spatial.yaml", "training.epochs=3", "--out", "spatial", "--resume", "-q"],
    "eval": ["eval", "gaussian"],
    "eval-json": ["eval", "gaussian", "--json"],
    "inspect": ["inspect", "gaussian"],
    "inspect-json": ["inspect", "gaussian", "--json"],
    "visualize": ["visualize", "gaussian", "--json"],
    "visualize-spatial": ["visualize", "spatial", "--json"],
    "convert": ["convert", "spatial", "--to", "spectral", "--json"],
    "bands": ["robustness", "gaussian", "--what", "bands", "--json", "--images", "64"],
    "prune": ["robustness", "gaussian", "--what", "prune", "--images", "64"],
    "attacks": ["robustness", "spatial", "--what", "attacks", "--images", "32", "--json"],
    "compare": ["compare", "spatial.yaml", "wider.yaml", "--seeds", "5,6", "-q"],
    "autoencode": ["autoencode", "--quick", "--epochs=1", "--encoder=linear", *SMALL[1:], "-q"],
}  # fmt: skip
MEASURED = re.compile(r"\d+(\.\d+)? ?(s|ms|min|MiB|GiB)\b|\d[\d,]* (images/s|kB)|\S+/s\b")
TIMES = re.compile(
    r"second|time|per_s|images/s|rate$|memory|machine|started|finished|version|digest|sha|pid|host|checksum|date"
    r"|directory|path",
    re.I,
)


def without_times(content: object) -> object:
    """The same JSON, less what another moment or place changes."""
    if isinstance(content, dict):
        return {
            key: without_times(value) for key, value in content.items() if not TIMES.search(key)
        }
    if isinstance(content, list):
        return [without_times(value) for value in content]
    return content


def printed(text: str) -> str:
    try:
        return json.dumps(without_times(json.loads(text)), indent=1)
    except ValueError:
        return re.sub(
            r"\d+(\.\d+)? ?(s|ms|min|MiB|GiB)\b|\d[\d,]* (images/s|kB)|\S+/s\b", "N", text
        )


def kept(file: Path) -> str | None:
    """What is in a file, if it is one whose content another moment does not change."""
    if file.suffix == ".json":
        return printed(file.read_text())
    if file.suffix == ".csv":
        rows = [*csv.DictReader(file.open())]
        return json.dumps(without_times(rows), indent=1)
    if file.suffix in (".yaml", ".md", ".html"):
        text = re.sub(r"base64,[A-Za-z0-9+/=]+", "base64", file.read_text())
        return printed(text)
    return (
        None if file.suffix in (".lock", ".h5", ".gif") else sha256(file.read_bytes()).hexdigest()
    )


def main(folder: Path) -> None:
    work = Path(tempfile.mkdtemp())
    (work / "spatial.yaml").write_text(SPATIAL)
    (work / "wider.yaml").write_text(SPATIAL.replace("filters: 2", "filters: 5"))
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    folder.mkdir(parents=True)
    for name, arguments in VERBS.items():
        done = subprocess.run(
            [sys.executable, "-m", "specnet", *arguments],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
        )
        text = f"{done.returncode}\n{printed(done.stdout)}\n{printed(done.stderr)}"
        (folder / name).write_text(text.replace(str(work), "."))
        print(name, done.returncode, flush=True)
    for file in sorted(work.rglob("*")):
        if file.is_file() and (text := kept(file)) is not None:
            target = folder / "files" / file.relative_to(work)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace(str(work), "."))
    shutil.move(str(work / "gaussian"), folder.with_name(f"{folder.name}-run"))
    shutil.rmtree(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
