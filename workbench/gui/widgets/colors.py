"""Mixing colours, and writing on them so that it can be read.  Imports Qt."""

from PySide6.QtGui import QColor


def mixed(front: QColor, back: QColor, share: float) -> QColor:
    """`share` of the one colour and the rest of the other, opaque."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        share * front.redF() + rest * back.redF(),
        share * front.greenF() + rest * back.greenF(),
        share * front.blueF() + rest * back.blueF(),
    )


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2 defines it, 0 (black) to 1 (white)."""
    parts = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable_on(back: QColor) -> QColor:
    """White or near black, whichever stands out more on a colour."""
    light = luminance(back)
    return QColor("#ffffff") if 1.05 / (light + 0.05) > (light + 0.05) / 0.0565 else QColor("#101318")
