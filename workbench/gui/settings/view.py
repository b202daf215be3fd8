"""Settings: theme, default device, workspace, keys, decoded data, the trash, and what this machine offers.

May import Qt, session and the shared widgets.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import theme
from workbench.gui.read_only import guard
from workbench.gui.session import Session
from workbench.gui.settings.data_copies import CopiesSection
from workbench.gui.settings.keys import KeysSection
from workbench.gui.settings.machine import facts
from workbench.gui.widgets.buttons import Button, Chips
from workbench.gui.widgets.fields import Choice, FormRows
from workbench.gui.widgets.labels import ElidedLabel, Label, SectionHeader
from workbench.gui.widgets.surfaces import clear_layout
from workbench.store.records import ModelRecord, RunRecord

if TYPE_CHECKING:
    from workbench.store.store import Store

WIDTH = 760
Trash = tuple[list[ModelRecord], list[RunRecord]]


class SettingsView(QScrollArea):
    """One column of sections; what is chosen takes effect at once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._facts: list[tuple[str, str]] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        outer = QHBoxLayout(page)
        outer.setContentsMargins(36, 24, 36, 24)
        body = QWidget()
        body.setMaximumWidth(WIDTH)
        outer.addWidget(body, 1)
        outer.addStretch(0)
        outer.setAlignment(body, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label("Settings", "title"))
        self._add_choices(column)
        self._add_workspace(column)
        self.keys = KeysSection(session)
        _section(column, "Keys").addWidget(self.keys)
        self.copies = CopiesSection(session)
        _section(column, "Decoded data").addWidget(self.copies)
        self.trash = _section(column, "Trash")
        self.machine = FormRows(150)
        _section(column, "This machine").addWidget(self.machine)
        self.copy = Button("Copy", "Copy these lines, for a bug report", icon="copy")
        self.copy.clicked.connect(self._copy)
        column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.setWidget(page)
        session.devices_found.connect(self._show_devices)
        session.device_changed.connect(self.device.show_value)
        session.opened.connect(self._ask)
        session.models_changed.connect(self._ask_trash)
        theme.changed.connect(self._show_mode)

    def _add_choices(self, column: QVBoxLayout) -> None:
        rows = FormRows(150)
        self.mode = Chips([("system", "System"), ("dark", "Dark"), ("light", "Light")], "Theme")
        self.mode.chosen.connect(self._on_mode)
        self._show_mode()
        rows.add("Theme", self.mode, "System follows what the desktop says")
        self.device = Choice(
            "Device", "Where runs that are started from now on compute", [("auto", "Automatic")]
        )
        self.device.setMaximumWidth(320)
        self.device.picked.connect(lambda value: self._session.set_device(str(value)))
        self._show_devices()
        rows.add("Train on", self.device, "Automatic takes a GPU where there is one")
        _section(column, "Look and training").addWidget(rows)

    def _add_workspace(self, column: QVBoxLayout) -> None:
        section = _section(column, "Workspace")
        self.path = ElidedLabel(str(self._session.path), "", Qt.TextElideMode.ElideMiddle)
        hint = "All models and runs are in this file, and their checkpoints in the folder of the same name beside it."
        section.addWidget(self.path)
        section.addWidget(Label(hint, "small", wrap=True))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.open_other = Button(
            "Open another…", "Open another workspace, or make a new one", icon="workspace"
        )
        self.open_other.clicked.connect(self._ask_workspace)
        self.show_folder = Button("Show folder", "Open the folder in the file browser", icon="open")
        self.show_folder.clicked.connect(self._show_folder)
        buttons.addWidget(self.open_other)
        buttons.addWidget(self.show_folder)
        buttons.addStretch(1)
        section.addLayout(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        self.path.setText(str(self._session.path))
        if self._session.is_open and self.isVisible():
            self._session.call(facts, self._show_facts)
            self.copies.ask()
            self._ask_trash()

    def _ask_trash(self) -> None:
        if self._session.is_open and self.isVisible():
            self._session.call(_trash_of, self._show_trash)

    def _show_facts(self, found: list[tuple[str, str]]) -> None:
        if found != self._facts:
            self._facts = found
            self.machine.clear()
            for what, value in found:
                self.machine.add_value(what, value)

    def _show_trash(self, found: Trash) -> None:
        models, runs = found
        clear_layout(self.trash)
        if not models and not runs:
            self.trash.addWidget(Label("Nothing was deleted.", "dim"))
        for model in models:
            self._add_deleted(f"Model {model.name}", text.ago(model.updated), "restore_model", model.id)
        for run in runs:
            self._add_deleted(f"Run {run.name} #{run.id}", text.ago(run.created), "restore_run", run.id)

    def _add_deleted(self, title: str, when: str, method: str, id: int) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(ElidedLabel(title), 1)
        row.addWidget(Label(when, "small"))
        button = Button("Restore", f"Bring {title} back", icon="undo", name=f"Restore {title}")
        button.clicked.connect(self._restorer(method, id))
        guard(self._session, button)
        row.addWidget(button)
        self.trash.addWidget(line)

    def _restorer(self, method: str, id: int) -> Callable[[], None]:
        def restore() -> None:
            self._session.call(lambda store: getattr(store, method)(id), lambda _: self._ask_trash())

        return restore

    def _show_devices(self) -> None:
        devices: Sequence[tuple[object, str]] = [
            (device.id, f"{device.id} · {device.name}") for device in self._session.devices
        ]
        self.device.set_items([("auto", "Automatic"), *devices])
        self.device.show_value(self._session.device)

    def _show_mode(self) -> None:
        self.mode.button(theme.appearance.mode).setChecked(True)

    def _on_mode(self, mode: str) -> None:
        self._session.actions.get(f"theme_{mode}").trigger()

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.path.parent)))

    def _ask_workspace(self) -> None:
        dialog = QFileDialog(self, "Open a workspace", str(self._session.path.parent), "Workspaces (*.db)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Open")
        dialog.setDefaultSuffix("db")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self._session.ask_to_switch(Path(chosen)))
        dialog.show()

    def _copy(self) -> None:
        lines = [f"{what}: {value}" for what, value in self._facts]
        QApplication.clipboard().setText(os.linesep.join(lines))
        self._session.message.emit("The lines about this machine are in the clipboard.", "ok")


def _section(column: QVBoxLayout, title: str) -> QVBoxLayout:
    column.addSpacing(20)
    column.addWidget(SectionHeader(title))
    inner = QVBoxLayout()
    inner.setSpacing(8)
    column.addLayout(inner)
    return inner


def _trash_of(store: "Store") -> Trash:
    kept_models, kept_runs = store.models(), store.runs()
    models = [model for model in store.models(deleted=True) if model not in kept_models]
    return models, [run for run in store.runs(deleted=True) if run not in kept_runs]
