"""What holds for every test: no screen, no real home, nothing left behind, room for a second process beside it.
May import pytest and Qt only.
"""

import gc
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

# Before anything imports Qt, also where the caller has a screen and asks for another platform.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

# Before anything asks for them: no test, and no program that a test starts, touches a person's real folders.
# Each of several test processes has a folder of its own inside the first one's, which outlives a crash of theirs.
_OUTER = os.environ.get("HOME") if "PYTEST_XDIST_WORKER" in os.environ else None
_HOME = Path(tempfile.mkdtemp(prefix="workbench-home-", dir=_OUTER))
for _name, _folder in {
    "HOME": "",
    "XDG_DATA_HOME": "data",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
    "TMPDIR": "temporary",  # libraries leave much there
}.items():
    os.environ[_name] = str(_HOME / _folder)
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # what failed can be looked at, as ever
tempfile.tempdir = os.environ["TMPDIR"]
Path(tempfile.tempdir).mkdir()

# Also where the caller's Python keeps no bytecode: tests start hundreds of processes, each would compile it all again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# As many processes test as there are cores, so each works with one thread, and so does what it starts.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"

HERE = Path(__file__).parent
MOST_PROCESSES = 8  # each imports torch and Qt, which takes half a gigabyte
PATIENCE = 30_000  # ms; what comes at once on an idle machine may take seconds on a busy one


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: two at least, since much of a test of a window is waiting."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, min(cores, MOST_PROCESSES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts whole programs comes first: with a long test at the end one process works and the others idle."""
    items.sort(key=lambda item: item.path.parent not in (HERE, HERE / "e2e"))


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """A test fails that leaves a thread running or a window on the screen."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2
    while left := [t for t in threading.enumerate() if t not in before and not t.daemon and t.is_alive()]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads still run: {[thread.name for thread in left]}")
        time.sleep(0.01)
    if widgets := sys.modules.get("PySide6.QtWidgets"):
        collecting = gc.isenabled()
        gc.disable()  # else a widget could be destroyed while the list of them is being made
        shown = [w for w in widgets.QApplication.topLevelWidgets() if w.isVisible()]
        if collecting:
            gc.enable()
        for widget in shown:
            widget.close()
        assert not shown, f"windows still open: {shown}"


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> "Iterator[QtBot]":
    """Waits as long as a busy machine needs: only a test that fails gets slower by it.

    The widgets of a test go with it: left to the next loop of events, each change of the theme would dress them again.
    """
    from PySide6.QtCore import QCoreApplication, QEvent
    from pytestqt.qtbot import QtBot

    class PatientBot(QtBot):
        def waitUntil(self, callback: Any, *, timeout: int = PATIENCE) -> None:  # noqa: N802 - Qt's way
            super().waitUntil(callback, timeout=max(timeout, PATIENCE))

        def waitSignal(self, signal: Any, *, timeout: int = PATIENCE, **more: Any) -> Any:  # noqa: N802
            if more.get("raising") is not False:  # else it may be waiting for nothing to come
                timeout = max(timeout, PATIENCE)
            return super().waitSignal(signal, timeout=timeout, **more)

    yield PatientBot(request)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def reads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datasets are read in this very process: starting the readers' own takes longer than any small dataset.

    For tests of what comes afterwards; those of jobs/test_datasets.py and of the readers ask the process itself.
    """
    from workbench.core.errors import DataError
    from workbench.engine.readers import __main__ as readers
    from workbench.jobs import reading

    def ask(request: Mapping[str, object], on_progress: reading.Progress | None = None) -> dict[str, Any]:
        said: list[dict[str, Any]] = []

        def say(**answer: object) -> None:
            said.append(json.loads(json.dumps(answer)))
            if "progress" in said[-1] and on_progress is not None:
                on_progress(*said[-1]["progress"])

        with monkeypatch.context() as patch:
            patch.setattr(readers, "_say", say)
            try:
                readers._REQUESTS[str(request["do"])](json.loads(json.dumps(dict(request))))
            except DataError as error:
                raise DataError(reading.complaint(str(error), 1)) from error
        return said[-1]

    monkeypatch.setattr(reading, "ask", ask)


@pytest.fixture(scope="session")
def _warm() -> Iterator[list[str]]:
    """The command that calls the readers' process which is kept warm (see warm.py)."""
    name, program = f"workbench-{secrets.token_hex(8)}", str(HERE / "warm.py")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-P", program, name], stdin=pipe, stdout=pipe, cwd=HERE.parent
    ) as host:
        assert host.stdout and host.stdout.readline() == b"warm\n"
        yield [sys.executable, "-I", "-S", program, "guest", name]
        host.communicate()


@pytest.fixture
def warm_readers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The readers' processes are forks of one that has imported all, for tests that start many of them."""
    from workbench.jobs import processes
    from workbench.jobs.reading import READERS

    if sys.platform != "linux":
        return
    cold, warm = processes.python, request.getfixturevalue("_warm")

    def python(module: str, *arguments: str) -> list[str]:
        return list(warm) if module == READERS else cold(module, *arguments)

    monkeypatch.setattr(processes, "python", python)
    for user in ("workbench.gui.data.service", "workbench.gui.data.reading"):
        if user in sys.modules:
            monkeypatch.setattr(f"{user}.python", python)
