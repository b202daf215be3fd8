"""The Data view: the datasets at the left; at the right one of them, or the wizard that adds more.

Imports Qt, session, edits and the parts of this view.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import shiboken6
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from workbench.catalog.schema import Schema
from workbench.core import text
from workbench.core.document import Node
from workbench.core.edits import AddNode, SetParam
from workbench.gui.actions import tooltip
from workbench.gui.data.adding import Wanted
from workbench.gui.data.catalogue import CataloguePage
from workbench.gui.data.leaving import Leaving
from workbench.gui.data.listing import DatasetList, Stock, entries_of
from workbench.gui.data.page import DatasetPage
from workbench.gui.data.uses import suiting
from workbench.gui.data.wizard import Wizard
from workbench.gui.opening import ADD_DATA
from workbench.gui.read_only import guard
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, surface

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added
    from workbench.store.records import DatasetRecord
    from workbench.store.store import Store

_LIST_WIDTH: Final = 264
Use = tuple[str, Callable[[], object]]


class DataView(QWidget):
    """`reveal` takes the id of a dataset, ADD_DATA, a path or several, or a Wanted."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._stock: Mapping[str, Stock] = {}
        self._wanted = ""
        self.search = SearchField(
            "Search datasets", "Search datasets", "Datasets in whose row all these words occur"
        )
        self.add = Button("Add data…", tooltip("add_data"), icon="plus")
        self.public = Button("Public sets…", tooltip("data_public"), kind="quiet", icon="library")
        self.going_on = Button("", "Go back to what is being added", kind="quiet", name="What is being added")
        self.going_on.hide()
        self.list = DatasetList()
        self.nothing = ElidedLabel("No dataset has these words.", "dim")
        self.nothing.setContentsMargins(12, 8, 12, 8)
        self.page = DatasetPage(session)
        self.wizard = Wizard(session)
        self.catalogue = CataloguePage(session)
        self.leaving = Leaving(self.wizard, session)
        self.empty = EmptyState(
            "data",
            "Choose a dataset",
            "At the left are the datasets of this workspace and the samples that come along. "
            "Add files of your own to train on them.",
            "Add data…",
            tooltip("add_data"),
        )
        # From the outside in: what is put into another widget is dressed again with all that it holds.
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        row.addWidget(splitter)
        splitter.addWidget(self._left())
        self.stack = QStackedWidget()
        splitter.addWidget(self.stack)
        for page in (self.empty, self._shown(), self.wizard, self.catalogue):
            surface(page, "base")
            self.stack.addWidget(page)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([_LIST_WIDTH, 1000])
        self._bind()
        self._connect()
        assert self.empty.button is not None
        guard(session, self.add, self.again, self.empty.button)
        self._fill()

    # ------------------------------------------------------------- parts

    def _left(self) -> QWidget:
        left = QWidget()
        surface(left, "panel")
        left.setMinimumWidth(220)
        above = QVBoxLayout()
        above.setContentsMargins(12, 12, 12, 8)
        above.setSpacing(8)
        above.addWidget(self.add)
        above.addWidget(self.public)
        above.addWidget(self.going_on)
        above.addWidget(self.search)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        column.addWidget(self.nothing)
        column.addWidget(self.list, 1)
        return left

    def _shown(self) -> QWidget:
        """The page of a dataset, and above it what can be done with it."""
        self.where = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        self.again = Button("Read anew…", tooltip("data_again"), icon="refresh", kind="quiet")
        self.use = Button("Use in a model", tooltip("data_use"), icon="design")
        bar = QWidget()
        surface(bar, "panel", "bottom")
        bar.setFixedHeight(44)
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.where, 1)
        row.addWidget(self.again)
        row.addWidget(self.use)
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.page, 1)
        return shown

    def _bind(self) -> None:
        bind = self._session.actions.bind
        bind("data_find", self.search.setFocus, self)
        bind("data_public", self.show_catalogue, self)
        bind("data_use", self.offer_uses, self)
        bind("data_again", self.read_again, self)

    def _connect(self) -> None:
        session = self._session
        self.add.clicked.connect(self.show_wizard)
        self.going_on.clicked.connect(self.show_wizard)
        self.public.clicked.connect(self.show_catalogue)
        self.catalogue.added.connect(self._on_fetched)
        self.empty.acted.connect(self.show_wizard)
        self.use.clicked.connect(self.offer_uses)
        self.again.clicked.connect(self.read_again)
        self.search.textChanged.connect(lambda _: self._fill())
        self.list.picked.connect(self._on_picked)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.wizard.added.connect(self._on_added)
        self.wizard.left.connect(self._tell)
        self.wizard.state_changed.connect(self._on_state)
        session.schemas_changed.connect(self._on_schemas)
        session.opened.connect(self._look_around)

    # ------------------------------------------------------------- what is shown

    def reveal(self, what: object) -> None:
        """Go to a dataset, or to the wizard."""
        reason = self._session.read_only
        if reason and (what == ADD_DATA or not isinstance(what, str)):
            self._session.message.emit(f"No data can be added. {reason}", "warning")
        elif isinstance(what, Wanted):
            self.wizard.take(what)
            self.show_wizard()
        elif isinstance(what, Path):
            self.reveal(Wanted((what,)))
        elif isinstance(what, list | tuple):
            self.reveal(Wanted(tuple(path for path in what if isinstance(path, Path))))
        elif what == ADD_DATA:
            self.show_wizard()
        elif isinstance(what, str):
            self._show_dataset(what)

    def show_wizard(self) -> None:
        """The wizard, at what it was last looking at."""
        self.list.let_go()
        self.stack.setCurrentWidget(self.wizard)
        self._tell()
        shown = self.wizard.currentWidget()
        if shown is not None:
            shown.setFocus()

    def show_catalogue(self) -> None:
        """The public sets, and what can be fetched."""
        self.list.let_go()
        self.stack.setCurrentWidget(self.catalogue)
        self._tell()
        self.catalogue.setFocus()

    def _show_dataset(self, id: str) -> None:
        self._wanted = "" if id in self._session.schemas else id
        if self.list.lines.place(id) < 0 and not self._wanted:
            self.search.clear()
        if self.list.pick(id):
            self.list.setFocus()

    def _on_picked(self, id: str) -> None:
        record = self._record(id)
        self.page.show_dataset(id)
        self.where.setText(record.source if record is not None else "A sample that comes with Workbench")
        self.again.setVisible(record is not None)
        self.stack.setCurrentIndex(1)
        self._tell()

    def _on_state(self, words: str) -> None:
        self.going_on.setText(text.one_line(words)[:60])
        self.going_on.setAccessibleName(f"What is being added: {words}")
        self._tell()

    def _tell(self) -> None:
        """Let only that be done which can be."""
        id = self.chosen()
        actions = self._session.actions
        actions.get("data_use").setEnabled(bool(id))
        actions.get("data_again").setEnabled(self._record(id) is not None)
        away = self.stack.currentWidget() is not self.wizard
        self.going_on.setVisible(away and self.wizard.path is not None)

    def chosen(self) -> str:
        """The dataset that is shown; "" for none."""
        return self.page.id if self.stack.currentIndex() == 1 else ""

    def _record(self, id: str) -> "DatasetRecord | None":
        return next((record for record in self._session.datasets if record.id == id), None)

    # ------------------------------------------------------------- news

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.leaving.watch(self.window())
        self._look_around()

    def _on_schemas(self) -> None:
        self._fill()
        self._look_around()
        if self._wanted and self._wanted in self._session.schemas:
            self._show_dataset(self._wanted)

    def _look_around(self) -> None:
        """See in the background which sources and copies are there."""
        if self._session.is_open and self.isVisible():
            self._session.call(stock_of, self._on_stock)

    def _on_stock(self, stock: Mapping[str, Stock]) -> None:
        self._stock = stock
        self._fill()

    def _fill(self) -> None:
        session = self._session
        rows = entries_of(session.schemas, session.datasets, self._stock, self.search.text())
        self.list.show_rows(rows)
        self.nothing.setVisible(not rows)
        if self.stack.currentIndex() == 1 and not self.page.id:  # it was removed
            self.stack.setCurrentWidget(self.empty)
        self._tell()

    # ------------------------------------------------------------- what can be done

    def _on_added(self, added: "Added", then: Callable[[str], object] | None) -> None:
        record, session = added.record, self._session
        said = f"“{record.title}” was added: {Schema.from_json(record.schema).counted}."
        if then is not None and _is_there(then):
            then(record.id)
            session.offer(said, "Show data", lambda: session.go("data", record.id))
            return
        session.offer(said, "Use in a model", lambda: self.offer_uses_of(record.id))
        if self.wizard.path is None and self.stack.currentWidget() is self.wizard:
            self._show_dataset(record.id)

    def _on_fetched(self, added: "Added") -> None:
        self._on_added(added, None)
        if self.stack.currentWidget() is self.catalogue:
            self._show_dataset(added.record.id)

    def use_in_new(self, id: str) -> None:
        """Begin a model that has this dataset."""
        self._session.new_model()
        self._session.do(AddNode(Node("dataset", "Dataset", params={"dataset": id})))

    def use_in_open(self, node: str, id: str) -> None:
        """Give a node of the open model this dataset."""
        if self._session.do(SetParam(node, "dataset", id)):
            self._session.go("design")

    def use_in_ready(self, template: str, node: str, id: str) -> None:
        """Begin a model as a template has it, with this dataset at a node of it."""
        self._session.open_template(template)
        self._session.do(SetParam(node, "dataset", id))

    def uses(self, id: str) -> list[Use]:
        """Where a dataset can be used: in ready models that suit it, in nodes of the open one, in a new one."""
        document = self._session.document
        found: list[Use] = []
        if (schema := self._session.schemas.get(id)) is not None:
            for template, name in suiting(schema):
                slot = partial(self.use_in_ready, template.id, name, id)
                found.append((f"In the ready model “{template.title}”", slot))
        for name, node in document.graph.nodes.items():
            if node.type == "Dataset":
                found.append((f"In “{document.name}”, at {name}", partial(self.use_in_open, name, id)))
        return [*found, ("In a new, empty model", lambda: self.use_in_new(id))]

    def offer_uses(self) -> None:
        """Ask where the dataset that is shown is to be used; where only one thing can be meant, do it."""
        uses = self.uses(self.chosen())
        if len(uses) == 1:
            uses[0][1]()
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, slot in uses:
            menu.addAction(words, slot)
        menu.setActiveAction(menu.actions()[0])  # Enter takes it
        at = self.use.mapToGlobal(self.use.rect().bottomRight())
        menu.popup(at - QPoint(menu.sizeHint().width(), 0))

    def offer_uses_of(self, id: str) -> None:
        """Go to a dataset and ask where it is to be used."""
        self._session.go("data", id)
        if self.chosen() == id:  # it may have been removed since
            self.offer_uses()

    def read_again(self) -> None:
        """Look at the source of the dataset that is shown, to add it anew."""
        record = self._record(self.chosen())
        if record is not None:
            self.wizard.take_again(record)
            self.show_wizard()

    def _on_menu(self, at: QPoint) -> None:
        if not self.chosen():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for id in ("data_use", "data_again"):
            menu.addAction(self._session.actions.get(id))
        menu.popup(self.list.viewport().mapToGlobal(at))


def stock_of(store: "Store") -> dict[str, Stock]:
    """What is on the disk of each dataset of a workspace."""
    from workbench.jobs.datasets import copy_folder

    found = {}
    for record in store.datasets():
        folder = copy_folder(store, record)
        try:
            size = sum(file.stat().st_size for file in folder.iterdir())
        except OSError:  # cleared away, or being cleared at this moment
            size = 0
        found[record.id] = Stock(Path(record.source).exists(), size)
    return found


def _is_there(slot: Callable[[str], object]) -> bool:
    owner = getattr(slot, "__self__", None)
    return not isinstance(owner, QObject) or shiboken6.isValid(owner)
