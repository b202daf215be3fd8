"""The page Attention: which tokens of a sample look at which, in each layer and head.

Imports Qt, the page of a sample and the map of probes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from workbench.core.text import one_line
from workbench.gui import theme
from workbench.gui.inspect.sample_page import SamplePage
from workbench.gui.inspect.samples import ATTENTION
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.widgets.colors import mixed, readable_on
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.media_attention import AttentionMap, HeatMap
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import surface

_ALL: Final = -1
_LINE: Final = 24
_PAD: Final = 12.0


class AttentionPage(SamplePage):
    """The map of a head, and below it the tokens: the one that is pointed at colours those at which it looks."""

    title: ClassVar[str] = ATTENTION
    needs: ClassVar[tuple[str, ...]] = ("attention",)

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self._maps: list[AttentionMap] = []
        self.layer = Choice("Layer", "Which attention is shown")
        self.layer.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.layer.setMaximumWidth(240)
        self.head_choice = Choice("Head", "Which head of the attention is shown")
        self.head_choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.head.addWidget(self.layer)
        self.head.addWidget(self.head_choice)
        self.head.addStretch(1)
        self.head.addWidget(self.work, 1)
        self.side_column.addStretch(1)
        self.said = ElidedLabel("", "small")
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 4)
        row.addWidget(self.said, 1)
        self.heat = HeatMap("Attention map")
        self.tokens = TokenLinks()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.tokens)
        area.setMinimumHeight(72)
        area.setAccessibleName("Tokens")
        area.setToolTip(self.tokens.toolTip())
        splitter = Splitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(1)
        splitter.addWidget(self.heat)
        splitter.addWidget(area)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([360, 150])
        self.main.addLayout(row)
        self.main.addWidget(splitter, 1)
        self.layer.picked.connect(lambda _: self._on_layer())
        self.head_choice.picked.connect(lambda _: self._show())

    def reset(self) -> None:
        super().reset()
        self._maps = []
        self.layer.set_items([])
        self.head_choice.set_items([])
        self.layer.hide()
        self.head_choice.hide()
        self.said.setText("")
        self.heat.hide()
        self.tokens.show_map(None, 0)

    def see(self) -> None:
        if self.place is not None:
            self.ask("attention", self._on_attention, "Looking where it looks", sample=self.place.request())

    def _on_attention(self, answer: Answer) -> None:
        layers: Sequence[Mapping[str, Any]] = answer.get("layers") or ()
        self._maps = [_map(each) for each in layers]
        titles = [_titled(each) for each in layers]
        self.layer.set_items([(place, title) for place, title in enumerate(titles)])
        self.layer.setVisible(bool(titles))
        left = int(answer.get("left_out") or 0)
        said = [f"{left} more attention layers are left out"] if left else []
        if any(each.get("more") for each in layers):
            most = max(max(len(each.rows), len(each.columns)) for each in self._maps)
            said.append(f"only the first {most} positions are shown")
        self.said.setText(" · ".join(said))
        self.heat.setVisible(bool(self._maps))
        self._on_layer()

    def _on_layer(self) -> None:
        place = self.layer.currentData()
        if not isinstance(place, int) or place >= len(self._maps):
            return
        heads = len(self._maps[place].heads)
        both = [(_ALL, "All heads")] if heads > 1 else []
        self.head_choice.set_items([*both, *((head, f"Head {head + 1}") for head in range(heads))])
        self.head_choice.setVisible(heads > 1)
        self._show()

    def _show(self) -> None:
        place, head = self.layer.currentData(), self.head_choice.currentData()
        if isinstance(place, int) and place < len(self._maps):
            shown = self._maps[place]
            self.heat.show_map(shown, head if isinstance(head, int) else 0)
            self.tokens.show_map(shown, head if isinstance(head, int) else 0)


def _map(layer: Mapping[str, Any]) -> AttentionMap:
    """Weights of a layer as levels of 0 … 255."""
    heads = tuple(
        bytes(round(255 * min(1.0, max(0.0, float(weight or 0.0)))) for row in head for weight in row)
        for head in layer.get("heads") or ()
    )
    rows, columns = (
        tuple(one_line(str(name), 24) for name in layer.get(side) or ()) for side in ("rows", "columns")
    )
    return AttentionMap(rows, columns, heads)


def _titled(layer: Mapping[str, Any]) -> str:
    """The service says in the label which use of a layer it is."""
    if label := one_line(str(layer.get("label") or ""), 40):
        return label
    path, use = one_line(str(layer.get("path") or ""), 40), int(layer.get("use") or 0)
    return f"{path} · use {use + 1}" if use else path


class TokenLinks(QWidget):
    """The tokens that look and, where these are others, those that are looked at; one is pointed at."""

    pointed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        surface(self, "panel")
        self._map: AttentionMap | None = None
        self._head = 0
        self.at = -1
        self.setAccessibleName("Tokens that look")
        self.setToolTip(
            "Point at a token, or go there with the arrow keys: those at which it looks are coloured"
        )
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self.update)

    def show_map(self, shown: AttentionMap | None, head: int) -> None:
        """Show the tokens of an example; head −1 means all of them on average."""
        self._map, self._head = shown, head
        if shown is None or self.at >= len(shown.rows):
            self.at = -1
        self._fit()
        self.update()

    def share(self, row: int, column: int) -> float:
        """With which weight a token looks at another."""
        shown = self._map
        assert shown is not None
        heads = range(len(shown.heads)) if self._head == _ALL else [self._head]
        return sum(shown.share(head, row, column) for head in heads) / max(1, len(heads))

    def boxes(self) -> tuple[list[QRectF], list[QRectF]]:
        """Where the tokens that look are, and those that are looked at; the same where they are the same."""
        shown = self._map
        if shown is None:
            return [], []
        rows, bottom = self._flow(shown.rows, 4.0)
        return rows, rows if shown.rows == shown.columns else self._flow(shown.columns, bottom + _LINE / 2)[0]

    def choose(self, row: int) -> None:
        """Point at a token."""
        if row != self.at:
            self.at = row
            self.setAccessibleDescription(self.words())
            self.update()
            self.pointed.emit(row)

    def words(self) -> str:
        """At what the token looks most, in words."""
        shown = self._map
        if shown is None or self.at < 0:
            return ""
        best = sorted(range(len(shown.columns)), key=lambda column: -self.share(self.at, column))[:3]
        most = ", ".join(f"{shown.columns[column]} {self.share(self.at, column):.0%}" for column in best)
        return f"{shown.rows[self.at]} looks at {most}"

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._map
        if shown is None:
            return
        painter = QPainter(self)
        ground = theme.color("card")
        rows, columns = self.boxes()
        looks = [self.share(self.at, column) for column in range(len(columns))] if self.at >= 0 else []
        most = max(looks, default=0.0)
        for column, box in enumerate(columns):
            share = looks[column] / most if most else 0.0
            back = mixed(theme.color("accent"), ground, share)
            painter.fillRect(box, back)
            painter.setPen(readable_on(back))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown.columns[column])
        for row, box in enumerate(rows):
            if rows is not columns:
                painter.fillRect(box, ground)
                painter.setPen(theme.color("text"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown.rows[row])
            if row == self.at:
                painter.setPen(QPen(theme.color("warn"), 2))
                painter.drawRect(box.adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        rows, _ = self.boxes()
        at: QPointF = event.position()
        found = next((row for row, box in enumerate(rows) if box.contains(at)), -1)
        if found >= 0:
            self.choose(found)
            self.setToolTip(self.words())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self._map is not None and self._map.rows:
            self.choose(max(0, min(len(self._map.rows) - 1, self.at + step)))
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return super().event(event)

    def _flow(self, words: Sequence[str], top: float) -> tuple[list[QRectF], float]:
        """Places of words in lines, and where the last line ends."""
        metrics = QFontMetricsF(self.font())
        x, boxes = _PAD, []
        for word in words:
            wide = metrics.horizontalAdvance(word) + 8
            if x + wide > self.width() - _PAD and x > _PAD:
                x, top = _PAD, top + _LINE
            boxes.append(QRectF(x, top, wide, _LINE - 3))
            x += wide + 3
        return boxes, top + _LINE

    def _fit(self) -> None:
        rows, columns = self.boxes()
        self.setMinimumHeight(round(max((box.bottom() for box in (*rows, *columns)), default=0.0)) + 6)

    def sizeHint(self) -> QSize:
        return QSize(320, max(_LINE, self.minimumHeight()))
