"""The box that shows what lies at a place before it comes into the workspace.  Imports Qt, imports and widgets."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui.exports import BUNDLE_KIND, WORKSPACE_FILES, ask_file, exporter
from workbench.gui.imports import BundleImport, Import, Plan, at, takes
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.table import TextTable

_WIDE: Final = 760
_MOST_METRICS: Final = 500
_ROW: Final = 26
_WAY: Final = (
    "Files of other programs do not say which way a metric should go. Tick those of which more is better, such as an "
    "accuracy; of all others less is."
)


class ImportBox(QFrame):
    """Looks, shows, and imports on a click; Escape closes it.  The window stays usable."""

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._import: Import | None = None
        self._refused = self._import_began = False
        self._focused: QWidget | None = None
        self.setProperty("box", "popup")
        self.setAccessibleName("Import")
        self.title = Label("Import", "strong")
        self.place = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        self.said = Label("", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.setAccessibleName("The import goes on")
        self.bar.setToolTip("The import goes on")
        self.table = TextTable(
            "What lies there", "Every run that lies there and what becomes of it",
            ("Run", "Content", "What becomes of it"), (240, 190, 200),
        )  # fmt: skip
        self.way = Label(_WAY, "small", wrap=True)
        self.metrics = QListWidget()
        self.metrics.setUniformItemSizes(True)
        self.metrics.setAccessibleName("Metrics of which more is better")
        self.metrics.setToolTip("Space or a click ticks a metric of which more is better")
        self.go = Button("Import", "Take these runs into the workspace", kind="primary")
        self.leave = Button("Cancel", "Close this box; runs that came in whole stay (Esc)")
        self.go.clicked.connect(self._take)
        self.leave.clicked.connect(self.close_up)
        session.closing.connect(self.close_up)  # what is shown was to come into this workspace
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        for widget in (self.title, self.place, self.said, self.bar):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addWidget(self.way)
        column.addWidget(self.metrics)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.leave)
        row.addWidget(self.go)
        column.addLayout(row)

    def open_for(self, wanted: Import, title: str) -> None:
        """Look at a place; one that is being imported is not interrupted."""
        if self._import is not None and self._import.busy and self.isVisible():
            self._session.message.emit("Something is being imported; wait, or cancel it.", "warning")
            wanted.deleteLater()
            return
        self._forget()
        self._refused = self._import_began = False
        self.go.setText("Import")
        self.go.setToolTip("Take these runs into the workspace")
        self._import = wanted
        wanted.told.connect(lambda doing: self.said.setText(f"{doing} …"))
        wanted.looked.connect(self._on_looked)
        wanted.done.connect(self._on_done)
        wanted.failed.connect(self._on_failed)
        self.title.setText(title)
        self.place.setText(str(wanted.place))
        if not self.isVisible():
            self._focused = self._window.focusWidget()
        self._work(f"Looking at {wanted.place.name} …")
        self.show()
        self.raise_()
        self.leave.setFocus(Qt.FocusReason.PopupFocusReason)
        wanted.look()

    def close_up(self) -> None:
        """Close, and end what is being done."""
        if self._import is not None and self._import.busy and self._import_began:
            self._session.message.emit("The import was cancelled; runs that came in whole are here.", "info")
        self._forget()
        self.hide()
        if self._focused is not None:
            self._focused.setFocus()
            self._focused = None

    def _forget(self) -> None:
        if self._import is not None:
            self._import.cancel()
            self._import.deleteLater()
            self._import = None

    def _work(self, doing: str) -> None:
        """While it goes on."""
        self.said.setText(doing)
        self.said.set_role("")
        self.bar.show()
        for widget in (self.table, self.way, self.metrics):
            widget.setVisible(False)
        self.go.setEnabled(False)
        self._fit(170)

    def _on_looked(self, plan: Plan) -> None:
        self.bar.hide()
        self.said.setText(plan.said)
        self.table.show_rows(plan.rows)
        self.table.show()
        self.metrics.clear()
        for metric in plan.metrics[:_MOST_METRICS]:
            item = QListWidgetItem(text.one_line(metric, 120))
            item.setData(int(Qt.ItemDataRole.UserRole), metric)
            item.setCheckState(Qt.CheckState.Unchecked)
            item.setSizeHint(QSize(0, _ROW))
            self.metrics.addItem(item)
        for widget in (self.way, self.metrics):
            widget.setVisible(bool(plan.metrics))
        self.metrics.setFixedHeight(_ROW * min(5, max(1, len(plan.metrics))) + 6)
        self.go.setText(plan.button or "Import")
        self.go.setEnabled(bool(plan.button))
        (self.go if plan.button else self.leave).setFocus(Qt.FocusReason.OtherFocusReason)
        self._fit(320 + min(8, len(plan.rows)) * 28 + (self.metrics.height() if plan.metrics else -60))

    def _take(self) -> None:
        if self._import is None:
            return
        if self._refused:
            place = self._import.place
            self.close_up()
            self._session.open_dropped([place])
            return
        items = (self.metrics.item(row) for row in range(self.metrics.count()))
        larger = [
            str(item.data(int(Qt.ItemDataRole.UserRole)))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]
        self._import_began = True
        self._work("Starting …")
        self.leave.setFocus(Qt.FocusReason.OtherFocusReason)
        self._import.take(larger)

    def _on_done(self, said: str, run: int) -> None:
        self.close_up()
        if run:
            self._session.offer(said, "Show run", lambda: self._session.go("runs", run))
        else:
            self._session.message.emit(said, "warning")

    def _on_failed(self, reason: str) -> None:
        self.bar.hide()
        self.said.setText(reason)
        self.said.set_role("err")
        if not self._import_began:
            self._refused = True
            self.go.setText("Open as data")
            self.go.setToolTip("Add what lies there as a dataset instead")
            self.go.setEnabled(True)

    def _fit(self, height: int) -> None:
        window = self._window
        self.setFixedSize(min(_WIDE, window.width() - 48), min(height, window.height() - 56))
        self.move((window.width() - self.width()) // 2, max(28, (window.height() - self.height()) // 3))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
            return
        super().keyPressEvent(event)


def import_box(session: Session, owner: QWidget) -> ImportBox:
    """The one of the owner's window."""
    window = owner.window()
    found = window.findChild(ImportBox)
    return found if found is not None else ImportBox(window, session)


def ask_place(session: Session, owner: QWidget, *, bundle: bool = False) -> None:
    """Let a person choose the folder, or the workspace file."""
    title = BundleImport.title if bundle else Import.title
    dialog = QFileDialog(owner.window(), title, str(Path.cwd()), WORKSPACE_FILES)
    mode = QFileDialog.FileMode.ExistingFile if bundle else QFileDialog.FileMode.Directory
    dialog.setFileMode(mode)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda chosen: import_place(session, owner, Path(chosen)))
    dialog.show()


class ImportButton(IconButton):
    """What comes in and what goes out as a whole; what is dropped on its view comes in."""

    def __init__(self, session: Session, view: QWidget) -> None:
        super().__init__(
            "import", "Import and export", "Take in runs of TensorBoard, MLflow or another workspace"
        )
        self._session, self._view = session, view
        self.menu_box = QMenu(self)
        bind = session.actions.bind
        for id, slot in (
            ("run_import", lambda: ask_place(session, view)),
            ("workspace_import", lambda: ask_place(session, view, bundle=True)),
            ("workspace_export", self._export),
        ):
            bind(id, slot, view)
            self.menu_box.addAction(session.actions.get(id))
        self.setMenu(self.menu_box)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        view.setAcceptDrops(True)
        view.installEventFilter(self)

    def _export(self) -> None:
        """Write all of the workspace to a file that another one can take in."""
        start = exporter(self._session).start_several
        ask_file(
            self._view,
            "Export the workspace",
            BUNDLE_KIND,
            "workspace",
            lambda file: start((), BUNDLE_KIND, file),
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent):  # a drag that enters is one, too
            paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
            if not takes(paths):
                return False  # the window knows what to do with models and data
            event.acceptProposedAction()
            if event.type() == QEvent.Type.Drop:
                import_place(self._session, self._view, paths[0])
            return True
        return False


def import_place(session: Session, owner: QWidget, place: Path) -> None:
    """Show what lies at a place, to import it."""
    if session.read_only:
        session.message.emit(f"Nothing can be imported. {session.read_only}", "warning")
        return
    wanted = at(session, place)
    import_box(session, owner).open_for(wanted, wanted.title)
