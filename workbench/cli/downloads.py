"""`workbench data download`: public data sets, fetched by a process of their own because a person asks for it."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from workbench.cli.common import JsonOption, WorkspaceOption, console, errors, opened, say_json
from workbench.core.errors import DataError
from workbench.jobs.downloads import Offer, add_downloaded, download_command, offer, offers, reports

NameArgument = Annotated[str, typer.Argument(help="A public data set, such as mnist.", metavar="[NAME]")]
ListOption = Annotated[
    bool, typer.Option("--list", help="Show the catalogue, or all about NAME; fetch nothing.")
]
LocalOption = Annotated[
    Path | None,
    typer.Option("--from", help="Use this file or folder of yours, if it is the same.", metavar="LOCAL"),
]
MirrorOption = Annotated[
    list[str] | None, typer.Option("--mirror", help="A folder on the web to try first.", metavar="URL")
]
ProxyOption = Annotated[
    str, typer.Option("--proxy", help="The proxy to go through; else as the environment says.", metavar="URL")
]
CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", help="A list of your own, like catalogue.json.", metavar="FILE")
]
AddOption = Annotated[bool, typer.Option("--add/--no-add", help="Add it to the workspace as a dataset.")]

_STATES = {"absent": "", "partly": "in part", "here": "here"}


def download(
    name: NameArgument = "",
    list_: ListOption = False,
    local: LocalOption = None,
    mirror: MirrorOption = None,
    proxy: ProxyOption = "",
    catalogue: CatalogueOption = None,
    add: AddOption = True,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Fetch a public data set, check it, and add it to the workspace."""
    if list_ or not name:
        _show(offer(name, catalogue=catalogue), json) if name else _list(offers(catalogue=catalogue), json)
        return
    wanted = offer(name, catalogue=catalogue).set
    command = download_command(
        wanted.id, local=local and local.absolute(), mirrors=mirror or (), proxy=proxy, catalogue=catalogue
    )
    with _watched(shown=not json) as watch:
        _run(command, watch)
    found = offer(wanted.id, catalogue=catalogue)
    dataset = None
    if add:
        try:
            with opened(workspace) as store, errors.status(f"Reading {wanted.title}"):
                dataset = add_downloaded(store, wanted.id, catalogue=catalogue).as_dict()
        except DataError as error:
            raise DataError(
                f"{wanted.title} is here, in {found.path}, but cannot be added: {error}"
            ) from error
    if json:
        say_json({**_facts(found), "dataset": dataset})
        return
    console.print(f"{wanted.title}: {found.path}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"licence: {wanted.licence}", highlight=False, markup=False, soft_wrap=True)
    if dataset:
        console.print(f"added as {dataset['id']}: {dataset['items']:,} items", highlight=False, markup=False)
        for problem in dataset["problems"]:
            console.print(f"  note: {problem}", highlight=False, markup=False, soft_wrap=True)


def _run(command: list[str], watch: Callable[[dict[str, Any]], None]) -> None:
    """Follows the process to its end; an interrupted one has what it fetched kept. Raises DataError as it says."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None and process.stderr is not None  # asked for just above
        failed = ""
        try:
            for report in reports(process.stdout):
                if report["event"] == "failed":
                    failed = str(report["text"])
                watch(report)
            said = process.stderr.read().strip()
        except KeyboardInterrupt:
            process.terminate()
            raise
    if process.returncode == 130:
        raise KeyboardInterrupt
    if process.returncode:
        last = said.split("\n")[-1] or "it was stopped from outside; what has come is kept."
        raise DataError(failed or f"The download ended (exit code {process.returncode}): {last}")


@contextmanager
def _watched(*, shown: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A bar where somebody looks, sentences on stderr in any case."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=errors, disable=not (shown and errors.is_terminal), transient=True
    ) as bars:
        bar = bars.add_task("", total=None)

        def watch(report: dict[str, Any]) -> None:
            event = report["event"]
            if event == "note":
                errors.print(f"note: {report['text']}", highlight=False, markup=False, soft_wrap=True)
            elif event == "progress":
                text = f"{report['file']} ({report['number']} of {report['of']})"
                bars.update(bar, description=text, completed=report["done"], total=report["bytes"] or None)
            elif event in ("check", "unpack"):
                bars.update(
                    bar, description=f"{report['file']}: {'unpacking' if event == 'unpack' else 'checking'}"
                )

        yield watch


def _list(found: list[Offer], json: bool) -> None:
    if json:
        say_json([_facts(each) for each in found])
        return
    table = Table("Set", "Title", "Kind", "Items", "Size", "State", "Licence", box=None, pad_edge=False)
    for each in found:
        one = each.set
        table.add_row(one.id, one.title, one.kind, one.items, _size(each), _STATES[each.state], one.licence)
    console.print(table)


def _show(found: Offer, json: bool) -> None:
    if json:
        say_json(_facts(found))
        return
    one = found.set
    lines = {
        "": f"{one.title}: {one.description}",
        "items": one.items,
        "size": _size(found),
        "licence": one.licence,
        "cite": one.citation,
        "source": one.page,
        "hash": found.hash_text,
        "state": _STATES[found.state] or "not here",
        "path": str(found.path) if found.state == "here" else "",
        "note": found.problem,
    }
    for name, text in lines.items():
        if text:
            console.print(
                f"{name + ': ' if name else ''}{text}", highlight=False, markup=False, soft_wrap=True
            )
    for file in one.files:
        size = f"{file.bytes:,} bytes" if file.bytes else "size not known"
        console.print(f"  {file.name}  {size}  {file.hash}", highlight=False, markup=False, soft_wrap=True)


def _facts(found: Offer) -> dict[str, object]:
    one = found.set
    return {
        "id": one.id,
        "title": one.title,
        "kind": one.kind,
        "items": one.items,
        "bytes": one.bytes or None,
        "licence": one.licence,
        "citation": one.citation,
        "page": one.page,
        "state": found.state,
        "have": found.have,
        "path": str(found.path) if found.state == "here" else None,
        "local": found.local,
        "hash": found.hash or "first download",
        "problem": found.problem,
    }


def _size(found: Offer) -> str:
    size = found.set.bytes
    if not size:
        return "not known"
    text = (
        f"{size / 1e9:,.1f} GB"
        if size >= 1e9
        else f"{size / 1e6:,.1f} MB"
        if size >= 1e5
        else f"{size / 1e3:,.0f} kB"
    )
    return text if found.set.exact else f"about {text}"
