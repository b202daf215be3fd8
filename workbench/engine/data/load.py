"""Loads a dataset of the workspace: its kept copy is made first where there is none.

May import torch, the readers, jobs and the store.
"""

from __future__ import annotations

import hashlib

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.engine.data.kinds import assembled
from workbench.engine.data.loaded import Loaded
from workbench.engine.readers.content import opened
from workbench.engine.readers.samples import sample
from workbench.jobs.datasets import kept, remove_copy
from workbench.store.store import Store


def load_sample(id: str) -> Loaded:
    """The embedded sample of that id.  Raises DataError when there is none."""
    content = sample(id)
    total = hashlib.sha256()
    for array in content.arrays.values():
        total.update(array.tobytes())
    return assembled(content, fingerprint=total.hexdigest())


def load(store: Store, dataset: str) -> Loaded:
    """A dataset of the workspace by its id, or an embedded sample.

    Raises DataError when its source is gone or has changed, or cannot be read any more.
    """
    record = next((each for each in store.datasets() if each.id == dataset), None)
    if record is None:
        return load_sample(dataset)
    copy = kept(store, record)
    try:
        content = opened(copy.folder)
    except DataError:  # damaged, or cleared in this very moment: it is made again, once
        remove_copy(store, record)
        copy = kept(store, record)
        content = opened(copy.folder)
    return assembled(
        content,
        Schema.from_json(record.schema),
        problems=copy.problems,
        fingerprint=record.fingerprint,
    )
