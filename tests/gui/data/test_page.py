"""The page of a dataset, with real processes on a small real folder: items, names, source, copy, removal."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from workbench.core.document import Document, Graph, Node
from workbench.core.files import dumps
from workbench.gui.data.charts import Bars
from workbench.gui.data.page import DatasetPage
from workbench.gui.data.page_side import about
from workbench.gui.session import Session
from workbench.gui.widgets.labels import Label
from workbench.jobs.datasets import add_dataset
from workbench.store.store import Store

ROWS = "".join(f"{x},{x * 2},{'cat' if x % 2 else 'dog'}\n" for x in range(40))

pytestmark = pytest.mark.usefixtures("warm_readers")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "pets"
    folder.mkdir()
    (folder / "pets.csv").write_text("weight,age,kind\n" + ROWS)
    return folder / "pets.csv"


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> Iterator[DatasetPage]:
    made = DatasetPage(session)
    qtbot.addWidget(made)
    made.resize(960, 620)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.items.clear("")


Done = Callable[[Callable[[Store], object]], None]


@pytest.fixture
def done(qtbot: QtBot, session: Session) -> Done:
    """Does something with the store and waits until it is done."""

    def do(work: Callable[[Store], object]) -> None:
        ended: list[object] = []
        session.call(work, ended.append)
        qtbot.waitUntil(lambda: bool(ended))

    return do


@pytest.fixture
def pets(
    qtbot: QtBot, session: Session, page: DatasetPage, source: Path, done: Done, reads_here: None
) -> DatasetPage:
    """A page that shows a dataset of the workspace's own."""
    done(lambda store: add_dataset(store, source))
    qtbot.waitUntil(lambda: "pets" in session.schemas)
    page.show_dataset("pets")
    qtbot.waitUntil(lambda: shown(page))
    return page


def shown(page: DatasetPage) -> bool:
    return bool(page.items.tally.text()) and bool(page.items.grid.model.items)


def notice(page: DatasetPage) -> str:
    return page.header.notice.sentence.text() if page.header.notice.isVisible() else ""


def choose(page: DatasetPage, which: str, text: str) -> None:
    """Picks an entry as a person does, by its beginning."""
    choice = page.items.split if which == "split" else page.items.label
    at = next(index for index in range(choice.count()) if choice.itemText(index).startswith(text))
    choice.setCurrentIndex(at)
    choice.activated.emit(at)


def labels(page: DatasetPage) -> set[str]:
    return {item["label"] for item in page.items.grid.model.items}


def test_a_sample_shows_items_figures_and_parts(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("digits")
    qtbot.waitUntil(lambda: shown(page))
    assert page.header.name.full_text() == "Handwritten digits"
    assert not page.header.title.isVisible() and not page.header.remove.isVisible()
    assert page.items.tally.full_text() == "1,079 items"
    assert not page.items.grid.is_table
    assert [chart.title for chart in page.side.figures.charts] == ["Classes"]
    choose(page, "split", "Test")
    qtbot.waitUntil(lambda: page.items.tally.full_text() == "359 items")


def test_what_there_is_to_choose_from_is_there_with_the_items(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("digits")
    assert page.items.split.isHidden() and page.items.label.isHidden()
    qtbot.waitUntil(lambda: shown(page))
    assert page.items.split.isVisible() and page.items.label.isVisible()


def test_windows_of_a_series_are_counted_as_they_are_shown(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("tides")
    qtbot.waitUntil(lambda: shown(page))
    shown_count = page.items.grid.model.rowCount()
    assert page.items.tally.full_text().startswith(f"{shown_count:,} of ")
    assert page.items.tally.full_text().endswith(" windows") and "overlap" in page.items.tally.toolTip()


def test_figures_and_notes_use_the_names_that_people_know(
    qtbot: QtBot, pets: DatasetPage, session: Session, done: Done
) -> None:
    [record] = session.datasets
    note = {"problems": ["Two rows are left out; the option “drop” keeps them."]}
    done(lambda store: store.add_dataset(replace(record, details={**record.details, **note})))
    note_shown = "the option “Left out” keeps them."
    qtbot.waitUntil(
        lambda: any(note_shown in label.text() for label in pets.side.problems.findChildren(Label))
    )
    assert "Left out" not in {name for name, _, _ in about(record, 0)}  # there is nothing left out
    assert ("Header", "Yes") in {(name, said) for name, said, _ in about(record, 0)}
    pets.side.fields[0].setFocus()
    QTest.keyClicks(pets.side.fields[0], "s")
    QTest.keyClick(pets.side.fields[0], Qt.Key.Key_Return)
    first = "cats" if pets.side.fields[0].text() == "cats" else "dogs"
    chart = next(chart for chart in pets.side.figures.charts if chart.title == "Classes")
    assert isinstance(chart, Bars) and first not in chart.names

    def renamed() -> bool:
        charts = [chart for chart in pets.side.figures.charts if chart.title == "Classes"]
        return any(isinstance(chart, Bars) and first in chart.names for chart in charts)

    qtbot.waitUntil(renamed)


def test_classes_and_words_filter(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("iris")
    qtbot.waitUntil(lambda: shown(page))
    assert page.items.grid.is_table
    choose(page, "label", "versicolor")
    qtbot.waitUntil(lambda: page.items.tally.full_text() == "30 of 90 items")
    assert labels(page) == {"versicolor"}
    choose(page, "label", "All")
    page.items.search.setFocus()
    QTest.keyClicks(page.items.search, "virgin")
    qtbot.waitUntil(lambda: labels(page) == {"virginica"})
    QTest.keyClicks(page.items.search, " tulip")
    qtbot.waitUntil(lambda: page.items.reason.text() == "No item fits.")
    QTest.keyClick(page.items.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page.items.tally.full_text() == "90 items")


def test_keys_open_an_item_in_full(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("digits")
    qtbot.waitUntil(lambda: shown(page))
    page.items.grid.setFocus()
    QTest.keyClick(page.items.grid.tiles, Qt.Key.Key_Right)
    QTest.keyClick(page.items.grid.tiles, Qt.Key.Key_Return)
    assert page.side.chosen.isVisible() and page.side.view.hasFocus()
    assert page.side.words.text().startswith("Item ")
    assert page.side.view.accessibleDescription().startswith("Item ")


def test_a_table_row_is_told_by_its_columns(qtbot: QtBot, pets: DatasetPage) -> None:
    pets.items.grid.table.selectRow(0)
    said = {label.text() for label in pets.side.values.findChildren(type(pets.side.words))}
    assert {"weight", "age"} <= said
    assert not pets.side.view.isVisible()


def test_facts_problems_and_how_it_was_read(pets: DatasetPage) -> None:
    facts = pets.header.facts.full_text()
    assert facts.startswith("Table · 40 rows · 2 classes · 2 values in features") and "copy" in facts
    assert pets.side.rows.isVisible()
    assert notice(pets) == ""


def test_a_title_is_changed_where_it_stands(qtbot: QtBot, session: Session, pets: DatasetPage) -> None:
    field = pets.header.title
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "My pets")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.schemas["pets"].title == "My pets")
    assert shown(pets)
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    with qtbot.waitSignal(session.message) as said:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert said.args[0] == "A dataset needs a title."
    assert field.text() == "My pets"


def test_classes_are_renamed_and_items_say_so(qtbot: QtBot, session: Session, pets: DatasetPage) -> None:
    field = next(field for field in pets.side.fields if field.text() == "cat")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "Katze")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: labels(pets) == {"Katze", "dog"})
    assert set(session.schemas["pets"].labels) == {"Katze", "dog"}


def test_two_classes_of_one_name_are_refused(qtbot: QtBot, session: Session, pets: DatasetPage) -> None:
    field = next(field for field in pets.side.fields if field.text() == "cat")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "dog")
    with qtbot.waitSignal(session.message) as said:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert "Two classes are called “dog”" in said.args[0]
    qtbot.waitUntil(lambda: field.text() == "cat")


def test_a_changed_source_is_noticed(qtbot: QtBot, pets: DatasetPage, source: Path) -> None:
    source.write_text(source.read_text() + "99,198,dog\n")
    os.utime(source, (1e9, 1e9))
    pets.hide()
    pets.show()
    qtbot.waitUntil(lambda: "has changed since it was added" in notice(pets))


def test_a_source_that_is_gone_is_told_and_the_copy_shown(
    qtbot: QtBot, pets: DatasetPage, source: Path
) -> None:
    source.unlink()
    pets.hide()
    pets.show()
    qtbot.waitUntil(lambda: "The source is gone" in notice(pets))
    assert "copy in the workspace is used" in notice(pets)
    assert not pets.header.clear.isEnabled()
    assert shown(pets)


def test_a_cleared_copy_is_made_again(qtbot: QtBot, session: Session, pets: DatasetPage) -> None:
    session.call(lambda store: store.rename_dataset("pets", "My pets"))
    session.call(lambda store: store.name_classes("pets", ["one", "two"]))
    qtbot.waitUntil(lambda: session.schemas["pets"].labels == ("one", "two"))
    QTest.mouseClick(pets.header.clear, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "was cleared" in notice(pets))
    assert "There is no decoded copy" in pets.items.reason.text()
    QTest.mouseClick(pets.header.notice.act, Qt.MouseButton.LeftButton)
    assert pets.header.notice.put_off.isVisible()
    qtbot.waitUntil(lambda: pets.making is None and labels(pets) == {"one", "two"})
    qtbot.waitUntil(lambda: notice(pets) == "")
    assert [(record.id, record.title) for record in session.datasets] == [("pets", "My pets")]


def test_making_a_copy_can_be_cancelled(qtbot: QtBot, pets: DatasetPage) -> None:
    QTest.mouseClick(pets.header.clear, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "was cleared" in notice(pets))
    QTest.mouseClick(pets.header.notice.act, Qt.MouseButton.LeftButton)
    QTest.mouseClick(pets.header.notice.put_off, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: pets.making is None and "was cleared" in notice(pets))


def test_a_damaged_copy_is_told_and_can_be_made_again(qtbot: QtBot, pets: DatasetPage) -> None:
    standing = pets._standing
    assert standing is not None
    (standing.folder / "features.npy").write_bytes(b"nothing")
    page = pets
    page.show_dataset("digits")
    qtbot.waitUntil(lambda: shown(page))
    page.show_dataset("pets")
    qtbot.waitUntil(lambda: "damaged" in notice(page))
    QTest.mouseClick(page.header.notice.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.making is None and shown(page) and notice(page) == "")


def test_items_go_on_when_their_process_is_killed(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("digits")
    qtbot.waitUntil(lambda: shown(page))
    service = page.items.service
    assert service is not None
    os.kill(service.pid, signal.SIGKILL)
    choose(page, "split", "Test")
    qtbot.waitUntil(lambda: page.items.tally.full_text() == "359 items")
    assert service.restarts == 1


def test_a_process_that_falls_over_twice_can_be_tried_again(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("digits")
    qtbot.waitUntil(lambda: shown(page))
    service = page.items.service
    assert service is not None
    service.failed.emit("The program that shows items fell over twice.")
    assert page.items.retry.isVisible()
    QTest.mouseClick(page.items.retry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.items.tally.full_text() == "1,079 items")


def test_removing_can_be_undone_and_leaves_the_source(
    qtbot: QtBot, session: Session, pets: DatasetPage, source: Path
) -> None:
    offers: list[Callable[[], object]] = []
    session.offered.connect(lambda text, button, slot: offers.append(slot))
    QTest.mouseClick(pets.header.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "pets" not in session.schemas and bool(offers))
    assert "not in the workspace any more" in pets.items.reason.text()
    assert source.exists()
    offers[0]()
    qtbot.waitUntil(lambda: "pets" in session.schemas)


def test_models_that_have_it_are_named_before_it_is_removed(
    qtbot: QtBot, session: Session, pets: DatasetPage, done: Done
) -> None:
    node = Node("data", "Dataset", params={"dataset": "pets"})
    text = dumps(Document(name="classifier", graph=Graph(nodes={"data": node})))
    done(lambda store: store.save_model(None, text))
    pets.hide()
    pets.show()
    qtbot.waitUntil(lambda: pets.side.models.isVisible())
    QTest.mouseClick(pets.header.remove, Qt.MouseButton.LeftButton)
    assert "1 model has this dataset: “classifier”" in notice(pets)
    QTest.mouseClick(pets.header.notice.put_off, Qt.MouseButton.LeftButton)
    assert notice(pets) == "" and "pets" in session.schemas
    QTest.mouseClick(pets.header.remove, Qt.MouseButton.LeftButton)
    QTest.keyClick(pets.header.notice.act, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "pets" not in session.schemas)


def test_runs_that_used_it_lead_to_them(
    qtbot: QtBot, no_jobs: None, session: Session, pets: DatasetPage, done: Done
) -> None:
    done(
        lambda store: store.add_run(
            "net",
            "net",
            "{}",
            "",
            device="auto",
            seed=0,
            epochs=1,
            parameters=1,
            dataset="pets, iris",
            params={},
        )
    )
    went: list[tuple[str, object]] = []
    session.went.connect(lambda view, what: went.append((view, what)))

    def button() -> QPushButton | None:
        return next((b for b in pets.side.runs.findChildren(QPushButton) if b.text() == "net #1"), None)

    qtbot.waitUntil(lambda: button() is not None)
    found = button()
    assert found is not None
    found.click()
    assert went == [("runs", 1)]


def test_the_folder_of_the_source_is_opened(
    pets: DatasetPage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url))
    QTest.mouseClick(pets.header.folder, Qt.MouseButton.LeftButton)
    assert [url.toLocalFile() for url in opened] == [str(source.parent)]


def test_a_page_that_is_left_lets_its_process_rest(qtbot: QtBot, page: DatasetPage) -> None:
    page.show_dataset("iris")
    qtbot.waitUntil(lambda: shown(page))
    service = page.items.service
    assert service is not None
    page.hide()
    service._left.setInterval(10)
    service._left.start()
    qtbot.waitUntil(lambda: service.pid == 0)
    page.show()
    choose(page, "split", "Test")
    qtbot.waitUntil(lambda: page.items.tally.full_text() == "30 items")


def test_an_unknown_dataset_is_said(page: DatasetPage) -> None:
    page.show_dataset("nothing")
    assert page.items.reason.text() == "There is no such dataset in the workspace."


def test_a_folder_that_vanishes_with_its_copy_is_told(qtbot: QtBot, pets: DatasetPage, source: Path) -> None:
    standing = pets._standing
    assert standing is not None
    shutil.rmtree(standing.folder)
    source.unlink()
    pets.hide()
    pets.show()
    qtbot.waitUntil(lambda: "there is no copy" in notice(pets))
    QApplication.processEvents()
