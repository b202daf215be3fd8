"""The Runs view: the table of all runs above, the chosen one below.  Imports session, table, detail."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.exports import SeveralMenu
from workbench.gui.import_box import ImportButton
from workbench.gui.runs import commands
from workbench.gui.runs.columns import PLACES, SLOT_KEYS
from workbench.gui.runs.detail import RunDetail
from workbench.gui.runs.filter_field import FilterField
from workbench.gui.runs.grouped_model import GroupedModel
from workbench.gui.runs.grouped_table import GroupedTable
from workbench.gui.runs.layout_bar import LayoutBar
from workbench.gui.runs.tags import TagsBox
from workbench.gui.runs.trash import TrashPage
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

COMMANDS: dict[str, commands.Command] = {
    "run_pause": commands.toggle_pause,
    "run_stop": commands.stop,
    "run_open": commands.open_drawing,
    "run_inspect": commands.inspect,
    "run_weights": commands.use_weights,
    "run_train_on": commands.train_on,
    "run_again": commands.again,
    "run_star": commands.star,
    "run_archive": commands.archive,
    "run_delete": commands.delete,
}
COLUMNS = (
    "star", "run", "state", "progress", *SLOT_KEYS, "tags", "model", "data", "parameters", "duration", "started",
    "device",
)  # fmt: skip
"""The columns of a workspace whose columns nobody has chosen yet."""
MENU = (
    "run_pause",
    "run_stop",
    "",
    "run_open",
    "run_compare",
    "run_inspect",
    "run_again",
    "",
    "run_train_on",
    "run_weights",
    "",
    "run_star",
    "run_tags",
    "run_archive",
    "run_delete",
)

_NONE = (
    "No runs yet",
    "A run is one training of a model. Take a template or draw a model, then press Train: it appears here at once and "
    "can be watched live. Runs of TensorBoard or MLflow come in when their folder is dropped here.",
)
_OPENING = (
    "The workspace is being opened",
    "Its runs appear here in a moment. Where another program keeps it to itself, it is waited for.",
)
_REFUSED = "The workspace cannot be opened"


class RunsView(QStackedWidget):
    """`reveal` goes to a run by its id."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._wanted = 0
        self.model = GroupedModel(self)
        self.table = GroupedTable(self.model, columns=COLUMNS)
        self.table.setAccessibleName("Runs")
        self.table.setToolTip(
            "All runs. Enter opens the drawing, C compares the selected, T tags them, S gives a star"
        )
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.detail = RunDetail(session)
        self.filter = FilterField(session, self.model)
        self.tally = ElidedLabel("", "small")
        self.compare = Button("Compare", "Show the selected runs side by side (C)", icon="compare")
        self.layout_bar = LayoutBar(session, self, self.model, self.table, self.filter, COLUMNS)
        self.empty = EmptyState("runs", *_NONE, "Choose a template", "Go to Home, where the templates are")
        self.empty.acted.connect(lambda: session.go("home"))
        self.empty_trash = Button(
            "Trash…", "Runs that were deleted: take them back", kind="quiet", icon="delete"
        )
        self.trash_button = IconButton(
            "delete", "Trash", "Deleted runs: take them back, or delete them for good"
        )
        self.trash = TrashPage(session)
        self.addWidget(self._empty())
        self._put_together()
        self.addWidget(self.trash)
        self.tags = TagsBox(self, session)
        self.exports = SeveralMenu(session, self.table)
        self._bind()
        self.table.star_clicked.connect(self._on_star)
        self.detail.header.tags_asked.connect(self._open_tags_of)
        self.filter.applied.connect(self._on_filter)
        self.filter.refused.connect(lambda _: self._tell())
        self.compare.clicked.connect(self._compare)
        for button in (self.trash_button, self.empty_trash):
            button.clicked.connect(self.open_trash)
        self.trash.left.connect(self._leave_trash)
        self.table.picked.connect(self._on_picked)
        self.table.selected.connect(lambda _: self._tell())
        self.table.opened.connect(lambda: commands.open_drawing(session, self._chosen()))
        self.table.customContextMenuRequested.connect(self._on_menu)
        session.runs_changed.connect(self._on_news)
        session.figures_came.connect(self._on_figures)
        session.opened.connect(self._tell)
        session.opened.connect(self._say_empty)
        session.unusable.connect(self._say_empty)
        session.schemas_changed.connect(self._name_data)
        session.starter.queued.connect(lambda run: self.reveal(run.id))
        self._name_data()
        self._on_news(session.runs, session.summaries)
        self._say_empty()

    def reveal(self, what: object) -> None:
        """Go to a run; one that is not known yet as soon as it is."""
        if not isinstance(what, int):
            return
        if self.currentWidget() is self.trash:
            self._leave_trash()
        self._wanted = what
        if self.model.run(what) is not None and self.model.place(what) < 0:
            self.filter.setText(f"archived run = {what}" if self.model.marks(what).archived else "")
        if self.table.pick(what):
            self._wanted = 0
            self.table.setFocus()

    def open_trash(self) -> None:
        """Show the deleted runs."""
        self.setCurrentWidget(self.trash)
        self.trash.open()

    def _leave_trash(self) -> None:
        self.setCurrentIndex(1 if self._session.runs else 0)
        self.table.setFocus()

    def _say_empty(self, reason: str = "") -> None:
        """Why there is no run to be seen: that there are none is known only once the workspace is open."""
        is_open = self._session.is_open
        self.empty.set_texts(*(_NONE if is_open else (_REFUSED, reason) if reason else _OPENING))
        for button in (self.empty.button, self.empty_trash):
            if button is not None:
                button.setVisible(is_open)

    # ------------------------------------------------------------- parts

    def _empty(self) -> QWidget:
        page = QWidget()
        surface(page, "base")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 24)
        column.addWidget(self.empty, 1)
        column.addWidget(self.empty_trash, 0, Qt.AlignmentFlag.AlignHCenter)
        return page

    def _put_together(self) -> None:
        # From the outside in: what is put into another widget is dressed again with all that it holds.
        splitter = Splitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(1)
        self.addWidget(splitter)
        above = QWidget()
        surface(above, "panel")
        splitter.addWidget(above)
        bar = QWidget()
        surface(bar, "panel")
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 8, 12, 6)
        row.setSpacing(12)
        self.filter.setMaximumWidth(560)
        row.addWidget(self.layout_bar.facets_button)
        row.addWidget(self.filter, 3)
        row.addWidget(self.tally, 2)
        row.addWidget(self.layout_bar)
        row.addWidget(ImportButton(self._session, self))
        row.addWidget(self.trash_button)
        row.addWidget(self.compare)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.layout_bar.facets)
        beside.addWidget(self.table, 1)
        column.addLayout(beside, 1)
        splitter.addWidget(self.detail)
        above.setMinimumHeight(140)
        self.detail.setMinimumHeight(240)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([360, 540])

    def _bind(self) -> None:
        bind = self._session.actions.bind
        for id, command in COMMANDS.items():
            bind(id, self._doing(command), self.table)
        bind("run_compare", self._compare, self.table)
        bind("run_tags", self._open_tags, self.table)
        bind("run_trash", self.open_trash, self)

    def _doing(self, command: commands.Command) -> Callable[[], None]:
        return lambda: command(self._session, self._chosen())

    # ------------------------------------------------------------- news

    def _on_news(self, runs: Sequence[RunRecord], summaries: Summaries) -> None:
        self.model.update(runs, summaries, self._session.marks)
        self.filter.look_again()
        if self.currentWidget() is not self.trash:
            self.setCurrentIndex(1 if runs else 0)
        if self._wanted and self.model.run(self._wanted) is not None:
            self.reveal(self._wanted)
        elif not self.table.selected_ids() and self.model.shown and self.detail.run is None:
            first = self.model.shown[0]
            if self.model.place(first) >= 0:
                self.table.pick(first)
            elif (run := self.model.run(first)) is not None:  # in a group that stays closed
                self.detail.show_run(run)
        shown = self.detail.run
        if shown is not None and (run := self.model.run(shown.id)) is not None:
            self.detail.show_run(run)
        self._tell()

    def _on_figures(self, ids: frozenset[int]) -> None:
        self.model.take_figures(self._session.summaries, ids)
        self.filter.look_again()
        shown = self.detail.run
        if shown is not None and shown.id in ids:
            self.detail.show_run(shown)

    def _name_data(self) -> None:
        self.model.set_titles({id: schema.title for id, schema in self._session.schemas.items()})

    def _on_picked(self, id: int) -> None:
        if (run := self.model.run(id)) is not None:
            self.detail.show_run(run)
            self._say_opened()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._say_opened()

    def _say_opened(self) -> None:
        if self.isVisible() and self.detail.run is not None:
            self._session.run_opened.emit(self.detail.run.id)

    def _on_filter(self) -> None:
        if self.model.shown and not self.table.selected_ids() and not self.model.group:
            shown = self.detail.run
            if shown is None or not self.table.pick(shown.id):
                self.table.pick(self.model.shown[0])
        self._tell()

    def _tell(self) -> None:
        """Say how many there are, and let only that be done which can be."""
        chosen = self._chosen()
        total, shown = self.model.total, len(self.model.shown)
        words = text.plural(total, "run") if shown == total else f"{shown} of {text.plural(total, 'run')}"
        wrong = str(self.filter.trouble or "") if self.filter.property("wrong") else ""
        if wrong:
            first, full_stop, meant = wrong.partition(". ")
            self.tally.set_texts(
                wrong, meant if full_stop else first
            )  # what to do, where there is little room
        else:
            self.tally.setText(f"{words} · {len(chosen)} selected" if len(chosen) > 1 else words)
        self.tally.set_role("err" if wrong else "small")
        self.compare.setEnabled(bool(chosen))
        actions = self._session.actions
        for id, can in {
            "run_pause": any(commands.can_pause(run) or commands.can_resume(run) for run in chosen)
            or (bool(chosen) and all(commands.can_go_on(run) for run in chosen)),
            "run_stop": any(commands.can_stop(run) for run in chosen),
            "run_compare": bool(chosen),
            "run_inspect": len(chosen) == 1 and commands.can_inspect(chosen[0]),
            "run_weights": len(chosen) == 1 and commands.has_weights(chosen[0]),
            "run_train_on": len(chosen) == 1 and commands.has_weights(chosen[0]),
            "run_star": bool(chosen),
            "run_tags": bool(chosen),
            "run_archive": bool(chosen),
            "run_delete": bool(chosen),  # one that still trains is told to be stopped first
        }.items():
            actions.get(id).setEnabled(can)
        bare = commands.why_undrawn(chosen)
        actions.get("run_open").allow(len(chosen) == 1 and not bare, bare)
        actions.get("run_again").allow(bool(chosen) and not bare, bare)

    # ------------------------------------------------------------- what can be done

    def _chosen(self) -> list[RunRecord]:
        return [run for id in self.table.selected_ids() if (run := self.model.run(id)) is not None]

    def _compare(self) -> None:
        if ids := self.table.selected_ids():
            self._session.go("compare", ids)

    def _on_star(self, id: int) -> None:
        if (run := self.model.run(id)) is not None and not self._session.read_only:
            commands.star(self._session, [run])

    def _open_tags_of(self, id: int) -> None:
        place = self.detail.header.tags.mapTo(self, QPoint(0, 0))
        self.tags.open_for([id], place - QPoint(0, 320))

    def _open_tags(self) -> None:
        if ids := self.table.selected_ids():
            row = self.table.visualRect(self.model.index(self.model.place(ids[0]), PLACES["run"]))
            self.tags.open_for(ids, self.table.viewport().mapTo(self, row.bottomLeft() + QPoint(16, 4)))

    def _on_menu(self, at: QPoint) -> None:
        if not self._chosen():
            return
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for id in MENU:
            if id:
                menu.addAction(self._session.actions.get(id))
            else:
                menu.addSeparator()
        chosen = self._chosen()
        exports: QMenu | None = self.detail.header.kinds if self.detail.header.export.isEnabled() else None
        if len(chosen) > 1:
            self.exports.runs, exports = chosen, self.exports
        if exports is not None:
            menu.addSeparator()
            # Not by addMenu: with this menu PySide would then take the actions of that one for deleted, which stays.
            menu.addAction(exports.menuAction())
        menu.popup(self.table.viewport().mapToGlobal(at))
