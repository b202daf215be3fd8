"""The main job with the real program as processes: train, kill the window, find everything again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.store.store import Store

PERSON = Path(__file__).with_name("person.py")


def start(workspace: Path, act: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(PERSON), str(workspace), str(workspace.parent), act]
    # Own session: a kill reaches this process alone, as when a desktop kills a program.
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def heard(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The next thing that the person tells."""
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if line.startswith("{"):
            told: dict[str, Any] = json.loads(line)
            assert "error" not in told, told
            return told
    pytest.fail("the program ended without a word:\n" + "".join(printed))


def ended(store: Store, run: int, seconds: float) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        record = store.run(run)
        if record.final:
            return f"{record.state} {record.epoch} {record.cause}".strip()
        time.sleep(0.2)
    return store.run(run).state


@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_killed_window_stops_nothing_and_finds_everything_again(tmp_path: Path) -> None:
    workspace = tmp_path / "experiments.db"
    first = start(workspace, "train")
    try:
        seen = heard(first)
        assert seen["state"] == "running"
        assert not seen["torch"], "the window imported torch"
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
    finally:
        if first.poll() is None:
            first.kill()
        first.communicate()
    store = Store(workspace)
    try:
        assert ended(store, seen["run"], 120) == "completed 6"
        epochs = {point.epoch for point in store.points_of(seen["run"], "validation/accuracy")}
        assert epochs == {1, 2, 3, 4, 5, 6}
    finally:
        store.close()
    second = start(workspace, "look")
    try:
        again = heard(second)
        assert again == {"run": seen["run"], "state": "completed", "epochs": 6, "rows": 1, "torch": False}
        assert second.wait(20) == 0
    finally:
        if second.poll() is None:
            second.kill()
        second.communicate()


@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_window_runner_and_trainer_killed_together_leave_the_truth(tmp_path: Path) -> None:
    workspace = tmp_path / "experiments.db"
    first = start(workspace, "train")
    try:
        seen = heard(first)
        store = Store(workspace)
        trainer = store.run(seen["run"]).pid
        runner = _parent(trainer)
        for pid in (first.pid, runner, trainer):
            os.kill(pid, signal.SIGKILL)
        first.wait(10)
    finally:
        if first.poll() is None:
            first.kill()
        first.communicate()
    assert store.run(seen["run"]).state == "running", "nobody was left who could have said otherwise"
    store.close()
    second = start(workspace, "look")
    try:
        assert heard(second)["state"] == "failed"
        assert second.wait(20) == 0
    finally:
        if second.poll() is None:
            second.kill()
        second.communicate()
    store = Store(workspace)
    assert store.run(seen["run"]).cause
    store.close()


def _parent(pid: int) -> int:
    import psutil

    return psutil.Process(pid).ppid()
