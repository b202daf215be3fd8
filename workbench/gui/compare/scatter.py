"""Any setting, fact or result of the listed runs against any result, a dot for each run.  Imports Qt, relations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.compare import dimensions
from workbench.gui.compare.relations import (
    Scale,
    Value,
    by_value,
    causes,
    first_result,
    rank_correlation,
    results,
    scale,
    titled,
)
from workbench.gui.runs.params import params_of
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.scatter import Dot, ScatterPlot
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

Columns = tuple[Mapping[int, Value], Mapping[int, Value]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be laid out: runs, by which two columns ("": not chosen yet), on logarithmic axes or not."""

    runs: Sequence[RunRecord]
    params: Mapping[int, Mapping[str, Any]]
    summaries: Summaries
    keys: tuple[str, str]
    logs: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Laid:
    """The two columns and what else may be chosen; `x` and `y` are None where no run has a place on them."""

    causes: Sequence[tuple[str, str]]
    results: Sequence[tuple[str, str]]
    keys: tuple[str, str] = ("", "")
    columns: Columns = ({}, {})
    x: Scale | None = None
    y: Scale | None = None
    places: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    words: tuple[bool, bool] = (False, False)
    ranks: float = math.nan


def lay(wanted: Wanted) -> Laid:
    """Lay runs out; with thousands of them it takes a moment, so not on the main thread."""
    runs, params, summaries = wanted.runs, wanted.params, wanted.summaries
    offered = causes(runs, params, summaries), results(runs, summaries)
    if not all(offered):
        return Laid(*offered)
    firsts = wanted.keys[0] or _strongest(wanted), first_result([run.id for run in runs], summaries)
    keys = tuple(
        key if key in dict(found) else first if first in dict(found) else found[0][0]
        for key, found, first in zip(wanted.keys, offered, firsts, strict=True)
    )
    across, up = (by_value(key, runs, params, summaries) for key in keys)
    words = tuple(any(isinstance(one, str) for one in column.values()) for column in (across, up))
    scales = [
        scale(titled(key, dict(found)[key]), column.values(), log=log and not word)
        for found, key, column, log, word in zip(offered, keys, (across, up), wanted.logs, words, strict=True)
    ]
    laid = Laid(*offered, (keys[0], keys[1]), (across, up), words=(words[0], words[1]))
    x, y = scales
    if x is None or y is None:
        return laid
    places = {id: (x[1][one], y[1][up[id]]) for id, one in across.items() if one in x[1] and up[id] in y[1]}
    ranks = math.nan if x[0].words else rank_correlation(list(places.values()))
    return replace(laid, x=x[0], y=y[0], places=places, ranks=ranks)


def _strongest(wanted: Wanted) -> str:
    """The setting that goes with the result most: what one would look at first; "" where none does."""
    laid = dimensions.lay(
        dimensions.Wanted(wanted.runs, wanted.params, wanted.summaries, (), wanted.keys[1], 1)
    )
    known = {key: abs(rank) for key, rank in (laid.ranks or {}).items() if not math.isnan(rank)}
    return max(known, key=lambda key: known[key], default="")


class ScatterPage(QWidget):
    """All runs of the list, the ticked ones in their colours; `picked` tells a run whose dot was chosen."""

    picked = Signal(int)

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self._session = session
        self._settings = params_of(session)
        self._settings.came.connect(self._show)
        session.closing.connect(self._forget)
        self._laying = self._stale = False
        self._runs: Sequence[RunRecord] = ()
        self._colors: Mapping[int, int] = {}
        self.across = Choice("Horizontal", "What the runs are laid out by: what varies among them")
        self.up = Choice("Vertical", "The result that is looked at; its best value counts")
        self.across_log = QCheckBox("Log")
        self.up_log = QCheckBox("Log")
        for choice, log, side in (
            (self.across, self.across_log, "horizontal"),
            (self.up, self.up_log, "vertical"),
        ):
            choice.setMinimumWidth(184)
            choice.picked.connect(lambda _: self._show())
            log.setAccessibleName(f"Logarithmic {side} axis")
            log.setToolTip("Powers of ten at equal distances; what is not above zero is left out")
            log.toggled.connect(lambda _: self._show())
        self.told = ElidedLabel("", "small")
        self.plot = ScatterPlot(
            "Scatter of the runs", "A dot is a run; click it to compare the run, or to leave it out"
        )
        self.plot.chosen.connect(self.picked)
        self.nothing = EmptyState("compare", "", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.plot)
        self.stack.addWidget(self.nothing)
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 8, 4)
        row.setSpacing(8)
        for widget in (self.up, self.up_log, Label("over", "small"), self.across, self.across_log):
            row.addWidget(widget)
        row.addWidget(self.told, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.stack, 1)

    @property
    def laying(self) -> bool:
        """Whether what is wanted is not shown yet."""
        return self._laying or self._settings.busy

    def show_runs(self, runs: Sequence[RunRecord], colors: Mapping[int, int]) -> None:
        """Show these runs; `colors` are those of the ticked ones."""
        self._runs, self._colors = runs, colors
        self._settings.want()
        self._show()

    def choose(self, across: str, up: str) -> None:
        """Lay out by these keys."""
        for choice, key in ((self.across, across), (self.up, up)):
            if choice.findData(key) < 0:
                choice.addItem(key.partition(":")[2], key)
            choice.show_value(key)

    def _show(self) -> None:
        """Have it laid out anew, now or after what is being laid out."""
        if self._laying:
            self._stale = True
            return
        runs = [run for run in self._runs if run.id in self._settings.values]
        keys = str(self.across.currentData() or ""), str(self.up.currentData() or "")
        logs = self.across_log.isChecked(), self.up_log.isChecked()
        wanted = Wanted(runs, self._settings.values, dict(self._session.summaries), keys, logs)
        self._laying, self._stale = True, False
        self._session.call(lambda _: lay(wanted), self._on_laid, self._on_failed)

    def _forget(self) -> None:
        self._laying = False  # of another workspace no answer comes any more

    def _on_failed(self, error: Exception) -> None:
        self._laying = False  # asked for again with the next news
        self._session.message.emit(str(error), "error")

    def _on_laid(self, laid: Laid) -> None:
        self._laying = False
        if self._stale:  # something else was chosen meanwhile
            self._show()
            return
        for choice, found, key in (
            (self.across, laid.causes, laid.keys[0]),
            (self.up, laid.results, laid.keys[1]),
        ):
            if list(found) != [(choice.itemData(at), choice.itemText(at)) for at in range(choice.count())]:
                choice.set_items(found)
            choice.show_value(key)
        for log, words in ((self.across_log, laid.words[0]), (self.up_log, laid.words[1])):
            log.setEnabled(not words)
        if not laid.keys[0]:
            self._say(
                "Nothing to lay out yet",
                "Here stand runs that recorded something, once there are two that differ.",
            )
        elif laid.x is None or laid.y is None:
            self._say(
                "Nothing to lay out",
                "No run has a finite number here; a logarithmic axis needs numbers above zero.",
            )
        else:
            self._draw(laid, laid.x, laid.y)

    def _draw(self, laid: Laid, x: Scale, y: Scale) -> None:
        dots = [Dot(id, *place, self._colors.get(id, -1)) for id, place in laid.places.items()]
        names = {run.id: run.name for run in self._runs}

        def said(id: int) -> str:
            name = f"#{id} {text.one_line(names.get(id, ''), 60)}"
            one, other = (_told(column[id]) for column in laid.columns)
            return f"{name}\n{x.title}: {one}\n{y.title}: {other}"

        self.plot.show_dots(dots, x, y, said)
        self.stack.setCurrentIndex(0)
        left = len(self._runs) - len(dots)
        told = [] if math.isnan(laid.ranks) else [f"rank correlation {text.number(laid.ranks, 2)}"]
        told += [text.plural(len(dots), "run")] + (
            [f"{text.whole(left)} without a value here"] if left else []
        )
        self.told.setText(" · ".join(told))

    def _say(self, title: str, hint: str) -> None:
        self.told.setText("")
        self.nothing.set_texts(title, hint)
        self.stack.setCurrentIndex(1)


def _told(found: Value) -> str:
    return found if isinstance(found, str) else text.number(found, 6) if found is not None else text.NONE
