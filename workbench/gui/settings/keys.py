"""The keys of all actions, to be chosen; keys that another action has are swapped on request.

Imports Qt, session, actions and shared widgets.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui.action_table import BY_ID
from workbench.gui.actions import keymap
from workbench.gui.keys import native
from workbench.gui.session import Session
from workbench.gui.settings.key_table import KeyTable, lines
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import Label


class KeysSection(QWidget):
    """Search, table, and what was last said about a choice, with a button to swap."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._wish = ("", "")
        self.search = SearchField(
            "Search actions or keys", "Search actions", "Type a name, or keys such as Ctrl+D"
        )
        self.table = KeyTable()
        self.note = Label("", "small", wrap=True)
        self.swap = Button("Swap", "The two actions change their keys")
        self.leave = Button("Leave it", "The keys stay as they are")
        self.remove = Button("No keys", "Take the keys of the chosen action away (Del)")
        self.reset = Button("Usual keys", "Give the chosen action its usual keys again")
        self.reset_all = Button("All as usual", "Give every action its usual keys again")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.search, 1)
        for button in (self.remove, self.reset, self.reset_all):
            top.addWidget(button)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.note, 1)
        bottom.addWidget(self.swap)
        bottom.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.table)
        column.addLayout(bottom)
        self.search.textChanged.connect(self._on_typed)
        self.table.delegate.pressed.connect(self.wish)
        self.table.removed.connect(self._on_remove)
        self.table.selectionModel().currentChanged.connect(self._on_current)
        self.swap.clicked.connect(self._on_swap)
        self.leave.clicked.connect(lambda: self._say(""))
        self.remove.clicked.connect(self._on_remove)
        self.reset.clicked.connect(self._on_reset)
        self.reset_all.clicked.connect(self._on_reset_all)
        keymap.changed.connect(self._on_changed)
        self._on_typed("")
        self._say("")

    def wish(self, id: str, keys: str) -> None:
        """Give an action keys; where others have them, say so and offer to swap."""
        row = BY_ID[id]
        if reason := keymap.refusal(id, keys):
            self._say(reason, "warn")
        elif keys == keymap.of(id):
            self._say(f"“{row.text}” has {native(keys)} already." if keys else "")
        elif rivals := keymap.rivals(id, keys):
            others = " and ".join(f"“{BY_ID[other].text}”" for other in rivals)
            self._say(f"{native(keys)} is the key of {others}. Swap it with that of “{row.text}”?", "warn")
            self._wish = (id, keys)
            self.swap.show()
            self.leave.show()
            self.swap.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            keymap.give(id, keys)
            self._session.remember_keys()
            self._say(f"{native(keys)} is “{row.text}” now." if keys else f"“{row.text}” has no keys now.")

    def _on_typed(self, query: str) -> None:
        shown = lines(query)
        self.table.show_lines(shown)
        self._on_current()
        if not shown:
            self._say("No action has that name or those keys.")
        elif self.note.text().startswith("No action"):
            self._say("")

    def _on_swap(self) -> None:
        id, keys = self._wish
        rivals = keymap.rivals(id, keys)
        keymap.swap(id, keys)
        self._session.remember_keys()
        others = ", ".join(
            f"“{BY_ID[other].text}” has {native(keymap.of(other)) or 'none'}" for other in rivals
        )
        self._say(f"{native(keys)} is “{BY_ID[id].text}” now; {others}.")
        self.table.setFocus()

    def _on_remove(self) -> None:
        if id := self.table.action_id():
            self.wish(id, "")

    def _on_reset(self) -> None:
        if id := self.table.action_id():
            self.wish(id, BY_ID[id].shortcut)

    def _on_reset_all(self) -> None:
        before = keymap.chosen()
        keymap.reset_all()
        self._session.remember_keys()
        self._say("All actions have their usual keys.")
        if before:
            self._session.offer(
                "All actions have their usual keys.", "Undo", lambda: self._bring_back(before)
            )

    def _bring_back(self, chosen: dict[str, str]) -> None:
        keymap.load(chosen)
        self._session.remember_keys()

    def _on_changed(self) -> None:
        self.table.keys.say_all_changed()
        self._on_current()

    def _on_current(self) -> None:
        id = self.table.action_id()
        self.remove.setEnabled(bool(id) and bool(keymap.of(id)))
        self.reset.setEnabled(bool(id) and keymap.is_changed(id))
        self.reset_all.setEnabled(bool(keymap.chosen()))

    def _say(self, sentence: str, role: str = "small") -> None:
        self._wish = ("", "")
        self.swap.hide()
        self.leave.hide()
        self.note.setText(
            sentence or "Click the keys of an action and press others. Enter does so for the chosen one."
        )
        self.note.set_role(role)
