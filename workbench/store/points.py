"""Metric points and their summaries, written together. Reads are cursors: what came since, never all again.

Plain SQL through the driver here: this is the path that sees millions of rows.
"""

import json
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from workbench.store import outlines
from workbench.store.records import Curve, Point, Summary
from workbench.store.runs import Runs
from workbench.store.summaries import Kinds, Same, glances

_NOT_FINITE: Final = (math.nan, math.inf, -math.inf)

_INSERT = "INSERT INTO points (metric, number, step, epoch, value, kind, time) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SUMMARY_COLUMNS = (
    "count, last, last_kind, last_step, min, min_kind, min_step, max, max_kind, max_step, last_number"
)
_SUMMARIES = f"SELECT id, run, name, type, {_SUMMARY_COLUMNS} FROM metrics"
# SQLite knows no NaN, which is NULL then, but infinities.
_VALUE = "CASE {0}_kind WHEN 2 THEN 9e999 WHEN 3 THEN -9e999 ELSE {0} END, {0}_step"
_GLANCES = f"""
SELECT run, name, type, {", ".join(_VALUE.format(name) for name in ("last", "min", "max"))}, count
FROM metrics WHERE run IN (SELECT value FROM json_each(?)) ORDER BY run, id"""
_SAVE_SUMMARY = f"UPDATE metrics SET ({_SUMMARY_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?"
# A figure is named after its node, whose type stands among the run's settings.
_NEW_METRIC = """
INSERT INTO metrics (run, name, type, last_kind, min_kind, max_kind) VALUES (?, ?, coalesce(
    (SELECT json_extract(params, '$."' || ? || '.type"') FROM run_params WHERE run = ?), ''), 1, 1, 1)"""
# CROSS JOIN keeps the order: the run's few metrics first, then each metric's rows from the cursor on.
_SINCE = """
SELECT points.number, metrics.name, points.step, points.epoch, points.value, points.kind, points.time
FROM metrics CROSS JOIN points ON points.metric = metrics.id
WHERE metrics.run = ? AND points.number > ? ORDER BY points.number LIMIT ?"""
_ONE_METRIC = """
SELECT points.number, points.step, points.epoch, points.value, points.kind, points.time
FROM metrics CROSS JOIN points ON points.metric = metrics.id
WHERE metrics.run = ? AND metrics.name = ? AND points.number > ? ORDER BY points.number LIMIT ?"""
# What an outline leaves out at the end of its curve is less than what lies between two of its points; the last one is
# looked up.
_OUTLINES = """
SELECT metrics.run, metrics.name, outlines.points, last.step, last.epoch, last.value, last.kind, last.time
FROM metrics CROSS JOIN outlines ON outlines.metric = metrics.id
CROSS JOIN points AS last ON last.metric = metrics.id AND last.number = metrics.last_number
WHERE metrics.run IN (SELECT value FROM json_each(?)) AND metrics.name IN (SELECT value FROM json_each(?))
AND metrics.count > ?"""


def encode(value: float) -> tuple[float | None, int]:
    """A number as the database keeps it, its class beside it: 0 finite, 1 NaN, 2 +inf, 3 -inf."""
    if math.isfinite(value):
        return value, 0
    return None, 1 if math.isnan(value) else 2 if value > 0 else 3


def decode(value: float | None, kind: int) -> float:
    """The number that `encode` was given."""
    return value if value is not None else _NOT_FINITE[kind - 1]


class Points(Runs):
    """The part of the store that knows metric points. Every method is one short transaction."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._same: dict[Kinds, Same] = {}

    def log_points(self, run: int, points: Sequence[Point]) -> None:
        """Adds points, in their order, and brings the summaries up to date. All of them or none."""
        if points:
            with self._write(durable=False) as connection:
                self._log_points(connection, run, points)

    def _log_points(self, connection: Connection, run: int, points: Sequence[Point]) -> None:
        by_metric: dict[str, list[tuple[int, Point]]] = {}
        for place, point in enumerate(points, start=1):
            by_metric.setdefault(point.metric, []).append((place, point))
        known = self._metrics(connection, run)
        if by_metric.keys() - known.keys():
            self._run(connection, run)
        cursor = connection.connection.cursor()
        logged = max((number for _, number, _ in known.values()), default=0)
        for metric, placed in by_metric.items():
            if metric in known:
                key, _, before = known[metric]
            else:
                node = metric.partition("/")[2].replace('"', "").replace("\0", "")  # it stands in a JSON path
                cursor.execute(_NEW_METRIC, (run, metric, node, run))
                key, before = int(cursor.lastrowid), None
            cursor.executemany(
                _INSERT, [(key, logged + place, *_point_row(point)) for place, point in placed]
            )
            fresh = [point for _, point in placed]
            summary = summarise(metric, before, [(int(point.step), float(point.value)) for point in fresh])
            cursor.execute(_SAVE_SUMMARY, (*_summary_row(summary), logged + placed[-1][0], key))
            outlines.follow(cursor, key, before.count if before else 0, fresh)

    def points(self, run: int, after: int = 0, limit: int = -1) -> tuple[list[Point], int]:
        """Points logged after the cursor, oldest first, and the next cursor."""
        with self._read() as connection:
            rows = _rows(connection, _SINCE, (run, after, limit))
        found = [
            Point(name, step, epoch, decode(value, kind), time)
            for _, name, step, epoch, value, kind, time in rows
        ]
        return found, rows[-1][0] if rows else after

    def points_of(self, run: int, metric: str) -> list[Point]:
        """All points of one metric, in the order in which they were logged."""
        curve = self.curve(run, metric)
        return [
            Point(metric, *row)
            for row in zip(curve.steps, curve.epochs, curve.values, curve.times, strict=True)
        ]

    def curve(self, run: int, metric: str, after: int = 0, limit: int = -1) -> Curve:
        """One metric as flat arrays, from the cursor on: for plots of very many points.

        A window reads with a `limit`: turning a million rows into arrays at once would hold up its other threads.
        """
        with self._read() as connection:
            rows = _rows(connection, _ONE_METRIC, (run, metric, after, limit))
        if not rows:
            return Curve(array("q"), array("q"), array("d"), array("d"), after)
        numbers, steps, epochs, values, kinds, times = zip(*rows, strict=True)
        if any(kinds):
            values = tuple(map(decode, values, kinds))
        return Curve(
            array("q", steps), array("q", epochs), array("d", values), array("d", times), numbers[-1]
        )

    def outlines(
        self, runs: Iterable[int], metrics: Iterable[str], least: int = 0
    ) -> dict[tuple[int, str], Curve]:
        """Some points of each of these curves that has more than `least`, by run and metric, evenly spread from the
        first to the last one. Their cursor is 0: all of them are still to be read.
        """
        with self._read() as connection:
            rows = _rows(connection, _OUTLINES, (json.dumps(list(runs)), json.dumps(list(metrics)), least))
        found = {}
        for run, metric, kept, *last in rows:
            outline = found[run, metric] = outlines.unpack(kept)
            step, epoch, value, kind, time = last
            if (outline.steps[-1], outline.times[-1]) != (step, time):
                outlines.extend(outline, Point(metric, step, epoch, decode(value, kind), time))
        return found

    def summaries(self, runs: Iterable[int]) -> dict[int, Mapping[str, Summary]]:
        """For each of the runs its metrics at a glance; an empty one where nothing was logged yet."""
        found: dict[int, Mapping[str, Summary]] = {run: {} for run in runs}
        with self._read() as connection:
            found |= glances(_rows(connection, _GLANCES, (json.dumps(list(found)),)), self._same)
        return found

    def _metrics(self, connection: Connection, run: int) -> dict[str, tuple[int, int, Summary]]:
        """For each metric of the run its key, the number of its last point, and its summary."""
        rows = _rows(connection, f"{_SUMMARIES} WHERE run = ?", (run,))
        return {metric: (key, row[-1], _summary(metric, type, row)) for key, _, metric, type, *row in rows}


def summarise(metric: str, before: Summary | None, values: Sequence[tuple[int, float]]) -> Summary:
    """The summary after more (step, value) pairs. NaN counts and can be last, but never wins min or max."""
    low_step, low = values[0] if before is None else (before.min_step, before.min)
    high_step, high = values[0] if before is None else (before.max_step, before.max)
    for step, value in values:
        if value < low or (low != low and value == value):
            low, low_step = value, step
        if value > high or (high != high and value == value):
            high, high_step = value, step
    last_step, last = values[-1]
    count = len(values) + (before.count if before else 0)
    return Summary(metric, last, last_step, low, low_step, high, high_step, count)


def _rows(connection: Connection, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """All rows straight from the driver, three times as fast as SQLAlchemy's."""
    found: list[tuple[Any, ...]] = connection.connection.cursor().execute(sql, values).fetchall()
    return found


def _summary(metric: str, type: str, row: Sequence[Any]) -> Summary:
    count, last, last_kind, last_step, low, low_kind, low_step, high, high_kind, high_step, _ = row
    if last_kind or low_kind or high_kind:
        last, low, high = decode(last, last_kind), decode(low, low_kind), decode(high, high_kind)
    return Summary(metric, last, last_step, low, low_step, high, high_step, count, type)


def _summary_row(summary: Summary) -> tuple[Any, ...]:
    last, low, high = encode(summary.last), encode(summary.min), encode(summary.max)
    steps = summary.last_step, summary.min_step, summary.max_step
    return (summary.count, *last, steps[0], *low, steps[1], *high, steps[2])


def _point_row(point: Point) -> tuple[Any, ...]:
    return (int(point.step), int(point.epoch), *encode(float(point.value)), float(point.time))
