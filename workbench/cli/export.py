"""`workbench export`: a model or a trained run as a file that other programs read. A process of its own writes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workbench.catalog.starts import RUN
from workbench.cli import training
from workbench.cli.common import (
    DataOption,
    JsonOption,
    SetOption,
    WorkspaceOption,
    console,
    find_model,
    opened,
    say_json,
)
from workbench.cli.reading import OptionOption, TargetOption, source_of
from workbench.core.files import dumps
from workbench.jobs.asking import Progress
from workbench.jobs.exports import KINDS, SUFFIXES, Request
from workbench.jobs.exports import export as written
from workbench.jobs.starts import kept

ENDINGS = (".html", ".md", ".csv", ".parquet")


def export(
    model: Annotated[
        str,
        typer.Argument(help="A run's number, a template's id, a model file, or run:ID.", metavar="RUN|MODEL"),
    ],
    place: Annotated[
        Path, typer.Argument(help="The file to write; for python a folder, made if needed.", metavar="PLACE")
    ],
    to: Annotated[
        str,
        typer.Option("--to", help="onnx, safetensors, torch or python; else by the ending of PLACE."),
    ] = "",
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", help="Which weights of a run: best or last.")
    ] = "best",
    output: Annotated[
        str,
        typer.Option("--output", help="What to compute, as NODE or NODE.PORT; else the drawing's outputs."),
    ] = "",
    data: DataOption = None,
    reader: Annotated[str, typer.Option("--reader", help="How to read --data, if not as detected.")] = "",
    target: TargetOption = "",
    option: OptionOption = None,
    set: SetOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a run with its best weights, or a model as training would start it, for other programs.

    onnx: checked with ONNX Runtime, for any number of examples. torch: a graph for torch.export.load. safetensors:
    the weights by name. python: a script and its data, which train without Workbench, and a run's weights.
    """
    if not to and place.suffix.lower() in ENDINGS:
        raise typer.BadParameter(
            f"{place.name} is not for a model; `workbench runs export` writes cards and metrics of runs.",
            param_hint="PLACE",
        )
    to = to or SUFFIXES.get(place.suffix.lower(), "python")
    if to not in KINDS:
        raise typer.BadParameter(f"“{to}” is not known; {', '.join(KINDS)} are.", param_hint="--to")
    if checkpoint not in ("best", "last"):
        raise typer.BadParameter(
            f"“{checkpoint}” is not known; best and last are.", param_hint="--checkpoint"
        )
    if output and to not in ("onnx", "torch"):
        raise typer.BadParameter(
            f"{to} writes the whole model; leave it out, or choose onnx or torch.", param_hint="--output"
        )
    if model.isdecimal() and not Path(model).is_file():
        model = f"{RUN}{model}"
    number = model.removeprefix(RUN)
    source = source_of(data, reader, target, option)
    changed = bool(data or set)  # then it is another model, which that run's weights may not fit
    trained = model.startswith(RUN) and number.isdecimal() and not changed
    if checkpoint != "best" and not trained:
        raise typer.BadParameter(
            "only a run, without --data and --set, has weights to choose from; leave it out.",
            param_hint="--checkpoint",
        )
    with opened(workspace, new=False) as store:
        database = store.path
        if trained:
            request = Request(to, str(place.resolve()), run=int(number), checkpoint=checkpoint, output=output)
            kept(store, request.run, request.which)  # or it is refused here, before a process starts
        else:
            document = find_model(model, workspace)
            document, _ = training.prepared(store, document, source, set)
            request = Request(to, str(place.resolve()), document=dumps(document), output=output)
    with _shown() as on_progress:
        found = written(database, request, on_progress)
    if json:
        say_json({"files": found["files"]})
        return
    for file in found["files"][1:]:
        console.print(file, highlight=False, markup=False, soft_wrap=True)
    console.print(found["said"], highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _shown() -> Iterator[Progress | None]:
    """What the export is doing, on stderr and for people only."""
    bar = Console(stderr=True)
    if not bar.is_terminal:
        yield None
        return
    with bar.status("Starting") as status:
        yield lambda doing: status.update(f"{doing} …")
