"""The weights of a run are taken on: in a copy of its drawing, or in the open model."""

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from tests.gui.runs.test_runs_view import WAIT, do, have, view
from workbench.catalog.templates import load
from workbench.core.files import dumps
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session

__all__ = ["view"]  # the fixture
Record = Callable[..., int]


def test_train_on_opens_a_copy_that_starts_from_them(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    document = load("lenet5")
    do(qtbot, session, lambda store: record(store, document=dumps(document)))
    have(qtbot, view, 1)
    button = view.detail.header.weights
    assert button.isEnabled() and button.menu() is not None
    with qtbot.waitSignal(session.model_opened, timeout=WAIT):
        button.menu().actions()[0].trigger()
    assert session.document.graph == document.graph
    assert session.document.training.settings == {**document.training.settings, "weights": "run:1"}


def test_the_open_model_takes_them(qtbot: QtBot, view: RunsView, session: Session, record: Record) -> None:
    do(qtbot, session, lambda store: record(store), lambda store: record(store, "waits", state="queued"))
    have(qtbot, view, 2)
    view.reveal(2)
    assert not view.detail.header.weights.isEnabled(), "nothing was kept yet"
    view.reveal(1)
    qtbot.waitUntil(view.detail.header.weights.isEnabled, timeout=WAIT)  # once its checkpoints are known
    before = session.document
    with qtbot.waitSignal(session.went, timeout=WAIT) as went:
        session.actions.get("run_weights").trigger()
    assert went.args is not None and went.args[0] == "design"
    assert session.document.training.settings["weights"] == "run:1"
    session.undo()
    assert session.document == before
