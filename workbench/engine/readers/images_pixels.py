"""One picture of a stranger as pixels: what its header says, and decoding it to a common size.

May import NumPy and Pillow.  Only formats that Pillow decodes itself are tried, and none that starts a program.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from workbench.engine.readers.images_jpeg import JPEG, MOST_BYTES, PlainJpeg, plain
from workbench.engine.readers.images_turned import orientation, swaps, to_do, turned

_FORMATS = ("PNG", "JPEG", "MPO", "BMP", "DIB", "GIF", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF", "ICO")

# What a damaged picture makes of Pillow.
DAMAGE = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, ArithmeticError,
    struct.error, zlib.error, RuntimeError, Image.DecompressionBombError,
)  # fmt: skip

# A picture of more than this many pixels is skipped unread: it is a mistake or a bomb.
MAX_PIXELS = 64 * 2**20

DEEP = "16 or 32 bits deep; 8 bits are kept"

# What is added to the number of a colour, so that blue 255 is another one than the level 255.
COLOUR = 1 << 24

# Ways to bring a picture to its size for which a smaller decoded one will do.
_SCALED = ("stretch", "cover", "inside")
# So many bytes have the header of an ordinary JPEG.
_HEAD = 4096
# So many have most small pictures as a whole; room for more than that is set apart anew for each.
_FIRST = 2**16

Size = tuple[int, int]
_Number = TypeVar("_Number", np.uint8, np.int32)
Pixels = NDArray[np.uint8]


def why(error: BaseException) -> str:
    """What one of DAMAGE says, for the end of a sentence."""
    return f" ({error})" if str(error) else ""


@dataclass(frozen=True, slots=True)
class Header:
    """Width and height of a picture as it is looked at, whether it has colours, and what is odd about it.

    `turn` is how it is turned for that, and `palette` its colours where it has some of its own.
    """

    size: Size
    colour: bool
    odd: str = ""
    turn: int = field(default=1, compare=False)
    palette: bytes = field(default=b"", compare=False)


class OtherHeaderError(Exception):
    """A picture is not like those from which was concluded what all of them are."""


@dataclass(frozen=True, slots=True)
class Form:
    """What every picture becomes: its size (width, height), how it is brought to it, 1 or 3 channels.

    `fit` is stretch, cover (scaled until it covers, the rest cut off), inside (scaled until it fits, the
    rest black), crop (cut out of the middle, not scaled, mirrored where it is smaller) or patches.  Of pictures
    deeper than 8 bits so many `bits` are used, of which the highest 8 are kept.
    """

    size: Size
    fit: str
    channels: int
    bits: int = 16

    def tiles(self, size: Size) -> int:
        """How many items a picture of that size becomes."""
        return (size[0] // self.size[0]) * (size[1] // self.size[1]) if self.fit == "patches" else 1

    def times(self, factor: int) -> Form:
        """The form of pictures so many times smaller."""
        return replace(self, size=(self.size[0] // factor, self.size[1] // factor))


def header(stream: BinaryIO) -> Header:
    """What the first bytes say; nothing is decoded.  Raises one of DAMAGE."""
    with stream:
        found = _plain(stream, _HEAD)
        if found is not None:
            return Header(found.size, found.colour)
        with _image(stream) as image:
            return _header(image)


def pixels(stream: BinaryIO, form: Form, expected: Header | None = None, turn: int = 1) -> Pixels:
    """The pixels as tiles × channels × height × width bytes.

    A picture that does not say itself how the camera was held is turned by `turn`.

    Raises one of DAMAGE, and OtherHeaderError when the header is not the expected one.
    """
    with stream:
        plain = _plain(stream, MOST_BYTES) if turn == 1 else None
        if plain is not None and len(plain.content) < MOST_BYTES:
            if expected is not None and Header(plain.size, plain.colour) != expected:
                raise OtherHeaderError
            wanted = _drafted(form.size) if form.fit in _SCALED else None
            # Of a damaged one Pillow's own way tells what is wrong.
            with suppress(*DAMAGE):
                return _formed(plain.decoded(form.channels == 1, wanted), form)
        stream.seek(0)
        return _opened(stream, form, expected, turn)


def _opened(stream: BinaryIO, form: Form, expected: Header | None, turn: int = 1) -> Pixels:
    """The pixels of a picture of any kind."""
    with _image(stream) as image:
        found = _header(image)
        if expected is not None and found != expected:
            raise OtherHeaderError
        turn = to_do(image, turn)
        if form.fit in _SCALED and image.format == "JPEG":
            size = form.size[::-1] if swaps(turn) else form.size
            image.draft("RGB" if form.channels == 3 else "L", _drafted(size))
        return _formed(turned(image, turn), form)


def _drafted(size: Size) -> Size:
    """A large photograph is decoded at half, a fourth or an eighth, still twice as large as wanted."""
    return 2 * size[0], 2 * size[1]


def _formed(image: Image.Image, form: Form) -> Pixels:
    """A picture as tiles × channels × height × width bytes."""
    done = laid(_bytes(image, form), form, Image.Resampling.BILINEAR)
    # Half the time of np.asarray, which asks Pillow for several things.
    array = np.frombuffer(done.tobytes(), np.uint8).reshape(done.size[1], done.size[0], form.channels)
    return _tiles(array, form).transpose(0, 3, 1, 2)


def _plain(stream: BinaryIO, most: int) -> PlainJpeg | None:
    """The ordinary JPEG that a stream begins with; otherwise the stream is where it was."""
    content = stream.read(min(most, _FIRST))
    if len(content) == _FIRST and content.startswith(JPEG):
        content += stream.read(most - _FIRST)
    found = plain(content)
    if found is not None:
        _check_size(found.size)
    else:
        stream.seek(0)
    return found


def codes(stream: BinaryIO, form: Form, turn: int = 1, *, by_colour: bool = False) -> NDArray[np.int32]:
    """A mask as tiles × height × width numbers: grey levels, places in its palette, or colours as COLOUR + 0xRRGGBB.

    Of a mask in colours, too, grey pixels are levels: another mask may have nothing else.  `turn` is as of `pixels`.
    A palette counts as colours where it is wanted `by_colour`.
    """
    with _image(stream) as image:
        if image.size[0] * image.size[1] > MAX_PIXELS:
            raise ValueError(f"more than {MAX_PIXELS:,} pixels")
        turn = to_do(image, turn)
        if by_colour and image.mode in ("P", "PA"):
            image = image.convert("RGB")
        if image.mode in ("1", "L", "P", "I", "F") or image.mode[:2] == "I;":
            values = np.asarray(image.convert("L") if image.mode == "1" else image).astype(np.int32)
        elif image.mode in ("LA", "La", "PA"):
            values = np.asarray(image)[:, :, 0].astype(np.int32)
        else:
            colours = np.asarray(image.convert("RGB")).astype(np.int32)
            red, green, blue = (colours[:, :, channel] for channel in range(3))
            values = np.where((red == green) & (green == blue), red, COLOUR | red << 16 | green << 8 | blue)
    whole: NDArray[np.int32] = np.asarray(
        laid(turned(Image.fromarray(values), turn), form, Image.Resampling.NEAREST)
    )
    return _tiles(whole, form)


def degraded(picture: Pixels, scale: int, keep_small: bool) -> Pixels:
    """A picture (channels × height × width) as it looks when it was made smaller by `scale`."""
    channels, height, width = picture.shape
    array = picture[0] if channels == 1 else picture.transpose(1, 2, 0)
    small = Image.fromarray(np.ascontiguousarray(array)).resize(
        (width // scale, height // scale), Image.Resampling.BICUBIC
    )
    result = np.asarray(small if keep_small else small.resize((width, height), Image.Resampling.BICUBIC))
    return result[None] if channels == 1 else result.transpose(2, 0, 1)


@contextmanager
def _image(stream: BinaryIO) -> Iterator[Image.Image]:
    with stream:
        try:
            image = Image.open(stream, "r", _formats())
        except UnidentifiedImageError as error:  # which tells of an object of Python
            raise ValueError from error
        except Image.DecompressionBombError as error:
            raise ValueError(f"it has more than {MAX_PIXELS:,} pixels") from error
        with image:
            yield image


@contextmanager
def quiet() -> Iterator[None]:
    """Odd metadata is no reason to warn, and the limit of pixels is checked here.  Holds for all threads."""
    _formats()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@lru_cache(maxsize=1)
def _formats() -> tuple[str, ...]:
    """Those that this Pillow was built with.  Its plug-ins must not be imported by several threads at once."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _header(image: Image.Image) -> Header:
    width, height = image.size
    _check_size(image.size)
    if swaps(to_do(image)):
        width, height = height, width
    mode = image.mode
    colour = mode not in ("1", "L", "LA", "La", "I", "F") and mode[:2] != "I;"
    palette = bytes(image.palette.palette) if mode in ("P", "PA") and image.palette else b""
    return Header((width, height), colour, _odd(image), orientation(image), _once(palette))


@lru_cache(maxsize=64)
def _once(palette: bytes) -> bytes:
    """The palette, of equal ones always the same object: many pictures have one."""
    return palette


def differ(palettes: Iterable[bytes]) -> bool:
    """Whether palettes have different colours in the same places; one may have fewer than another."""
    different = set(palettes)
    longest = max(different, key=len, default=b"")
    return not all(longest.startswith(palette) for palette in different)


def _check_size(size: Size) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width}×{height} pixels are more than {MAX_PIXELS:,}")
    if not width * height:
        raise ValueError("it has no pixels")


def _odd(image: Image.Image) -> str:
    if getattr(image, "is_animated", False):
        return "animated; the first picture is taken"
    if image.mode in ("I", "F") or image.mode[:2] == "I;":
        return DEEP
    if image.mode in ("CMYK", "LAB", "YCbCr", "HSV") and image.format != "JPEG":
        return f"in {image.mode} colours; they become RGB"
    if image.mode == "CMYK":
        return "in CMYK colours; they become RGB"
    if image.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in image.info:
        return "transparent; what lies behind becomes white"
    return ""


def highest(stream: BinaryIO) -> int:
    """The highest value of a picture of whole numbers deeper than 8 bits; 0 of another.  Raises one of DAMAGE."""
    with _image(stream) as image:
        _check_size(image.size)
        return int(np.asarray(image).max()) if image.mode == "I" or image.mode[:2] == "I;" else 0


def _bytes(image: Image.Image, form: Form) -> Image.Image:
    """The picture in 8 bits, grey or RGB."""
    mode = "RGB" if form.channels == 3 else "L"
    if image.mode[:2] == "I;" or image.mode == "I":
        # Pillow would cut 16 bits off instead of scaling.
        deep = np.asarray(image).astype(np.int64)
        return Image.fromarray((deep >> (form.bits - 8)).clip(0, 255).astype(np.uint8)).convert(mode)
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        if values.min() >= 0 and values.max() <= 1:
            values = values * 255
        return Image.fromarray(values.clip(0, 255).astype(np.uint8)).convert(mode)
    if image.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, layer)
    return image if image.mode == mode else image.convert(mode)


def laid(image: Image.Image, form: Form, resample: Image.Resampling) -> Image.Image:
    """The picture at the size of the form, or for patches as large as whole tiles of it."""
    width, height = form.size
    if form.fit == "patches":
        return _cut(image, image.size[0] // width * width, image.size[1] // height * height)
    if image.size == form.size:
        return image
    if form.fit == "stretch":
        return image.resize(form.size, resample)
    if form.fit == "crop":
        return _cut(_mirrored(image, form.size), width, height)
    ratios = (width / image.size[0], height / image.size[1])
    ratio = max(ratios) if form.fit == "cover" else min(ratios)
    scaled = image.resize(
        (max(1, round(image.size[0] * ratio)), max(1, round(image.size[1] * ratio))), resample
    )
    return _cut(scaled, width, height)


def _cut(image: Image.Image, width: int, height: int) -> Image.Image:
    """The middle of a picture; what is missing at its edges becomes black."""
    left, top = (image.size[0] - width) // 2, (image.size[1] - height) // 2
    return image.crop((left, top, left + width, top + height))


def _mirrored(image: Image.Image, size: Size) -> Image.Image:
    """A picture at least of that size, mirrored at its edges."""
    missing = [max(0, wanted - there) for wanted, there in zip(size, image.size, strict=True)]
    if not any(missing):
        return image
    across, down = ((more - more // 2, more // 2) for more in missing)
    array = np.asarray(image)
    edges = [down, across] + [(0, 0)] * (array.ndim - 2)
    return Image.fromarray(np.pad(array, edges, mode="symmetric"))


def _tiles(array: NDArray[_Number], form: Form) -> NDArray[_Number]:
    """height × width (× channels) as tiles × height × width (× channels)."""
    if form.fit != "patches":
        return array[None]
    width, height = form.size
    rows, columns = array.shape[0] // height, array.shape[1] // width
    cut = array.reshape(rows, height, columns, width, *array.shape[2:])
    return cut.swapaxes(1, 2).reshape(rows * columns, height, width, *array.shape[2:])
