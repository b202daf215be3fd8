"""`python -m workbench.engine.exporting_runs DATABASE`: writes what a request on stdin, one line of JSON, asks of runs.

Says what it is doing in lines of JSON on stdout, the last one with what was written; one line on stderr and the
code 1 where that failed. Imports the store and what writes files, not torch.
"""

import sys
from pathlib import Path
from typing import Any

from workbench.core import text
from workbench.core.errors import JobError
from workbench.engine import metric_files, mlflow_files, report, tensorboard_files
from workbench.engine.answering import Say, answer
from workbench.jobs.bundles import pack
from workbench.jobs.exports import OF_SEVERAL, Request
from workbench.store.store import Store


def main(arguments: list[str]) -> int:
    """0 when written; 1 with one line on stderr otherwise."""

    def do(store: Store, asked: str, say: Say) -> dict[str, Any]:
        request = Request.from_json(asked)
        said = export_runs(store, request, say)
        return {"files": [request.place], "said": said}

    return answer(arguments[0], do, "written")


def export_runs(store: Store, request: Request, say: Say) -> str:
    """Writes the file or folder, whole or not at all, and says what it is. Raises WorkbenchError or OSError."""
    runs, file = list(request.runs), Path(request.place)
    if request.to not in OF_SEVERAL:
        raise JobError(f"“{request.to}” is not known; {', '.join(OF_SEVERAL)} are.")
    if request.to == "bundle":
        return _bundle(store, runs, file, say)
    if not runs:
        raise JobError("No run is named.")
    say(f"Reading {text.plural(len(runs), 'run')}")
    if request.to in ("report", "metrics") and file.is_dir():
        raise JobError(f"{file} is a folder; name a file in it.")
    if request.to == "report":
        report.write(store, runs, file)
        return f"Written to {file}: a report of {text.plural(len(runs), 'run')}."
    parquet = file.suffix.lower() == ".parquet"
    writers = {
        "metrics": metric_files.write_parquet if parquet else metric_files.write_csv,
        "tensorboard": tensorboard_files.write,
        "mlflow": mlflow_files.write,
    }
    count = writers[request.to](store, runs, file)
    return f"Written to {file}: {text.plural(count, 'value')} of {text.plural(len(runs), 'run')}."


def _bundle(store: Store, runs: list[int], file: Path, say: Say) -> str:
    packed = pack(store, file, say, runs)
    said = f"{text.plural(packed.runs, 'run')} and {text.plural(packed.checkpoints, 'checkpoint')}"
    gone = len(packed.left_out)
    left = (
        f" {text.plural(gone, 'checkpoint')} {'is' if gone == 1 else 'are'} gone or damaged." if gone else ""
    )
    return f"Written to {file}: {said}, {text.size(file.stat().st_size)}.{left}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
