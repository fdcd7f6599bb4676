"""One image at a time: bytes, a file or an array -> uint8 of the recipe's size and channels.

The only place that decodes or resizes. Images are stretched to the size, not cropped; transparent
parts show white, as on a page.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from specnet.data.dataset import Shape
from specnet.errors import DataError

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
EXTENSIONS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp"})


WantedShape = tuple[int | None, int | None, int]  # (H, W, C); None: as the image has it


def decode(content: bytes | Path, shape: WantedShape) -> np.ndarray:
    """Decode an image, upright as its EXIF orientation says.

    Args:
        content: an encoded image, or the path of one: JPEG, PNG, BMP, GIF (first frame) or WebP.
        shape: (H, W, C) wanted, C in {1, 3}; None for H or W leaves it as it is.

    Returns:
        uint8 (H, W, C).

    Raises:
        DataError: the reason why it cannot be decoded.
    """
    try:
        encoded = content.read_bytes() if isinstance(content, Path) else content
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as image:
            return _fit(ImageOps.exif_transpose(image), shape)
    except Image.UnidentifiedImageError:
        size = len(encoded)
        raise DataError(f"not a JPEG, PNG, BMP, GIF or WebP image ({size} bytes)") from None
    except OSError as error:
        raise DataError(error.strerror or str(error)) from error
    except Exception as error:  # on damaged files Pillow's decoders raise nearly anything
        raise DataError(f"damaged: {error}") from error


def from_array(array: np.ndarray, shape: Shape) -> np.ndarray:
    """Bring a decoded image, uint8 (H', W', 1 or 3), to `shape` (H, W, C)."""
    if array.shape == shape:
        return array
    return _fit(Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array), shape)


def _fit(image: Image.Image, shape: WantedShape) -> np.ndarray:
    height, width, channels = shape[0] or image.height, shape[1] or image.width, shape[2]
    image = _eight_bit(image).convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)  # Pillow's antialiases
    return np.asarray(image).reshape(height, width, channels)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return an opaque 8-bit image of what a viewer would show."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion clips at 255
        scaled = np.clip(np.rint(np.asarray(image, np.float64) / 257), 0, 255)
        return Image.fromarray(scaled.astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        page = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(page, image)
    return image
