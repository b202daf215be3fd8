"""Outlines: of every long curve some points, evenly spread, kept beside its metric as it grows.

A plot of a thousand long curves reads a thousand rows in place of all their points. Plain SQL, as for the points.
"""

import math
from array import array
from collections.abc import Sequence
from typing import Any, Final

from workbench.store.records import Curve, Point

LONG: Final = 1_000
"""Curves of no more points have no outline."""
MOST: Final = 64
"""An outline has at most so many points, and at least about half as many."""

_READ = "SELECT points FROM outlines WHERE metric = ?"
_WRITE = "INSERT OR REPLACE INTO outlines (metric, points) VALUES (?, ?)"
# SQLite knows no NaN, which is NULL then, but infinities.
_ALL = """
SELECT step, epoch, CASE kind WHEN 2 THEN 9e999 WHEN 3 THEN -9e999 ELSE value END, time
FROM points WHERE metric = ? ORDER BY number"""


def every(count: int) -> int:
    """Of how many points one belongs to the outline of a curve that has `count` of them: a power of two."""
    return 1 << ((count - 1) // MOST).bit_length()


def follow(cursor: Any, metric: int, before: int, fresh: Sequence[Point]) -> None:
    """Brings the outline of a metric that had `before` points up to date, after `fresh` ones were inserted."""
    count = before + len(fresh)
    step = every(count)
    shown = fresh[-before % step :: step]
    if count <= LONG or (before > LONG and step == every(before) and not shown):
        return
    row = cursor.execute(_READ, (metric,)).fetchone()
    if row is None:
        outline = unpack(b"")
        rows = cursor.execute(_ALL, (metric,)).fetchall()[::step]
        shown = [
            Point("", at, epoch, math.nan if value is None else value, time)
            for at, epoch, value, time in rows
        ]
    else:
        outline = unpack(row[0], step // every(before))
    for point in shown:
        extend(outline, point)
    cursor.execute(_WRITE, (metric, pack(outline)))


def extend(outline: Curve, point: Point) -> None:
    """Puts one more point at the end."""
    outline.steps.append(int(point.step))
    outline.epochs.append(int(point.epoch))
    outline.values.append(float(point.value))
    outline.times.append(float(point.time))


def pack(outline: Curve) -> bytes:
    """The columns of an outline, one after the other: what the database keeps.

    Steps and epochs are 64-bit integers, values and times (in seconds) 64-bit floats, all of them little-endian, as on
    every machine that torch runs on.
    """
    return b"".join(
        column.tobytes() for column in (outline.steps, outline.epochs, outline.values, outline.times)
    )


def unpack(kept: bytes, by: int = 1) -> Curve:
    """Each `by`-th point of what `pack` gave, the first one among them; none of b""."""
    part = len(kept) // 4
    steps, epochs, values, times = (kept[place * part : (place + 1) * part] for place in range(4))
    return Curve(
        array("q", steps)[::by],
        array("q", epochs)[::by],
        array("d", values)[::by],
        array("d", times)[::by],
        0,
    )
