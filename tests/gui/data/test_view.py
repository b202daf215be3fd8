"""The Data view: its list, search and keys, what is used where, and sources that are gone."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from workbench.catalog.samples import SAMPLES
from workbench.gui.data.listing import ICONS, Stock, entries_of
from workbench.gui.data.view import DataView
from workbench.gui.session import Session
from workbench.gui.window import MainWindow
from workbench.jobs.datasets import Added
from workbench.store.records import DatasetRecord

pytestmark = pytest.mark.usefixtures("warm_readers")

CTRL = Qt.KeyboardModifier.ControlModifier
KEY = Qt.Key


def record(id: str, source: str = "/nowhere/x.csv", created: float = 1.0) -> DatasetRecord:
    schema = replace(SAMPLES["iris"], id=id, title=id.capitalize(), items=891).to_json()
    return DatasetRecord(
        id, id.capitalize(), source, "table", {"target": "x"}, schema, {"train": 891}, "f", created
    )


def shown(view: DataView) -> list[str]:
    return [entry.id or entry.title for entry in view.list.lines.rows]


@pytest.fixture
def titanic(qtbot: QtBot, session: Session, view: DataView) -> DataView:
    """A view with one dataset whose source is gone."""
    session.call(lambda store: store.add_dataset(record("titanic")))
    qtbot.waitUntil(lambda: "titanic" in session.schemas)
    return view


def test_rows_tell_what_is_in_them_and_whether_the_source_is_there() -> None:
    records = [record("old"), record("new", created=2.0)]
    schemas = {**SAMPLES, "old": SAMPLES["digits"], "new": SAMPLES["iris"]}
    stock = {"old": Stock(True, 61_700), "new": Stock(False, 0)}
    rows = entries_of(schemas, records, stock)
    assert [row.id or row.title for row in rows[:4]] == ["In this workspace", "new", "old", "Samples"]
    assert rows[1].warning == "its source is gone" and "/nowhere/x.csv" in rows[1].tip
    assert rows[2].line == "1,797 images · 10 classes · 61.7 kB" and not rows[2].warning
    assert [row.id for row in entries_of(schemas, records, stock, "IRIS flow")] == ["", "new", "", "iris"]
    assert entries_of(schemas, records, stock, "zebra") == []


def test_every_kind_has_its_icon() -> None:
    from workbench.catalog.schema import KINDS
    from workbench.core.resources import resource

    assert set(KINDS) <= ICONS.keys()
    assert all(resource("icons", f"{name}.svg").exists() for name in ICONS.values())


def test_the_list_is_searched_and_walked_with_keys(
    qtbot: QtBot, titanic: DataView, window: MainWindow
) -> None:
    view = titanic
    assert shown(view)[:3] == ["In this workspace", "titanic", "Samples"]
    assert view.stack.currentWidget() is view.empty
    QTest.keyClick(window, KEY.Key_F, CTRL)
    assert view.search.hasFocus()
    QTest.keyClicks(view.search, "iris")
    assert shown(view) == ["Samples", "iris"]
    QTest.keyClicks(view.search, "zebra")
    assert shown(view) == [] and view.nothing.isVisible()
    QTest.keyClick(view.search, KEY.Key_Escape)
    view.list.setFocus()
    QTest.keyClick(view.list, KEY.Key_Down)
    assert view.chosen() == "titanic" and view.stack.currentIndex() == 1
    QTest.keyClick(view.list, KEY.Key_Down)
    assert view.chosen() == next(iter(SAMPLES)) and not view.again.isVisible()


def test_a_source_that_is_gone_is_marked(
    qtbot: QtBot, titanic: DataView, session: Session, tmp_path: Path
) -> None:
    view = titanic
    qtbot.waitUntil(lambda: view.list.lines.rows[1].warning == "its source is gone")
    here = tmp_path / "x.csv"
    here.write_text("x")
    session.call(lambda store: store.add_dataset(record("titanic", str(here))))
    qtbot.waitUntil(lambda: not view.list.lines.rows[1].warning)


def test_a_dataset_that_is_not_known_yet_is_shown_as_soon_as_it_is(
    qtbot: QtBot, view: DataView, session: Session
) -> None:
    view.reveal("late")
    assert view.chosen() == ""
    session.call(lambda store: store.add_dataset(record("late", created=time.time())))
    qtbot.waitUntil(lambda: view.chosen() == "late")


def offered() -> QMenu:
    """The menu of places where a dataset can be used."""
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_a_dataset_is_used_in_a_new_model_or_in_the_open_one(view: DataView, session: Session) -> None:
    view.reveal("iris")
    QTest.keyClick(view.list, KEY.Key_U, CTRL)
    menu = offered()
    ready, *_, new = [each.text() for each in menu.actions()]
    assert "Multi-layer perceptron" in ready and new == "In a new, empty model"
    menu.actions()[-1].trigger()
    menu.close()
    assert session.document.graph.nodes["dataset"].params == {"dataset": "iris"}
    session.go("data")
    view.reveal("digits")
    QTest.mouseClick(view.use, Qt.MouseButton.LeftButton)
    menu = offered()
    [here] = [each for each in menu.actions() if each.text() == "In “untitled”, at dataset"]
    here.trigger()
    menu.close()
    assert session.document.graph.nodes["dataset"].params == {"dataset": "digits"}


def test_the_first_ready_model_is_one_key_away(view: DataView, session: Session) -> None:
    view.reveal("iris")
    QTest.keyClick(view.list, KEY.Key_U, CTRL)
    QTest.keyClick(offered(), KEY.Key_Return)
    assert len(session.document.graph.nodes) > 3 and session.analysis.ok


def test_a_dataset_is_used_in_a_ready_model_that_suits_it(titanic: DataView, session: Session) -> None:
    titanic.reveal("titanic")
    QTest.mouseClick(titanic.use, Qt.MouseButton.LeftButton)
    menu = offered()
    [ready] = [each for each in menu.actions() if "Multi-layer perceptron" in each.text()]
    ready.trigger()
    menu.close()
    nodes = session.document.graph.nodes
    assert nodes["flowers"].params["dataset"] == "titanic" and len(nodes) > 3 and session.analysis.ok
    assert not any("LeNet" in words for words, _ in titanic.uses("titanic"))


def test_what_was_just_added_offers_the_same_uses_from_wherever_one_is(
    titanic: DataView, session: Session, window: MainWindow
) -> None:
    session.go("home")
    added = Added(record("titanic"), ())
    titanic.wizard.added.emit(added, None)
    assert window.messages.text() == "“Titanic” was added: 891 rows."
    window.messages.button.click()
    assert window.current == "data" and titanic.chosen() == "titanic"
    menu = offered()
    assert [each.text() for each in menu.actions()] == [words for words, _ in titanic.uses("titanic")]
    assert len(menu.actions()) > 1
    menu.close()


def test_a_dataset_is_read_anew_as_it_was_read(
    qtbot: QtBot, titanic: DataView, session: Session, window: MainWindow, log: Path
) -> None:
    view = titanic
    view.reveal("titanic")
    assert view.where.full_text() == "/nowhere/x.csv"
    QTest.keyClick(view.list, KEY.Key_R, CTRL)
    wizard = view.wizard
    assert view.stack.currentWidget() is wizard and wizard.path == Path("/nowhere/x.csv")
    qtbot.waitUntil(wizard.page.preview.error.isVisible)  # the options of before ask for what is not there
    assert wizard.page.form.values() == {"target": "x"} and wizard.page.name.text() == "Titanic"
    target = wizard.page.form.fields["target"]
    target.show_value(None)
    target.changed.emit()
    qtbot.waitUntil(wizard.page.add.isEnabled)
    wizard.page.name.setText("Ship of dreams")
    QTest.mouseClick(wizard.page.add, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [each.title for each in session.datasets] == ["Ship of dreams"])
    assert [each.id for each in session.datasets] == ["titanic"]  # the same dataset under another name


def test_the_wizard_opens_from_anywhere(view: DataView, window: MainWindow) -> None:
    window.show_view("home")
    QTest.keyClick(window, KEY.Key_O, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert window.current == "data" and view.stack.currentWidget() is view.wizard
    assert view.wizard.source.area.file.hasFocus()
