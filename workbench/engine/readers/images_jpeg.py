"""Ordinary JPEG pictures, decoded without all that Pillow does around its decoder: over half of the time of small ones.

May import Pillow.  What is in any way out of the ordinary is left to Pillow's own way of opening pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

# A larger file gains nothing from this, and is not read into memory as a whole.
MOST_BYTES = 2**20

JPEG = b"\xff\xd8"  # begins with it
_SCAN = 0xDA
# Baseline, extended and progressive, as libjpeg decodes them.
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
# Tables, the JFIF mark and comments. Whatever else an application adds, such as how the camera was held, Pillow knows.
_ORDINARY = frozenset((0xC4, 0xDB, 0xDD, 0xE0, 0xFE))
_MODES = {1: "L", 3: "RGB"}
_SCALES = (8, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class PlainJpeg:
    """The bytes of an ordinary JPEG, its width and height, and whether it has colours."""

    content: bytes
    size: tuple[int, int]
    colour: bool

    def decoded(self, grey: bool, wanted: tuple[int, int] | None) -> Image.Image:
        """The picture; at a half, a fourth or an eighth where it stays as large as `wanted`, if that is given.

        The same pixels that `Image.open` gives after `draft`.  `grey` says that colours are of no use.
        Raises ValueError where it is damaged.
        """
        mode = "RGB" if self.colour and not (grey and wanted) else "L"
        width, height = self.size
        scale = 1
        if wanted is not None:
            most = min(width // wanted[0], height // wanted[1])
            scale = next((each for each in _SCALES if most >= each), 1)
        smaller = ((width + scale - 1) // scale, (height + scale - 1) // scale)
        return Image.frombytes(mode, smaller, self.content, "jpeg", mode, "", scale, 0)


def plain(content: bytes) -> PlainJpeg | None:
    """The JPEG that begins so, or None where it is none or no ordinary one; nothing is decoded.

    Only what libjpeg, too, cannot understand in another way is taken: one frame, and mark after mark.
    """
    if content[:2] != JPEG:
        return None
    place, frame = 2, None
    while place + 20 <= len(content) and content[place] == 0xFF:  # whatever a frame says is inside
        mark, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        if mark == _SCAN:
            return frame
        if mark in _FRAMES and frame is None and length >= 11:
            bits, height, width, parts = content[place + 4], *_sizes(content, place), content[place + 9]
            if bits != 8 or not width * height or parts not in _MODES:
                return None
            frame = PlainJpeg(content, (width, height), parts == 3)
        elif mark not in _ORDINARY or length < 2:
            return None
        place += 2 + length
    return None


def _sizes(content: bytes, place: int) -> tuple[int, int]:
    return (
        int.from_bytes(content[place + 5 : place + 7], "big"),
        int.from_bytes(content[place + 7 : place + 9], "big"),
    )
