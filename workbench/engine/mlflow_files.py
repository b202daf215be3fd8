"""Runs as a folder of MLflow (its file store): settings, metrics, drawing, program. Imports the store, not torch."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Any, Final

from workbench.core import text
from workbench.engine.metric_files import OWN, drawing, facts, parts, whole_folder
from workbench.store.records import RunRecord
from workbench.store.store import Store

EXPERIMENT: Final = "1"
_STATUS: Final = {
    "completed": 3,
    "failed": 4,
    "stopped": 5,
    "queued": 2,
}  # FINISHED, FAILED, KILLED, SCHEDULED
_RUNNING: Final = 1
_LONGEST: Final = 6000
"""So many characters a value of a setting may have there."""


def write(store: Store, runs: Sequence[int], folder: Path) -> int:
    """Writes the runs as one experiment into a new folder; gives how many values. Raises JobError for one in use."""
    total = 0
    with whole_folder(folder) as temporary:
        experiment = temporary / EXPERIMENT
        experiment.mkdir()
        about = {"artifact_location": (folder / EXPERIMENT).as_uri(), "experiment_id": EXPERIMENT}
        about |= {"lifecycle_stage": "active", "name": store.path.parent.name or "Workbench"}
        _yaml(experiment / "meta.yaml", about)
        for run in runs:
            record = store.run(run)
            id = hashlib.sha256(f"{store.path} {run} {record.created}".encode()).hexdigest()[:32]
            place = experiment / id
            for name in ("artifacts", "metrics", "params", "tags"):
                (place / name).mkdir(parents=True)
            _yaml(place / "meta.yaml", _meta(record, id, (folder / EXPERIMENT / id / "artifacts").as_uri()))
            params = store.params(run).items()
            texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params}
            _write(place / "params", texts)
            _write(place / "tags", _tags(store, record))
            total += _write_curves(store, run, place / "metrics")
            if found := drawing(store, run):
                (place / "artifacts" / "model.json").write_text(found, encoding="utf-8")
                (place / "artifacts" / "program.py").write_text(store.program_text(run), encoding="utf-8")
    return total


def _write_curves(store: Store, run: int, folder: Path) -> int:
    """Every curve in a file of its name; gives how many values."""
    written = 0
    places = _places(folder, store.summaries([run])[run])
    for _, metric, curve in parts(store, [run]):
        if metric in places:  # and has not begun only now
            lines = zip(curve.times, curve.values, curve.steps, strict=True)
            rows = "".join(f"{round(time * 1000)} {value!r} {step}\n" for time, value, step in lines)
            with places[metric].open("a", encoding="utf-8", newline="") as file:
                file.write(rows)
            written += len(curve.steps)
    return written


def _meta(record: RunRecord, id: str, artifacts: str) -> dict[str, Any]:
    return {
        "artifact_uri": artifacts,
        "end_time": round(record.ended * 1000) if record.ended else None,
        "entry_point_name": "",
        "experiment_id": EXPERIMENT,
        "lifecycle_stage": "active",
        "run_id": id,
        "run_name": text.one_line(record.name),
        "run_uuid": id,
        "source_name": "",
        "source_type": 4,
        "source_version": "",
        "start_time": round((record.started or record.created) * 1000),
        "status": _STATUS.get(record.state, _RUNNING),
        "tags": [],
        "user_id": "",
    }


def _tags(store: Store, record: RunRecord) -> dict[str, str]:
    own = facts(store, record)
    tags = {"mlflow.runName": text.one_line(record.name), "mlflow.note.content": own.pop(f"{OWN}notes", "")}
    return {name: value for name, value in {**tags, **own}.items() if value}


def _places(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """For each name a file of its own: where two would be one, or one the folder of another, one is called otherwise.

    Names that can stay as they are come first.
    """
    plain = {name: _plain(name) for name in names}
    found: dict[str, Path] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for name in sorted(plain, key=lambda name: (plain[name] != name, plain[name].count("/"), name)):
        flat = plain[name].replace("/", "_")
        for place in chain((plain[name], flat), (f"{flat}-{number}" for number in count(2))):
            key = place.casefold()  # not every disk tells A from a
            above = {each.as_posix() for each in PurePosixPath(key).parents}
            if key not in files and key not in folders and files.isdisjoint(above):
                break
        files.add(key)
        folders |= above
        found[name] = folder / place
        found[name].parent.mkdir(parents=True, exist_ok=True)
    return found


def _plain(name: str) -> str:
    """A name as MLflow takes it: of letters, digits, _ - . / and spaces."""
    parts = [part for part in re.sub(r"[^\w\-. /]", "_", name, flags=re.ASCII).split("/") if part.strip(". ")]
    return "/".join(part[:100] for part in parts) or "_"


def _write(folder: Path, values: Mapping[str, str]) -> None:
    """Each value in a file of its name."""
    for name, place in _places(folder, values).items():
        place.write_text(values[name][:_LONGEST], encoding="utf-8", newline="")


def _yaml(place: Path, content: dict[str, Any]) -> None:
    """JSON's values are YAML's, too."""
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in content.items()]
    place.write_text("".join(lines), encoding="utf-8")
