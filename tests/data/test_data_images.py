"""Decoding: what a viewer would show, whatever the format and mode."""

import io
import os
import socket
from contextlib import suppress

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from specnet.data import images
from specnet.data.images import decode, from_array
from specnet.errors import DataError

COLOURS = np.random.default_rng(0).integers(0, 256, (13, 10, 3), np.uint8)  # odd, even, not square
GREYS = COLOURS[..., 0]


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "TIFF"])
def test_lossless_colours_come_back_exactly(kind):
    content = encoded(
        Image.fromarray(COLOURS), kind, **({"lossless": True} if kind == "WEBP" else {})
    )
    np.testing.assert_array_equal(decode(content, (13, 10, 3)), COLOURS)


def test_a_path_decodes_as_its_bytes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(Image.fromarray(COLOURS)))
    np.testing.assert_array_equal(decode(path, (13, 10, 3)), COLOURS)


def test_grey_as_colour_repeats_it_and_colour_as_grey_weighs_it():
    grey = decode(encoded(Image.fromarray(GREYS)), (13, 10, 3))
    np.testing.assert_array_equal(grey, np.repeat(GREYS[..., None], 3, axis=2))
    luma = COLOURS @ np.array([0.299, 0.587, 0.114])  # ITU-R 601
    found = decode(encoded(Image.fromarray(COLOURS)), (13, 10, 1))
    assert np.abs(found[..., 0] - luma).max() <= 1


DEEP = np.linspace(0, 65535, 130).reshape(13, 10).astype(np.uint16)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(kind):
    found = decode(encoded(Image.fromarray(DEEP), kind), (13, 10, 1))
    np.testing.assert_array_equal(found[..., 0], np.rint(DEEP / 257))


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_sixteen_bits_of_colours_too(kind):
    _, content = cv2.imencode(kind, np.dstack([DEEP, DEEP // 2, DEEP // 3]))  # blue, green, red
    found = decode(content.tobytes(), (13, 10, 3)).astype(int)
    assert np.abs(found - np.dstack([DEEP // 3, DEEP // 2, DEEP]) / 257).max() < 1


def test_a_tiff_whose_white_is_zero_is_turned():
    content = encoded(Image.fromarray(DEEP), "TIFF", tiffinfo={262: 0})
    found = decode(content, (13, 10, 1))
    np.testing.assert_array_equal(found[..., 0], 255 - np.rint(DEEP / 257))


def test_floats_are_levels_from_0_to_1_or_refused():
    floats = (DEEP / 65535).astype(np.float32)
    found = decode(encoded(Image.fromarray(floats), "TIFF"), (13, 10, 1))
    np.testing.assert_array_equal(found[..., 0], np.rint(DEEP / 257))
    for wrong, words in ((floats * 255, "floats from 0 to 255"), (DEEP.astype(np.int32), "32-bit")):
        with pytest.raises(DataError, match=words):
            decode(encoded(Image.fromarray(wrong), "TIFF"), (13, 10, 1))


def test_transparent_parts_show_white():
    alpha = np.linspace(0, 255, 130).reshape(13, 10, 1).astype(np.uint8)
    found = decode(encoded(Image.fromarray(np.concatenate([COLOURS, alpha], 2))), (13, 10, 3))
    expected = (COLOURS * (alpha / 255.0)) + 255 * (1 - alpha / 255.0)
    assert np.abs(found - expected).max() <= 1


def test_a_palette_and_its_transparent_colour():
    image = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8), "P")
    image.putpalette([200, 10, 20, 0, 0, 255])
    opaque = decode(encoded(image), (2, 2, 3))
    assert opaque[0].tolist() == [[200, 10, 20], [0, 0, 255]]
    see_through = decode(encoded(image, transparency=1), (2, 2, 3))
    assert see_through[0].tolist() == [[200, 10, 20], [255, 255, 255]]


def test_one_bit_is_black_and_white():
    bits = GREYS > 128
    found = decode(encoded(Image.fromarray(bits)), (13, 10, 1))
    np.testing.assert_array_equal(found[..., 0], bits * 255)


def test_cmyk_ink_is_subtracted_from_white():
    ink = np.zeros((8, 8, 4), np.uint8)
    ink[:] = (255, 0, 0, 0)  # all cyan: no red
    found = decode(encoded(Image.fromarray(ink, "CMYK"), "JPEG", quality=100), (8, 8, 3))
    assert np.abs(found.astype(int) - (0, 255, 255)).max() <= 3


@pytest.mark.parametrize("kind", ["GIF", "TIFF"])
def test_of_an_animation_the_first_frame(kind):
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "blue")]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.unique(decode(content, (4, 6, 3)).reshape(-1, 3), axis=0).tolist() == [[255, 0, 0]]


UPRIGHT = {  # EXIF orientation -> how the stored pixels are to be turned
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_images_stand_upright(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    alpha = np.full((13, 10, 1), 255, np.uint8)
    expected = UPRIGHT[orientation](COLOURS)
    for pixels in (COLOURS, np.concatenate([COLOURS, alpha], 2)):
        found = decode(encoded(Image.fromarray(pixels), kind, exif=exif), expected.shape)
        np.testing.assert_array_equal(found, expected)
    grey = decode(encoded(Image.fromarray(DEEP), kind, exif=exif), (None, None, 1))
    np.testing.assert_array_equal(grey[..., 0], UPRIGHT[orientation](np.rint(DEEP / 257)))


def triangle(size: int, target: int) -> np.ndarray:
    """The weights (target, size) of bilinear resizing that widens its filter when it shrinks."""
    scale = size / target
    distance = np.arange(size)[None] + 0.5 - (np.arange(target)[:, None] + 0.5) * scale
    weights = np.maximum(0, 1 - np.abs(distance) / max(scale, 1))
    return weights / weights.sum(axis=1, keepdims=True)


@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_resizing_is_bilinear_with_antialias(height, width):
    expected = np.einsum("vh,hwc,uw->vuc", triangle(13, height), COLOURS, triangle(10, width))
    found = from_array(COLOURS, (height, width, 3))
    assert found.shape == (height, width, 3)
    assert np.abs(found - expected).max() <= 1.5  # Pillow rounds after each axis


@given(st.data())
def test_a_damaged_file_is_a_data_error_or_an_image(data):
    content = encoded(Image.fromarray(COLOURS), data.draw(st.sampled_from(["PNG", "JPEG", "GIF"])))
    damaged = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        damaged[place : place + 1] = b"\x00"
    with suppress(DataError):
        assert decode(bytes(damaged), (5, 4, 3)).shape == (5, 4, 3)


def test_other_formats_are_refused():
    with pytest.raises(DataError, match="not a JPEG, PNG, BMP, GIF, WebP or TIFF"):
        decode(encoded(Image.fromarray(COLOURS), "PPM"), (5, 4, 3))


def test_a_flipped_bit_of_a_png_is_found():
    content = bytearray(encoded(Image.fromarray(COLOURS)))
    content[len(content) // 2] ^= 4
    with pytest.raises(DataError, match="checksum"):
        decode(bytes(content), (13, 10, 3))


def test_more_pixels_than_memory_holds_are_refused_before_they_are_decoded():
    content = bytearray(encoded(Image.new("1", (10, 10)), "BMP"))
    content[18:26] = (60000).to_bytes(4, "little") * 2
    with pytest.raises(DataError, match="more than 179 million pixels"):
        decode(bytes(content), (13, 10, 3))


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "folder.png").mkdir()
    address = socket.socket(socket.AF_UNIX)
    address.bind(str(tmp_path / "socket.png"))
    kinds = {"pipe": "a named pipe", "zero": "a device", "folder": "a folder", "socket": "a socket"}
    for name, words in kinds.items():
        with pytest.raises(DataError, match=f"{words}, not a file"):
            decode(tmp_path / f"{name}.png", (13, 10, 3))


def test_a_file_without_end_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "LARGEST_FILE", 1000)
    (tmp_path / "a.png").write_bytes(bytes(1001))
    with pytest.raises(DataError, match="the most that is read"):
        decode(tmp_path / "a.png", (13, 10, 3))
