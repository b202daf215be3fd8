"""Files that a person drops or chooses: what each is taken for, and opening several one after another.

May import Qt, core and the session's type.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.document import Document
from workbench.core.errors import DocumentError, WorkbenchError
from workbench.core.pictures import read_any

if TYPE_CHECKING:
    from workbench.gui.session import Session

MODEL = "model"
MOST_NAMED = 5
_OPENABLE = " Drop model files (.json) or pictures exported from a drawing (.png)."


def kind_of(path: Path) -> str:
    """What a file is taken for, by its ending.  Raises DocumentError for what is not opened, with the reason."""
    if path.suffix.lower() in (".json", ".png") and not path.is_dir():
        return MODEL
    what = "a folder" if path.is_dir() else "no model"
    raise DocumentError(f"“{path.name}” is {what}.{_OPENABLE}")


class Opening:
    """Reads files in the background, one at a time, and opens each as soon as it is read."""

    def __init__(
        self, session: "Session", paths: Iterable[Path], read: Callable[[Path], Document] = read_any
    ) -> None:
        self._session = session
        self._read = read
        self._left = list(dict.fromkeys(paths))
        self._several = len(self._left) > 1
        self._opened: list[str] = []
        self._refused: list[str] = []

    def start(self) -> None:
        """Begin with the first, or go on with the next."""
        if not self._left:
            self._tell()
            return
        if not self._session.is_started:
            self._left.clear()
            self._on_refused(WorkbenchError("No workspace is open."))
            return
        path = self._left.pop(0)
        self._session.call(lambda _: self._read(path), self._on_read, self._on_refused)

    def _on_read(self, document: Document) -> None:
        self._opened.append(self._session.add_model(document, self._opened))
        self.start()

    def _on_refused(self, error: Exception) -> None:
        known = isinstance(error, WorkbenchError)
        self._refused.append(str(error) if known else f"{type(error).__name__}: {error}")
        self.start()

    def _tell(self) -> None:
        session, opened, refused = self._session, self._opened, self._refused
        if opened:
            session.go("design")
        said = []
        if opened and self._several:
            said.append(f"Opened {_listed([f'“{name}”' for name in opened])}.")
        if refused:
            lead = "Not opened: " if self._several else ""
            named = [reason.removesuffix(_OPENABLE) for reason in refused[:MOST_NAMED]]
            more = len(refused) - len(named)
            said += [f"{lead}{named[0]}", *named[1:]]
            said += [f"And {more} more."] if more > 0 else []
            if any(reason.endswith(_OPENABLE) for reason in refused):
                said.append(_OPENABLE.strip())
        if said:
            session.message.emit(" ".join(said), ("warning" if opened else "error") if refused else "ok")


def read_dropped(path: Path) -> Document:
    """The model in a file that was dropped.  Raises DocumentError when nothing here opens it."""
    kind_of(path)  # models are all that is opened so far
    return read_any(path)


def _listed(names: list[str]) -> str:
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
