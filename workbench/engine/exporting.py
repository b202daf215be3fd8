"""`python -m workbench.engine.exporting DATABASE`: writes the model that a request on stdin, one line of JSON, names.

Says what it is doing in lines of JSON on stdout, the last one with what was written; one line on stderr and the
code 1 where that failed. Imports torch, the store and the other modules that write.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors.torch import save
from torch import Tensor

from workbench.catalog.check import analyse
from workbench.core import text
from workbench.core.document import Document
from workbench.core.errors import JobError
from workbench.core.files import loads, write_atomically
from workbench.engine import cards, metric_files, onnx_files, tracing, trained
from workbench.engine.answering import Say, answer
from workbench.engine.export import export
from workbench.engine.tracing import Interface, examples, traced, with_outputs
from workbench.engine.trained import Model
from workbench.jobs.exports import KINDS, OF_RUNS, Request
from workbench.jobs.starts import Which
from workbench.store.store import Store


@dataclass(frozen=True, slots=True)
class Written:
    """What an export left: its files, and a sentence about them."""

    files: tuple[Path, ...]
    said: str


def main(arguments: list[str]) -> int:
    """0 when written; 1 with one line on stderr otherwise."""

    def do(store: Store, asked: str, say: Say) -> dict[str, Any]:
        written = export_model(store, Request.from_json(asked), say)
        return {"files": [str(file) for file in written.files], "said": written.said}

    return answer(arguments[0], do, "written")


def export_model(store: Store, request: Request, say: Say) -> Written:
    """Writes the files, each of them whole or not at all. Raises WorkbenchError or OSError."""
    if request.to not in KINDS + OF_RUNS:
        raise JobError(f"“{request.to}” is not known; {', '.join(KINDS + OF_RUNS)} are.")
    if request.checkpoint not in get_args(Which):
        raise JobError(f"A run has best and last weights, not “{request.checkpoint}”.")
    if request.to == "onnx":
        onnx_files.refuse_without_packages()
    if request.to == "python":
        return _python(store, request, say)
    file = Path(request.place)
    if file.is_dir():
        raise JobError(f"{file} is a folder; name a file in it, such as {file / 'model.'}{request.to}.")
    if request.to in OF_RUNS:
        return _of_run(store, request, file, say)
    with tempfile.TemporaryDirectory() as folder:
        if request.to == "safetensors":
            return _safetensors(store, request, Path(folder), file, say)
        say("Writing the program")
        model, outputs = _with_outputs(store, request, Path(folder))
        return _graph(store, request, model, outputs, file, say)


def _graph(
    store: Store, request: Request, model: Model, outputs: dict[str, str], file: Path, say: Say
) -> Written:
    interface = Interface.of(model.analysis, outputs)

    @cache
    def given(size: int) -> Sequence[Tensor]:
        return examples(store, model, interface, size)

    say("Reading examples")
    inputs = given(tracing.TRACED)
    say("Tracing the model")
    graph = traced(model, interface, inputs)
    taken = list(interface.inputs)
    if request.to == "onnx":
        say("Writing and checking ONNX")
        taken, off = onnx_files.write(graph, model, interface, file, given)
        checked = f"ONNX Runtime's results are those of the program within {max(off, 1e-9):.0e}"
    else:
        say("Writing the graph")
        _pt2(graph, file)
        checked = "torch.export.load reads it"
    names = f"{', '.join(taken)} → {', '.join(interface.outputs)}"
    said = f"Written to {file}: {names}, any number of examples; {model.about}. {checked}."
    return Written((file,), said)


def _pt2(graph: Any, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / "model.pt2"
        with tracing.quiet():
            torch.export.save(graph, temporary)
            torch.export.load(temporary)
        write_atomically(file, temporary.read_bytes())


def _with_outputs(store: Store, request: Request, folder: Path) -> tuple[Model, dict[str, str]]:
    """The model with the outputs that are wanted in its program, which changes no weights."""
    document = _document(store, request)
    analysis = analyse(document, trained.schemas(store))
    document, outputs = with_outputs(document, analysis, request.output)
    if request.run:
        return trained.of_run(store, request.run, folder, request.which, document), outputs
    return trained.untrained(store, document, folder), outputs


def _document(store: Store, request: Request) -> Document:
    if request.run:
        return trained.document_of(store, request.run)
    return loads(request.document, "the model")


def _safetensors(store: Store, request: Request, folder: Path, file: Path, say: Say) -> Written:
    say("Reading the weights")
    if request.run:
        tensors, kept = trained.weights(store, request.run, request.which)
        about = f"{kept.kind} weights of run {request.run}, epoch {kept.epoch}"
    else:
        model = trained.untrained(store, loads(request.document, "the model"), folder)
        tensors, about = dict(model.program.state_dict()), model.about
    own = {
        name: tensor.contiguous().clone() for name, tensor in tensors.items()
    }  # also those that are shared
    write_atomically(file, save(own, {"format": "pt"}))
    return Written((file,), f"Written to {file}: {text.plural(len(own), 'tensor')}; {about}.")


def _of_run(store: Store, request: Request, file: Path, say: Say) -> Written:
    """The card of a run, or all its metrics."""
    say("Reading the run")
    if request.to == "card":
        files = cards.write(store, request.run, file)
        beside = f" with {text.plural(len(files) - 1, 'picture')} beside it" if files[1:] else ""
        return Written(tuple(files), f"Written to {file}{beside}.")
    table = metric_files.write_parquet if file.suffix.lower() == ".parquet" else metric_files.write_csv
    count = table(store, [request.run], file)
    return Written((file,), f"Written to {file}: {text.plural(count, 'value')}.")


def _python(store: Store, request: Request, say: Say) -> Written:
    """The script that trains, its data and, of a run, the weights that it ended with."""
    folder = Path(request.place)
    if folder.exists() and not folder.is_dir():
        raise JobError(
            f"{folder} cannot be written: it is a file; name a folder for the program and its data."
        )
    say("Reading the data")
    tensors: dict[str, Tensor] | None = None
    about = ""
    if request.run:
        tensors, kept = trained.weights(store, request.run, request.which)
        about = f", and the {kept.kind} weights of run {request.run}, epoch {kept.epoch}"
    files = export(store, _document(store, request), folder, tensors)
    return Written(
        tuple(files), f"Written to {request.place}: a program that trains without Workbench{about}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
