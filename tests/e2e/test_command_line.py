"""The command line as a person uses it: real processes, the real runner, real training."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.cli import entry
from workbench.store.records import RunRecord
from workbench.store.store import Store

LONG = "training.epochs=1000000"
WORKBENCH = [sys.executable, "-m", "workbench"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "experiments.db"
    store = Store(path)
    yield path
    for run in store.unfinished():
        store.request(run.id, "stop")
    deadline = time.monotonic() + 20
    while store.unfinished() and time.monotonic() < deadline:
        time.sleep(0.1)
    store.close()


def run(workspace: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [*WORKBENCH, *arguments, "--workspace", str(workspace)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=workspace.parent)


def start(workspace: Path, *arguments: str, **environment: str | None) -> "subprocess.Popen[str]":
    """In a session of its own, so that a signal reaches nobody else; a variable that is None is taken away.

    Ctrl+C works in it also where the tests themselves run in the background, which ignores it.
    """
    variables = {**os.environ, **{name: value for name, value in environment.items() if value is not None}}
    for name in (name for name, value in environment.items() if value is None):
        variables.pop(name, None)
    return subprocess.Popen(
        [*WORKBENCH, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workspace.parent,
        env={**variables, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
        preexec_fn=_hear_interrupts if os.name == "posix" else None,
    )


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(
    store: Store, what: Callable[[RunRecord], object], run: int = 1, seconds: float = 60
) -> RunRecord:
    deadline = time.monotonic() + seconds
    while True:
        found = [each for each in store.runs() if each.id == run]
        if found and what(found[0]):
            return found[0]
        assert time.monotonic() < deadline, f"it did not come to that: {found}"
        time.sleep(0.05)


@pytest.mark.timeout(240)
def test_a_model_trains_and_tells_in_json(workspace: Path) -> None:
    done = run(workspace, "train", "mlp", "--set", "training.epochs=3", "--seed", "4", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found.keys() >= {"run", "state", "epochs", "metrics", "seconds"}
    assert (found["run"], found["state"], found["epochs"]) == (1, "completed", 3)
    assert 0 < found["seconds"] < 60
    assert {"train/loss", "validation/loss", "validation/accuracy", "test/accuracy"} <= set(found["metrics"])
    store = Store(workspace)
    for name, values in found["metrics"].items():
        assert set(values) == {"last", "best", "step"}
        points = [point.value for point in store.points_of(1, name)]
        assert values["last"] == points[-1]
        assert values["best"] == (max if "accuracy" in name else min)(points)
    record = store.run(1)
    store.close()
    assert (record.seed, record.used_device != "", record.epoch) == (4, True, 3)


@posix
@pytest.mark.timeout(240)
def test_pause_kill_and_going_on(workspace: Path) -> None:
    store = Store(workspace)
    first = start(workspace, "train", "mlp", "--set", LONG, "--workspace", str(workspace))
    wait_for(store, lambda record: record.state == "running" and record.step > 0)
    assert entry.run(["runs", "pause", "1", "--workspace", str(workspace)]) == 0
    paused = wait_for(store, lambda record: record.state == "paused")
    assert entry.run(["runs", "resume", "1", "--workspace", str(workspace)]) == 0
    alive = wait_for(store, lambda record: record.state == "running" and record.step > paused.step)

    os.kill(alive.pid, signal.SIGKILL)
    killed = time.monotonic()
    failed = wait_for(store, lambda record: record.final, seconds=10)
    assert time.monotonic() - killed < 10
    assert failed.state == "failed" and failed.cause.startswith("killed by SIGKILL")
    out, err = first.communicate(timeout=60)
    assert first.returncode == 1 and "failed after" in out and "killed by SIGKILL" in out
    assert err == "" and "Traceback" not in out

    (kept,) = [each for each in store.checkpoints(1) if each.kind == "last"]
    again = start(workspace, "runs", "resume", "1", "--json", "--workspace", str(workspace))
    going = wait_for(store, lambda record: record.state == "running" and record.step > kept.step, run=2)
    assert going.resumed_from == 1
    again.send_signal(signal.SIGINT)
    out, err = again.communicate(timeout=60)
    assert (again.returncode, err) == (130, "")
    assert (json.loads(out)["run"], json.loads(out)["state"]) == (2, "stopped")
    before = {point.step: point.value for point in store.points_of(1, "train/loss")}
    after = {point.step: point.value for point in store.points_of(2, "train/loss")}
    assert min(after) == kept.step + 1 and paused.step <= kept.step
    assert all(after[step] == before[step] for step in before.keys() & after.keys()), "the same losses again"
    store.close()


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="there is always a display")
@pytest.mark.timeout(240)
def test_without_a_display_it_says_so_and_trains(workspace: Path) -> None:
    store = Store(workspace)
    gone: dict[str, str | None] = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    command = start(workspace, **gone)
    wait_for(store, lambda record: record.step > 0)
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=60)
    assert (command.returncode, err) == (130, "")
    assert "There is no display here" in out and "lenet5" in out and "stopped" in out
    assert store.run(1).state == "stopped"
    store.close()


@pytest.mark.timeout(240)
def test_what_is_wrong_is_one_line_and_exit_code_one(workspace: Path) -> None:
    """With the real reader of data; the many other cases are in tests/cli."""
    (workspace.parent / "cut-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + (9).to_bytes(4, "big") * 3)
    done = run(workspace, "train", "lenet5", "--data", "cut-images-idx3-ubyte")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert "cut-images-idx3-ubyte" in done.stderr
