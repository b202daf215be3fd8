"""Printing a page of HTML to PDF, in a process that has Qt but no window.  Standard library only."""

import os
import subprocess
from pathlib import Path
from typing import Final

from workbench.core.errors import JobError
from workbench.jobs import asking, processes

_SECONDS: Final = 300
_ENDED: Final = "The page could not be printed; its process ended with the code {}"


def print_pdf(page: Path, file: Path) -> None:
    """Prints a page of ours. Raises JobError with the reason."""
    command = processes.python("workbench.gui.printing", str(page), str(file))
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise JobError(
            f"Printing took longer than {_SECONDS} seconds. Write HTML instead, or fewer runs."
        ) from error
    if done.returncode or not file.exists():
        raise JobError(asking.reason(done.stderr.decode("utf-8", "replace"), done.returncode, _ENDED))
