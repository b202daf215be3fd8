"""How far a run is and how well it did, in a few words.  Imports the store's records and the catalog's goals."""

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from workbench.catalog.goals import judges, rising
from workbench.store.records import RunRecord, Summary
from workbench.store.summaries import Kinds, kinds_of


def progress(run: RunRecord) -> str:
    """A run's state and how far it came: "running · epoch 12 of 30"."""
    if run.state == "queued":
        return "queued"
    if run.state in ("running", "paused", "starting") and run.epochs:
        return f"{run.state} · epoch {run.epoch} of {run.epochs}"
    if run.imported:
        return f"{run.state} · {run.step:,} step{'' if run.step == 1 else 's'}" if run.step else run.state
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


class Result(NamedTuple):
    """The best value of one figure of a run; `rising` where larger is better."""

    metric: str
    value: float
    rising: bool


def best(summaries: Mapping[str, Summary]) -> Result | None:
    """The one result worth a column: the best value of the first metric, else of the loss; None of several losses."""
    metric, up = _worth(kinds_of(summaries))
    if not metric:
        return None
    found = summaries[metric]
    return Result(metric.partition("/")[2], found.max if up else found.min, up)


@lru_cache(maxsize=256)
def _worth(kinds: Kinds) -> tuple[str, bool]:
    """The metric that is the result, and whether larger is better; "" for none."""
    for split in ("test", "validation", "train"):
        for metric, type in zip(*kinds, strict=True):
            if metric.partition("/")[0] == split and judges(type):
                return metric, rising(type)
    for split in ("validation", "test", "train"):
        losses = {metric.partition("/")[2]: metric for metric in kinds[0] if metric.startswith(split)}
        name = "loss" if "loss" in losses else next(iter(losses), "") if len(losses) == 1 else ""
        if name:
            return losses[name], False
    return "", False
