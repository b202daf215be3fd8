"""A chart as a file: a picture of any size for print (SVG or PNG), or the values that are seen as CSV.

Imports Qt, theme and the plot's painting; numpy only once there are curves.
"""

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QBuffer, QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from workbench.core import text
from workbench.gui import theme
from workbench.gui.widgets import plot_painting as painting
from workbench.gui.widgets.curve_colors import paint_swatch

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve
    from workbench.gui.widgets.plot import MetricPlot
    from workbench.gui.widgets.smoothing import Floats

SCREEN: Final = 96
"""Pixels to an inch for which the sizes of fonts are meant."""
INCH: Final = 25.4
_MOST_LISTED: Final = 60
_ROW: Final = 18.0
_EDGE: Final = 12.0


@dataclass(frozen=True, slots=True)
class Paper:
    """How large a picture is to be, in millimetres; dots to the inch, and whether its colours are those for paper."""

    width: int = 160
    height: int = 90
    dpi: int = 300
    light: bool = True

    @property
    def size(self) -> QSize:
        """In pixels of a screen."""
        return QSize(round(self.width / INCH * SCREEN), round(self.height / INCH * SCREEN))


@dataclass(frozen=True, slots=True)
class Export:
    """A file to be written: what is in it is made when it is asked for, which may take a while."""

    path: Path
    make: Callable[[], bytes]
    what: str


def png(plot: "MetricPlot", paper: Paper) -> Callable[[], bytes]:
    """The chart as a PNG; painted now, packed when it is asked for."""
    scale = paper.dpi / SCREEN
    picture = QImage(paper.size * scale, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(scale)
    dots = round(1000 * paper.dpi / INCH)
    picture.setDotsPerMeterX(dots)
    picture.setDotsPerMeterY(dots)
    painter = QPainter(picture)
    _paint(painter, plot, paper, fine=1 / scale)
    painter.end()

    def pack() -> bytes:
        packed = QByteArray()
        buffer = QBuffer(packed)
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(picture)
        return bytes(packed.data())

    return pack


def svg(plot: "MetricPlot", paper: Paper) -> Callable[[], bytes]:
    """The chart as an SVG."""
    packed = QByteArray()
    buffer = QBuffer(packed)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(SCREEN)
    generator.setSize(paper.size)
    generator.setViewBox(QRect(0, 0, paper.size.width(), paper.size.height()))
    generator.setTitle(text.one_line(plot.title))
    painter = QPainter(generator)
    _paint(painter, plot, paper, fine=SCREEN / paper.dpi)
    painter.end()
    made = bytes(packed.data())
    return lambda: made


def values(plot: "MetricPlot") -> Callable[[], bytes]:
    """What is seen, every point as it was recorded: a row each, as CSV. What is not finite is nan."""
    frame = plot.frame
    x0, x1 = (frame.x0, frame.x1) if frame is not None else (-math.inf, math.inf)
    # What has been recorded until now: the series may grow while they are written.
    found = [(curve, curve.series.x * curve.scale, curve.series.y) for curve in plot.shown_curves]
    label = text.one_line(plot.axis.label)

    def write() -> bytes:
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        banded = any(curve.band is not None for curve, _, _ in found)
        writer.writerow(
            ["curve", label, text.cell(text.one_line(plot.title)), *(["low", "high"] if banded else [])]
        )
        for curve, x, y in found:
            writer.writerows(_rows(curve, x, y, x0, x1, banded=banded))
        return stream.getvalue().encode()

    return write


def _rows(
    curve: "Curve", x: "Floats", y: "Floats", x0: float, x1: float, *, banded: bool
) -> Iterator[list[object]]:
    name = text.cell(text.one_line(curve.name))
    for at, value in zip(x.tolist(), y.tolist(), strict=True):
        if x0 <= at <= x1:
            shown = int(at) if at.is_integer() else at
            around = curve.band.at(at) if curve.band is not None else ("", "")
            yield [name, shown, value, *(around if banded else ())]


def _paint(painter: QPainter, plot: "MetricPlot", paper: Paper, fine: float) -> None:
    """Title, all names of the curves, and the plot; `fine` is how wide a dot is in pixels of a screen."""
    from workbench.gui.widgets.curves import Smoothing, look

    with _in_colors(paper):
        size, curves = paper.size, plot.shown_curves
        font = QFont(plot.font())
        font.setPixelSize(theme.TEXT)
        painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme.color("panel"))
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        title = text.one_line(plot.title)
        room = size.width() - 2 * _EDGE
        shown = QFontMetricsF(font).elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(_EDGE, 6, room, 20), int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.setFont(theme.small(font))
        top = _paint_names(painter, curves, size.width(), 28.0) + 4
        if plot.frame is None:
            return
        seen_frame = plot.frame
        ticks = painting.y_ticks(seen_frame)
        metrics = QFontMetricsF(painter.font())
        left = max((metrics.horizontalAdvance(tick.text) for tick in ticks), default=34.0) + 14
        width, height = size.width() - left - 2 * _EDGE, max(24.0, size.height() - top - 28.0)
        frame = replace(seen_frame, left=left, top=top, width=width, height=height)
        smoothing = Smoothing(*plot.smoothing)
        seen = look(curves, frame.x0, frame.x1, frame.width / fine, smoothing, log=frame.log_x)
        plot.paint_into(painter, frame, seen, fine)


def _paint_names(painter: QPainter, curves: "Sequence[Curve]", width: int, top: float) -> float:
    """The curves by name, in as many rows as it takes; gives where they end."""
    metrics, left = QFontMetricsF(painter.font()), _EDGE
    shown = list(curves[:_MOST_LISTED])
    for curve in shown:
        name = metrics.elidedText(text.one_line(curve.name, 120), Qt.TextElideMode.ElideMiddle, width - 60)
        wide = metrics.horizontalAdvance(name) + 20
        if left > _EDGE and left + wide > width - _EDGE:
            left, top = _EDGE, top + _ROW
        paint_swatch(painter, curve, left, top + _ROW / 2)
        painter.setPen(theme.color("text"))
        box = QRectF(left + 20, top, wide, _ROW)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), name)
        left += wide + 16
    if len(shown) < len(curves):
        top += _ROW
        rest = f"and {text.plural(len(curves) - len(shown), 'other curve')}"
        painter.drawText(QRectF(_EDGE, top, width, _ROW), int(Qt.AlignmentFlag.AlignVCenter), rest)
    return top + _ROW if curves else top


@contextmanager
def _in_colors(paper: Paper) -> Iterator[None]:
    """Paints in the colours for paper meanwhile, whatever the window shows."""
    kept = theme.appearance.theme
    if paper.light:
        theme.appearance.theme = theme.LIGHT
    try:
        yield
    finally:
        theme.appearance.theme = kept
