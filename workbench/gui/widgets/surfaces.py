"""Panels, cards, hairlines and the page of an empty view.  Imports Qt, theme and the other widgets."""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSlider,
    QFrame,
    QLabel,
    QLayout,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label

BIGGEST = 16_777_215


def surface(widget: QWidget, name: str, edge: str = "") -> QWidget:
    """Give a plain widget the background of a surface (base, panel, card) and a hairline on one edge."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    widget.setProperty("surface", name)
    if edge:
        widget.setProperty("edge", edge)
    return widget


def hairline() -> QFrame:
    """A horizontal line of one pixel."""
    line = QFrame()
    line.setProperty("box", "line")
    line.setFixedHeight(1)
    return line


class SteadyBar(QScrollBar):
    """Keeps its room, where others come and go; it is seen only where something can be scrolled."""

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:  # noqa: N802 - Qt's name
        super().sliderChange(change)
        self.setEnabled(self.maximum() > self.minimum())


def scroll_steadily(area: QAbstractScrollArea) -> None:
    """Give an area a bar that keeps its room."""
    area.setVerticalScrollBar(SteadyBar())
    area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)


def scrolled(inside: QWidget) -> QScrollArea:
    """An area in which a widget scrolls up and down; what is in it has the keyboard, not the area."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(inside)
    return scroll


def clear_layout(layout: QLayout) -> None:
    """Remove and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()  # at once: as a window of its own it would flash up
            widget.deleteLater()


class Card(QFrame):
    """A box that does something when clicked, or on Enter or Space."""

    activated = Signal()

    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__()
        self.setProperty("box", "card")
        self.setProperty("live", True)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activated.emit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.activated.emit()
            return
        super().mouseReleaseEvent(event)


class CardGrid(QWidget):
    """Cards in as many equal columns as fit; arrow keys move between them."""

    def __init__(self, least_width: int, gap: int = 14) -> None:
        super().__init__()
        self._least = least_width
        self._gap = gap
        self._cards: list[Card] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_cards(self, cards: list[Card]) -> None:
        """Show these cards, in this order; others that were shown are hidden, not deleted."""
        for card in self._cards:
            if card not in cards:
                card.hide()
        self._cards = cards
        for card in cards:
            card.setParent(self)
            card.show()
        self.arrange()

    def arrange(self) -> None:
        """Place the cards again, after their height changed."""
        self._place()
        self.updateGeometry()

    def columns(self) -> int:
        """How many columns fit now."""
        return max(1, (self.width() + self._gap) // (self._least + self._gap))

    def sizeHint(self) -> QSize:
        return QSize(self._least * 4, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {
            keys.Key_Left: -1,
            keys.Key_Right: 1,
            keys.Key_Up: -self.columns(),
            keys.Key_Down: self.columns(),
        }
        at = next((i for i, card in enumerate(self._cards) if card.hasFocus()), -1)
        step = steps.get(keys(event.key()), 0)
        if at >= 0 and step and 0 <= at + step < len(self._cards):
            self._cards[at + step].setFocus(Qt.FocusReason.TabFocusReason)
            return
        super().keyPressEvent(event)

    def _card_height(self) -> int:
        return max((card.sizeHint().height() for card in self._cards), default=0)

    def _height(self) -> int:
        rows = -(-len(self._cards) // self.columns())
        return max(0, rows * (self._card_height() + self._gap) - self._gap)

    def _place(self) -> None:
        columns = self.columns()
        width = (self.width() - (columns - 1) * self._gap) / columns
        height = self._card_height()
        for index, card in enumerate(self._cards):
            row, column = divmod(index, columns)
            left = round(column * (width + self._gap))
            right = round(column * (width + self._gap) + width)
            card.setGeometry(QRect(left, row * (height + self._gap), right - left, height))
        if self.height() != self._height():
            self.setFixedHeight(self._height())


class EmptyState(QWidget):
    """What an empty view says: what belongs here and what to do first, perhaps with a button for it."""

    acted = Signal()

    def __init__(self, icon: str, title: str, hint: str, button: str = "", tooltip: str = "") -> None:
        super().__init__()
        self._icon = icon
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = Label(title, "strong")
        self._hint = Label(hint, "dim", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(2 * theme.GRID)
        column.addStretch(1)
        column.addWidget(self._picture)
        for label in (self._title, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        self.button = Button(button, tooltip or hint) if button else None
        if self.button is not None:
            self.button.clicked.connect(self.acted)
            column.addSpacing(theme.GRID)
            column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        theme.changed.connect(self._tint)
        self._tint()

    def set_texts(self, title: str, hint: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self._hint.setText(hint)

    def _tint(self) -> None:
        self._picture.setPixmap(theme.pixmap(self._icon, "dim", 32, self.devicePixelRatioF()))
