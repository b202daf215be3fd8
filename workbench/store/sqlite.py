"""Which SQLite this process uses (exactly one), how a connection is opened, and its errors in plain words.

Standard library and pysqlite3 only. Versions below 3.51.3 (but for 3.50.7 and 3.44.6) can lose committed rows
when several processes write a WAL; such a library is used with a rollback journal instead.
"""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.core.errors import StoreError, StoreLockedError

Connection = Any  # sqlite3.Connection or its twin from pysqlite3, which has no types

BUSY_SECONDS = 15.0
_MODULES = ("pysqlite3.dbapi2", "sqlite3")


@dataclass(frozen=True, slots=True)
class SqliteLibrary:
    """The SQLite in use, for `workbench doctor`."""

    name: str
    version: str
    wal: bool
    why: str


def safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def library() -> SqliteLibrary:
    """The SQLite that this process uses, and why."""
    return _chosen()[1]


def dbapi() -> ModuleType:
    """Its Python module."""
    return _chosen()[0]


@cache
def _chosen() -> tuple[ModuleType, SqliteLibrary]:
    return choose(_MODULES)


def choose(
    names: Iterable[str], find: Callable[[str], ModuleType] = importlib.import_module
) -> tuple[ModuleType, SqliteLibrary]:
    """The first safe library of those that import; else the first that imports, without WAL."""
    found: list[ModuleType] = []
    for name in names:
        try:
            found.append(find(name))
        except ImportError:
            continue
        if safe(found[-1].sqlite_version_info):
            break
    module = next((each for each in found if safe(each.sqlite_version_info)), found[0])
    name, version = module.__name__.split(".")[0], module.sqlite_version
    if safe(module.sqlite_version_info):
        return module, SqliteLibrary(name, version, True, f"SQLite {version} is safe with several writers.")
    why = (
        f"SQLite {version} can lose rows when several processes write a WAL, so a rollback journal is used: "
        "safe, but slower. Install pysqlite3, or a Python with SQLite 3.51.3 or newer."
    )
    return module, SqliteLibrary(name, version, False, why)


def connect(path: Path, busy_seconds: float = BUSY_SECONDS, *, frozen: bool = False) -> Connection:
    """Leaves transactions to its caller, and distrusts functions that the file's schema names.

    `frozen` reads a file that nobody can change now, as on a disk that is read-only.
    """
    place = f"{path.as_uri()}?immutable=1" if frozen else str(path)
    connection = dbapi().connect(
        place, timeout=busy_seconds, isolation_level=None, check_same_thread=False, uri=frozen
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    except BaseException:
        connection.close()
        raise
    return connection


_REASONS = {
    "SQLITE_NOTADB": "is not an SQLite database. Choose another file, or move this one away.",
    "SQLITE_CORRUPT": "is damaged. Move it away and restore a backup, if there is one.",
    "SQLITE_READONLY": "cannot be written. Check the permissions of it and its folder.",
    "SQLITE_CANTOPEN": "cannot be opened. Check that its folder exists and may be written.",
    "SQLITE_PERM": "cannot be opened: permission denied. Check the permissions of the file and its folder.",
    "SQLITE_FULL": "cannot grow: the disk is full. Free some space and try again; nothing was half-written.",
    "SQLITE_BUSY": "is locked by another program. Close what else has it open and try again.",
    "SQLITE_LOCKED": "is locked by another program. Close what else has it open and try again.",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error. Nothing was half-written.",
}


def explain(error: BaseException, path: Path) -> StoreError:
    """One clear sentence for an error of the database."""
    code = getattr(error, "sqlite_errorname", None) or ""
    if code == "SQLITE_IOERR_WRITE" and "full" in str(error):
        code = "SQLITE_FULL"
    reason = next((text for prefix, text in _REASONS.items() if code.startswith(prefix)), "")
    if not reason:
        reason = f"refused a request ({error})."
    locked = code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return (StoreLockedError if locked else StoreError)(f"The workspace {path} {reason}")
