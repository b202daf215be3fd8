"""Makes a file a workspace of this version: creates, migrates (backup first) or refuses, changing nothing.

Alembic is imported only where there is something to migrate: an up-to-date workspace opens in milliseconds.
"""

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import StaticPool, create_engine

from workbench.core.errors import StoreError
from workbench.store import sqlite, tables

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"

_EFFECTIVE = os.access in os.supports_effective_ids  # the user that SQLite will write as


def prepare(path: Path, files: Path, busy_seconds: float, scripts: Path = MIGRATIONS) -> None:
    """Leaves a workspace at `path` that this version can use. Raises StoreError."""
    _reachable(path)
    try:
        with closing(sqlite.connect(path, busy_seconds)) as connection:
            found = revision(connection, path)
            if found not in ("", tables.REVISION):
                refuse_newer(found, path, scripts)
            _set_journal(connection, path, busy_seconds)
            if found == "":
                _create(connection, path)
            elif found != tables.REVISION:
                _migrate(connection, path, files / "backups", busy_seconds, scripts)
    except sqlite.dbapi().Error as error:
        raise sqlite.explain(error, path) from error


def _reachable(path: Path) -> None:
    """What SQLite itself would only call "unable to open database file"."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {path.parent} cannot be made: {error.strerror or error}.") from error
    if path.is_dir():
        raise StoreError(f"{path} is a folder. Name a file in it, such as {path / 'experiments.db'}.")
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK, effective_ids=_EFFECTIVE):
            raise StoreError(
                f"The workspace {path} cannot be written: {place} is read-only. "
                "Change its permissions, or choose another workspace."
            )


def revision(connection: Any, path: Path) -> str:
    """The schema's revision, "" for a new file. Raises StoreError for a file that is no workspace."""
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        return ""
    if connection.execute("PRAGMA application_id").fetchone()[0] != tables.APPLICATION_ID:
        raise StoreError(
            f"{path} is an SQLite database of another program, not a workspace. Nothing was changed; "
            "choose another file."
        )
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(rows) != 1:
        raise StoreError(f"The workspace {path} is damaged: it does not say which version made it.")
    return str(rows[0][0])


def refuse_newer(found: str, path: Path, scripts: Path) -> None:
    """Raises StoreError for a revision that this version does not know."""
    from alembic.script import ScriptDirectory

    if found not in {script.revision for script in ScriptDirectory(str(scripts)).walk_revisions()}:
        raise StoreError(
            f"The workspace {path} was made by a newer Workbench (its format is {found}, this one "
            f"knows up to {tables.REVISION}). Update Workbench to open it; nothing was changed."
        )


def _set_journal(connection: Any, path: Path, busy_seconds: float) -> None:
    """WAL with a safe library, a rollback journal otherwise."""
    wanted = "wal" if sqlite.library().wal else "delete"
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == wanted:
        return
    deadline = time.monotonic() + busy_seconds
    while True:  # SQLite's own waiting does not cover this change
        try:
            mode = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
        except sqlite.dbapi().OperationalError as error:
            if "locked" not in str(error):
                raise
            mode = "locked"
        if mode == wanted:
            return
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    if wanted == "delete":  # staying in WAL beside a safe writer is just what this library must not do
        raise StoreError(
            f"The workspace {path} is in use by a program with a newer SQLite, and {sqlite.library().why} "
            "Close the other program and try again."
        )


def _create(connection: Any, path: Path) -> None:
    """All tables at once; the migrations lead to the same schema, and a test holds them to it."""
    with exclusively(connection) as bound:
        if revision(connection, path) == "":  # another process may have been first
            tables.metadata.create_all(bound, checkfirst=False)
            bound.exec_driver_sql(_VERSION_TABLE)
            bound.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (tables.REVISION,))
            bound.exec_driver_sql(f"PRAGMA application_id = {tables.APPLICATION_ID}")


def _migrate(connection: Any, path: Path, backups: Path, busy_seconds: float, scripts: Path) -> None:
    """One transaction: a process killed in the middle leaves the old version."""
    from alembic import command
    from alembic.config import Config

    connection.execute(
        "PRAGMA foreign_keys = OFF"
    )  # a table rebuilt by a migration must not empty its children
    with exclusively(connection) as bound:
        found = revision(connection, path)
        if found == tables.REVISION:  # another process was first
            return
        _back_up(path, backups / f"{path.stem}-{found}-{time.strftime('%Y%m%d-%H%M%S')}.db", busy_seconds)
        config = Config(attributes={"connection": bound})
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        command.upgrade(config, "head")
        broken = bound.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise StoreError(
                f"The workspace {path} could not be updated: {len(broken)} rows would lose what they belong "
                "to. Nothing was changed."
            )


def _back_up(path: Path, backup: Path, busy_seconds: float) -> None:
    """A copy through SQLite's backup interface; a plain copy of a live database loses rows."""
    unfinished = backup.with_suffix(".unfinished")
    try:
        backup.parent.mkdir(parents=True, exist_ok=True)
        with (
            closing(sqlite.connect(path, busy_seconds)) as source,
            closing(sqlite.connect(unfinished, busy_seconds)) as target,
        ):
            source.backup(target)
        os.replace(unfinished, backup)
    except OSError as error:
        raise StoreError(
            f"The workspace {path} was not updated, since no backup could be made at {backup}: "
            f"{error.strerror or error}."
        ) from error


@contextmanager
def exclusively(connection: Any) -> Iterator[Any]:
    """The connection as SQLAlchemy's, inside one immediate transaction."""
    engine = create_engine(
        "sqlite://", module=sqlite.dbapi(), creator=lambda: connection, poolclass=StaticPool
    )
    with engine.connect() as bound:
        connection.execute("BEGIN IMMEDIATE")
        with bound.begin():
            yield bound
