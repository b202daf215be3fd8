import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.jobs import processes
from workbench.jobs.lock import Lock


def test_start_times_tell_processes_apart() -> None:
    own = processes.started(os.getpid())
    assert own > 0 and processes.started(os.getpid()) == own
    assert processes.alive(os.getpid(), own)
    assert not processes.alive(os.getpid(), own + 0.02)
    assert not processes.alive(0, own) and not processes.alive(os.getpid(), 0.0)
    assert processes.started(2**22 + 1) == 0.0


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        (3, "ValueError: no", "exit code 3: ValueError: no"),
        (1, "", "exit code 1."),
        (0, "", "the training process ended without saying how (exit code 0)."),
        (None, "", "the training process ended without a word; its exit code is not known."),
        (-signal.SIGKILL, "loss 0.3", "killed by SIGKILL (out of memory, or stopped from outside)."),
        (-signal.SIGUSR1, "", "killed by SIGUSR1."),
        (-250, "", "killed by signal 250."),
    ],
)
def test_ends_are_told_in_words(code: int | None, line: str, said: str) -> None:
    assert processes.cause(code, line) == said


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", ""),
        (b"\n \n", ""),
        (b"first\nlast \n\n", "last"),
        (b"x" * 10_000, "x" * 300),
        (b"first\n\xff\xfe broken\n", "�� broken"),
    ],
)
def test_the_last_line_of_a_log(tmp_path: Path, content: bytes, line: str) -> None:
    log = tmp_path / "trainer.log"
    assert processes.last_line(log) == ""
    log.write_bytes(content)
    assert processes.last_line(log) == line


@pytest.mark.skipif(sys.platform == "win32", reason="sessions")
def test_a_process_is_started_apart_and_found_by_its_mark(tmp_path: Path) -> None:
    (tmp_path / "secrets.py").write_text("raise SystemExit('a file of the folder posed as a module')")
    log = tmp_path / "log"
    script = "import secrets, sys, time; print(sys.stdin.read() == '', flush=True); time.sleep(30)"
    process = processes.start([sys.executable, "-P", "-c", script], log, tmp_path, {"MARK": "mine"})
    try:
        assert os.getsid(process.pid) == process.pid
        assert [found.pid for found in processes.marked("MARK", "mine")] == [process.pid]
        assert processes.marked("MARK", "another's") == []
    finally:
        processes.kill(*processes.marked("MARK", "mine"))
    assert process.wait(5) == -signal.SIGKILL


def test_modules_of_ours_run_from_any_folder(tmp_path: Path) -> None:
    command = processes.python("workbench.jobs.runner")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "usage" in done.stderr


def test_ending_what_is_gone_is_no_error() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    processes.terminate(process.pid)


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "a" / "lock"), Lock(tmp_path / "a" / "lock")
    assert first.acquire() and not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.release()


def test_the_system_drops_the_lock_of_a_killed_process(tmp_path: Path, wait_for: Callable[..., None]) -> None:
    script = f"""
import time
from pathlib import Path
from workbench.jobs.lock import Lock
lock = Lock(Path({str(tmp_path / "lock")!r}))
print(lock.acquire(), flush=True)
time.sleep(30)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "True\n"
        assert not Lock(tmp_path / "lock").acquire()
        process.kill()
    wait_for(Lock(tmp_path / "lock").acquire)


def test_a_detached_process_may_be_forgotten_and_is_let_go_when_it_has_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(30)"]
    pid = processes.start(command, tmp_path / "log", tmp_path, {}).pid
    gc.collect()  # a ResourceWarning, which is an error here, if nobody held it
    (kept,) = [process for process in processes._running if process.pid == pid]
    kept.kill()
    kept.wait()
    processes.reap()
    assert pid not in [process.pid for process in processes._running]


def test_a_process_that_outlives_us_is_no_leak(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.jobs import processes; "
        "command = [sys.executable, '-c', 'import time; time.sleep(60)']; "
        f"log = Path({str(tmp_path / 'log')!r}); print(processes.start(command, log, log.parent, {{}}).pid)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True
    )
    pid = int(done.stdout)
    try:
        assert processes.started(pid), "it goes on"
        assert "ResourceWarning" not in done.stderr
    finally:
        os.kill(pid, signal.SIGKILL)
