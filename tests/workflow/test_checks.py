"""A diagnosis: what is right passes, what was made wrong is found, and nothing raises."""

import numpy as np
import pytest

from specnet.errors import DataError
from specnet.ops import fourier
from specnet.workflow.doctor import (
    FAILED,
    NOTE,
    OK,
    Check,
    Finding,
    accelerators,
    arithmetic,
    installation,
    keras_file,
    look,
)
from specnet.workflow.doctor import checks as every
from specnet.workflow.doctor.findings import compared


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("too large\nand more"), "ValueError: too large"),
        (DataError("photos: not there"), "photos: not there"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_a_check_that_raises_has_failed(error, words):
    def broken():
        raise error

    assert look(Check("this", broken, "do that")) == Finding(words, FAILED, "do that", what="this")


@pytest.mark.parametrize(("error", "state"), [(1e-7, OK), (1e-5, OK), (2e-5, FAILED)])
def test_an_error_above_its_limit_has_failed(error, state):
    assert compared(error, 1e-5, "NumPy", "do that").state == state


def test_not_a_number_is_above_every_limit():
    assert compared(float("nan"), 1e-5, "NumPy", "do that").state == FAILED


@pytest.mark.backend
def test_every_device_computes_right():
    devices = accelerators.devices()
    assert devices
    for device in devices:
        found = arithmetic.transforms(device)
        assert found.state == OK, found
        assert 0 < found.measured["error"] <= found.measured["limit"]


@pytest.mark.backend
def test_a_transform_that_is_a_little_wrong_is_found(monkeypatch):
    right = fourier.rfft2
    monkeypatch.setattr(fourier, "rfft2", lambda x: (right(x)[0] * 1.0001, right(x)[1]))
    found = arithmetic.transforms("cpu:0")
    assert found.state == FAILED
    assert 1e-5 < found.measured["error"] < 2e-4
    assert "pip install" in found.advice


@pytest.mark.backend
def test_a_transform_that_gives_no_number_is_found(monkeypatch):
    right = fourier.irfft2
    monkeypatch.setattr(fourier, "irfft2", lambda *planes: right(*planes) * np.nan)
    assert arithmetic.transforms("cpu:0").state == FAILED


def test_without_a_backend_the_rest_is_looked_at(monkeypatch):
    def broken():
        raise ImportError("libcudart.so.12: cannot open shared object file")

    monkeypatch.setattr(every, "_BACKEND", Check("backend", broken, "choose another"))
    watched = []
    found = {finding.what: finding for finding in every.diagnose(watched.append)}
    assert found["backend"].state == FAILED
    assert "libcudart" in found["backend"].found
    assert found["devices"].state == NOTE
    assert {"packages", "versions", "datasets", "cache", "runs"} < set(found)
    assert not [name for name in found if "cpu" in name]
    assert watched == [name for name in found if name != "devices"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"floatx": "float7"}', "floatx is 'float7', expected one of float16, float32, float64"),
        ('{"epsilon": "small"}', "epsilon is 'small', expected a number such as 1e-07"),
        ('{"backend": "theano"}', "backend is 'theano', expected one of tensorflow, jax, torch"),
        ("[1, 2]", 'found [1, 2], expected a JSON object such as {"backend": "tensorflow"}'),
    ],
)
def test_a_file_of_keras_with_which_it_cannot_start_is_named(monkeypatch, tmp_path, content, words):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    (tmp_path / "keras.json").write_text(content)
    found = installation.backend()
    assert (found.state, found.found) == (FAILED, f"{tmp_path / 'keras.json'}: {words}")
    assert "remove the file" in found.advice


def test_the_backend_in_the_file_of_keras_does_not_matter_beside_the_variable(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"backend": "theano"}')
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert keras_file.problem() is None


def test_a_file_that_keras_ignores_is_a_note(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text("{")
    found = installation.backend()
    assert found.state == NOTE
    assert f"{tmp_path / 'keras.json'}: is not JSON, and Keras ignores it" in found.found
