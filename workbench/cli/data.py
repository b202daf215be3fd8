"""`workbench data`: the datasets of a workspace. Files are read in a process of their own, never in this one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from workbench.catalog.samples import SAMPLES
from workbench.cli.common import JsonOption, WorkspaceOption, console, opened, say_json, schemas
from workbench.cli.downloads import download
from workbench.cli.reading import OptionOption, options_of, reading
from workbench.core.errors import DataError
from workbench.jobs.datasets import add_dataset, first_items, remove_copy
from workbench.store.records import DatasetRecord

app = typer.Typer(help="Datasets: list, add, show, remove, download.", no_args_is_help=True)
app.command()(download)


@app.command("list")
def list_(json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the samples that ship with Workbench and the datasets of the workspace."""
    with opened(workspace, new=False) as store:
        known = schemas(store)
    if json:
        say_json([schema.to_json() for schema in known.values()])
        return
    table = Table("Dataset", "Title", "Kind", "Items", "", box=None, pad_edge=False)
    for id, schema in known.items():
        table.add_row(id, schema.title, schema.kind, f"{schema.items:,}", "sample" if id in SAMPLES else "")
    console.print(table)


@app.command()
def add(
    path: Annotated[Path, typer.Argument(help="A file or folder.")],
    reader: Annotated[str, typer.Option("--reader", help="How to read it, if not as detected.")] = "",
    target: Annotated[str, typer.Option("--target", help="The column to predict, for tables.")] = "",
    option: OptionOption = None,
    name: Annotated[str, typer.Option("--name", help="What to call it, if not as the file or folder.")] = "",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Add files to the workspace as a dataset; they stay where they are."""
    options = options_of(target, option)
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
    first: Annotated[int, typer.Option("--first", help="How many items to show.", min=0, max=200)] = 5,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a dataset offers, how it is split, what was noticed, and its first items."""
    with opened(workspace, new=False) as store:
        known = schemas(store)
        if dataset not in known:
            raise DataError(f"There is no dataset “{dataset}” (datasets: {', '.join(known)}).")
        record = next((each for each in store.datasets() if each.id == dataset), None)
        items = first_items(store, dataset, "train", first) if first else []
    schema = known[dataset]
    if json:
        say_json({**schema.to_json(), **_recorded(record), "first": items})
        return
    console.print(f"{schema.title}: {schema.items:,} items, {schema.kind}", highlight=False)
    _line(schema.description)
    for name, spec in schema.outputs.items():
        console.print(f"  {name}: {spec}", highlight=False)
    for name, value in schema.facts.items():
        console.print(f"  {name} = {value:g}", highlight=False)
    if schema.labels and "classes" in schema.facts:
        _line(f"  classes: {_listed(schema.labels)}")
    if record is not None:
        _show_record(record)
    for item in items:
        label = f" → {item['label']}" if item["label"] else ""
        _line(f"  {item['place'] + 1}. {'; '.join(_words(part) for part in item['parts'])}{label}")


@app.command()
def remove(
    dataset: Annotated[str, typer.Argument(help="A dataset's id.")],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Take a dataset out of the workspace; its files stay where they are, and so do runs and models."""
    with opened(workspace, new=False) as store:
        if dataset in SAMPLES and dataset not in {record.id for record in store.datasets()}:
            raise DataError(f"“{dataset}” ships with Workbench and stays.")
        if dataset not in schemas(store):
            raise DataError(f"There is no dataset “{dataset}” (datasets: {', '.join(schemas(store))}).")
        models = [model.name for model in store.models_with(dataset)]
        record = store.remove_dataset(dataset)
        freed = remove_copy(store, record)
    if json:
        say_json({"id": dataset, "source": record.source, "freed": freed, "models": models})
        return
    _line(f"{dataset} is no longer in the workspace; {record.source} is untouched.")
    if models:
        _line(f"These models name it and need another dataset: {_listed(models)}.")


def _recorded(record: DatasetRecord | None) -> dict[str, object]:
    """What is known of files besides their schema, as JSON."""
    if record is None:
        return {}
    return {
        "source": record.source,
        "reader": record.reader,
        "options": dict(record.options),
        "splits": dict(record.splits),
        **{key: record.details.get(key) for key in ("problems", "figures", "understood", "layout")},
    }


def _show_record(record: DatasetRecord) -> None:
    _line(f"  {record.source}, read as {record.reader}")
    _line("  split: " + ", ".join(f"{count:,} {name}" for name, count in record.splits.items()))
    figures = record.details.get("figures")
    for figure in figures if isinstance(figures, list) else []:
        if isinstance(figure, dict) and figure.get("kind") != "histogram":
            pairs = zip(figure.get("names", ()), figure.get("values", ()), strict=False)
            _line(
                f"  {str(figure.get('title')).lower()}: {_listed([f'{name} {value}' for name, value in pairs])}"
            )
    problems = record.details.get("problems")
    for problem in problems if isinstance(problems, list) else []:
        _line(f"  note: {problem}")


def _words(part: Mapping[str, Any]) -> str:
    """One part of an item in a line of text."""
    name, kind = part["name"], part["kind"]
    if kind in ("text", "value") and "text" in part:
        text = " ".join(str(part["text"]).split())
        return f"{name} “{text[:117]}…”" if len(text) > 120 else f"{name} “{text}”"
    if kind == "row" and "cells" in part:
        pairs = zip(part["columns"], part["cells"], strict=False)
        return _listed([f"{column} {cell}" for column, cell in pairs])
    if kind == "row":
        return f"{name} {_listed([str(value) for value in part['values']])}"
    if kind == "curve":
        return f"{name} {_listed([f'{value:g}' for value in part['channels'][0]])}"
    if kind == "graph":
        nodes, edges = part["size"]
        return f"a graph of {nodes:,} nodes and {edges:,} edges"
    return f"{name}: {kind}"


def _listed(words: Sequence[str]) -> str:
    more = f" … {len(words) - 12:,} more" if len(words) > 12 else ""
    return ", ".join(words[:12]) + more


def _line(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
