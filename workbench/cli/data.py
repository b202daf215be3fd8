"""`workbench data`: the datasets of a workspace. Files are read in a process of their own, never in this one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from workbench.catalog.schema import SAMPLES
from workbench.cli.common import JsonOption, WorkspaceOption, console, opened, say_json, schemas
from workbench.cli.downloads import download
from workbench.core.errors import DataError
from workbench.jobs.datasets import Progress, add_dataset

app = typer.Typer(help="Datasets: list, add, show, download.", no_args_is_help=True)
app.command()(download)


@app.command("list")
def list_(json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the samples that ship with Workbench and the datasets of the workspace."""
    with opened(workspace) as store:
        known = schemas(store)
    if json:
        say_json([schema.to_json() for schema in known.values()])
        return
    table = Table("Dataset", "Title", "Kind", "Items", "", box=None, pad_edge=False)
    for id, schema in known.items():
        table.add_row(id, schema.title, schema.kind, f"{schema.items:,}", "sample" if id in SAMPLES else "")
    console.print(table)


@contextmanager
def reading() -> Iterator[Progress | None]:
    """A bar that shows how far a reading is, on stderr and for people only."""
    bar = Console(stderr=True)
    if not bar.is_terminal:
        yield None
        return
    with Bar(console=bar, transient=True) as shown:
        task = shown.add_task("Reading", total=None)
        yield lambda what, done, total: shown.update(
            task, description=what, completed=done, total=total or None
        )


@app.command()
def add(
    path: Annotated[Path, typer.Argument(help="A file or folder.")],
    reader: Annotated[str, typer.Option("--reader", help="How to read it, if not as detected.")] = "",
    target: Annotated[str, typer.Option("--target", help="The column to predict, for tables.")] = "",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="An option of the reader; repeatable."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What to call it, if not as the file or folder.")] = "",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Add files to the workspace as a dataset; they stay where they are."""
    options: dict[str, object] = {"target": target} if target else {}
    for text in option or []:
        key, equals, value = text.partition("=")
        if not equals:
            raise DataError(f"--option needs NAME=VALUE, not “{text}”.")
        options[key] = value
    with opened(workspace) as store, reading() as on_progress:
        found = add_dataset(store, path, reader, options, name=name, on_progress=on_progress).as_dict()
    if json:
        say_json(found)
        return
    splits = ", ".join(f"{count:,} {name}" for name, count in found["splits"].items())
    console.print(
        f"{found['id']}: {found['items']:,} items ({splits}), read as {found['reader']}", highlight=False
    )
    for name, output in found["outputs"].items():
        console.print(f"  {name}: {'×'.join(map(str, output['shape']))} {output['dtype']}", highlight=False)
    for problem in found["problems"]:
        console.print(f"  note: {problem}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def show(
    dataset: Annotated[str, typer.Argument(help="A dataset's id.")],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a dataset offers."""
    with opened(workspace) as store:
        known = schemas(store)
    if dataset not in known:
        raise DataError(f"There is no dataset “{dataset}” (datasets: {', '.join(known)}).")
    schema = known[dataset]
    if json:
        say_json(schema.to_json())
        return
    console.print(f"{schema.title}: {schema.items:,} items, {schema.kind}", highlight=False)
    console.print(schema.description, highlight=False, markup=False)
    for name, spec in schema.outputs.items():
        console.print(f"  {name}: {spec}", highlight=False)
    for name, value in schema.facts.items():
        console.print(f"  {name} = {value:g}", highlight=False)
