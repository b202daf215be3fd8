"""Asking for the export of a model: what is wanted, and the process that does it, which imports torch.

Standard library only.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

from workbench.core.errors import JobError
from workbench.jobs import processes

Progress = Callable[[str], None]
"""Hears what an export is doing, in a few words."""
KINDS = ("onnx", "safetensors", "torch", "python")
OF_RUNS = ("card", "metrics")
"""What only a run has; the ending of the place says in which form."""
SUFFIXES = {".onnx": "onnx", ".safetensors": "safetensors", ".pt2": "torch"}
"""What the name of a file says; any other is the folder of a Python program."""


@dataclass(frozen=True, slots=True)
class Request:
    """One export: of a run by its number, else of a document's text."""

    to: str
    place: str
    """The file or, for Python, the folder; absolute."""
    run: int = 0
    document: str = ""
    checkpoint: str = "best"
    output: str = ""
    """NODE or NODE.PORT where it is not the outputs of the drawing."""

    @property
    def which(self) -> Literal["best", "last"]:
        return cast(Literal["best", "last"], self.checkpoint)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Request":
        """Raises JobError for what is no request."""
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise JobError(f"This is no request for an export: {error}.") from error


def command(database: Path) -> list[str]:
    """The process that takes a request as a line on its stdin and says in JSON what it does."""
    return processes.python("workbench.engine.exporting", str(database))


def export(database: Path, request: Request, on_progress: Progress | None = None) -> dict[str, Any]:
    """Runs an export to its end; gives its files and what it says of them. Raises JobError with the reason."""
    last: dict[str, Any] = {}
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
            command(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            try:
                with suppress(BrokenPipeError):  # it ended at once, and says why
                    process.stdin.write(f"{request.to_json()}\n".encode())
                    process.stdin.close()
                for line in process.stdout:
                    said = _said(line)
                    if on_progress is not None and "doing" in said:
                        on_progress(str(said["doing"]))
                    last = said or last
            except BaseException:
                process.kill()
                raise
        errors.seek(0)
        complaint = errors.read().decode("utf-8", "replace")
    if process.returncode or "files" not in last:
        raise JobError(reason(complaint, process.returncode))
    return last


def reason(complaint: str, code: int) -> str:
    """Why an export failed, from what its process wrote to its standard error."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if own:
        return own[-1]
    said = f": {lines[-1]}" if lines else "."
    return f"The export ended with the code {code}{said} Nothing was written."


def _said(line: bytes) -> dict[str, Any]:
    """A line of JSON; {} for what a library printed."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
