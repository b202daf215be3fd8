"""What the page of a dataset asks of the store thread: what there is of it, and changes to it.

Imports records and, inside the thread only, jobs.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.store.records import DatasetRecord, ModelRecord

if TYPE_CHECKING:
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
