"""What commands share that read files: options of readers, progress on stderr, files in the place of a dataset."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from workbench.catalog import templates
from workbench.catalog.check import analyse
from workbench.catalog.schema import Schema
from workbench.cli.common import schemas
from workbench.core.assign import assign
from workbench.core.document import Document
from workbench.core.errors import DataError
from workbench.jobs.datasets import add_dataset, unchanged
from workbench.jobs.reading import Progress
from workbench.store.store import Store

TargetOption = Annotated[str, typer.Option("--target", help="The column to predict, of --data.")]
OptionOption = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="An option of the reader; repeatable."),
]


@dataclass(frozen=True, slots=True)
class Source:
    """What a command was told about data: --data, --reader, --target and --option."""

    data: list[str] = field(default_factory=list)
    reader: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


def source_of(data: list[str] | None, reader: str, target: str, option: list[str] | None) -> Source:
    """The options of a command as one value. Raises DataError where they are of no use."""
    options = options_of(target, option)
    if (reader or options) and not data:
        given = "--reader" if reader else "--target" if target else "--option"
        raise DataError(f"{given} says how to read files; name them with --data PATH.")
    return Source(data or [], reader, options)


def options_of(target: str, option: list[str] | None) -> dict[str, object]:
    """A reader's options from --target and --option NAME=VALUE."""
    options: dict[str, object] = {"target": target} if target else {}
    for text in option or []:
        key, equals, value = text.partition("=")
        if not equals:
            raise DataError(f"--option needs NAME=VALUE, not “{text}”.")
        options[key] = value
    return options


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


def bound(store: Store, document: Document, entry: str, source: Source, *, anyway: bool = False) -> Document:
    """Puts a dataset, known or made of the files at a path, in the place of a dataset node's.

    Raises DataError where the model takes what the dataset does not offer, naming templates that suit it;
    `anyway` leaves that to the check.
    """
    nodes = [node.id for node in document.graph.nodes.values() if node.type == "Dataset"]
    name, equals, path = entry.partition("=")
    if not (equals and name in nodes):
        if len(nodes) != 1:
            raise DataError(
                f"The model has {len(nodes)} datasets ({', '.join(nodes)}); write --data NODE=PATH."
            )
        name, path = nodes[0], entry
    id = dataset_at(store, path, source)
    schema = schemas(store)[id]
    missing = sorted(_taken(document, name) - set(schema.outputs))
    if missing and not anyway:
        fitting = [template.id for template in templates.templates() if suits(template.id, schema)]
        advice = f" These templates suit it: {', '.join(fitting)}." if fitting else ""
        raise DataError(
            f"“{document.name}” takes {' and '.join(missing)} from its dataset, and “{schema.id}” ({schema.kind}) "
            f"offers {', '.join(schema.outputs)}.{advice}"
        )
    return assign(document, f"{name}.dataset", schema.id)


def dataset_at(store: Store, path: str, source: Source) -> str:
    """The id of the dataset that a path, or an id, stands for; files are read unless they are known already."""
    place = Path(path).expanduser().absolute()
    wanted = json.dumps(dict(source.options), sort_keys=True)
    if path in schemas(store) and not (source.options or source.reader or place.exists()):
        return path
    for record in store.datasets():
        same = record.source == str(place) and json.dumps(record.options, sort_keys=True) == wanted
        if same and source.reader in ("", record.reader) and place.exists() and unchanged(store, record):
            return record.id
    if path in schemas(store) and not place.exists():
        raise DataError(
            f"“{path}” is a dataset of this workspace: --reader, --target and --option are for files."
        )
    with reading() as on_progress:
        return add_dataset(store, place, source.reader, source.options, on_progress=on_progress).record.id


def suits(template: str, schema: Schema) -> bool:
    """Whether a template takes what a dataset offers, and its shapes fit."""
    document = templates.load(template)
    nodes = [node.id for node in document.graph.nodes.values() if node.type == "Dataset"]
    if len(nodes) != 1 or not _taken(document, nodes[0]) <= set(schema.outputs):
        return False
    document = assign(document, f"{nodes[0]}.dataset", schema.id)
    return analyse(document, {schema.id: schema}).ok


def _taken(document: Document, node: str) -> set[str]:
    """Names of the outputs of a dataset node that something is linked to."""
    return {source.name for source in document.graph.links.values() if source.node == node}
