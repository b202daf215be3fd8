"""`workbench runs import`: runs that TensorBoard or MLflow recorded come into the workspace. Imports store, jobs and
the engine where that needs no torch.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workbench.cli.common import JsonOption, WorkspaceOption, console, opened, say_json
from workbench.jobs.imports import MOST_NAMED, Request, take_in, told


def import_(
    place: Annotated[
        Path, typer.Argument(help="A folder with event files or MLflow's experiments, or one event file.")
    ],
    larger: Annotated[
        list[str] | None,
        typer.Option(
            "--larger",
            help="A metric of which more is better, such as accuracy; of all others less is.",
            metavar="METRIC",
        ),
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> int:
    """Take in runs that other programs recorded, each whole or not at all, and none twice."""
    if workspace and not workspace.exists():
        from workbench.engine import places

        places.look(place.resolve())  # which refuses it before there is a new workspace
    with opened(workspace) as store:
        path = store.path
    bar = Console(stderr=True)
    request = Request(str(place.resolve()), larger=larger or [])
    if bar.is_terminal and not json:
        with bar.status("Starting") as status:
            found, remarks = take_in(path, request, lambda doing: status.update(f"{doing} …"))
    else:
        found, remarks = take_in(path, request)
    wrong = [each for each in found if each.trouble]
    if json:
        say_json({"runs": [each.to_json() for each in found], "remarks": remarks})
    else:
        lines = [told(found), *(f"  {each.trouble}" for each in wrong[1:MOST_NAMED])]
        lines += [f"  And {len(wrong) - MOST_NAMED} more."] if len(wrong) > MOST_NAMED else []
        for line in (*lines, *remarks):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    return 1 if wrong and not any(each.run or each.here for each in found) else 0
