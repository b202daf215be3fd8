"""Makes the workspaces of past formats under tests/files: `python -m tools.old_workspaces`.

Each begins as the one before it, taken one migration further, and gets rows of what that format brought. Files that
are there stay as they are, for they stand for what people have on their disks. Imports the store's own modules.
"""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import StaticPool, create_engine

from workbench.store import sqlite
from workbench.store.opening import MIGRATIONS

FOLDER: Final = Path(__file__).resolve().parent.parent / "tests" / "files"
ROWS: Final[Mapping[str, Sequence[tuple[str, tuple[Any, ...]]]]] = {
    "0002": [
        (
            "INSERT INTO versions (model, name, document, nodes, parameters, created)"
            " SELECT id, 'before the change', document, 4, 1200, 3.0 FROM models ORDER BY id LIMIT 1",
            (),
        )
    ],
    "0003": [
        (
            "INSERT INTO library (name, document, inputs, outputs, parameters, created)"
            " VALUES ('Residual', '{}', 'x', 'y, z', 640, 4.0)",
            (),
        )
    ],
    "0004": [
        ("UPDATE datasets SET details = ?", ('{"figures": {"rows": 12}}',)),
    ],
    "0005": [
        (
            "INSERT INTO metrics (run, name, count, last, last_kind, last_step, min, min_kind, min_step, max, max_kind,"
            " max_step, type) SELECT id, 'validation/quality', 1, 0.75, 0, 9, 0.75, 0, 9, 0.75, 0, 9, 'F1Score'"
            " FROM runs ORDER BY id LIMIT 1",
            (),
        )
    ],
    "0006": [
        (
            "INSERT INTO run_marks (run, star, archived, notes)"
            " SELECT id, 1, 0, '# Baseline' FROM runs ORDER BY id LIMIT 1",
            (),
        ),
        ("INSERT INTO run_tags (run, tag) SELECT id, 'paper' FROM runs ORDER BY id LIMIT 1", ()),
    ],
    "0007": [
        (
            "INSERT INTO outlines (metric, points) SELECT id, zeroblob(64) FROM metrics ORDER BY id LIMIT 1",
            (),
        ),
    ],
}
"""Statements with their values, by the format whose rows they add."""


def revisions() -> list[str]:
    """All formats, the first one first."""
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return sorted(script.revision for script in scripts)


def file_of(revision: str) -> Path:
    """Where the workspace of a format lies."""
    return FOLDER / f"workspace-{revision}.db"


def make(before: Path, path: Path, revision: str) -> None:
    """The workspace `before` as one of a later format, with rows of what that format brought."""
    shutil.copy(before, path)
    with closing(sqlite.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = delete")
        connection.execute("PRAGMA foreign_keys = OFF")
        engine = create_engine(
            "sqlite://", module=sqlite.dbapi(), creator=lambda: connection, poolclass=StaticPool
        )
        with engine.connect() as bound, bound.begin():
            config = Config(attributes={"connection": bound})
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            command.upgrade(config, revision)
            for statement, values in ROWS[revision]:
                bound.exec_driver_sql(statement, values)
        connection.execute("VACUUM")


def main() -> None:
    """Make those that are not there yet."""
    before = file_of("0001")
    for revision in revisions()[1:]:
        path = file_of(revision)
        if not path.exists():
            make(before, path, revision)
            print(f"made {path.name}")
        before = path


if __name__ == "__main__":
    main()
