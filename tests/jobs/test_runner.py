"""Every way in which a trainer can end, and what the runner makes of it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psutil
import pytest

from workbench.core.errors import StoreError
from workbench.jobs import adoption, processes
from workbench.jobs.devices import Device
from workbench.jobs.runner import Runner
from workbench.store.records import RunRecord
from workbench.store.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

AddRun = Callable[..., RunRecord]
StartRunner = Callable[..., threading.Thread]
WaitFor = Callable[..., None]
Gone = Callable[[int], bool]
GPUS = (
    Device("cuda:0", "cuda", "a GPU", 1),
    Device("cuda:1", "cuda", "a GPU", 1),
    Device("cpu", "cpu", "", 1),
)


def test_a_run_completes_and_the_runner_ends_itself(
    store: Store, add_run: AddRun, start_runner: StartRunner
) -> None:
    run = add_run("completes").id
    start_runner().join(60)
    record = store.run(run)
    assert (record.state, record.cause, record.used_device) == ("completed", "", "cpu")
    assert record.pid > 0 and record.process_started > 0
    assert adoption.runner_lock(store.files).acquire()


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        ("exits 3", "exit code 3: RuntimeError: no memory left on the shelf"),
        ("vanishes", "the training process ended without saying how (exit code 0)."),
        ("dies SIGSEGV", "killed by SIGSEGV (a fault in native code; the run's trainer.log says where)."),
        ("dies SIGTERM", "killed by SIGTERM (stopped from outside, as when the computer shuts down)."),
    ],
)
def test_a_run_whose_process_ends_without_a_word_has_failed(
    store: Store, add_run: AddRun, start_runner: StartRunner, behaviour: str, cause: str
) -> None:
    run = add_run(behaviour).id
    start_runner().join(60)
    assert (store.run(run).state, store.run(run).cause) == ("failed", cause)
    assert adoption.trainer_log(store, run).exists()


def test_a_killed_trainer_is_noticed_within_a_second(
    store: Store, add_run: AddRun, start_runner: StartRunner, wait_for: WaitFor
) -> None:
    took: list[float] = []
    while min(took, default=1.0) >= 1.0 and len(took) < 3:  # a busy machine may be late once, not every time
        run = add_run("obeys").id
        start_runner()
        wait_for(lambda run=run: store.run(run).state == "running")
        os.kill(store.run(run).pid, signal.SIGKILL)
        killed = time.time()
        wait_for(lambda run=run: store.run(run).state == "failed")
        assert store.run(run).cause == "killed by SIGKILL (out of memory, or stopped from outside)."
        took.append(store.run(run).ended - killed)
    assert min(took) < 1.0, took


def test_what_a_dead_trainer_started_does_not_outlive_it(
    store: Store, add_run: AddRun, start_runner: StartRunner, gone: Gone
) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    run = add_run("breeds").id
    start_runner().join(60)
    assert store.run(run).state == "failed"
    assert gone(int(store.run(run).message))
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_two_runs_on_one_processor_take_turns(
    store: Store, add_run: AddRun, start_runner: StartRunner
) -> None:
    first, second = add_run("completes 0.4").id, add_run("completes").id
    start_runner().join(60)
    ends = float(store.log_lines(first)[1].text.removeprefix("ends "))
    begins = float(store.log_lines(second)[0].text.removeprefix("begins "))
    assert ends < begins
    assert {store.run(run).state for run in (first, second)} == {"completed"}


def test_each_gpu_trains_one_run_and_auto_waits_for_one(
    store: Store, add_run: AddRun, start_runner: StartRunner, wait_for: WaitFor
) -> None:
    runs = [add_run("obeys", device).id for device in ("auto", "cuda", "auto", "cpu")]
    start_runner(GPUS)
    wait_for(lambda: sum(run.state == "running" for run in store.unfinished()) == 3)
    assert [store.run(run).used_device for run in runs] == ["cuda:0", "cuda:1", "", "cpu"]
    store.request(runs[1], "stop")
    wait_for(lambda: store.run(runs[2]).state == "running")
    assert store.run(runs[2]).used_device == "cuda:1"


def test_a_device_that_is_not_there_fails_the_run_and_not_the_next(
    store: Store, add_run: AddRun, start_runner: StartRunner
) -> None:
    bad, good = add_run("completes", "cuda").id, add_run("completes").id
    start_runner().join(60)
    assert store.run(bad).state == "failed" and "no device “cuda”" in store.run(bad).cause
    assert store.run(good).state == "completed"


def test_a_trainer_that_cannot_be_started_fails_its_run(store: Store, add_run: AddRun) -> None:
    run = add_run("completes").id
    Runner(
        store, trainer=["/no/such/python"], machine=(Device("cpu", "cpu", "", 1),), poll=0.05, idle=0.2
    ).run()
    assert store.run(run).state == "failed"
    assert store.run(run).cause == "The trainer cannot be started: No such file or directory."


def test_a_paused_run_is_alive_and_holds_its_device(
    store: Store, add_run: AddRun, start_runner: StartRunner, wait_for: WaitFor
) -> None:
    paused, waiting = add_run("pauses").id, add_run("completes").id
    runner = start_runner()
    wait_for(lambda: store.run(paused).state == "paused")
    time.sleep(0.6)  # longer than the runner waits without work
    assert runner.is_alive() and store.run(waiting).state == "queued"
    store.request(paused, "stop")
    wait_for(lambda: store.run(waiting).state == "completed")
    assert store.run(paused).state == "stopped"


def test_a_run_stopped_in_the_queue_never_starts(
    store: Store, add_run: AddRun, start_runner: StartRunner, wait_for: WaitFor
) -> None:
    first, second = add_run("obeys").id, add_run("completes").id
    start_runner()
    wait_for(lambda: store.run(first).state == "running")
    store.request(second, "stop")
    assert store.run(second).state == "stopped"
    store.request(first, "stop")
    wait_for(lambda: store.run(first).state == "stopped")
    assert store.log_lines(second) == [] and store.run(second).pid == 0


def test_a_trainer_that_stands_still_is_not_called_dead(
    store: Store, add_run: AddRun, start_runner: StartRunner, wait_for: WaitFor
) -> None:
    run = add_run("obeys").id
    start_runner(patience=0.2, grace=0.2)
    wait_for(lambda: store.run(run).state == "running")
    os.kill(store.run(run).pid, signal.SIGSTOP)
    time.sleep(1.5)
    assert store.run(run).state == "running"
    os.kill(store.run(run).pid, signal.SIGCONT)
    store.request(run, "stop")
    wait_for(lambda: store.run(run).state == "stopped")
    assert store.run(run).cause == ""


def test_a_trainer_that_is_asked_to_stop_and_still_alive_is_given_time(
    store: Store, add_run: AddRun, start_runner: StartRunner, wait_for: WaitFor
) -> None:
    """Its heart beats, so it may be writing a large checkpoint."""
    run = add_run("completes 30").id
    start_runner(patience=0.5, grace=0.2)
    wait_for(lambda: store.run(run).state == "running")
    store.request(run, "stop")
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        store.heartbeat(run)
        time.sleep(0.1)
    assert store.run(run).state == "running"


def test_a_deaf_trainer_is_ended(
    store: Store, add_run: AddRun, start_runner: StartRunner, wait_for: WaitFor, gone: Gone
) -> None:
    run = add_run("deaf").id
    start_runner(patience=0.3, grace=0.3)
    wait_for(lambda: store.run(run).state == "running")
    time.sleep(0.2)
    store.request(run, "stop")
    wait_for(lambda: store.run(run).state == "stopped")
    assert store.run(run).cause == "stopped; the training process did not answer, so it was ended."
    assert gone(store.run(run).pid)


def test_a_passing_error_of_the_disk_loses_no_run(
    store: Store, add_run: AddRun, start_runner: StartRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when the runner begins, and again when the process is to be written down."""
    failures = {"unfinished": 1, "set_process": 1}

    def failing(name: str) -> Callable[..., object]:
        real = getattr(store, name)

        def call(*arguments: object) -> object:
            if failures[name]:
                failures[name] -= 1
                raise StoreError("The disk is full.")
            return real(*arguments)

        return call

    run = add_run("completes 1.2").id
    for name in failures:
        monkeypatch.setattr(store, name, failing(name))
    start_runner().join(60)
    assert failures == {"unfinished": 0, "set_process": 0}
    assert store.run(run).state == "completed" and store.run(run).pid > 0


def test_one_runner_serves_a_workspace(store: Store, add_run: AddRun, start_runner: StartRunner) -> None:
    lock = adoption.runner_lock(store.files)
    assert lock.acquire()
    run = add_run("completes").id
    start_runner().join(2)
    assert store.run(run).state == "queued"
    lock.release()
    start_runner().join(60)
    assert store.run(run).state == "completed"


SERVER = """
import sys
from pathlib import Path
from workbench.jobs.devices import Device
from workbench.jobs.runner import Runner
from workbench.store.store import Store

cpu = (Device("cpu", "cpu", "", 1),)
Runner(Store(Path(sys.argv[1])), trainer=sys.argv[2:], machine=cpu, poll=0.05).run()
"""


@pytest.fixture
def server(store: Store, trainer: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A runner in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(store.path), *trainer])
    yield process
    process.kill()
    process.wait()


def test_a_new_runner_goes_on_with_the_trainers_of_a_killed_one(
    store: Store,
    add_run: AddRun,
    server: "subprocess.Popen[bytes]",
    start_runner: StartRunner,
    wait_for: WaitFor,
) -> None:
    run = add_run("obeys").id
    wait_for(lambda: store.run(run).state == "running")
    pid = store.run(run).pid
    server.kill()
    server.wait()
    waiting = add_run("completes").id
    start_runner()
    time.sleep(0.5)
    assert psutil.pid_exists(pid)
    assert (store.run(run).state, store.run(run).pid, store.run(waiting).state) == ("running", pid, "queued")
    store.request(run, "stop")
    wait_for(lambda: store.run(waiting).state == "completed")
    assert store.run(run).state == "stopped"


def test_an_adopted_trainer_that_is_killed_has_failed(
    store: Store,
    add_run: AddRun,
    server: "subprocess.Popen[bytes]",
    start_runner: StartRunner,
    wait_for: WaitFor,
) -> None:
    run = add_run("obeys").id
    wait_for(lambda: store.run(run).state == "running")
    server.kill()
    server.wait()
    start_runner()
    time.sleep(0.3)
    os.kill(store.run(run).pid, signal.SIGKILL)
    wait_for(lambda: store.run(run).state == "failed")
    assert store.run(run).cause.startswith("the training process ended without a word")


def test_a_trainer_whose_number_was_not_written_down_is_found(
    store: Store, add_run: AddRun, trainer: list[str], start_runner: StartRunner, wait_for: WaitFor
) -> None:
    """The runner was killed between starting the process and writing down its number."""
    run = add_run("obeys").id
    assert store.claim(run, "cpu")
    log = store.run_folder(run) / "trainer.log"
    command = [*trainer, str(store.path), str(run)]
    process = processes.start(command, log, store.path.parent, adoption.mark(store, run))
    wait_for(lambda: store.run(run).state == "running")
    start_runner()
    wait_for(lambda: store.run(run).pid == process.pid)
    store.request(run, "stop")
    wait_for(lambda: store.run(run).state == "stopped")
    assert process.wait(5) == 0


def test_a_run_that_was_taken_but_never_started_is_queued_again(
    store: Store, add_run: AddRun, start_runner: StartRunner
) -> None:
    run = add_run("completes").id
    assert store.claim(run, "cpu")
    start_runner().join(60)
    assert store.run(run).state == "completed"


def test_closing_the_store_ends_nothing(store: Store, add_run: AddRun, start_runner: StartRunner) -> None:
    run = add_run("completes 0.3").id
    thread = start_runner()
    with closing(Store(store.path)) as window:
        assert window.run(run).name == "completes 0.3"
    thread.join(60)
    assert store.run(run).state == "completed"
