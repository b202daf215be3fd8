"""Paints the parts of one item of a dataset as the readers' process gives it: picture, text, curve, graph, numbers.

Imports Qt, NumPy and theme.  What the parts are is told in engine/readers/show.py.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from workbench.core.text import number, one_line
from workbench.gui import theme
from workbench.gui.widgets.colors import mixed

Item = Mapping[str, Any]
Part = Mapping[str, Any]

PICTURES: Final = ("image", "volume", "video", "graph")
"""Kinds that stand side by side as squares; the others lie below one another, as wide as there is room."""
_SIDE: Final = 112
_WIDE: Final = {"text": 348, "curve": 244, "spectrogram": 244, "row": 220, "table": 220, "value": 160}
_HIGH: Final = {"text": 104, "curve": 84, "spectrogram": 84, "row": 34, "table": 34, "value": 20}
_PAD: Final = 8
_LINE: Final = 18
_MOST_DOTS: Final = 400
_TEXT_LINE: Final = 17
_MOST_LINES: Final = 6
_LETTER: Final = 7.4
"""Pixels that a letter of a text takes, with its share of the gaps between tokens."""


def small_font() -> QFont:
    """The font of labels and captions."""
    font = QFont()
    font.setPixelSize(theme.SMALL)
    return font


def parts_of(item: Item) -> list[Part]:
    """The parts of an item that can be drawn."""
    found = item.get("parts", ())
    return [part for part in found if isinstance(part, Mapping) and "kind" in part]


def slices_of(part: Part) -> Sequence[str]:
    """The pictures of a volume or of a video, as base64 of PNG."""
    found = part.get("slices") or part.get("frames") or ()
    return found if isinstance(found, list | tuple) else ()


def tile_size(items: Sequence[Item], wide_as: int = 0) -> QSize:
    """How large the tiles of such items are at least: pictures beside one another, the rest below.

    All are alike but for their texts, of which the longest counts; `wide_as` says how much wider tiles will be.
    """
    parts = parts_of(items[0]) if items else []
    squares = [part for part in parts if part["kind"] in PICTURES]
    strips = [part for part in parts if part["kind"] not in PICTURES]
    caption = _LINE if len(parts) > 1 else 0
    room = max(_WIDE["text"], wide_as - 2 * _PAD)
    wide = [len(squares) * (_SIDE + _PAD) - _PAD if squares else 0]
    wide += [_WIDE.get(str(part["kind"]), 160) for part in strips]
    high = (_SIDE + caption) if squares else 0
    for part in strips:
        high += _height(items, part, room) + caption
    return QSize(max(_SIDE, *wide) + 2 * _PAD, high + _LINE + 2 * _PAD + 2)


def _height(items: Sequence[Item], part: Part, room: float) -> int:
    """How high such a strip is; a text as high as the longest one of these items in so much room."""
    high = _HIGH.get(str(part["kind"]), 20)
    if part["kind"] != "text":
        return high
    return high - _TEXT_LINE * (_MOST_LINES - _lines(items, str(part.get("name", "")), room))


def _lines(items: Sequence[Item], name: str, room: float) -> int:
    """How many lines the longest text of that name takes, about."""
    letters = max(1, int(room / _LETTER))
    texts = [
        str(part.get("text", "")) for item in items for part in parts_of(item) if part.get("name") == name
    ]
    return min(_MOST_LINES, max((text.count("\n") + 1 + len(text) // letters for text in texts), default=1))


def paint_parts(painter: QPainter, area: QRectF, item: Item, depth: float) -> None:
    """Paint all parts into an area; `depth` says which slice of a volume, 0 to 1."""
    parts = parts_of(item)
    squares = [part for part in parts if part["kind"] in PICTURES]
    strips = [part for part in parts if part["kind"] not in PICTURES]
    caption = _LINE if len(parts) > 1 else 0
    below = [_height([item], part, area.width()) + caption for part in strips]
    top = area.top()
    if squares:
        width = (area.width() + _PAD) / len(squares) - _PAD
        side = max(24.0, min(area.height() - sum(below) - caption, width))
        left = area.left() + (area.width() - len(squares) * (side + _PAD) + _PAD) / 2
        for place, part in enumerate(squares):
            box = QRectF(left + place * (side + _PAD), top + caption, side, side)
            _caption(painter, QRectF(box.left(), top, side, caption), part)
            paint_part(painter, box, part, depth)
        top += side + caption
    grown = (area.bottom() - top) / max(1, sum(below))  # less than 1 where a tile is too low for all of it
    for part, least in zip(strips, below, strict=True):
        height = least * grown
        _caption(painter, QRectF(area.left(), top, area.width(), caption), part)
        paint_part(painter, QRectF(area.left(), top + caption, area.width(), height - caption), part, depth)
        top += height


def paint_part(painter: QPainter, box: QRectF, part: Part, depth: float) -> None:
    """Paint one part into its box."""
    kind = part["kind"]
    painter.save()
    painter.setClipRect(box)
    if kind in ("volume", "video"):
        slices = slices_of(part)
        place = min(len(slices) - 1, round(depth * (len(slices) - 1)))
        _paint_picture(painter, box, slices[place] if slices else "")
    elif kind == "image":
        _paint_picture(painter, box, str(part.get("png", "")))
    elif kind == "spectrogram":  # as wide as the wave below it: both go over the same time
        _paint_picture(painter, box, str(part.get("png", "")), fill=True)
    elif kind == "curve":
        paint_curves(painter, box, part.get("channels") or ())
    elif kind == "graph":
        paint_nodes(painter, box, part)
    elif kind == "text":
        paint_text(painter, box, part)
    else:
        painter.setFont(small_font())
        painter.setPen(theme.color("text"))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(box, int(flags), brief(part))
    painter.restore()


def _caption(painter: QPainter, box: QRectF, part: Part) -> None:
    if box.height() <= 0:
        return
    painter.setFont(small_font())
    painter.setPen(theme.color("dim"))
    name = QFontMetricsF(small_font()).elidedText(
        one_line(str(part.get("title") or part.get("name", ""))), Qt.TextElideMode.ElideRight, box.width()
    )
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)


# ------------------------------------------------------------- words


def brief(part: Part) -> str:
    """A part in a few words: its numbers, its text, or what it is."""
    kind = part["kind"]
    if kind in ("row", "table"):
        values = values_of(part)
        shown = ", ".join(cell(value) for value in values[:12])
        return f"{shown}, … ({len(values)} values)" if len(values) > 12 else shown
    if kind in ("text", "value"):
        return one_line(str(part.get("text", "")))
    if kind == "curve":
        channels = part.get("channels") or ()
        points = max((len(channel) for channel in channels), default=0)
        many = f"{len(channels)} curves" if len(channels) != 1 else "a curve"
        return f"{many} of {points} points"
    if kind in ("volume", "video"):
        return f"{len(slices_of(part))} {'slices' if kind == 'volume' else 'frames'}"
    if kind == "graph":
        return f"a graph of {node_count(part)} nodes and {len(_pairs(part))} links"
    return "a picture"


def values_of(part: Part) -> list[object]:
    """The values of a row: its cells as they stand in the file, or numbers; of another part its text."""
    if part["kind"] not in ("row", "table"):
        return [part.get("text", "")]
    found = part.get("cells") or part.get("values")
    return list(found) if isinstance(found, list | tuple) else []


def named_values(part: Part) -> list[tuple[str, str]]:
    """The values of a row, each with the name of its column; of another part its text."""
    name = str(part.get("name", ""))
    if part["kind"] not in ("row", "table"):
        return [(name, one_line(str(part.get("text", ""))))]
    values, names = values_of(part), part.get("columns") or part.get("names") or ()
    told = [str(names[at]) if at < len(names) else f"{name} {at + 1}" for at in range(len(values))]
    if len(values) == 1 and not names:
        told = [name]
    return [(title, cell(value)) for title, value in zip(told, values, strict=True)]


def cell(value: object) -> str:
    """One value of a row."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else "yes" if value else "no"
    return number(float(value)) if isinstance(value, int | float) else one_line(str(value))


def spoken(item: Item) -> str:
    """An item for a screen reader: where it stands, its label and its parts in words."""
    label = one_line(str(item.get("label", "")))
    words = [f"Item {int(item.get('place', 0)) + 1}", *([label] if label else [])]
    words += [f"{part.get('name', '')}: {brief(part)}" for part in parts_of(item)]
    return "; ".join(words)


# ------------------------------------------------------------- pictures


@lru_cache(maxsize=512)
def picture(png: str) -> QImage:
    """The picture in a base64 text; a null one where it is damaged."""
    try:
        return QImage.fromData(base64.b64decode(png, validate=True))
    except ValueError:
        return QImage()


def _paint_picture(painter: QPainter, box: QRectF, png: str, *, fill: bool = False) -> None:
    image = picture(png)
    if image.isNull():
        painter.setFont(small_font())
        painter.setPen(theme.color("dim"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "damaged")
        return
    scale = min(box.width() / image.width(), box.height() / image.height())
    if scale > 1:  # whole squares first, then smoothly to size: pixels stay sharp and even
        image = image.scaled(image.size() * math.ceil(scale))
    at = QRectF(0, 0, picture(png).width() * scale, picture(png).height() * scale)
    at.moveCenter(box.center())
    at = box if fill else at
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(at, image)


# ------------------------------------------------------------- text


def paint_text(painter: QPainter, box: QRectF, part: Part) -> None:
    """A text with its tokens marked by turns, or as it is where it has none."""
    font = small_font()
    painter.setFont(font)
    tokens = part.get("tokens")
    if not isinstance(tokens, list | tuple) or not tokens:
        painter.setPen(theme.color("text"))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWrapAnywhere
        words = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        shown = str(part.get("text", ""))
        longest = max((len(word) for word in shown.split()), default=0)
        painter.drawText(box, int(words if longest < 40 else flags), shown)
        return
    metrics = QFontMetricsF(font)
    line = metrics.height() + 3
    # Words that were divided at spaces, which are no tokens: a gap stands for each.
    divided = " " in str(part.get("text", "")) and not any(" " in str(token) for token in tokens)
    gap = 3 if divided else 0
    x, y = box.left(), box.top()
    marks = (mixed(theme.color("accent"), theme.color("card"), 0.22), theme.color("hover"))
    for place, given in enumerate(tokens):
        breaks = "\n" in str(given)
        token = str(given).replace("\n", "¶").replace("\t", "⇥")
        width = metrics.horizontalAdvance(token) + 1
        if x + width > box.right() and x > box.left():
            x, y = box.left(), y + line
        if y + metrics.height() > box.bottom() + 2:
            return
        spot = QRectF(x, y, width, metrics.height())
        painter.fillRect(spot.adjusted(0, 0, -1, 0), marks[place % 2])
        painter.setPen(theme.color("dim" if breaks else "text"))
        painter.drawText(spot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, token)
        x += width + gap
        if breaks:
            x, y = box.left(), y + line


# ------------------------------------------------------------- curves


def paint_curves(painter: QPainter, box: QRectF, channels: Sequence[Sequence[float]]) -> None:
    """The channels of a signal over one another, each in its colour, in a common range."""
    values = [np.asarray(channel, dtype=np.float64) for channel in channels if len(channel)]
    finite = [one[np.isfinite(one)] for one in values]
    lows = [one.min() for one in finite if one.size]
    painter.fillRect(box, theme.color("base"))
    if not lows:
        return
    low, high = float(min(lows)), float(max(one.max() for one in finite if one.size))
    span = high - low or 1.0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = box.adjusted(3, 4, -3, -4)
    if low < 0 < high:
        zero = inner.bottom() - (0 - low) / span * inner.height()
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QPointF(inner.left(), zero), QPointF(inner.right(), zero))
    for place, one in enumerate(values):
        painter.setPen(QPen(theme.curve_color(place), 1.2))
        step = inner.width() / max(1, len(one) - 1)
        points = [
            QPointF(inner.left() + at * step, inner.bottom() - (float(value) - low) / span * inner.height())
            for at, value in enumerate(one)
            if math.isfinite(value)
        ]
        painter.drawPolyline(QPolygonF(points)) if len(points) > 1 else painter.drawPoints(QPolygonF(points))


# ------------------------------------------------------------- graphs


def node_count(part: Part) -> int:
    """How many nodes a graph has."""
    told = part.get("nodes")
    if isinstance(told, int):
        return told
    given = part.get("x")
    largest = max((max(pair) for pair in _pairs(part)), default=-1) + 1
    return max(len(given) if isinstance(given, list) else 0, largest)


def _pairs(part: Part) -> list[tuple[int, int]]:
    """The links, each once, from the two rows of their ends."""
    edges = part.get("edges") or ((), ())
    return sorted({(min(int(a), int(b)), max(int(a), int(b))) for a, b in zip(*edges, strict=False)})


@lru_cache(maxsize=256)
def _places(nodes: int, pairs: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    """Places in the unit square by forces: linked nodes attract, all repel.  Always the same for a graph."""
    turn = np.arange(nodes) * 2.399963  # the golden angle: no two start alike
    at = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.sqrt((np.arange(nodes) + 0.5) / nodes)[:, None]
    wish = 1.6 / math.sqrt(nodes)
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    rounds = 120 if nodes <= 60 else 60 if nodes <= 150 else 30
    for step in range(rounds):
        apart = at[:, None, :] - at[None, :, :]
        far = np.maximum(np.sqrt((apart**2).sum(axis=2)), 0.01)
        push = (apart / far[..., None] * (wish**2 / far)[..., None]).sum(axis=1)
        pull = at[ends[:, 1]] - at[ends[:, 0]]
        pull *= (np.sqrt((pull**2).sum(axis=1)) / wish)[:, None]
        np.add.at(push, ends[:, 0], pull)
        np.add.at(push, ends[:, 1], -pull)
        push -= at * 0.4  # parts that hang together by nothing stay in sight
        length = np.maximum(np.sqrt((push**2).sum(axis=1)), 1e-9)
        at += push / length[:, None] * np.minimum(length, 0.12 * (1 - step / rounds))[:, None]
    low = at.min(axis=0)
    span = np.maximum(at.max(axis=0) - low, 1e-9)
    placed: NDArray[np.float64] = (at - low) / span if nodes > 1 else np.full((1, 2), 0.5)
    return placed


def paint_nodes(painter: QPainter, box: QRectF, part: Part) -> None:
    """A drawing of a graph; nodes in the colours of their classes where those are told in `labels`."""
    painter.fillRect(box, theme.color("base"))
    nodes = min(node_count(part), _MOST_DOTS)
    if not nodes:
        return
    pairs = tuple((a, b) for a, b in _pairs(part) if a < nodes and b < nodes)
    given = part.get("at")
    told = isinstance(given, list) and len(given) >= nodes
    places = np.asarray(given, dtype=np.float64)[:nodes] if told else _places(nodes, pairs)
    radius = max(1.5, min(box.width() / 22, box.width() / (3.2 * math.sqrt(nodes))))
    inner = box.adjusted(radius + 3, radius + 3, -radius - 3, -radius - 3)
    points = [QPointF(inner.left() + x * inner.width(), inner.top() + y * inner.height()) for x, y in places]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    link = QColor(theme.color("dim"))
    link.setAlphaF(0.55 if nodes < 80 else 0.3)
    painter.setPen(QPen(link, 1))
    for one, other in pairs:
        painter.drawLine(points[one], points[other])
    labels = part.get("labels")
    colours = labels if isinstance(labels, list) and len(labels) >= nodes else [0] * nodes
    centre = part.get("centre")
    for place, point in enumerate(points):
        label = colours[place]
        known = isinstance(label, int) and label >= 0
        painter.setPen(QPen(theme.color("text"), 2) if place == centre else QPen(theme.color("base"), 1))
        painter.setBrush(theme.curve_color(label) if known else theme.color("dim"))
        painter.drawEllipse(point, radius, radius)
