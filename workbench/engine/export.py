"""Writes a model as a script with its data, and the weights of a run. Imports torch, codegen and the data."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.codegen.program import generate
from workbench.codegen.script import DATA_FILE, TRAINED_FILE, WEIGHTS_FILE, name_of, script
from workbench.core.document import Document
from workbench.core.errors import DataError
from workbench.core.files import replacing, write_atomically
from workbench.engine.data import Loaded, load
from workbench.engine.data.sequences import TokenStream
from workbench.engine.feeds import TRAIN, VALIDATION
from workbench.engine.program import build
from workbench.engine.weights import put
from workbench.jobs.starts import start_of
from workbench.store.store import Store


def export(
    store: Store, document: Document, folder: Path, trained: Mapping[str, Tensor] | None = None
) -> list[Path]:
    """Writes the script, the data beside it and the weights that a run ended with; gives their places.

    Raises WorkbenchError or OSError.
    """
    records = {record.id: record for record in store.datasets()}
    schemas = {**SAMPLES, **{id: Schema.from_json(record.schema) for id, record in records.items()}}
    analysis = analyse(document, schemas)
    text = script(document, analysis, trained=trained is not None)
    node, kind = next(_datasets(analysis))
    data = load(store, kind.dataset)
    found = arrays(node, data, in_order=kind.order == "in order")
    folder.mkdir(parents=True, exist_ok=True)
    name = name_of(document)
    place = folder / f"{name}.py"
    files = [place, _kept(folder / DATA_FILE.format(name), found)]
    if analysis.settings.weights:
        files.append(_kept(folder / WEIGHTS_FILE.format(name), _started(store, document, analysis)))
    if trained is not None:
        weights = {key: each.numpy() for key, each in trained.items()}
        files.append(_kept(folder / TRAINED_FILE.format(name), weights))
    write_atomically(place, text.encode())
    return files


def _kept(file: Path, content: Mapping[str, np.ndarray]) -> Path:
    """Writes arrays, as one step: whoever was interrupted finds the old file or the new one."""
    with replacing(file) as new, new.open("wb") as opened:
        np.savez(opened, allow_pickle=False, **content)
    return file


def _started(store: Store, document: Document, analysis: Analysis) -> dict[str, np.ndarray]:
    """All weights as they are when training starts: taken over, or as the seed makes them."""
    settings = analysis.settings
    with tempfile.TemporaryDirectory() as folder:
        text = generate(document, analysis)
        program = build(Path(folder) / "program.py", text, settings.seed, torch.device("cpu"))
    put(start_of(store, settings.weights), program, analysis)
    return {name: tensor.numpy() for name, tensor in program.state_dict().items()}


def arrays(node: str, data: Loaded, *, in_order: bool = False) -> dict[str, np.ndarray]:
    """Training and validation examples by the name that the script looks for; in order, windows do not overlap.

    Without validation examples there are those of training only.
    """
    found: dict[str, np.ndarray] = {}
    for split in (TRAIN, VALIDATION):
        if isinstance(data, TokenStream):
            start, size = data.slice_of(split)
            if size:
                tokens = data.tensors["tokens"][start : start + size]
                found[f"{split}/{node}.tokens"] = tokens.long().numpy()
            continue
        batch = next(data.batches(split, max(1, data.count(split)), shuffle=False), None)
        if batch is None and split == TRAIN:
            raise DataError("The dataset has no examples to train on, so there is nothing to export.")
        taken = data.followed(split, 0) if in_order else None
        for name, tensor in (batch or {}).items():
            found[f"{split}/{node}.{name}"] = (tensor if taken is None else tensor[taken]).numpy()
    return found


def _datasets(analysis: Analysis) -> Iterator[tuple[str, Dataset]]:
    for id, info in analysis.root.infos.items():
        if isinstance(info.kind, Dataset):
            yield id, info.kind
