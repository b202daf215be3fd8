"""The wizard, from dropped files to a dataset, and all that can go wrong on the way."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.audit import RULES
from workbench.gui import theme
from workbench.gui.data import reading
from workbench.gui.data.adding import Wanted
from workbench.gui.data.options import ChoiceField, ColumnsField, TypedField
from workbench.gui.data.view import DataView
from workbench.gui.data.wizard import Wizard
from workbench.gui.data.wizard_preview import MOST_PROBLEMS
from workbench.gui.data.wizard_source import paths_in
from workbench.gui.session import Session
from workbench.gui.taborder import put_in_order
from workbench.gui.window import MainWindow
from workbench.jobs.datasets import FOLDER

LEFT = Qt.MouseButton.LeftButton


def requests(log: Path, do: str = "read") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in log.read_text().splitlines()]
    return [request for request in found if request["do"] == do]


def ready(wizard: Wizard) -> bool:
    return wizard.page.add.isEnabled()


def look(qtbot: QtBot, wizard: Wizard, *paths: Path) -> None:
    wizard.take(Wanted(paths))
    qtbot.waitUntil(lambda: ready(wizard))


def folder_of(session: Session) -> Path:
    return session.path.with_suffix(".files") / FOLDER


def choice(wizard: Wizard, name: str) -> ChoiceField:
    field = wizard.page.form.fields[name]
    assert isinstance(field, ChoiceField)
    return field


def typed(wizard: Wizard, name: str) -> TypedField:
    field = wizard.page.form.fields[name]
    assert isinstance(field, TypedField)
    return field


def test_files_are_looked_at_and_what_was_understood_is_said(
    qtbot: QtBot, wizard: Wizard, log: Path, tmp_path: Path
) -> None:
    look(qtbot, wizard, tmp_path / "blüten 🌼.csv")
    page = wizard.page
    assert page.title.full_text() == "blüten 🌼.csv" and page.chosen() == "table"
    assert page.reason.text() == "Chosen because its name ends in .csv."
    assert [page.reader.itemText(row) for row in range(2)] == ["Table", "Text"]
    assert page.name.placeholderText() == "Blüten 🌼"
    assert choice(wizard, "target").field.currentText() == "label (found)"
    assert choice(wizard, "header").field.currentText() == "Yes (found)"
    assert choice(wizard, "split").field.currentText() == "By time (found)"
    assert typed(wizard, "validation").field.placeholderText() == "0.2"
    drop = page.form.fields["drop"]
    assert isinstance(drop, ColumnsField) and drop.button.text() == "id" and drop.value() is None
    assert page.form.values() == {} and not typed(wizard, "encoding").field.isVisible()
    QTest.mouseClick(page.form.more, LEFT)
    assert typed(wizard, "encoding").field.isVisible()
    assert page.preview.items.model.rowCount() == 3 and len(page.preview.figures.charts) == 1
    assert page.preview.problems.list.lines.stringList() == ["Row 0 is left out.", "Row 1 is left out."]
    assert (
        page.status.full_text()
        == "20 items looked at: 12 train · 4 validation · 4 test. Add reads everything there is."
    )
    [asked] = requests(log)
    assert (asked["limit"], asked["reader"], asked["options"]) == (200, "table", {}) and "into" not in asked


def test_a_change_is_read_anew_after_a_moment_and_only_once(
    qtbot: QtBot, wizard: Wizard, log: Path, tmp_path: Path
) -> None:
    look(qtbot, wizard, tmp_path / "a.csv")
    field = typed(wizard, "validation").field
    field.setFocus()
    QTest.keyClicks(field, "0.35")
    assert not ready(wizard) and wizard.page.cancel.isVisible()
    qtbot.waitUntil(lambda: ready(wizard))
    assert [request["options"] for request in requests(log)] == [{}, {"validation": 0.35}]
    assert field.hasFocus() and field.text() == "0.35"
    field.clear()
    QTest.keyClicks(field, "25 %")
    drop = wizard.page.form.fields["drop"]
    assert isinstance(drop, ColumnsField)
    QTest.mouseClick(drop.button, LEFT)
    drop.list.setCurrentRow(1)
    drop.list.setFocus()
    QTest.keyClick(drop.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: ready(wizard))
    assert requests(log)[-1]["options"] == {"validation": 0.25, "drop": ["id", "x"]}


def test_what_does_not_fit_is_marked_and_not_read(
    qtbot: QtBot, wizard: Wizard, log: Path, tmp_path: Path
) -> None:
    look(qtbot, wizard, tmp_path / "a.csv")
    field = typed(wizard, "validation").field
    QTest.keyClicks(field, "2")
    assert field.property("wrong") and not ready(wizard)
    assert wizard.page.status.full_text() == "“Validation share” is a number from 0 to 0.9, not “2”."
    wizard.add()
    qtbot.wait(400)
    assert len(requests(log)) == 1
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: ready(wizard))
    assert not field.property("wrong")


def test_an_error_stands_in_place_and_is_put_right(
    qtbot: QtBot, wizard: Wizard, log: Path, tmp_path: Path
) -> None:
    look(qtbot, wizard, tmp_path / "a.csv")
    target = choice(wizard, "target")
    target.field.setFocus()
    QTest.keyClicks(target.field, "x")
    target.field.activated.emit(target.field.currentIndex())
    page = wizard.page
    qtbot.waitUntil(page.preview.error.isVisible)
    assert page.preview.error.reason.text() == "The column x has 20 different texts."
    assert "change an option" in page.preview.error.hint.text() and not ready(wizard)
    assert target.value() == "x" and target.field.count() == 4
    target.show_value(None)
    target.changed.emit()
    qtbot.waitUntil(lambda: ready(wizard))
    assert not page.preview.error.isVisible()


@pytest.mark.parametrize(("name", "words"), [("empty", "is empty"), ("strange.bin", "name one of its files")])
def test_files_that_nobody_reads_are_refused_in_place(
    qtbot: QtBot, wizard: Wizard, tmp_path: Path, name: str, words: str
) -> None:
    wizard.take(Wanted((tmp_path / name,)))
    page = wizard.page
    qtbot.waitUntil(page.preview.error.isVisible)
    assert words in page.preview.error.reason.text() and not ready(wizard)
    if name == "empty":
        return
    assert page.reader.currentText() == "To be chosen"
    page.reader.setCurrentIndex(1)
    page.reader.activated.emit(1)
    qtbot.waitUntil(lambda: ready(wizard))
    assert page.reason.text().startswith("Nothing in the files speaks for it")


def test_what_could_be_meant_in_a_folder_is_one_click_away(
    qtbot: QtBot, wizard: Wizard, tmp_path: Path
) -> None:
    error = wizard.page.preview.error
    wizard.take(Wanted((tmp_path / "strange-folder",)))
    qtbot.waitUntil(lambda: len(error.offers) == 3 and error.offers[0].isVisible())
    assert [button.text() for button in error.offers] == ["a.csv", "b.csv", "All 2, one after another"]
    assert error.hint.text() == "Choose what to look at:"
    QTest.mouseClick(error.offers[1], LEFT)
    qtbot.waitUntil(lambda: ready(wizard))
    assert wizard.path == tmp_path / "strange-folder" / "b.csv"
    wizard.take(Wanted((tmp_path / "strange-folder",)))
    qtbot.waitUntil(lambda: len(error.offers) == 3 and error.offers[0].isVisible())
    QTest.mouseClick(error.offers[2], LEFT)
    qtbot.waitUntil(lambda: ready(wizard))
    assert wizard.page.place.text() == "1 of 2" and wizard.page.skip.isVisible()


def test_what_is_noticed_does_not_repeat_the_folder(qtbot: QtBot, wizard: Wizard, tmp_path: Path) -> None:
    (tmp_path / "album").mkdir()
    wizard.take(Wanted((tmp_path / "album",)))
    lines = wizard.page.preview.problems.list.lines
    qtbot.waitUntil(lambda: lines.stringList() == ["a.png is damaged and left out."], timeout=10_000)


def test_ten_thousand_problems_are_a_short_list(qtbot: QtBot, wizard: Wizard, tmp_path: Path) -> None:
    look(qtbot, wizard, tmp_path / "wild.csv")
    lines = wizard.page.preview.problems.list
    assert lines.lines.rowCount() == MOST_PROBLEMS + 1 and lines.height() < 120
    assert lines.lines.stringList()[-1] == "… and 9,000 more."


def test_a_process_that_hangs_is_told_and_cancelled(
    qtbot: QtBot, wizard: Wizard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "QUIET_SECONDS", 1)
    wizard.take(Wanted((tmp_path / "hangs",)))
    page = wizard.page
    qtbot.waitUntil(lambda: page.status.full_text().startswith("Nothing was heard for 1.0 s"))
    QTest.mouseClick(page.cancel, LEFT)
    assert page.preview.error.isVisible() and not page.bar.isVisible()
    assert page.preview.error.reason.text() == "Looking at the files was stopped."


def test_a_dataset_is_added_and_shown(
    qtbot: QtBot,
    view: DataView,
    wizard: Wizard,
    session: Session,
    log: Path,
    tmp_path: Path,
    window: MainWindow,
) -> None:
    look(qtbot, wizard, tmp_path / "flowers.csv")
    wizard.page.name.setFocus()
    QTest.keyClicks(wizard.page.name, "Meadow")
    wizard.page.add.setFocus()
    QTest.keyClick(wizard.page.add, Qt.Key.Key_Space)
    assert not wizard.page.add.isEnabled() and wizard.page.cancel.isVisible()
    qtbot.waitUntil(lambda: view.chosen() == "meadow")
    assert view.stack.currentIndex() == 1 and wizard.path is None
    assert requests(log)[-1]["into"] and requests(log)[-1]["name"] == "Meadow"
    assert window.messages.text() == "“Meadow” was added: 20 rows."
    window.messages.button.click()
    assert (
        session.document.graph.nodes["dataset"].params["dataset"] == "meadow" and window.current == "design"
    )


@pytest.mark.parametrize("how", ["cancel", "skip"])
def test_cancelling_leaves_nothing_behind(
    qtbot: QtBot, wizard: Wizard, session: Session, tmp_path: Path, how: str
) -> None:
    look(qtbot, wizard, tmp_path / "slow.csv", tmp_path / "next.csv")
    wizard.add()
    qtbot.waitUntil(lambda: wizard.page.status.full_text().startswith("Rows: 5 of 20"))
    assert list(folder_of(session).iterdir())
    if how == "cancel":
        QTest.mouseClick(wizard.page.cancel, LEFT)
        assert wizard.page.status.full_text() == "Cancelled; nothing was added." and ready(wizard)
    else:
        QTest.mouseClick(wizard.page.skip, LEFT)
        assert wizard.path == tmp_path / "next.csv"
    qtbot.waitUntil(lambda: not list(folder_of(session).iterdir()))
    assert session.datasets == []


def test_another_workspace_ends_what_is_being_added(
    qtbot: QtBot, wizard: Wizard, session: Session, tmp_path: Path
) -> None:
    look(qtbot, wizard, tmp_path / "slow.csv")
    wizard.add()
    qtbot.waitUntil(lambda: wizard.page.bar.maximum() == 20)
    before = folder_of(session)
    with qtbot.waitSignal(session.opened, timeout=20_000):
        session.switch(tmp_path / "other.db")
    assert not list(before.iterdir()) and not wizard.is_adding and ready(wizard)
    assert wizard.page.status.full_text() == "Cancelled; nothing was added."


def test_one_may_go_elsewhere_while_something_is_added(
    qtbot: QtBot, view: DataView, wizard: Wizard, tmp_path: Path
) -> None:
    look(qtbot, wizard, tmp_path / "slow.csv")
    wizard.add()
    qtbot.waitUntil(lambda: wizard.page.bar.maximum() == 20)
    view.reveal("iris")
    assert view.going_on.isVisible() and view.going_on.text() == "Adding slow.csv … 25 %"
    view.reveal(tmp_path / "other.csv")
    assert wizard.path == tmp_path / "slow.csv" and wizard.page.place.text() == "1 of 2"
    view.reveal("iris")
    QTest.mouseClick(view.going_on, LEFT)
    assert view.stack.currentWidget() is wizard and wizard.page.cancel.isVisible()


def test_whoever_waits_for_a_dataset_gets_it(qtbot: QtBot, wizard: Wizard, tmp_path: Path) -> None:
    given: list[str] = []
    wizard.take(Wanted((tmp_path / "a.csv",), given.append))
    qtbot.waitUntil(lambda: ready(wizard))
    wizard.add()
    qtbot.waitUntil(lambda: given == ["a"])


def test_several_sources_come_one_after_another(
    qtbot: QtBot, wizard: Wizard, session: Session, tmp_path: Path
) -> None:
    look(qtbot, wizard, *(tmp_path / f"{name}.csv" for name in "abc"))
    assert wizard.page.place.text() == "1 of 3"
    wizard.add()
    qtbot.waitUntil(lambda: wizard.path == tmp_path / "b.csv" and ready(wizard))
    assert wizard.page.place.text() == "2 of 3"
    QTest.mouseClick(wizard.page.skip, LEFT)
    assert wizard.page.place.text() == "3 of 3" and not wizard.page.skip.isVisible()
    qtbot.waitUntil(lambda: ready(wizard))
    QTest.mouseClick(wizard.page.back, LEFT)
    assert wizard.currentWidget() is wizard.source and wizard.path is None
    qtbot.waitUntil(lambda: [record.id for record in session.datasets] == ["a"])


def test_paths_are_pasted_dropped_and_chosen(
    qtbot: QtBot, wizard: Wizard, window: MainWindow, tmp_path: Path
) -> None:
    source = wizard.source
    assert not source.look.isEnabled()
    source.paths.setFocus()
    QTest.keyClicks(source.paths, str(tmp_path / "a.csv"))
    QTest.keyClick(source.paths, Qt.Key.Key_Return)
    assert wizard.path == tmp_path / "a.csv"
    wizard.close_source()
    assert source.paths.toPlainText() == ""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "b.csv"))])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(source.area, QDragEnterEvent(QPoint(9, 9), copy, data, LEFT, none))
    QApplication.sendEvent(source.area, QDropEvent(QPointF(9, 9), copy, data, LEFT, none))
    assert wizard.path == tmp_path / "b.csv"
    wizard.close_source()
    QTest.mouseClick(source.area.folder, LEFT)
    [dialog] = window.findChildren(QFileDialog)
    assert not dialog.isModal() and dialog.fileMode() == QFileDialog.FileMode.Directory
    dialog.filesSelected.emit([str(tmp_path)])
    dialog.close()
    assert wizard.path == tmp_path


def test_paths_as_programs_copy_them() -> None:
    typed = "  \"/a b/c.csv\"\n\nfile:///d%20e/f.txt\n'g.csv'  \n"
    assert paths_in(typed) == [Path("/a b/c.csv"), Path("/d e/f.txt"), Path("g.csv")]


@pytest.mark.usefixtures("dark_again")
@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_wizard_passes_the_audit(
    qtbot: QtBot, qapp: QApplication, wizard: Wizard, window: MainWindow, tmp_path: Path, mode: str
) -> None:
    theme.apply(qapp, mode)
    found = []
    for name in ("", "wild.csv", "empty"):
        if name == "empty":
            wizard.take(Wanted((tmp_path / name,)))
            qtbot.waitUntil(wizard.page.preview.error.isVisible)
        elif name:
            look(qtbot, wizard, tmp_path / name)
            QTest.mouseClick(wizard.page.form.more, LEFT)
        for width, height in ((1280, 720), (1600, 900)):
            window.resize(width, height)
            QApplication.processEvents()
            put_in_order(window)
            found += [
                f"{name} at {width}x{height}: {rule}: {fault}"
                for rule, check in RULES.items()
                for fault in check(window)
            ]
    assert not found, "\n".join(found)
