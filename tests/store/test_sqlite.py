import sqlite3
from pathlib import Path
from types import ModuleType

import pytest

from workbench.store import sqlite


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 51, 3), (3, 53, 4), (4, 0, 0)])
def test_versions_without_the_wal_bug_are_safe(version: tuple[int, ...]) -> None:
    assert sqlite.safe(version)


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 0), (3, 51, 2)])
def test_versions_with_the_wal_bug_are_not(version: tuple[int, ...]) -> None:
    assert not sqlite.safe(version)


def _module(name: str, version: tuple[int, int, int]) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(sqlite_version_info=version, sqlite_version=".".join(map(str, version)))
    return module


def test_the_first_safe_library_is_chosen() -> None:
    modules = {
        "sqlite3": _module("sqlite3", (3, 40, 1)),
        "pysqlite3.dbapi2": _module("pysqlite3.dbapi2", (3, 53, 4)),
    }
    module, library = sqlite.choose(modules, modules.__getitem__)
    assert module is modules["pysqlite3.dbapi2"]
    assert (library.name, library.version, library.wal) == ("pysqlite3", "3.53.4", True)


def test_a_safe_standard_library_serves_where_pysqlite3_is_missing() -> None:
    def find(name: str) -> ModuleType:
        if name != "sqlite3":
            raise ImportError(name)
        return _module(name, (3, 51, 3))

    _, library = sqlite.choose(("pysqlite3.dbapi2", "sqlite3"), find)
    assert (library.name, library.wal) == ("sqlite3", True)


def test_an_unsafe_library_is_used_without_wal_and_says_why() -> None:
    modules = {
        "pysqlite3.dbapi2": _module("pysqlite3.dbapi2", (3, 50, 1)),
        "sqlite3": _module("sqlite3", (3, 40, 1)),
    }
    module, library = sqlite.choose(modules, modules.__getitem__)
    assert module is modules["pysqlite3.dbapi2"]
    assert not library.wal
    assert "rollback journal" in library.why and "3.51.3" in library.why


def test_this_process_has_one_library() -> None:
    assert sqlite.library().version == sqlite.dbapi().sqlite_version
    assert sqlite.dbapi() is sqlite.dbapi()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_BUSY", "locked by another program"),
        ("SQLITE_IOERR_FSYNC", "disk reports an error"),
        ("SQLITE_CORRUPT_INDEX", "damaged"),
        ("SQLITE_PERM", "permission denied"),
    ],
)
def test_errors_become_sentences_with_the_place(name: str, words: str) -> None:
    error = sqlite3.OperationalError("terse")
    error.sqlite_errorname = name
    message = str(sqlite.explain(error, Path("/there/experiments.db")))
    assert message.startswith("The workspace /there/experiments.db ") and words in message


def test_an_unknown_error_keeps_its_text() -> None:
    assert "no such table: x" in str(
        sqlite.explain(sqlite3.OperationalError("no such table: x"), Path("a.db"))
    )
