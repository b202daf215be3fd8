"""`workbench workspace`: a whole workspace as one file, and taking one in. Imports store and jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workbench.cli.common import JsonOption, WorkspaceOption, console, opened, say_json
from workbench.core import text
from workbench.core.errors import JobError
from workbench.jobs.bundles import Progress, pack, refuse_other, unpack

app = typer.Typer(help="A whole workspace: export it to a file, import one.")


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The zip file to write.")],
    runs: Annotated[
        list[int] | None,
        typer.Option(
            "--run", help="Only this run, with its model and what it recorded; more than once for several."
        ),
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write all runs, models, datasets' descriptions and checkpoints into one file, also while runs train."""
    with opened(workspace, new=False) as store, _shown() as say:
        try:
            packed = pack(store, file, say, runs or ())
        except OSError as error:
            raise JobError(f"{file} cannot be written: {error.strerror or error}.") from error
    if json:
        say_json({"runs": packed.runs, "checkpoints": packed.checkpoints, "left_out": list(packed.left_out)})
        return
    size = text.size(file.stat().st_size)
    said = f"{text.plural(packed.runs, 'run')} and {text.plural(packed.checkpoints, 'checkpoint')}, {size}"
    console.print(f"Written to {file}: {said}.", highlight=False, markup=False, soft_wrap=True)
    for path in packed.left_out:
        console.print(
            f"  Left out: {path} is gone or damaged.", highlight=False, markup=False, soft_wrap=True
        )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `workspace export` wrote.")],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take all that such a file holds into a workspace, new or in use; runs get new numbers, nothing is overwritten."""
    refuse_other(file)  # before there is a new workspace
    with opened(workspace) as store, _shown() as say:
        merged = unpack(store, file, say)
        place = store.path
        trash = {run.id for run in store.runs(deleted=True)}.intersection(merged.here.values())
    if json:
        say_json(
            {
                "runs": {str(old): new for old, new in merged.runs.items()},
                "models": merged.models,
                "datasets": merged.datasets,
                "renamed": merged.renamed,
                "here": {str(old): new for old, new in merged.here.items()},
            }
        )
        return
    numbers = merged.runs.values()
    shown = f" (#{min(numbers)} to #{max(numbers)})" if numbers else ""
    said = f"{text.plural(len(numbers), 'run')}{shown}, {text.plural(merged.models, 'model')}"
    console.print(
        f"Taken into {place}: {said}, {text.plural(merged.datasets, 'dataset')}.",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    if merged.here:
        first = next(iter(merged.here.values()))
        more = f" and {len(merged.here) - 1} more" if len(merged.here) > 1 else ""
        more += f", {len(trash)} in the trash" if trash else ""
        console.print(f"  Here already: #{first}{more}.", highlight=False, markup=False, soft_wrap=True)
    for old, new in merged.renamed.items():
        console.print(
            f"  The dataset {old} is called {new} here.", highlight=False, markup=False, soft_wrap=True
        )


@contextmanager
def _shown() -> Iterator[Progress]:
    """What is being done, on stderr and for people only."""
    bar = Console(stderr=True)
    if not bar.is_terminal:
        yield lambda _: None
        return
    with bar.status("Starting") as status:
        yield lambda doing: status.update(f"{doing} …")
