"""A workspace, trainers that do not train but end in every way a real one may end, and a server to download from."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.jobs.downloading import Person
from tests.jobs.site import Site, served
from workbench.jobs import adoption
from workbench.jobs.devices import Device
from workbench.jobs.runner import Runner
from workbench.store.records import RunRecord
from workbench.store.store import Store

FAKE = [sys.executable, str(Path(__file__).with_name("fake_trainer.py"))]
CPU = (Device("cpu", "cpu", "a processor", 1),)

AddRun = Callable[..., RunRecord]
StartRunner = Callable[..., threading.Thread]
WaitFor = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    for run in opened.runs():  # whatever a failed test left running
        for process in adoption.processes_of(opened, run.id):
            process.kill()
    opened.close()


@pytest.fixture
def add_run(store: Store) -> AddRun:
    def add(behaviour: str, device: str = "auto") -> RunRecord:
        return store.add_run(
            behaviour, "m", "{}", "", device=device, seed=0, epochs=1, parameters=0, dataset="", params={}
        )

    return add


@pytest.fixture
def start_runner(store: Store) -> Iterator[StartRunner]:
    """Starts a runner in a thread; it is over when nothing is queued or running."""
    threads: list[threading.Thread] = []

    def start(
        machine: tuple[Device, ...] = CPU, patience: float = 15.0, grace: float = 10.0
    ) -> threading.Thread:
        runner = Runner(
            store, trainer=FAKE, machine=machine, poll=0.05, idle=0.3, patience=patience, grace=grace
        )
        thread = threading.Thread(target=runner.run)
        thread.start()
        threads.append(thread)
        return thread

    yield start
    for run in store.unfinished():
        for process in adoption.processes_of(store, run.id):
            process.kill()
        store.request(run.id, "stop")
    for thread in threads:
        thread.join(10)


@pytest.fixture
def trainer() -> list[str]:
    return FAKE


@pytest.fixture
def wait_for() -> WaitFor:
    """Fails when the condition does not come true in time."""

    def wait(condition: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.02)

    return wait


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether no such process is at work any more."""

    def ask(pid: int) -> bool:
        return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE

    return ask


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # Whatever would leave this machine ends at a port where nobody listens.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    with served() as site:
        yield site


@pytest.fixture
def person(site: Site, tmp_path: Path) -> Person:
    return Person(site, tmp_path)
