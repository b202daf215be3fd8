"""What commands share: finding the model and the workspace, and saying things. May import store and below."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workbench.catalog import templates
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.cli.workspace import default_workspace
from workbench.core.document import Document
from workbench.core.errors import DocumentError, StoreError
from workbench.core.files import loads
from workbench.core.pictures import read_any
from workbench.store.store import Store

console = Console()
errors = Console(stderr=True)

ModelArgument = Annotated[
    str, typer.Argument(help="A template's id, a model file, or run:ID.", metavar="MODEL")
]
WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="The experiments.db to use.", metavar="DB")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
DataOption = Annotated[
    list[str] | None,
    typer.Option("--data", help="Files to use as the dataset; NODE=PATH where the model has several."),
]
ReaderOption = Annotated[str, typer.Option("--reader", help="How to read --data, if not as detected.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting, such as training.epochs=3 or conv1.out_channels=64."),
]


@contextmanager
def opened(workspace: Path | None, *, new: bool = True) -> Iterator[Store]:
    """The workspace's store, closed at the end. Raises StoreError where one is named that is not there, unless it may
    be `new`.
    """
    if workspace and not new and not workspace.exists():
        raise StoreError(f"There is no workspace {workspace}.")
    store = Store(workspace.resolve() if workspace else default_workspace())
    try:
        yield store
    finally:
        store.close()


def find_model(model: str, workspace: Path | None) -> Document:
    """The document that MODEL names. Raises DocumentError with what it may be."""
    if model.startswith("run:"):
        number = model.removeprefix("run:")
        if not number.isdecimal():
            raise DocumentError(f"“{model}” names no run; write run: and its number, such as run:12.")
        with opened(workspace, new=False) as store:
            return loads(store.document_text(int(number)), model)
    if model in {template.id for template in templates.templates()} | set(templates.RENAMED):
        return templates.load(model)
    if Path(model).exists() or model.endswith((".json", ".png")) or "/" in model:
        return read_any(Path(model))
    known = ", ".join(template.id for template in templates.templates())
    raise DocumentError(f"“{model}” is neither a template ({known}), nor a file, nor run:ID.")


def schemas(store: Store) -> dict[str, Schema]:
    """All datasets that a model may name: samples and those of the workspace."""
    return {**SAMPLES, **{record.id: Schema.from_json(record.schema) for record in store.datasets()}}


def say_json(data: Mapping[str, object] | list[object]) -> None:
    """Prints JSON without any decoration; numbers that JSON cannot hold become null."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(_plain(data), ensure_ascii=not unicode))


def _plain(data: object) -> object:
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return None
    return data
