"""What layers make of numbers, layouts, sizes and arguments that they do not compute with."""

import keras
import numpy as np
import pytest
from gradients import gradients_of
from keras import ops

from specnet import layers
from specnet.layers import (
    DWT2D,
    IRFFT2D,
    RFFT2D,
    AdaptiveFourier,
    BlurPooling,
    Cardioid,
    ComplexBatchNormalization,
    FastFourierConvolution,
    FourierBlock,
    FourierMixing,
    FrequencyAttention,
    FrequencyDropout,
    GaborConvolution,
    GlobalFilter,
    HighPass,
    LearnedSpectralPooling,
    LowPass,
    ModReLU,
    SpatialReLU,
    SpectralConv2D,
    SpectralConv2DTranspose,
    SpectralPooling,
    SpectralUpsampling,
    WaveletConvolution,
    WaveletPooling,
)
from specnet.layers.fast_fourier_convolution import FourierUnit

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float64")))


OF_IMAGES = [
    lambda **k: SpectralConv2D(2, strides=(1, 2), seed=1, **k),
    lambda **k: SpectralConv2DTranspose(2, strides=(1, 2), seed=1, **k),
    lambda **k: SpectralPooling(factor=1.5, **k),
    lambda **k: SpectralUpsampling(factor=1.5, **k),
    lambda **k: LearnedSpectralPooling([1.5, 2.0], smoothness=1.0, **k),
    lambda **k: WaveletPooling("db2", **k),
    lambda **k: BlurPooling(4, (1, 2), max_size=2, **k),
    lambda **k: DWT2D(**k),
    lambda **k: LowPass(learnable=True, **k),
    lambda **k: RFFT2D(**k),
    lambda **k: GlobalFilter(seed=1, **k),
    lambda **k: FourierBlock(2, [3, 2], seed=1, **k),
    lambda **k: FourierMixing(**k),
    lambda **k: FrequencyAttention(3, 2, seed=1, **k),
    lambda **k: WaveletConvolution(3, seed=1, **k),
    lambda **k: AdaptiveFourier(seed=1, **k),
    lambda **k: FastFourierConvolution(4, strides=(1, 2), input_ratio=0.3, **k),
]


ON_JAX = keras.backend.backend() == "jax"  # which compiles each of these anew
WHOLE = [np.uint8] if ON_JAX else [np.uint8, np.int32, bool]


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("make", OF_IMAGES)
def test_whole_numbers_are_computed_with_as_numbers(make, kind, rng):
    images = rng.integers(0, 256, (2, 6, 8, 2)).astype(kind)
    layer = make()
    found, expected = layer(images), layer(images.astype("float32"))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    scale = np.abs(numpy_of(expected)).max()
    np.testing.assert_allclose(numpy_of(found), numpy_of(expected), atol=1e-6 * scale)


@pytest.mark.parametrize(
    "layer", [SpectralPooling(13), SpectralUpsampling(32), WaveletPooling(), BlurPooling()]
)
def test_constant_images_of_whole_numbers_stay_to_the_last_bit(layer):
    images = np.full((1, 30, 30, 256), np.arange(256, dtype="uint8"))
    assert (numpy_of(layer(images)) == np.arange(256)).all()


@pytest.mark.parametrize("make", OF_IMAGES)
def test_channels_first_is_channels_last_turned(make, rng):
    images = rng.normal(size=(2, 6, 8, 3)).astype("float32")
    last, first = make(), make(data_format="channels_first")
    expected = numpy_of(last(images))
    turned = images.transpose(0, 3, 1, 2)
    first.build(turned.shape)
    first.set_weights(last.get_weights())
    found = numpy_of(first(turned))
    said = first.compute_output_shape(turned.shape)
    assert all(n in (None, m) for n, m in zip(said, found.shape, strict=True))
    expected = expected.transpose(0, 3, 1, 2) if expected.ndim == 4 else expected
    np.testing.assert_allclose(found, expected, atol=1e-6)


# But for the small kernels of FFC, which are Keras's.
ROUNDED = [(make, (2, 12, 14, 3)) for make in [*OF_IMAGES[:-1], lambda **k: FourierUnit(**k)]]
ROUNDED += [
    (make, (2, 2, 3, 12, 8))
    for make in (
        lambda **k: ModReLU(-0.3, **k),
        lambda **k: Cardioid(**k),
        lambda **k: SpatialReLU(**k),
        lambda **k: ComplexBatchNormalization(**k),
    )
]


@pytest.mark.skipif(ON_JAX, reason="which compiles each of these anew")
@pytest.mark.parametrize(("make", "shape"), ROUNDED)
def test_in_half_precision_the_result_is_rounded_and_nothing_before_it(make, shape, rng):
    inputs = numpy_of(ops.cast(rng.normal(2, 1, shape), "bfloat16")).astype("float32")
    exact, half = make(), make(dtype="mixed_bfloat16")
    expected = numpy_of(exact(inputs))
    half.build(shape)
    half.set_weights(exact.get_weights())
    found = numpy_of(half(inputs))
    rounding = numpy_of(ops.cast(expected, "bfloat16")) - expected
    # Rounded twice, errors are 1.4 times as large.
    assert np.linalg.norm(found - expected) < 1.05 * np.linalg.norm(rounding)


def test_spectra_go_back_to_images_in_the_format_of_the_configuration(rng):
    images = rng.normal(size=(2, 3, 6, 8)).astype("float32")
    keras.config.set_image_data_format("channels_first")
    try:
        there, back = RFFT2D(), IRFFT2D()
    finally:
        keras.config.set_image_data_format("channels_last")
    np.testing.assert_allclose(numpy_of(back(there(images))), images, atol=1e-6)
    assert back.get_config()["data_format"] == there.data_format == "channels_first"


def test_complex_numbers_are_refused(rng):
    with pytest.raises(ValueError, match="expects real numbers, found complex64"):
        GaborConvolution(2)(rng.normal(size=(1, 2, 1, 4, 3)).astype("complex64"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SpectralConv2D(32, 3), "as if it were Conv2D's kernel_size"),
        (lambda: SpectralConv2D(32, (3, 3)), "as if it were Conv2D's kernel_size"),
        (lambda: GaborConvolution(4, groups=2), "'groups'; `mixing: depthwise`"),
        (lambda: SpectralConv2D(4, kernel_regularizer="l2"), "optimizer's weight_decay"),
        (lambda: SpectralPooling(pool_size=2), "'pool_size'; `factor`"),
        (lambda: LowPass(cutof=0.1), "unknown argument 'cutof'; did you mean 'cutoff'"),
        (lambda: GaborConvolution(4, kernel_size=3), "filters are as large as the image"),
    ],
)
def test_arguments_of_other_layers_are_refused_by_name(make, words):
    with pytest.raises(ValueError, match=words):
        make()


MADE_LATE = [
    lambda: SpectralConv2D(2),
    lambda: LearnedSpectralPooling(),
    lambda: FrequencyDropout(seed=1),
    lambda: keras.Sequential([RFFT2D(), GaborConvolution(2), ModReLU(), IRFFT2D()]),
]
if not ON_JAX:  # which traces every size anew, for many seconds
    MADE_LATE += [
        lambda: SpectralConv2DTranspose(2, strides=2),
        lambda: GlobalFilter(size=[5, 6]),
        lambda: FourierBlock(2, [3, 2]),
        lambda: FrequencyAttention(2, 1),
        lambda: WaveletConvolution(3, levels=2),
        lambda: AdaptiveFourier(2),
        lambda: HighPass(learnable=True),
    ]


@pytest.mark.parametrize("make", MADE_LATE[:4])
@pytest.mark.graph
def test_models_are_built_while_they_train(make, rng):
    model = keras.Sequential([make(), keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    told = model.fit(rng.normal(size=(4, 8, 6, 2)), np.zeros((4, 1)), verbose=0)
    assert np.isfinite(told.history["loss"]).all()
    assert model.predict(rng.normal(size=(3, 8, 6, 2)), verbose=0).shape == (3, 1)


@pytest.mark.parametrize("make", MADE_LATE)
@pytest.mark.graph
def test_models_are_built_for_any_size(make, rng):
    images = keras.Input((None, None, 2))
    layer = make()
    any_size = keras.Model(images, keras.layers.Activation("relu")(layer(images)))
    for size in ((8, 6), (5, 10)):  # TensorFlow traces the second for all sizes
        batch = rng.normal(size=(2, *size, 2)).astype("float32")
        known = keras.Sequential([keras.Input((*size, 2)), make()])
        known.set_weights(layer.get_weights())
        expected = np.maximum(numpy_of(known(batch)), 0)
        found = any_size.predict(batch, verbose=0)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_an_unknown_size_does_not_tell_is_refused(rng):
    spectra = RFFT2D()
    spectra.build((None, None, None, 1))
    with pytest.raises(ValueError, match="those of even width, and found 7"):
        spectra(rng.normal(size=(1, 6, 7, 1)))
    with pytest.raises(ValueError, match="a weight for each bin of one image size"):
        SpectralConv2D(2, "free").build((None, None, None, 1))


OF_NONE = [lambda p=p: SpectralConv2D(2, padding=p) for p in ("same", "circular", "reflect")]
OF_NONE += [
    lambda: layers.WindowedConv2D(5, 3, strides=2),
    lambda: layers.SpectralKernelConv2D(5, 3, strides=2),
    lambda: layers.WhiteningConv2D(3),
    lambda: FastFourierConvolution(5, strides=2),
    lambda: FastFourierConvolution(5, ratio=0.0, padding="circular"),
]


@pytest.mark.parametrize("make", OF_NONE)
def test_no_images_give_no_images_of_all_filters_and_no_gradient(make):
    nothing = np.zeros((0, 9, 11, 2), "float32")
    layer = make()
    layer.build((None, 9, 11, 2))
    assert tuple(layer(nothing).shape) == layer.compute_output_shape(nothing.shape)
    found = gradients_of(layer, nothing)
    assert not any(each.any() for each in found.values())


@pytest.mark.skipif(not ON_JAX, reason="others have float64 always")
def test_float64_that_would_be_float32_is_refused():
    import jax

    with jax.enable_x64(False), pytest.raises(ValueError, match="jax_enable_x64"):
        SpectralPooling(dtype="float64")


@pytest.mark.skipif(not ON_JAX, reason="a mode of JAX")
@pytest.mark.parametrize("make", [lambda: DWT2D("db2"), lambda: SpectralConv2D(1, seed=1)])
def test_forward_mode_is_what_reverse_mode_says(make, rng):
    import jax

    layer, images = make(), rng.normal(size=(1, 4, 5, 1)).astype("float32")
    layer(images)
    weights = [each.value for each in layer.trainable_variables]

    def loss(weights, images):
        return (layer.stateless_call(weights, [], images)[0] ** 2).sum()

    forward = jax.jacfwd(loss, (0, 1))(weights, images)
    reverse = jax.jacrev(loss, (0, 1))(weights, images)
    for one, other in zip(*map(jax.tree.leaves, (forward, reverse)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("how", ["set_weights", "assign", "load"])
@pytest.mark.graph
def test_the_crop_follows_the_weights_whoever_assigns_them(how, tmp_path, rng):
    images = keras.Input((16, 16, 1))
    layer, other = (LearnedSpectralPooling(stride, smoothness=1.0) for stride in (2.0, 4.0))
    model = keras.Model(images, layer(images))
    source = keras.Model(images, other(images))
    batch = rng.normal(size=(2, 16, 16, 1)).astype("float32")
    before = model.predict(batch, verbose=0).shape
    if how == "set_weights":
        model.set_weights(source.get_weights())
    elif how == "load":
        source.save_weights(tmp_path / "w.weights.h5")
        model.load_weights(tmp_path / "w.weights.h5")
    else:
        layer.crop_strides.assign([4.0, 4.0])
        layer.learned_strides.assign([4.0, 4.0])
    after = model.predict(batch, verbose=0)  # traced before: it is traced again
    assert after.shape != before
    np.testing.assert_allclose(after, source.predict(batch, verbose=0), atol=1e-6)


def test_every_layer_is_one_of_ours():
    """So that all of the above holds of new ones too."""
    kinds = [each for each in vars(layers).values() if isinstance(each, type)]
    others = {each.__name__ for each in kinds if not issubclass(each, layers.SpectralLayer)}
    assert others == {"Network", "SpectralKernelConv2D", "WindowedConv2D"}
