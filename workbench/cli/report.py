"""`workbench runs report`: several runs in one file for people. Imports the store and the engine without torch."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.common import WorkspaceOption, console, opened
from workbench.core import text
from workbench.core.errors import JobError

ENDINGS = (".html", ".htm", ".pdf")


def report(
    runs: Annotated[list[int], typer.Argument(help="The runs' numbers.", metavar="RUN...", min=1)],
    file: Annotated[Path, typer.Argument(help="The file to write: .html or .pdf.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Tell in one HTML or PDF file what differs between runs, how well they did, and if that is more than chance."""
    if file.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"{file} should end in .html or .pdf.", param_hint="FILE")
    runs = list(dict.fromkeys(runs))
    from workbench.engine import report as reports

    with opened(workspace, new=False) as store:
        try:
            reports.write(store, runs, file.resolve())
        except OSError as error:
            raise JobError(f"{file} cannot be written: {error.strerror or error}.") from error
    said = f"Written to {file}: a report of {text.plural(len(runs), 'run')}."
    console.print(said, highlight=False, markup=False, soft_wrap=True)
