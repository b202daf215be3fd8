"""The first tables."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE datasets (
    id TEXT NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    reader TEXT DEFAULT '' NOT NULL,
    options TEXT DEFAULT '' NOT NULL,
    schema TEXT DEFAULT '' NOT NULL,
    splits TEXT DEFAULT '' NOT NULL,
    fingerprint TEXT DEFAULT '' NOT NULL,
    created REAL DEFAULT 0 NOT NULL,
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE models (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT DEFAULT '' NOT NULL,
    document TEXT DEFAULT '' NOT NULL,
    revision INTEGER DEFAULT 0 NOT NULL,
    created REAL DEFAULT 0 NOT NULL,
    updated REAL DEFAULT 0 NOT NULL,
    deleted REAL DEFAULT 0 NOT NULL
) STRICT;

CREATE TABLE runs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT DEFAULT '' NOT NULL,
    model TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    cause TEXT DEFAULT '' NOT NULL,
    device TEXT DEFAULT '' NOT NULL,
    used_device TEXT DEFAULT '' NOT NULL,
    seed INTEGER DEFAULT 0 NOT NULL,
    created REAL DEFAULT 0 NOT NULL,
    started REAL DEFAULT 0 NOT NULL,
    ended REAL DEFAULT 0 NOT NULL,
    epoch INTEGER DEFAULT 0 NOT NULL,
    epochs INTEGER DEFAULT 0 NOT NULL,
    step INTEGER DEFAULT 0 NOT NULL,
    steps INTEGER DEFAULT 0 NOT NULL,
    parameters INTEGER DEFAULT 0 NOT NULL,
    dataset TEXT DEFAULT '' NOT NULL,
    request TEXT DEFAULT '' NOT NULL,
    pid INTEGER DEFAULT 0 NOT NULL,
    process_started REAL DEFAULT 0 NOT NULL,
    heartbeat REAL DEFAULT 0 NOT NULL,
    message TEXT DEFAULT '' NOT NULL,
    resumed_from INTEGER DEFAULT 0 NOT NULL,
    model_id INTEGER DEFAULT 0 NOT NULL,
    deleted REAL DEFAULT 0 NOT NULL
) STRICT;

CREATE INDEX runs_by_state ON runs (state);

CREATE TABLE settings (
    "key" TEXT NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY ("key")
) STRICT;

CREATE TABLE checkpoints (
    id INTEGER NOT NULL,
    run INTEGER NOT NULL,
    step INTEGER DEFAULT 0 NOT NULL,
    epoch INTEGER DEFAULT 0 NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    path TEXT DEFAULT '' NOT NULL,
    sha256 TEXT DEFAULT '' NOT NULL,
    bytes INTEGER DEFAULT 0 NOT NULL,
    value REAL,
    value_kind INTEGER NOT NULL CHECK (value_kind BETWEEN 0 AND 3),
    PRIMARY KEY (id),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX checkpoints_by_run ON checkpoints (run);

CREATE TABLE log_lines (
    id INTEGER NOT NULL,
    run INTEGER NOT NULL,
    time REAL DEFAULT 0 NOT NULL,
    level TEXT DEFAULT '' NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX log_lines_by_run ON log_lines (run);

CREATE TABLE media (
    id INTEGER NOT NULL,
    run INTEGER NOT NULL,
    probe TEXT DEFAULT '' NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    step INTEGER DEFAULT 0 NOT NULL,
    epoch INTEGER DEFAULT 0 NOT NULL,
    data BLOB NOT NULL,
    caption TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX media_by_run ON media (run);

CREATE TABLE metrics (
    id INTEGER NOT NULL,
    run INTEGER NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    count INTEGER DEFAULT 0 NOT NULL,
    last REAL,
    last_kind INTEGER NOT NULL CHECK (last_kind BETWEEN 0 AND 3),
    last_step INTEGER DEFAULT 0 NOT NULL,
    min REAL,
    min_kind INTEGER NOT NULL CHECK (min_kind BETWEEN 0 AND 3),
    min_step INTEGER DEFAULT 0 NOT NULL,
    max REAL,
    max_kind INTEGER NOT NULL CHECK (max_kind BETWEEN 0 AND 3),
    max_step INTEGER DEFAULT 0 NOT NULL,
    last_number INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run, name),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE run_params (
    run INTEGER NOT NULL,
    params TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (run),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE snapshots (
    run INTEGER NOT NULL,
    document TEXT DEFAULT '' NOT NULL,
    program TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (run),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE points (
    metric INTEGER NOT NULL,
    number INTEGER NOT NULL,
    step INTEGER DEFAULT 0 NOT NULL,
    epoch INTEGER DEFAULT 0 NOT NULL,
    value REAL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
    time REAL DEFAULT 0 NOT NULL,
    PRIMARY KEY (metric, number),
    FOREIGN KEY(metric) REFERENCES metrics (id) ON DELETE CASCADE
) WITHOUT ROWID, STRICT;

"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
