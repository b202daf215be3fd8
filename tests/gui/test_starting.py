"""Runs are queued of what is drawn, where it is ready."""

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.sessions import RELU, messages_of
from workbench.gui.session import Session
from workbench.jobs import queue
from workbench.store.records import RunRecord
from workbench.store.store import Store


def test_train_queues_the_model_as_drawn(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Store] = []
    monkeypatch.setattr(queue, "ensure_runner", started.append)
    session.open_template("mlp")
    session.set_epochs(3)
    with qtbot.waitSignal(session.starter.queued, timeout=10_000) as queued:
        session.starter.train()
    assert queued.args is not None
    run: RunRecord = queued.args[0]
    assert run.epochs == 3 and run.state == "queued" and run.dataset == "iris"
    assert started and session.model_id > 0
    session.undo()
    assert session.document.training.settings.get("epochs") != 3


def test_a_model_with_problems_is_not_queued(qtbot: QtBot, session: Session) -> None:
    said = messages_of(session)
    session.do(RELU)
    session.starter.train()
    assert "relu1" in said[0][0] and said[0][1] == "warning"
    assert not session.runs
