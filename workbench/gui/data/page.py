"""The page of one dataset: its items, what is known of them, and what can be done with it.

Imports Qt, session, records and the parts of the page.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.catalog.schema import Schema
from workbench.core import text
from workbench.gui import progress
from workbench.gui.data import page_work
from workbench.gui.data.adding import Adding, Source
from workbench.gui.data.items_painting import Item
from workbench.gui.data.page_header import PageHeader, facts_of
from workbench.gui.data.page_items import ItemsPane
from workbench.gui.data.page_mark import SourceMark
from workbench.gui.data.page_side import WIDTH, Side, about
from workbench.gui.data.page_work import Standing
from workbench.gui.data.wording import in_words, renamed
from workbench.gui.read_only import guard
from workbench.gui.session import Session
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import DatasetRecord, RunRecord

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added

_MOST_NAMED = 3


class DatasetPage(QWidget):
    """`show_dataset` shows the dataset of an id, of the workspace or a sample."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        surface(self, "panel")
        self._session = session
        self.id = ""
        self._record: DatasetRecord | None = None
        self._standing: Standing | None = None
        self._mark = SourceMark(self)
        self.making: Adding | None = None
        self.header = PageHeader()
        self.items = ItemsPane()
        self.side = Side()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        column.addWidget(splitter, 1)
        self.items.setMinimumWidth(320)
        splitter.addWidget(self.items)
        splitter.addWidget(self.side)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([900, WIDTH])
        self._connect()

    def _connect(self) -> None:
        header, items, side, session = self.header, self.items, self.side, self._session
        guard(session, header.title, header.clear, header.remove, side.classes)
        header.title.committed.connect(self._rename)
        header.folder.clicked.connect(self._open_folder)
        header.clear.clicked.connect(self.clear_copy)
        header.remove.clicked.connect(self.ask_remove)
        items.chosen.connect(side.show_item)
        items.opened.connect(self._on_opened)
        items.failed.connect(self._on_damaged)
        items.told.connect(self._on_told)
        items.grid.depth_changed.connect(side.view.set_depth)
        side.classes_named.connect(self._name_classes)
        side.run_picked.connect(lambda id: session.go("runs", id))
        side.model_picked.connect(lambda id: session.open_model(id))
        self._mark.changed.connect(self._on_changed)
        session.schemas_changed.connect(self._on_schemas)
        session.runs_changed.connect(lambda *_: self._show_runs())
        session.figures_came.connect(lambda _: self._show_runs())

    # ------------------------------------------------------------- what is shown

    def show_dataset(self, id: str) -> None:
        """Show the dataset of this id; one that is shown already stays as it is."""
        schema = self._session.schemas.get(id)
        if schema is None:
            self._forget("There is no such dataset in the workspace.")
            return
        record = self._find(id)
        if id == self.id and record == self._record:
            self._look()
            return
        self._stop()
        self.id, self._record, self._standing = id, record, None
        self.side.forget_item()
        self.header.notice.hide()
        self._show_known(schema)
        if record is None:
            self.items.show_copy(f"sample:{id}", None)
            self._session.call(partial(page_work.models_with, sample=id), self.side.show_models)
        else:
            self.items.clear("Looking for the decoded copy …")
            self._look()

    def _forget(self, reason: str) -> None:
        self._stop()
        self.id, self._record, self._standing = "", None, None
        self.items.clear(reason)
        self.header.notice.hide()
        self.header.show_texts("", "", own=False)

    def _stop(self) -> None:
        self._mark.drop()
        if self.making is not None:
            self.making.cancel()
            self.making = None

    def _find(self, id: str) -> DatasetRecord | None:
        return next((record for record in self._session.datasets if record.id == id), None)

    def _show_known(self, schema: Schema) -> None:
        """What is known without looking at any file."""
        record, side = self._record, self.side
        self._show_head(schema)
        details = record.details if record is not None else {}
        side.show_figures(renamed(details.get("figures") or (), details.get("labels") or (), schema.labels))
        options = details.get("options") or ()
        side.show_problems([in_words(options, str(each)) for each in details.get("problems") or ()])
        classes = int(schema.facts.get("classes", 0)) == len(schema.labels) and schema.kind != "text"
        side.show_classes(schema.labels, editable=classes and record is not None)
        side.show_models(())
        self._show_runs()
        if record is not None:
            side.show_about(about(record, self._standing.copy if self._standing else 0))
        else:
            side.show_about((), schema.description)

    def _show_head(self, schema: Schema) -> None:
        copy = self._standing.copy if self._standing is not None else 0
        self.header.show_texts(schema.title, facts_of(schema, copy), own=self._record is not None)

    def _show_runs(self) -> None:
        own = [run for run in self._session.runs if self.id and self.id in run.dataset.split(", ")]
        self.side.show_runs(own, {run.id: self._result(run) for run in own[:20]})

    def _result(self, run: RunRecord) -> str:
        best = progress.best(self._session.summaries.get(run.id, {}))
        return f"{best.metric} {text.number(best.value)}" if best else ""

    # ------------------------------------------------------------- source and copy

    def _look(self) -> None:
        """See in the background how it stands with source and copy."""
        record = self._record
        if record is not None and self._session.is_open and self.making is None:
            self._session.call(
                lambda store: (record, page_work.standing(store, record)), self._on_standing, self._on_unknown
            )

    def _on_unknown(self, error: Exception) -> None:
        self.header.notice.say(str(error), "error")

    def _on_standing(self, found: tuple[DatasetRecord, Standing]) -> None:
        record, standing = found
        if record != self._record or self.making is not None:
            return  # another one is shown by now
        before, self._standing = self._standing, standing
        schema = self._session.schemas[self.id]
        self._show_head(schema)
        self.side.show_about(about(record, standing.copy))
        self.side.show_models(standing.models)
        clearable = bool(standing.copy) and standing.source
        self.header.clear.setEnabled(clearable and not self._session.read_only)
        self.header.folder.setEnabled(standing.source)
        if standing.copy and (before is None or not before.copy or self.items.service is None):
            self.items.show_copy(str(standing.folder), list(schema.labels))
        elif not standing.copy and (before is None or before.copy):
            self.items.clear("There is no decoded copy to show items from.")
        self._judge()

    def _judge(self) -> None:
        """Say what is wrong with source or copy."""
        standing, record, notice = self._standing, self._record, self.header.notice
        assert standing is not None
        assert record is not None
        if not standing.source and not standing.copy:
            notice.say(
                f"The source is gone, and there is no copy: {record.source}. Bring it back or remove the dataset.",
                "error",
            )
        elif not standing.source:
            notice.say(f"The source is gone: there is no {record.source}. The copy in the workspace is used.")
        elif not standing.copy:
            make = ("Make it again", self.make_copy)
            notice.say(
                "The decoded copy was cleared. It is made again from the source when it is needed.",
                "info",
                make,
            )
        else:
            notice.hide()
        if standing.source and self.isVisible():
            self._mark.ask(record)

    def _on_changed(self, record: DatasetRecord, reason: str) -> None:
        if record == self._record and self.making is None:
            again = self._session.actions
            act = ("Read anew…", again.get("data_again").trigger) if again.has("data_again") else None
            self.header.notice.say(reason, "warning", act)

    # ------------------------------------------------------------- what can be done

    def make_copy(self) -> None:
        """Read the source again, in the background, to have a decoded copy."""
        record = self._record
        if record is None or self.making is not None:
            return
        source = Source(Path(record.source), record.reader, record.options, record.title, record.id)
        making = Adding(self._session, source, self)
        making.progressed.connect(self.header.notice.show_progress)
        making.added.connect(self._on_made)
        making.failed.connect(self._on_unmade)
        making.cancelled.connect(self._on_unmade)
        self.making = making
        self.header.notice.say("Reading the source …", "info", None, making.cancel)
        self.header.notice.show_progress("Reading the source …", 0, 0)
        making.start()

    def _on_made(self, added: "Added") -> None:
        self.making = None
        if self.id == added.record.id:
            self._standing = None  # also where there was a damaged one
            self._look()

    def _on_told(self, said: Mapping[str, Any]) -> None:
        """The figures of a sample are known once it is opened."""
        if self._record is None:
            self.side.show_figures(said.get("figures") or ())

    def _on_damaged(self, reason: str) -> None:
        """The items of a copy cannot be shown: offer to make another one."""
        if self._standing is not None and self._standing.source and self.making is None:
            self.header.notice.say(reason, "error", ("Make the copy again", self.make_copy))

    def _on_unmade(self, reason: str = "") -> None:
        self.making = None
        if reason:
            self.header.notice.say(reason, "error", ("Try again", self.make_copy))
        else:
            self._look()

    def clear_copy(self) -> None:
        """Remove the decoded copy; the source stays."""
        record = self._record
        if record is None:
            return

        def then(freed: int) -> None:
            self._session.message.emit(
                f"The decoded copy is cleared: {text.size(freed)} are free again.", "ok"
            )
            self._look()

        self.items.clear("There is no decoded copy to show items from.")
        self._session.call(lambda store: page_work.clear_copy(store, record), then)

    def ask_remove(self) -> None:
        """Take the dataset out of the workspace; where models have it, say so first."""
        models = self._standing.models if self._standing is not None else ()
        if not models:
            self.remove()
            return
        names = ", ".join(f"“{text.one_line(model.name, 30)}”" for model in models[:_MOST_NAMED])
        more = f" and {len(models) - _MOST_NAMED} more" if len(models) > _MOST_NAMED else ""
        verb = "has" if len(models) == 1 else "have"
        self.header.notice.say(
            f"{text.plural(len(models), 'model')} {verb} this dataset: {names}{more}. "
            "Without it they cannot train until another is chosen.",
            "warning",
            ("Remove all the same", self.remove),
            self._judge,
        )
        self.header.notice.act.setFocus()

    def remove(self) -> None:
        """Take the dataset out of the workspace and offer to bring it back; its source is left alone."""
        record, session = self._record, self._session
        if record is None:
            return

        def then(removed: DatasetRecord) -> None:
            session.offer(
                f"“{removed.title}” is out of the workspace; its source was left alone.",
                "Undo",
                lambda: session.call(lambda store: store.add_dataset(removed)),
            )

        session.call(lambda store: store.remove_dataset(record.id), then)

    def _rename(self, title: str) -> None:
        record = self._record
        if record is not None and title.strip() != record.title:
            self._session.call(lambda store: store.rename_dataset(record.id, title), None, self._on_refused)

    def _name_classes(self, names: list[str]) -> None:
        record = self._record
        if record is not None:
            self._session.call(lambda store: store.name_classes(record.id, names), None, self._on_refused)

    def _on_refused(self, error: Exception) -> None:
        """A name that will not do: say why, and show what is kept."""
        self._session.message.emit(str(error), "error")
        schema = self._session.schemas.get(self.id)
        if schema is not None and self._record is not None:
            self.header.title.setModified(False)
            self.header.title.show_text(self._record.title)
            for field, name in zip(self.side.fields, schema.labels, strict=False):
                field.setModified(False)
                field.show_text(name)

    def _open_folder(self) -> None:
        if self._record is not None:
            path = Path(self._record.source)
            folder = path if path.suffix == "" else path.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # ------------------------------------------------------------- news

    def _on_opened(self, item: Item) -> None:
        self.side.show_item(item)
        self.side.ensureWidgetVisible(self.side.chosen)
        self.side.view.setFocus()

    def _on_schemas(self) -> None:
        if not self.id:
            return
        schema, before = self._session.schemas.get(self.id), self._record
        if schema is None:
            self._forget("This dataset is not in the workspace any more.")
            return
        record = self._find(self.id)
        if record == before:
            return
        self._record = record
        if record is None or before is None:
            self.show_dataset(self.id)
            return
        focused = next((place for place, field in enumerate(self.side.fields) if field.hasFocus()), -1)
        self._show_known(schema)
        if 0 <= focused < len(self.side.fields):
            self.side.fields[focused].setFocus()
        standing = self._standing
        if record.fingerprint != before.fingerprint or record.options != before.options:
            self._standing = None  # read anew: another copy
        elif (
            standing is not None
            and standing.copy
            and record.schema.get("labels") != before.schema.get("labels")
        ):
            self.items.show_copy(str(standing.folder), list(schema.labels), keep=True)
        self._mark.drop()
        self._look()

    # ------------------------------------------------------------- Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._mark.drop()
