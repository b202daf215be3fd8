"""Versions of models."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE versions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    model INTEGER NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    document TEXT DEFAULT '' NOT NULL,
    nodes INTEGER DEFAULT 0 NOT NULL,
    parameters INTEGER DEFAULT 0 NOT NULL,
    created REAL DEFAULT 0 NOT NULL,
    deleted REAL DEFAULT 0 NOT NULL,
    FOREIGN KEY(model) REFERENCES models (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX versions_by_model ON versions (model);
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
