"""The open database: connections, transactions and errors. What the tables hold is the other modules' matter.

May import SQLAlchemy and the store's own modules.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from workbench.core.errors import ReadOnlyError, StoreError
from workbench.store import looking, opening, sqlite

_DURABLE = ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE")  # on the disk when the call returns
_QUICK = ("PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE")  # survives the process, not always a power cut
_READ = ("BEGIN",)


class Database:
    """One workspace: `experiments.db` and the folder `experiments.files` beside it. Threads may share it."""

    def __init__(
        self, path: Path | str, *, busy_seconds: float = sqlite.BUSY_SECONDS, read_only: bool = False
    ) -> None:
        """Opens, creates or migrates. Raises StoreError with the reason; the file is then as it was.

        `read_only` opens what is there as it is, and refuses to write.
        """
        self.path = Path(path).resolve()  # one name for it, also where links lead to it
        self.files = files_of(self.path)
        self._busy_seconds = busy_seconds
        self._writing = (
            threading.Lock()
        )  # queues this process's writers, which SQLite would let sleep and retry
        self._probing = threading.Lock()
        self._closed = False
        self._read_only = read_only
        connect = looking.connect if read_only else sqlite.connect
        if read_only:
            looking.check(self.path, busy_seconds)
        else:
            opening.prepare(self.path, self.files, busy_seconds)
            if self.path.suffix != ".db":
                self.files.mkdir(exist_ok=True)  # by which it is told the next time
        self._probe: Any = connect(self.path, busy_seconds)
        engine = create_engine(
            "sqlite://",
            module=sqlite.dbapi(),
            creator=lambda: connect(self.path, busy_seconds),
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=-1,
        )
        event.listen(engine, "begin", _begin)
        self._engine = engine
        self._reader = engine.execution_options(begin=_READ)
        self._durable = engine.execution_options(begin=_DURABLE)
        self._quick = engine.execution_options(begin=_QUICK)

    @property
    def read_only(self) -> bool:
        """Whether it was opened to look at it only."""
        return self._read_only

    def close(self) -> None:
        """Ends all connections; calling it twice is fine."""
        with self._writing, self._probing:
            if not self._closed:
                self._closed = True
                self._engine.dispose()
                self._probe.close()

    def data_version(self) -> int:
        """Another number than last time when anybody, this store included, has changed the database since."""
        with self._probing, self._explained():
            return int(self._probe.execute("PRAGMA data_version").fetchone()[0])

    def check(self) -> list[str]:
        """What SQLite's own check finds wrong with the file; empty where nothing. Reads the whole file."""
        try:
            with self._read() as connection:
                lines = connection.exec_driver_sql("PRAGMA quick_check").scalars().all()
        except StoreError as error:  # damage that ends the check itself
            return [str(error)]
        return [str(line) for line in lines if line != "ok"]

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the database."""
        with self._explained(), self._transaction(self._reader) as connection:
            yield connection

    @contextmanager
    def _write(self, *, durable: bool = True) -> Iterator[Connection]:
        """All or nothing. Never nest two."""
        if self._read_only:
            raise ReadOnlyError(
                f"The workspace {self.path} was opened to look at it only; nothing was changed."
            )
        engine = self._durable if durable else self._quick
        with self._writing, self._explained(), self._transaction(engine) as connection:
            yield connection

    def _insert(self, connection: Connection, statement: Insert) -> int:
        """Adds a row and returns its id."""
        key = connection.execute(statement).inserted_primary_key
        assert key is not None  # SQLAlchemy has none only for inserts of many rows
        return int(key[0])

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        if self._closed:
            raise StoreError(f"The workspace {self.path} was closed. Open it again.")
        with engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns the database's errors into one sentence each."""
        try:
            yield
        except DBAPIError as error:
            raise sqlite.explain(error.orig or error, self.path) from error
        except sqlite.dbapi().Error as error:
            raise sqlite.explain(error, self.path) from error


def files_of(path: Path) -> Path:
    """The folder of a workspace: NAME.files of NAME.db, and NAME.v1.files of NAME.v1, so that no two share one.

    One that was made when NAME.v1 had NAME.files, too, keeps that.
    """
    short, whole = path.with_suffix(".files"), path.with_name(f"{path.name}.files")
    if path.suffix == ".db" or (path.exists() and short.is_dir() and not whole.is_dir()):
        return short
    return whole


def _begin(connection: Connection) -> None:
    for statement in connection.get_execution_options()["begin"]:
        connection.exec_driver_sql(statement)
