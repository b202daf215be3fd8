"""Long curves of many runs: an outline at once, then every point, a few metrics at a time, no more than fit."""

from collections.abc import Callable

import pytest
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, do
from tests.gui.conftest import Record
from workbench.gui.compare import outlines
from workbench.gui.compare.view import CompareView
from workbench.gui.runs import feed
from workbench.gui.runs.feed import Turns
from workbench.gui.session import Session
from workbench.store import outlines as kept
from workbench.store.store import Store


def test_a_few_read_at_once_and_no_more_than_there_is_room_for() -> None:
    turns, started = Turns(most=2, budget=100), list[str]()

    def start(name: str) -> Callable[[], None]:
        return lambda: started.append(name)

    assert all(turns.take(owner, 30, start(f"{owner}{n}")) for owner, n in (("a", 1), ("a", 2), ("b", 1)))
    assert started == ["a1", "a2"] and not turns.take("c", 30, start("c1"))
    turns.done("a")
    assert started == ["a1", "a2", "b1"]
    turns.drop("a")
    assert turns.take("c", 30, start("c1")) and started[-1] == "c1"


def test_very_many_shorter_curves_have_outlines_and_their_points_wait_until_these_are_drawn(
    qtbot: QtBot, no_jobs: None, session: Session, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_SOON": 500, "LONG": 100, "_DRAW_MS": 50}.items():
        monkeypatch.setattr(outlines, name, value)
    monkeypatch.setattr(kept, "LONG", 100)
    view = alone(CompareView, qtbot, session)
    drawn = QSignalSpy(view._outlines.drawn)

    def fill(store: Store) -> None:
        for _ in range(2):
            record(store, curves={"train/loss": [1 / step for step in range(1, 301)], "train/m": [1.0] * 100})

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: sum(map(len, session.summaries.values())) == 4, timeout=WAIT)
    seen: list[tuple[int, int]] = []

    def look() -> None:
        seen.extend((len(points.series["train/loss"]), drawn.count()) for points in view._points.values())

    view._outlines.came.connect(look)
    view.reveal([1, 2])
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: drawn.count() == 1, timeout=WAIT)
    assert seen == [(39, 0), (39, 0)]
    assert all("train/m" not in points.outlined for points in view._points.values())
    qtbot.waitUntil(
        lambda: [len(points.series["train/loss"]) for points in view._points.values()] == [300, 300],
        timeout=WAIT,
    )


def test_an_outline_comes_first_and_gives_way_to_all_points(
    qtbot: QtBot, no_jobs: None, session: Session, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "CHUNK", 300)
    monkeypatch.setattr(outlines, "CHUNK", 300)
    monkeypatch.setattr(kept, "LONG", 300)
    monkeypatch.setattr(outlines, "_DRAW_MS", 50)
    view = alone(CompareView, qtbot, session)

    def fill(store: Store) -> None:
        for _ in range(2):
            record(
                store,
                curves={"train/loss": [1 / step for step in range(1, 1001)], "train/accuracy": [0.1, 0.2]},
            )

    do(qtbot, session, fill)
    view._turns._budget = 1_500  # room for one of the long curves
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: view.model.total == 2, timeout=WAIT)
    view.reveal([1, 2])

    def lengths() -> list[int]:
        plots = view.curves.grid.plots
        return sorted(len(curve.series) for curve in plots["loss"].curves) if "loss" in plots else []

    qtbot.waitUntil(lambda: lengths() == [64, 1000], timeout=WAIT)
    plot = view.curves.grid.plots["loss"]
    assert plot._note == "1 curve in outline" and not view.curves.grid.plots["accuracy"]._note
    outlined = next(curve.series for curve in plot.curves if len(curve.series) == 64)
    assert (outlined.x[0], outlined.x[-1]) == (1, 1000)
    view.model.tick_all([next(id for id, points in view._points.items() if points.outlined)])
    view._look()
    qtbot.waitUntil(lambda: lengths() == [1000], timeout=WAIT)
    assert not plot._note
