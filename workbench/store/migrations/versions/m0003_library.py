"""Blocks that were kept for all models of the workspace."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE library (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT DEFAULT '' NOT NULL,
    document TEXT DEFAULT '' NOT NULL,
    inputs TEXT DEFAULT '' NOT NULL,
    outputs TEXT DEFAULT '' NOT NULL,
    parameters INTEGER DEFAULT 0 NOT NULL,
    created REAL DEFAULT 0 NOT NULL,
    deleted REAL DEFAULT 0 NOT NULL
) STRICT;
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
