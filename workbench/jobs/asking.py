"""Asking a process one thing: a line of JSON in, lines of JSON out, a reason in words where it fails.

Standard library only.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, Self

from workbench.core.errors import JobError

Progress = Callable[[str], None]
"""Hears what is being done, in a few words."""
_PATIENCE: Final = 5.0
"""Seconds that a process has to leave by itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a process is asked, as a line of JSON; each kind is a dataclass with fields of its own."""

    what: ClassVar[str]
    """What it asks for, in words."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Raises JobError for what is no request."""
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise JobError(f"This is no request for {cls.what}: {error}.") from error


def ask(
    command: Sequence[str], line: str, on_progress: Progress | None, *, answer: str, ended: str
) -> dict[str, Any]:
    """Runs the process to its end; gives the line that has `answer`. Raises JobError with the reason."""
    last: dict[str, Any] = {}
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            try:
                with suppress(BrokenPipeError):  # it ended at once, and says why
                    process.stdin.write(f"{line}\n".encode())
                    process.stdin.close()
                for raw in process.stdout:
                    said = answered(raw)
                    if on_progress is not None and "doing" in said:
                        on_progress(str(said["doing"]))
                    last = said or last
            except BaseException:
                leave(process)
                raise
        errors.seek(0)
        complaint = errors.read().decode("utf-8", "replace")
    if process.returncode or answer not in last:
        raise JobError(reason(complaint, process.returncode, ended))
    return last


def leave(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process, which has a while to take away what it did not finish."""
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()


def reason(complaint: str, code: int, ended: str) -> str:
    """Why something failed, from what its process wrote to its standard error; else `ended`, with the code in it."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    own = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if own:
        return own[-1]
    return ended.format(f"{code}: {lines[-1]}" if lines else f"{code}.")


def answered(line: bytes) -> dict[str, Any]:
    """A line of JSON; {} for what a library printed."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
