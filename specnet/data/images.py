"""One image at a time: bytes, a file or an array -> uint8 of the recipe's size and channels.

The only place that decodes or resizes. Images are stretched to the size, not cropped; transparent
parts show white, as on a page.
"""

import errno
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.TiffImagePlugin import TiffImageFile

from specnet.data.dataset import Shape
from specnet.data.image_files import read_regular
from specnet.errors import DataError

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
)
LARGEST_FILE = 2**30  # bytes
LARGEST_IMAGE = 2 * (Image.MAX_IMAGE_PIXELS or 0)  # pixels; beyond it Pillow refuses to decode

# What Pillow says of large images and of damage next to the pixels, which are checked here.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

ORIENTATION = 0x0112  # tag of EXIF
PHOTOMETRIC, BITS, SAMPLE_FORMAT = 262, 258, 339  # tags of TIFF
WHITE_IS_ZERO, SIGNED = 0, 2  # values of the first and the last

WantedShape = tuple[int | None, int | None, int]  # (H, W, C); None: as the image has it

# Reasons that may be gone the next time, though the file is the same.
_PASSING = (
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
    *(errno.EACCES, errno.EPERM, errno.EAGAIN, errno.EINTR),
)


class NotNow(DataError):
    """A file that cannot be read, for a reason that need not be there the next time."""


def decode(content: bytes | Path, shape: WantedShape) -> np.ndarray:
    """Decode an image, upright as its EXIF orientation says.

    Args:
        content: an encoded image, or the path of one: JPEG, PNG, BMP, GIF (first frame), WebP or
            TIFF (first page).
        shape: (H, W, C) wanted, C in {1, 3}; None for H or W leaves it as it is.

    Returns:
        uint8 (H, W, C).

    Raises:
        DataError: the reason why it cannot be decoded.
    """
    encoded = read(content) if isinstance(content, Path) else content
    try:
        _check_sums(encoded)
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as image:
            return _fit(_upright(_eight_bit(image), image), shape)
    except DataError:
        raise
    except Image.UnidentifiedImageError:
        size = len(encoded)
        raise DataError(f"not a JPEG, PNG, BMP, GIF, WebP or TIFF image ({size} bytes)") from None
    except Image.DecompressionBombError:
        raise DataError(f"more than {LARGEST_IMAGE / 1e6:.0f} million pixels") from None
    except OSError as error:
        raise DataError(error.strerror or f"damaged: {_line(error)}") from error
    except MemoryError as error:
        raise NotNow("memory ran out") from error
    except Exception as error:  # on damaged files Pillow's decoders raise nearly anything
        raise DataError(f"damaged: {_line(error)}") from error


def read(path: Path) -> bytes:
    """Return what is in a file; DataError gives the reason why it cannot be read."""
    try:
        return read_regular(path, LARGEST_FILE)
    except OSError as error:
        if error.errno in _PASSING:
            raise NotNow(error.strerror) from error
        raise DataError(error.strerror or _line(error)) from error


def _line(error: Exception) -> str:
    """Return one line; some of Pillow's errors have none, some have several."""
    return " ".join(str(error).split()) or type(error).__name__


def _check_sums(encoded: bytes) -> None:
    """Check what a PNG says of its own bytes, which Pillow does not while it decodes."""
    if encoded.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(encoded), formats=("PNG",)) as image:
            image.verify()


def from_array(array: np.ndarray, shape: Shape) -> np.ndarray:
    """Bring a decoded image, uint8 (H', W', 1 or 3), to `shape` (H, W, C)."""
    if array.shape == shape:
        return array
    return _fit(Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array), shape)


def _fit(image: Image.Image, shape: WantedShape) -> np.ndarray:
    height, width, channels = shape[0] or image.height, shape[1] or image.width, shape[2]
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)  # Pillow's antialiases
    return np.asarray(image).reshape(height, width, channels)


def _upright(image: Image.Image, source: Image.Image) -> Image.Image:
    """Turn an image as the EXIF data of its source, which is loaded, say."""
    image.getexif()[ORIENTATION] = source.getexif().get(ORIENTATION, 1)
    return ImageOps.exif_transpose(image)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return an opaque 8-bit image of what a viewer would show."""
    if image.mode[0] in "IF" or _tag(image, SAMPLE_FORMAT) == SIGNED:
        return Image.fromarray(_levels(image))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        page = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(page, image)
    return image


def _levels(image: Image.Image) -> np.ndarray:
    """Return the grey levels, uint8 (H, W), of an image that has other ones than 0 to 255.

    Pillow's own conversion clips them all at 255.
    """
    values = np.asarray(image, np.float64)
    if image.mode == "F":
        if not (values.min() >= 0 and values.max() <= 1):  # so with NaN too
            low, high = values.min(), values.max()
            raise DataError(f"floats from {low:g} to {high:g}; expected [0, 1], or 8 or 16 bits")
        white = 1.0
    elif image.mode.startswith("I;16"):
        white = 2.0 ** (_tag(image, BITS) or 16) - 1  # 12 bits come as 16 too
    else:
        raise DataError(
            "signed or 32-bit integers, whose white is not known; expected 8 or 16 bits"
        )
    levels = np.clip(np.rint(values * 255 / white), 0, 255).astype(np.uint8)
    # Pillow turns only those of 8 bits and fewer
    return 255 - levels if _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO else levels


def _tag(image: Image.Image, number: int) -> int | None:
    """Return a tag of a TIFF; None where it has none, and for other formats."""
    if not isinstance(image, TiffImageFile):
        return None
    value = image.tag_v2.get(number)
    return value[0] if isinstance(value, tuple) else value
