"""Opens a workspace to look at it only: nothing is created, migrated or written, not even by mistake.

May import the store's own modules that know SQLite.
"""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

from workbench.core.errors import StoreError
from workbench.store import opening, sqlite, tables

_EFFECTIVE = os.access in os.supports_effective_ids


def check(path: Path, busy_seconds: float) -> None:
    """Raises StoreError where there is no workspace of this version at `path`; changes nothing."""
    if not path.is_file():
        raise StoreError(f"There is no workspace {path}; name an experiments.db or the folder that it is in.")
    try:
        with closing(connect(path, busy_seconds)) as connection:
            found = opening.revision(connection, path)
            if found not in ("", tables.REVISION):
                opening.refuse_newer(found, path, opening.MIGRATIONS)
    except sqlite.dbapi().Error as error:
        raise sqlite.explain(error, path) from error
    if found != tables.REVISION:
        was = "is empty" if found == "" else f"is of an older format ({found})"
        raise StoreError(f"The workspace {path} {was}; open it once with Workbench, then look at it again.")


def connect(path: Path, busy_seconds: float) -> Any:
    """A connection that refuses to write; also to a file, or in a folder, that cannot be written."""
    writable = all(os.access(place, os.W_OK, effective_ids=_EFFECTIVE) for place in (path.parent, path))
    connection = sqlite.connect(path, busy_seconds, frozen=not writable and _settled(path))
    try:
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _settled(path: Path) -> bool:
    """Whether all that was written is in the file itself, so that it can be read without the files beside it."""
    log = path.with_name(f"{path.name}-wal")
    return not log.exists() or log.stat().st_size == 0
