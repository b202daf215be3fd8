"""`workbench runs`: what was trained in a workspace, and what to do with it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from workbench.cli import training
from workbench.cli.common import JsonOption, WorkspaceOption, console, opened, say_json, schemas
from workbench.core import text
from workbench.core.difference_words import words
from workbench.core.errors import FilterError, JobError, WorkbenchError
from workbench.core.files import loads
from workbench.jobs.drawings import differences
from workbench.jobs.queue import enqueue_again, recover
from workbench.jobs.run_filter import RunFacts, find
from workbench.jobs.settings import ENVIRONMENT, ESTIMATE
from workbench.store.records import Marks, Request, RunRecord, Summary
from workbench.store.store import Store

app = typer.Typer(help="Runs: list, show, compare, tag, resume, pause, stop, export, report, import, delete.")
RunArgument = Annotated[int, typer.Argument(help="The run's number.", metavar="RUN", min=1)]
ArchivedOption = Annotated[bool, typer.Option("--archived", help="Also runs that were put away.")]


@app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    where: Annotated[
        str,
        typer.Option("--where", help='Which runs, as in "accuracy > 0.9 and tag = paper".', metavar="FILTER"),
    ] = "",
    archived: ArchivedOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List all runs, the newest first."""
    if context.invoked_subcommand is not None:
        if json or where or archived or workspace is not None:
            raise typer.BadParameter("write options after the command")
        return
    with opened(workspace, new=False) as store:
        recover(store)
        found = _found(store, where, archived)
    if json:
        say_json([_as_json(each.run, each.summaries, each.marks) for each in found])
        return
    table = Table(
        "Run", "Model", "State", "Epoch", "Figures", "Data", "Took", "Tags", box=None, pad_edge=False
    )
    for each in found:
        run, marks = each.run, each.marks
        table.add_row(
            f"{run.id} ★" if marks.star else str(run.id),
            Text(text.one_line(run.name, 60)),
            run.state,
            f"{run.epoch}/{run.epochs}",
            _brief(each.summaries),
            Text(text.one_line(run.dataset, 60)),
            text.duration(run.ended - run.started) if run.started and run.ended else "",
            Text(", ".join(marks.tags)),
        )
    console.print(table)


@app.command()
def tag(
    runs: Annotated[list[int], typer.Argument(help="The runs' numbers.", metavar="RUN...", min=1)],
    add: Annotated[
        list[str] | None, typer.Option("--add", help="A tag to add; more than once for several.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A tag to take away.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Add tags to runs, or take them away."""
    if not add and not remove:
        raise typer.BadParameter("name a tag with --add or --remove")
    with opened(workspace, new=False) as store:
        change = store.change_tags(
            add=[(run, tag) for run in runs for tag in add or ()],
            remove=[(run, tag) for run in runs for tag in remove or ()],
        )
    console.print(
        f"{text.plural(len(change.added), 'tag')} added, {len(change.removed)} taken away.", highlight=False
    )


@app.command()
def show(run: RunArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show one run: state, figures, settings, log."""
    with opened(workspace, new=False) as store:
        recover(store)
        record = store.run(run)
        summaries = store.summaries([run])[run]
        params = store.params(run)
        lines = store.log_lines(run)
        checkpoints = store.checkpoints(run)
        marks = store.marks_of(run)
    if json:
        data = _as_json(record, summaries, marks)
        data["params"] = params
        data["checkpoints"] = [
            {"kind": c.kind, "epoch": c.epoch, "step": c.step, "path": c.path} for c in checkpoints
        ]
        data["log"] = [{"level": line.level, "text": line.text} for line in lines]
        say_json(data)
        return
    console.print(
        f"run {record.id}, {record.name}: {record.state}. {record.cause}", highlight=False, markup=False
    )
    console.print(
        f"  {record.parameters:,} parameters, seed {record.seed}, {record.used_device}", highlight=False
    )
    for name, summary in sorted(summaries.items()):
        console.print(f"  {name}: {text.number(summary.last)}", highlight=False)
    if marks.tags:
        console.print(f"  tags: {', '.join(marks.tags)}", highlight=False, markup=False)
    if marks.notes:
        console.print(marks.notes.rstrip(), highlight=False, markup=False, soft_wrap=True)
    for line in lines[-20:]:
        console.print(f"  {line.level}: {line.text}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def compare(
    runs: Annotated[list[int], typer.Argument(help="Two or more runs.", metavar="RUN...")],
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what differs between runs: settings, figures, then the drawings against that of the first run."""
    if len(runs) < 2:
        raise typer.BadParameter("name at least two runs", param_hint="RUN...")
    with opened(workspace, new=False) as store:
        records = [store.run(run) for run in runs]
        params = [store.params(run) for run in runs]
        summaries = store.summaries(runs)
        drawings = _drawings(store, records)
    differing: dict[str, list[Any]] = {}
    for name in dict.fromkeys(name for each in params for name in each if not name.startswith(ESTIMATE)):
        values = [each.get(name) for each in params]
        if name.startswith(ENVIRONMENT) and None in values:
            continue  # an earlier version did not record it
        if any(value != values[0] for value in values):
            differing[name] = values
    names = sorted({name for run in runs for name in summaries[run]})
    figures = {
        name: [summaries[run][name].last if name in summaries[run] else None for run in runs]
        for name in names
    }
    if json:
        say_json({"runs": runs, "parameters": differing, "metrics": figures, "drawings": drawings})
        return
    table = Table(
        "",
        *(f"{escape(text.one_line(record.name, 60))} #{record.id}" for record in records),
        box=None,
        pad_edge=False,
    )
    for name, values in differing.items():
        table.add_row(escape(name), *("–" if value is None else escape(str(value)) for value in values))
    for name, numbers in figures.items():
        table.add_row(name, *("–" if value is None else text.number(value) for value in numbers))
    console.print(table)
    for id, told in drawings.items():
        console.print(f"\nDrawing of #{id} against #{runs[0]}:", highlight=False)
        for line in told or ["no difference"]:
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)


def _drawings(store: Store, records: Sequence[RunRecord]) -> dict[int, list[str]]:
    """What differs between the drawing of the first run and that of each other one; why that cannot be told."""
    base, *others = records
    found: dict[int, list[str]] = {}
    for other in others:
        try:
            one, two = (
                loads(store.document_text(run.id), f"the drawing of run {run.id}") for run in (base, other)
            )
        except WorkbenchError as error:
            found[other.id] = [f"cannot be compared: {error}"]
            continue
        found[other.id] = [words(change) for change in differences(base, other, one, two).changes]
    return found


@app.command()
def resume(run: RunArgument, json: JsonOption = False, workspace: WorkspaceOption = None) -> int:
    """Go on with a paused run; continue one that stopped or failed from its last checkpoint, as a new run."""
    with opened(workspace, new=False) as store:
        recover(store)
        record = store.run(run)
        if record.alive:
            _ask(store, record, "resume", quiet=json)
            if json:
                say_json({"run": run, "state": record.state, "request": "resume"})
            return 0
        continued = enqueue_again(store, record, schemas=schemas(store), device=record.device, resume=True)
        continued, stopped = training.follow(store, continued, quiet=json)
        training.report(store, continued, json)
        return 1 if continued.state == "failed" else 130 if stopped else 0


@app.command()
def pause(run: RunArgument, workspace: WorkspaceOption = None) -> None:
    """Ask a run to pause; it keeps its device and goes on with `resume`."""
    with opened(workspace, new=False) as store:
        _ask(store, store.run(run), "pause")


@app.command()
def stop(run: RunArgument, workspace: WorkspaceOption = None) -> None:
    """Ask a run to stop; its last checkpoint is kept."""
    with opened(workspace, new=False) as store:
        _ask(store, store.run(run), "stop")


@app.command()
def delete(run: RunArgument, workspace: WorkspaceOption = None) -> None:
    """Put a run into the trash."""
    with opened(workspace, new=False) as store:
        record = store.run(run)
        if record.alive:
            raise JobError(f"Run {run} is {record.state}; stop it first.")
        store.delete_run(run)
    console.print(f"Run {run} is in the trash.", highlight=False)


def _found(store: Store, where: str, archived: bool) -> list[RunFacts]:
    try:
        return find(store, where, archived=archived)
    except FilterError as error:
        raise JobError(f"At character {error.at + 1} of the filter: {error}") from error


def _ask(store: Store, run: RunRecord, what: Request, *, quiet: bool = False) -> None:
    if run.final:
        raise JobError(f"Run {run.id} has already ended: {run.state}.")
    store.request(run.id, what)
    if not quiet:
        console.print(f"Asked run {run.id} to {what}.", highlight=False)


def _as_json(run: RunRecord, summaries: Mapping[str, Summary], marks: Marks) -> dict[str, object]:
    return {
        "run": run.id,
        "name": run.name,
        "model": run.model,
        "state": run.state,
        "cause": run.cause,
        "device": run.used_device or run.device,
        "seed": run.seed,
        "epoch": run.epoch,
        "epochs": run.epochs,
        "step": run.step,
        "parameters": run.parameters,
        "dataset": run.dataset,
        "star": marks.star,
        "tags": list(marks.tags),
        "notes": marks.notes,
        "archived": marks.archived > 0,
        "metrics": {name: {"last": s.last, "min": s.min, "max": s.max} for name, s in summaries.items()},
    }


def _brief(summaries: Mapping[str, Summary]) -> str:
    split = next(
        (s for s in ("test/", "validation/", "train/") if any(n.startswith(s) for n in summaries)), ""
    )
    shown = [name for name in summaries if name.startswith(split)][:2] if split else []
    return "  ".join(f"{name.removeprefix(split)} {text.number(summaries[name].last)}" for name in shown)
