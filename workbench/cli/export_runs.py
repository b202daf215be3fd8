"""`workbench runs export`: what a run is made of and what it recorded, as files. Imports store, jobs and the engine
where that needs no torch.
"""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.common import WorkspaceOption, console, opened
from workbench.core import text
from workbench.core.errors import JobError
from workbench.core.files import write_atomically
from workbench.jobs.exports import Request
from workbench.jobs.exports import export as written
from workbench.jobs.starts import kept
from workbench.store.store import Store

KINDS = ("model", "safetensors", "card", "csv", "parquet", "tensorboard", "mlflow")
OF_SEVERAL = KINDS[3:]
ENDINGS = {
    ".safetensors": "safetensors",
    ".csv": "csv",
    ".parquet": "parquet",
    ".html": "card",
    ".md": "card",
}


def export(
    runs: Annotated[
        list[int],
        typer.Argument(
            help="A run's number; several, but for model, safetensors and card.", metavar="RUN...", min=1
        ),
    ],
    file: Annotated[Path, typer.Argument(help="The file, or new folder, to write.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="model (the drawing), safetensors (the weights), card (HTML or Markdown that tells all of a run), "
            "csv or parquet (all metrics, a row for each value), tensorboard or mlflow (a folder for those programs); "
            "else by the file's name.",
        ),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Write the metrics of runs as a table, or the model of a run exactly as it was trained, or its best weights."""
    to = to or ENDINGS.get(file.suffix.lower(), "model")
    if to not in KINDS:
        raise typer.BadParameter(f"“{to}” is not known; {', '.join(KINDS)} are.", param_hint="--to")
    runs = list(dict.fromkeys(runs))
    if to not in OF_SEVERAL and len(runs) > 1:
        several = ", ".join(OF_SEVERAL)
        raise typer.BadParameter(f"--to {to} is for one run; {several} are for several.", param_hint="--to")
    with opened(workspace, new=False) as store:
        if to == "safetensors":
            kept(store, runs[0])  # or it is refused here, before a process starts
            said = str(written(store.path, Request(to, str(file.resolve()), run=runs[0]))["said"])
        else:
            said = _write(store, runs, file, to)
    console.print(said, highlight=False, markup=False, soft_wrap=True)


def _write(store: Store, runs: list[int], file: Path, to: str) -> str:
    try:
        if to == "model":
            write_atomically(file.resolve(), store.document_text(runs[0]).encode())
            return f"Written to {file}."
        from workbench.engine import cards, metric_files, mlflow_files, tensorboard_files

        if to == "card":
            files = cards.write(store, runs[0], file.resolve())
            beside = f" with {text.plural(len(files) - 1, 'picture')} beside it" if files[1:] else ""
            return f"Written to {file}{beside}."

        writers = {
            "csv": metric_files.write_csv,
            "parquet": metric_files.write_parquet,
            "tensorboard": tensorboard_files.write,
            "mlflow": mlflow_files.write,
        }
        count = writers[to](store, runs, file.resolve())
    except OSError as error:
        raise JobError(f"{file} cannot be written: {error.strerror or error}.") from error
    return f"Written to {file}: {text.plural(count, 'value')} of {text.plural(len(runs), 'run')}."
