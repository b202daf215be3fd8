"""Adds files as a dataset. They are read in a process of its own: neither window nor command line decodes them."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError
from workbench.jobs import processes
from workbench.store.records import DatasetRecord
from workbench.store.store import Store


@dataclass(frozen=True, slots=True)
class Added:
    """A dataset that was added, and what was noticed while reading it."""

    record: DatasetRecord
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """What the command line tells of it."""
        record = self.record
        return {
            "id": record.id,
            "reader": record.reader,
            "items": record.schema["items"],
            "splits": record.splits,
            "outputs": record.schema["outputs"],
            "facts": record.schema["facts"],
            "problems": list(self.problems),
        }


def add_dataset(
    store: Store, path: Path, reader: str = "", options: Mapping[str, str] | None = None
) -> Added:
    """Reads what is at `path` and keeps its description. Takes as long as reading does.

    Raises DataError as the reader says it. The same source keeps its id; another one of that name gets a number.
    """
    command = processes.python("workbench.engine.data", str(path.absolute()))
    command += [f"--reader={reader}"] if reader else []
    for name, value in (options or {}).items():
        command += ["--option", f"{name}={value}"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        text = done.stderr.strip().split("\n")[-1]
        raise DataError(text or f"Reading {path} ended without a word (exit code {done.returncode}).")
    data = json.loads(done.stdout)
    values = {field.name: data[field.name] for field in fields(DatasetRecord)}
    known = {record.id: record.source for record in store.datasets()}
    id, number = values["id"], 1
    while known.get(id, values["source"]) != values["source"]:
        number += 1
        id = f"{values['id']}-{number}"
    record = DatasetRecord(**{**values, "id": id, "schema": {**values["schema"], "id": id}})
    store.add_dataset(record)
    return Added(record, tuple(data["problems"]))
