"""What the page of a dataset asks of the store thread: what there is of it, and changes to it.

Imports records and, inside the thread only, jobs.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.store.records import DatasetRecord, ModelRecord

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added
    from workbench.store.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a dataset: its source, its decoded copy (0 bytes: none), the models that have it."""

    source: bool
    folder: Path
    copy: int
    models: tuple[ModelRecord, ...]


def standing(store: "Store", record: DatasetRecord) -> Standing:
    """Look at the disk and into the workspace."""
    from workbench.jobs.datasets import copy_folder, copy_size

    folder = copy_folder(store, record)
    there = (folder / "content.json").is_file()
    models = tuple(store.models_with(record.id))
    return Standing(Path(record.source).exists(), folder, copy_size(store, record) if there else 0, models)


def models_with(store: "Store", sample: str) -> tuple[ModelRecord, ...]:
    """The models that have a sample."""
    return tuple(store.models_with(sample))


def clear_copy(store: "Store", record: DatasetRecord) -> int:
    """Remove the decoded copy; gives the bytes set free."""
    from workbench.jobs.datasets import remove_copy

    return remove_copy(store, record)


def keep_names(store: "Store", before: DatasetRecord, added: "Added") -> None:
    """After a dataset was read anew: it is still called as it was, and so is each class that is still there."""
    record = added.record
    schema = {**record.schema, "id": before.id, "title": before.title}
    # By what the reader calls them: other classes may have taken their places.
    read, own = before.details.get("labels"), before.schema.get("labels")
    if isinstance(read, list) and isinstance(own, list) and len(read) == len(own):
        given = dict(zip(read, own, strict=True))
        labels = [given.get(label, label) for label in schema.get("labels") or []]
        if len(set(labels)) == len(labels):
            schema["labels"] = labels
    store.add_dataset(replace(record, id=before.id, title=before.title, schema=schema))
    if record.id != before.id:
        store.remove_dataset(record.id)
