"""What the command line can name, built at a size and run."""

import keras
import numpy as np
import pytest
from recipes_at_hand import write

from specnet.errors import RecipeError, RunError, UsageError
from specnet.studies.bench import memory, workloads
from specnet.studies.bench.trial import AS_TRAINED, WHOLE, Options, compare, measure
from specnet.studies.bench.workloads import BACKWARD, FORWARD, STEP
from specnet.studies.engine.subjects import Subject, layer, read

CONV = "conv2d: {filters: 4, kernel_size: 1, use_bias: false}"


def test_layers_recipes_and_overrides_are_told_apart(tmp_path):
    path = str(write(tmp_path))
    (only,) = read([path, "training.batch_size=8", "data.image_size=12"])
    assert (only.kind, only.label, only.batch, only.sizes) == ("recipe", "tiny", 8, (12,))
    first, second = read(["spectral_pooling"], against="max_pooling2d: {pool_size: 3}")
    assert {first.kind, second.kind} == {"layer"}
    assert second.label == "max_pooling2d: {pool_size: 3}"
    assert second.recipe.model[0].arguments == {"pool_size": 3}


def test_a_network_is_not_measured_at_another_shape_than_its_own_without_a_word():
    (square,) = read(["gratings-gaussian", "data.image_size=8"])
    (wide,) = read(["gratings-gaussian", "data.image_size=[8,16]"])
    for subjects in ([wide], [square, wide]):
        with pytest.raises(UsageError, match=r"gratings-gaussian: .* 8 x 16 .*--sizes 8,16"):
            compare(subjects)
    assert wide.at(8).data.image_size == (8, 8)  # as --sizes asks for


def test_every_problem_of_every_layer_is_told_at_once():
    with pytest.raises(RecipeError) as caught:
        read(["conv2d: {filter: 3, kernel_size: 3}", "gaussian: {filters: 0}"], "wavelet_poolin")
    told = "\n".join(caught.value.problems)
    assert "conv2d.filter: unknown argument; did you mean 'filters'?" in told
    assert "gaussian.filters: must be greater than 0, found 0" in told
    assert "wavelet_poolin: no such recipe or layer; did you mean 'wavelet_pooling'?" in told


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["training.epochs=1"], "expected a recipe or a layer"),
        (["gratings-gaussian", "relu"], "recipes are compared with recipes"),
        (["relu", "training.epochs=1"], "is for recipes"),
    ],
)
def test_what_cannot_be_compared_is_refused(texts, words):
    with pytest.raises(UsageError, match=words):
        read(texts)


def test_a_subject_beside_itself_gets_a_number():
    assert [subject.label for subject in read(["relu"], "relu")] == ["relu", "relu (2)"]


def test_a_subject_is_the_same_in_another_process(tmp_path):
    for text in (
        str(write(tmp_path)),
        "spectral_conv2d: {filters: 3, family: {bspline: {rows: 4}}}",
    ):
        (subject,) = read([text])
        assert Subject.of_json(subject.as_json()) == subject


@pytest.mark.backend
@pytest.mark.graph
def test_forward_and_backward_are_the_layers_own():
    built = workloads.build(layer(CONV), 5, 2, channels=3)
    jobs = workloads.jobs(built)
    assert set(jobs) == {FORWARD, BACKWARD}
    images, noise = np.array(built.inputs), np.array(built.noise)
    (kernel,) = (np.array(weight)[0, 0] for weight in built.model.get_weights())
    np.testing.assert_allclose(jobs[FORWARD](), images @ kernel, atol=1e-5)
    of_kernel, of_images = keras.tree.flatten(jobs[BACKWARD]())
    expected = np.einsum("bhwc,bhwf->cf", images, noise)
    np.testing.assert_allclose(np.array(of_kernel)[0, 0], expected, atol=1e-4)
    np.testing.assert_allclose(of_images, noise @ kernel.T, atol=1e-5)


@pytest.mark.backend
def test_layers_of_spectra_get_the_spectrum_of_noise():
    built = workloads.build(layer("gaussian: {filters: 4}"), 7, 2, channels=3)
    assert built.inputs.shape == (2, 2, 3, 7, 4)
    assert built.noise.shape == (2, 2, 4, 7, 4)
    # Of real images: the bin at frequency 0 is real.
    np.testing.assert_allclose(np.array(built.inputs)[:, 1, :, 0, 0], 0, atol=1e-6)


@pytest.mark.backend
def test_a_layer_whose_output_size_its_weights_decide_can_be_measured():
    built = workloads.build(layer("learned_spectral_pooling"), size=12, batch=2, channels=3)
    assert built.noise.shape == built.model(built.inputs).shape


def test_a_training_step_moves_the_weights(tmp_path):
    (subject,) = read([str(write(tmp_path)), "training.batch_size=8"])
    built = workloads.build(subject, 8, subject.batch)
    before = built.model.get_weights()
    logs = workloads.jobs(built)[STEP]()
    assert np.isfinite(logs["loss"])
    moved = [np.abs(a - b).max() for a, b in zip(before, built.model.get_weights(), strict=True)]
    assert max(moved) > 0


def test_forward_of_a_network_is_what_it_predicts(tmp_path):
    (subject,) = read([str(write(tmp_path))])
    built = workloads.build(subject, 8, 1)
    expected = built.model(built.inputs)
    np.testing.assert_allclose(workloads.jobs(built)[FORWARD](), expected, rtol=1e-5, atol=1e-6)


def test_a_subject_that_fails_leaves_a_reason_and_the_others_go_on():
    subjects = read(["spectral_pooling"], "conv2d: {filters: 2, kernel_size: 9}")
    found = measure(subjects, 6, 1, Options(channels=1, seconds=0), [FORWARD])
    assert set(found.times[FORWARD]) == {"spectral_pooling"}
    (reason,) = found.failures.values()
    assert "zero or negative" in reason


@pytest.mark.graph
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others compile everything")
def test_a_network_without_spectral_layers_is_timed_the_faster_way(tmp_path):
    text = """
data: {source: gratings, image_size: 8}
model: [{conv2d: {filters: 2, kernel_size: 3}}, flatten, {dense: {units: 8}}]
"""
    (subject,) = read([str(write(tmp_path, text))])
    found = measure([subject], 8, 4, Options(seconds=0), [STEP])
    timed = found.times[STEP][subject.label]
    assert {timed.variant, *timed.others} == {AS_TRAINED, WHOLE}


def test_the_peak_is_that_since_it_was_forgotten():
    memory.forget_peak()
    before = memory.peak()
    block = np.ones(16 << 20, "float32")
    assert memory.peak() - before > 0.9 * block.nbytes


def test_another_process_holds_at_least_what_goes_in_and_out():
    mib = memory.peak_memory(layer("relu"), 256, 8, 16)  # 32 MiB each
    assert 64 < mib < 400


@pytest.mark.usefixtures("trials_anew")
def test_a_process_that_does_not_answer_is_an_error_with_a_way_out(tmp_path, monkeypatch):
    with pytest.raises(RunError, match=r"relu: memory: no answer within 0.01 s; use --no-memory"):
        memory.peak_memory(layer("relu"), 8, 1, 1, timeout=0.01)
    for words, code in (("echo out of luck >&2; exit 3", "out of luck"), ("exit 3", "code 3")):
        broken = tmp_path / "python"
        broken.write_text(f"#!/bin/sh\n{words}\n", encoding="utf-8")
        broken.chmod(0o755)
        monkeypatch.setattr("sys.executable", str(broken))
        with pytest.raises(RunError, match=rf"relu: memory: .*{code}; use --no-memory"):
            memory.peak_memory(layer("relu"), 8, 1, 1)
