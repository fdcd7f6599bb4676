"""One image under four kinds of pooling, against NumPy, SciPy and PyWavelets."""

import numpy as np
import pytest
import pywt
from matplotlib.text import Text
from scipy.signal import resample

from specnet.errors import UsageError
from specnet.workflow.pictures import pooling_view

SIZE = (16, 24)


@pytest.fixture
def image(rng):
    return rng.uniform(size=(*SIZE, 3)).astype("float32")


@pytest.mark.parametrize(("method", "of"), [("average", np.mean), ("max", np.max)])
@pytest.mark.parametrize("stride", [2, 4])
def test_pixels_of_average_and_max_pooling_are_those_of_blocks(image, method, of, stride):
    parts = [
        [image[i : i + stride, j : j + stride] for j in range(0, SIZE[1], stride)]
        for i in range(0, SIZE[0], stride)
    ]
    expected = np.array([[of(part, axis=(0, 1)) for part in row] for row in parts])
    found = pooling_view.pooled(image, method, stride)
    np.testing.assert_allclose(found.image, expected, atol=1e-6)
    lost = image - expected.repeat(stride, 0).repeat(stride, 1)
    contrast = image - image.mean(axis=(0, 1))
    expected_error = np.sqrt((lost**2).sum() / (contrast**2).sum())
    assert found.error == pytest.approx(expected_error, rel=1e-5)


def test_spectral_pooling_is_the_band_limited_interpolation(image):
    found = pooling_view.pooled(image, "spectral", 4)
    small = resample(resample(image, 4, axis=0), 6, axis=1)
    whole = resample(resample(small, 16, axis=0), 24, axis=1)
    np.testing.assert_allclose(found.image, small, atol=1e-5)
    contrast = np.linalg.norm(image - image.mean(axis=(0, 1)))
    assert found.error == pytest.approx(np.linalg.norm(image - whole) / contrast, rel=1e-4)


def test_wavelet_pooling_keeps_the_low_band_of_each_level(image):
    found = pooling_view.pooled(image, "wavelet", 4)
    levels = pywt.wavedec2(image, pooling_view.WAVELET, "periodization", level=2, axes=(0, 1))
    np.testing.assert_allclose(found.image, levels[0] / 4, atol=1e-5)
    low = [levels[0], *[tuple(np.zeros_like(band) for band in level) for level in levels[1:]]]
    whole = pywt.waverec2(low, pooling_view.WAVELET, "periodization", axes=(0, 1))
    contrast = np.linalg.norm(image - image.mean(axis=(0, 1)))
    assert found.error == pytest.approx(np.linalg.norm(image - whole) / contrast, rel=1e-4)


def test_the_haar_wavelet_would_show_average_pooling_again(image, monkeypatch):
    monkeypatch.setattr(pooling_view, "WAVELET", "haar")
    haar, average = (pooling_view.pooled(image, name, 4) for name in ("wavelet", "average"))
    np.testing.assert_allclose(haar.image, average.image, atol=1e-6)
    assert haar.error == pytest.approx(average.error, rel=1e-5)


@pytest.mark.parametrize("method", pooling_view.METHODS)
@pytest.mark.parametrize("grey", [0.0, 0.3, 1.0])
def test_an_even_image_loses_nothing(method, grey):
    found = pooling_view.pooled(np.full((8, 16, 3), grey, "float32"), method, 2)
    assert found.error == 0
    np.testing.assert_allclose(found.image, grey, atol=1e-6)


@pytest.mark.parametrize("method", ["average", "spectral", "wavelet"])
def test_stripes_of_single_pixels_are_lost_whole(method):
    stripes = np.tile(np.array([0.0, 1.0], "float32"), (8, 4))[..., None]
    found = pooling_view.pooled(stripes, method, 2)
    # At the Nyquist frequency of the image: what comes back is its mean, and no other image is.
    assert found.error == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(found.image, 0.5, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "strides"),
    [
        ((8, 8), [2]),
        ((150, 150), [2, 4, 8, 16, 32]),
        ((100, 731), [2, 4, 8, 16]),
        ((517, 63), [2, 4, 8]),
        ((256, 256), [2, 4, 8, 16, 32, 64]),
    ],
)
def test_factors_end_where_fewer_than_four_pixels_would_remain(size, strides):
    assert pooling_view.strides_of(size) == strides


@pytest.mark.parametrize("size", [(1, 1), (7, 200), (200, 5)])
def test_an_image_too_small_to_pool_is_refused(size):
    message = f"{size[0]} x {size[1]} pixels; expected at least 8 on each side"
    with pytest.raises(UsageError, match=message):
        pooling_view.picture(np.zeros((*size, 3), "uint8"))


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((60, 100, 1), "60 x 100 pixels the original has 56 x 96, cut."),
        ((40, 2048, 1), "40 x 2048 pixels the original has 20 x 1024, shrunk."),
        ((42, 2048, 1), "42 x 2048 pixels the original has 20 x 1024, shrunk and cut."),
        ((16, 16, 1), ""),
    ],
)
def test_what_was_done_to_the_image_is_said_and_no_more(shape, told):
    figure = pooling_view.picture(np.zeros(shape, "uint8")).figure
    said = "\n".join(text.get_text() for text in figure.findobj(Text))
    assert told in said
    assert ("the original has" in said) == bool(told)


@pytest.mark.parametrize(("shape", "cut"), [((35, 19, 1), "32 x 16"), ((9, 2100, 3), None)])
def test_the_picture_has_a_row_a_method_and_a_column_a_factor(rng, shape, cut):
    pixels = rng.integers(0, 256, shape, dtype="uint8")
    if cut is None:  # shrunk to 1024 pixels first, of which 4 are left along the other side
        with pytest.raises(UsageError, match="4 x 1024 pixels"):
            pooling_view.picture(pixels)
        return
    figure = pooling_view.picture(pixels).figure
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == [f"original\n{cut}", "4 to 1\n16 x 8", "16 to 1\n8 x 4"]
    assert len(figure.axes) == 4 * 3
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == list(pooling_view.METHODS)
