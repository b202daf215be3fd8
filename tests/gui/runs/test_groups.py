"""The table of runs in groups, opened by mouse and keys, with what each group comes to."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.runs.test_table_model import PLAIN
from workbench.core import text
from workbench.gui.runs.columns import PLACES
from workbench.gui.runs.grouped_model import GroupedModel
from workbench.gui.runs.table_model import FIRST_SLOT
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.store.records import Summary
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000
LEFT = Qt.MouseButton.LeftButton
RUN, SCORE = PLACES["run"], FIRST_SLOT + 1


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> RunsView:
    made = alone(RunsView, qtbot, session)
    made.resize(1280, 760)
    QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, made.model)
    with qtbot.waitExposed(made):
        made.show()

    def fill(store: Store) -> None:
        for name, score in (("lenet5", 0.9), ("lenet5", 0.7), ("mlp", 0.6), ("gan", None)):
            curves = {"train/loss": [1.0]} | ({"validation/accuracy": [score]} if score else {})
            record(
                store,
                name,
                curves=curves,
                params={"adam.lr": 0.1 if name == "gan" else 0.01, "accuracy.type": "Accuracy"},
            )
        store.change_tags(add=[(1, "paper"), (3, "paper")])

    session.call(fill)
    qtbot.waitUntil(lambda: made.model.total == 4, timeout=WAIT)
    return made


def said(view: RunsView, column: int = RUN) -> list[str]:
    return [str(view.model.data(view.model.index(row, column))) for row in range(view.model.rowCount())]


def choose(menu: QMenu, text: str) -> None:
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_groups_say_what_their_runs_come_to(qtbot: QtBot, view: RunsView) -> None:
    menu = view.layout_bar.group_menu
    choose(menu, "Model")
    assert said(view) == ["▸ gan (1)", "▸ mlp (1)", "▸ lenet5 (2)"]
    assert said(view, SCORE) == ["–", "0.6000", "0.8000"]
    assert said(view, PLACES["model"]) == ["gan", "mlp", "lenet5"]
    assert said(view, PLACES["tags"]) == ["", "paper", "2 different"]
    tip = view.model.data(view.model.index(2, SCORE), Qt.ItemDataRole.ToolTipRole)
    assert tip == "mean 0.8000, smallest 0.7000, largest 0.9000 of 2 runs"
    choose(menu, "Largest of each")
    assert said(view, SCORE) == ["–", "0.6000", "0.9000"]
    choose(menu, "Smallest of each")
    assert said(view, SCORE) == ["–", "0.6000", "0.7000"]
    assert view.tally.full_text() == "4 runs"
    choose(menu, "No groups")
    assert list(view.model.shown) == [4, 3, 2, 1] and said(view)[0] == "gan #4"


def test_groups_are_sorted_by_their_figure_and_their_runs_within(qtbot: QtBot, view: RunsView) -> None:
    view.layout_bar.group_by("model")
    view.table.sort_by(SCORE, Qt.SortOrder.DescendingOrder)
    assert said(view) == ["▸ lenet5 (2)", "▸ mlp (1)", "▸ gan (1)"]
    view.model.toggle("lenet5")
    assert said(view) == ["▾ lenet5 (2)", "lenet5 #1", "lenet5 #2", "▸ mlp (1)", "▸ gan (1)"]
    view.table.sort_by(SCORE, Qt.SortOrder.AscendingOrder)
    assert said(view) == ["▸ mlp (1)", "▾ lenet5 (2)", "lenet5 #2", "lenet5 #1", "▸ gan (1)"]


def test_a_group_is_opened_by_click_and_keys_and_stands_for_its_runs(qtbot: QtBot, view: RunsView) -> None:
    view.layout_bar.group_by("model")
    rect = view.table.visualRect(view.model.index(2, RUN))
    QTest.mouseClick(view.table.viewport(), LEFT, pos=rect.topLeft() + QPoint(14, 12))
    assert said(view) == ["▸ gan (1)", "▸ mlp (1)", "▾ lenet5 (2)", "lenet5 #2", "lenet5 #1"]
    assert view.table.selected_ids() == [2, 1] and view.compare.isEnabled()
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Left)
    assert said(view) == ["▸ gan (1)", "▸ mlp (1)", "▸ lenet5 (2)"]
    QTest.keyClick(view.table, Qt.Key.Key_Right)
    QTest.keyClick(view.table, Qt.Key.Key_Down)
    assert view.table.selected_ids() == [2] and view.detail.run is not None and view.detail.run.id == 2
    QTest.mouseClick(view.table.viewport(), LEFT, pos=rect.center())
    QTest.mouseDClick(view.table.viewport(), LEFT, pos=rect.center())
    assert said(view) == ["▸ gan (1)", "▸ mlp (1)", "▸ lenet5 (2)"]
    assert not view.table.grab().isNull()


def test_groups_follow_the_filter_and_the_news_and_a_run_that_is_gone_to(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    view.layout_bar.group_by("tags")
    assert said(view) == ["▸ – (2)", "▸ paper (2)"]
    view.filter.setText("lenet5")
    assert said(view) == ["▸ – (1)", "▸ paper (1)"] and view.tally.full_text() == "2 of 4 runs"
    view.filter.clear()
    session.call(lambda store: record(store, "new"))
    qtbot.waitUntil(lambda: said(view) == ["▸ – (3)", "▸ paper (2)"], timeout=WAIT)
    view.reveal(3)
    assert said(view) == ["▸ – (3)", "▾ paper (2)", "mlp #3", "lenet5 #1"]
    assert view.table.selected_ids() == [3]


def test_groups_by_a_setting_are_kept_in_the_layout(qtbot: QtBot, view: RunsView) -> None:
    view.layout_bar.group_by("param:adam.lr")
    qtbot.waitUntil(lambda: said(view) == ["▸ 0.1 (1)", "▸ 0.01 (3)"], timeout=WAIT)
    layout = view.layout_bar.layout_now()
    assert layout.group == "param:adam.lr"
    view.layout_bar.group_by("")
    view.layout_bar.show_layout(layout)
    assert said(view) == ["▸ 0.1 (1)", "▸ 0.01 (3)"]
    view.layout_bar.group_by("slot:1")
    assert view.model.group == "best:accuracy" and "▸ 0.9000 (1)" in said(view)


def test_groups_of_very_many_runs_fill_in_bit_by_bit(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.gui.runs.grouped_model._AT_ONCE", 3)
    model = GroupedModel()
    values = {1: 1.0, 2: 3.0, 3: -math.inf, 4: math.inf, 5: 1e308, 6: 1.7e308}
    names = ("a", "a", "b", "b", "c", "c")
    runs = [replace(PLAIN, id=id, model=names[id - 1]) for id in values]
    model.update(runs, {id: {"train/x": Summary("train/x", v, 1, v, 1, v, 1, 1)} for id, v in values.items()})
    model.set_group("model")
    cells = [model.cell(row, FIRST_SLOT) for row in range(3)]
    assert cells == [text.number(1.35e308), text.number(math.nan), "…"], "infinite both ways has no mean"
    qtbot.waitUntil(lambda: model.cell(2, FIRST_SLOT) == "2.000", timeout=2_000)
    model.update([replace(runs[0], step=7), *runs[1:]], model.known.summaries)
    assert [model.cell(row, FIRST_SLOT) for row in range(3)][2] == "2.000", "what was known stays"
