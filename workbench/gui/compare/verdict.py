"""Whether compared runs differ by more than their seeds do, asked in the background.  Imports session and metrics."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from workbench.catalog.goals import judges
from workbench.core.errors import WorkbenchError
from workbench.gui.runs import metrics
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.jobs.verdict import Question, answer
from workbench.store.records import RunRecord, Summary
from workbench.store.summaries import kinds_of

if TYPE_CHECKING:
    from workbench.store.store import Store


def figure(summaries: Summaries, ids: Sequence[int], name: str) -> str:
    """The metric with its split by which runs are held against each other; "" where none of them has it."""
    for split in metrics.SPLITS:
        if any(f"{split}/{name}" in summaries.get(id, {}) for id in ids):
            return f"{split}/{name}"
    return name if any(name in summaries.get(id, {}) for id in ids) else ""


def main_figure(summaries: Summaries, ids: Sequence[int]) -> str:
    """The name of the metric that tells most: a score of most runs, else the loss; "" where nothing was recorded."""
    mine = [summaries.get(id, {}) for id in ids]
    names = metrics.main_names(mine, 20)
    types = {
        metrics.split_name(metric)[1]: type
        for each in mine
        for metric, type in zip(*kinds_of(each), strict=True)
    }
    return next((name for name in names if judges(types.get(name, ""))), names[0] if names else "")


def question(
    runs: Sequence[RunRecord],
    base: int,
    name: str,
    params: Mapping[int, Mapping[str, Any]],
    summaries: Summaries,
) -> Question | None:
    """What to ask of these runs; None while there is nothing to ask."""
    metric = figure(summaries, [run.id for run in runs], name)
    if not metric or any(run.id not in params for run in runs):
        return None
    found: dict[int, Summary] = {
        run.id: summaries[run.id][metric] for run in runs if metric in summaries.get(run.id, {})
    }
    up = metrics.rises(found.values())
    values = {id: one.max if up else one.min for id, one in found.items()}
    known = {run.id: params[run.id] for run in runs}
    return Question(tuple(runs), runs[base].id, metric, up, values, known)


class Verdicts(QObject):
    """Works out verdicts in the background; a later question makes an earlier one void."""

    came = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: object = None
        self._programs: dict[int, str] = {}
        session.closing.connect(self._forget)

    def ask(self, asked: Question | None) -> None:
        """Ask this, unless it was asked last; nothing (None) has an empty answer."""
        key = None
        if asked is not None:
            done = [run.id for run in asked.runs if run.state == "completed"]
            values = tuple((id, repr(asked.values.get(id))) for id in done)
            key = (tuple((run.id, run.state) for run in asked.runs), asked.base, asked.metric, values)
        if key == self._asked:
            return
        self._asked = key
        if asked is None:
            self.came.emit("")
            return
        known = dict(self._programs)

        def work(store: "Store") -> tuple[str, dict[int, str]]:
            programs = {
                run.id: known[run.id] if run.id in known else _program(store, run.id) for run in asked.runs
            }
            return answer(asked, programs), programs

        def then(found: tuple[str, dict[int, str]]) -> None:
            self._programs = found[1]
            if key == self._asked:
                self.came.emit(found[0])

        def failed(error: Exception) -> None:
            if key == self._asked:
                self._asked = None  # asked for again with the next news
            self._session.message.emit(f"Whether the runs differ cannot be told: {error}", "error")

        self._session.call(work, then, failed)

    def _forget(self) -> None:
        """Runs of another workspace have the same numbers."""
        self._asked = None
        self._programs = {}


def _program(store: "Store", run: int) -> str:
    try:
        return store.program_text(run)
    except WorkbenchError:
        return ""  # the run was deleted meanwhile, which the next look at the runs tells
