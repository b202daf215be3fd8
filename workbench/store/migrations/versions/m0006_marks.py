"""What people say of runs: stars, tags, notes, and which ones are put away."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE run_marks (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    star INTEGER DEFAULT 0 NOT NULL,
    archived REAL DEFAULT 0 NOT NULL,
    notes TEXT DEFAULT '' NOT NULL,
    UNIQUE (run),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE run_tags (
    run INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag),
    FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
) WITHOUT ROWID, STRICT;
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
