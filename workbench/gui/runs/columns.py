"""What the columns of the runs' table say of a run and by what they sort.  Imports the facts of runs, no Qt.

A column has a key by which a saved view names it: "state", "best:accuracy", "last:train/loss", "param:training.lr".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from workbench.core import text
from workbench.jobs import figures
from workbench.jobs.run_filter import RunFacts, spent
from workbench.jobs.settings import ENVIRONMENT
from workbench.store.records import RunRecord

FIRST_SLOT: Final = 3
SLOTS: Final = 3
"""Columns kept for the metrics that matter most; unused ones are hidden."""
SLOT_KEYS: Final = tuple(f"slot:{number}" for number in range(SLOTS))
USUAL: Final = (
    "run",
    "state",
    "progress",
    *SLOT_KEYS,
    "model",
    "data",
    "parameters",
    "duration",
    "started",
    "device",
)
"""The columns that every table of runs has, at these places."""
PARAM: Final = "param"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column says of a run, and by what it sorts: None where there is nothing, which comes last."""

    key: str
    title: str
    tooltip: str
    width: int
    shown: Callable[[RunFacts], str]
    sorted: Callable[[RunFacts], Any]
    right: bool = False
    down: bool = False
    """Whether a first click wants the largest first."""


def epochs(run: RunRecord) -> str:
    """How far a run came: "epoch 12 of 30", "30 epochs"."""
    if run.state == "queued" or not (run.epoch or run.step):
        return text.NONE
    if run.state == "completed" and run.epochs:
        return text.plural(run.epoch, "epoch")
    return f"epoch {run.epoch} of {run.epochs}" if run.epochs else text.plural(run.step, "step")


def share(run: RunRecord) -> float:
    """The part of a run that is done, from 0 to 1."""
    if run.steps:
        return min(1.0, run.step / run.steps)
    return min(1.0, run.epoch / run.epochs) if run.epochs else 0.0


_line = lru_cache(256)(text.one_line)
"""For names that many runs share."""


def _device(facts: RunFacts) -> str:
    return _line(facts.run.used_device or facts.run.device, 60)


COLUMNS: Final = (
    Column("run", "Run", "Name and number", 150, lambda f: f"{text.one_line(f.run.name)} #{f.run.id}",
           lambda f: f.run.id, down=True),
    Column("state", "State", "What the run does now", 116, lambda f: f.run.state, lambda f: f.run.state),
    Column("progress", "Progress", "Epochs done of those planned", 126, lambda f: epochs(f.run),
           lambda f: share(f.run), down=True),
    *(Column(key, "", "", 96, lambda _: "", lambda _: None, right=True) for key in SLOT_KEYS),
    Column("model", "Model", "The model that was trained", 112, lambda f: _line(f.run.model),
           lambda f: f.run.model.lower()),
    Column("data", "Data", "The dataset", 112, lambda f: _line(f.title or f.run.dataset) or text.NONE,
           lambda f: f.run.dataset.lower()),
    Column("parameters", "Parameters", "Numbers that were learned", 108,
           lambda f: text.count(f.run.parameters) if f.run.parameters else text.NONE,
           lambda f: f.run.parameters, right=True, down=True),
    Column("duration", "Duration", "Time in training", 100, lambda f: text.duration(spent(f.run)),
           lambda f: spent(f.run), right=True, down=True),
    Column("started", "Started", "When the training began", 96, lambda f: text.ago(f.run.started),
           lambda f: f.run.started or f.run.created, down=True),
    Column("device", "Device", "Where it trained", 72, _device, _device),
    Column("star", "★", "Runs with a star; a click gives one (S)", 34, lambda f: "★" if f.marks.star else "☆",
           lambda f: f.marks.star, down=True),
    Column("tags", "Tags", "Tags of the run; T changes them", 140, lambda f: ", ".join(f.marks.tags),
           lambda f: tuple(tag.casefold() for tag in f.marks.tags) or None),
    Column("notes", "Notes", "The first line of its notes", 200,
           lambda f: text.one_line(f.marks.notes.strip().partition("\n")[0].lstrip("# "), 120),
           lambda f: f.marks.notes.strip().lower() or None),
    Column("seed", "Seed", "Seed of its random numbers", 64, lambda f: str(f.run.seed), lambda f: f.run.seed,
           right=True),
    Column("created", "Queued", "When it was queued", 96, lambda f: text.ago(f.run.created), lambda f: f.run.created,
           down=True),
    Column("ended", "Ended", "When its training ended", 96, lambda f: text.ago(f.run.ended),
           lambda f: f.run.ended or None, down=True),
    Column("step", "Steps", "Steps done", 80, lambda f: text.whole(f.run.step), lambda f: f.run.step,
           right=True, down=True),
    Column("cause", "Cause", "Why it failed or stopped", 200, lambda f: text.one_line(f.run.cause, 120),
           lambda f: f.run.cause.lower() or None),
)  # fmt: skip
PLACES: Final = {column.key: place for place, column in enumerate(COLUMNS)}
METRICS: Final[Mapping[str, str]] = {"best": "Best", "last": "Last", "min": "Smallest", "max": "Largest"}
"""Which value of a metric a column shows, and how that is said."""


def metric_column(name: str, which: str, *, rising: bool) -> Column:
    """A column of a metric: its best, last, smallest or largest value."""
    where = (
        "" if "/" in name else " on the validation examples (test or training examples where there are none)"
    )

    def shown(facts: RunFacts) -> str:
        if not figures.has(facts.summaries, name):
            return text.NONE
        return text.number(figures.value(facts.summaries, name, which))

    return Column(
        f"{which}:{name}",
        text.one_line(name, 60) if which == "best" else f"{which} {text.one_line(name, 60)}",
        f"{METRICS[which]} {text.one_line(name)}{where}",
        96,
        shown,
        lambda facts: figures.values((facts.summaries,), name, which)[0],
        right=True,
        down=rising,
    )


def param_column(name: str) -> Column:
    """A column of a setting; numbers come before texts."""

    def sorted(facts: RunFacts) -> Any:
        value = facts.params.get(name)
        if isinstance(value, float | int) or value is None:
            return None if value != value else value
        return text.value(value).lower()

    def shown(facts: RunFacts) -> str:
        return text.value(facts.params[name]) if name in facts.params else text.NONE

    system = name.startswith(ENVIRONMENT)
    title = text.one_line(name.removeprefix(ENVIRONMENT).rsplit("training.", 1)[-1], 60)
    what = "System at queueing:" if system else "Setting"
    return Column(f"{PARAM}:{name}", title, f"{what} {text.one_line(name)}", 110, shown, sorted)


def column_of(key: str, rising: Callable[[str], bool]) -> Column | None:
    """The column of a key; None for one that no version of this knows. `rising` tells which way a metric goes."""
    if key in PLACES:
        return COLUMNS[PLACES[key]]
    kind, colon, name = key.partition(":")
    if not colon or not name:
        return None
    if kind == PARAM:
        return param_column(name)
    if kind in METRICS:
        return metric_column(name, kind, rising=rising(name))
    return None
