"""`workbench train`: queues the run exactly as the window does, starts the runner, and shows what it does."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from workbench.catalog.goals import rising
from workbench.catalog.schema import Schema
from workbench.catalog.starts import RUN
from workbench.catalog.training import setting_name
from workbench.catalog.updates import updates_of
from workbench.cli.common import (
    DataOption,
    JsonOption,
    ModelArgument,
    ReaderOption,
    SetOption,
    WorkspaceOption,
    console,
    find_model,
    opened,
    say_json,
    schemas,
)
from workbench.cli.reading import OptionOption, Source, TargetOption, bound, source_of
from workbench.core import text
from workbench.core.assign import assign, parse
from workbench.core.document import Document
from workbench.jobs.devices import choose, devices
from workbench.jobs.queue import enqueue, ensure_runner, recover
from workbench.store.records import RunRecord, Summary
from workbench.store.store import Store

LOOK_EVERY = 0.2


def train(
    model: ModelArgument,
    data: DataOption = None,
    reader: ReaderOption = "",
    target: TargetOption = "",
    option: OptionOption = None,
    set: SetOption = None,
    weights: Annotated[
        str, typer.Option("--weights", help="Start from these: run:ID or a .safetensors file.")
    ] = "",
    seed: Annotated[int | None, typer.Option("--seed", help="Start of all random numbers.", min=0)] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:0 or mps.")] = "auto",
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> int:
    """Train a model; Ctrl+C stops it and keeps the last checkpoint."""
    document = find_model(model, workspace)
    source = source_of(data, reader, target, option)
    with opened(workspace) as store:
        document, known = prepared(store, document, source, set)
        if seed is not None:
            document = assign(document, "training.seed", seed)
        if weights:
            place = weights if weights.startswith(RUN) else str(Path(weights).expanduser().absolute())
            document = assign(document, "training.weights", place)
        recover(store)
        choose(device, devices(), ())  # one that is not here is told before anything is queued
        run = enqueue(store, document, schemas=known, device=device)
        run, stopped = follow(store, run, quiet=json)
        report(store, run, json)
        if run.state == "failed":
            return 1
        return 130 if stopped or run.state == "stopped" else 0


def prepared(
    store: Store, document: Document, source: Source, settings: list[str] | None, *, anyway: bool = False
) -> tuple[Document, Mapping[str, Schema]]:
    """The document with --data and --set applied, and the datasets that it may name.

    `anyway` binds a dataset that does not offer what the model takes, too: the check tells.
    """
    for entry in source.data:
        document = bound(store, document, entry, source, anyway=anyway)
    for setting in settings or ():
        name, value = parse(setting)
        if name.startswith("training.updates."):  # also of the one that a model has without a list
            training = replace(document.training, updates=updates_of(document))
            document = replace(document, training=training)
        document = assign(document, setting_name(name), value)
    return document, schemas(store)


def follow(store: Store, run: RunRecord, *, quiet: bool) -> tuple[RunRecord, bool]:
    """Sees to a runner and waits for the end of a run with a progress bar. Says whether Ctrl+C asked it to stop; a
    second Ctrl+C no longer waits for that.
    """
    stopped = False
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task(run.name, total=None, figures="")
        line, ensured = "", -math.inf
        while True:
            try:
                run = store.run(run.id)
                if run.final:
                    return run, stopped
                figures = _figures(store.summaries([run.id])[run.id])
                name = (
                    f"{run.name} epoch {run.epoch}/{run.epochs}" if run.epoch else f"{run.name} {run.state}"
                )
                progress.update(
                    task, description=name, completed=run.step, total=run.steps or None, figures=figures
                )
                if not quiet and not console.is_terminal and name != line:
                    line = name
                    print(f"{name}  {figures}", flush=True)
                if time.monotonic() - ensured > 5:
                    ensure_runner(store)
                    ensured = time.monotonic()
                time.sleep(LOOK_EVERY)
            except KeyboardInterrupt:
                if stopped:
                    return run, True
                stopped = True
                store.request(run.id, "stop")


def report(store: Store, run: RunRecord, json: bool) -> None:
    """The end of a run in words or as JSON."""
    summaries = store.summaries([run.id])[run.id]
    seconds = (run.ended - run.started) if run.started and run.ended else 0.0
    if json:
        metrics = {name: _metric(summary) for name, summary in summaries.items()}
        epochs = run.epoch
        say_json(
            {
                "run": run.id,
                "state": run.state,
                "cause": run.cause,
                "epochs": epochs,
                "metrics": metrics,
                "seconds": round(seconds, 3),
            }
        )
        return
    console.print(f"run {run.id} ({run.name}): {run.state} after {text.duration(seconds)}", highlight=False)
    if run.cause:
        console.print(run.cause, highlight=False, markup=False, soft_wrap=True)
    for name, summary in sorted(summaries.items()):
        if not name.startswith("train/"):
            console.print(f"  {name}: {text.number(summary.last)}", highlight=False)


def _metric(summary: Summary) -> dict[str, object]:
    up = rising(summary.type)
    best, step = (summary.max, summary.max_step) if up else (summary.min, summary.min_step)
    return {"last": summary.last, "best": best, "step": step}


def _figures(summaries: Mapping[str, Summary]) -> str:
    shown = [name for name in summaries if name.startswith("validation/")] or list(summaries)
    parts = [f"{name.rpartition('/')[2]} {text.number(summaries[name].last)}" for name in shown[:3]]
    return "  ".join(parts)
