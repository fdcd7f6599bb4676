"""Pictures of filters: colours, scales, and where each bin stands."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from specnet.plots.colours import BLUE, RED, inked, phase_coloured
from specnet.plots.filters import (
    magnitude_and_phase,
    real_and_imaginary_inks,
    real_and_imaginary_maps,
)
from specnet.plots.impulse import impulse_responses, impulse_slices
from specnet.plots.impulse_lines import impulse_lines
from specnet.plots.profile import Curves, profile
from specnet.plots.sheet import Panel, closed, frequency_plane, sheet
from specnet.plots.training_lines import line_frames, line_strip

SIZES = [(7, 7), (6, 9), (8, 5), (4, 6)]


def planes_of(rng, size, count=3):
    return np.fft.fftshift(np.fft.fft2(rng.normal(size=(count, *size))), axes=(-2, -1))


def drawn(figure):
    """The images of the panels; legends and scales come after them."""
    return [axes.images[0] for axes in figure.axes if axes.images and axes.get_title() == ""]


def test_real_is_blue_imaginary_is_red_and_nothing_is_white():
    colours = inked(np.array([0, 1, 0]), np.array([0, 0, 1]))
    np.testing.assert_allclose(colours, [(1, 1, 1), to_rgb(BLUE), to_rgb(RED)], atol=1e-12)
    assert (inked(np.ones(1), np.ones(1)) <= colours).all()


def oklab(colours):
    """sRGB -> OKLab, by the matrices of Ottosson (2020)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    cone = np.cbrt(linear @ np.array([
        [0.4122214708, 0.2119034982, 0.0883024619],
        [0.5363325363, 0.6806995451, 0.2817188376],
        [0.0514459929, 0.1073969566, 0.6299787005]]))  # fmt: skip
    return cone @ np.array([
        [0.2104542553, 1.9779984951, 0.0259040371],
        [0.7936177850, -2.4285922050, 0.7827717662],
        [-0.0040720468, 0.4505937099, -0.8086757660]])  # fmt: skip


def test_equal_magnitudes_are_equally_dark_and_phase_is_the_hue():
    phases = np.linspace(-np.pi, np.pi, 24, endpoint=False)
    colours = oklab(phase_coloured(0.5 * np.exp(1j * phases), 1.0))
    lightness, a, b = colours.T
    np.testing.assert_allclose(lightness, lightness[0], atol=1e-3)
    turned = np.angle((a + 1j * b) * np.exp(-1j * phases))
    np.testing.assert_allclose(turned, turned[0], atol=0.02)
    strengths = oklab(phase_coloured(np.linspace(0, 1, 5) * 1j, 1.0))[:, 0]
    assert (np.diff(strengths) < 0).all()
    np.testing.assert_allclose(phase_coloured(np.zeros(1), 1.0), 1, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_a_closed_plane_is_its_own_mirror_image(rng, size):
    whole = closed(planes_of(rng, size))
    assert whole.shape[-2:] == tuple(length // 2 * 2 + 1 for length in size)
    np.testing.assert_allclose(whole, whole[..., ::-1, ::-1].conj(), atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_every_bin_stands_at_its_frequency(size):
    plane = np.zeros(size)
    vertical, horizontal = (np.fft.fftshift(np.fft.fftfreq(length)) for length in size)
    plane[-1, 1] = 1
    (axes,) = sheet([Panel("")], "", 1).axes
    image = frequency_plane(axes, plane)
    left, right, bottom, top = image.get_extent()
    rows, columns = image.get_array().shape
    row, column = np.argwhere(image.get_array() == 1)[0]
    assert left + (column + 0.5) * (right - left) / columns == pytest.approx(horizontal[1])
    assert top + (row + 0.5) * (bottom - top) / rows == pytest.approx(vertical[-1])
    assert axes.get_ylim() == (0.5, -0.5)  # downwards, as the rows of an image


def test_all_maps_of_a_page_share_one_scale_with_white_at_0(rng):
    planes = planes_of(rng, (6, 7)) * np.array([1, 2, 5])[:, None, None]
    figure = real_and_imaginary_maps(planes, ["a", "b", "c"], [("re", "im")] * 3, "page")
    images = drawn(figure)[:6]
    limit = max(np.abs(planes.real).max(), np.abs(planes.imag).max())
    assert {image.get_clim() for image in images} == {(-limit, limit)}
    np.testing.assert_allclose(images[5].get_array()[:6], planes[2].imag, atol=1e-9)
    middle = images[0].get_cmap()(0.5)
    assert min(middle[:3]) > 0.95


@pytest.mark.parametrize("draw", [real_and_imaginary_inks, magnitude_and_phase])
@pytest.mark.parametrize("count", [1, 5, 12])
def test_each_filter_has_a_panel_with_its_name_and_values(rng, draw, count):
    labels = [f"filter {k}" for k in range(count)]
    captions = [(f"Re: scale {k}.00", f"Im: scale -{k}.00") for k in range(count)]
    figure = draw(planes_of(rng, (5, 6), count), labels, captions, "page")
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert set(labels) <= set(words)
    assert {line for lines in captions for line in lines} <= set(words)
    assert len(drawn(figure)) >= count


def test_filters_that_are_0_everywhere_are_drawn():
    planes = np.zeros((1, 4, 5), complex)
    for draw in (real_and_imaginary_inks, magnitude_and_phase):
        image = drawn(draw(planes, ["none"], [()], "page"))[0]
        np.testing.assert_allclose(image.get_array(), 1, atol=1e-6)


def test_impulse_responses_are_cropped_about_their_circles():
    impulses = np.zeros((2, 64, 65))
    impulses[0, 32, 32], impulses[1, 32, 34] = 2, -3
    figure = impulse_responses(impulses, np.array([0.0, 2.0]), ["a", "b"], "page")
    assert isinstance(figure, Figure)
    circles = [patch for axes in figure.axes for patch in axes.patches if isinstance(patch, Circle)]
    assert [circle.radius for circle in circles] == [0, 2]
    right = figure.axes[0].get_xlim()[1]
    assert 2 < right < 8
    (image,) = figure.axes[1].images
    assert image.get_clim() == (-3, 3)
    left, *_ = image.get_extent()
    assert left + 34 + 0.5 == 2  # the pixel two to the right of the origin


def test_a_profile_shows_every_filter_their_mean_and_the_cut_offs(rng):
    radial = Curves(np.linspace(0, 0.7, 9), rng.uniform(size=(4, 9)))
    angular = Curves(np.arange(0, 180, 45.0), rng.uniform(size=(4, 4)))
    left, right = profile(radial, angular, [0.2, 0.4], [0.3], "layer").axes
    curves = [line.get_ydata() for line in left.lines if len(line.get_xdata()) == 9]
    np.testing.assert_allclose(curves[:4], radial.values)
    np.testing.assert_allclose(curves[4], radial.values.mean(axis=0))
    marks = [line.get_xdata()[0] for line in left.lines[5:]]
    assert marks == [0.5, 0.2, 0.4, 0.3]
    ends = right.lines[0].get_ydata()
    assert ends[0] == ends[-1]  # at 0 and at 180 degrees


def test_impulse_responses_of_signals_are_lines_about_the_span_that_holds_their_energy(rng):
    impulses, extents = rng.normal(size=(3, 21)), np.array([2, 5, 7])
    figure = impulse_lines(impulses, extents, ["a", "b", "c"], "")
    for axes, impulse, reach in zip(figure.axes, impulses, extents, strict=False):
        times, heights = axes.lines[-1].get_data()
        np.testing.assert_array_equal(heights, impulse)
        assert (times[0], times[10]) == (-10, 0)
        (span,) = axes.patches
        assert (span.get_x(), span.get_width()) == (-reach, 2 * reach)
        assert axes.get_xlim() == (-10, 10)


def test_volumes_are_cut_through_the_origin_along_each_axis_on_one_scale(rng):
    impulses = rng.normal(size=(2, 4, 5, 6))
    figure = impulse_slices(impulses, np.array([1.0, 2.0]), ["a", "b"], "")
    maps = [axes.images[0] for axes in figure.axes[:6]]
    for which, (z, y, x) in enumerate(zip(maps[::3], maps[1::3], maps[2::3], strict=True)):
        np.testing.assert_array_equal(z.get_array(), impulses[which, 2])
        np.testing.assert_array_equal(y.get_array(), impulses[which, :, 2])
        np.testing.assert_array_equal(x.get_array(), impulses[which, :, :, 3])
    limit = np.abs(impulses).max()
    assert {image.get_clim() for image in maps} == {(-limit, limit)}
    # In each, the voxel at the origin stands about 0.
    assert maps[1].get_extent() == [-3.5, 2.5, 1.5, -2.5]
    names = [axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes[3:6]]
    assert names == ["x (voxels)y (voxels)", "x (voxels)z (voxels)", "y (voxels)z (voxels)"]


def test_filters_of_signals_through_the_epochs_are_lines_on_one_scale(rng):
    responses = rng.normal(size=(3, 2, 5)) + 1j * rng.normal(size=(3, 2, 5))
    moments = ["start", "epoch 1", "epoch 2"]
    first, second, legend = line_strip(responses, 8, ["a", "b"], moments, "").axes
    for axes, filters in ((first, responses[:, 0]), (second, responses[:, 1])):
        for line, response in zip(axes.lines, filters, strict=True):
            np.testing.assert_allclose(line.get_xdata(), [0, 0.125, 0.25, 0.375, 0.5])
            np.testing.assert_allclose(line.get_ydata(), np.abs(response))
    assert first.get_ylim() == second.get_ylim()
    assert first.get_ylim()[1] > np.abs(responses).max()
    assert [text.get_text() for text in legend.get_legend().get_texts()] == moments
    frames = line_frames(responses, 8, ["a", "b"], moments, "")
    assert len({frame.axes[0].get_ylim() for frame in frames}) == 1
