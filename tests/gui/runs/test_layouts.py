"""Columns and views of the runs' table, chosen by mouse and keys and kept in the workspace."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.gui.runs.showing import runs_view
from workbench.gui.runs.layouts import LAST, NAMED, Layout
from workbench.gui.runs.view import COLUMNS, RunsView
from workbench.gui.session import Session
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> RunsView:
    made = runs_view(qtbot, session)

    def fill(store: Store) -> None:
        for name, lr in (("lenet5", 0.1), ("resnet20", 0.001), ("gan", 0.01)):
            curves = {"train/loss": [2.0, lr], "validation/accuracy": [0.9, 1 - lr]}
            record(store, name, curves=curves, params={"adam.lr": lr, "kind": name})

    session.call(fill)
    qtbot.waitUntil(lambda: made.model.total == 3, timeout=WAIT)
    return made


def titles(view: RunsView) -> list[str]:
    header = view.table.horizontalHeader()
    columns = sorted(range(header.count()), key=header.visualIndex)
    across = Qt.Orientation.Horizontal
    return [str(view.model.headerData(c, across)) for c in columns if not view.table.isColumnHidden(c)]


def cells(view: RunsView, key: str) -> list[str]:
    column = view.model.column(key)
    return [str(view.model.data(view.model.index(row, column))) for row in range(view.model.rowCount())]


def tick(view: RunsView, words: str) -> None:
    box = view.layout_bar.columns_box
    box.field.clear()
    QTest.keyClicks(box.field, words)
    QTest.keyClick(box.field, Qt.Key.Key_Return)


def choose(menu: QMenu, text: str) -> None:
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_settings_and_metrics_become_columns(qtbot: QtBot, view: RunsView) -> None:
    usual = [
        "★",
        "Run",
        "State",
        "Progress",
        "loss",
        "accuracy",
        "Tags",
        "Model",
        "Data",
        "Parameters",
        "Duration",
    ]
    assert titles(view) == [*usual, "Started", "Device"]
    QTest.mouseClick(view.layout_bar.columns, LEFT)
    box = view.layout_bar.columns_box
    assert box.isVisible()
    qtbot.waitUntil(lambda: view.filter.params.complete, timeout=WAIT)
    tick(view, "adam")
    assert titles(view)[-1] == "adam.lr" and cells(view, "param:adam.lr") == ["0.01", "0.001", "0.1"]
    tick(view, "accuracy last")
    assert titles(view)[-1] == "last accuracy" and cells(view, "last:accuracy") == [
        "0.9900",
        "0.9990",
        "0.9000",
    ]
    tick(view, "accuracy best")  # it stood among those that are chosen by themselves
    assert "accuracy" not in titles(view) and "loss" in titles(view)
    tick(view, "duration")
    assert "Duration" not in titles(view)
    QTest.keyClick(box.field, Qt.Key.Key_Escape)
    assert not box.isVisible()
    view.table.sort_by(view.model.column("param:adam.lr"), Qt.SortOrder.AscendingOrder)
    assert list(view.model.shown) == [2, 3, 1]


def test_a_column_is_hidden_and_moved_from_its_header(qtbot: QtBot, view: RunsView) -> None:
    header = view.table.horizontalHeader()

    def menu_of(key: str) -> QMenu:
        at = QPoint(header.sectionViewportPosition(view.model.column(key)) + 8, 10)
        header.customContextMenuRequested.emit(at)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        return menu

    menu = menu_of("state")
    choose(menu, "Hide “State”")
    menu.close()
    assert "State" not in titles(view)
    menu = menu_of("progress")
    choose(menu, "Move to the front")
    menu.close()
    assert titles(view)[0] == "Progress"


def test_the_workspace_remembers_how_the_table_looked(qtbot: QtBot, view: RunsView, session: Session) -> None:
    view.table.show_columns(["run", "best:accuracy", "param:adam.lr"], {"run": 222})
    view.table.sort_by(view.model.column("best:accuracy"), Qt.SortOrder.AscendingOrder)
    kept: list[object] = []
    qtbot.waitUntil(lambda: _kept(session, kept), timeout=WAIT)
    other = runs_view(qtbot, session)
    qtbot.waitUntil(lambda: titles(other) == ["Run", "accuracy", "adam.lr"], timeout=WAIT)
    assert other.table.columnWidth(0) == 222 and list(other.model.shown) == [1, 3, 2]
    qtbot.waitUntil(lambda: cells(other, "param:adam.lr") == ["0.1", "0.01", "0.001"], timeout=WAIT)


def _kept(session: Session, kept: list[object]) -> bool:
    session.call(lambda store: store.setting(LAST), kept.append)
    return any(isinstance(each, dict) and each["sort"] == "best:accuracy" for each in kept)


def test_views_are_kept_shown_replaced_and_deleted(qtbot: QtBot, view: RunsView, session: Session) -> None:
    bar, offers = view.layout_bar, list[Callable[[], object]]()
    session.offered.connect(lambda words, _, slot: offers.append(slot))
    view.table.show_columns(["run", "best:accuracy"])
    view.filter.setText("accuracy > 0.95")
    bar._fill_menu()
    choose(bar.menu, "Save this view as…")
    QTest.keyClicks(bar.name_box.field, "Good ones")
    QTest.keyClick(bar.name_box.field, Qt.Key.Key_Return)
    assert not bar.name_box.isVisible()
    choose(bar.menu, "Usual columns")
    assert len(titles(view)) > 10 and view.filter.text() == "" and len(view.model.shown) == 3
    stored: list[dict[str, object]] = []
    session.call(lambda store: store.settings(NAMED), stored.append)
    qtbot.waitUntil(lambda: bool(stored) and f"{NAMED}Good ones" in stored[-1], timeout=WAIT)
    bar.menu.aboutToShow.emit()
    choose(bar.menu, "Good ones")
    assert titles(view) == ["Run", "accuracy"] and list(view.model.shown) == [3, 2]
    bar.layouts.forget("Good ones")
    qtbot.waitUntil(lambda: bool(offers) and not bar.layouts.named, timeout=WAIT)
    offers[0]()
    qtbot.waitUntil(lambda: list(bar.layouts.named) == ["Good ones"], timeout=WAIT)
    before = bar.layouts.named["Good ones"]
    bar.layouts.keep("Good ones", Layout(("run",)))
    offers[-1]()
    assert bar.layouts.named["Good ones"] == before


@pytest.mark.parametrize(
    "given",
    [None, 3, [], {"columns": []}, {"columns": [3, None]}, {"columns": "run"}],
)
def test_what_is_no_layout_is_none(given: object) -> None:
    assert Layout.from_json(given) is None


def test_a_layout_from_anywhere_is_made_harmless(qtbot: QtBot, view: RunsView) -> None:
    layout = Layout.from_json(
        {
            "columns": ["run", "nonsense", "best:", "run", "param:gone", {}],
            "widths": {"run": 10**9, "state": "wide", "x": -5},
            "sort": "nonsense",
            "filter": 3,
        }
    )
    assert layout is not None and layout.widths == {"run": 2000, "x": 20} and layout.filter == ""
    view.layout_bar.show_layout(layout)
    assert titles(view) == ["Run", "gone"]
    assert Layout.from_json(Layout(COLUMNS, {"run": 90}, "state", False, "x").as_json()) == Layout(
        COLUMNS, {"run": 90}, "state", False, "x"
    )


def test_a_view_that_is_shown_already_changes_nothing(
    view: RunsView, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    monkeypatch.setattr(view.layout_bar.columns_box, "show_rows", read.append)
    changed = QSignalSpy(view.table.layout_changed)
    view.layout_bar.show_layout(view.layout_bar.layout_now())
    assert not changed.count()
    view.table.show_columns(["run", "state"])
    assert changed.count() and not read  # the box of the columns is closed
