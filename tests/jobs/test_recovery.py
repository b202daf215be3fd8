"""What the next start makes of a workspace whose processes are all gone."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from workbench.jobs import adoption, processes, queue
from workbench.store.records import RunRecord
from workbench.store.store import Store

AddRun = Callable[..., RunRecord]
WaitFor = Callable[..., None]


def _running(store: Store, run: int, pid: int, started: float) -> None:
    store.claim(run, "cpu")
    store.set_process(run, pid, started)
    store.set_state(run, "running")


@pytest.fixture
def no_runner(monkeypatch: pytest.MonkeyPatch) -> list[Store]:
    """Asked-for runners, instead of real ones."""
    asked: list[Store] = []
    monkeypatch.setattr(queue, "ensure_runner", asked.append)
    return asked


def test_a_dead_process_is_a_failed_run(store: Store, add_run: AddRun, no_runner: list[Store]) -> None:
    run = add_run("x").id
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    started = processes.started(process.pid)
    process.wait()
    _running(store, run, process.pid, started)
    log = store.run_folder(run) / "trainer.log"
    log.write_text("epoch 1\nepoch 2\n\n")
    assert queue.recover(store) == [run]
    assert store.run(run).state == "failed"
    assert store.run(run).cause == (
        "the training process ended without a word; its exit code is not known: epoch 2"
    )
    assert no_runner == []


def test_another_process_with_the_same_number_is_not_the_trainer(
    store: Store, add_run: AddRun, no_runner: list[Store]
) -> None:
    run = add_run("x").id
    _running(store, run, os.getpid(), processes.started(os.getpid()) - 5.0)
    assert queue.recover(store) == [run]
    assert store.run(run).state == "failed"


def test_a_living_process_is_left_alone_and_gets_a_runner(
    store: Store, add_run: AddRun, no_runner: list[Store]
) -> None:
    run = add_run("x").id
    _running(store, run, os.getpid(), processes.started(os.getpid()))
    assert queue.recover(store) == []
    assert store.run(run).state == "running" and no_runner == [store]


def test_a_zombie_is_dead(store: Store, add_run: AddRun, no_runner: list[Store], wait_for: WaitFor) -> None:
    run = add_run("x").id
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    started = processes.started(process.pid)
    wait_for(lambda: not processes.alive(process.pid, started))
    assert process.returncode is None  # nobody has asked for it, so it is still listed
    _running(store, run, process.pid, started)
    assert queue.recover(store) == [run]
    process.wait()


def test_while_a_runner_is_alive_recovery_is_its_matter(
    store: Store, add_run: AddRun, no_runner: list[Store]
) -> None:
    run = add_run("x").id
    _running(store, run, 2**22 + 1, 1.0)
    lock = adoption.runner_lock(store.files)
    assert lock.acquire()
    assert queue.recover(store) == [] and store.run(run).state == "running"
    lock.release()
    assert queue.recover(store) == [run]


def test_a_queued_run_gets_a_runner(store: Store, add_run: AddRun, no_runner: list[Store]) -> None:
    add_run("x")
    assert queue.recover(store) == []
    assert no_runner == [store]


def test_an_idle_workspace_needs_none(store: Store, no_runner: list[Store]) -> None:
    assert queue.recover(store) == []
    assert no_runner == []


def test_the_real_runner_starts_detached_and_only_once(
    store: Store, add_run: AddRun, wait_for: WaitFor
) -> None:
    run = add_run("x", "cuda:7").id  # fails for want of such a device, so that no trainer is needed
    assert queue.recover(store) == []
    (runner,) = processes._running[-1:]
    wait_for(lambda: store.run(run).state == "failed", 15)
    assert "no device “cuda:7”" in store.run(run).cause
    before = len(processes._running)
    queue.ensure_runner(store)
    assert len(processes._running) == before
    if sys.platform != "win32":
        assert os.getsid(runner.pid) == runner.pid != os.getsid(0)
    runner.kill()
    runner.wait()
    queue.ensure_runner(store)
    assert processes._running[-1] is not runner
    processes._running[-1].kill()
    processes._running[-1].wait()


def test_a_runner_that_breaks_leaves_its_reason(store: Store, wait_for: WaitFor) -> None:
    log = store.files / "runner.log"
    command = processes.python("workbench.jobs.runner", str(store.path.parent))
    store.files.mkdir(exist_ok=True)
    assert processes.start(command, log, store.path.parent, {}).wait(15) == 1
    assert "is a folder" in log.read_text()
