"""How far a run is and how well it did, in a few words.  Imports the store's records only."""

import time
from collections.abc import Mapping

from workbench.store.records import RunRecord, Summary


def progress(run: RunRecord) -> str:
    """A run's state and how far it came: "running · epoch 12 of 30"."""
    if run.state == "queued":
        return "queued"
    if run.state in ("running", "paused", "starting") and run.epochs:
        return f"{run.state} · epoch {run.epoch} of {run.epochs}"
    if run.state == "completed":
        return f"completed · {run.epoch} epoch{'' if run.epoch == 1 else 's'}"
    if run.state == "stopped" and run.epoch == 0 and run.step:
        return f"stopped · step {run.step:,}"
    return f"{run.state} · epoch {run.epoch}" if run.epoch else run.state


def time_left(run: RunRecord, now: float | None = None) -> float | None:
    """Seconds that a running run still needs, from its pace so far; None where that cannot be told."""
    if run.state != "running" or not run.steps or not run.step or not run.started:
        return None
    spent = (time.time() if now is None else now) - run.started
    return max(0.0, spent * (run.steps - run.step) / run.step)


BIGGER_IS_BETTER = ("accuracy", "top_k", "top-k", "f1", "r2", "bleu", "translation")


def best(summaries: Mapping[str, Summary]) -> tuple[str, float] | None:
    """The one result worth a column: (metric, value), the best accuracy-like one, else the lowest loss."""
    for split in ("test", "validation", "train"):
        for metric, summary in summaries.items():
            where, _, name = metric.partition("/")
            if where == split and any(word in name.lower() for word in BIGGER_IS_BETTER):
                return name, summary.max
    for split in ("validation", "test", "train"):
        if (found := summaries.get(f"{split}/loss")) is not None:
            return "loss", found.min
    return None
