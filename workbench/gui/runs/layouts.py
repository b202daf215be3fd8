"""How the table of runs looks: columns, widths, order, filter, groups. Kept in the workspace, under names as views.

Imports Qt core, the table's model and session.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, get_args

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.gui.runs.grouped_model import How
from workbench.gui.session import Session

if TYPE_CHECKING:
    from workbench.store.store import Store

LAST: Final = "runs_layout"
"""The setting of the workspace that keeps how the table looked last."""
NAMED: Final = "runs_view:"
"""With a name behind it: the setting that keeps a view."""
_MOST_COLUMNS: Final = 200
_WIDEST: Final = 2000
_MOST_PINNED: Final = 20
_SAVE_MS: Final = 800


@dataclass(frozen=True, slots=True)
class Layout:
    """Keys of the columns from the left, widths of those that a person changed, the order, the filter, the group and
    what it says of its runs, how many columns stay at the left, and whether the panel of values is there.
    """

    columns: tuple[str, ...]
    widths: Mapping[str, int] = field(default_factory=dict)
    sort: str = "run"
    down: bool = True
    filter: str = ""
    group: str = ""
    how: How = "mean"
    pinned: int = 0
    facets: bool = False

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, given: Any) -> "Layout | None":
        """None for what is no layout: a workspace may come from anywhere."""
        if not isinstance(given, dict) or not isinstance(given.get("columns"), list):
            return None
        columns = [key for key in given["columns"][:_MOST_COLUMNS] if isinstance(key, str)]
        if not columns:
            return None
        widths = given.get("widths")
        kept = {
            key: min(max(wide, 20), _WIDEST)
            for key, wide in (widths.items() if isinstance(widths, dict) else ())
            if isinstance(key, str) and isinstance(wide, int)
        }
        texts = {
            name: given[name] for name in ("sort", "filter", "group") if isinstance(given.get(name), str)
        }
        pinned = given.get("pinned")
        return cls(
            tuple(dict.fromkeys(columns)),
            kept,
            down=bool(given.get("down", True)),
            how=next((how for how in get_args(How) if how == given.get("how")), "mean"),
            pinned=min(max(pinned, 0), _MOST_PINNED) if isinstance(pinned, int) else 0,
            facets=given.get("facets") is True,
            **texts,
        )


class Layouts(QObject):
    """The layouts of the workspace: the last one, kept by itself, and the named ones."""

    read = Signal(object)
    """The last Layout of the workspace, or None: it was just opened."""
    changed = Signal()
    """The named ones are others."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.named: dict[str, Layout] = {}
        self._session = session
        self._last: Layout | None = None
        self._unsaved = False
        self._later = QTimer(self, interval=_SAVE_MS, singleShot=True)
        self._later.timeout.connect(self.save)
        session.opened.connect(self._read)
        session.closing.connect(self.save)
        if session.is_open:
            self._read()

    def remember(self, layout: Layout) -> None:
        """The table looks like this now; kept a moment later."""
        if layout != self._last:
            self._last, self._unsaved = layout, True
            self._later.start()

    def save(self) -> None:
        """Keep what was to be remembered."""
        if self._unsaved and self._last is not None:
            self._later.stop()
            self._unsaved = False
            kept = self._last.as_json() | {"filter": ""}  # hidden runs on opening would be a riddle
            self._session.keep(LAST, kept)

    def keep(self, name: str, layout: Layout) -> None:
        """Keep a layout under a name; one of that name gives way, and can be had back."""
        before = self.named.get(name)
        self.named = dict(sorted({**self.named, name: layout}.items()))
        self._write(name, layout)
        if before is not None and before != layout:
            old = before
            self._session.offer(
                f"The view “{name}” is another one now.", "Undo", lambda: self.keep(name, old)
            )
        else:
            self._session.message.emit(f"The view “{name}” was kept.", "ok")

    def forget(self, name: str) -> None:
        """Delete a named layout; can be undone."""
        if (layout := self.named.pop(name, None)) is not None:
            self._write(name, None)
            self._session.offer(f"The view “{name}” was deleted.", "Undo", lambda: self.keep(name, layout))

    def _write(self, name: str, layout: Layout | None) -> None:
        key = f"{NAMED}{name}"

        def work(store: "Store") -> None:
            if layout is None:
                store.remove_setting(key)
            else:
                store.set_setting(key, layout.as_json())

        self._session.call(work, lambda _: self._look())

    def _look(self) -> None:
        """Another window may have kept some, too."""
        self._session.call(lambda store: store.settings(NAMED), self._on_named)

    def _read(self) -> None:
        self._session.call(lambda store: store.settings(NAMED), self._on_named)
        self._session.call(lambda store: store.setting(LAST), self._on_last)

    def _on_named(self, found: dict[str, Any]) -> None:
        layouts = {key.removeprefix(NAMED): Layout.from_json(each) for key, each in found.items()}
        self.named = {name: layout for name, layout in sorted(layouts.items()) if layout is not None}
        self.changed.emit()

    def _on_last(self, given: Any) -> None:
        self._last = Layout.from_json(given)
        self.read.emit(self._last)
