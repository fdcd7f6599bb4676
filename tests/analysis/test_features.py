"""What layers make of an image, in both domains, against NumPy and SciPy."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.signal import resample

from specnet.analysis import entering, features, filters_of
from specnet.layers import (
    IRFFT1D,
    IRFFT2D,
    IRFFT3D,
    RFFT1D,
    RFFT2D,
    RFFT3D,
    CropSpectrum,
    GaussianConvolution,
    SpectralConv1D,
    SpectralConv2D,
    SpectralConv3D,
)
from specnet.plots.features import channels
from specnet.runs import Run
from specnet.workflow.pictures import features_view as view
from specnet.workflow.pictures import method_view
from specnet.workflow.pictures.subject import Subject

pytestmark = pytest.mark.backend


def model_of(shape, *layers):
    images = keras.Input(shape, name="images")
    outputs = images
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(images, outputs)


def by_layer(model, image, **options):
    return {each.layer: each for each in features(model, image, **options)}


def photograph(rng, shape):
    return rng.uniform(size=shape).astype("float32")


@pytest.mark.parametrize("norm", ["ortho", "backward"])
@pytest.mark.parametrize("size", [(6, 9), (7, 4)])
def test_a_transform_shows_the_image_and_its_own_spectrum(rng, size, norm):
    image = photograph(rng, (*size, 2))
    found = by_layer(model_of(image.shape, RFFT2D(norm=norm, name="fft")), image)["fft"]
    planes = image.transpose(2, 0, 1)
    expected = np.fft.fftshift(np.fft.fft2(planes, norm="ortho"), axes=(1, 2))
    assert found.spectral
    np.testing.assert_allclose(found.pictures, planes, atol=1e-6)
    np.testing.assert_allclose(found.spectra, expected, atol=1e-5)


@pytest.mark.parametrize("size", [(9,), (8,), (4, 5, 6)])
def test_signals_and_volumes_are_shown_with_their_own_spectra(rng, size):
    image = photograph(rng, (*size, 2))
    layers = {1: (RFFT1D, IRFFT1D), 3: (RFFT3D, IRFFT3D)}[len(size)]
    there, back = layers[0](name="fft"), layers[1](name="back", odd_width=size[-1] % 2 == 1)
    twice = keras.layers.Rescaling(2.0, name="twice")
    found = by_layer(model_of(image.shape, there, twice, back, keras.layers.Flatten()), image)
    planes, axes = np.moveaxis(image, -1, 0), tuple(range(1, 1 + len(size)))
    expected = np.fft.fftshift(np.fft.fftn(planes, axes=axes, norm="ortho"), axes=axes)
    assert [each.spectral for each in found.values()] == [False, True, True, False]
    np.testing.assert_allclose(found["fft"].pictures, planes, atol=1e-6)
    np.testing.assert_allclose(found["fft"].spectra, expected, atol=1e-5)
    np.testing.assert_allclose(found["back"].pictures, 2 * planes, atol=1e-5)


@pytest.mark.parametrize("to", [(5, 6), (4, 7)])
def test_a_cropped_spectrum_is_shown_at_the_width_that_it_belongs_to(rng, to):
    image = photograph(rng, (8, 11, 1))
    crop = CropSpectrum(list(to), odd_width=True, name="crop")
    # Behind it stands a layer of Keras, which knows nothing of the width.
    model = model_of(image.shape, RFFT2D(), crop, keras.layers.Rescaling(2.0, name="twice"))
    found = by_layer(model, image)
    small = resample(resample(image[..., 0], to[0], axis=0), to[1], axis=1)
    np.testing.assert_allclose(found["crop"].pictures[0], small, atol=1e-5)
    np.testing.assert_allclose(found["twice"].pictures[0], 2 * small, atol=1e-5)


def test_layers_that_give_neither_images_nor_spectra_or_change_nothing_are_passed_over(rng):
    model = model_of(
        (4, 5, 1),
        keras.layers.ReLU(name="relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Conv2D(2, 3, name="conv"),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    )
    image = photograph(rng, (4, 5, 1)) - 0.5
    assert list(by_layer(model, image)) == ["images", "relu", "conv"]
    chosen = by_layer(model, image, layers=[model.get_layer("conv")])
    assert list(chosen) == ["conv"]
    assert chosen["conv"].pictures.shape == (2, 2, 3)


def test_the_channels_with_the_most_contrast_are_shown_in_their_order(rng):
    noise = rng.normal(size=(6, 7, 4)).astype("float32")
    image = noise * [1, 3, 0, 2] + [0, 0, 100, 0]  # brightness is no contrast
    model = model_of((6, 7, 4), keras.layers.Flatten())
    found = by_layer(model, image.astype("float32"), limit=2)["images"]
    assert found.count == 4
    assert found.channels.tolist() == [1, 3]
    np.testing.assert_allclose(found.pictures, image[..., [1, 3]].transpose(2, 0, 1), rtol=1e-6)


def test_what_enters_a_layer_of_spectra_is_what_the_layer_before_it_gives(rng):
    model = model_of(
        (6, 7, 2), keras.layers.Rescaling(3.0), RFFT2D(), GaussianConvolution(2, odd_width=True)
    )
    image = photograph(rng, (6, 7, 2))
    found = entering(model, image, model.layers[-1])
    np.testing.assert_allclose(found, 3 * image.transpose(2, 0, 1), atol=1e-5)


@pytest.mark.parametrize("padding", ["circular", "same"])
def test_the_steps_of_the_method_end_in_what_the_layer_gives(rng, padding):
    layer = SpectralConv2D(2, mixing="depthwise", padding=padding, use_bias=False, seed=1)
    image = photograph(rng, (6, 7, 2))
    output = ops.convert_to_numpy(layer(image[None]))[0]
    filters = filters_of(layer, (6, 7))
    for number in (0, 1):
        steps = method_view.steps_of(image[..., number], layer, filters, number)
        np.testing.assert_allclose(steps.result, output[..., number], atol=1e-5)
        np.testing.assert_allclose(steps.product, steps.spectrum * steps.response, atol=1e-5)


@pytest.mark.parametrize(("kind", "size"), [(SpectralConv1D, (9,)), (SpectralConv3D, (4, 5, 6))])
def test_the_steps_of_the_method_are_those_of_signals_and_volumes_too(rng, kind, size):
    layer = kind(2, mixing="depthwise", use_bias=False, seed=1)
    image = photograph(rng, (*size, 2))
    output = ops.convert_to_numpy(layer(image[None]))[0]
    filters = filters_of(layer, size)
    for number in (0, 1):
        steps = method_view.steps_of(image[..., number], layer, filters, number)
        np.testing.assert_allclose(steps.result, output[..., number], atol=1e-5)


def subject_of(tmp_path, model, rng):
    pixels = rng.integers(0, 256, (6, 7, 3), dtype="uint8")
    return Subject(Run(tmp_path), model, pixels, pixels.astype("float32") / 255)


def test_the_view_draws_each_layer_and_all_of_them_together(tmp_path, rng):
    back = IRFFT2D(odd_width=True, name="irfft")
    spectra = [RFFT2D(name="rfft"), GaussianConvolution(2, odd_width=True, name="filters"), back]
    model = model_of((6, 7, 3), *spectra, keras.layers.Flatten())
    drawn = list(view.pictures(subject_of(tmp_path, model, rng)))
    assert [each.name for each in drawn] == [
        "features-00-images", "features-01-rfft", "features-02-filters", "features-03-irfft",
        "features-overview",
    ]  # fmt: skip
    assert drawn[1].shows == "rfft (spectra): 3 channels"


def test_the_method_is_shown_of_the_first_convolution_or_not_at_all(tmp_path, rng):
    filters = GaussianConvolution(2, odd_width=True, name="filters")
    (picture,) = method_view.pictures(
        subject_of(tmp_path, model_of((6, 7, 3), RFFT2D(), filters), rng)
    )
    assert picture.shows.startswith("filters: filter ")
    without = subject_of(tmp_path, model_of((6, 7, 3), keras.layers.Flatten()), rng)
    assert list(method_view.pictures(without)) == []


def test_the_channels_of_a_layer_share_their_scales_and_the_strongest_bin_has_0_decibels():
    planes = np.zeros((2, 4, 5), complex)
    planes[0, 2, 2], planes[1, 2, 2] = 10, 1
    pictures = np.array([np.full((4, 5), -1.0), np.full((4, 5), 3.0)])
    figure = channels(view.Row("a layer", ["channel 0", "channel 1"], pictures, planes))
    above, below = figure.axes[:2], figure.axes[2:4]
    assert {each.images[0].get_clim() for each in above} == {(-3.0, 3.0)}
    assert {each.images[0].get_clim() for each in below} == {(-100.0, 0.0)}
    strongest = [each.images[0].get_array().max() for each in below]
    np.testing.assert_allclose(strongest, [0, -20], atol=1e-9)
