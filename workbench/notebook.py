"""Workspaces in notebooks and scripts: `from workbench import Workspace`. Looks only; writes nothing, starts nothing.

May import everything below the app but the window; pandas, numpy and torch only when they are asked for.
"""

import json
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from workbench.core.errors import JobError, StoreError, WorkbenchError
from workbench.store.records import UNMARKED, Marks, RunRecord, Summary
from workbench.store.store import Store

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from torch import nn


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a run at a glance; NaN never wins `min` or `max`. `type` is the node type that recorded it."""

    last: float
    last_step: int
    min: float
    min_step: int
    max: float
    max_step: int
    count: int
    type: str


@dataclass(frozen=True, slots=True)
class Run:
    """One training of one exact snapshot of a model. Times are None where something has not happened."""

    id: int
    name: str
    model: str
    state: str
    cause: str
    dataset: str
    device: str
    seed: int
    parameters: int
    epoch: int
    epochs: int
    step: int
    created: datetime
    started: datetime | None
    ended: datetime | None
    star: bool
    tags: tuple[str, ...]
    notes: str
    metrics: Mapping[str, Metric] = field(repr=False)
    """By name, such as "validation/accuracy"."""


@dataclass(frozen=True, slots=True)
class Curve:
    """All values of one metric as arrays of the same length; times are seconds since 1970."""

    steps: "np.ndarray[Any, np.dtype[np.int64]]"
    epochs: "np.ndarray[Any, np.dtype[np.int64]]"
    values: "np.ndarray[Any, np.dtype[np.float64]]"
    times: "np.ndarray[Any, np.dtype[np.float64]]"


AnyRun = int | Run


class Workspace:
    """The runs of one workspace, also while they train. A run is named by its number or by its record.

    Every method may raise WorkbenchError, whose message says what was wrong and what to do.
    """

    def __init__(self, path: str | Path = "experiments.db") -> None:
        """Opens an experiments.db, or the one in a folder. Raises StoreError where there is none of this version."""
        place = Path(path).expanduser()
        self._store = Store(place / "experiments.db" if place.is_dir() else place, read_only=True)

    @property
    def path(self) -> Path:
        return self._store.path

    def close(self) -> None:
        """Lets go of the file; calling it twice is fine."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Workspace({str(self.path)!r})"

    def runs(self, where: str = "", *, archived: bool = False, deleted: bool = False) -> list[Run]:
        """The runs, newest first; `where` is a filter as in the window: `accuracy > 0.9 and tag = paper`.

        `archived` adds those that were put away; `deleted` gives those in the trash instead.
        """
        from workbench.jobs.run_filter import find

        if not deleted:
            found = find(self._store, where, archived=archived)
            return [_run(facts.run, facts.summaries, facts.marks) for facts in found]
        if where:
            raise StoreError("Runs in the trash cannot be filtered.")
        records = self._store.runs(deleted=True)
        summaries = self._store.summaries([record.id for record in records])
        marks, _ = self._store.marks()
        return [_run(each, summaries[each.id], marks.get(each.id, UNMARKED)) for each in records]

    def run(self, run: AnyRun) -> Run:
        """One run as it is now."""
        record = self._store.run(_number(run))
        summaries = self._store.summaries([record.id])[record.id]
        return _run(record, summaries, self._store.marks_of(record.id))

    def params(self, run: AnyRun) -> dict[str, Any]:
        """Its flat settings, such as {"training.epochs": 3, "conv1.out_channels": 64}."""
        return self._store.params(_number(run))

    def curve(self, run: AnyRun, metric: str) -> Curve:
        """All values of one metric, NaN and infinity as they are. Raises StoreError for one that the run has not."""
        import numpy as np

        number = _number(run)
        self._store.run(number)
        known = self._store.summaries([number])[number]
        if metric not in known:
            raise StoreError(
                f"Run {number} has no metric “{metric}”; it has {', '.join(known) or 'none yet'}."
            )
        found = self._store.curve(number, metric)
        return Curve(
            np.frombuffer(found.steps, np.int64),
            np.frombuffer(found.epochs, np.int64),
            np.frombuffer(found.values, np.float64),
            np.frombuffer(found.times, np.float64),
        )

    def metrics(self, runs: AnyRun | Iterable[AnyRun]) -> "pd.DataFrame":
        """All values of one or more runs, a row each: run, metric, step, epoch, value, time (UTC).

        Raises ImportError where pandas is not installed; `curve` needs none.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                'Tables are made with pandas, which is not installed here: pip install "workbench[notebook]". '
                "Without it, Workspace.curve gives one metric as arrays."
            ) from error
        import numpy as np

        from workbench.engine.metric_files import COLUMNS, parts

        wanted = [_number(run) for run in ([runs] if isinstance(runs, int | Run) else runs)]
        columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for run, metric, curve in parts(self._store, list(dict.fromkeys(wanted))):
            count = len(curve.steps)
            columns["run"].append(np.full(count, run))
            columns["metric"].append(np.full(count, metric, dtype=object))
            columns["step"].append(np.frombuffer(curve.steps, np.int64))
            columns["epoch"].append(np.frombuffer(curve.epochs, np.int64))
            columns["value"].append(np.frombuffer(curve.values, np.float64))
            columns["time"].append(np.frombuffer(curve.times, np.float64))
        kinds = (np.int64, object, np.int64, np.int64, np.float64, np.float64)
        table = pd.DataFrame(
            {
                name: np.concatenate(values) if values else np.empty(0, kind)
                for (name, values), kind in zip(columns.items(), kinds, strict=True)
            }
        )
        table["time"] = pd.to_datetime(table["time"], unit="s", utc=True)
        return table

    def document(self, run: AnyRun) -> dict[str, Any]:
        """The drawing that was trained, as it stands in a model file."""
        found: dict[str, Any] = json.loads(self._store.document_text(_number(run)))
        return found

    def program(self, run: AnyRun) -> str:
        """The PyTorch program that trained."""
        return self._store.program_text(_number(run))

    def load_model(self, run: AnyRun, checkpoint: Literal["best", "last"] = "best") -> "nn.Module":
        """The program with the weights of a checkpoint, in evaluation mode on the CPU.

        Its best weights, or the last where it kept none. The program is written anew from the drawing, never taken
        from the workspace, so that one from a stranger runs no code. `model(x)` computes what enters the losses, each
        Output node is a method, and submodules have the names of the nodes.
        """
        if checkpoint not in ("best", "last"):
            raise JobError(f"A run has best and last weights, not “{checkpoint}”.")
        from workbench.engine import trained

        folder = Path(tempfile.mkdtemp(prefix="workbench-"))  # holds the text, for tracebacks and inspect
        try:
            program = trained.of_run(self._store, _number(run), folder, checkpoint).program
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(program, shutil.rmtree, folder, ignore_errors=True)
        return program


def _run(record: RunRecord, summaries: Mapping[str, Summary], marks: Marks) -> Run:
    return Run(
        id=record.id,
        name=record.name,
        model=record.model,
        state=record.state,
        cause=record.cause,
        dataset=record.dataset,
        device=record.used_device or record.device,
        seed=record.seed,
        parameters=record.parameters,
        epoch=record.epoch,
        epochs=record.epochs,
        step=record.step,
        created=datetime.fromtimestamp(record.created).astimezone(),
        started=_moment(record.started),
        ended=_moment(record.ended),
        star=marks.star,
        tags=marks.tags,
        notes=marks.notes,
        metrics={
            name: Metric(s.last, s.last_step, s.min, s.min_step, s.max, s.max_step, s.count, s.type)
            for name, s in summaries.items()
        },
    )


def _number(run: AnyRun) -> int:
    return run.id if isinstance(run, Run) else run


def _moment(then: float) -> datetime | None:
    return datetime.fromtimestamp(then).astimezone() if then else None


__all__ = ["Curve", "Metric", "Run", "WorkbenchError", "Workspace"]
