"""Processes of the operating system: how ours are started, told apart, ended, and how their end reads in words.

Standard library and psutil only.
"""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_TAIL_BYTES = 4096
_LONGEST_LINE = 300

# Started here; held although nobody may ask for them again, and polled so that none stays behind as a zombie.
_running: list["subprocess.Popen[bytes]"] = []


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours. -P keeps files of the current folder from posing as modules."""
    return [sys.executable, "-P", "-m", module, *arguments]


def start(
    command: Sequence[str], log: Path, folder: Path, variables: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    """Starts a process in its own session, so that it outlives its parent; what it prints goes to the log."""
    reap()
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1", **variables},
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
    _running.append(process)
    return process


def reap() -> None:
    """Lets go of processes started here that have ended."""
    _running[:] = [process for process in _running if process.poll() is None]


@atexit.register
def _let_go() -> None:
    """They outlive us, as they should: nobody waits for them any more, which else would be told as a leak."""
    reap()
    for process in _running:
        process.returncode = 0


def started(pid: int) -> float:
    """When a process began, 0.0 where there is none: with the pid, this tells it from any later process.

    On Linux seconds since boot, which, unlike the time of day, nobody can set back while the process lives.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        ticks = int(stat.rpartition(b")")[2].split()[19])  # the name before it may hold spaces and brackets
        return ticks / os.sysconf("SC_CLK_TCK")
    else:
        try:
            return float(psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return 0.0


def alive(pid: int, process_started: float) -> bool:
    """Whether this very process still lives. One that is stopped (SIGSTOP) does; a zombie does not."""
    if pid <= 0 or not process_started or abs(started(pid) - process_started) > 0.005:
        return False
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def marked(variable: str, value: str) -> list[psutil.Process]:
    """Living processes that were started with this environment variable, or by such a one; the oldest first.

    Surer than process groups: a mark is never given to somebody else's process, a number is.
    """
    found = [
        process
        for process in psutil.process_iter(["environ", "create_time"])
        if (process.info["environ"] or {}).get(variable) == value
    ]
    return sorted(found, key=lambda process: (process.info["create_time"], process.pid))


def terminate(pid: int) -> None:
    """Asks a process to end."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).terminate()


def kill(*processes: psutil.Process) -> None:
    """Ends processes for good."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def last_line(log: Path) -> str:
    """The last line with anything on it."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return ""
    return next((line.strip()[:_LONGEST_LINE] for line in reversed(lines) if line.strip()), "")


def cause(returncode: int | None, line: str) -> str:
    """How a process ended, for people. `returncode` is None where nobody saw it; `line` is the last it printed."""
    said = f": {line}" if line else "."
    if returncode is None:
        return f"the training process ended without a word; its exit code is not known{said}"
    if returncode == 0:
        return f"the training process ended without saying how (exit code 0){said}"
    if returncode > 0:
        return f"exit code {returncode}{said}"
    return _killed(-returncode)


def _killed(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"killed by signal {number}."
    why = {
        "SIGKILL": "out of memory, or stopped from outside",
        "SIGTERM": "stopped from outside, as when the computer shuts down",
        "SIGINT": "stopped from outside",
        "SIGHUP": "stopped from outside",
        "SIGSEGV": "a fault in native code; the run's trainer.log says where",
        "SIGBUS": "a fault in native code or of the disk; the run's trainer.log says where",
        "SIGABRT": "a library gave up; the run's trainer.log says why",
        "SIGFPE": "a fault in native code; the run's trainer.log says where",
        "SIGILL": "this processor lacks an instruction that a library needs",
    }.get(name)
    return f"killed by {name} ({why})." if why else f"killed by {name}."
