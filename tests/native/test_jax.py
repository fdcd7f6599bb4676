"""The loops as operations of JAX against formulas in float64, and where they take part."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from specnet import native
from specnet.layers import RFFT2D, GaussianConvolution, SpectralConv2D, SpectralConv2DTranspose
from specnet.layers.network import Network
from specnet.ops.compiled import has_loops, stays_here

if keras.backend.backend() != "jax":
    pytest.skip("operations of JAX", allow_module_level=True)

import jax
import jax.numpy as jnp

from specnet.native import jax as loops
from specnet.native import xla_calls

pytestmark = pytest.mark.backend
RELU, NONE = 0.0, -np.inf


def drawn(*shapes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


def assert_same_with_gradients(function, reference, arrays):
    """Values, and gradients by all arrays: in float32 those that the reference has in float64."""
    expected, expected_back = jax.vjp(reference, *map(jnp.asarray, arrays))
    found, back = jax.vjp(jax.jit(function), *(jnp.asarray(array, "float32") for array in arrays))
    (upstream,) = drawn(expected.shape)
    pairs = [(found, expected)]
    pairs += zip(back(jnp.asarray(upstream, "float32")), expected_back(upstream), strict=True)
    for own, other in pairs:
        assert own.dtype == "float32"
        assert np.linalg.norm(own - other) < 2e-6 * np.linalg.norm(other)


@pytest.mark.parametrize(
    ("pixels", "size", "crop", "depthwise"),
    [
        ((7, 9), (7, 9), (7, 9), False),
        ((6, 5), (12, 11), (8, 10), False),
        ((6, 5), (12, 11), (8, 10), True),
        ((1, 6), (2, 12), (1, 6), False),
        ((40, 30), (81, 60), (40, 30), False),
    ],
)
def test_images_are_filtered_as_the_convolution_theorem_says(pixels, size, crop, depthwise):
    # Of a depthwise response, four filters a channel: none but the own channel's is not 0.
    own = np.eye(3)[:, :, None].repeat(4, 2).reshape(3, 12) if depthwise else np.ones((3, 4))

    def reference(images, response):
        spectrum = jnp.fft.rfft2(images, size, axes=(1, 2))  # fills up with zeros
        given = response[0] + 1j * response[1]
        functions = given.reshape(-1, own.shape[1], *spectrum.shape[1:3]) * own[..., None, None]
        product = jnp.einsum("bvuc,cfvu->bvuf", spectrum, functions)
        return jnp.fft.irfft2(product, size, axes=(1, 2))[:, : crop[0], : crop[1]]

    arrays = drawn((5, *pixels, 3), (2, 12, size[0], size[1] // 2 + 1))
    # Only what real filters have counts of a response: so it is made of some.
    planes = np.fft.rfft2(arrays[1][0, :, :, :1] * np.ones(size[1]) + drawn((12, *size))[0])
    arrays[1] = np.stack([planes.real, planes.imag])
    assert_same_with_gradients(
        lambda images, response: loops.filtered(images, response, size, crop, depthwise),
        reference,
        arrays,
    )


@pytest.mark.parametrize(
    ("images", "size", "filters", "floors", "outputs"),
    [
        (3, (5, 7), (4,), (RELU,), 2),
        (4, (6, 8), (3, 2), (RELU, NONE), None),
        (1, (9, 4), (2, 5, 3), (NONE, RELU, RELU), 1),
        (2, (70, 130), (3, 2), (RELU, RELU), 2),  # more bins than a block of each thread
    ],
)
def test_a_chain_is_its_layers_one_after_the_other(images, size, filters, floors, outputs):
    bins = size[0], size[1] // 2 + 1
    head = [(2 * filters[-1] * bins[0] * bins[1], outputs)] if outputs else []
    arrays = drawn((images, 2, 1, *bins), *[(2, count, *bins) for count in filters], *head)

    def reference(spectrum, *others):
        for response, floor in zip(others, floors, strict=False):
            z = spectrum.sum(axis=2, keepdims=True)
            product = (z[:, 0] + 1j * z[:, 1]) * (response[0] + 1j * response[1])
            spectrum = jnp.maximum(jnp.stack([product.real, product.imag], axis=1), floor)
        return spectrum.reshape(images, -1) @ others[-1] if outputs else spectrum

    def chained(spectrum, *others):
        responses, matrix = others[: len(floors)], (*others[len(floors) :], None)[0]
        return loops.chained(spectrum, responses, floors, matrix)

    assert_same_with_gradients(chained, reference, arrays)


def test_what_fails_in_a_call_is_an_error_of_its_caller():
    def fails(given, results):
        raise ValueError(f"of shape {given[0].shape}")

    xla_calls.register("specnet_test_fails", fails)
    call = jax.ffi.ffi_call("specnet_test_fails", jax.ShapeDtypeStruct((2,), np.float32))
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"ValueError: of shape \(3, 1\)"):
        jax.jit(call)(np.zeros((3, 1), np.float32)).block_until_ready()


ENDING = """
import time
import jax
import numpy as np
from specnet.native import xla_calls

def slow(given, results):
    time.sleep(0.05)
    results[0][:] = given[0]

xla_calls.register("specnet_test_slow", slow)
call = jax.ffi.ffi_call("specnet_test_slow", jax.ShapeDtypeStruct((300, 300), np.float32))
step = jax.jit(lambda numbers: call(numbers @ numbers))  # so large that nobody waits for it
numbers = np.zeros((300, 300), np.float32)
for _ in range(10):
    numbers = step(numbers)
"""


def test_a_process_ends_while_calls_are_yet_to_come():
    subprocess.run([sys.executable, "-c", ENDING], check=True, timeout=60)


@pytest.fixture
def taken(monkeypatch):
    """The names of the operations that were traced since the list was cleared."""
    names = []

    def counted(name, function):
        def call(*arguments):
            names.append(name)
            return function(*arguments)

        return call

    for name in ("filtered", "chained"):
        monkeypatch.setattr(loops, name, counted(name, getattr(loops, name)))
    return names


@pytest.mark.parametrize(
    ("kind", "size", "arguments"),
    [
        (SpectralConv2D, (9, 10), {"padding": "reflect", "strides": [2, 3]}),
        (SpectralConv2D, (12, 7), {"padding": "same", "family": {"free": {"resample": True}}}),
        (SpectralConv2DTranspose, (5, 4), {"padding": "circular", "strides": [1, 3]}),
    ],
)
def test_layers_give_the_same_with_loops_and_without(kind, size, arguments, taken):
    layer = kind(4, seed=1, **arguments)
    images = drawn((3, *size, 2))[0].astype("float32")
    layer.build(images.shape)
    weights = [variable.value for variable in layer.trainable_variables]

    def outcome(call):
        def output(images, weights):
            pairs = list(zip(layer.trainable_variables, weights, strict=True))
            with keras.StatelessScope(pairs):
                return call(images)

        def run(images, weights):
            found, back = jax.vjp(output, images, weights)
            return found, back(drawn(found.shape)[0].astype("float32"))

        return jax.tree.leaves(jax.jit(run)(images, weights))

    expected = outcome(layer)
    assert taken == []
    for own, other in zip(outcome(stays_here(layer)), expected, strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=1e-5 * np.abs(other).max())
    assert taken == ["filtered"]


class Penalised(Network):
    """Trained with a penalty on the gradient by the images, which takes second derivatives."""

    def compute_loss(self, x, *others, **more):
        gradient = jax.grad(lambda images: self(images).sum())(x)
        return super().compute_loss(x, *others, **more) + 1e-3 * jnp.square(gradient).sum()


class Vectorised(keras.layers.Wrapper):
    """Calls a layer on each image by itself."""

    def call(self, images):
        return jax.vmap(lambda image: self.layer(image[None])[0])(images)


def network(kind=Network, first=lambda layer: layer):
    images = keras.Input((7, 6, 2))
    convolved = first(SpectralConv2D(3, seed=1, activation="relu"))(images)
    spectra = RFFT2D()(convolved)
    for seed in (2, 3):
        spectra = GaussianConvolution(3, activation="relu", seed=seed)(spectra)
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(spectra))
    keras.utils.set_random_seed(4)
    model = kind(images, outputs)
    model.layers[-1].kernel.assign(0.01 * drawn(model.layers[-1].kernel.shape)[0])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


BATCH = [array.astype("float32") for array in drawn((8, 7, 6, 2), (8, 2))]
BOTH = {"filtered", "chained"}


@pytest.mark.parametrize("kind", [Network, Penalised])
def test_a_training_ends_at_the_same_weights_with_loops_and_without(kind, taken, monkeypatch):
    ends = []
    for on in ("1", "0"):
        monkeypatch.setenv("SPECNET_LOOPS", on)
        model = network(kind)
        model.fit(*BATCH, epochs=3, batch_size=4, verbose=0)
        assert set(taken) == (BOTH if on == "1" else set())
        taken.clear()
        ends.append(model.get_weights())
    for own, other in zip(*ends, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-5)


def test_steps_of_keras_take_loops_and_nothing_else_does(taken):
    model = network()
    for step in (lambda: model.evaluate(*BATCH, verbose=0), lambda: model.predict(BATCH[0])):
        taken.clear()
        step()
        assert set(taken) == BOTH
    taken.clear()
    state = [[v.value for v in some] for some in (model.trainable_variables, [])]

    def output(weights, images):
        return model.stateless_call(weights, [], images)[0]

    traced = [
        model,
        lambda images: jax.jvp(lambda images: output(state[0], images), [images], [images]),
        jax.hessian(lambda images: output(state[0], images).sum()),
        jax.vmap(lambda image: output(state[0], image[None])),
        lambda images: model.predict_step(state, [images]),  # a step, but who knows for what
    ]
    for function in traced:
        jax.eval_shape(function, BATCH[0])
    assert taken == []


def test_loops_stay_out_of_what_vectorises_within_a_step(taken):
    model = network(first=Vectorised)
    model.train_on_batch(*BATCH)
    assert set(taken) == {"chained"}


def test_loops_stay_out_of_float64(taken, float64):
    network().train_on_batch(*BATCH)
    assert taken == []


def test_where_xla_refuses_them_plain_operations_take_their_place(monkeypatch):
    def refuse(*arguments, **more):
        raise ValueError("version 1 of the interface")

    monkeypatch.setattr(jax.ffi, "register_ffi_target", refuse)
    monkeypatch.delitem(sys.modules, "specnet.native.jax")
    monkeypatch.delattr(native, "jax")
    native.fits.cache_clear()
    try:
        with pytest.warns(UserWarning, match=r"this version of JAX \(version 1.*plain operations"):
            assert not native.fits()
        assert not SpectralConv2D(2, mixing="full").takes_loops()
    finally:
        native.fits.cache_clear()


def test_loops_are_for_one_cpu(monkeypatch):
    assert has_loops()
    for asked, answer in (("device_count", 2), ("default_backend", "gpu")):
        with monkeypatch.context() as patch:
            patch.setattr(jax, asked, lambda answer=answer: answer)
            assert not has_loops()
    with keras.distribution.DataParallel(devices=["cpu:0"]).scope():
        assert not has_loops()
