"""What a model says to an input: likeliest classes as bars, a number, a picture, a text, or why it says nothing.

Imports Qt, theme, widgets and the painting of items.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.core.text import number, one_line
from workbench.gui import theme
from workbench.gui.data.items_painting import Item, paint_parts, parts_of, spoken, tile_size
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.media_pictures import ImageView
from workbench.gui.widgets.surfaces import clear_layout, surface

MOST: Final = 60
"""So many answers are shown; more are to be had from the command line."""
_BAR: Final = 22
_LONGEST: Final = 4_000
Given = Mapping[str, Any]


class ShareBars(QWidget):
    """A bar for each of some shares, of which a full one is as wide as there is room."""

    def __init__(self, pairs: Sequence[tuple[str, float | None]]) -> None:
        super().__init__()
        self.pairs = [(one_line(name, 60), share) for name, share in pairs]
        said = ", ".join(f"{name} {share:.1%}" if share is not None else name for name, share in self.pairs)
        self.setAccessibleName("Likeliest classes")
        self.setAccessibleDescription(said)
        self.setToolTip(said)
        self.setFixedHeight(max(1, len(self.pairs)) * _BAR)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        names = max((metrics.horizontalAdvance(name) for name, _ in self.pairs), default=0.0)
        left = min(names, self.width() * 0.45) + 10
        right = metrics.horizontalAdvance("100.0 %") + 8
        room = max(8.0, self.width() - left - right)
        middle = Qt.AlignmentFlag.AlignVCenter
        for place, (name, share) in enumerate(self.pairs):
            top = place * _BAR
            painter.setPen(theme.color("text" if not place else "dim"))
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 8)
            painter.drawText(QRectF(0, top, left - 8, _BAR), Qt.AlignmentFlag.AlignLeft | middle, words)
            if share is None:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("line"))
            painter.drawRoundedRect(QRectF(left, top + 7, room, _BAR - 14), 3, 3)
            painter.setBrush(theme.color("accent" if not place else "dim"))
            painter.drawRoundedRect(QRectF(left, top + 7, max(2.0, room * share), _BAR - 14), 3, 3)
            painter.setPen(theme.color("text" if not place else "dim"))
            beside = QRectF(left + room + 6, top, right, _BAR)
            painter.drawText(beside, Qt.AlignmentFlag.AlignLeft | middle, f"{100 * share:.1f} %")
        painter.end()


class ItemPicture(QWidget):
    """An item as it is painted in tiles."""

    def __init__(self, item: Item | None = None) -> None:
        super().__init__()
        self._item: Item | None = None
        self.setAccessibleName("What the model was given")
        self.show_item(item)
        theme.changed.connect(self.update)

    @property
    def item(self) -> Item | None:
        return self._item

    def show_item(self, item: Item | None) -> None:
        """Show another one, or none."""
        self._item = item if item is not None and parts_of(item) else None
        self.setToolTip(one_line(spoken(self._item), 300) if self._item else "")
        self.setVisible(self._item is not None)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return tile_size([self._item]) if self._item else QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(96, self.sizeHint().width()), min(96, self.sizeHint().height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._item is not None:
            painter = QPainter(self)
            paint_parts(painter, QRectF(self.rect()).adjusted(2, 2, -2, -2), self._item, 0.5)
            painter.end()


def answer_widgets(given: Given) -> list[QWidget]:
    """Widgets that say one answer."""
    made: list[QWidget] = []
    if given.get("error"):
        trouble = Label(str(given["error"]), "err", wrap=True)
        trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return [trouble]
    if given.get("top"):
        made.append(ShareBars([(str(name), share) for name, share in given["top"]]))
    if given.get("areas"):
        made.append(ShareBars([(str(name), share) for name, share in given["areas"]]))
    if isinstance(given.get("number"), float | int):
        made.append(Label(number(float(given["number"])), "title"))
    for name, value in given.get("numbers") or ():
        made.append(
            Label(f"{one_line(str(name), 60)}: {number(float(value)) if value is not None else 'NaN'}")
        )
    picture = given.get("picture")
    png = picture.get("png") if isinstance(picture, Mapping) else picture
    if isinstance(png, str):
        view = ImageView("What the model made")
        view.show_image(base64.b64decode(png))
        view.setFixedHeight(220)
        made.append(view)
    series = given.get("series")
    if isinstance(series, Mapping):
        part = {"name": "predicted", "kind": "curve", "channels": series.get("predicted") or ()}
        curve = ItemPicture({"parts": [part]})
        curve.setMinimumHeight(96)
        made.append(curve)
    if isinstance(given.get("text"), str):
        written = Label(given["text"][:_LONGEST], wrap=True)
        written.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        made.append(written)
    if given.get("vector"):
        numbers = ", ".join(
            "NaN" if value is None else number(float(value)) for value in given["vector"][:12]
        )
        made.append(Label(f"{numbers}{', …' if len(given['vector']) > 12 else ''}", wrap=True))
    return made or [Label("The model says nothing that can be shown.", "dim", wrap=True)]


class AnswerCard(QFrame):
    """One input, what it is called, and what the model says to it."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.setProperty("box", "card")
        self.given = given
        words = QVBoxLayout()
        words.setSpacing(6)
        if name := one_line(str(given.get("name") or ""), 200):
            words.addWidget(ElidedLabel(name, "strong", Qt.TextElideMode.ElideMiddle))
        for widget in answer_widgets(given):
            words.addWidget(widget)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(12)
        picture = ItemPicture(given.get("item"))
        if picture.item is not None:
            size = picture.sizeHint()
            picture.setFixedSize(min(size.width(), 200), min(max(96, size.height()), 160))
            row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)


class Answers(QScrollArea):
    """Cards below one another."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName("What the model says")
        self.setToolTip("What the model says to each input")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        surface(inside, "panel")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(12, 4, 12, 12)
        self._column.setSpacing(8)
        self.setWidget(inside)
        self.cards: list[AnswerCard] = []

    def show_answers(self, given: Sequence[Given]) -> None:
        """Show these instead of those that were shown."""
        clear_layout(self._column)
        self.cards = [AnswerCard(each) for each in given[:MOST]]
        for card in self.cards:
            self._column.addWidget(card)
        if len(given) > MOST:
            rest = (
                f"{len(given) - MOST} more are not shown; `workbench predict` writes all of them to a table."
            )
            self._column.addWidget(Label(rest, "dim", wrap=True))
        self._column.addStretch(1)


def decoded(png: object) -> QImage:
    """A picture as the service gives it; a null one where there is none."""
    if isinstance(png, Mapping):
        png = png.get("png")
    try:
        return QImage.fromData(base64.b64decode(str(png or ""), validate=True))
    except ValueError:
        return QImage()
