"""The store is the only door to a database: nobody opens, copies or hashes its file, nobody brings another SQLite."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import workbench

PACKAGE = Path(workbench.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
STORE = PACKAGE / "store"
_READERS = {
    "open",
    "read_bytes",
    "read_text",
    "write_bytes",
    "write_text",
    "copy",
    "copy2",
    "copyfile",
    "copyfileobj",
}


@cache
def _parts(source: str) -> tuple[ast.AST, ...]:
    """All calls and imports, found once for both scans."""
    return tuple(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call | ast.Import | ast.ImportFrom)
    )


def raw_access(source: str) -> list[str]:
    """Calls that would open, read, write or copy a file that is named like a database."""
    if ".db" not in source and not ("store" in source and ".path" in source):
        return []
    found = []
    for call in (node for node in _parts(source) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in _READERS and re.search(r"\.db\b|\bstore\.path\b", ast.unparse(call)):
            found.append(ast.unparse(call))
    return found


def imports(source: str) -> set[str]:
    """Full names of what is imported, wherever it stands, in a text that names a library for databases."""
    if not re.search("QtSql|sqlite|sqlalchemy", source):
        return set()
    return {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for node in _parts(source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def test_no_file_touches_a_database_but_through_the_store() -> None:
    assert len(SOURCES) > 20
    offences = {file: raw_access(file.read_text(encoding="utf-8")) for file in SOURCES}
    assert not {file: found for file, found in offences.items() if found}


def test_nobody_brings_another_sqlite() -> None:
    for file in SOURCES:
        names = imports(file.read_text(encoding="utf-8"))
        assert not [name for name in names if name.startswith("PySide6.QtSql")], file
        if STORE not in file.parents:
            assert not {name.split(".")[0] for name in names} & {"sqlite3", "pysqlite3", "sqlalchemy"}, file


def test_in_the_store_only_one_file_chooses_the_library() -> None:
    direct = re.compile(r"^\s*(import|from) (sqlite3|pysqlite3)", re.MULTILINE)
    assert [file.name for file in SOURCES if direct.search(file.read_text(encoding="utf-8"))] == []
    naming = [file for file in SOURCES if '"pysqlite3.dbapi2"' in file.read_text(encoding="utf-8")]
    assert naming == [STORE / "sqlite.py"]


@pytest.mark.parametrize(
    "line",
    ["open(folder / 'experiments.db', 'rb')", "store.path.read_bytes()", "shutil.copy2(store.path, there)"],
)
def test_the_scan_sees_what_it_looks_for(line: str) -> None:
    assert raw_access(line) == [line]
    assert imports("from PySide6.QtSql import QSqlDatabase") == {"PySide6.QtSql.QSqlDatabase"}
