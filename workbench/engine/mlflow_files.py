"""Runs as a folder of MLflow (its file store): settings, metrics, drawing, program. Imports the store, not torch."""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
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
    count = 0
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
            for name, value in store.params(run).items():
                _write(place / "params", name, value if isinstance(value, str) else json.dumps(value))
            for name, value in _tags(store, record).items():
                _write(place / "tags", name, value)
            for _, metric, curve in parts(store, [run]):
                lines = zip(curve.times, curve.values, curve.steps, strict=True)
                rows = "".join(f"{round(time * 1000)} {value!r} {step}\n" for time, value, step in lines)
                _write(place / "metrics", metric, rows, append=True)
                count += len(curve.steps)
            if found := drawing(store, run):
                (place / "artifacts" / "model.json").write_text(found, encoding="utf-8")
                (place / "artifacts" / "program.py").write_text(store.program_text(run), encoding="utf-8")
    return count


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


def _write(folder: Path, name: str, value: str, *, append: bool = False) -> None:
    """One value in a file of its name, of which MLflow takes letters, digits, _ - . / and spaces."""
    parts = [part for part in re.sub(r"[^\w\-. /]", "_", name, flags=re.ASCII).split("/") if part.strip(". ")]
    place = folder.joinpath(*(part[:100] for part in parts)) if parts else folder / "_"
    place.parent.mkdir(parents=True, exist_ok=True)
    if append:
        with place.open("a", encoding="utf-8", newline="") as file:
            file.write(value)
    else:
        place.write_text(value[:_LONGEST], encoding="utf-8", newline="")


def _yaml(place: Path, content: dict[str, Any]) -> None:
    """JSON's values are YAML's, too."""
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in content.items()]
    place.write_text("".join(lines), encoding="utf-8")
