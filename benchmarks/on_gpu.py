"""What specnet does on a GPU, in under eight minutes: one command, one JSON, one Markdown table.

    KERAS_BACKEND=jax python benchmarks/on_gpu.py --out results/gpu --data cifar10.npz

The parts run one after the other, each in processes of its own, and write a line for each result
as it comes: what a part that fails or takes too long had done is kept. `--smoke` does a little of
everything on any machine, to see that it runs. JAX alone is needed, TensorFlow is not.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import gpu_parts
from gpu_parts import Row

HERE = Path(__file__).resolve()
TF32 = {"off": "highest", "on": "tensorfloat32"}
# Seconds that a part may take, and what its table is called.
PARTS = {
    "peaks": (45, "What the device can do"),
    "laws": (130, "Layers in float32, against the same in float64 on the CPU"),
    "transforms": (60, "Transforms of 4,096 planes: FFT, or products with two matrices"),
    "layers": (130, "Layers: milliseconds, and times over Conv2D 3 x 3"),
    "recipes": (150, "Training steps of recipes, data on the device"),
    "training": (90, "Training"),
}


def jobs_of(part: str, options: argparse.Namespace) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Processes that a part takes at the same time: environment, and arguments of its function."""
    smoke = {"smoke": options.smoke}
    if part == "laws":
        each = 1 if options.smoke else max(1, min(7, (os.cpu_count() or 2) // 2 - 1))
        shared = {"JAX_ENABLE_X64": "1", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        return [
            (
                shared | {"JAX_DEFAULT_MATMUL_PRECISION": precision},
                smoke | {"tf32": name, "shard": index, "shards": each},
            )
            for name, precision in TF32.items()
            for index in range(each)
        ]
    if part == "training":
        return [({}, smoke | {"data": options.data, "out": str(options.out)})]
    return [({}, smoke)]


def run_part(part: str, options: argparse.Namespace, until: float) -> list[Row]:
    """All rows of a part; its processes are ended when its time is up."""
    running, files = [], []
    for index, (environment, arguments) in enumerate(jobs_of(part, options)):
        file = options.out / f".{part}-{index}.jsonl"
        command = [sys.executable, str(HERE), "--part", part, "--rows", str(file)]
        command += ["--arguments", json.dumps(arguments)]
        log = file.with_suffix(".log").open("w")
        running.append(
            subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
        )
        files.append(file)
    rows: list[Row] = []
    for process, file in zip(running, files, strict=True):
        try:
            code = process.wait(max(until - time.monotonic(), 1))
            why = f"ended with code {code}: {file.with_suffix('.log').read_text()[-300:]}"
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code, why = 1, "its time was up; what was done is above"
        lines = file.read_text().splitlines() if file.exists() else []
        rows += [json.loads(line) for line in lines if line.endswith("}")]
        if code:
            rows.append({"failed": why})
        for left in (file, file.with_suffix(".log")):
            left.unlink(missing_ok=True)
    return rows


def as_json(report: dict[str, Any]) -> str:
    """A result on each line, four digits, so that two runs can be told apart by their lines."""

    def line(row: Row) -> str:
        values = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in row.items()}
        return json.dumps(values)

    parts = [
        f"{json.dumps(part)}: [\n" + ",\n".join(map(line, rows)) + "\n]"
        for part, rows in report["parts"].items()
    ]
    head = f'"machine": {json.dumps(report["machine"])},\n"seconds": {report["seconds"]:.4g},\n'
    return "{\n" + head + '"parts": {\n' + ",\n".join(parts) + "\n}\n}\n"


def as_markdown(report: dict[str, Any]) -> str:
    """A table for each part; of the laws, the worst and what failed."""
    machine = report["machine"]
    versions = machine["versions"]
    lines = [
        f"# specnet on {machine['device']}",
        "",
        f"JAX {versions.get('jax')}, Keras {versions.get('keras')}; {machine['cpus']} CPU cores; "
        f"{report['seconds']:.0f} s in all.",
    ]
    for part, rows in report["parts"].items():
        rows = by_layer(rows) if part == "laws" else rows
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines += ["", f"## {PARTS[part][1]}", "", f"| {' | '.join(columns)} |"]
        lines += ["| --- " * len(columns) + "|"]
        lines += [f"| {' | '.join(shown(row.get(column)) for column in columns)} |" for row in rows]
    return "\n".join(lines) + "\n"


def by_layer(rows: list[Row]) -> list[Row]:
    """Rows of laws, the larger errors of each layer's sizes side by side; failures as they are."""
    found: dict[str, Row] = {}
    for row in rows:
        if "failed" in row:
            found[f"failed {len(found)}"] = row
            continue
        its = found.setdefault(row["layer"], {"layer": row["layer"]})
        for what in ("output", "gradients"):
            column = f"{what}, TF32 {row['TF32']}"
            its[column] = max(row[what], its.get(column, 0.0))
        its["holds"] = row["holds"] and its.get("holds", True)
    return sorted(found.values(), key=lambda row: str(row.get("layer")))


def shown(value: Any) -> str:
    """A cell: three digits."""
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
    return "" if value is None else str(value).replace("|", "/").replace("\n", " ")


def main() -> None:
    """Runs all parts, or, in a process of a part, that one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gpu"), help="a folder")
    parser.add_argument("--data", help="CIFAR-10 as x_train, y_train, x_test, y_test in an .npz")
    parser.add_argument("--minutes", type=float, default=8.0, help="that it takes at most")
    parser.add_argument("--smoke", action="store_true", help="a little of everything, on any CPU")
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    for hidden in ("--part", "--rows", "--arguments"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "jax")
    if options.part:
        with open(options.rows, "w") as file:
            for row in getattr(gpu_parts, options.part)(**json.loads(options.arguments)):
                print(json.dumps(row), file=file, flush=True)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    report: dict[str, Any] = {"parts": {}}
    for part in options.parts:
        until = min(time.monotonic() + PARTS[part][0], began + 60 * options.minutes)
        report["parts"][part] = run_part(part, options, until)
        print(
            f"{part}: {len(report['parts'][part])} rows, {time.monotonic() - began:.0f} s",
            flush=True,
        )
    from specnet import environment

    where = {key: value for key, value in environment.facts().items() if key != "command"}
    report |= {"machine": where, "seconds": time.monotonic() - began}
    (options.out / "on_gpu.json").write_text(as_json(report))
    (options.out / "on_gpu.md").write_text(text := as_markdown(report))
    print(text)


if __name__ == "__main__":
    main()
