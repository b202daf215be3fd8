"""What the store has acknowledged is there after SIGKILL, while others write too."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workbench.store.records import RunRecord
from workbench.store.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork")

TRIALS = 10
BATCH = 7
WRITER = f"""
import os, sys
from workbench.store.records import Point
from workbench.store.store import Store

for line in sys.stdin:  # a fresh process for each trial, without importing everything again
    child = os.fork()
    if child == 0:
        store = Store(line.strip())
        run, step = store.runs()[0].id, 0
        os.write(1, f"{{os.getpid()}}\\n".encode())
        while True:
            store.log_points(run, [Point("train/loss", step + i, 0, i / 3, 0.0) for i in range({BATCH})])
            step += {BATCH}
            os.write(1, f"{{step}}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"gone\\n")
"""


@pytest.fixture
def writer() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", WRITER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_acknowledged_points_survive_sigkill(tmp_path: Path, writer: "subprocess.Popen[str]") -> None:
    chance = random.Random(0)
    for trial in range(TRIALS):
        path = tmp_path / f"{trial}.db"
        with closing(Store(path)) as store:
            run = _add_run(store).id
            acknowledged = _killed_while_writing(writer, store, run, chance.uniform(0.0, 0.15))
            store.log(run, "info", "after the kill")
        with closing(Store(path)) as store:
            steps = [point.step for point in store.points(run)[0]]
            assert steps == list(range(len(steps)))
            assert len(steps) % BATCH == 0  # whole batches only
            assert acknowledged <= len(steps) <= acknowledged + BATCH  # one may be in before it was told
            assert store.summaries([run])[run]["train/loss"].count == len(steps)
            assert store.check() == []


def _killed_while_writing(writer: "subprocess.Popen[str]", store: Store, run: int, seconds: float) -> int:
    """How many points were acknowledged; this process writes to the same database meanwhile."""
    assert writer.stdin is not None and writer.stdout is not None
    writer.stdin.write(f"{store.path}\n")
    writer.stdin.flush()
    pid = int(writer.stdout.readline())
    first = int(writer.stdout.readline())
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        store.heartbeat(run)
        store.set_message(run, "still here")
    os.kill(pid, signal.SIGKILL)
    told = first
    while (line := writer.stdout.readline().strip()) != "gone":
        told = int(line)
    return told


def _add_run(store: Store) -> RunRecord:
    return store.add_run(
        "r", "m", "{}", "", device="cpu", seed=0, epochs=1, parameters=0, dataset="", params={}
    )
