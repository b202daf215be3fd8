"""Asks the process that reads files of strangers, and says for people why it ended. Imports core.

What hangs is ended: a damaged file may keep a library busy for ever.
"""

import json
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from workbench.core.errors import DataError
from workbench.jobs import processes

READERS = "workbench.engine.readers"

LONGEST_SILENCE = 600.0
"""Seconds after which a reading of which nothing is heard is ended."""

_TOO_LONG = getattr(signal, "SIGXCPU", 0)
"""The signal that ends a process which has used the processor for longer than it may."""
_LONGEST_COMPLAINT = 2_000

Progress = Callable[[str, int, int], None]


class _Silence:
    """Ends something when nothing was heard of it for too long."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.over = False
        self._end = end
        self._start()

    def broken(self) -> None:
        """Something was heard."""
        self._timer.cancel()
        self._start()

    def stop(self) -> None:
        """Listen no more."""
        self._timer.cancel()

    def _start(self) -> None:
        self._timer = threading.Timer(LONGEST_SILENCE, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def _give_up(self) -> None:
        self.over = True
        self._end()


def ask(request: Mapping[str, object], on_progress: Progress | None = None) -> dict[str, Any]:
    """The last line that the process says.  Raises DataError with what it complains of."""
    command = processes.python(READERS)
    pipe = subprocess.PIPE
    last: dict[str, Any] = {}
    # Complaints go to a file: a library that complains of every picture would fill a pipe that nobody empties.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=complaints, text=True, encoding="utf-8"
        ) as process,
    ):
        assert process.stdin and process.stdout
        silent = _Silence(process.kill)
        try:
            with suppress(BrokenPipeError):  # it has ended already; its code tells
                process.stdin.write(json.dumps(dict(request)) + "\n")
                process.stdin.close()
            for line in process.stdout:
                silent.broken()
                try:
                    said = json.loads(line)
                except ValueError:  # a library that prints: no answer of ours
                    continue
                last = said
                if "progress" in last and on_progress is not None:
                    on_progress(*last["progress"])
            code = process.wait()
        finally:
            silent.stop()
            process.kill()
        complaints.seek(0)
        text = complaints.read()
    if silent.over:
        minutes = LONGEST_SILENCE / 60
        raise DataError(
            f"Reading {request['path']} was given up: nothing was heard of it for {minutes:g} minutes. "
            "A damaged file among them may be the cause."
        )
    if code:
        raise DataError(complaint(text, code))
    return last


def complaint(said: str, code: int) -> str:
    """Why the readers' process ended, for people: what it said at the end, or else what its exit code tells.

    A code below zero is the signal that ended it.
    """
    lines = said.strip().splitlines()
    last = lines[-1].strip()[:_LONGEST_COMPLAINT] if lines else ""
    if "Traceback (most recent call last)" in said:
        return f"The reader stumbled over something that it does not expect: {last}"
    if code == -_TOO_LONG:
        return (
            "A file among the data keeps the program that reads it busy without an end: it is damaged, or made to "
            "do so. Nothing was read."
        )
    if code < 0:
        return (
            "The program that reads files was ended from outside or fell over. A file may be damaged, or the "
            "memory may have run out."
        )
    return last or f"Reading ended without a word (exit code {code})."
