"""The filtering loop against NumPy, its gradient by the law of adjoints, and in its layers."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from specnet.layers import (  # noqa: E402
    GlobalFilter,
    SpectralConv2D,
    SpectralConv2DTranspose,
    global_filter,
    image_convolution,
)
from specnet.native import filtering, threads  # noqa: E402

# Images (H, W), the size at which they repeat, and what is kept.
CASES = [
    ((7, 9), (7, 9), (7, 9)),
    ((7, 9), (14, 18), (7, 9)),
    ((6, 5), (12, 11), (8, 10)),
    ((4, 4), (4, 4), (3, 2)),
    ((1, 1), (1, 1), (1, 1)),
    ((1, 6), (2, 12), (1, 6)),
    ((40, 30), (81, 60), (40, 30)),
]


# Channels, how many of them a filter sees, filters.
MIXINGS = pytest.mark.parametrize("mixing", [(3, 3, 4), (3, 1, 3), (2, 1, 6), (1, 1, 4)], ids=str)


def example(case, mixing=(3, 3, 4), batch=5):
    images, size, _ = case
    channels, seen, filters = mixing
    rng = np.random.default_rng(0)
    bins = size[0] * (size[1] // 2 + 1)
    values = (
        rng.normal(size=(batch, *images, channels)),
        rng.normal(size=(2, seen, filters, bins)),
    )
    return [value.astype("float32") for value in values]


@MIXINGS
@pytest.mark.parametrize("case", CASES, ids=str)
def test_bins_are_multiplied_by_transfer_functions(case, mixing):
    images, response = example(case, mixing)
    (height, width), size, crop = case
    beyond = ((0, 0), (0, size[0] - height), (0, size[1] - width), (0, 0))
    spectrum = np.fft.rfft2(np.pad(images.astype("float64"), beyond), axes=(1, 2))
    channels, seen, filters = mixing
    given = (response[0] + 1j * response[1]).reshape(seen, filters, *spectrum.shape[1:3])
    functions = np.zeros((channels, filters, *given.shape[2:]), complex)
    for f in range(filters):
        sees = range(channels) if seen == channels else [f // (filters // channels)]
        functions[sees, f] = given[:, f]
    product = np.einsum("bvuc,cfvu->bvuf", spectrum, functions)
    expected = np.fft.irfft2(product, size, axes=(1, 2))[:, : crop[0], : crop[1]]
    found = filtering.forward(images, response, size, crop)[0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@MIXINGS
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_are_the_adjoints_of_a_bilinear_function(case, mixing):
    images, response = example(case, mixing)
    _, size, crop = case
    rng = np.random.default_rng(1)
    upstream = rng.normal(size=(5, *crop, mixing[2])).astype("float32")
    spectra = filtering.forward(images, response, size, crop)[1]
    to_images, to_response = filtering.gradient(response, spectra, size, case[0], upstream)
    for _ in range(3):
        other, functions = (rng.normal(size=x.shape).astype("float32") for x in (images, response))
        of_images = filtering.forward(other, response, size, crop)[0]
        of_functions = filtering.forward(images, functions, size, crop)[0]
        assert_equal_products((to_images, other), (upstream, of_images))
        assert_equal_products((to_response, functions), (upstream, of_functions))


def assert_equal_products(*pairs):
    found, expected = (np.sum(a.astype("float64") * b) for a, b in pairs)
    norms = [np.linalg.norm(a) * np.linalg.norm(b) for a, b in pairs]
    assert abs(found - expected) < 1e-6 * max(norms)


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_threads_gives_the_same(count, monkeypatch):
    images, response = example(CASES[-1])
    expected = filtering.forward(images, response, *CASES[-1][1:])[0]
    monkeypatch.setattr(threads, "threads", lambda: count)
    found = filtering.forward(images, response, *CASES[-1][1:])[0]
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


LAYERS = {
    f"{kind.__name__} {size} {arguments}": (kind, size, arguments)
    for kind, size, arguments in [
        (SpectralConv2D, (12, 10), {"padding": "same"}),
        (SpectralConv2D, (9, 11), {"padding": "circular", "family": "free"}),
        (SpectralConv2D, (9, 10), {"padding": "reflect", "strides": [2, 3]}),
        (SpectralConv2D, (9, 10), {"mixing": "depthwise", "kernel_extent": 2, "strides": [1, 2]}),
        (SpectralConv2DTranspose, (5, 6), {"mixing": "depthwise", "strides": [2, 3]}),
        (GlobalFilter, (9, 10), {}),
        (GlobalFilter, (7, 12), {"size": [8, 9]}),
        (SpectralConv2D, (12, 8), {"padding": "circular", "strides": 2, "antialias": True}),
        (SpectralConv2D, (5, 1), {"family": {"polynomial": {"order": 2}}, "strides": 2}),
        (SpectralConv2DTranspose, (6, 5), {"padding": "same", "strides": 2}),
        (SpectralConv2DTranspose, (5, 4), {"padding": "circular", "strides": [1, 3]}),
        (SpectralConv2DTranspose, (4, 7), {"strides": 2, "antialias": True, "family": "free"}),
    ]
}


@pytest.mark.parametrize(("kind", "size", "arguments"), LAYERS.values(), ids=LAYERS.keys())
def test_layers_give_the_same_with_loops_and_without(kind, size, arguments, monkeypatch):
    images = tf.random.stateless_normal((3, *size, 2), seed=(0, 1))
    layer = kind(*([] if kind is GlobalFilter else [4]), seed=1, **arguments)
    layer.build(images.shape)
    assert layer.takes_loops()
    looped = outcome(layer, images)
    for module in (image_convolution, global_filter):
        monkeypatch.setattr(module, "runs_loops", lambda: False)
    assert not layer.takes_loops()
    for found, expected in zip(looped, outcome(layer, images), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def outcome(layer, images):
    """What a layer gives, and the gradients of a fixed sum of it."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        output = layer(images)
        loss = tf.reduce_sum(output * tf.random.stateless_normal(output.shape, seed=(2, 3)))
    return [output, *tape.gradient(loss, [images, *(v.value for v in layer.trainable_variables)])]


@pytest.mark.graph
def test_a_function_that_xla_compiles_takes_no_loop():
    layer = SpectralConv2D(3, seed=1)
    images = tf.random.stateless_normal((2, 8, 6, 2), seed=(0, 1))
    plain = layer(images)
    compiled = tf.function(layer, jit_compile=True)(images)
    np.testing.assert_allclose(compiled, plain, atol=1e-5)


@pytest.mark.parametrize("batch", [0, 1, 2])
def test_batches_of_any_size_are_filtered(batch):
    layer = SpectralConv2D(3, seed=1)
    images = tf.random.stateless_normal((5, 8, 6, 1), seed=(0, 1))
    layer.build(images.shape)
    np.testing.assert_allclose(layer(images[:batch]), layer(images)[:batch], atol=1e-6)


def test_second_derivatives_are_refused_rather_than_left_out(monkeypatch):
    layer = SpectralConv2D(3, seed=1)
    images = tf.random.stateless_normal((2, 8, 6, 2), seed=(0, 1))

    def penalty():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(images)
                loss = tf.reduce_sum(layer(images) ** 2)
            norm = tf.reduce_sum(inner.gradient(loss, images) ** 2)
        return outer.gradient(norm, [v.value for v in layer.trainable_variables])

    with pytest.raises(NotImplementedError, match="SPECNET_LOOPS=0"):
        penalty()
    monkeypatch.setenv("SPECNET_LOOPS", "0")
    assert not layer.takes_loops()
