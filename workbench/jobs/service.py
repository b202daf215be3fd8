"""Asks the model service, which imports torch, and waits for its answers. Standard library only.

The window asks it in its own way; this is for the command line and for scripts.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from workbench.core.errors import JobError
from workbench.jobs import processes
from workbench.jobs.asking import answered, leave

Progress = Callable[[int, int], None]
"""Hears how much is done of how much."""
_SOON: Final = 2.0
"""Seconds within which a process that is at nothing has left."""


def command(database: Path, device: str = "") -> list[str]:
    """The process that takes requests as lines on its stdin and answers in lines."""
    return processes.python("workbench.engine.service", str(database), *([device] if device else []))


class Service:
    """One process, started when something is first asked and ended by `close`; models stay at hand in between."""

    def __init__(self, database: Path, device: str = "") -> None:
        self._command = command(database, device)
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, request: Mapping[str, Any], on_progress: Progress | None = None) -> dict[str, Any]:
        """The result of {"do", "run", …}. Raises JobError with the reason why there is none."""
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        self._number += 1
        line = json.dumps({**request, "id": self._number}, ensure_ascii=False) + "\n"
        with suppress(BrokenPipeError):  # it ended at once, and says why
            process.stdin.write(line.encode("utf-8", "replace"))
            process.stdin.flush()
        for said in map(answered, process.stdout):
            if said.get("id") != self._number:
                continue
            if "done" in said:
                if on_progress is not None:
                    on_progress(int(said["done"]), int(said["of"]))
            elif "error" in said:
                raise JobError(str(said["error"]))
            else:
                return dict(said["result"])
        raise JobError(self._reason())

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None and process.stdout is not None
            with suppress(BrokenPipeError):
                process.stdin.close()  # it leaves by itself when its input ends, unless it is at something
            try:
                process.wait(_SOON)
            except subprocess.TimeoutExpired:
                leave(process)
            process.stdout.close()
            process.wait()
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe that nobody empties would fill up
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints
        )
        return self._process

    def _reason(self) -> str:
        """Why the process is gone."""
        assert self._process is not None and self._complaints is not None
        code = self._process.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").splitlines()
        own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        self.close()
        if own:
            return own[-1]
        if code < 0:
            return (
                "The process that computes with the model was ended from outside or fell over; the memory may have run "
                "out. Try again, with fewer or smaller inputs."
            )
        said = next((f": {line.strip()}" for line in reversed(lines) if line.strip()), ".")
        return f"The process that computes with the model ended with the code {code}{said}"
