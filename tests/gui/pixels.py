"""Which colours a picture has."""

from collections import Counter

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage


def colors(image: QImage, area: QRect | None = None, step: int = 1) -> Counter[str]:
    """How many pixels have each colour, as #rrggbb, in a picture or a part of it; `step` leaves out others between."""
    part = (image if area is None else image.copy(area)).convertToFormat(QImage.Format.Format_RGB32)
    pixels, wide = memoryview(part.constBits()).cast("I"), part.width()
    found: Counter[int] = Counter()
    for y in range(0, part.height(), step):
        found.update(pixels[y * wide : (y + 1) * wide : step])
    return Counter({f"#{pixel & 0xFFFFFF:06x}": count for pixel, count in found.items()})
