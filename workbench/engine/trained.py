"""The model of a run as it was trained: its drawing, its program, the weights of a checkpoint, ready to compute.

Imports torch, codegen and the store.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.codegen.program import generate
from workbench.core.document import Document
from workbench.core.errors import JobError
from workbench.core.files import loads
from workbench.engine import checkpoint
from workbench.engine.program import build
from workbench.engine.weights import put
from workbench.jobs.starts import Which, kept, start_of
from workbench.store.records import Checkpoint
from workbench.store.store import Store


@dataclass(frozen=True, slots=True)
class Model:
    """A program in evaluation mode, with the drawing from which it was written."""

    document: Document
    analysis: Analysis
    program: nn.Module
    file: Path
    """Where the program's text lies."""
    about: str
    """Whose weights these are: best weights of run 7 (lenet5), epoch 12."""


def schemas(store: Store) -> dict[str, Schema]:
    """All datasets that a drawing may name."""
    return {**SAMPLES, **{record.id: Schema.from_json(record.schema) for record in store.datasets()}}


def weights(store: Store, run: int, which: Which = "best") -> tuple[dict[str, Tensor], Checkpoint]:
    """The weights of a checkpoint under the names of the program. Raises JobError."""
    chosen = kept(store, run, which)
    return checkpoint.read(store.file(chosen.path), chosen.sha256).weights, chosen


def of_run(
    store: Store, run: int, folder: Path, which: Which = "best", document: Document | None = None
) -> Model:
    """The model that a run trained; its program is written into `folder`. Raises WorkbenchError.

    `document` stands in for the run's drawing where it differs in what has no weights, such as outputs.
    """
    found, chosen = weights(store, run, which)
    document = document or document_of(store, run)
    model = _built(store, document, folder)
    _fill(model.program, found, run)
    name = store.run(run).name
    about = f"{chosen.kind} weights of run {run} ({name}), epoch {chosen.epoch}"
    return Model(document, model.analysis, model.program, model.file, about)


def untrained(store: Store, document: Document, folder: Path) -> Model:
    """A model as it is when training starts: as the seed makes it, or with the weights that it starts from."""
    model = _built(store, document, folder)
    start = model.analysis.settings.weights
    if not start:
        return model
    put(start_of(store, start), model.program, model.analysis)
    return Model(document, model.analysis, model.program, model.file, f"not trained; weights from {start}")


def document_of(store: Store, run: int) -> Document:
    """The drawing that a run trained. Raises DocumentError for one of a newer version."""
    return loads(store.document_text(run), f"run {run}")


def _built(store: Store, document: Document, folder: Path) -> Model:
    analysis = analyse(document, schemas(store))
    text = generate(document, analysis)
    file = folder / "program.py"
    program = build(file, text, analysis.settings.seed, torch.device("cpu"))
    about = "not trained; weights as the seed makes them"
    return Model(document, analysis, program.eval(), file, about)


def _fill(program: nn.Module, found: Mapping[str, Tensor], run: int) -> None:
    """Raises JobError where the weights are not those of the program."""
    wanted: Mapping[str, Tensor] = program.state_dict()
    other = [name for name in wanted if name not in found or wanted[name].shape != found[name].shape]
    other += [name for name in found if name not in wanted]
    if other:
        raise JobError(
            f"The weights of run {run} do not fit the program that this Workbench writes for its drawing: "
            f"{', '.join(other[:3])}{' …' if other[3:] else ''}. They were kept by another version; train it again."
        )
    program.load_state_dict(dict(found))
