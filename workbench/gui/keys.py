"""Which keys do what: those of the table of actions, and those that a person chose instead.

Imports Qt; knows the table only as rows that it is given.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from workbench.gui.action_table import Action

EVERYWHERE = "window"
_ARROWS = [f"{held}{arrow}" for held in ("", "Shift+") for arrow in ("Left", "Right", "Up", "Down")]
# Keys that the window and its views use themselves: (keys, places, what they do there).
FIXED = (
    (("Esc",), (EVERYWHERE, "design", "runs", "compare"), "closes what is open"),
    (tuple(_ARROWS), (EVERYWHERE, "design"), "moves the selection on the canvas"),
    (tuple(_ARROWS), ("runs", "compare"), "moves through the table"),
    (("Space",), (EVERYWHERE, "design"), "moves the view and opens the search on the canvas"),
)


class Keymap(QObject):
    """The keys in force.  `changed` tells that some are others now; menus, tooltips and sheets follow it."""

    changed = Signal()

    def __init__(self, table: Iterable[Action]) -> None:
        super().__init__()
        self._table = {action.id: action for action in table}
        self._chosen: dict[str, str] = {}

    def of(self, id: str) -> str:
        """The keys of an action in Qt's portable writing, such as "Ctrl+Shift+S"; "" for none."""
        return self._chosen.get(id, self._table[id].shortcut)

    def all_of(self, id: str) -> list[str]:
        """All keys of an action: those of `of`, and until a person chose, the others of the table that are free."""
        row = self._table[id]
        more = () if id in self._chosen else row.more
        return [
            keys
            for keys in (self.of(id), *more)
            if keys and (keys == self.of(id) or not self.rivals(id, keys))
        ]

    def is_changed(self, id: str) -> bool:
        """Whether a person chose these keys."""
        return id in self._chosen

    def chosen(self) -> dict[str, str]:
        """What a person chose, to be remembered."""
        return dict(self._chosen)

    def rivals(self, id: str, keys: str) -> list[str]:
        """The other actions that these keys do something for in the same place."""
        place = self._table[id].place
        return [
            other.id
            for other in self._table.values()
            if other.id != id
            and keys
            and self.of(other.id) == keys
            and (place == other.place or EVERYWHERE in (place, other.place))
        ]

    def refusal(self, id: str, keys: str) -> str:
        """Why an action cannot have these keys at all; "" where it can."""
        if keys and readable(keys) == "":
            return f"“{keys}” names no key."
        place = self._table[id].place
        for fixed, places, use in FIXED:
            if keys in fixed and place in places:
                return f"{native(keys)} {use} and cannot be given to “{self._table[id].text}”."
        return ""

    def give(self, id: str, keys: str) -> None:
        """Give an action these keys ("" for none); who has them already loses them."""
        self._give(id, keys)
        self.changed.emit()

    def swap(self, id: str, keys: str) -> None:
        """Give an action these keys; those who had them get its old ones, where these are free for them."""
        old = self.of(id)
        rivals = self.rivals(id, keys)
        self._give(id, keys)
        for rival in rivals:
            if not self.rivals(rival, old) and not self.refusal(rival, old):
                self._put(rival, old)
        self.changed.emit()

    def reset_all(self) -> None:
        """The keys of the table again."""
        self._chosen.clear()
        self.changed.emit()

    def load(self, wanted: Mapping[Any, Any]) -> list[str]:
        """Take over what was remembered; gives a sentence for each entry that is left out."""
        self._chosen = {}
        wrong = []
        for id, keys in wanted.items():
            row = self._table.get(id) if isinstance(id, str) else None
            if row is None:
                wrong.append(f"There is no action “{str(id)[:40]}”.")
            elif not isinstance(keys, str):
                wrong.append(f"“{row.text}” keeps {_spoken(row.shortcut)}: its keys are not a text.")
            elif reason := self.refusal(row.id, keys):
                wrong.append(f"“{row.text}” keeps {_spoken(row.shortcut)}: {reason}")
            else:
                self._put(row.id, readable(keys))
        for id in list(self._chosen):
            if id in self._chosen and (rivals := self.rivals(id, self.of(id))):
                others = " and ".join(f"“{self._table[other].text}”" for other in rivals)
                wrong.append(
                    f"{native(self.of(id))} is the key of {others}, too: “{self._table[id].text}” keeps its usual one."
                )
                del self._chosen[id]
        # One that fell back may have met keys that another was given: then all fall back. The table itself has no such.
        if self._chosen and any(self.rivals(id, self.of(id)) for id in self._table):
            self._chosen = {}
            wrong.append("Two actions would share their keys; all keys are the usual ones again.")
        self.changed.emit()
        return wrong

    def _give(self, id: str, keys: str) -> None:
        for rival in self.rivals(id, keys):
            self._put(rival, "")
        self._put(id, keys)

    def _put(self, id: str, keys: str) -> None:
        if keys == self._table[id].shortcut:
            self._chosen.pop(id, None)
        else:
            self._chosen[id] = keys


def readable(keys: str) -> str:
    """The keys in Qt's portable writing; "" for what names no key, or several one after the other."""
    sequence = QKeySequence(keys)
    portable = sequence.toString(
        QKeySequence.SequenceFormat.PortableText
    )  # "" for a name that Qt does not know
    return portable if sequence.count() == 1 else ""


@cache
def native(keys: str) -> str:
    """The keys as this platform writes them."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _spoken(keys: str) -> str:
    return native(keys) or "no key"
