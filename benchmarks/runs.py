"""Ten thousand runs with 50 settings and 50 metrics each: opening, sorting, filtering and grouping their table; and a
hundred runs with ten long metrics: their curves over one another.

The peer answers the same questions in the same run: MLflow with SQLite where MLFLOW_PYTHON names a Python that has it,
else pandas with all of the same database in memory. Imports Qt, the window and the store.
"""

import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pandas
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from benchmarks import _long_runs
from benchmarks._figures import Figure, at_most, report
from benchmarks._window import until
from workbench.gui import theme
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.store import sqlite
from workbench.store.store import Store

RUNS, PARAMS, METRICS = 10_000, 50, 50
TURNS = 7
WHERE = "m7 > 0.9 and node3.value ~ 0.1"
_RUN = (
    "INSERT INTO runs (id, name, model, seed, created, started, ended, parameters, state, device, used_device, epoch,"
    " epochs, step, steps, dataset)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'completed', 'cpu', 'cpu', 30, 30, 900, 900, 'digits')"
)
_METRIC = (
    "INSERT INTO metrics (run, name, last, min, max, count, last_kind, last_step, min_kind, min_step, max_kind,"
    " max_step, type) VALUES (?, ?, ?, ?, ?, 1, 0, 1, 0, 1, 0, 1, 'Accuracy')"
)


@dataclass(frozen=True, slots=True)
class Answers:
    """Seconds that the peer took."""

    name: str
    open: float
    sort: float
    filter: float


def fill(path: Path) -> None:
    """A workspace of many runs, written in bulk."""
    Store(path).close()
    chance, now, ids = random.Random(0), time.time(), range(1, RUNS + 1)
    with closing(sqlite.connect(path, 5.0)) as connection:
        connection.execute("BEGIN")
        put = connection.executemany
        put(
            _RUN, ((i, f"run-{i % 97}", f"net-{i % 13}", i % 5, now - i, now - i, now, 1000 * i) for i in ids)
        )
        put("INSERT INTO snapshots VALUES (?, '{}', '')", ((i,) for i in ids))
        settings = (json.dumps({f"node{p}.value": chance.random() for p in range(PARAMS)}) for _ in ids)
        put("INSERT INTO run_params VALUES (?, ?)", zip(ids, settings, strict=True))
        values = ((i, f"validation/m{m}", chance.random()) for i in ids for m in range(METRICS))
        put(_METRIC, ((run, name, value, value, value) for run, name, value in values))
        connection.execute("COMMIT")


def peer(folder: Path) -> Answers:
    """MLflow where there is one, else pandas."""
    if python := os.environ.get("MLFLOW_PYTHON"):
        script = Path(__file__).with_name("_mlflow_runs.py")
        command = [python, str(script), str(folder), str(RUNS), str(PARAMS), str(METRICS)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return Answers("MLflow search_runs, SQLite", **json.loads(said.splitlines()[-1]))
    begun = time.perf_counter()
    with closing(sqlite.connect(folder / "experiments.db", 5.0)) as connection:
        runs = connection.execute("SELECT run, params FROM run_params").fetchall()
        metrics = connection.execute("SELECT run, name, max FROM metrics").fetchall()
    table = pandas.DataFrame([json.loads(params) for _, params in runs], index=[run for run, _ in runs])
    figures = pandas.DataFrame(metrics, columns=["run", "name", "value"])
    table = table.join(figures.pivot_table(index="run", columns="name", values="value"))
    opened = time.perf_counter() - begun
    sort = median(lambda: table.sort_values("validation/m7", ascending=False))
    texts = table["node3.value"].astype(str)
    found = median(lambda: table[(table["validation/m7"] > 0.9) & texts.str.contains("0.1", regex=False)])
    return Answers("pandas, all in memory", opened, sort, found)


def median(work: Callable[[], object]) -> float:
    """Seconds that `work` takes, the median of several."""
    taken = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "experiments.db")
        other = peer(folder)
        yield from ours(folder, other)


def ours(folder: Path, other: Answers) -> Iterator[Figure]:
    session = Session(folder / "experiments.db", Preferences(folder / "window.json"))
    view = RunsView(session)
    view.resize(1600, 900)
    view.show()
    model, what = view.model, f"{RUNS:,} runs × {PARAMS} settings × {METRICS} metrics"
    begun = time.perf_counter()
    session.start()
    stall = until(lambda: model.total == RUNS and bool(session.summaries))
    view.table.viewport().repaint()
    yield at_most(f"{what}: open", time.perf_counter() - begun, "s", 0.5, f"{other.name} (s)", other.open)
    stall = max(stall, until(lambda: len(session.summaries) == RUNS))
    view.filter.params.want()
    stall = max(stall, until(lambda: view.filter.params.complete))
    yield at_most(f"{what}: every figure and setting is here", time.perf_counter() - begun, "s", 15.0)
    yield at_most(f"{what}: longest stall while they come", 1000 * stall, "ms", 50.0)
    model.set_params(view.filter.params.values, view.filter.params.names)
    column = model.column("best:m7")
    orders = iter([Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder] * TURNS)
    taken = 1000 * median(lambda: view.table.sort_by(column, next(orders)))
    yield at_most(f"{what}: sort by a metric", taken, "ms", 100.0, f"{other.name} (ms)", 1000 * other.sort)
    filters = iter([WHERE, ""] * TURNS)
    taken = 1000 * median(lambda: model.set_filter(next(filters)))
    yield at_most(f"{what}: filter", taken, "ms", 100.0, f"{other.name} (ms)", 1000 * other.filter)
    model.set_filter("")
    groups = iter(["model", ""] * TURNS)
    yield at_most(f"{what}: group", 1000 * median(lambda: model.set_group(next(groups))), "ms", 100.0)
    view.close()
    session.close()


def main() -> None:
    app = QApplication([])
    theme.apply(app, "dark")
    report(__doc__ or "", (figure for part in (figures, _long_runs.figures) for figure in part()))


if __name__ == "__main__":
    main()
