"""Recorded attention maps: how much each position looks at each other.  Imports Qt, records and the other widgets."""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from workbench.core.text import one_line
from workbench.gui import theme
from workbench.gui.widgets.colors import mixed
from workbench.gui.widgets.fields import Choice
from workbench.store.records import Media

_MOST_POSITIONS: Final = 512
_MOST_EXAMPLES: Final = 64
_MOST_HEADS: Final = 64
_ALL: Final = -1


@dataclass(frozen=True, slots=True)
class AttentionMap:
    """The maps of all heads for one example: for each head a level of 0 … 255 for each row and column."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    heads: tuple[bytes, ...]

    def share(self, head: int, row: int, column: int) -> float:
        """With which weight a row takes in a column."""
        return self.heads[head][row * len(self.columns) + column] / 255


def parse(data: bytes) -> list[AttentionMap]:
    """From {"examples": [{"rows": […], "columns": […], "heads": 2, "weights": base64}]}; nothing where damaged."""
    try:
        return [_example(given) for given in json.loads(data)["examples"][:_MOST_EXAMPLES]]
    except (ValueError, TypeError, KeyError):
        return []


def _example(given: dict[str, object]) -> AttentionMap:
    rows, columns = (
        tuple(one_line(str(name), 24) for name in _listed(given[side])) for side in ("rows", "columns")
    )
    levels = base64.b64decode(str(given["weights"]), validate=True)
    count, size = int(str(given["heads"])), len(rows) * len(columns)
    if not (0 < count <= _MOST_HEADS and size and len(levels) == count * size):
        raise ValueError("not as many weights as there are cells")
    return AttentionMap(
        rows, columns, tuple(levels[head * size : (head + 1) * size] for head in range(count))
    )


def _listed(names: object) -> list[object]:
    if not isinstance(names, list) or len(names) > _MOST_POSITIONS:
        raise ValueError("no list of tokens")
    return names


class AttentionView(QWidget):
    """One example at a time: the map of one head with its tokens, or all heads side by side."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.example = Choice("Example", "Which example is shown")
        self.head = Choice("Head", "Which head of the attention is shown")
        self.heat = HeatMap(name)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.example, 1)
        row.addWidget(self.head, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.heat, 1)
        self._maps: list[AttentionMap] = []
        self.example.picked.connect(lambda _: self._show())
        self.head.picked.connect(lambda _: self._show())

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last; example and head stay as they were chosen."""
        self._maps = parse(history[-1].data)
        if self.example.count() != len(self._maps):
            self.example.set_items([(place, f"Example {place + 1}") for place in range(len(self._maps))])
        heads = len(self._maps[0].heads) if self._maps else 0
        if self.head.count() != heads + (heads > 1):
            both = [(_ALL, "All heads")] if heads > 1 else []
            self.head.set_items([*both, *((place, f"Head {place + 1}") for place in range(heads))])
        self.head.setVisible(heads > 1)
        self._show()
        return ""

    def _show(self) -> None:
        place, head = self.example.currentData(), self.head.currentData()
        shown = self._maps[place] if isinstance(place, int) and place < len(self._maps) else None
        self.heat.show_map(shown, head if isinstance(head, int) else 0)


class HeatMap(QWidget):
    """The map of one head with its tokens, or those of all heads without."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._map: AttentionMap | None = None
        self._head = 0
        self._frame = QRectF()
        self.setAccessibleName(name)
        self.setToolTip("Rows: who looks. Columns: what is looked at.")
        self.setMinimumSize(160, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(300, 300)

    def show_map(self, shown: AttentionMap | None, head: int) -> None:
        """Show an example, of all heads where `head` is −1; None is damaged."""
        self._map, self._head = shown, head if shown is None or head < len(shown.heads) else 0
        said = f"{len(shown.rows)} × {len(shown.columns)} positions" if shown else "damaged"
        self.setAccessibleDescription(said)
        self.update()

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell of the one map is painted."""
        assert self._map is not None
        wide, high = self._frame.width() / len(self._map.columns), self._frame.height() / len(self._map.rows)
        return QRectF(self._frame.left() + column * wide, self._frame.top() + row * high, wide, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self._map
        font = theme.small(self.font())
        painter.setFont(font)
        painter.setPen(theme.color("dim"))
        if shown is None:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "This map is damaged")
        elif self._head == _ALL:
            self._paint_all(painter, shown)
        else:
            self._paint_one(painter, shown, QFontMetricsF(font))
        painter.end()

    def _paint_one(self, painter: QPainter, shown: AttentionMap, metrics: QFontMetricsF) -> None:
        left = min(max(map(metrics.horizontalAdvance, shown.rows)) + 8, self.width() * 0.35)
        below = min(max(map(metrics.horizontalAdvance, shown.columns)) + 8, self.height() * 0.35)
        side = min(
            (self.width() - left - 4) / len(shown.columns),
            (self.height() - below - 12) / len(shown.rows),
            48.0,
        )
        wide, high = side * len(shown.columns), side * len(shown.rows)
        spare = max(0.0, (self.width() - left - wide - 4) / 2)
        self._frame = QRectF(left + spare, max(8.0, (self.height() - below - high) / 2), wide, high)
        painter.drawImage(self._frame, _picture(shown, self._head))
        stride = max(1, math.ceil(metrics.height() / side))
        for place in range(0, len(shown.rows), stride):
            text = metrics.elidedText(shown.rows[place], Qt.TextElideMode.ElideRight, left - 8)
            box = QRectF(self._frame.left() - left, self.cell(place, 0).top(), left - 6, side)
            painter.drawText(
                _tall(box, metrics), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text
            )
        for place in range(0, len(shown.columns), stride):
            text = metrics.elidedText(shown.columns[place], Qt.TextElideMode.ElideRight, below - 8)
            painter.save()
            painter.translate(QPointF(self.cell(0, place).center().x(), self._frame.bottom() + 6))
            painter.rotate(-90)
            box = QRectF(-below, -metrics.height() / 2, below, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            painter.restore()

    def _paint_all(self, painter: QPainter, shown: AttentionMap) -> None:
        self._frame = QRectF()
        count = len(shown.heads)
        columns = max(1, round(math.sqrt(count * self.width() / max(1, self.height()))))
        columns = min(columns, count)
        rows = math.ceil(count / columns)
        wide, high = self.width() / columns, self.height() / rows
        shape = len(shown.columns) / len(shown.rows)
        for head in range(count):
            box = QRectF(head % columns * wide, head // columns * high, wide, high).adjusted(3, 2, -3, -4)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter, f"head {head + 1}"
            )
            room = box.adjusted(0, 18, 0, 0)
            width = min(room.width(), room.height() * shape)
            frame = QRectF(0, 0, width, width / shape)
            frame.moveCenter(room.center())
            painter.drawImage(frame, _picture(shown, head))

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QHelpEvent)
            and self._map is not None
            and self._frame.contains(QPointF(event.pos()))
        ):
            shown, at = self._map, QPointF(event.pos()) - self._frame.topLeft()
            row = min(len(shown.rows) - 1, int(at.y() / self._frame.height() * len(shown.rows)))
            column = min(len(shown.columns) - 1, int(at.x() / self._frame.width() * len(shown.columns)))
            share = 100 * shown.share(self._head, row, column)
            text = f"{shown.rows[row]} looks at {shown.columns[column]}: {share:.0f} %"
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def _tall(box: QRectF, metrics: QFontMetricsF) -> QRectF:
    """A box with room for a line of text at least, around the same middle."""
    missing = max(0.0, metrics.height() - box.height()) / 2
    return box.adjusted(0, -missing, 0, missing)


def _picture(shown: AttentionMap, head: int) -> QImage:
    """A pixel for each cell, in the colours of the theme."""
    wide, high = len(shown.columns), len(shown.rows)
    levels = shown.heads[head]
    image = QImage(levels, wide, high, wide, QImage.Format.Format_Indexed8)
    full, empty = theme.color("accent"), theme.color("hover")
    image.setColorTable([mixed(full, empty, (level / 255) ** 0.7).rgb() for level in range(256)])
    return image.convertToFormat(QImage.Format.Format_RGB32)
