"""The table of all actions and their keys: click the keys of one and press others.  Imports Qt, theme and actions."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.action_table import Action, groups
from workbench.gui.actions import keymap
from workbench.gui.fuzzy import score
from workbench.gui.keys import native

ROW, HEIGHT = 28, 420
KEYS = 1
_ACTION = Qt.ItemDataRole.UserRole
_HELD = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Line:
    """A heading (without an action), or an action of the table."""

    title: str
    action: Action | None = None


def lines(query: str) -> list[Line]:
    """The actions that fit what was typed, by name, help or keys, under their headings."""
    found = []
    for title, actions in groups():
        fitting = [action for action in actions if _fits(query, action)]
        if fitting:
            found += [Line(title), *(Line(action.text.rstrip("…"), action) for action in fitting)]
    return found


def _fits(query: str, action: Action) -> bool:
    typed = query.strip().lower()
    keys = [native(keys).lower() for keys in keymap.all_of(action.id)]
    return not typed or typed in keys or score(typed, f"{action.text} {action.tooltip}") > 0


class KeyModel(QAbstractTableModel):
    """Action, its keys now, and the usual ones where they are others."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []

    def show(self, shown: list[Line]) -> None:
        """Show these lines."""
        self.beginResetModel()
        self.lines = shown
        self.endResetModel()

    def say_all_changed(self) -> None:
        """Read the keys again."""
        self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, 2))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else 3

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.lines[index.row()].action is None:
            return Qt.ItemFlag.ItemIsEnabled
        editable = Qt.ItemFlag.ItemIsEditable if index.column() == KEYS else Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | editable

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return ("Action", "Keys", "Usually")[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        action = line.action
        if action is None:
            return _heading(line.title if index.column() == 0 else "", role)
        changed = keymap.is_changed(action.id)
        if role == _ACTION:
            return action.id
        if role == Qt.ItemDataRole.DisplayRole:
            return (line.title, _spoken(action.id), _usual(action) if changed else "")[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{action.tooltip}\nClick its keys and press others; Escape leaves them"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{line.title}: {_spoken(action.id)}"
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 2:
            return theme.color("dim")
        if role == Qt.ItemDataRole.FontRole and index.column() == KEYS and changed:
            font = QFont()
            font.setPixelSize(theme.TEXT)
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None


def _heading(title: str, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return title.upper()
    if role == Qt.ItemDataRole.ForegroundRole:
        return theme.color("dim")
    if role == Qt.ItemDataRole.FontRole:
        font = QFont()
        font.setPixelSize(theme.SMALL)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 1)
        return font
    return None


def _spoken(id: str) -> str:
    return "  or  ".join(native(keys) for keys in keymap.all_of(id)) or "–"


def _usual(action: Action) -> str:
    return native(action.shortcut) or "none"


class KeyField(QLineEdit):
    """Waits for keys to be pressed; Escape gives up."""

    pressed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setPlaceholderText("Press the keys…")
        self.setAccessibleName("New keys")
        self.setToolTip("Press the keys that are to do it; Escape leaves them as they were")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:  # else the keys would do what they do now
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self._take(event)
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key not in _HELD and key != Qt.Key.Key_unknown:
            self.pressed.emit(_written(event))


def _written(event: QKeyEvent) -> str:
    """The keys in Qt's portable writing: Shift is left out where it only made the character, as in "?"."""
    keys = event.keyCombination()
    character = event.text()
    if character and character.isprintable() and not character.isalnum() and not character.isspace():
        held = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier & ~Qt.KeyboardModifier.KeypadModifier
        plain = QKeySequence(QKeySequence(event.key()).toString())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and held == Qt.KeyboardModifier.NoModifier:
            return plain.toString(QKeySequence.SequenceFormat.PortableText)
    if event.key() == Qt.Key.Key_Backtab:
        return "Shift+Tab"
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)


class _KeyDelegate(QStyledItemDelegate):
    """Edits keys by having them pressed."""

    pressed = Signal(str, str)
    """(action, keys)"""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = KeyField(parent)
        id = index.data(_ACTION)
        field.left.connect(lambda: self._close(field))
        field.pressed.connect(lambda keys: self._take(field, id, keys))
        return field

    def _take(self, field: KeyField, id: str, keys: str) -> None:
        self._close(field)
        self.pressed.emit(id, keys)

    def _close(self, field: KeyField) -> None:
        self.closeEditor.emit(field, QStyledItemDelegate.EndEditHint.NoHint)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return False  # Tab and Enter are keys like others here
        return super().eventFilter(watched, event)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """The field starts empty."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """What was pressed was told already."""


class KeyTable(QTableView):
    """All actions; Enter, F2 or a click on the keys waits for others."""

    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.keys = KeyModel(self)
        self.setModel(self.keys)
        self.delegate = _KeyDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName("Keys of all actions")
        self.setToolTip("Click the keys of an action and press others")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setFixedHeight(HEIGHT)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((KEYS, 210), (2, 150)):
            header.resizeSection(column, width)
        self.clicked.connect(self._on_clicked)

    def action_id(self) -> str:
        """The action of the current row; "" on a heading."""
        index = self.currentIndex()
        return str(index.data(_ACTION) or "") if index.isValid() else ""

    def show_lines(self, shown: list[Line]) -> None:
        """Show these lines, the first action of them current."""
        self.keys.show(shown)
        self.clearSpans()
        for row, line in enumerate(shown):
            if line.action is None:
                self.setSpan(row, 0, 1, 3)
        if len(shown) > 1:
            self.setCurrentIndex(self.keys.index(1, KEYS))

    def listen(self) -> None:
        """Wait for the keys of the current action."""
        if self.action_id():
            self.edit(self.keys.index(self.currentIndex().row(), KEYS))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.listen()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == KEYS:
            self.listen()
