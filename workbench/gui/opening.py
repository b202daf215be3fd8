"""Files that a person drops or chooses: models are opened one after another, all else goes to the Data view.

May import Qt, core and the session's type.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.document import Document
from workbench.core.errors import WorkbenchError
from workbench.core.pictures import read_any

if TYPE_CHECKING:
    from workbench.gui.session import Session

MOST_NAMED = 5
ADD_DATA = "+"
"""What the Data view is asked for to add data, when it is not said yet which."""


def is_model(path: Path) -> bool:
    """Whether a file is taken for a model, by its ending; all others are data."""
    return path.suffix.lower() in (".json", ".png") and not path.is_dir()


class Opening:
    """Reads models in the background, one at a time, and opens each as soon as it is read.

    What `read` hands back as a path is data: all of it goes to the Data view in the end.
    """

    def __init__(
        self, session: "Session", paths: Iterable[Path], read: Callable[[Path], Document | Path] = read_any
    ) -> None:
        self._session = session
        self._read = read
        self._left = list(dict.fromkeys(paths))
        self._several = len(self._left) > 1
        self._opened: list[str] = []
        self._refused: list[str] = []
        self._data: list[Path] = []

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

    def _on_read(self, found: Document | Path) -> None:
        if isinstance(found, Path):
            self._data.append(found)
        else:
            self._opened.append(self._session.add_model(found, self._opened))
        self.start()

    def _on_refused(self, error: Exception) -> None:
        known = isinstance(error, WorkbenchError)
        self._refused.append(str(error) if known else f"{type(error).__name__}: {error}")
        self.start()

    def _tell(self) -> None:
        session, opened, refused = self._session, self._opened, self._refused
        if self._data:
            session.go("data", self._data)
        elif opened:
            session.go("design")
        said = []
        if opened and self._several:
            said.append(f"Opened {_listed([f'“{name}”' for name in opened])}.")
        if refused:
            lead = "Not opened: " if self._several else ""
            more = len(refused) - MOST_NAMED
            said += [f"{lead}{refused[0]}", *refused[1:MOST_NAMED]]
            said += [f"And {more} more."] if more > 0 else []
        if said:
            session.message.emit(" ".join(said), ("warning" if opened else "error") if refused else "ok")


def read_dropped(path: Path) -> Document | Path:
    """The model in a file that was dropped, or the path itself where it is data.  Raises DocumentError."""
    return read_any(path) if is_model(path) else path


def _listed(names: list[str]) -> str:
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
