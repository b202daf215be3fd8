"""The panel of values: ticks become terms of the filter, and the filter ticks."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.runs.showing import runs_view
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> RunsView:
    made = runs_view(qtbot, session, 1280, 900)

    def fill(store: Store) -> None:
        for number in range(9):
            record(
                store,
                f"net{number}",
                params={"training.updates.train.optimizer": "Adam" if number else "SGD"},
            )
        record(store, "net8", state="failed")  # with other settings
        store.change_tags(add=[(1, "paper"), (2, "paper")])

    session.call(fill)
    qtbot.waitUntil(lambda: made.model.total == 10, timeout=WAIT)
    QTest.mouseClick(made.layout_bar.facets_button, LEFT)
    return made


def rows(view: RunsView, title: str) -> list[tuple[str, str, bool]]:
    return [
        (item.text(0), item.text(1), item.checkState(0) == Qt.CheckState.Checked)
        for item in items(view, title)
    ]


def items(view: RunsView, title: str) -> list[QTreeWidgetItem]:
    tree = view.layout_bar.facets.tree
    tops = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    mine = [top for top in tops if top is not None and top.text(0) == title]
    found = [top.child(row) for top in mine for row in range(top.childCount())]
    return [item for item in found if item is not None]


def click(view: RunsView, title: str, text: str, *, box: bool = True) -> None:
    tree = view.layout_bar.facets.tree
    rect = tree.visualItemRect(next(item for item in items(view, title) if item.text(0) == text))
    QTest.mouseClick(
        tree.viewport(), LEFT, pos=rect.topLeft() + QPoint(10 if box else 40, rect.height() // 2)
    )


def test_ticks_become_terms_of_the_filter_and_back(qtbot: QtBot, view: RunsView) -> None:
    assert rows(view, "State") == [("completed", "9", False), ("failed", "1", False)]
    assert rows(view, "Tags") == [("paper", "2", False)]
    click(view, "State", "failed")
    qtbot.waitUntil(lambda: view.filter.text() == "state = failed", timeout=WAIT)
    assert list(view.model.shown) == [10]
    qtbot.waitUntil(lambda: rows(view, "Model") == [("net8", "1", False)], timeout=WAIT)
    assert rows(view, "State") == [("completed", "9", False), ("failed", "1", True)]
    click(view, "State", "completed")
    qtbot.waitUntil(lambda: len(view.model.shown) == 10, timeout=WAIT)
    assert view.filter.text() == "state = failed or state = completed"
    view.filter.setText("tag = paper star or")  # half typed: the one in force counts
    view.filter.setText("tag = paper")
    qtbot.waitUntil(lambda: rows(view, "Tags") == [("paper", "2", True)], timeout=WAIT)
    click(view, "Tags", "paper")
    qtbot.waitUntil(lambda: view.filter.text() == "" and len(view.model.shown) == 10, timeout=WAIT)


def test_many_values_are_unfolded_and_the_panel_is_remembered(
    qtbot: QtBot, view: RunsView, session: Session
) -> None:
    assert [text for text, _, _ in rows(view, "Model")][-1] == "3 more…"
    click(view, "Model", "3 more…", box=False)
    qtbot.waitUntil(lambda: len(rows(view, "Model")) == 10, timeout=WAIT)
    assert rows(view, "Model")[-1][0] == "Show fewer" and rows(view, "Model")[0] == ("net8", "2", False)
    view.layout_bar.group_by("model")
    view.model.set_how("max")
    view.layout_bar.layouts.save()
    again = alone(RunsView, qtbot, session)
    qtbot.waitUntil(lambda: again.model.group == "model" and again.model.how == "max", timeout=WAIT)
    assert again.layout_bar.facets_button.isChecked() and not again.layout_bar.facets.isHidden()


def test_words_are_looked_for_in_settings_too(qtbot: QtBot, view: RunsView) -> None:
    view.filter.setText("sgd")
    qtbot.waitUntil(lambda: list(view.model.shown) == [1], timeout=WAIT)
    view.filter.setText("adam net8")
    assert list(view.model.shown) == [9]  # the failed one recorded no optimizer
