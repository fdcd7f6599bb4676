"""Changes of each image by itself, against SciPy and NumPy: moved, mirrored, with a hole."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from specnet.data import Normalization, Split
from specnet.data.augmentation import draw_maps, warp
from specnet.data.pipeline import Batches
from specnet.recipe.schema import Augment

RANDOM = np.random.default_rng(0)
AUGMENT = Augment(shift=2, rotate=20, flip=True)


def images_of(count, height, width, channels=3):
    return RANDOM.integers(1, 256, (count, height, width, channels), np.uint8)


def changed(images, augment, offset=0.0, **options):
    """Images as a network sees them, in their order; grey levels but for the offset."""
    channels = images.shape[3]
    split = Split(images, np.zeros(len(images), np.int32))
    normalization = Normalization((offset,) * channels, (1.0,) * channels)
    epoch = Batches(split, 1, normalization, 16, augment=augment, **options)
    return np.concatenate([x for x, _ in epoch])


@pytest.mark.parametrize(
    ("fill", "mode"), [("reflect", "mirror"), ("nearest", "nearest"), ("black", "grid-constant")]
)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(30, 41), (32, 32), (17, 8)])
def test_a_warp_is_scipys_interpolation(height, width, channels, fill, mode):
    images = RANDOM.integers(0, 256, (6, height, width, channels), np.uint8)
    maps = draw_maps(AUGMENT, 6, images.shape[1:], np.random.default_rng(1))
    pixels = np.stack(np.meshgrid(range(width), range(height)), -1)
    for image, matrix, found in zip(images, maps, warp(images, maps, fill), strict=True):
        source = (pixels - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        for channel in range(channels):
            expected = map_coordinates(
                image[..., channel].astype(float),
                [source[..., 1], source[..., 0]],
                order=1,
                mode=mode,
            )
            assert np.abs(found[..., channel] - expected).max() <= 1


def test_a_map_changes_no_distance_and_half_of_them_mirror():
    turns = draw_maps(AUGMENT, 1000, (11, 20, 3), np.random.default_rng(4))[:, :, :2]
    np.testing.assert_allclose(
        turns @ turns.swapaxes(1, 2), np.eye(2)[None].repeat(1000, 0), atol=1e-12
    )
    assert np.linalg.det(turns).mean() == pytest.approx(0, abs=0.1)


def test_draws_keep_to_their_limits_and_fill_them():
    maps = draw_maps(Augment(shift=3, rotate=10), 4000, (11, 20, 3), np.random.default_rng(2))
    centre = np.array([9.5, 5, 1])
    moved = maps @ centre - centre[:2]
    angle = np.degrees(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    for values, limit in [(moved[:, 0], 3), (moved[:, 1], 3), (angle, 10)]:
        assert np.abs(values).max() <= limit + 1e-9
        assert np.std(values) == pytest.approx(limit / np.sqrt(3), rel=0.05)  # uniform
    assert abs(np.corrcoef(np.stack([*moved.T, angle]))[np.triu_indices(3, 1)]).max() < 0.06


def test_a_flip_mirrors_half_of_the_images_exactly():
    images = np.repeat(images_of(1, 9, 12), 400, axis=0)
    maps = draw_maps(Augment(flip=True), 400, images.shape[1:], np.random.default_rng(3))
    mirrored = [np.array_equal(warped, images[0, :, ::-1]) for warped in warp(images, maps)]
    kept = [np.array_equal(warped, images[0]) for warped in warp(images, maps)]
    assert sum(mirrored) + sum(kept) == 400
    assert 150 < sum(mirrored) < 250


@pytest.mark.parametrize(
    ("height", "width", "channels", "crop"),
    [(9, 12, 3, 2), (7, 5, 1, 1), (4, 3, 3, 3), (1, 1, 3, 1), (1, 6, 1, 1)],
)
@pytest.mark.parametrize(
    ("fill", "mode"), [("reflect", "reflect"), ("nearest", "edge"), ("black", "constant")]
)
def test_a_crop_is_a_part_of_the_image_with_more_around_and_all_places_occur(
    height, width, channels, crop, fill, mode
):
    image = images_of(1, height, width, channels)[0]
    padded = np.pad(image, ((crop, crop), (crop, crop), (0, 0)), mode)
    places = [(row, column) for row in range(2 * crop + 1) for column in range(2 * crop + 1)]
    parts = [padded[row : row + height, column : column + width] for row, column in places]
    seen = np.zeros(len(places), bool)
    for found in changed(np.repeat(image[None], 800, 0), Augment(crop=crop, fill=fill)):
        here = [np.array_equal(found, part) for part in parts]
        assert any(here)
        seen |= here
    assert seen.all()


@pytest.mark.parametrize(
    ("height", "width", "side"), [(9, 12, 4), (7, 5, 5), (6, 6, 1), (1, 1, 1), (2, 3, 2)]
)
def test_a_hole_is_a_square_of_zeros_inside_the_image_and_all_places_occur(height, width, side):
    images = images_of(600, height, width)
    found = changed(images, Augment(cutout=side), offset=0.5)  # no grey level becomes 0
    corners = set()
    for before, after in zip(images + 0.5, found, strict=True):
        hole = (after == 0).all(-1)
        row, column = np.argwhere(hole)[0]
        expected = np.zeros((height, width), bool)
        expected[row : row + side, column : column + side] = True
        assert hole.sum() == side**2
        np.testing.assert_array_equal(hole, expected)
        np.testing.assert_array_equal(after, np.where(expected[..., None], 0, before))
        corners.add((row, column))
    assert len(corners) == (height - side + 1) * (width - side + 1)


@pytest.mark.parametrize("seed", [0, 5])
def test_alternating_flips_mirror_each_image_every_second_epoch(seed):
    images = images_of(300, 5, 8)
    mirror = images[:, :, ::-1]
    first, *others = (
        changed(images, Augment(flip="alternating"), seed=seed, epoch=epoch) for epoch in range(5)
    )
    is_mirrored = (first == mirror).all((1, 2, 3))
    assert 110 < is_mirrored.sum() < 190
    for epoch, found in enumerate(others, start=1):
        turned = is_mirrored ^ (epoch % 2 == 1)
        np.testing.assert_array_equal(found, np.where(turned[:, None, None, None], mirror, images))


def test_which_images_alternating_flips_mirror_first_follows_from_the_seed():
    images = images_of(100, 3, 4)
    found = [changed(images, Augment(flip="alternating"), seed=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_a_hole_does_not_depend_on_what_moves_the_image():
    images = np.full((40, 9, 12, 1), 7, np.uint8)
    alone, moved = (
        changed(images, Augment(cutout=3, **more)) for more in ({}, {"shift": 2, "rotate": 9})
    )
    np.testing.assert_array_equal(alone, moved)


def test_images_in_another_order_of_memory_are_moved_alike():
    images = images_of(3, 7, 5)
    maps = draw_maps(AUGMENT, 3, (7, 5), np.random.default_rng(1))
    found = warp(np.asfortranarray(images), maps)
    np.testing.assert_array_equal(found, warp(images, maps))
