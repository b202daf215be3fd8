"""The actions of the table that work now, as QActions, and their keys in words.

A view binds the rows it can do with `session.actions.bind`; a row that nobody bound is offered nowhere.
Imports Qt.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from workbench.gui.action_table import ACTIONS, BY_ID, WRITES, Action
from workbench.gui.garbage import widgets
from workbench.gui.keys import Keymap, native

keymap = Keymap(ACTIONS)


class Bound(QAction):
    """An action of the table; one that writes is off while it is locked, whatever else allows it."""

    def __init__(self, row: Action, owner: QWidget) -> None:
        super().__init__(row.text, owner)
        self._row = row
        self._can = True
        self._reason = self._why = ""
        self.setObjectName(row.id)
        self.tell()

    def setEnabled(self, can: bool, /) -> None:  # noqa: N802 - Qt's name
        self._can = can
        super().setEnabled(can and not self._reason)

    def allow(self, can: bool, why_not: str) -> None:
        """Turn it on or off; where it is off, its tooltip tells why not."""
        self._why = "" if can else why_not
        self.setEnabled(can)
        self.tell()

    def lock(self, reason: str) -> None:
        """Turn it off for this reason; "" lets it work again."""
        self._reason = reason if self._row.id in WRITES else ""
        self.setEnabled(self._can)
        self.tell()

    def tell(self) -> None:
        """Say in its tooltip what it does, and why not now."""
        self.setToolTip("\n".join(filter(None, (tooltip(self._row.id), self._reason or self._why))))


class Actions(QObject):
    """The actions that are bound now, as QActions by id."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._made: dict[str, Bound] = {}
        self._reason = ""
        self._tooltips = {id: tooltip(id) for id in BY_ID}
        keymap.changed.connect(self._follow)

    def bind(self, id: str, slot: Callable[[], object], owner: QWidget, *, inside: bool = True) -> QAction:
        """Make an action of the table do something; its shortcut works while the focus is in `owner`.

        With `inside` false it does not work in the parts of `owner`.  Binding again replaces the earlier binding.
        Gives the QAction, for buttons, menus and `setEnabled`.
        """
        row = BY_ID[id]
        if (old := self._made.pop(id, None)) is not None:
            old.deleteLater()
        made = Bound(row, owner)
        if self._reason:
            made.lock(self._reason)
        context = Qt.ShortcutContext
        parts = context.WidgetWithChildrenShortcut if inside else context.WidgetShortcut
        made.setShortcutContext(context.WindowShortcut if owner.isWindow() else parts)
        made.setShortcuts([QKeySequence(keys) for keys in keymap.all_of(id)])
        made.triggered.connect(lambda: slot())
        owner.addAction(made)  # at last: each change from here on is told to the owner
        self._made[id] = made
        made.destroyed.connect(lambda: self._forget(id, made))
        return made

    def lock(self, reason: str) -> None:
        """The workspace cannot be written for this reason ("" for one that can): actions that write are off."""
        self._reason = reason
        for made in self._made.values():
            made.lock(reason)

    def get(self, id: str) -> Bound:
        """The QAction of a bound action."""
        return self._made[id]

    def has(self, id: str) -> bool:
        """Whether an action is bound now."""
        return id in self._made

    def bound(self, view: str = "") -> list[tuple[Action, QAction]]:
        """Rows of the table that work now: those of the window and those of the view given."""
        return [
            (row, self._made[row.id])
            for row in ACTIONS
            if row.id in self._made and row.place in ("window", view)
        ]

    def _follow(self) -> None:
        """Take over other keys: in shortcuts and menus, and in the tooltips of the actions' buttons."""
        before, self._tooltips = self._tooltips, {id: tooltip(id) for id in BY_ID}
        for id, made in self._made.items():
            made.setShortcuts([QKeySequence(keys) for keys in keymap.all_of(id)])
            made.tell()
        # Buttons of any view took the text of their tooltip from here; by it they are found again.
        other = {text: self._tooltips[id] for id, text in before.items() if text != self._tooltips[id]}
        for widget in widgets() if other else ():
            if (text := other.get(widget.toolTip())) is not None:
                widget.setToolTip(text)
            elif (id := widget.property("keys_of")) is not None:
                explain(widget, str(id), str(widget.property("keys_text")))

    def _forget(self, id: str, made: QAction) -> None:
        if self._made.get(id) is made:
            del self._made[id]


def keys(id: str) -> str:
    """The shortcut as this platform writes it; "" for none."""
    return native(keymap.of(id))


def press(id: str) -> str:
    """How to do an action, inside a sentence: press Ctrl+N; without keys: choose “New model”."""
    shortcut = keys(id)
    return f"press {shortcut}" if shortcut else f"choose “{BY_ID[id].text}”"


def tooltip(id: str, text: str = "") -> str:
    """What the action does (or the text given), with its shortcut, for the tooltip of its buttons."""
    shortcut, said = keys(id), text or BY_ID[id].tooltip
    return f"{said} ({shortcut})" if shortcut else said


def explain(widget: QWidget, id: str, text: str) -> None:
    """Give a widget a tooltip of its own with the keys of an action behind it; it follows them."""
    widget.setProperty("keys_of", id)
    widget.setProperty("keys_text", text)
    widget.setToolTip(tooltip(id, text))
