"""The colour and the dashes of a curve, for whatever paints it.  Imports Qt and theme; no numpy."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from workbench.gui import theme
from workbench.gui.widgets.colors import mixed

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve

DASHES: Final[dict[str, tuple[float, ...]]] = {
    "dash": (7.0, 4.0),
    "dot": (2.0, 3.0),
    "dash-dot": (8.0, 3.0, 2.0, 3.0),
}
"""Lengths of strokes and of the gaps behind them, in pixels."""
_RAMP: Final = (0, 3, 4, 1)
_SHORT: Final[dict[str, list[float]]] = {"dash": [2.5, 1.5], "dot": [1, 1], "dash-dot": [3, 1, 1, 1]}


def color_of(curve: "Curve") -> QColor:
    """The colour in which a curve is painted."""
    return shade(curve.shade) if curve.shade >= 0 else theme.curve_color(curve.color)


def shade(share: float) -> QColor:
    """A colour between the ends of a scale of numbers, 0 to 1."""
    place = min(1.0, max(0.0, share)) * (len(_RAMP) - 1)
    first = min(int(place), len(_RAMP) - 2)
    return mixed(theme.curve_color(_RAMP[first + 1]), theme.curve_color(_RAMP[first]), place - first)


def paint_swatch(
    painter: QPainter, curve: "Curve", left: float, middle: float, *, shown: bool = True
) -> None:
    """A short stroke in a curve's colour and style; faint for one that is hidden."""
    color = color_of(curve)
    color.setAlphaF(1.0 if shown else 0.35)
    pen = QPen(color, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    if curve.style != "solid":
        pen.setDashPattern(_SHORT[curve.style])
    painter.setPen(pen)
    painter.drawLine(QPointF(left, middle), QPointF(left + 14, middle))
