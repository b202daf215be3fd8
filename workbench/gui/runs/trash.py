"""The runs in the trash: taken back, or deleted for good once that was asked and answered.  Imports session, table."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.text import plural
from workbench.gui.read_only import guard
from workbench.gui.runs.table import RunsTable
from workbench.gui.runs.table_model import RunsModel
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.store.store import Store

_COLUMNS = (
    "run",
    "state",
    "progress",
    "model",
    "data",
    "parameters",
    "duration",
    "created",
    "ended",
    "cause",
)


class TrashPage(QWidget):
    """`open` reads what is there.  Delete asks, Escape keeps what is there or goes back."""

    left = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._asked: list[int] = []
        self._failed: list[str] = []
        self.model = RunsModel(self)
        self.table = RunsTable(self.model, columns=_COLUMNS)
        self.table.setAccessibleName("Runs in the trash")
        self.table.setToolTip("Deleted runs. Del asks whether the selected ones are to be deleted for good")
        self.back = Button("All runs", "Back to the table of runs (Esc)", icon="back")
        self.tally = ElidedLabel("", "small")
        self.restore = Button("Restore", "Take the selected runs back into the table", icon="undo")
        self.purge = Button(
            "Delete for good…",
            "Delete the selected runs with all that they recorded; asks first",
            icon="delete",
        )
        self.question = Label("", wrap=True)
        self.yes = Button("Delete for good", "This cannot be undone", kind="danger", icon="delete")
        self.no = Button("Keep", "Leave them in the trash (Esc)")
        self.nothing = EmptyState(
            "delete", "The trash is empty", "Deleted runs stay here until you delete them for good."
        )
        surface(self.nothing, "panel")
        self._build()
        guard(session, self.restore, self.purge)
        self.back.clicked.connect(self.left)
        self.restore.clicked.connect(self._restore)
        self.purge.clicked.connect(self.ask)
        self.yes.clicked.connect(self._purge)
        self.no.clicked.connect(self._keep)
        self.table.selected.connect(lambda _: self._tell())
        session.runs_changed.connect(lambda *_: self.look() if self.isVisible() else None)
        session.schemas_changed.connect(self._name_data)
        session.closing.connect(self._keep)  # what was asked is not meant for another workspace
        self._name_data()

    def _build(self) -> None:
        surface(self, "panel")
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 6)
        row.setSpacing(12)
        row.addWidget(self.back)
        row.addWidget(Label("Trash", "strong"))
        row.addWidget(self.tally, 1)
        row.addWidget(self.restore)
        row.addWidget(self.purge)
        self.bar = QWidget()
        surface(self.bar, "card")
        asking = QHBoxLayout(self.bar)
        asking.setContentsMargins(12, 8, 12, 8)
        asking.setSpacing(12)
        asking.addWidget(self.question, 1)
        asking.addWidget(self.yes)
        asking.addWidget(self.no)
        self.bar.hide()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.stack, 1)

    # ------------------------------------------------------------- what is there

    def open(self) -> None:
        """Read what is in the trash, and begin at its first run."""
        self._keep()
        self.look()

    def look(self) -> None:
        """Read what is in the trash."""
        self._session.call(_deleted, self._on_read)

    def _on_read(self, found: list[RunRecord]) -> None:
        self.model.update(found, {}, self._session.marks)
        self.model.show_archived(True)
        self.stack.setCurrentIndex(1 if found else 0)
        if found and not self.table.selected_ids():
            self.table.pick(self.model.shown[0])
        if self._asked and not set(self._asked) <= {run.id for run in found}:
            self._keep()  # another window was faster
        if self.isVisible() and not _has_focus(self):
            (self.table if found else self.back).setFocus()
        self._tell()

    def _name_data(self) -> None:
        self.model.set_titles({id: schema.title for id, schema in self._session.schemas.items()})

    def _tell(self) -> None:
        chosen = self.table.selected_ids()
        words = plural(self.model.total, "run") if self.model.total else ""
        self.tally.setText(f"{words} · {len(chosen)} selected" if len(chosen) > 1 else words)
        for button in (self.restore, self.purge):
            button.setEnabled(bool(chosen) and not self._asked and not self._session.read_only)

    # ------------------------------------------------------------- what can be done

    def _restore(self) -> None:
        ids = self.table.selected_ids()

        def work(store: "Store") -> None:
            for id in ids:
                store.restore_run(id)

        def again(store: "Store") -> None:
            for id in ids:
                store.delete_run(id)

        def then(_: None) -> None:
            self._session.offer(
                f"{plural(len(ids), 'run')} taken back.",
                "Undo",
                lambda: self._session.call(again, self._again),
            )
            self.look()

        if ids:
            self._session.call(work, then)

    def _again(self, _: None) -> None:
        self.look()

    def ask(self) -> None:
        """Ask whether the selected runs are to go for good."""
        self._asked = self.table.selected_ids() if not self._session.read_only else []
        if self._asked:
            what = plural(len(self._asked), "run")
            self.question.setText(
                f"Delete {what} for good, with all curves, pictures, notes and weights? This cannot be undone."
            )
            self.bar.show()
            self.no.setFocus()
            self._tell()

    def _keep(self) -> None:
        inside = _has_focus(self.bar)
        self._asked = []
        self.bar.hide()
        if inside:
            self.table.setFocus()
        self._tell()

    def _purge(self) -> None:
        ids = list(self._asked)
        self._keep()
        self._failed = []
        for id in ids:  # one by one, so that other work gets its turn
            last = id == ids[-1]
            self._session.call(
                partial(_purge, run=id), self._done(len(ids), last=last), self._refused(len(ids), last=last)
            )

    def _done(self, count: int, *, last: bool) -> "Callable[[None], None]":
        def then(_: None) -> None:
            if last:
                self._end(count)

        return then

    def _refused(self, count: int, *, last: bool) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            self._failed.append(str(error))
            if last:
                self._end(count)

        return failed

    def _end(self, count: int) -> None:
        gone = count - len(self._failed)
        words = f"{plural(gone, 'run')} deleted for good." if gone else ""
        for reason in self._failed[:1]:
            words = f"{reason} {words}".strip()
        self._session.message.emit(words, "warning" if self._failed else "ok")
        self.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self._asked:
                self._keep()
            else:
                self.left.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.ask()
        else:
            super().keyPressEvent(event)


def _has_focus(widget: QWidget) -> bool:
    focused: QWidget | None = widget.window().focusWidget()
    return focused is not None and widget.isAncestorOf(focused)


def _deleted(store: "Store") -> list[RunRecord]:
    return store.runs(deleted=True)


def _purge(store: "Store", run: int) -> None:
    store.purge_run(run, only_deleted=True)
