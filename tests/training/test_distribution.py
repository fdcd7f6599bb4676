"""One training on two devices or in two processes gives what it gives on one, and goes on there."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from recipes_at_hand import TINY, tiny, write

from specnet.errors import RecipeError, UsageError
from specnet.runs import Run
from specnet.training import checkpoints, distribution, processes

ON_TORCH = keras.backend.backend() == "torch"
pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(ON_TORCH, reason="PyTorch trains on one device"),
]

JAX = keras.backend.backend() == "jax"
ENGINE = "data_parallel" if JAX else "mirrored"
NOT_JAX = pytest.mark.skipif(not JAX, reason="several processes train on JAX")

# Of 21 images, the last batch has 5, which two devices cannot share. TensorFlow's devices draw
# random numbers of their own.
RECIPE = (
    TINY.replace("validation: 32", "validation: 21")
    .replace("rate: 0.2", f"rate: {0.2 * JAX}")
    .replace("rotate: 5", "flip: alternating, crop: 1, cutout: 3, mixup: 1, cutmix: 1")
    .replace("  - rfft2d", "  - batch_normalization\n  - rfft2d")
    .replace("batch_size: 16", "batch_size: 16, optimizer: {options: {use_ema: true}}")
)

COLLECTIVES = ["all-gather", "all-reduce", "all-to-all", "collective-permute", "reduce-scatter"]


def start(trainings, flags="--xla_force_host_platform_device_count=2", **environment):
    command = [sys.executable, Path(__file__).with_name("train_spread.py"), json.dumps(trainings)]
    flags = f"{os.environ.get('XLA_FLAGS', '')} {flags}"
    environment = os.environ | {"XLA_FLAGS": flags} | environment
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def results(process):
    told, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return json.loads(told)  # nothing else may be there


def state(folder):
    return checkpoints.load(Run(folder))[0].arrays


def assert_close(found, expected, tolerance=1e-5):
    np.testing.assert_allclose(found["losses"], expected["losses"], rtol=tolerance)
    for row, wanted in zip(found["rows"], expected["rows"], strict=True):
        for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert row[key] == pytest.approx(wanted[key], rel=tolerance)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """On one device; on two for two epochs; and that again on one, three steps at a time."""
    folder = tmp_path_factory.mktemp("devices")
    file = str(write(folder, RECIPE))
    one, two = (f"training.distribute={engine}" for engine in ("none", ENGINE))
    parts = [] if JAX else ["training.jit_compile=false"]  # XLA compiles no mirrored step
    runs = [
        (file, [one, *parts], str(folder / "one"), False),
        (file, [two, *parts, "training.epochs=2"], str(folder / "two"), False),
        (file, [one, *parts, "training.steps_per_execution=3"], str(folder / "two"), True),
    ]
    return folder, results(start(runs))


def test_two_devices_learn_what_one_learns_step_by_step(trained):
    one, two, _ = trained[1]
    assert (one["facts"]["devices"], two["facts"]["devices"]) == (1, 2)
    assert len(one["losses"]) == 12
    assert_close(two, {"losses": one["losses"][:8], "rows": one["rows"][:2]})


def test_a_run_on_two_devices_goes_on_on_one(trained):
    folder, (one, _, resumed) = trained
    assert_close(resumed, one | {"losses": one["losses"][10:]})  # those that end an execution
    for found, expected in zip(
        state(folder / "two").values(), state(folder / "one").values(), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(JAX, reason="JAX traces whole batches")
def test_complex_statistics_are_those_of_the_whole_batch():
    """Of spectra that differ between devices in mean and variance, and in number."""
    command = [sys.executable, Path(__file__).with_name("whiten_spread.py")]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert float(told) < 1e-5


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def both(trainings):
    """The same in two processes of one device each."""
    shared = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{free_port()}",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    return [start(trainings, "", **shared, KERAS_DISTRIBUTION_PROCESS_ID=str(i)) for i in range(2)]


@NOT_JAX
def test_two_processes_learn_what_one_learns_and_the_first_writes(trained, tmp_path):
    file = str(write(tmp_path, RECIPE))
    asked = ["training.distribute=data_parallel", "training.epochs=1"]
    training, one = (file, asked, str(tmp_path / "run"), False), trained[1][0]
    first, second = (results(process)[0] for process in both([training]))
    assert_close(first, {"losses": one["losses"][:4], "rows": one["rows"][:1]})
    assert second["losses"] == []  # nobody is told
    assert second["rows"][-1]["val_loss"] == first["rows"][-1]["val_loss"]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["run"]


# Layers of images that transform them: there and back, padded and not, to another size.
FOURIER = """
data: {source: gratings, image_size: [15, 12], train: 40, validation: 8, test: 8}
model:
  - spectral_conv2d: {filters: 3, activation: relu}
  - spectral_conv2d: {filters: 4, padding: circular, mixing: full}
  - spectral_pooling: {size: [11, 9]}
  - spectral_kernel_conv2d: {filters: 3, kernel_size: 3}
  - rfft2d
  - gaussian: {filters: 2, activation: relu}
  - irfft2d
  - spectral_upsampling: {size: [14, 12]}
  - flatten
  - dense: {units: 8}
training: {epochs: 1, batch_size: 40, distribute: data_parallel}
"""


@NOT_JAX
def test_devices_tell_each_other_gradients_and_no_images(tmp_path):
    dumped = tmp_path / "dumped"
    flags = "--xla_force_host_platform_device_count=8 --xla_dump_hlo_as_text "
    flags += f"--xla_dump_to={dumped} --xla_dump_hlo_module_re=.*train_step.*"
    training = (str(write(tmp_path, FOURIER)), [], str(tmp_path / "run"), False)
    results(start([training], flags))
    (step,) = dumped.glob("*after_optimizations.txt")
    told = re.findall(r"= (.*?) ([\w-]+)\(", step.read_text())
    exchanged = {operation: shapes for shapes, operation in told if operation in COLLECTIVES}
    assert exchanged.keys() == {"all-reduce"}, exchanged
    assert "[40," not in exchanged["all-reduce"]


@pytest.mark.parametrize(
    ("overrides", "environment", "message"),
    [
        (
            [f"training.distribute={'mirrored' if JAX else 'data_parallel'}"],
            {},
            rf"and this is \w+; set KERAS_BACKEND=\w+, or training.distribute={ENGINE}",
        ),
        (
            ["training.distribute=none"],
            {"NUM_PROCESSES": "2"},
            r"asks for 2 processes.*training.distribute=data_parallel",
        ),
        (["training.distribute=none"], {"NUM_PROCESSES": "two"}, "whole number, found 'two'"),
    ],
)
def test_a_wrong_pairing_is_refused_with_what_to_do(
    tmp_path, monkeypatch, overrides, environment, message
):
    for name, value in environment.items():
        monkeypatch.setenv(processes.VARIABLE + name, value)
    training = tiny(tmp_path, *overrides).training
    with pytest.raises(UsageError, match=message), distribution.across(training):
        pass


@pytest.mark.skipif(JAX, reason="JAX can do these")
@pytest.mark.parametrize("override", ["jit_compile=true", "steps_per_execution=2"])
def test_what_tensorflow_cannot_do_across_devices_is_refused(tmp_path, override):
    training = tiny(tmp_path, "training.distribute=mirrored", f"training.{override}").training
    with pytest.raises(RecipeError, match="leave it at"), distribution.across(training):
        pass


def test_one_of_several_says_that_it_ends_well_where_nothing_is_called_at_exit(monkeypatch):
    def ended(code):
        raise SystemExit(code)

    distributed = SimpleNamespace(is_initialized=lambda: True, shutdown=lambda: None)
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(distributed=distributed))
    monkeypatch.setattr(os, "_exit", ended)
    said = []
    with pytest.raises(SystemExit) as end:
        processes.leave(3, lambda: said.append("well"))
    assert (end.value.code, said) == (3, ["well"])
