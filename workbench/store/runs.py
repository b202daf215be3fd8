"""Runs in the database: adding, their state, and what window, runner and trainer tell one another."""

import json
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import Connection, case, delete, func, insert, literal_column, select, update

from workbench.core.errors import StoreError
from workbench.store import tables
from workbench.store.database import Database
from workbench.store.records import ALIVE, ELSEWHERE, FINAL, LIVE, ORIGIN, Request, RunRecord, State

_THERE = "EXISTS (SELECT 1 FROM snapshots WHERE snapshots.run = runs.id AND document <> '')"
_DRAWN = f"(device <> '{ELSEWHERE}' OR {_THERE})"
_KEPT = [tables.runs.c[field.name] for field in fields(RunRecord) if field.name != "drawn"]
_RUN = [*_KEPT, literal_column(_DRAWN).label("drawn")]
_ALL = f"SELECT {', '.join(column.name for column in _KEPT)}, {_DRAWN} FROM runs WHERE deleted = 0 ORDER BY id DESC"
_NOT_FINAL = tables.runs.c.state.not_in(sorted(FINAL))


class SeenRuns:
    """All runs, newest first, as they were when the store looked last; what has not changed is the same record."""

    def __init__(self) -> None:
        self.runs: dict[int, RunRecord] = {}
        self.rows: dict[int, tuple[Any, ...]] = {}


class Runs(Database):
    """The part of the store that knows runs. Each method is one short transaction; may raise StoreError."""

    def add_run(
        self,
        name: str,
        model: str,
        document_text: str,
        program_text: str,
        *,
        device: str,
        seed: int,
        epochs: int,
        parameters: int,
        dataset: str,
        params: Mapping[str, Any],
        resumed_from: int = 0,
        model_id: int = 0,
    ) -> RunRecord:
        """Queues a run of one exact snapshot. `params` are its flat settings, kept for comparison."""
        values = {"name": name, "model": model, "state": "queued", "device": device, "seed": seed}
        values |= {"epochs": epochs, "parameters": parameters, "dataset": dataset, "created": time.time()}
        with self._write() as connection:
            statement = insert(tables.runs).values(**values, resumed_from=resumed_from, model_id=model_id)
            run = self._insert(connection, statement)
            connection.execute(
                insert(tables.snapshots).values(run=run, document=document_text, program=program_text)
            )
            connection.execute(insert(tables.run_params).values(run=run, params=json.dumps(dict(params))))
            return self._run(connection, run)

    def run(self, run: int) -> RunRecord:
        with self._read() as connection:
            return self._run(connection, run)

    def runs(self, *, deleted: bool = False) -> list[RunRecord]:
        """All runs, newest first; `deleted` gives those in the trash instead."""
        in_trash = tables.runs.c.deleted > 0
        statement = select(*_RUN).where(in_trash if deleted else ~in_trash).order_by(tables.runs.c.id.desc())
        with self._read() as connection:
            return [RunRecord(*row) for row in connection.execute(statement)]

    def look(self, seen: SeenRuns) -> set[int]:
        """Brings it up to date; gives the runs that are new, changed, or gone into the trash."""
        with self._read() as connection:
            rows = connection.connection.cursor().execute(_ALL).fetchall()
        before, runs = seen.rows, seen.runs
        seen.rows = {row[0]: row for row in rows}
        changed = {id for id, row in seen.rows.items() if before.get(id) != row}
        seen.runs = {id: RunRecord(*row) if id in changed else runs[id] for id, row in seen.rows.items()}
        return changed | (before.keys() - seen.rows.keys())

    def unfinished(self) -> list[RunRecord]:
        """Runs that are queued or should have a process, oldest first."""
        states = ["queued", *sorted(ALIVE)]
        statement = select(*_RUN).where(tables.runs.c.state.in_(states)).order_by(tables.runs.c.id)
        with self._read() as connection:
            return [RunRecord(*row) for row in connection.execute(statement)]

    def document_text(self, run: int) -> str:
        """The model file's text as it was when the run was queued. Raises StoreError for a run from elsewhere that
        has none.
        """
        if found := self._snapshot(run, "document"):
            return found
        origin = self.params(run).get(ORIGIN, "another program")
        raise StoreError(
            f"Run {run} came from {origin} without a drawing; there is none to open or to compare."
        )

    def program_text(self, run: int) -> str:
        """The program that the run trains with; "" for a run from elsewhere that has none."""
        return self._snapshot(run, "program")

    def params(self, run: int) -> dict[str, Any]:
        """Flat settings, such as {"training.epochs": 3, "conv1.out_channels": 64}."""
        found = self.params_of([run])
        if run not in found:
            raise self._no_run(run)
        return found[run]

    def params_of(self, runs: Iterable[int]) -> dict[int, dict[str, Any]]:
        """The flat settings of many runs; a run that does not exist is left out, damaged ones say so themselves."""
        chosen = select(func.json_each(json.dumps(list(runs))).table_valued("value").c.value)
        statement = select(tables.run_params).where(tables.run_params.c.run.in_(chosen))
        with self._read() as connection:
            return {row.run: _params(row.params) for row in connection.execute(statement)}

    def claim(self, run: int, device: str) -> bool:
        """Takes a queued run for a device and makes it "starting"; False where it is no longer queued."""
        statement = (
            update(tables.runs)
            .where(tables.runs.c.id == run, tables.runs.c.state == "queued", tables.runs.c.deleted == 0)
            .values(state="starting", used_device=device, heartbeat=time.time())
        )
        with self._write() as connection:
            return connection.execute(statement).rowcount == 1

    def set_state(self, run: int, state: State, cause: str = "") -> bool:
        """Moves a run on. A final state stays what it is: then nothing happens and the answer is False."""
        if state not in get_args(State):
            raise StoreError(f"“{state}” is not a state of a run.")
        now = time.time()
        values: dict[str, Any] = {"state": state, "cause": cause, "heartbeat": now}
        if state == "running":
            values["started"] = case((tables.runs.c.started == 0, now), else_=tables.runs.c.started)
        if state in FINAL:
            values |= {"ended": now, "request": ""}
        return self._change(run, values, where=(_NOT_FINAL,))

    def set_process(self, run: int, pid: int, process_started: float) -> None:
        """Which process trains the run; its start time tells it from a later one with the same number."""
        self._change(run, {"pid": pid, "process_started": process_started})

    def set_message(self, run: int, message: str) -> None:
        """What a person should know about the run now, such as "paused: the disk is full"; "" clears it."""
        self._change(run, {"message": message})

    def progress(self, run: int, epoch: int, step: int, steps: int) -> None:
        """Where the run stands; also a heartbeat."""
        values = {"epoch": epoch, "step": step, "steps": steps, "heartbeat": time.time()}
        self._change(run, values, durable=False)

    def heartbeat(self, run: int) -> None:
        self._change(run, {"heartbeat": time.time()}, durable=False)

    def request(self, run: int, what: Request) -> RunRecord:
        """Asks for pause, resume or stop. A queued run stops at once, a finished one is left alone."""
        if what not in get_args(Request):
            raise StoreError(f"“{what}” is not a request; ask for pause, resume or stop.")
        runs = tables.runs
        with self._write() as connection:
            record = self._run(connection, run)
            if record.state == "queued" and what == "stop":
                values: dict[str, Any] = {"state": "stopped", "cause": "stopped before it began"}
                values |= {"ended": time.time(), "request": ""}
            elif record.final:
                return record
            else:
                values = {"request": what}
            connection.execute(update(runs).where(runs.c.id == run).values(**values))
            return self._run(connection, run)

    def delete_run(self, run: int) -> None:
        """Puts a run into the trash, from which `restore_run` takes it back."""
        runs = tables.runs
        with self._write() as connection:
            if self._run(connection, run).alive:
                raise StoreError(f"Run {run} is still training. Stop it first, then delete it.")
            values = {
                "deleted": time.time(),
                "state": case((runs.c.state == "queued", "stopped"), else_=runs.c.state),
            }
            connection.execute(update(runs).where(runs.c.id == run).values(**values))

    def restore_run(self, run: int) -> None:
        self._change(run, {"deleted": 0.0})

    def purge_run(self, run: int, *, only_deleted: bool = False) -> None:
        """Deletes a run, all that it recorded and its files for good; perhaps only where it is in the trash."""
        with self._write() as connection:
            if only_deleted and not self._is_deleted(connection, run):
                raise StoreError(f"Run {run} is not in the trash; it was left alone.")
            if self._run(connection, run).alive:
                raise StoreError(f"Run {run} is still training. Stop it first, then delete it.")
            connection.execute(delete(tables.runs).where(tables.runs.c.id == run))
            connection.execute(delete(tables.settings).where(tables.settings.c.key == f"{LIVE}{run}"))
        folder = self.files / "runs" / str(run)
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise StoreError(
                f"Run {run} is deleted, but its folder {folder} stays: {error.strerror}."
            ) from error

    def run_folder(self, run: int) -> Path:
        """Where the run keeps its files; made when first asked for."""
        folder = self.files / "runs" / str(run)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be made: {error.strerror or error}.") from error
        return folder

    def _run(self, connection: Connection, run: int) -> RunRecord:
        row = connection.execute(select(*_RUN).where(tables.runs.c.id == run)).one_or_none()
        if row is None:
            raise self._no_run(run)
        return RunRecord(*row)

    def _is_deleted(self, connection: Connection, run: int) -> bool:
        self._run(connection, run)
        return bool(
            connection.execute(select(tables.runs.c.deleted).where(tables.runs.c.id == run)).scalar_one()
        )

    def _no_run(self, run: int) -> StoreError:
        return StoreError(f"There is no run {run} in the workspace {self.path}.")

    def _change(
        self, run: int, values: Mapping[str, Any], *, where: tuple[Any, ...] = (), durable: bool = True
    ) -> bool:
        """Whether the row changed: no such run is an error, a condition that fails is not."""
        with self._write(durable=durable) as connection:
            statement = update(tables.runs).where(tables.runs.c.id == run, *where).values(**values)
            if connection.execute(statement).rowcount == 1:
                return True
            self._run(connection, run)
            return False

    def _snapshot(self, run: int, column: str) -> str:
        statement = select(tables.snapshots.c[column]).where(tables.snapshots.c.run == run)
        with self._read() as connection:
            text = connection.execute(statement).scalar_one_or_none()
        if text is None:
            raise self._no_run(run)
        return str(text)


def _params(kept: str) -> dict[str, Any]:
    """Settings as they are kept; what is damaged hides neither the rest of its run nor the other runs."""
    try:
        found = json.loads(kept)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"settings": "damaged; they cannot be read"}
