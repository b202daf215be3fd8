"""The box in which the columns of the table are chosen.  Imports the box, the table and the columns."""

from collections.abc import Iterable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from workbench.core import text
from workbench.gui.runs.boxes import Tick, TickBox
from workbench.gui.runs.columns import COLUMNS, PARAM, SLOT_KEYS
from workbench.gui.runs.params import Params
from workbench.gui.runs.table import RunsTable
from workbench.gui.widgets.fields import SearchField
from workbench.jobs.settings import ENVIRONMENT, ESTIMATE

_KINDS = {"best": "best value", "last": "last value", "min": "smallest value", "max": "largest value"}


class ColumnsBox(TickBox):
    """Facts, then metrics, settings, and what was recorded of the system; those that are ticked are columns."""

    def __init__(self, owner: QWidget, table: RunsTable, params: Params) -> None:
        field = SearchField("Find a column", "Column", "Type a part of the name of a metric or setting")
        super().__init__(owner, "Columns", field)
        self._table = table
        self._params = params
        self.ticked.connect(self._on_ticked)
        params.came.connect(self._on_news)
        table.layout_changed.connect(self._on_news)

    def open_columns(self, place: QPoint) -> None:
        """Open, and read the names of all settings."""
        self._params.want()
        self._read()
        self.open_at(place)

    def _on_news(self) -> None:
        if self.isVisible():
            self._read()

    def _read(self) -> None:
        model = self._table.runs
        shown = set(explicit(self._table.shown_columns(), model.slots))
        rows = [
            Tick(
                column.key,
                "Star" if column.key == "star" else column.title,
                column.key in shown,
                column.tooltip,
            )
            for column in COLUMNS
            if column.key not in SLOT_KEYS
        ]
        names = model.names()
        for name in (*sorted(names.bare()), *sorted(names.metrics)):
            for kind, words in _KINDS.items():
                key = f"{kind}:{name}"
                rows.append(Tick(key, f"{text.one_line(name, 60)}: {words}", key in shown, "metric"))
        for name in sorted(names.params, key=lambda name: (name.startswith(ENVIRONMENT), name)):
            if not name.startswith(ESTIMATE):
                key = f"{PARAM}:{name}"
                system = name.startswith(ENVIRONMENT)
                shown_name = text.one_line(name.removeprefix(ENVIRONMENT), 80)
                rows.append(Tick(key, shown_name, key in shown, "system" if system else "setting"))
        self.show_rows(rows)

    def _on_ticked(self, key: str, on: bool) -> None:
        keys = self._table.shown_columns()
        if key.partition(":")[0] in _KINDS:
            keys = explicit(keys, self._table.runs.slots)
        if on:
            self._table.show_columns([*keys, key])
            self._table.scrollTo(self._table.runs.index(self._table.rowAt(0), self._table.runs.column(key)))
        elif len(keys) > 1:
            self._table.show_columns([each for each in keys if each != key])
        self._read()


def explicit(keys: Iterable[str], slots: Iterable[str]) -> list[str]:
    """The columns with those that follow the runs put by name: from now on they stay."""
    names = dict(zip(SLOT_KEYS, slots, strict=False))
    named = [f"best:{names[key]}" if key in names else key for key in keys]
    return [key for key in dict.fromkeys(named) if key not in SLOT_KEYS]
