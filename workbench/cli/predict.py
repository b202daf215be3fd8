"""`workbench predict`: what a trained model answers about files of one's own. A process of its own computes it."""

import base64
import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from workbench.catalog.starts import RUN
from workbench.cli.common import JsonOption, WorkspaceOption, console, opened, say_json
from workbench.core import text
from workbench.core.files import write_atomically
from workbench.jobs.service import Progress, Service


def predict(
    run: Annotated[str, typer.Argument(help="A run's number, or run:ID.", metavar="RUN")],
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, and folders of them: pictures, sounds, texts, tables, series, volumes, graphs.",
            metavar="INPUT…",
        ),
    ] = None,
    texts: Annotated[
        list[str] | None, typer.Option("--text", help="A text to predict; may be given several times.")
    ] = None,
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", help="Which weights of the run: best or last.")
    ] = "best",
    output: Annotated[str, typer.Option("--output", help="Which output of the model, by its node.")] = "",
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="How many classes to tell of each.")] = 5,
    to: Annotated[
        Path | None, typer.Option("--to", help="A folder for the pictures and masks that the model makes.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table with commas.")] = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> int:
    """Predict files with a trained run. They are made ready as the files of its dataset were in training.

    An input that cannot be used is told and left out; the command then ends with the code 1.
    """
    number = run.removeprefix(RUN)
    if not number.isdecimal():
        raise typer.BadParameter(f"“{run}” is no number of a run.", param_hint="RUN")
    if checkpoint not in ("best", "last"):
        raise typer.BadParameter(
            f"“{checkpoint}” is not known; best and last are.", param_hint="--checkpoint"
        )
    if json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv", param_hint="--csv")
    if not inputs and not texts:
        raise typer.BadParameter("name files or folders, or give a --text", param_hint="INPUT…")
    with opened(workspace, new=False) as store:
        store.run(int(number))
        database = store.path
    request = {"do": "predict", "run": int(number), "checkpoint": checkpoint, "output": output}
    found: dict[str, Any] = {}
    items: list[dict[str, Any]] = []
    notes: dict[str, None] = {}
    with Service(database) as service, _shown() as on_progress:
        asked: list[dict[str, Any]] = [{"text": each} for each in texts or ()]
        if inputs:
            asked.insert(0, {"files": [str(each.expanduser().absolute()) for each in inputs]})
        for each in asked:
            found = service.ask({**request, "inputs": each, "top": top, "items": False}, on_progress)
            named = (
                [{**item, "name": each["text"]} for item in found["items"]]
                if "text" in each
                else found["items"]
            )
            items += named
            notes |= {str(found["said"]): None} if found["said"] else {}
    items = [_written(item, to) for item in items]
    if json:
        said = " ".join(notes)
        say_json({"output": found["output"], "kind": found["kind"], "said": said, "items": items})
    elif as_csv:
        _print_csv(items, top)
    else:
        _print_lines(items, notes)
    return 1 if any("error" in item for item in items) else 0


def _written(item: Mapping[str, Any], to: Path | None) -> dict[str, Any]:
    """The item with the file of its picture instead of the picture, which is left out where no folder is given."""
    found = dict(item)
    picture = found.pop("picture", None)
    if picture is None:
        return found
    if to is None:
        return {**found, "width": picture["width"], "height": picture["height"]}
    to.mkdir(parents=True, exist_ok=True)
    stem = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in Path(found["name"]).name)[
        :120
    ]
    file, number = to / f"{stem}.png", 1
    while file in _taken:
        number += 1
        file = to / f"{stem}-{number}.png"
    _taken.add(file)
    write_atomically(file, base64.b64decode(picture["png"]))
    return {**found, "file": str(file)}


_taken: set[Path] = set()
"""Files that this command has written: of two inputs of one name both are kept."""


def _print_csv(items: Sequence[Mapping[str, Any]], top: int) -> None:
    rows = [{"name": item["name"], **_flat(item), "error": item.get("error", "")} for item in items]
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "error"))
    writer = csv.DictWriter(sys.stdout, [*columns, "error"], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: text.cell(given) for name, given in row.items()} for row in rows)


def _flat(item: Mapping[str, Any]) -> dict[str, object]:
    """One answer as cells."""
    found: dict[str, object] = {}
    for place, (name, share) in enumerate(item.get("top", ()), 1):
        found |= {f"class {place}": name, f"probability {place}": "" if share is None else share}
    found |= dict(item.get("numbers", ()))
    found |= {f"share of {name}": share for name, share in item.get("areas", ())}
    series = item.get("series") or {"names": [], "predicted": []}
    for place, column in enumerate(series["predicted"]):
        names = series["names"]
        name = names[place] if len(names) == len(series["predicted"]) else f"value {place + 1}"
        found |= {f"{name} +{step}": value for step, value in enumerate(column, 1)}
    found |= {f"value {place}": value for place, value in enumerate(item.get("vector", ()), 1)}
    return found | {name: item[name] for name in ("number", "text", "file") if name in item}


def _print_lines(items: Sequence[Mapping[str, Any]], notes: Iterable[str]) -> None:
    here = f"{Path.cwd()}{os.sep}"
    for item in items:
        line = _line(item)
        if str(item["name"]) not in item.get("error", ""):  # else it names its file itself
            line = f"{text.one_line(str(item['name']).removeprefix(here), 120)}: {line}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for said in dict.fromkeys([*notes, *(str(item["said"]) for item in items if "said" in item)]):
        console.print(f"note: {said}", highlight=False, markup=False, soft_wrap=True)


def _line(item: Mapping[str, Any]) -> str:
    if "error" in item:
        return f"error: {item['error']}"
    parts = [name if share is None else f"{name} {share:.1%}" for name, share in item.get("top", ())]
    if "text" in item:
        return str(item["text"])
    parts += [f"{name} {value:.6g}" for name, value in item.get("numbers", ())]
    parts += [f"{name} {share:.1%}" for name, share in item.get("areas", ())]
    if "number" in item:
        parts.append(f"{item['number']:.6g}")
    if "series" in item:
        names, columns = item["series"]["names"], item["series"]["predicted"]
        named = [f"{name}: " for name in names] if len(names) == len(columns) > 1 else [""] * len(columns)
        told = (", ".join(f"{value:.6g}" for value in column[:12]) for column in columns)
        parts.append("; ".join(name + values for name, values in zip(named, told, strict=True)))
    parts += [f"{value:.4g}" for value in item.get("vector", ())[:12]]
    if "file" in item:
        parts.append(str(item["file"]))
    elif "width" in item:
        parts.append(f"a picture of {item['width']}×{item['height']}; --to FOLDER keeps it")
    return ", ".join(parts)


@contextmanager
def _shown() -> Iterator[Progress | None]:
    """How far it is, on stderr and for people only."""
    said = Console(stderr=True)
    if not said.is_terminal:
        yield None
        return
    with Bar(console=said, transient=True) as bar:
        task = bar.add_task("Predicting", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
