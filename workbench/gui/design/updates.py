"""The list of updates: which losses each step minimises, which parts it trains, and how.

Without a list there is one default update; changing it makes a list of one.  Imports Qt, session and the form.
"""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from workbench.catalog.check import Analysis
from workbench.catalog.updates import default_update, losses_of, updates_of
from workbench.core.document import Document, Update
from workbench.core.edits import SetTraining
from workbench.gui.design.update_form import UpdateForm
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import surface


class UpdatesPanel(QWidget):
    """The list at the left, the chosen update at the right."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self.session = session
        self._row = 0
        self.list = QListWidget()
        self.list.setAccessibleName("Updates in their order")
        self.list.setToolTip("Updates run in this order in every training step")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.form = UpdateForm()
        session.model_opened.connect(self.form.drafts.clear)
        session.starter.drafts.append(lambda: [draft for draft in self.form.drafts.items() if draft[1]])
        self._note = Label("", "small", wrap=True)
        self.buttons: dict[str, IconButton] = {}
        head = SectionHeader("Order")
        slots: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
            ("add", "plus", "Add an update", self.add),
            ("remove", "delete", "Remove this update", self.remove),
            ("up", "chevron-up", "Run this update earlier", lambda: self.shift(-1)),
            ("down", "chevron-down", "Run this update later", lambda: self.shift(1)),
        )
        for key, icon, name, slot in slots:
            button = IconButton(icon, name)
            button.clicked.connect(slot)
            self.buttons[key] = button
            head.add(button)
        left = QWidget()
        left.setFixedWidth(208)
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(head)
        column.addWidget(self.list, 1)
        column.addWidget(self._note)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(left)
        row.addWidget(self.form, 1)
        self.list.currentRowChanged.connect(self._on_row)
        self.form.changed.connect(self._on_changed)

    def minimumSizeHint(self) -> QSize:
        return QSize(440, 120)

    def show_analysis(self, document: Document, analysis: Analysis) -> None:
        """Show what the document says; the analysis tells what has weights to train."""
        updates = updates_of(document)
        names = [update.name for update in updates]
        listed = [self.list.item(row).text() for row in range(self.list.count())]
        self._row = min(self._row, len(updates) - 1)
        if listed != names:
            self.list.blockSignals(True)
            self.list.clear()
            self.list.addItems(names)
            self.list.blockSignals(False)
        if self.list.currentRow() != self._row:
            self.list.blockSignals(True)
            self.list.setCurrentRow(self._row)
            self.list.blockSignals(False)
        explicit = bool(document.training.updates)
        self._note.setText("" if explicit else "The default: every loss trains everything.")
        self._note.setVisible(not explicit)
        self.buttons["remove"].setEnabled(explicit)
        self.buttons["up"].setEnabled(self._row > 0)
        self.buttons["down"].setEnabled(self._row < len(updates) - 1)
        self._show_form(document, analysis)

    def _show_form(self, document: Document, analysis: Analysis) -> None:
        parts = [
            id
            for id, info in analysis.root.infos.items()
            if info.parameters and not info.node.linked_to and id in document.graph.nodes
        ]
        update = updates_of(document)[self._row]
        parts += [id for id in dict.fromkeys((*update.train, *update.rates)) if id not in parts]
        self.form.show_update(update, losses_of(document), parts, analysis.root.names)

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self._row = row
            self.show_analysis(self.session.document, self.session.analysis)

    def _on_changed(self, update: Update) -> None:
        updates = list(updates_of(self.session.document))
        updates[self._row] = update
        self._set(updates)

    def _set(self, updates: list[Update]) -> None:
        training = self.session.document.training
        self.session.do(SetTraining(replace(training, updates=tuple(updates))))
        self.show_analysis(self.session.document, self.session.analysis)

    def add(self) -> None:
        """Add an update after the others; the losses that no update minimises yet are its own."""
        document = self.session.document
        updates = list(document.training.updates)
        names = {update.name for update in updates}
        number = len(updates) + 1
        while f"update{number}" in names:
            number += 1
        taken = {id for update in updates for id in update.minimise}
        free = [id for id in losses_of(document) if id not in taken]
        name = f"update{number}"
        self._row = len(updates)
        self._set([*updates, replace(default_update(free), name=name)])

    def remove(self) -> None:
        """Remove the chosen update."""
        updates = list(self.session.document.training.updates)
        if updates:
            del updates[self._row]
            self._row = max(0, self._row - 1)
            self._set(updates)

    def shift(self, by: int) -> None:
        """Let the chosen update run earlier (-1) or later (1)."""
        updates = list(self.session.document.training.updates)
        to = self._row + by
        if 0 <= to < len(updates):
            updates[self._row], updates[to] = updates[to], updates[self._row]
            self._row = to
            self._set(updates)
