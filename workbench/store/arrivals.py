"""Runs that other programs recorded: each comes into the workspace as a whole or not at all.

Imports the store's own modules.
"""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy import insert, select, update

from workbench.store import tables
from workbench.store.records import ARRIVED, ELSEWHERE, ORIGIN, MediaKind, Point, State
from workbench.store.store import Store

_CHUNK: Final = 20_000


@dataclass(slots=True)
class Series:
    """One metric as flat arrays, in the order in which it was recorded; times are unix seconds."""

    steps: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    times: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A picture, text or sound that a run recorded under some name."""

    probe: str
    kind: MediaKind
    step: int
    data: bytes


@dataclass(slots=True)
class Arrival:
    """A run as another program tells it. `mark` is the same whenever the same run is read again."""

    mark: str
    origin: str
    """The program, by its name."""
    name: str
    state: State = "completed"
    cause: str = ""
    model: str = ""
    dataset: str = ""
    seed: int = 0
    started: float = 0.0
    ended: float = 0.0
    params: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    notes: str = ""
    series: dict[str, Series] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """For metrics by their names what is kept in place of the node type that recorded them."""
    media: list[Recorded] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """Sentences for the run's log, such as what was left out."""
    document: str = ""
    program: str = ""

    @property
    def count(self) -> int:
        """How many values it recorded."""
        return sum(len(each.values) for each in self.series.values())


def known(store: Store) -> dict[str, int]:
    """For each mark of a run that came in and is still here its number; one in the trash may come again."""
    there = {run.id for run in store.runs()}
    found = {key.removeprefix(ARRIVED): value for key, value in store.settings(ARRIVED).items()}
    return {mark: run for mark, run in found.items() if run in there}


def take_in(store: Store, run: Arrival) -> int:
    """Adds a run with all that it recorded, and gives its number. Raises StoreError, and then nothing came in."""
    steps = [each.steps[-1] for each in run.series.values() if each.steps]
    steps += [each.step for each in run.media]
    values: dict[str, Any] = {"name": run.name, "model": run.model, "state": run.state, "cause": run.cause}
    values |= {"device": ELSEWHERE, "seed": run.seed, "dataset": run.dataset, "step": max(steps, default=0)}
    values |= {"created": run.started, "started": run.started, "ended": run.ended, "heartbeat": run.ended}
    with store._write(durable=False) as connection:  # what a power cut takes can be read again
        number = store._insert(connection, insert(tables.runs).values(**values))
        snapshot = {"document": run.document, "program": run.program}
        connection.execute(insert(tables.snapshots).values(run=number, **snapshot))
        params = json.dumps({**run.params, ORIGIN: run.origin}, allow_nan=False)
        connection.execute(insert(tables.run_params).values(run=number, params=params))
        for points in _points(run.series):
            store._log_points(connection, number, points)
        for metric, type in run.types.items():
            kind = tables.metrics.c
            connection.execute(
                update(tables.metrics).where(kind.run == number, kind.name == metric).values(type=type)
            )
        if run.media:
            rows = ({**asdict(each), "run": number, "epoch": 0, "caption": ""} for each in run.media)
            connection.execute(insert(tables.media), list(rows))
        if run.notes or run.tags:
            connection.execute(insert(tables.run_marks).values(run=number, notes=run.notes))
        if run.tags:
            there = connection.execute(select(tables.run_tags.c.tag).distinct()).scalars()
            tags = {tag.casefold(): tag for tag in there}
            for tag in dict.fromkeys(tags.get(tag.casefold(), tag) for tag in run.tags):
                connection.execute(insert(tables.run_tags).values(run=number, tag=tag))
        if run.remarks:
            line = {"run": number, "time": run.ended, "level": "info"}
            connection.execute(insert(tables.log_lines), [{**line, "text": words} for words in run.remarks])
        key = f"{ARRIVED}{run.mark}"
        connection.execute(tables.settings.delete().where(tables.settings.c.key == key))
        connection.execute(insert(tables.settings).values(key=key, value=json.dumps(number)))
    return number


def _points(series: Mapping[str, Series]) -> Iterator[Sequence[Point]]:
    """All values as points, not too many at once."""
    for metric, each in series.items():
        rows = zip(each.steps, each.values, each.times, strict=True)
        while part := [Point(metric, step, 0, value, time) for step, value, time in islice(rows, _CHUNK)]:
            yield part
