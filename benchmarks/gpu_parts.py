"""What `on_gpu.py` measures: a generator for each part, of one row for each result.

Those of layers and recipes are the measurements of `specnet bench`.
"""

import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
LAYERS = [
    "conv2d: {filters: 32, kernel_size: 3, padding: same}",
    "conv2d: {filters: 32, kernel_size: 7, padding: same}",
    "conv2d: {filters: 32, kernel_size: 31, padding: same}",
    "spectral_conv2d: {filters: 32, padding: circular}",
    "spectral_conv2d: {filters: 32, padding: same}",
    "max_pooling2d",
    "spectral_pooling: {factor: 2}",
    "wavelet_pooling",
]
RECIPES = [
    "catsdogs-spatial", "catsdogs-gaussian", "catsdogs-free",
    "cifar10-max-pooling", "cifar10-spectral-pooling", "cifar10-gaussian",
]  # fmt: skip
REQUIRED = {"filters": 4, "kernel_size": 3}  # what a layer cannot be made without
BEFORE = {"from_complex_last": "to_complex_last", "idwt2d": "dwt2d"}
LARGEST = {"off": 1e-5, "on": 2e-3}  # relative errors; TF32 has 10 bits


def peaks(smoke: bool) -> Iterator[Row]:
    """Bytes a second of a copy, operations a second of a matrix product."""
    import jax
    import jax.numpy as jnp

    count = 1 << (20 if smoke else 28)
    x = jnp.ones(count, "float32")
    copy = jax.jit(lambda x: x + 1)
    yield {"measure": "copy, read and written", "GB/s": 8e-9 * count / seconds_of(lambda: copy(x))}
    n = 256 if smoke else 8192
    for name, dtype, precision in (
        ("float32", "float32", "highest"),
        ("TF32", "float32", "tensorfloat32"),
        ("bfloat16", "bfloat16", "default"),
    ):
        a = jax.random.normal(jax.random.key(0), (n, n), "float32").astype(dtype)
        product = jax.jit(lambda a, how=precision: jnp.matmul(a, a, precision=how))
        taken = seconds_of(lambda f=product, a=a: f(a))
        yield {"measure": f"product of {n} x {n}, {name}", "TFLOP/s": 2e-12 * n**3 / taken}


def laws(smoke: bool, tf32: str, shard: int, shards: int) -> Iterator[Row]:
    """Each layer of images with what it cannot be made without: its output and all gradients."""
    from specnet.recipe.registry import LAYERS as places
    from specnet.recipe.signatures import signature

    of_images = [name for name in places if not name.endswith(("1d", "3d"))]
    ours = [name for name in of_images if places[name].startswith("specnet.")]
    for name in ours[shard :: shards * (24 if smoke else 1)]:
        needed = {a.name: REQUIRED[a.name] for a in signature(name) if a.required}
        text = f"{name}: {json.dumps(needed)}" if needed else name
        for size in (15, 32):
            row: Row = {"layer": name, "pixels": size, "TF32": tf32}
            try:
                errors = errors_of([BEFORE[name], text] if name in BEFORE else [text], size)
                yield row | errors | {"holds": max(errors.values()) < LARGEST[tf32]}
            except Exception as error:
                yield row | {"failed": " ".join(str(error).split())[:200]}


def errors_of(texts: list[str], size: int) -> dict[str, float]:
    """Relative errors, |found - expected| / |expected|, of the output and of the worst gradient."""
    import jax
    import numpy as np
    from keras import ops

    from specnet.studies.bench.workloads import build
    from specnet.studies.engine import subjects

    def of(precision: str) -> Any:
        recipe = subjects.layer(texts[-1]).recipe
        training = recipe.training.model_copy(update={"precision": precision})
        model = tuple(spec for text in texts for spec in subjects.layer(text).recipe.model)
        recipe = recipe.model_copy(update={"training": training, "model": model})
        return build(subjects.Subject(texts[-1], "layer", recipe), size, batch=2, channels=3)

    def computed(built: Any, weights: list[Any], inputs: Any) -> list[np.ndarray]:
        model = built.model
        others = [variable.value for variable in model.non_trainable_variables]

        def run(weights: Any, inputs: Any, noise: Any) -> Any:
            def output(weights: Any, inputs: Any) -> Any:
                return model.stateless_call(weights, others, inputs, training=False)[0]

            found, gradients = jax.vjp(output, weights, inputs)
            return [found, *jax.tree.leaves(gradients(noise))]

        return [np.asarray(x, "float64") for x in jax.jit(run)(weights, inputs, built.noise)]

    with jax.default_device(jax.devices("cpu")[0]):
        exact = of("float64")
        weights = [variable.value for variable in exact.model.trainable_variables]
        expected = computed(exact, weights, exact.inputs)
    tested = of("float32")
    weights = [ops.cast(np.asarray(weight), "float32") for weight in weights]
    found = computed(tested, weights, ops.cast(np.asarray(exact.inputs), "float32"))
    worst = [
        float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-30)) if b.size else 0.0
        for a, b in zip(found, expected, strict=True)
    ]
    return {"output": worst[0], "gradients": max(worst[1:])}


def transforms(smoke: bool) -> Iterator[Row]:
    """The real transform there and back, by the library's FFT and by products with matrices."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    planes = 16 if smoke else 4096

    def by_matrices(n: int, precision: str) -> Any:
        columns, rows = np.fft.rfft(np.eye(n)), np.fft.fft(np.eye(n))
        back_rows, back_columns = np.fft.ifft(np.eye(n)), np.fft.irfft(np.eye(n // 2 + 1), n)
        turned = np.fft.irfft(1j * np.eye(n // 2 + 1), n)
        there = np.concatenate([columns.real, columns.imag], 1).astype("float32")
        back = np.concatenate([back_columns, turned]).astype("float32")
        u = n // 2 + 1

        def rotated(matrix: np.ndarray) -> np.ndarray:
            re, im = matrix.real, matrix.imag  # acts on rows that hold re and im in turn
            return np.block([[re, -im], [im, re]]).astype("float32")

        def run(x: Any) -> Any:
            half = jnp.matmul(x, there, precision=precision)  # (P, n, 2u)
            half = jnp.concatenate([half[..., :u], half[..., u:]], axis=-2)
            spectrum = jnp.matmul(rotated(rows), half, precision=precision)  # (P, 2n, u)
            half = jnp.matmul(rotated(back_rows), spectrum, precision=precision)
            half = jnp.concatenate([half[..., :n, :], half[..., n:, :]], axis=-1)
            return jnp.matmul(half, back, precision=precision)

        return run

    for n in (8, 15) if smoke else (16, 32, 64, 150):
        x = jax.random.normal(jax.random.key(0), (planes, n, n), "float32")
        row: Row = {"pixels": n}
        for name, function in {
            "FFT": lambda x, n=n: jnp.fft.irfft2(jnp.fft.rfft2(x), (n, n)),
            "matrices, float32": by_matrices(n, "highest"),
            "matrices, TF32": by_matrices(n, "tensorfloat32"),
        }.items():
            run = jax.jit(function)
            row[f"{name}: ms"] = 1000 * seconds_of(lambda f=run, x=x: f(x))
            row[f"{name}: error"] = float(jnp.linalg.norm(run(x) - x) / jnp.linalg.norm(x))
        yield row


def layers(smoke: bool) -> Iterator[Row]:
    """Forward, and forward and backward, with the bytes that both must move at least."""
    from specnet.studies.bench import roofline
    from specnet.studies.bench.trial import Options, measure
    from specnet.studies.engine import subjects

    batch = 2 if smoke else 32
    for size in (12,) if smoke else (32, 150):
        of_conv2d: dict[str, float] = {}
        for text in LAYERS[3:5] if smoke else LAYERS:
            options = Options(channels=4 if smoke else 32, seconds=0.02 if smoke else 0.4)
            found = measure([subjects.layer(text)], size, batch, options)
            row: Row = {"layer": text, "pixels": size, "batch": batch} | dict(failed(found))
            for name, by_label in found.times.items():
                for label, timed in by_label.items():
                    row[f"{name}: ms"] = ms = 1000 * median(timed.seconds)
                    row[f"{name}: times Conv2D"] = ms / of_conv2d.setdefault(name, ms)
                    if name != "forward":
                        moved = roofline.traffic(found.built[label])
                        row["GB/s of what must move"] = 1e-6 * moved / ms
            yield row


def recipes(smoke: bool) -> Iterator[Row]:
    """Steps of training, Adam and all, and what of them the device takes."""
    from specnet.studies.bench.trial import Options, measure
    from specnet.studies.bench.workloads import BACKWARD, STEP
    from specnet.studies.engine import subjects

    for name in RECIPES[-1:] if smoke else RECIPES:
        for precision in ("mixed_bfloat16",) if smoke else ("float32", "mixed_bfloat16"):
            subject = subjects.network(name, name, [f"training.precision={precision}"])
            batch, size = (4, 24) if smoke else (subject.batch, subject.sizes[0])
            options = Options(seconds=0.02 if smoke else 0.5)
            found = measure([subject], size, batch, options, [BACKWARD, STEP])
            row: Row = {"recipe": name, "precision": precision, "batch": batch, "pixels": size}
            for measured, by_label in found.times.items():
                for timed in by_label.values():
                    row[f"{measured}: ms"] = 1000 * median(timed.seconds)
            if f"{STEP}: ms" in row:
                row["images/s"] = 1000 * batch / row[f"{STEP}: ms"]
            yield row | dict(failed(found))


def training(smoke: bool, data: str | None, out: str) -> Iterator[Row]:
    """`specnet train` as users run it, on CIFAR-10 from a file of arrays, or on gratings."""
    name, overrides = "gratings-gaussian", [f"training.epochs={1 if smoke else 10}"]
    if data:
        name = "cifar10-max-pooling"
        overrides = ["~data.name", "~data.splits", "data.source=npz", f"data.path={data}"]
        overrides += [f"training.epochs={1 if smoke else 12}"]
    run = Path(out, "run")
    command = [sys.executable, "-m", "specnet", "train", name, *overrides, "--out", str(run)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    row: Row = {"recipe": name, "whole command: s": time.perf_counter() - began}
    if done.returncode:
        yield row | {"failed": (done.stdout + done.stderr)[-300:]}
        return
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    later = [float(each["images_per_second"]) for each in rows[1:] or rows]
    last = {column: float(value) for column, value in rows[-1].items()}
    yield row | last | {"images/s after the first epoch": median(later)}


def failed(found: Any) -> Iterator[tuple[str, str]]:
    """The reason of what could not be measured."""
    for reason in found.failures.values():
        yield "failed", " ".join(reason.split())[:200]


def seconds_of(function: Any) -> float:
    """The median of some runs after the one that compiles, each waited for."""
    import jax

    def once() -> float:
        began = time.perf_counter()
        jax.block_until_ready(function())
        return time.perf_counter() - began

    once()
    return median([once() for _ in range(15)])


def median(seconds: Any) -> float:
    """One that was measured, in the middle."""
    return float(sorted(seconds)[len(seconds) // 2])
