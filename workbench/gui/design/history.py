"""Every step of the open model, done or taken back: a click goes there.  Beside it, the model's versions.

Imports Qt, session, widgets and the panel of versions.
"""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import theme
from workbench.gui.design.versions import VersionsPanel
from workbench.gui.session import Session
from workbench.gui.widgets.labels import SectionHeader
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import surface

ROW = 26
BEGIN = "Start"
_STEP = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class Steps(QAbstractListModel):
    """Row 0 is the model as it was opened, row n what it was after n steps."""

    def __init__(self) -> None:
        super().__init__()
        self.position = 0
        self._rows: list[tuple[str, float]] = []

    def show(self, timeline: tuple[tuple[str, float], ...], position: int) -> None:
        """Show these steps, so many of them done."""
        rows = [(BEGIN, 0.0), *timeline]
        if rows != self._rows:
            self.beginResetModel()
            self._rows, self.position = rows, position
            self.endResetModel()
        elif position != self.position:
            self.position = position
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        label, when = self._rows[index.row()]
        undone = index.row() > self.position
        if role == _STEP:
            return text.one_line(label), when, undone, index.row() == self.position
        if role == Qt.ItemDataRole.DisplayRole:
            return text.one_line(label)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "taken back" if undone else "done"
            return f"{text.one_line(label)}, {'now' if index.row() == self.position else state}"
        if role == Qt.ItemDataRole.ToolTipRole:
            at = f" · {text.moment(when)}" if when else ""
            return f"{text.one_line(label)}{at}\nClick to go to the model as it was after this step"
        return None


class _StepDelegate(QStyledItemDelegate):
    """A dot at the step that one is at, the label, and the time of day; what was taken back is dimmed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        label, when, undone, now = index.data(_STEP)
        style: Any = option  # the stubs leave out the fields of the style options
        rect: QRect = style.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        state = QStyle.StateFlag
        if style.state & (state.State_Selected | state.State_MouseOver):
            painter.setBrush(theme.color("selection" if style.state & state.State_Selected else "hover"))
            painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), 4, 4)
        if now:
            painter.setBrush(theme.color("accent"))
            painter.drawEllipse(rect.left() + 10, rect.center().y() - 3, 7, 7)
        metrics = style.fontMetrics
        clock = text.clock(when) if when else ""
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        inner = rect.adjusted(26, 0, -12, 0)
        painter.setPen(theme.color("dim"))
        painter.drawText(inner, middle | right, clock)
        inner.setRight(inner.right() - metrics.horizontalAdvance(clock) - 12)
        painter.setPen(theme.color("dim" if undone else "text"))
        if undone:
            font = painter.font()
            font.setItalic(True)
            painter.setFont(font)
        painter.drawText(inner, middle, metrics.elidedText(label, Qt.TextElideMode.ElideRight, inner.width()))
        painter.restore()


class StepList(QListView):
    """Arrows choose a step, Enter or a click goes there, Escape gives the keyboard back to the canvas."""

    def __init__(self, session: Session, canvas: QWidget) -> None:
        super().__init__()
        self._session = session
        self._canvas = canvas
        self.steps = Steps()
        self.setModel(self.steps)
        self.setItemDelegate(_StepDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Steps of the model")
        self.setToolTip("Click a step to go to the model as it was after it")
        self.clicked.connect(self._go)
        session.model_opened.connect(self.refresh)
        session.document_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the history as it is, if anybody looks."""
        if not self.isVisible():
            return
        history = self._session.history
        self.steps.show(history.timeline(), history.position)
        here = self.steps.index(history.position)
        self.setCurrentIndex(here)
        self.scrollTo(here)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._go(self.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            self._canvas.setFocus()
        else:
            super().keyPressEvent(event)

    def _go(self, index: QModelIndex) -> None:
        if index.isValid():
            self._session.history.go(index.row())


class HistoryPanel(Splitter):
    """Steps at the left, versions at the right."""

    def __init__(self, session: Session, canvas: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.list = StepList(session, canvas)
        self.versions = VersionsPanel(session, canvas)
        left = QWidget()
        surface(left, "panel")
        left.setMinimumWidth(160)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = SectionHeader("Steps")
        head.setContentsMargins(12, 8, 8, 4)
        column.addWidget(head)
        column.addWidget(self.list, 1)
        self.addWidget(left)
        self.addWidget(self.versions)
        self.setSizes([260, 300])

    def focus_steps(self) -> None:
        """Give the keyboard to the steps."""
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_versions(self) -> None:
        """Give the keyboard to the newest version, or to the button that keeps one."""
        self.versions.refresh()
        self.versions.take_focus()
