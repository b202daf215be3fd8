"""A hundred runs with ten metrics of 100,000 points each: laying all of their curves over one another.

Imports Qt, the window and the store.  LONG_RUNS names a folder in which the workspace (4 GB) is kept for the next time.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks._figures import Figure, at_most
from benchmarks._window import until
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.store import opening, sqlite
from workbench.store.migrations.versions import m0007_outlines
from workbench.store.store import Store

RUNS: Final = 100
METRICS: Final = 10
POINTS: Final = 100_000
_RUN = (
    "INSERT INTO runs (id, name, model, seed, created, started, ended, parameters, state, device, used_device, epoch,"
    " epochs, step, steps, dataset)"
    " VALUES (?, ?, 'net', ?, ?, ?, ?, 1000, 'completed', 'cpu', 'cpu', 100, 100, ?, ?, 'digits')"
)
_METRIC = (
    "INSERT INTO metrics (id, run, name, count, last, last_kind, last_step, min, min_kind, min_step, max, max_kind,"
    " max_step, last_number, type) VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, 1, ?, 0, 1, ?, '')"
)
# Made by SQLite itself: a hundred million rows from here would take a quarter of an hour.
_POINTS = """
INSERT INTO points
SELECT ?, (step - 1) * ? + ?, step, step / 1000, 1.0 / (1 + step / ?) + 0.0001 * (random() % 1000), 0, ? + step
FROM temp.steps ORDER BY step"""
_STEPS = """
CREATE TEMP TABLE steps AS WITH RECURSIVE counted(step) AS (
    SELECT 1 UNION ALL SELECT step + 1 FROM counted WHERE step < ?) SELECT step FROM counted"""


def fill(path: Path) -> None:
    """Curves as training leaves them, written in bulk."""
    Store(path).close()
    now = time.time() - POINTS
    with closing(sqlite.connect(path, 5.0)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute(_STEPS, (POINTS,))
        for run in range(1, RUNS + 1):
            connection.execute("BEGIN")
            connection.execute(_RUN, (run, f"run-{run}", run % 5, now, now, now + POINTS, POINTS, POINTS))
            connection.execute("INSERT INTO snapshots VALUES (?, '{}', '')", (run,))
            connection.execute(
                "INSERT INTO run_params VALUES (?, ?)", (run, f'{{"training.lr": {run / 1000}}}')
            )
            for place in range(METRICS):
                key, name = run * METRICS + place, f"train/{'loss' if place == 0 else f'm{place}'}"
                last = (POINTS - 1) * METRICS + place + 1
                connection.execute(_METRIC, (key, run, name, POINTS, 0.1, POINTS, -0.1, 1.1, last))
                connection.execute(_POINTS, (key, METRICS, place + 1, 100.0 * (run + place), now))
            connection.execute("COMMIT")
        with opening.exclusively(connection) as bound:
            m0007_outlines.fill(bound)
        connection.execute("PRAGMA journal_mode = WAL")


def figures() -> Iterator[Figure]:
    """Makes the workspace, unless one is kept, and measures."""
    if kept := os.environ.get("LONG_RUNS"):
        folder = Path(kept)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "filled").exists():
            (folder / "experiments.db").unlink(missing_ok=True)
            fill(folder / "experiments.db")
            (folder / "filled").touch()
        yield from overlay(folder)
        return
    with tempfile.TemporaryDirectory() as name:
        fill(Path(name) / "experiments.db")
        yield from overlay(Path(name))


def overlay(folder: Path) -> Iterator[Figure]:
    """From ticking all runs until all of their curves are painted."""
    session = Session(folder / "experiments.db", Preferences(folder / "window.json"))
    view = CompareView(session)
    view.resize(1600, 900)
    view.show()
    session.start()
    until(lambda: view.model.total == RUNS and len(session.summaries) == RUNS)
    names = ["loss", *(f"m{place}" for place in range(1, METRICS))]
    view.curves.change(drawn=tuple(names))
    begun = time.perf_counter()
    view.reveal(list(range(1, RUNS + 1)))

    def seen() -> bool:
        """The plots in view have painted all curves; those further down do so when they are scrolled to."""
        return len(view.curves.grid.plots) >= METRICS and all(
            len(plot.curves) == RUNS and (plot.frame is not None or plot.visibleRegion().isEmpty())
            for plot in view.curves.grid.plots.values()
        )

    stall = until(seen)
    view.curves.grid.viewport().repaint()
    taken = time.perf_counter() - begun
    what = f"{RUNS} runs × {METRICS} metrics × {POINTS:,} points"
    yield at_most(f"{what}: overlay, in outline", taken, "s", 1.0)
    yield at_most(f"{what}: longest stall meanwhile", 1000 * stall, "ms", 250.0)
    view.close()
    session.close()
