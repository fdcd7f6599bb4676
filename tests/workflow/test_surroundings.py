"""What a diagnosis says of packages, GPUs, loops and folders."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from specnet import environment, native
from specnet.errors import UsageError
from specnet.native import filtering
from specnet.studies.engine.report import machine_facts, machine_line
from specnet.workflow.doctor import FAILED, NOTE, OK, accelerators, checks, installation, loops


def test_packages_that_are_missing_or_old_are_named_as_pip_takes_them(monkeypatch):
    asked = ["numpy>=999", "keras>=3", "no-such-package>=1.2", 'other>=1; extra == "more"']
    monkeypatch.setattr(installation, "requires", lambda name: asked)
    found = installation.packages()
    assert found.state == FAILED
    assert f"numpy {np.__version__} is not >=999" in found.found
    assert "no-such-package is not installed" in found.found
    assert found.advice == 'pip install -U "numpy>=999" "no-such-package>=1.2"'


def test_versions_are_those_of_the_modules():
    found = installation.versions()
    assert f"keras {keras.__version__}" in found.found
    assert f"numpy {np.__version__}" in found.found


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_is_specnets_own_and_no_repositorys_that_it_lies_in(monkeypatch, tmp_path):
    def git(*arguments):
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        return subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, check=True, text=True, stdout=subprocess.PIPE
        )

    (tmp_path / "own.py").touch()
    git("init", "-q")
    git("add", "own.py")
    git("commit", "-qm", "theirs")
    (tmp_path / "environment.py").touch()
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "environment.py"))
    assert environment.facts()["git_commit"] is None
    git("add", "environment.py")
    git("commit", "-qm", "ours")
    assert environment.facts()["git_commit"] == git("rev-parse", "HEAD").stdout.strip()


def test_extras_that_are_not_there_are_no_failure(monkeypatch):
    monkeypatch.setattr(installation, "_EXTRAS", {"numpy": "arrays", "no-such-package": "more"})
    found = installation.extras()
    assert found.state == OK
    assert found.found == f"numpy {np.__version__}"
    assert 'pip install ".[more]"' in found.advice


@pytest.fixture
def no_gpu_in_use(monkeypatch):
    monkeypatch.setattr(accelerators, "of_kind", lambda kind: [])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.backend
def test_a_gpu_that_is_not_used_is_found(no_gpu_in_use, monkeypatch):
    monkeypatch.setattr(accelerators, "nvidia_gpus", lambda: ["GPU 0: NVIDIA H100"])
    found = accelerators.gpus()
    assert found.state == FAILED
    assert "NVIDIA H100" in found.found
    wanted = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda13]", "torch": "torch"}
    assert wanted[keras.backend.backend()] in found.advice


def test_a_gpu_that_is_hidden_on_purpose_is_no_failure(no_gpu_in_use, monkeypatch):
    monkeypatch.setattr(accelerators, "nvidia_gpus", lambda: ["GPU 0: NVIDIA H100"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    found = accelerators.gpus()
    assert found.state == NOTE
    assert "CUDA_VISIBLE_DEVICES" in found.advice


def test_a_machine_without_gpus_is_told_what_one_would_need(no_gpu_in_use, monkeypatch):
    monkeypatch.setattr(accelerators, "nvidia_gpus", list)
    found = accelerators.gpus()
    assert found.state == NOTE
    assert "pip install" in found.advice


def test_whether_tensorflow_convolves_by_onednn_follows_its_switch():
    switch = "0" if environment.uses_onednn() else "1"  # the other way round than here
    code = "from specnet import environment; print(environment.uses_onednn())"
    changed = os.environ | {"TF_ENABLE_ONEDNN_OPTS": switch, "KERAS_BACKEND": "tensorflow"}
    found = subprocess.run(
        [sys.executable, "-c", code], env=changed, check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == str(switch == "1")


def test_a_cpu_that_tensorflow_uses_without_onednn_is_a_note(monkeypatch):
    facts = environment.facts()
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.setattr(environment, "facts", lambda: facts | {"onednn": True})
    assert accelerators.machine_facts().state == OK
    monkeypatch.setattr(environment, "facts", lambda: facts | {"onednn": False})
    found = accelerators.machine_facts()
    assert found.state == NOTE
    assert "TF_ENABLE_ONEDNN_OPTS=1" in found.advice
    assert "tensorflow without oneDNN" in machine_facts(environment.facts())["backend"]
    assert "without oneDNN" in machine_line(environment.facts())


def test_gpus_of_the_driver_are_read_from_its_own_program(monkeypatch, tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 (UUID: GPU-1)'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert accelerators.nvidia_gpus() == ["GPU 0: NVIDIA H100"]
    program.write_text("#!/bin/sh\necho 'driver/library version mismatch'; exit 18\n")
    assert accelerators.nvidia_gpus() == []


only_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the loops are TensorFlow's"
)


@only_tensorflow
def test_loops_are_compiled_and_right():
    found = loops.loops()
    assert found.state == OK, found
    assert 0 < found.measured["error"] < 1e-5
    assert found.measured["threads"] >= 1


@only_tensorflow
def test_a_loop_that_is_a_little_wrong_is_found(monkeypatch):
    right = filtering.forward

    def wrong(*arguments):
        first, *others = right(*arguments)
        return [first * np.float32(1.001), *others]

    monkeypatch.setattr(filtering, "forward", wrong)
    found = loops.loops()
    assert found.state == FAILED
    assert "SPECNET_LOOPS=0" in found.advice


def test_loops_that_are_left_out_are_a_note(monkeypatch):
    monkeypatch.setenv("SPECNET_LOOPS", "0")
    assert loops.loops().state == NOTE


def test_a_cache_that_cannot_be_written_is_found(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "file" / "cache"))
    found = checks.cache()
    assert found.state == FAILED
    assert str(tmp_path / "file" / "cache") in found.found
    assert "SPECNET_CACHE" in found.advice


def test_folders_are_tried_and_left_as_they_were(monkeypatch, tmp_path):
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path / "a" / "cache"))
    monkeypatch.chdir(tmp_path)
    assert checks.cache().state == checks.runs().state == OK
    assert list(tmp_path.iterdir()) == []


def test_little_space_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("SPECNET_CACHE", str(tmp_path))
    monkeypatch.setattr(checks, "LITTLE", 2**80)
    found = checks.cache()
    assert found.state == NOTE
    assert "SPECNET_CACHE" in found.advice


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="has no loops")
@pytest.mark.parametrize("value", ["x", "", "4,2", "-1"])
def test_a_variable_that_is_no_number_of_threads_is_named(monkeypatch, value):
    monkeypatch.setattr(loops, "has_loops", lambda: True)
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    found = loops.loops()
    assert found.state == FAILED
    assert found.found == f"OMP_NUM_THREADS: expected a whole number of threads, found '{value}'"
    assert found.advice == "correct OMP_NUM_THREADS, or unset it"
    with pytest.raises(UsageError, match="OMP_NUM_THREADS: expected a whole number"):
        native.operations()


def test_datasets_on_disk_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "none"))
    missing = checks.datasets()
    assert missing.state == NOTE
    assert missing.found == f"{tmp_path / 'none'}: no such folder, and TFDS_DATA_DIR names it"
    for name in ("mnist", "cifar10"):
        (tmp_path / name / "1.0.0").mkdir(parents=True)
        (tmp_path / name / "1.0.0" / "dataset_info.json").write_text('{"splits": []}')
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert checks.datasets().found == f"{tmp_path}: cifar10, mnist"
    (tmp_path / "mnist" / "1.0.0" / "dataset_info.json").write_text("{")
    damaged = checks.datasets()
    assert damaged.state == FAILED
    assert "mnist/1.0.0/dataset_info.json: damaged" in damaged.found
    assert "specnet data prepare mnist" in damaged.advice
    monkeypatch.setenv("TFDS_DATA_DIR", str(Path(__file__)))
    assert checks.datasets().state == FAILED
