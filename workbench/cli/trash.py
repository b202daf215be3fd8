"""`workbench runs trash`, `restore` and `purge`: runs that were deleted. Imports the store."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from workbench.cli.common import JsonOption, WorkspaceOption, console, opened, say_json
from workbench.core import text
from workbench.core.errors import JobError

RunsArgument = Annotated[list[int], typer.Argument(help="The runs' numbers.", metavar="RUN...", min=1)]


def trash(json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the runs in the trash."""
    with opened(workspace, new=False) as store:
        found = store.runs(deleted=True)
    if json:
        say_json(
            [{"run": run.id, "name": run.name, "state": run.state, "dataset": run.dataset} for run in found]
        )
        return
    table = Table("Run", "Model", "State", "Data", box=None, pad_edge=False)
    for run in found:
        table.add_row(
            str(run.id), Text(text.one_line(run.name, 60)), run.state, Text(text.one_line(run.dataset, 60))
        )
    if found:
        console.print(table)
    else:
        console.print("The trash is empty.", highlight=False)


def restore(runs: RunsArgument, workspace: WorkspaceOption = None) -> None:
    """Take runs back out of the trash."""
    with opened(workspace, new=False) as store:
        there = {run.id for run in store.runs(deleted=True)}
        if missing := [run for run in runs if run not in there]:
            raise JobError(f"Run {missing[0]} is not in the trash; nothing was taken back.")
        for run in dict.fromkeys(runs):
            store.restore_run(run)
    console.print(f"{text.plural(len(set(runs)), 'run')} taken back.", highlight=False)


def purge(
    runs: Annotated[
        list[int] | None, typer.Argument(help="The runs' numbers; none with --all.", metavar="[RUN...]")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All runs in the trash.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Delete runs in the trash for good, with all that they recorded and their weights."""
    if bool(runs) == everything:
        raise typer.BadParameter("name runs, or say --all")
    with opened(workspace, new=False) as store:
        there = [run.id for run in store.runs(deleted=True)]
        wanted = there if everything else list(dict.fromkeys(runs or ()))
        if missing := [run for run in wanted if run not in there]:
            raise JobError(f"Run {missing[0]} is not in the trash; nothing was deleted.")
        what = text.plural(len(wanted), "run")
        if wanted and not yes and not typer.confirm(f"Delete {what} for good? This cannot be undone."):
            console.print("Nothing was deleted.", highlight=False)
            return
        for run in wanted:
            store.purge_run(run, only_deleted=True)
    console.print(f"{what} deleted for good.", highlight=False)
