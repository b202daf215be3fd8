"""Examples before and after the selected augmentation node, in its form.

Imports Qt, session, the previewer and widgets. Pictures come as PNG from a process: nothing is decoded of strangers.
"""

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QHideEvent, QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from workbench.catalog.spec import node_types
from workbench.core.files import dumps
from workbench.gui import theme
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.panels import section
from workbench.gui.design.previewer import previewer_of
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.surfaces import clear_layout

WAIT_MS = 150
"""After an edit: fields are often changed several times in a row."""
COUNT = 6
_GAP, _ARROW, _CAPTION, _STEP = 8, 14, 16, 6
_TEXTS = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """One example as pictures."""

    before: QImage
    after: QImage
    caption: str


class AugmentedSamples(QWidget):
    """Shows real examples while an augmentation node of the model itself is selected; hidden for any other."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._previewer = previewer_of(session)
        self._seed = 1
        self._node = ""
        self._asked: Mapping[str, Any] | None = None
        self._answer: Mapping[str, Any] = {}
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._ask)
        self._previewer.answered.connect(self._on_answered)
        theme.changed.connect(self._recolour)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(section("Examples"))
        self.said = Label("", "small", wrap=True)
        column.addWidget(self.said)
        self.pictures = Pictures()
        column.addWidget(self.pictures)
        self.texts = QVBoxLayout()
        self.texts.setSpacing(6)
        column.addLayout(self.texts)
        self.button = Button("New sample", "Take other examples and other random numbers", icon="refresh")
        self.button.clicked.connect(self._on_new)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        column.addLayout(row)
        self.hide()

    def show_node(self, know: Knowledge, id: str) -> None:
        """Show what a node does, if it is one that changes examples."""
        node = know.document.graph_of(know.place.where).nodes.get(id)
        cls = node_types().get(node.type) if node is not None else None
        if know.place.where or cls is None or cls.family != "augmentation":
            self.hide()
            return
        if id != self._node:
            self._node = id
            self._show({})
        self.show()
        self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._asked = None
        self._previewer.rest()

    def _on_new(self) -> None:
        self._seed += 1
        self._ask()

    def _ask(self) -> None:
        """Ask for what is shown to be as the drawing is now, unless it is that already."""
        if not self.isVisible():
            return
        question = {
            "document": dumps(self._session.document),
            "node": self._node,
            "seed": self._seed,
            "count": COUNT,
        }
        if question != self._asked:
            self._asked = question
            self._previewer.ask(question)

    def _on_answered(self, question: object, answer: Mapping[str, Any]) -> None:
        if question is self._asked:
            self._show(answer)

    def _recolour(self) -> None:
        self._show(self._answer)

    def _show(self, answer: Mapping[str, Any]) -> None:
        self._answer = answer
        samples: Sequence[Mapping[str, Any]] = answer.get("samples", ())
        self.said.setText(answer.get("error", "" if samples else "Taking examples …"))
        self.said.setVisible(bool(self.said.text()))
        pairs = [
            Pair(_decoded(each["before"]["png"]), _decoded(each["after"]["png"]), str(each["caption"]))
            for each in samples
            if each["before"]["kind"] == "image"
        ]
        self.pictures.show_pairs(pairs)
        clear_layout(self.texts)
        for each in [each for each in samples if each["before"]["kind"] == "text"][:_TEXTS]:
            self.texts.addWidget(_text(each["before"], "dim"))
            self.texts.addWidget(_text(each["after"], ""))
        self.button.setEnabled("error" not in answer)


class Pictures(QWidget):
    """Pairs of pictures, two in a row: as it is, and as the node gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[Pair] = []
        self._side = 16
        self.setAccessibleName("Examples before and after")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self._fit()

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        """Show these; none hides the whole."""
        self.pairs = list(pairs)
        self.setAccessibleDescription(", ".join(pair.caption for pair in pairs if pair.caption))
        self.setVisible(bool(pairs))
        self._fit()
        self.update()

    def place(self, index: int) -> tuple[QRect, QRect, QRect]:
        """Where a pair's two pictures and its caption are."""
        side, wide = self._side, (self.width() - 2 * _GAP) // 2
        left = (index % 2) * (wide + 2 * _GAP)
        top = (index // 2) * (side + self._below() + _GAP)
        before = QRect(left, top, side, side)
        after = QRect(left + side + _ARROW, top, side, side)
        return before, after, QRect(left, top + side, wide, self._below())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self._tip(event.pos())
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = painter.font()
        font.setPixelSize(theme.SMALL)
        painter.setFont(font)
        for index, pair in enumerate(self.pairs):
            before, after, below = self.place(index)
            _paint(painter, before, pair.before)
            _paint(painter, after, pair.after)
            painter.setPen(theme.color("dim"))
            between = QRect(before.right() + 1, before.top(), _ARROW, before.height())
            painter.drawText(between, Qt.AlignmentFlag.AlignCenter, "→")
            words = painter.fontMetrics().elidedText(pair.caption, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _below(self) -> int:
        return _CAPTION if any(pair.caption for pair in self.pairs) else 0

    def _fit(self) -> None:
        side = max(16, ((self.width() - 2 * _GAP) // 2 - _ARROW) // 2)
        if not self._side <= side < self._side + _STEP:  # a scroll bar that comes and goes changes nothing
            self._side = side
        rows = -(-len(self.pairs) // 2)
        self.setFixedHeight(max(1, rows * (self._side + self._below() + _GAP) - _GAP))

    def _tip(self, at: QPoint) -> str:
        for index, pair in enumerate(self.pairs):
            before, after, below = self.place(index)
            for box, image, what in ((before, pair.before, "before"), (after, pair.after, "after")):
                if box.contains(at):
                    return f"{pair.caption or 'Example'}, {what}: {image.width()} × {image.height()} pixels"
            if below.contains(at):
                return pair.caption
        return ""


def _paint(painter: QPainter, box: QRect, image: QImage) -> None:
    """As large as fits; small pictures with sharp pixels."""
    size = image.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(QPoint(0, 0), size.expandedTo(QSize(2, 2)))  # of a long row something is still seen
    place.moveCenter(box.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, image.width() > box.width())
    painter.drawImage(place, image)


def _decoded(text: str) -> QImage:
    return QImage.fromData(base64.b64decode(text))


def _text(part: Mapping[str, Any], role: str) -> QLabel:
    """A text with what was replaced in colour."""
    text, parts, at = str(part["text"]), [], 0
    accent = theme.color("accent").name()
    for start, end in part["marks"]:
        parts.append(html.escape(text[at:start]))
        parts.append(f'<span style="color: {accent}; font-weight: 600">{html.escape(text[start:end])}</span>')
        at = end
    parts.append(html.escape(text[at:]))
    label = QLabel("".join(parts).replace("\n", "⏎"))
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
