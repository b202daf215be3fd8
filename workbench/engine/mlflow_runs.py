"""Runs from a folder of MLflow (its file store): settings, metrics, tags, times. Imports the store, not torch.

Its files are plain texts, and of its YAML a flat table of names and values is all that it writes.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from workbench.core import text
from workbench.core.files import LARGEST_BYTES
from workbench.engine.foreign import Reading, meant, regular
from workbench.engine.metric_files import OWN
from workbench.store.arrivals import Arrival
from workbench.store.records import State

ORIGIN: Final = "MLflow"
META: Final = "meta.yaml"
_LARGEST_TEXT: Final = 1 << 20
_STATES: Final[dict[str, State]] = {
    "1": "running", "2": "queued", "3": "completed", "4": "failed", "5": "stopped",
    "RUNNING": "running", "SCHEDULED": "queued", "FINISHED": "completed", "FAILED": "failed", "KILLED": "stopped",
}  # fmt: skip


def read(folder: Path, about: Mapping[str, str]) -> Arrival:
    """The run of one folder, whose meta.yaml says `about`. Raises ValueError or OSError."""
    reading = Reading()
    for name, value in _texts(folder / "params"):
        reading.set(name, meant(value))
    tags = dict(_texts(folder / "tags"))
    for name, value in tags.items():
        if name.startswith(OWN):
            reading.set(name, value)
    if note := tags.get("mlflow.note.content"):
        reading.set(f"{OWN}notes", note)
    for file, name in _files(folder / "metrics"):
        _metric(reading, file, name)
    artifacts = folder / "artifacts"
    drawing = [_text(artifacts / name, LARGEST_BYTES + 1) for name in ("model.json", "program.py")]
    reading.draw(*drawing)
    name = tags.get("mlflow.runName") or about.get("run_name") or folder.name
    mark = hashlib.sha256(f"mlflow {_id(about)}".encode("utf-8", "replace")).hexdigest()
    remarks = [f"Taken in from a folder of {ORIGIN}: {text.plural(reading.count, 'value')}."]
    left = [each for each in tags if not each.startswith((OWN, "mlflow."))]
    if left:
        shown = "; ".join(f"{each} = {text.one_line(tags[each], 200)}" for each in sorted(left)[:50])
        remarks.append(f"Its tags: {shown}.")
    times = (_time(about.get("start_time", "")), _time(about.get("end_time", "")))
    return reading.arrival(mark, ORIGIN, name, _STATES.get(about.get("status", "")), times, remarks)


def about(folder: Path) -> dict[str, str]:
    """What a folder's meta.yaml says; {} where it has none that is one of MLflow's."""
    file = folder / META
    return flat(_text(file, _LARGEST_TEXT)) if regular(file) else {}


def is_run(about: Mapping[str, str]) -> bool:
    """Whether a meta.yaml is that of a run."""
    return bool(_id(about)) and "experiment_id" in about and "status" in about


def _id(about: Mapping[str, str]) -> str:
    return about.get("run_id") or about.get("run_uuid", "")


def flat(yaml: str) -> dict[str, str]:
    """The names and values of a flat table in YAML; nulls are left out, nested things are their first line."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in yaml.splitlines():
        if line[:1] in (" ", "\t") and name:
            found[name].append(line.strip())  # a long text goes on
            continue
        name, colon, value = line.partition(":")
        if not colon or line[:1] in ("#", "-"):
            name = ""
            continue
        name = _scalar(name.strip())
        found[name] = [value.strip()]
    values = ((name, " ".join(lines)) for name, lines in found.items())
    return {name: _scalar(value) for name, value in values if value not in ("", "null", "~")}


def _scalar(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value, strict=False))
        except ValueError:
            return value[1:-1]
    return value


def _metric(reading: Reading, file: Path, name: str) -> None:
    """One line for each value: time in milliseconds, value, step; what MLflow writes behind them is left."""
    with file.open(encoding="utf-8", errors="replace") as opened:
        number = 0
        while line := opened.readline(_LARGEST_TEXT):
            number += 1
            parts = line.split()
            if not parts:
                continue
            try:
                time, value = float(parts[0]) / 1000, float(parts[1])
                step = int(parts[2]) if len(parts) > 2 else 0
                if not -(2**63) <= step < 2**63 or math.isnan(time):
                    raise ValueError
            except (ValueError, IndexError):
                shown = text.one_line(line, 60)
                raise ValueError(
                    f"{file} line {number:,} is no value of a metric (time, value, step): “{shown}”."
                ) from None
            try:
                reading.add(name, step, value, time)
            except ValueError as error:
                raise ValueError(f"{file.parent} {error}.") from error


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for file, name in _files(folder):
        yield name, _text(file, _LARGEST_TEXT)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files below a folder and their names with those of the folders between; links are not followed."""
    if folder.is_symlink():
        return
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(place) / name
            if regular(file):
                yield file, file.relative_to(folder).as_posix()


def _text(file: Path, largest: int) -> str:
    """A file's text; "" where it is none, and its beginning where it is very long."""
    if not regular(file):
        return ""
    with file.open("rb") as opened:
        return opened.read(largest).decode("utf-8", "replace")


def _time(given: str) -> float:
    """Milliseconds since 1970 as seconds; 0.0 where there are none."""
    found: Any = meant(given)
    return found / 1000 if isinstance(found, int | float) and not isinstance(found, bool) else 0.0
