"""What a model says to an input: likeliest classes as bars, a number, a picture, a text, or why it says nothing.

Imports Qt, theme, widgets and the painting of items.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.core.text import number, one_line, plural
from workbench.gui import theme
from workbench.gui.data.items_painting import Item, paint_parts, parts_of, spoken, tile_size
from workbench.gui.inspect.legend import Legend
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.media_pictures import ImageView
from workbench.gui.widgets.surfaces import clear_layout, surface

MOST: Final = 60
"""So many answers are shown; more are to be had from the command line."""
_BAR: Final = 22
_MARK: Final = 10
_LONGEST: Final = 4_000
_MOST_COLUMNS, _MOST_VALUES = 6, 12
_MOST_LINES: Final = 10
Given = Mapping[str, Any]


class ShareBars(QWidget):
    """A bar for each of some shares, of which a full one is as wide as there is room; areas have their colours."""

    def __init__(
        self, pairs: Sequence[tuple[str, float | None]], colors: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.pairs = [(class_words(name, 60), share) for name, share in pairs]
        self._colors = {class_words(name, 60): QColor(color) for name, color in (colors or {}).items()}
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
        right = metrics.horizontalAdvance("100.0%") + 8
        room = max(8.0, self.width() - left - right)
        middle = Qt.AlignmentFlag.AlignVCenter
        mark = _MARK + 6 if self._colors else 0
        left += mark
        room -= mark
        for place, (name, share) in enumerate(self.pairs):
            top = place * _BAR
            if name in self._colors:
                square = QRectF(0, top + (_BAR - _MARK) / 2, _MARK, _MARK)
                painter.fillRect(square, self._colors[name])
            painter.setPen(theme.color("text" if not place else "dim"))
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - mark - 8)
            named = QRectF(mark, top, left - mark - 8, _BAR)
            painter.drawText(named, Qt.AlignmentFlag.AlignLeft | middle, words)
            if share is None:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("line"))
            painter.drawRoundedRect(QRectF(left, top + 7, room, _BAR - 14), 3, 3)
            painter.setBrush(theme.color("accent" if not place else "dim"))
            painter.drawRoundedRect(QRectF(left, top + 7, max(2.0, room * share), _BAR - 14), 3, 3)
            painter.setPen(theme.color("text" if not place else "dim"))
            beside = QRectF(left + room + 6, top, right, _BAR)
            painter.drawText(beside, Qt.AlignmentFlag.AlignLeft | middle, f"{share:.1%}")
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
        colors = {str(name): str(color) for name, color in given.get("legend") or ()}
        made.append(ShareBars([(str(name), share) for name, share in given["areas"]], colors))
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
    if isinstance(given.get("series"), Mapping):
        made += _foretold(given["series"], given.get("truth"))
    if isinstance(given.get("text"), str) and given["text"].strip():
        if given.get("top"):  # these tell what comes next, the text what was likeliest all the way
            made.append(Label("Likeliest at each place", "dim"))
        made.append(Written(given["text"][:_LONGEST]))
    if given.get("vector"):
        made.append(Label(_first(given["vector"]), wrap=True))
    return made or [Label("The model says nothing that can be shown.", "dim", wrap=True)]


class Written(QPlainTextEdit):
    """A text as high as it is long, up to some lines, also one without any blank at which a line could end."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setReadOnly(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("What the model says")
        self.setToolTip("What the model says; it can be selected and copied")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        lines = min(_MOST_LINES, math.ceil(self.document().size().height()))  # a plain text counts in lines
        line = math.ceil(QFontMetricsF(self.font()).lineSpacing())
        around = self.height() - self.viewport().height() + 2 * math.ceil(self.document().documentMargin())
        self.setFixedHeight(lines * line + around + 1)  # a text that just fits is scrolled


def _foretold(series: Given, truth: object) -> list[QWidget]:
    """The steps that were foretold and, where they are known, those that came: each column in units of its own."""
    channels = list(series.get("predicted") or ())
    names = [one_line(str(name), 40) for name in series.get("names") or ()]
    came = truth.get("series") if isinstance(truth, Mapping) else None
    known = list(came.get("predicted") or ()) if isinstance(came, Mapping) else []
    made: list[QWidget] = [Label(f"The next {plural(len(channels[0]) if channels else 0, 'step')}", "dim")]
    lines = ["foretold", "what came"] if len(known) == len(channels) else ["foretold"]
    if len(lines) > 1:
        legend = Legend()
        legend.show_names([(line, place) for place, line in enumerate(lines)])
        made.append(legend)
    for place, channel in enumerate(channels[:_MOST_COLUMNS]):
        if len(channels) > 1:
            made.append(
                Label(names[place] if len(names) == len(channels) else f"value {place + 1}", "strong")
            )
        drawn = [channel, *known[place : place + 1]][: len(lines)]
        told = (f"{line}: {_first(values)}" for line, values in zip(lines, drawn, strict=True))
        made.append(Label("\n".join(told), "small", wrap=True))
        curve = ItemPicture(
            {"parts": [{"name": "series", "kind": "curve", "channels": drawn, "names": lines}]}
        )
        curve.setMinimumHeight(120)
        made.append(curve)
    if len(channels) > _MOST_COLUMNS:
        rest = plural(len(channels) - _MOST_COLUMNS, "more column")
        made.append(Label(f"{rest}: `workbench predict --csv` writes all of them.", "dim", wrap=True))
    return made


def _first(values: Sequence[float | None]) -> str:
    """The first of many numbers in words."""
    numbers = " · ".join("NaN" if value is None else number(float(value)) for value in values[:_MOST_VALUES])
    return f"{numbers} · …" if len(values) > _MOST_VALUES else numbers


def class_words(name: str, most: int) -> str:
    """A class in one line; one of blanks only, such as a character, is made visible."""
    return (
        one_line(name, most) if name.strip() else name.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")
    )


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

    def show_answers(self, given: Sequence[Given], said: str = "") -> None:
        """Show these instead of those that were shown, and above them what was left out or changed."""
        clear_layout(self._column)
        changed = dict.fromkeys([said, *(str(each.get("said") or "") for each in given)])
        for sentence in filter(None, changed):
            self._column.addWidget(Label(one_line(sentence, _LONGEST), "small", wrap=True))
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
