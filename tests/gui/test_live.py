"""Live values under the nodes while a run of the open model trains."""

import time

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Record
from workbench.catalog.templates import load
from workbench.core.document import Port
from workbench.core.edits import SetTitle
from workbench.gui.design.live import badge, weights
from workbench.gui.design.view import DesignView
from workbench.gui.session import Session
from workbench.gui.window import MainWindow
from workbench.store.records import LIVE, WATCHED
from workbench.store.store import Store

TOLD = {
    "layers": {"mean": 0.5, "std": 1.26, "gradient": 0.031, "ms": 2.0, "mb": 1.5},
    "layers/gelu": {"mean": 0.1, "std": 0.2, "dead": 0.13},
    "gone": {"mean": 1.0, "std": 1.0},
}


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, window: MainWindow) -> DesignView:
    session = window.session
    session.open_template("char-gpt")
    assert session.do(SetTitle("head", "Scores"))
    session.save()
    qtbot.waitUntil(lambda: session.is_saved and session.model_id > 0)
    view = window.view("design")
    assert isinstance(view, DesignView)
    return view


def a_run(session: Session, record: Record) -> int:
    store = Store(session.path)
    run = record(store, "char-gpt", state="running", model_id=session.model_id)
    store.set_setting(f"{LIVE}{run}", {"time": time.time(), "nodes": TOLD})
    store.close()
    return run


def test_values_appear_go_inside_and_go_away(qtbot: QtBot, view: DesignView, record: Record) -> None:
    session = view.session

    def shown(id: str) -> tuple[str, ...]:
        return view.canvas.drawing.nodes[id].badges

    run = a_run(session, record)
    qtbot.waitUntil(lambda: (latest := session.latest_run()) is not None and latest.id == run)
    session.actions.get("live_values").trigger()
    qtbot.waitUntil(lambda: bool(shown("layers")))
    assert shown("layers") == ("0.50 ± 1.3", "∇ 0.031 · 2.0 ms · 1.5 MB")
    assert not shown("head")
    view.canvas.enter("layers")
    assert shown("gelu") == ("0.10 ± 0.20 · 13 % dead",)
    session.actions.get("live_values").trigger()
    assert not shown("gelu")
    store = Store(session.path)
    assert store.setting(WATCHED) > time.time()
    store.close()


def test_without_a_run_it_says_what_to_expect(qtbot: QtBot, view: DesignView) -> None:
    said: list[str] = []
    view.session.message.connect(lambda text, level: said.append(text))
    view.session.actions.get("live_values").trigger()
    assert said == ["Live values are on: they appear under the nodes while a run of this model trains."]


def test_a_badge_leaves_out_what_is_not_known() -> None:
    assert badge({}) == ()
    assert badge({"mb": 0.5}) == ("500 kB",)
    assert badge({"mean": 0.1234, "mb": 4e-6}) == ("0.123", "4 B")
    assert badge({"mean": 0.0, "std": 1.0, "dead": 0.0}, units=True) == ("0 ± 1.0",)


def test_zeros_that_are_no_units_are_not_called_dead() -> None:
    known = {"mean": 1.0, "std": 1.0, "dead": 0.25}
    assert badge(known) == ("1.0 ± 1.0",)
    assert badge(known, units=True) == ("1.0 ± 1.0 · 25 % dead",)


def test_strong_signals_have_thick_wires() -> None:
    links = load("mlp").graph.links
    values = {"fc1": {"mean": 0.0, "std": 0.01}, "relu1": {"mean": 3.0, "std": 4.0}}
    found = weights(values, links)
    assert set(found.values()) <= {0.0, 1.0}
    assert all(found[target] == (links[target].node == "relu1") for target in found)
    assert weights({}, links) == {}
    assert weights({"fc1": {"mean": 1.0, "std": 0.0}}, {Port("a", "x"): Port("fc1", "y")}) == {
        Port("a", "x"): 0.5
    }
