"""Fields to type in or choose from, and the rows of a form.  Imports Qt and theme."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QPaintEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.widgets.labels import ElidedLabel, Label

FIELD_HEIGHT = 28
"""Of a field of one line, as the style sheet has it."""
_TEXT_MARGIN = 7
"""Border and padding of a field."""


class TextField(QLineEdit):
    """A line of text; `committed` tells the new text, if it changed, on Enter or when the field is left."""

    committed = Signal(str)
    restored = Signal()
    """What was kept is back: Escape brought it, or it was typed again in the place of what would not do."""

    def __init__(self, name: str, tooltip: str, text: str = "", placeholder: str = "") -> None:
        super().__init__(text)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setPlaceholderText(placeholder)
        self._kept = text
        self.editingFinished.connect(self._on_finished)

    def show_text(self, text: str) -> None:
        """Show what the document says, without telling anyone; leaves alone what is being typed."""
        self._kept = text
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)
            self.setCursorPosition(0)

    def set_wrong(self, reason: str, tooltip: str) -> None:
        """Mark the field (reason given) or clear the mark (reason ""); `tooltip` is its usual help."""
        self.setToolTip(reason or tooltip)
        if bool(self.property("wrong")) != bool(reason):
            self.setProperty("wrong", bool(reason))
            self.style().unpolish(self)
            self.style().polish(self)

    def refuse(self, reason: str, kept: str) -> None:
        """Keep a text that will not do, marked with the reason; Escape brings back what was kept before."""
        self._kept = kept
        self.setModified(True)
        self.set_wrong(reason, reason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._kept:
            self.setText(self._kept)
            self.setModified(False)
            self.restored.emit()
            return
        super().keyPressEvent(event)

    def _on_finished(self) -> None:
        if self.text() != self._kept:
            self._kept = self.text()
            self.setModified(False)
            self.committed.emit(self.text())
        elif self.property("wrong"):
            self.restored.emit()


def commits(event: QKeyEvent) -> bool:
    """Whether it is Ctrl+Enter."""
    enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return enter and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def takes_enter(event: QEvent) -> bool:
    """Claims Ctrl+Enter for the text that is being written; in the window it would train the open model."""
    if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and commits(event):
        event.accept()
        return True
    return False


class TextArea(QPlainTextEdit):
    """Lines of text; `committed` tells the new text, if it changed, when the field is left or on Ctrl+Enter."""

    committed = Signal(str)

    def __init__(self, name: str, tooltip: str, placeholder: str, lines: int) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self._lines = lines
        self._kept = ""

    def show_text(self, text: str) -> None:
        """Show what the document says, without telling anyone; leaves alone what is being typed."""
        typing = self.toPlainText() != self._kept and self.hasFocus()
        self._kept = text
        if not typing and self.toPlainText() != text:
            self.setPlainText(text)

    def commit(self) -> None:
        """Tell what was typed, if that is something new."""
        if self.toPlainText() != self._kept:
            self._kept = self.toPlainText()
            self.committed.emit(self._kept)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)  # by now it has its font
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.isVisible():
            self._fit()  # a style sheet has a least height of its own

    def _fit(self) -> None:
        below = round(self.document().documentMargin())
        self.setViewportMargins(0, 0, 0, below)  # else the upper half of the next line stands there
        margins = 2 * (_TEXT_MARGIN + below)
        self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + margins)

    def event(self, event: QEvent) -> bool:
        return takes_enter(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.toPlainText() != self._kept:
            self.setPlainText(self._kept)
        elif commits(event):
            self.commit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:  # its own menu
            self.commit()


def _entered(field: QSpinBox | QDoubleSpinBox, name: str, tooltip: str) -> None:
    """What fields of numbers have in common."""
    field.setKeyboardTracking(False)
    field.setAccessibleName(name)
    field.setToolTip(tooltip)
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # a wheel that passes over it changes nothing
    field.lineEdit().setTextMargins(6, 0, 0, 0)


class NumberField(QSpinBox):
    """A whole number to type or to step with the arrow keys; tells when it was entered, not at each digit."""

    def __init__(self, name: str, tooltip: str, least: int, most: int) -> None:
        super().__init__()
        self.setRange(least, most)
        _entered(self, name, tooltip)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class RealField(QDoubleSpinBox):
    """A number with two decimals, from 0 on, to type or to step with the arrow keys; tells when it was entered."""

    def __init__(self, name: str, tooltip: str, value: float, most: float) -> None:
        super().__init__()
        self.setRange(0.0, most)
        self.setSingleStep(0.05)
        self.setValue(value)
        _entered(self, name, tooltip)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class SearchField(QLineEdit):
    """A field that filters something while one types; Escape empties it."""

    def __init__(self, placeholder: str, name: str, tooltip: str) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        for child in self.findChildren(QObject):
            if isinstance(child, QWidget):  # the glass is a picture, not a button
                child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
                child.setFocusPolicy(Qt.FocusPolicy.NoFocus)
                child.setAccessibleName(name)
                child.setToolTip(tooltip)
        theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self._glass.setIcon(theme.icon("search", "dim"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)


class Choice(QComboBox):
    """One choice out of a list of (value, text); `picked` tells the value that a person chose."""

    picked = Signal(object)
    elide = Qt.TextElideMode.ElideRight

    def __init__(self, name: str, tooltip: str, items: Sequence[tuple[object, str]] = ()) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_items(items)
        self.activated.connect(self._on_activated)

    def set_items(self, items: Sequence[tuple[object, str]]) -> None:
        """Replace the list and keep the value in force where it is still there."""
        value = self.currentData()
        self.clear()
        for data, text in items:
            self.addItem(text, data)
        self.show_value(value)

    def show_value(self, value: object) -> None:
        """Show a value without telling anyone; one that is not in the list leaves the choice as it is."""
        for index in range(self.count()):
            if self.itemData(index) == value:
                self.setCurrentIndex(index)

    def event(self, event: QEvent) -> bool:
        # A wheel over a closed list would change a value while one scrolls the form.
        if event.type() == QEvent.Type.Wheel and not self.hasFocus():
            event.ignore()
            return False
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        wide = room.width() + 1  # Qt's hint is a fraction of a pixel too small for the longest text
        option.currentText = self.fontMetrics().elidedText(option.currentText, self.elide, wide)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def _on_activated(self, index: int) -> None:
        self.picked.emit(self.itemData(index))


class FormRows(QWidget):
    """Rows of a label and its field, aligned; the label carries the help and focuses the field."""

    def __init__(self, label_width: int = 88) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * theme.GRID)
        self._grid.setVerticalSpacing(2 * theme.GRID)
        self._grid.setColumnMinimumWidth(0, label_width)
        self._grid.setColumnStretch(1, 1)

    def add(self, text: str, field: QWidget, tooltip: str = "") -> None:
        """One row: label and field."""
        label = ElidedLabel(text)
        label.setBuddy(field)
        label.setMinimumHeight(FIELD_HEIGHT)
        if tooltip:
            label.set_tip(tooltip)
        row = self._grid.rowCount()
        # At the top: what is said below a field, such as what an expression comes to, does not move its name.
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(field, row, 1)

    def add_value(self, text: str, value: str, tooltip: str = "", *, wrap: bool = False) -> Label:
        """One row that is only read; gives the label that holds the value."""
        shown = Label(value, wrap=True) if wrap else ElidedLabel(value)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        shown.setContentsMargins(0, 1, 0, 0)  # selectable text stands a pixel higher
        row = self._grid.rowCount()
        name = Label(text, "dim", wrap=wrap)
        if tooltip:
            name.setToolTip(tooltip)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(shown, row, 1, Qt.AlignmentFlag.AlignTop)
        return shown

    def add_wide(self, widget: QWidget) -> None:
        """A widget over both columns."""
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 2)

    def clear(self) -> None:
        """Remove all rows."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()  # at once: as a window of its own it would flash up
                widget.deleteLater()
