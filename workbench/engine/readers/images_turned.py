"""How the camera was held (EXIF), and how the mask or target of such a picture comes to lie as the picture does.

May import Pillow.  Turns have the numbers of EXIF; 1 is upright.
"""

from __future__ import annotations

from PIL import Image

_Turn = Image.Transpose
_TURNS = {
    2: _Turn.FLIP_LEFT_RIGHT, 3: _Turn.ROTATE_180, 4: _Turn.FLIP_TOP_BOTTOM, 5: _Turn.TRANSPOSE,
    6: _Turn.ROTATE_270, 7: _Turn.TRANSVERSE, 8: _Turn.ROTATE_90,
}  # fmt: skip
_TAG = 0x0112
_FORMATS = ("JPEG", "MPO", "TIFF", "WEBP", "AVIF")


def orientation(image: Image.Image) -> int:
    """How the camera was held; for an image that is not loaded yet."""
    if image.format not in _FORMATS or (image.format != "TIFF" and "exif" not in image.info):
        return 1
    found = image.getexif().get(_TAG, 1)
    return found if isinstance(found, int) and found in _TURNS else 1


def to_do(image: Image.Image, otherwise: int = 1) -> int:
    """How what Pillow gives of an image that is not loaded yet is to be turned.

    `otherwise` is for one that does not say itself how the camera was held.
    """
    own = orientation(image)
    if own == 1:
        return otherwise
    return 1 if image.format == "TIFF" else own  # those Pillow turns itself


def swaps(turn: int) -> bool:
    """Whether width and height change places."""
    return turn >= 5


def turned(image: Image.Image, turn: int) -> Image.Image:
    """The picture upright."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def turn_of_other(turn: int, size: tuple[int, int], own: int, other: tuple[int, int]) -> int | None:
    """How a mask or target is to be turned so that it lies as its picture does when that is upright.

    `turn` and `size` (upright) are the picture's, `own` and `other` the mask's.  One that says itself how it lies is
    believed.  Else it was made from what the file has or from what people see: that it is wide or high tells which.
    None where nothing tells.
    """
    if turn == 1 or own != 1:
        return 1
    if not swaps(turn) or size[0] == size[1] or other[0] == other[1]:
        return None
    return 1 if (size[0] > size[1]) == (other[0] > other[1]) else turn
