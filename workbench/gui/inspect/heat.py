"""Weights that speak for an answer and against it: over pictures, words, steps of a series, columns of a table.

Imports Qt, theme and the painting of items.
"""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QTextBrowser, QToolTip, QWidget

from workbench.core.text import number, one_line
from workbench.gui import theme
from workbench.gui.data.items_painting import paint_curves, parts_of
from workbench.gui.widgets.colors import mixed, readable_on

FOR, AGAINST = QColor(230, 72, 32), QColor(40, 108, 220)
"""What speaks for the answer and against it, as in the pictures of the service."""
_ROW: Final = 22
_MOST_ROWS: Final = 16
_MOST_TOKENS: Final = 2_000
_LETTERS: Final = 34
"""So many stand in a line of a narrow card, about."""
_MOST_HIGH: Final = 200


def shares(weights: Sequence[float | None]) -> list[float]:
    """From −1 to 1, of the largest of them; what is no number counts as 0."""
    known = [float(weight) if weight is not None and math.isfinite(weight) else 0.0 for weight in weights]
    most = max((abs(weight) for weight in known), default=0.0)
    return [weight / most for weight in known] if most else known


def tint(share: float, back: QColor) -> QColor:
    """A colour for a share, on some ground."""
    return mixed(FOR if share >= 0 else AGAINST, back, 0.85 * abs(share))


class TokenHeat(QTextBrowser):
    """The words of a text, each on a ground of its weight."""

    def __init__(self, tokens: Sequence[str], weights: Sequence[float | None]) -> None:
        super().__init__()
        self.tokens, self.weights = [str(token) for token in tokens[:_MOST_TOKENS]], list(weights)
        self.setAccessibleName("Words by their weight")
        self.setToolTip("Red speaks for the answer, blue against it; the stronger the more")
        self.setOpenLinks(False)
        theme.changed.connect(self._write)
        self._write()
        lines = 1 + sum(map(len, self.tokens)) // _LETTERS
        self.setFixedHeight(min(_MOST_HIGH, lines * self.fontMetrics().lineSpacing() + 24))

    def _write(self) -> None:
        ground, made = theme.color("base"), []
        loose = not any(token.startswith((" ", "Ġ", "▁")) for token in self.tokens)
        single = all(len(token) <= 1 for token in self.tokens)
        for token, share in zip(self.tokens, shares(self.weights), strict=False):
            back = tint(share, ground)
            shown = html.escape(token.replace("\n", "⏎")).replace(" ", "&nbsp;") or "&nbsp;"
            style = f"background-color:{back.name()};color:{readable_on(back).name()}"
            made.append(f'<span style="{style}">{shown}</span>')
        self.setHtml((" " if loose and not single else "").join(made))


class SignedBars(QWidget):
    """A bar for each name, to the right of the middle where it speaks for the answer; the strongest first."""

    def __init__(self, names: Sequence[str], weights: Sequence[float | None]) -> None:
        super().__init__()
        found = sorted(zip(names, weights, shares(weights), strict=False), key=lambda each: -abs(each[2]))
        self.rows = [(one_line(str(name), 60), weight, share) for name, weight, share in found[:_MOST_ROWS]]
        self.left_out = max(0, len(found) - _MOST_ROWS)
        self.setAccessibleName("Weights")
        self.setAccessibleDescription(", ".join(self.words(place) for place in range(len(self.rows))))
        self.setToolTip("To the right: speaks for the answer. To the left: against it")
        self.setFixedHeight((len(self.rows) + bool(self.left_out)) * _ROW + 4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def words(self, place: int) -> str:
        """A row in words."""
        name, weight, _ = self.rows[place]
        return f"{name}: {number(float(weight)) if weight is not None else 'NaN'}"

    def sizeHint(self) -> QSize:
        return QSize(280, self.height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = event.pos().y() // _ROW
            if 0 <= place < len(self.rows):
                QToolTip.showText(event.globalPos(), self.words(place), self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small(self.font()))
        metrics = QFontMetricsF(painter.font())
        names = max((metrics.horizontalAdvance(name) for name, _, _ in self.rows), default=0.0)
        left = min(names + 12, self.width() * 0.45)
        half = max(10.0, (self.width() - left - 8) / 2)
        middle = Qt.AlignmentFlag.AlignVCenter
        for place, (name, _, share) in enumerate(self.rows):
            top = place * _ROW
            painter.setPen(theme.color("text"))
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 10)
            painter.drawText(QRectF(0, top, left - 8, _ROW), Qt.AlignmentFlag.AlignRight | middle, words)
            start = left + half + (min(0.0, share) * half)
            painter.fillRect(
                QRectF(start, top + 5, max(1.0, abs(share) * half), _ROW - 10), FOR if share >= 0 else AGAINST
            )
        painter.setPen(theme.color("line"))
        painter.drawLine(round(left + half), 0, round(left + half), len(self.rows) * _ROW)
        if self.left_out:
            painter.setPen(theme.color("dim"))
            box = QRectF(0, len(self.rows) * _ROW, self.width(), _ROW)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignLeft | middle, f"{self.left_out} weaker ones are left out"
            )
        painter.end()


class StepHeat(QWidget):
    """A series over columns in the colours of their weights."""

    def __init__(self, weights: Sequence[float | None], item: Mapping[str, Any] | None) -> None:
        super().__init__()
        self.weights = list(weights)
        parts = parts_of(item) if item is not None else []
        curves = [part for part in parts if part["kind"] == "curve"]
        self._channels = curves[0].get("channels") or () if curves else ()
        self.setAccessibleName("Steps by their weight")
        self.setToolTip("Red steps speak for the answer, blue ones against it")
        self.setMinimumHeight(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box, ground = QRectF(self.rect()), theme.color("base")
        painter.fillRect(box, ground)
        wide = box.width() / max(1, len(self.weights))
        if self._channels:
            paint_curves(painter, box, self._channels)
        painter.setOpacity(0.6 if self._channels else 1.0)
        for place, share in enumerate(shares(self.weights)):
            if share:
                color = QColor(FOR if share >= 0 else AGAINST)
                color.setAlphaF(min(1.0, abs(share)))
                painter.fillRect(QRectF(place * wide, box.top(), math.ceil(wide), box.height()), color)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.weights:
            place = min(
                len(self.weights) - 1, int(event.pos().x() / max(1, self.width()) * len(self.weights))
            )
            weight = self.weights[place]
            said = number(float(weight)) if weight is not None else "NaN"
            QToolTip.showText(event.globalPos(), f"step {place + 1}: {said}", self)
            return True
        return super().event(event)
