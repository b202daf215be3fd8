"""The command palette: everything in the program, found by a few letters.  Imports catalog and session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import shiboken6
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.actions import keys
from workbench.gui.fuzzy import score
from workbench.gui.session import Session
from workbench.gui.widgets.labels import STATE_TOKENS, Label
from workbench.gui.widgets.surfaces import hairline

WIDTH, ROW, MOST_ROWS = 600, 34, 11
MOST_RUNS = 2000
ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette: what it is, where it comes from, and what choosing it does."""

    title: str
    kind: str
    detail: str
    icon: str
    token: str
    run: Callable[[], object]
    keys: str = ""
    aliases: str = ""


def entries(session: Session, view: str, add_node: Callable[[str], object] | None) -> list[Entry]:
    """All that can be chosen now; node types only where there is a canvas to add them to."""
    found = [
        Entry(row.text, "Command", row.tooltip, row.icon, "text", action.trigger, keys(row.id))
        for row, action in session.actions.bound(view)
        if action.isEnabled() and row.id != "palette"
    ]
    if add_node is not None:
        found += _node_entries(add_node)
    found += _model_entries(session)
    for run in session.runs[:MOST_RUNS]:
        token = STATE_TOKENS.get(run.state, "dim")
        title = f"{run.name} #{run.id}"
        go = _later(session.go, "runs", run.id)
        found.append(Entry(title, "Run", run.state, "runs", token, go, aliases=f"run {run.state}"))
    return found


def _node_entries(add_node: Callable[[str], object]) -> list[Entry]:
    from workbench.catalog.spec import node_types

    return [
        Entry(
            kind.title,
            "Node",
            f"{name} · {kind.family}" if name != kind.title else kind.family,
            "node",
            f"family:{kind.family}",
            _later(add_node, name),
            aliases=" ".join((name, *kind.aliases)),
        )
        for name, kind in node_types().items()
    ]


def _model_entries(session: Session) -> list[Entry]:
    from workbench.catalog.templates import templates

    return [
        Entry(
            model.name, "Model", "in this workspace", "model", "accent", _later(session.open_model, model.id)
        )
        for model in session.models
    ] + [
        Entry(
            template.title, "Template", template.category, "template", "dim",
            _later(session.open_template, template.id), aliases=template.id,
        )
        for template in templates()
    ]  # fmt: skip


def _later(act: Callable[..., object], *args: object) -> Callable[[], object]:
    return lambda: act(*args)


def matching(query: str, offered: Sequence[Entry], most: int = 60) -> list[Entry]:
    """The entries that fit what was typed, best first; with nothing typed, as they come."""
    if not query.strip():
        return list(offered[:most])
    scored = []
    for index, entry in enumerate(offered):
        fit = max(score(query, entry.title), 0.8 * score(query, entry.aliases) if entry.aliases else 0.0)
        if entry.kind == "Command":
            fit *= 1.05
        if fit > 0:
            scored.append((-fit, index, entry))
    scored.sort(key=lambda item: item[:2])
    return [entry for _, _, entry in scored[:most]]


class EntryModel(QAbstractListModel):
    """The lines that are shown now."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Entry] = []

    def show(self, shown: list[Entry]) -> None:
        """Replace the lines."""
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        entry = self._shown[index.row()]
        if role == ENTRY:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.kind}: {entry.detail}"
        return None


class EntryDelegate(QStyledItemDelegate):
    """Paints icon, title and detail on the left, shortcut or kind on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH - 16, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(ENTRY)
        style: Any = option  # the stubs leave out the fields of the style options
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect: QRect = style.rect
        if style.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = style.state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)
        picture = theme.pixmap(entry.icon, entry.token, 16, style.widget.devicePixelRatioF())
        painter.drawPixmap(rect.left() + 10, rect.top() + (rect.height() - 16) // 2, picture)
        small = style.font
        metrics = style.fontMetrics
        right = entry.keys or entry.kind
        right_width = metrics.horizontalAdvance(right)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(small)
        painter.setPen(theme.color("dim"))
        painter.drawText(rect.adjusted(0, 0, -12, 0), middle | Qt.AlignmentFlag.AlignRight, right)
        text = rect.adjusted(36, 0, -right_width - 28, 0)
        painter.setPen(theme.color("text"))
        title = metrics.elidedText(entry.title, Qt.TextElideMode.ElideMiddle, text.width())
        painter.drawText(text, middle, title)
        painter.setPen(theme.color("dim"))
        rest = text.adjusted(metrics.horizontalAdvance(title) + 10, 0, 0, 0)
        painter.drawText(
            rest, middle, metrics.elidedText(entry.detail, Qt.TextElideMode.ElideRight, rest.width())
        )
        painter.restore()


class CommandPalette(QFrame):
    """A box over the window: a line to type in and what fits; Escape or a click elsewhere closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("box", "popup")
        self.setAccessibleName("Command palette")
        self._offered: list[Entry] = []
        self._focused: QWidget | None = None
        self.field = QLineEdit()
        self.field.setProperty("kind", "palette")
        self.field.setPlaceholderText("Search commands, nodes, runs")
        self.field.setAccessibleName("Search everything")
        self.field.setToolTip("Type a few letters; arrows choose, Enter does it, Escape closes")
        self._lines = EntryModel()
        self.list = QListView()
        self.list.setModel(self._lines)
        self.list.setItemDelegate(EntryDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("What was found")
        self.list.setToolTip("Click to do it")
        self._nothing = Label("Nothing has that name. Try fewer letters.", "dim")
        self._nothing.setContentsMargins(12, 8, 12, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.field)
        column.addWidget(hairline())
        inner = QVBoxLayout()
        inner.setContentsMargins(7, 6, 7, 7)
        inner.addWidget(self.list)
        inner.addWidget(self._nothing)
        column.addLayout(inner)
        self.field.textChanged.connect(self._on_typed)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._choose)
        self.hide()

    def open(self, offered: list[Entry]) -> None:
        """Show the palette over these entries."""
        self._offered = offered
        if not self.isVisible():
            self._focused = self._window.focusWidget()
        self.field.clear()
        self._on_typed("")
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def close_up(self) -> None:
        """Hide it and give the keyboard back."""
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)
        self.hide()

    def place(self) -> None:
        """Top centre of the window, as high as what it shows."""
        window = self._window
        rows = min(self._lines.rowCount(), MOST_ROWS)
        self._nothing.setVisible(rows == 0)
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(max(1, rows) * ROW)
        height = 44 + 14 + (rows * ROW if rows else self._nothing.sizeHint().height()) + 2
        width = min(WIDTH, window.width() - 32)
        self.setGeometry((window.width() - width) // 2, 6, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            if watched is not self and not self.isAncestorOf(watched) and watched.window() is self.window():
                self.close_up()
        elif watched is self.field and event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.close_up()
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        if key == Qt.Key.Key_Escape:
            self.close_up()
            self._focus_below()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex())
        elif (step := steps.get(Qt.Key(key))) is not None:
            count = self._lines.rowCount()
            if count:
                row = self.list.currentIndex().row() + step
                row = row % count if abs(step) == 1 else max(0, min(count - 1, row))
                self.list.setCurrentIndex(self._lines.index(row))
        elif key not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            return False
        return True

    def _on_typed(self, text: str) -> None:
        self._lines.show(matching(text, self._offered))
        self.place()
        if self._lines.rowCount():
            self.list.setCurrentIndex(self._lines.index(0))
            self.list.scrollToTop()

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            entry: Entry = index.data(ENTRY)
            self.close_up()
            self._focus_below()
            entry.run()

    def _focus_below(self) -> None:
        """Who had the keyboard has it again, such as the canvas; a field may be gone with its form."""
        focused, self._focused = self._focused, None
        if focused is not None and shiboken6.isValid(focused) and focused.isVisible():
            focused.setFocus()
        else:
            self._window.setFocus()
