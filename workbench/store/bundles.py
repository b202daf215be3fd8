"""A whole workspace as one file to carry: a copy of its database, and taking such a copy into another workspace.

Rows are read and written with what the tables are here; the other database is never attached and runs nothing.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table

from workbench.catalog.schema import Schema
from workbench.catalog.starts import ELSEWHERE, RUN, run_of
from workbench.core.errors import FieldError, StoreError, WorkbenchError
from workbench.core.files import dumps, loads
from workbench.store import opening, sqlite, tables
from workbench.store.database import Database
from workbench.store.records import ARRIVED, FINAL, STATES

Cursor = Any
Row = dict[str, Any]
CUT_OFF: Final = "It had not ended when the workspace was packed."
_LATEST: Final = 1e11
"""Unix time of the year 5138: what is later is no time."""
_PATH: Final = re.compile(r"runs/(\d{1,15})/([A-Za-z0-9][A-Za-z0-9._-]{0,200}\.safetensors)")


@dataclass(slots=True)
class Merged:
    """What came in. `runs` gives for each number there the number here."""

    runs: dict[int, int] = field(default_factory=dict)
    models: int = 0
    datasets: int = 0
    here: dict[int, int] = field(default_factory=dict)
    """Runs that are here already and so did not come again: their numbers there and here."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Datasets whose name is another one's here, with the name that they have now."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a copy holds, to be shown before it comes."""

    runs: tuple[tuple[int, str, str, str], ...]
    """Number, name, model and state of each."""
    models: tuple[str, ...]
    datasets: tuple[str, ...]


def snapshot(store: Database, target: Path) -> None:
    """A copy of the database at one moment, also while runs write; of its settings only what runs from elsewhere
    became, no others of this machine.
    """
    try:
        with closing(sqlite.connect(store.path)) as source, closing(sqlite.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("DELETE FROM settings WHERE key NOT GLOB ?", (f"{ARRIVED}*",))
    except sqlite.dbapi().Error as error:
        raise sqlite.explain(error, store.path) from error


def forget(database: Path, checkpoints: list[int]) -> None:
    """Takes checkpoints out of a copy, and the room that nothing uses."""
    with closing(sqlite.connect(database)) as copy:
        copy.executemany("DELETE FROM checkpoints WHERE id = ?", [(id,) for id in checkpoints])
        copy.execute("VACUUM")


def only(database: Path, runs: Collection[int]) -> None:
    """Leaves of a copy these runs, what they recorded, and the models and datasets that they name."""
    with _reading(database) as source:
        rows = [row for row in _rows(source, tables.runs) if row["id"] in runs]
    named = {name for row in rows for name in str(row["dataset"]).split(", ")}
    with closing(sqlite.connect(database)) as copy:
        copy.execute("PRAGMA foreign_keys = ON")
        for table, column, kept in (
            ("runs", "id", sorted(runs)),
            ("models", "id", sorted({row["model_id"] for row in rows})),
            ("datasets", "id", sorted(named)),
        ):
            wanted = json.dumps(kept)
            copy.execute(
                f"DELETE FROM {table} WHERE {column} NOT IN (SELECT value FROM json_each(?))", (wanted,)
            )
        copy.execute("DELETE FROM library")


def drop(database: Path, runs: Collection[int]) -> None:
    """Takes runs with what they recorded out of a copy."""
    with closing(sqlite.connect(database)) as copy:
        copy.execute("PRAGMA foreign_keys = ON")
        copy.executemany("DELETE FROM runs WHERE id = ?", [(id,) for id in runs])


def held(database: Path) -> Held:
    """What a copy holds. Raises StoreError."""
    with _reading(database) as source:
        runs = tuple(
            (int(row["id"]), str(row["name"]), str(row["model"]), str(row["state"]))
            for row in _rows(source, tables.runs)
            if not row["deleted"]
        )
        models = tuple(str(row["name"]) for row in _rows(source, tables.models) if not row["deleted"])
        return Held(runs, models, tuple(str(row["title"]) for row in _rows(source, tables.datasets)))


def already(store: Database, database: Path) -> dict[int, int]:
    """Of the runs of a copy those that are here, also in the trash, exactly as they are there: their numbers there
    and here.
    """
    with _reading(database) as source:
        theirs = {_same(row): int(row["id"]) for row in _rows(source, tables.runs)}
    with store._read() as connection:
        rows = sorted(_rows(connection.connection.cursor(), tables.runs), key=lambda row: not row["deleted"])
        mine = {_same(row): int(row["id"]) for row in rows}  # those out of the trash last, which count more
    return {id: mine[key] for key, id in theirs.items() if key in mine}


def _same(row: Row) -> tuple[Any, ...]:
    """What tells a run from all others: when it was queued, to the microsecond, and how far it came."""
    state = row["state"] if row["state"] in FINAL else "stopped"  # as which it came
    return (state, *(row[name] for name in ("created", "started", "name", "seed", "epoch", "step")))


def prepare(database: Path) -> None:
    """Makes a copy that came from anywhere one of this version. Raises StoreError for what is no plain workspace."""
    try:
        with closing(sqlite.connect(database)) as connection:
            rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            odd = [name for kind, name, sql in rows if kind not in ("table", "index") or _virtual(sql)]
            if odd:
                raise StoreError(
                    f"The bundle's database holds “{odd[0]}”, which no workspace has. It is refused."
                )
            found = connection.execute("PRAGMA quick_check").fetchall()
            if found != [("ok",)]:
                raise StoreError(f"The bundle's database is damaged: {str(found[0][0])[:200]}.")
        opening.prepare(database, database.with_suffix(".files"), sqlite.BUSY_SECONDS)
        with closing(sqlite.connect(database)) as connection:
            for table in tables.metadata.sorted_tables:
                there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
                if lacking := [column.name for column in table.columns if column.name not in there]:
                    raise StoreError(
                        f"The bundle's database is not what a workspace holds: {table.name} has no {lacking[0]}."
                    )
    except sqlite.dbapi().Error as error:
        raise sqlite.explain(error, database) from error


def checkpoints(database: Path) -> list[Row]:
    """The checkpoints of a copy. Raises StoreError for a path that leads elsewhere."""
    with _reading(database) as source:
        found = list(_rows(source, tables.checkpoints))
        for row in found:
            match = _PATH.fullmatch(str(row["path"]))
            if match is None or int(match.group(1)) != row["run"]:
                raise StoreError(
                    f"The bundle keeps weights at “{str(row['path'])[:80]}”, out of place. It is refused."
                )
    return found


def reserve(store: Database, database: Path) -> dict[int, int]:
    """For each run of a copy a number that no run here has or will have."""
    with _reading(database) as source:
        numbers = sorted(int(row["id"]) for row in _rows(source, tables.runs))
    with store._write() as connection:
        cursor = connection.connection.cursor()
        first = _sequence(cursor, "runs") + 1
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'runs'")
        cursor.execute("INSERT INTO sqlite_sequence VALUES ('runs', ?)", (first + len(numbers) - 1,))
    return {number: first + place for place, number in enumerate(numbers)}


def merge(
    store: Database, database: Path, runs: Mapping[int, int], here: Mapping[int, int] | None = None
) -> Merged:
    """Takes in all that a copy holds, under the numbers given. All of it or nothing. Raises StoreError.

    `here` are runs that the copy held and that are in the workspace already.
    """
    merged = Merged(dict(runs), here=dict(here or {}))
    with _reading(database) as source, store._write() as connection:
        _Merge(source, connection.connection.cursor(), merged).go()
    return merged


@contextmanager
def _reading(database: Path) -> Iterator[Cursor]:
    """A cursor over a copy; what is no workspace's content becomes one sentence."""
    wrong = (ValueError, TypeError, KeyError, OverflowError, RecursionError, sqlite.dbapi().Error)
    with closing(sqlite.connect(database)) as connection:
        connection.execute("PRAGMA query_only = ON")
        try:
            yield connection.cursor()
        except wrong as error:
            raise StoreError(f"The bundle's database is not what a workspace holds: {error}.") from error


class _Merge:
    """One merge, from a cursor over the copy to one over the workspace."""

    def __init__(self, source: Cursor, target: Cursor, merged: Merged) -> None:
        self.source, self.target, self.merged = source, target, merged
        self.models: dict[int, int] = {}

    def go(self) -> None:
        self._datasets()
        self._models()
        self._add(tables.runs, self._run)
        for table in (tables.snapshots, tables.run_params):
            self._add(table, self._of_run)
        metrics = self._metrics()
        for table in (tables.points, tables.outlines):
            self._add_of_metrics(table, metrics)
        for table in (tables.media, tables.log_lines, tables.run_marks, tables.run_tags):
            self._add(table, self._of_run)
        self._add(tables.checkpoints, self._checkpoint)
        self._arrived()

    def _add(self, table: Table, changed: Callable[[Row], Row | None]) -> None:
        for row in _rows(self.source, table):
            if (new := changed(row)) is not None:
                self._insert(table, new)

    def _add_of_metrics(self, table: Table, metrics: Mapping[int, int]) -> None:
        """The rows of a table that belong to metrics, under the keys that these have here."""
        columns = [column.name for column in table.columns]
        statement, place = _insert(table, columns), columns.index("metric")
        for old, new in metrics.items():
            found = f"SELECT {', '.join(columns)} FROM {table.name} WHERE metric = ?"
            rows = self.source.execute(found, (old,))
            self.target.executemany(statement, ((*row[:place], new, *row[place + 1 :]) for row in rows))

    def _insert(self, table: Table, row: Row) -> int:
        self.target.execute(_insert(table, list(row)), tuple(row.values()))
        return int(self.target.lastrowid)

    def _datasets(self) -> None:
        here = {row["id"]: row for row in _rows(self.target, tables.datasets)}
        for row in _rows(self.source, tables.datasets):
            for name in ("options", "splits", "details"):
                _object(row[name])
            Schema.from_json(_object(row["schema"]))
            id, number = row["id"], 1
            same = ("fingerprint", "reader", "options")
            while id in here and any(here[id][name] != row[name] for name in same):
                number += 1
                id = f"{row['id']}-{number}"
            if id != row["id"]:
                self.merged.renamed[row["id"]] = id
            if id not in here:
                schema = {**json.loads(row["schema"]), "id": id}
                self._insert(tables.datasets, {**row, "id": id, "schema": json.dumps(schema)})
                self.merged.datasets += 1

    def _models(self) -> None:
        """Models and their versions, and kept blocks; what is here already is not doubled."""
        for row in _rows(self.source, tables.models):
            text = self._document(row["document"])
            same = self.target.execute(
                "SELECT id FROM models WHERE name = ? AND document = ? AND deleted = ?",
                (row["name"], text, row["deleted"]),
            ).fetchone()
            if same is not None:
                self.models[row["id"]] = same[0]
                continue
            new = {name: value for name, value in row.items() if name != "id"} | {"document": text}
            self.models[row["id"]] = self._insert(tables.models, new)
            self.merged.models += 1
        for row in _rows(self.source, tables.versions):
            new = {**row, "model": self.models[row["model"]], "document": self._document(row["document"])}
            del new["id"]
            self._once(tables.versions, new, ("model", "name", "created", "document"))
        for row in _rows(self.source, tables.library):
            del row["id"]
            _object(row["document"])
            if row["deleted"] == 0:
                self._once(tables.library, row, ("name", "deleted"))

    def _once(self, table: Table, row: Row, same: tuple[str, ...]) -> None:
        where = " AND ".join(f"{name} = ?" for name in same)
        found = self.target.execute(f"SELECT 1 FROM {table.name} WHERE {where}", [row[name] for name in same])
        if found.fetchone() is None:
            self._insert(table, row)

    def _run(self, row: Row) -> Row:
        if row["state"] not in STATES:
            raise ValueError(f"run {row['id']} has the state “{row['state']}”")
        for name in ("created", "started", "ended", "heartbeat", "deleted"):
            if not 0 <= row[name] < _LATEST:
                raise ValueError(f"run {row['id']} has a time that cannot be")
        new = {**row, "id": self.merged.runs[row["id"]], "pid": 0, "process_started": 0.0, "request": ""}
        if row["state"] not in FINAL:
            new |= {
                "state": "stopped",
                "cause": CUT_OFF,
                "message": "",
                "ended": row["heartbeat"] or row["created"],
            }
        new["resumed_from"] = self._here(row["resumed_from"])
        new["model_id"] = self.models.get(row["model_id"], 0)
        names = [self.merged.renamed.get(name, name) for name in str(row["dataset"]).split(", ")]
        return new | {"dataset": ", ".join(names)}

    def _of_run(self, row: Row) -> Row:
        new = {name: value for name, value in row.items() if name != "id"}
        new["run"] = self.merged.runs[row["run"]]
        if "document" in new:
            new["document"] = self._document(new["document"])
        if "params" in new:
            params = _object(new["params"])
            new["params"] = json.dumps({name: self._param(name, value) for name, value in params.items()})
        return new

    def _param(self, name: str, value: Any) -> Any:
        if name == "training.weights":
            return self._start(value)
        return self.merged.renamed.get(value, value) if name.endswith(".dataset") else value

    def _metrics(self) -> dict[int, int]:
        return {
            old: self._insert(tables.metrics, self._of_run(row))
            for old, row in ((row["id"], row) for row in list(_rows(self.source, tables.metrics)))
        }

    def _arrived(self) -> None:
        """What runs from other programs became, so that these do not come again from there."""
        for row in _rows(self.source, tables.settings):
            if row["key"].startswith(ARRIVED) and (run := self._here(json.loads(row["value"]))):
                self.target.execute("DELETE FROM settings WHERE key = ?", (row["key"],))
                self._insert(tables.settings, {"key": row["key"], "value": json.dumps(run)})

    def _here(self, run: int) -> int:
        """The number here of a run there, 0 where it is not here."""
        return self.merged.runs.get(run, self.merged.here.get(run, 0))

    def _checkpoint(self, row: Row) -> Row:
        new = self._of_run(row)
        return new | {"path": f"runs/{new['run']}/{str(row['path']).rpartition('/')[2]}"}

    def _document(self, text: str) -> str:
        """A drawing that names the datasets and runs as they are called here; "" of a run from elsewhere."""
        if text == "":
            return ""
        renamed = self.merged.renamed
        if not isinstance(_object(text).get("name"), str):
            raise ValueError("a drawing has no name")
        named = (f'"{RUN}', *(json.dumps(name, ensure_ascii=False) for name in renamed))
        if not any(name in text for name in named):
            return text
        try:
            loads(text)
        except WorkbenchError:  # of a newer version: it is kept as it is, and says so when it is opened
            return text

        def inside(value: Any) -> Any:
            if isinstance(value, list):
                return [inside(each) for each in value]
            if not isinstance(value, dict):
                return value
            new = {name: inside(each) for name, each in value.items()}
            if new.get("type") == "Dataset" and isinstance(params := new.get("params"), dict):
                chosen = params.get("dataset")
                new["params"] = {**params, "dataset": renamed.get(chosen, chosen)} if chosen else params
            return new

        document = loads(json.dumps(inside(json.loads(text))))
        settings = dict(document.training.settings)
        if "weights" in settings:
            settings["weights"] = self._start(settings["weights"])
        return dumps(replace(document, training=replace(document.training, settings=settings)))

    def _start(self, value: Any) -> Any:
        """Weights to start from: those of a run under the number that it has here, or as of one that did not come."""
        try:
            run = run_of(str(value))
        except FieldError:  # it says so when it is used
            return value
        if run <= 0:
            return value
        return f"{RUN}{here}" if (here := self._here(run)) else f"{RUN}{run}{ELSEWHERE}"


def _rows(cursor: Cursor, table: Table) -> Iterator[Row]:
    """The rows of a table by the order of its key; its cursor may be used meanwhile."""
    columns = [column.name for column in table.columns]
    order = ", ".join(column.name for column in table.primary_key.columns)
    inner = cursor.connection.cursor()
    for row in inner.execute(f"SELECT {', '.join(columns)} FROM {table.name} ORDER BY {order}"):
        yield dict(zip(columns, row, strict=True))


def _insert(table: Table, columns: list[str]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _sequence(cursor: Cursor, table: str) -> int:
    """The highest number that a row of the table ever had."""
    kept = cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    largest = cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
    return max(int(kept[0]) if kept else 0, int(largest[0]))


def _object(text: str) -> dict[str, Any]:
    """What JSON holds. Raises ValueError where it is no object."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a text is not the JSON that it should be")
    return found


def _virtual(sql: object) -> bool:
    return str(sql or "").lstrip().upper().startswith("CREATE VIRTUAL")
