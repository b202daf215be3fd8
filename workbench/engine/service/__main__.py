"""`python -m workbench.engine.service DATABASE [DEVICE]`: answers questions about trained models in JSON lines.

{"id": 7, "do": NAME, "run": 12, "checkpoint": "best", …} on stdin is answered by {"id": 7, "done": 3, "of": 9} any
number of times and one {"id": 7, "result": {…}} or {"id": 7, "error": sentence}. {"cancel": 7} ends 7 with "Stopped.".
"""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import torch

from workbench.core.errors import WorkbenchError
from workbench.engine import ending
from workbench.engine.service.context import Context
from workbench.engine.service.serving import Requests, Service
from workbench.store.store import Store


def main(arguments: list[str]) -> int:
    """Answers until the input ends; 1 with one line on stderr where the workspace cannot be opened."""
    if len(arguments) not in (1, 2):
        print("usage: python -m workbench.engine.service DATABASE [DEVICE]", file=sys.stderr)
        return 2
    ending.heed()
    torch.set_num_threads(max(1, min(4, (os.cpu_count() or 2) // 2)))
    try:
        store = Store(Path(arguments[0]))
    except WorkbenchError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    device = torch.device(arguments[1] if len(arguments) > 1 else "cpu")
    with tempfile.TemporaryDirectory(prefix="workbench-service-") as folder:
        context = Context(store, Path(folder), device)
        try:
            Service(context, Requests(sys.stdin)).serve()
        finally:
            context.close()
            store.close()
    return 0


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except SystemExit as told:
        code = told.code if isinstance(told.code, int) else 1
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(code)  # the thread that waits for requests, or torch's own, can keep an interpreter from ending
