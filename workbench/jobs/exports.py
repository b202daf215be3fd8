"""Asking for the export of a model: what is wanted, and the process that does it, which imports torch.

Standard library only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from workbench.jobs import asking, processes
from workbench.jobs.asking import Progress

_ENDED = "The export ended with the code {} Nothing was written."
KINDS = ("onnx", "safetensors", "torch", "python")
OF_RUNS = ("card", "metrics")
"""What only a run has; the ending of the place says in which form."""
OF_SEVERAL = ("report", "metrics", "tensorboard", "mlflow", "bundle")
"""What is written of any number of runs; of none, a bundle is the whole workspace."""
SUFFIXES = {".onnx": "onnx", ".safetensors": "safetensors", ".pt2": "torch"}
"""What the name of a file says; any other is the folder of a Python program."""


@dataclass(frozen=True, slots=True)
class Request(asking.Asked):
    """One export: of a run by its number, else of a document's text."""

    what = "an export"
    to: str
    place: str
    """The file or, for Python, the folder; absolute."""
    run: int = 0
    runs: tuple[int, ...] = ()
    """Several runs, for what is written of them together."""
    document: str = ""
    checkpoint: str = "best"
    output: str = ""
    """NODE or NODE.PORT where it is not the outputs of the drawing."""

    @property
    def which(self) -> Literal["best", "last"]:
        return cast(Literal["best", "last"], self.checkpoint)


def command(database: Path, *, several: bool = False) -> list[str]:
    """The process that takes a request as a line on its stdin and says in JSON what it does.

    That for `several` runs imports no torch.
    """
    module = "workbench.engine.exporting_runs" if several else "workbench.engine.exporting"
    return processes.python(module, str(database))


def export(database: Path, request: Request, on_progress: Progress | None = None) -> dict[str, Any]:
    """Runs an export to its end; gives its files and what it says of them. Raises JobError with the reason."""
    return asking.ask(command(database), request.to_json(), on_progress, answer="files", ended=_ENDED)


def reason(complaint: str, code: int) -> str:
    """Why an export failed, from what its process wrote to its standard error."""
    return asking.reason(complaint, code, _ENDED)
