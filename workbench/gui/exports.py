"""Exports of runs: where to, the process that writes, how far it is, and what came of it.

Imports session, the process and widgets; jobs only once something is exported.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QWidget

from workbench.core import text
from workbench.core.files import dumps
from workbench.gui.json_process import Ending, JsonProcess
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.labels import Label
from workbench.store.records import RunRecord


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of export: its name in the menu, and the files that it makes; for a folder no ending."""

    id: str
    title: str
    filter: str
    suffix: str
    about: str


OF_MODELS: Final = (
    Kind(
        "onnx",
        "ONNX…",
        "ONNX (*.onnx)",
        "onnx",
        "The model for other programs, checked against ONNX Runtime",
    ),
    Kind(
        "safetensors",
        "Weights…",
        "Safetensors (*.safetensors)",
        "safetensors",
        "The best weights by their names, as safetensors",
    ),
    Kind("torch", "Graph for torch…", "torch.export (*.pt2)", "pt2", "The model for torch.export.load"),
    Kind(
        "python",
        "Python program…",
        "New folder (*)",
        "",
        "A folder with the program, its data and the best weights; Workbench is not needed there",
    ),
)
KINDS: Final = (
    *OF_MODELS,
    Kind(
        "card",
        "Model card…",
        "HTML (*.html);;Markdown (*.md)",
        "html",
        "All of this run in one file: drawing, data, curves, metrics, settings, versions",
    ),
    Kind(
        "metrics",
        "Metrics as a table…",
        "CSV (*.csv);;Parquet (*.parquet)",
        "csv",
        "Every value that this run recorded, a row each",
    ),
)


WORKSPACE_FILES: Final = "Workspace file (*.zip)"
BUNDLE_KIND: Final = Kind(
    "bundle",
    "Workspace file…",
    WORKSPACE_FILES,
    "zip",
    "These runs with their weights, models and what they recorded, to take into another workspace",
)
SEVERAL: Final = (
    Kind(
        "report",
        "Report…",
        "HTML (*.html);;PDF (*.pdf)",
        "html",
        "What differs between these runs, their metrics and curves, drawings, and whether it is more than chance",
    ),
    Kind(
        "metrics",
        "Metrics as a table…",
        "CSV (*.csv);;Parquet (*.parquet)",
        "csv",
        "Every value that these runs recorded, a row each",
    ),
    Kind("tensorboard", "TensorBoard…", "New folder (*)", "", "A folder with the event files of each run"),
    Kind("mlflow", "MLflow…", "New folder (*)", "", "A folder as MLflow keeps its experiments (mlruns)"),
    BUNDLE_KIND,
)
"""What is written of several runs together."""


class Exporter(QObject):
    """Writes one export at a time in a process of its own."""

    changed = Signal()
    """Something began, went on or ended."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._process: JsonProcess | None = None
        self._written: dict[str, Any] = {}
        self._began = 0.0
        self.what = ""
        """What is exported now, such as “run 12 (ONNX)”; "" while nothing is."""
        self.doing = ""

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self._began

    def start(self, run: RunRecord, kind: Kind, place: Path) -> None:
        """Begin; while another one is being written that one is told instead."""
        self._start(kind, place, f"run {run.id}", {"run": run.id})

    def start_several(self, runs: Sequence[RunRecord], kind: Kind, place: Path) -> None:
        """The same of several runs together; of none, for the whole workspace."""
        ids = tuple(run.id for run in runs)
        what = text.plural(len(runs), "run") if runs else "the workspace"
        self._start(kind, place, what, {"runs": ids}, several=True)

    def start_model(self, kind: Kind, place: Path) -> None:
        """The same of the open model, with the weights as its seed makes them."""
        document = self._session.document
        self._start(kind, place, f"“{text.one_line(document.name, 40)}”", {"document": dumps(document)})

    def _start(
        self, kind: Kind, place: Path, what: str, which: dict[str, Any], *, several: bool = False
    ) -> None:
        if self._process is not None:
            self._session.message.emit(
                f"Exporting {self.what} is not done yet; wait, or cancel it.", "warning"
            )
            return
        from workbench.jobs import exports

        self.what, self.doing = f"{what} ({kind.title.rstrip('…')})", "starting"
        self._written, self._began = {}, time.monotonic()
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        process.start(exports.command(self._session.path, several=several))
        process.ask(asdict(exports.Request(kind.id, str(place), **which)), last=True)
        self.changed.emit()

    def cancel(self) -> None:
        """End it; what was there before stays."""
        if self._process is not None:
            self._process.leave()
            self._session.message.emit(f"Exporting {self.what} was cancelled; nothing was written.", "info")
            self._over()

    def _on_said(self, said: dict[str, Any]) -> None:
        if "files" in said:
            self._written = said
        elif "doing" in said:
            self.doing = str(said["doing"])
            self.changed.emit()

    def _on_finished(self, ending: Ending) -> None:
        from workbench.jobs import exports

        if self._written and not ending.code:
            self._session.message.emit(str(self._written["said"]), "ok")
        elif ending.unstarted:
            self._session.message.emit(f"The export could not be started: {ending.unstarted}.", "error")
        else:
            why = exports.reason(ending.complaint, ending.code)
            self._session.message.emit(f"Exporting {self.what} failed. {why}", "error")
        self._over()

    def _over(self) -> None:
        self._process, self.what, self.doing = None, "", ""
        self.changed.emit()


def exporter(session: Session) -> Exporter:
    """The one of a session."""
    found = session.findChild(Exporter)
    return found if found is not None else Exporter(session)


class ExportStatus(QWidget):
    """What is being exported, in the bar at the bottom, with a button that cancels it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._exporter = exporter(session)
        session.actions.bind("export_model", lambda: ask_model(session, self), self)
        self.words = Label("", "small")
        self.cancel = IconButton(
            "close", "Cancel the export", "Cancel the export; nothing is written", size=12
        )
        self.cancel.clicked.connect(self._exporter.cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.words)
        row.addWidget(self.cancel)
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._show)
        self._exporter.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        busy = bool(self._exporter.what)
        if busy:
            doing = self._exporter.doing[:1].lower() + self._exporter.doing[1:]
            spent = self._exporter.seconds
            passed = f"{spent:.0f} s" if spent < 60 else text.duration(spent)
            self.words.setText(f"Exporting {self._exporter.what}: {doing} · {passed}")
        if busy != self._timer.isActive():
            (self._timer.start if busy else self._timer.stop)()
        self.setVisible(busy)


class ExportMenu(QMenu):
    """The kinds of export of one run; each asks for a place."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("Export", parent)
        self._session, self._owner = session, parent
        self.run: RunRecord | None = None
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._offer)
        self._of_models: list[QAction] = []
        for kind in KINDS:
            if kind.id == "card":
                self.addSeparator()
            action = self.addAction(kind.title)
            action.setToolTip(kind.about)
            if kind in OF_MODELS:
                self._of_models.append(action)
            action.triggered.connect(lambda _=False, kind=kind: self._ask(kind))

    def _offer(self) -> None:
        """A run from elsewhere has no model to write."""
        for action in self._of_models:
            action.setVisible(self.run is None or not self.run.imported)

    def _ask(self, kind: Kind) -> None:
        """Let a person choose the file or, for a program, the name of a new folder."""
        run = self.run
        if run is None:
            return
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", run.name)[:60].strip("_") or "run"
        start = exporter(self._session).start
        ask_file(
            self._owner,
            f"Export run {run.id}",
            kind,
            f"{name}-{run.id}",
            lambda place: start(run, kind, place),
        )


class SeveralMenu(QMenu):
    """The kinds of export of several runs together; each asks for a place."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("Export", parent)
        self._session, self._owner = session, parent
        self.runs: Sequence[RunRecord] = ()
        self.setToolTipsVisible(True)
        for kind in SEVERAL:
            action = self.addAction(kind.title)
            action.setToolTip(kind.about)
            action.triggered.connect(lambda _=False, kind=kind: self._ask(kind))

    def _ask(self, kind: Kind) -> None:
        if runs := tuple(self.runs):
            title = f"Export {text.plural(len(runs), 'run')}"
            start = exporter(self._session).start_several
            ask_file(self._owner, title, kind, kind.id, lambda place: start(runs, kind, place))


def ask_file(
    owner: QWidget, title: str, kind: Kind, name: str, then: Callable[[Path], object]
) -> QFileDialog:
    """Let a person choose the file or the name of a new folder; the chosen kind of file decides its ending."""
    dialog = QFileDialog(owner.window(), title, str(Path.cwd()), kind.filter)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if kind.suffix:
        dialog.setDefaultSuffix(kind.suffix)
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(_ending(chosen)))
    dialog.selectFile(f"{name}.{kind.suffix}" if kind.suffix else name)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    dialog.show()
    return dialog


def ask_model(session: Session, owner: QWidget) -> None:
    """Let a person choose where the open model goes; the ending of the file says in which form."""
    filters = ";;".join(
        "Python program: new folder (*)" if kind.id == "python" else kind.filter for kind in OF_MODELS
    )
    every = replace(OF_MODELS[0], filter=filters)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", session.document.name)[:60].strip("_") or "model"

    def then(place: Path) -> None:
        kind = next(
            (each for each in OF_MODELS if each.suffix and place.suffix.lower() == f".{each.suffix}"),
            OF_MODELS[-1],
        )
        exporter(session).start_model(kind, place)

    title = f"Export “{text.one_line(session.document.name, 60)}” untrained"
    dialog = ask_file(owner, title, every, name, then)
    session.model_opened.connect(dialog.reject)  # it is for the model that was open


def _ending(filter: str) -> str:
    """What the files of a filter such as "PDF (*.pdf)" end in; "" where they may have any name."""
    return filter.rpartition("*.")[2].rstrip(")") if "*." in filter else ""
