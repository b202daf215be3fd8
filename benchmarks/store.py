"""How many metric points a second reach the database, and what `log()` costs the thread that trains.

The peer writes the same rows into one plain table with the same SQLite library. Imports torch, store and engine.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import torch

from benchmarks._figures import Figure, at_least, at_most, report
from workbench.engine.recorder import Recorder
from workbench.store import sqlite
from workbench.store.records import Point
from workbench.store.store import Store

TURNS = 9
BATCH = 20_000  # points that wait after a quarter of a second of very fast steps
METRICS = 4
BURST = 2_000


def batch(first: int) -> list[Point]:
    """Points of several metrics, as a trainer logs them."""
    steps = range(first, first + BATCH // METRICS)
    return [Point(f"train/m{m}", step, 1, 1 / (1 + step), 0.0) for step in steps for m in range(METRICS)]


def add_run(store: Store) -> int:
    """A run to log points of."""
    run = store.add_run(
        "m", "m", "{}", "", device="cpu", seed=0, epochs=1, parameters=0, dataset="", params={}
    )
    return run.id


def ingest(folder: Path) -> Figure:
    """Points a second through the store, with summaries; the peer's are bare rows."""
    store = Store(folder / "experiments.db")
    run = add_run(store)
    ours, plain = [], []
    with closing(sqlite.connect(folder / "plain.db", 5.0)) as peer:
        peer.execute("CREATE TABLE points (metric, step, epoch, value, time)")
        for turn in range(TURNS):
            points = batch(turn * BATCH)
            began = time.perf_counter()
            store.log_points(run, points)
            ours.append(BATCH / (time.perf_counter() - began))
            began = time.perf_counter()
            peer.execute("BEGIN")
            rows = ((p.metric, p.step, p.epoch, p.value, p.time) for p in points)
            peer.executemany("INSERT INTO points VALUES (?, ?, ?, ?, ?)", rows)
            peer.execute("COMMIT")
            plain.append(BATCH / (time.perf_counter() - began))
    store.close()
    name, peer_name = "metric points into the database", "bare rows into SQLite, points/s"
    return at_least(name, statistics.median(ours), "points/s", 100_000, peer_name, statistics.median(plain))


def log(folder: Path) -> Figure:
    """Microseconds of one `log()` with a tensor, while the recorder's thread writes what came before."""
    store = Store(folder / "experiments.db")
    recorder = Recorder(store, add_run(store))
    loss = torch.tensor(0.5)
    times = []
    for burst in range(100):
        began = time.perf_counter()
        for step in range(BURST):
            recorder.log("train/loss", burst * BURST + step, 1, loss)
        times.append((time.perf_counter() - began) / BURST * 1e6)
        time.sleep(0.01)
    recorder.close()
    store.close()
    return at_most("log() in the training thread", statistics.median(times), "µs", 10)


def figures() -> Iterator[Figure]:
    """Ingest, then log()."""
    for measure in (ingest, log):
        with tempfile.TemporaryDirectory() as folder:
            yield measure(Path(folder))


if __name__ == "__main__":
    report(__doc__ or "", figures())
