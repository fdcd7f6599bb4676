"""Several devices that add up numbers; real ones of a CPU, in a process of their own."""

import os
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from specnet.workflow.doctor import FAILED, OK, all_reduce, checks

pytestmark = pytest.mark.backend
TWO = ["cpu:0", "cpu:1"]

SCRIPT = """
import keras
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    one = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [one] * 2)
from specnet.workflow.doctor import accelerators, checks, look
devices = accelerators.of_kind("cpu")
(check,) = checks.on_devices(devices)
found = look(check)
print(devices, found.what, found.state, found.found)
"""


def test_two_devices_have_the_sum_that_numpy_has():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith(f"{TWO} 2 cpus together ok "), told.stdout
    assert told.stdout.endswith("from NumPy's sum at most\n")


@pytest.fixture
def backend(monkeypatch):
    def set_to(function):
        monkeypatch.setitem(all_reduce._BACKENDS, keras.backend.backend(), function)

    return set_to


def test_a_device_that_has_another_sum_is_found(backend):
    backend(lambda devices, numbers: [numbers.sum(0), numbers.sum(0)])
    assert all_reduce.together(TWO).state == OK
    backend(lambda devices, numbers: [numbers.sum(0), numbers[1]])
    assert all_reduce.together(TWO).state == FAILED


def test_devices_that_wait_for_ever_are_not_waited_for(backend, monkeypatch):
    monkeypatch.setattr(all_reduce, "PATIENCE", 0.01)
    backend(lambda devices, numbers: time.sleep(0.5) or np.zeros((2, 1)))
    found = all_reduce.together(TWO)
    assert found.state == FAILED
    assert "NCCL_DEBUG" in found.advice


def test_an_error_on_the_way_is_a_finding(backend):
    def broken(devices, numbers):
        raise RuntimeError("ncclUnhandledCudaError")

    backend(broken)
    (check,) = checks.on_devices(TWO)
    found = checks.look(check)
    assert found.state == FAILED
    assert "ncclUnhandledCudaError" in found.found


def test_one_device_has_no_other_to_agree_with():
    assert [*checks.on_devices(["cpu:0"])] == []
