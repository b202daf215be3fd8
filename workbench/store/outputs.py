"""What a run leaves besides its points: media from probes, log lines, checkpoints."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from workbench.core.errors import StoreError
from workbench.store import tables
from workbench.store.points import Points, decode, encode
from workbench.store.records import Checkpoint, CheckpointKind, LogLine, Media, MediaKind


class Outputs(Points):
    """The part of the store that knows media, logs and checkpoints. Every method is one short transaction."""

    def add_media(
        self, run: int, probe: str, kind: MediaKind, step: int, epoch: int, data: bytes, caption: str = ""
    ) -> None:
        """Keeps what a probe recorded."""
        self._add(
            tables.media, run, probe=probe, kind=kind, step=step, epoch=epoch, data=data, caption=caption
        )

    def media(self, run: int, after: int = 0) -> list[Media]:
        """What was recorded after the one whose id is `after`, oldest first."""
        found = tables.media
        statement = select(found).where(found.c.run == run, found.c.id > after).order_by(found.c.id)
        with self._read() as connection:
            return [Media(**row) for row in connection.execute(statement).mappings()]

    def log(self, run: int, level: str, text: str, moment: float = 0.0) -> None:
        """Adds a line to the run's log, said now or at a moment; level is "info", "warning" or "error"."""
        self._add(tables.log_lines, run, time=moment or time.time(), level=level, text=text)

    def log_lines(self, run: int, after: int = 0) -> list[LogLine]:
        """The lines after the one whose id is `after`, oldest first."""
        found = tables.log_lines
        statement = select(found).where(found.c.run == run, found.c.id > after).order_by(found.c.id)
        with self._read() as connection:
            return [LogLine(**row) for row in connection.execute(statement).mappings()]

    def add_checkpoint(
        self,
        run: int,
        step: int,
        epoch: int,
        kind: CheckpointKind,
        path: str,
        sha256: str,
        bytes: int,
        value: float = math.nan,
    ) -> Checkpoint:
        """Makes a checkpoint known, once its file is safe on the disk at `path` in the files folder."""
        self.file(path)  # refuses one that leads elsewhere
        kept, value_kind = encode(float(value))
        values = {"step": step, "epoch": epoch, "kind": kind, "path": path, "sha256": sha256, "bytes": bytes}
        number = self._add(tables.checkpoints, run, durable=True, value=kept, value_kind=value_kind, **values)
        return Checkpoint(number, run, step, epoch, kind, path, sha256, bytes, value)

    def checkpoints(self, run: int) -> list[Checkpoint]:
        """Newest first."""
        found = tables.checkpoints
        statement = select(found).where(found.c.run == run).order_by(found.c.id.desc())
        with self._read() as connection:
            return [_checkpoint(row) for row in connection.execute(statement).mappings()]

    def remove_checkpoint(self, checkpoint: int) -> None:
        """Forgets a checkpoint; do this before its file is deleted."""
        with self._write() as connection:
            connection.execute(delete(tables.checkpoints).where(tables.checkpoints.c.id == checkpoint))

    def file(self, relative: str) -> Path:
        """The place of a path that the database names; one that leads out of the files folder is refused."""
        place = (self.files / relative).resolve()
        if not place.is_relative_to(self.files.resolve()):
            raise StoreError(f"“{relative}” leads out of the folder {self.files}; it is refused.")
        return place

    def _add(self, table: Any, run: int, *, durable: bool = False, **values: Any) -> int:
        with self._write(durable=durable) as connection:
            self._run(connection, run)
            return self._insert(connection, insert(table).values(run=run, **values))


def _checkpoint(row: Mapping[Any, Any]) -> Checkpoint:
    values = dict(row)
    value = decode(values.pop("value"), values.pop("value_kind"))
    return Checkpoint(**values, value=value)
