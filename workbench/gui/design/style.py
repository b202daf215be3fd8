"""Pens, brushes, fonts and sizes that the canvas paints with, made once for each theme.  Imports Qt and theme."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainterPath, QPen, QPixmap

from workbench.core.shapes import TensorSpec
from workbench.gui import theme

SNAP = 8
NODE_WIDTH = 144
WIDEST = 192
HEAD = 48
FOLDED = 32
ROW = 16
CORNER = 6.0
PORT = 4.5
REACH = 14.0
"""How near to a port the pointer must be to take it, in pixels on the screen."""
DETAIL = 0.5
"""Below this zoom a node shows its title only and links show no shapes."""
OVERVIEW = 0.28
"""Below this zoom everything is painted in a few batches."""

WEIGHTS = 8
"""Steps from the thinnest to the thickest wire."""

KINDS = ("image", "vector", "label", "edge")


def wire_kind(spec: TensorSpec | None) -> str:
    """Which wire carries it: image, vector, label or edge; "" while that is not known."""
    if spec is None:
        return ""
    if spec.dtype != "float":
        return "edge" if spec.shape[:1] == (2,) and spec.rank == 2 else "label"
    return "image" if spec.rank >= 4 else "vector"


def spec_text(spec: TensorSpec, *names: str) -> str:
    """What flows, as it stands beside a wire: N×32×8×8, N labels, N×64 tokens, 2×E edges, N lengths, N×64×64 classes.

    `names` are those of the ports between which it flows, as far as they are known: one of them may tell lengths.
    """
    shape = "×".join(str(dim) for dim in spec.shape) or "scalar"
    if spec.dtype == "float":
        return shape
    if wire_kind(spec) == "edge":
        return f"{shape} edges"
    if any(name == "length" or name.endswith("_length") for name in names):
        return f"{shape} lengths"
    if spec.dtype == "bool":
        return f"{shape} mask"
    words = {0: "label", 1: "labels", 2: "tokens"}
    return f"{shape} {words.get(spec.rank, 'classes')}"


class Style:
    """Everything the painting code needs of one theme; get it with `style()`."""

    def __init__(self) -> None:
        tokens = theme.current()
        color = tokens.color
        self.base, self.card, self.line = map(color, ("base", "card", "line"))
        self.text, self.dim, self.accent, self.err, self.warn = map(
            color, ("text", "dim", "accent", "err", "warn")
        )
        self.dots = _mixed(self.dim, self.base, 0.28)
        self.stack = _mixed(self.card, self.base, 0.6)
        self.port = _mixed(self.dim, self.card, 0.85)
        self.families = {name: QColor(rgb) for name, rgb in tokens.families.items()}
        self.wires = {"": _mixed(self.dim, self.base, 0.8), **{kind: color(f"wire:{kind}") for kind in KINDS}}
        self.wire_pens = {kind: _pen(rgb, 1.75) for kind, rgb in self.wires.items()}
        self.lit_pens = {kind: _pen(rgb, 3.0) for kind, rgb in self.wires.items()}
        self.far_pens = {kind: _far(rgb) for kind, rgb in self.wires.items()}
        self.err_wire = _pen(self.err, 1.75)
        self.card_pen = _pen(_mixed(self.dim, self.card, 0.35) if tokens.name == "light" else self.line, 1.0)
        self.quiet = _mixed(self.dim, self.card, 0.55)
        self.bypass_pen = QPen(self.dim, 1.0, Qt.PenStyle.CustomDashLine)
        self.bypass_pen.setDashPattern([4.0, 3.0])
        self.hover_pen = _pen(self.dim, 1.0)
        self.chosen_pen = _pen(self.accent, 2.0)
        self.err_pen = _pen(self.err, 1.5)
        self.warn_pen = _pen(self.warn, 1.5)
        self.ring = _pen(self.card, 1.5)
        self.band_pen = _far(self.accent)
        self.outlines = {
            "": self.card_pen,
            "hovered": self.hover_pen,
            "chosen": self.chosen_pen,
            "error": self.err_pen,
            "warning": self.warn_pen,
        }
        self.no_pen = QPen(Qt.PenStyle.NoPen)
        self.far_outlines = {
            "": _far(self.line),
            "hovered": _far(self.dim),
            "chosen": self.band_pen,
            "error": _far(self.err),
            "warning": _far(self.warn),
        }
        self.band = QColor(self.accent)
        self.band.setAlphaF(0.12)
        self.plate = QColor(self.base)
        self.plate.setAlphaF(0.85)
        self.title_font = _font(13, QFont.Weight.DemiBold)
        self.title_fonts = tuple(_font(pixels, QFont.Weight.DemiBold) for pixels in (13, 12, 11))
        self.line_font = _font(11)
        self.port_font = _font(11)
        self.label_font = _font(10)
        self.big_fonts = (_font(18, QFont.Weight.DemiBold), _font(14, QFont.Weight.DemiBold))
        self.title_metrics = QFontMetricsF(self.title_font)
        self.line_metrics = QFontMetricsF(self.line_font)
        self.port_metrics = QFontMetricsF(self.port_font)
        self.label_metrics = QFontMetricsF(self.label_font)
        self._metrics = {"title": self.title_metrics, "line": self.line_metrics, "port": self.port_metrics}
        self._metrics["label"] = self.label_metrics
        self._weighted: dict[tuple[str, int], QPen] = {}
        self._widths: dict[tuple[str, str], float] = {}
        self._tiles: dict[tuple[int, float], QPixmap] = {}

    def wire_pen(self, kind: str, weight: int | None) -> QPen:
        """The pen of a wire; `weight` is a step from 0 to WEIGHTS, None for the usual one."""
        if weight is None:
            return self.wire_pens[kind]
        key = (kind, weight)
        if key not in self._weighted:
            self._weighted[key] = _pen(self.wires[kind], 1.0 + 4.0 * weight / WEIGHTS)
        return self._weighted[key]

    def width(self, font: str, text: str) -> float:
        """How wide a text is in the font of titles, lines, ports or labels."""
        key = (font, text)
        found = self._widths.get(key)
        if found is None:
            if len(self._widths) > 20_000:
                self._widths.clear()
            found = self._widths[key] = self._metrics[font].horizontalAdvance(text)
        return found

    def title_fitting(self, text: str, room: float) -> tuple[QFont, str]:
        """The largest font in which a title fits, and the title, shortened if it does not even fit the smallest."""
        if self.width("title", text) <= room:
            return self.title_font, text
        for font in self.title_fonts[1:]:
            metrics = QFontMetricsF(font)
            if metrics.horizontalAdvance(text) <= room:
                return font, text
        return font, metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)

    def family(self, name: str) -> QColor:
        return self.dim if name == "unknown" else self.families.get(name, self.families["structure"])

    def tile(self, step: int, ratio: float) -> QPixmap:
        """One cell of the dotted background, `step` screen pixels wide."""
        key = (step, ratio)
        if key not in self._tiles:
            if len(self._tiles) > 64:
                self._tiles.clear()
            size = max(1, round(step * ratio))
            made = QPixmap(size, size)
            made.fill(self.base)
            image = made.toImage()
            for x in range(max(1, round(ratio))):
                for y in range(max(1, round(ratio))):
                    image.setPixelColor(x, y, self.dots)
            made = QPixmap.fromImage(image)
            made.setDevicePixelRatio(ratio)
            self._tiles[key] = made
        return self._tiles[key]


def style() -> Style:
    """The style of the theme in force."""
    return _made(theme.current().name, QGuiApplication.font().family())


@lru_cache(maxsize=8)
def _made(name: str, family: str) -> Style:
    return Style()


@lru_cache(maxsize=64)
def edge_path(height: float) -> QPainterPath:
    """The coloured strip along the left side of a card, with the card's round corners."""
    card = QPainterPath()
    card.addRoundedRect(QRectF(0, 0, 40, height), CORNER, CORNER)
    strip = QPainterPath()
    strip.addRect(QRectF(0, 0, 4, height))
    return card.intersected(strip)


@lru_cache(maxsize=1)
def pin_path() -> QPainterPath:
    """A pin: the mark of a node that stays where it is."""
    path = QPainterPath()
    path.addEllipse(QRectF(1, 0, 6, 6))
    path.moveTo(4, 6)
    path.lineTo(4, 11)
    return path


@lru_cache(maxsize=1)
def tie_path() -> QPainterPath:
    """A tie of two rings: the mark of a node that shares another's weights."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(0, 2, 8, 5), 2.5, 2.5)
    path.addRoundedRect(QRectF(5, 2, 8, 5), 2.5, 2.5)
    return path


def snapped(point: QPointF) -> tuple[float, float]:
    """The grid point next to a place."""
    return round(point.x() / SNAP) * SNAP, round(point.y() / SNAP) * SNAP


def _mixed(front: QColor, back: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        front.redF() * share + back.redF() * (1 - share),
        front.greenF() * share + back.greenF() * (1 - share),
        front.blueF() * share + back.blueF() * (1 - share),
    )


def _pen(color: QColor, width: float) -> QPen:
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _far(color: QColor) -> QPen:
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    return pen


def _font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont(QGuiApplication.font())
    font.setPixelSize(pixels)
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
