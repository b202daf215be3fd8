"""Some points of every long curve, kept beside its metric: very many curves can be drawn without reading them."""

import json
import math
from array import array
from typing import Any

from alembic import op

revision = "0007"
down_revision = "0006"

LONG, MOST = 1_000, 64
TABLE = """
CREATE TABLE outlines (
    metric INTEGER NOT NULL,
    points BLOB NOT NULL CHECK (length(points) > 0 AND length(points) % 32 = 0),
    PRIMARY KEY(metric),
    FOREIGN KEY(metric) REFERENCES metrics (id) ON DELETE CASCADE
) STRICT
"""
# Looks a point up for each share of the way through the curve: what lies between is not read.
SHARES = json.dumps([place / MOST for place in range(MOST)])
SOME = """
SELECT DISTINCT points.number, points.step, points.epoch,
    CASE points.kind WHEN 2 THEN 9e999 WHEN 3 THEN -9e999 ELSE points.value END, points.time
FROM metrics CROSS JOIN json_each(?) AS share CROSS JOIN points
ON points.metric = metrics.id AND points.number = (
    SELECT later.number FROM points AS later WHERE later.metric = metrics.id
    AND later.number >= CAST(share.value * metrics.last_number AS INTEGER) ORDER BY later.number LIMIT 1)
WHERE metrics.id = ? ORDER BY points.number
"""


def fill(connection: Any) -> None:
    """Steps, epochs, values and times of some points of each long curve, one column after the other."""
    long = connection.exec_driver_sql("SELECT id FROM metrics WHERE count > ? ORDER BY id", (LONG,))
    for metric in long.scalars().all():
        rows = connection.exec_driver_sql(SOME, (SHARES, metric)).all()
        if rows:
            _, steps, epochs, values, times = zip(*rows, strict=True)
            told = array("d", (math.nan if value is None else value for value in values))
            points = b"".join(map(bytes, (array("q", steps), array("q", epochs), told, array("d", times))))
            connection.exec_driver_sql("INSERT INTO outlines VALUES (?, ?)", (metric, points))


def upgrade() -> None:
    op.execute(TABLE)
    fill(op.get_bind())
