"""`python -m workbench.engine.exporting_runs DATABASE`: writes what a request on stdin, one line of JSON, asks of runs.

Says what it is doing in lines of JSON on stdout, the last one with what was written; one line on stderr and the
code 1 where that failed. Imports the store and what writes files, not torch.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core import text
from workbench.core.errors import JobError, WorkbenchError
from workbench.engine import metric_files, mlflow_files, report, tensorboard_files
from workbench.jobs.bundles import pack
from workbench.jobs.exports import OF_SEVERAL, Request
from workbench.store.store import Store

Say = Callable[[str], None]


def main(arguments: list[str]) -> int:
    """0 when written; 1 with one line on stderr otherwise."""
    try:
        request = Request.from_json(sys.stdin.buffer.readline().decode("utf-8", "replace"))
        store = Store(Path(arguments[0]))
        try:
            said = export_runs(store, request, lambda doing: _tell({"doing": doing}))
        finally:
            store.close()
    except WorkbenchError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except OSError as error:
        reason = error.strerror or error
        print(f"error: {error.filename or request.place} cannot be written: {reason}.", file=sys.stderr)
        return 1
    _tell({"files": [request.place], "said": said})
    return 0


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


def _tell(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
