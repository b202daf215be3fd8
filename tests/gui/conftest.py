"""A session on a workspace of its own, and a window around it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from workbench.gui import theme
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.gui.window import MainWindow
from workbench.store.records import Point, State
from workbench.store.store import Store


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    theme.apply(qapp, "dark")
    made = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    with qtbot.waitSignal(made.devices_found, timeout=20_000):
        made.start()
    yield made
    made.close()
    delete(made)  # else its actions would listen for as long as the tests last


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, session: Session) -> Iterator[MainWindow]:
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # the window of the last test goes first
    with theme.undressed(qapp):  # as the program does
        made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


@pytest.fixture
def dark_again(qapp: QApplication) -> Iterator[None]:
    """What comes next finds the theme that it is used to.  Ask for it first: a window that is still there follows."""
    yield
    theme.apply(qapp, "dark")


@pytest.fixture
def no_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs keep the state that a test gives them: no runner starts or judges them.  Ask for it before `session`."""
    monkeypatch.setattr("workbench.jobs.queue.recover", lambda store: [])
    monkeypatch.setattr("workbench.jobs.queue.ensure_runner", lambda store: None)


Record = Callable[..., int]


@pytest.fixture
def record() -> Record:
    """Adds a run as a trainer would leave it and gives its id."""

    def add(
        store: Store,
        name: str = "lenet5",
        *,
        state: State = "completed",
        curves: Mapping[str, Sequence[float]] | None = None,
        params: Mapping[str, Any] | None = None,
        cause: str = "",
        epochs: int = 3,
        document: str = "{}",
        **kept: Any,
    ) -> int:
        facts = {"model": name, "parameters": 61706, "dataset": "digits", **kept}
        run = store.add_run(
            name, document_text=document, program_text="", device="auto", seed=0, epochs=epochs,
            params={"accuracy.type": "Accuracy", **(params or {"training.epochs": epochs})}, **facts,
        ).id  # fmt: skip
        if state == "queued":
            return run
        store.claim(run, "cpu")
        store.set_state(run, "running")
        given = {"train/loss": [2.0, 1.0, 0.5]} if curves is None else curves
        for metric, values in given.items():
            store.log_points(
                run, [Point(metric, step, step, value, 1.0) for step, value in enumerate(values, start=1)]
            )
        longest = max((len(values) for values in given.values()), default=0)
        store.progress(run, min(epochs, longest), longest, max(longest, epochs))
        if state != "running":
            store.set_state(run, state, cause)
        return run

    return add
