"""Files that are opened by dialog or dropped on the window: models, pictures that hold one, and data."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.core.document import Document
from workbench.core.files import dumps, write
from workbench.core.pictures import KEYWORD
from workbench.gui.data.view import DataView
from workbench.gui.design.view import DesignView
from workbench.gui.session import Session
from workbench.gui.window import MainWindow


def test_a_model_file_is_opened_by_dialog_and_by_drop(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        write(tmp_path / f"{name}.json", Document(name=name))
    window.ask_open()
    [dialog] = window.findChildren(QFileDialog)
    assert not dialog.isModal()
    dialog.fileSelected.emit(str(tmp_path / "first.json"))
    dialog.close()
    qtbot.waitUntil(lambda: session.document.name == "first", timeout=3000)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "second.json"))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDropEvent(QPointF(QPoint(5, 5)), copy, data, left, Qt.KeyboardModifier.NoModifier)
    window.dropEvent(event)
    qtbot.waitUntil(lambda: session.document.name == "second", timeout=3000)


def dropped_on(widget: QWidget, *paths: Path) -> bool:
    """Drag files in from another program and let go of them; whether the window took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(90, 90), copy, data, left, none)
    QApplication.sendEvent(widget, enter)
    drop = QDropEvent(QPointF(90, 90), copy, data, left, none)
    QApplication.sendEvent(widget, drop)
    return enter.isAccepted() and drop.isAccepted()


def picture_of(document: Document, path: Path) -> Path:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(0)
    image.setText(KEYWORD, dumps(document))
    assert image.save(str(path))
    return path


def test_a_picture_that_holds_a_model_is_opened_wherever_it_is_dropped(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    session.open_template("gan")
    gan = session.document
    design = window.view("design")
    assert isinstance(design, DesignView)
    assert dropped_on(design.canvas.viewport(), picture_of(gan, tmp_path / "a.PNG"))
    qtbot.waitUntil(lambda: session.document is not gan, timeout=3000)
    assert session.document == gan
    window.show_view("home")
    assert dropped_on(window, picture_of(Document(name="second"), tmp_path / "b.png"))
    qtbot.waitUntil(lambda: session.document.name == "second", timeout=3000)
    assert window.current == "design"


def test_a_picture_without_a_model_is_refused_in_a_sentence(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(0)
    assert image.save(str(tmp_path / "photo.png"))
    said: list[str] = []
    session.message.connect(lambda text, level: said.append(text))
    assert dropped_on(window, tmp_path / "photo.png")
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "photo.png holds no model" in said[0]


def test_all_dropped_models_are_opened_and_broken_ones_refused_in_one_message(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    for name in ("first", "twice"):
        write(tmp_path / f"{name}.json", Document(name=name))
    second = picture_of(Document(name="twice"), tmp_path / "b.png")
    (tmp_path / "broken.json").write_text("{")
    said: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: said.append((text, level)))
    assert dropped_on(window, *(tmp_path / f"{name}.json" for name in ("first", "twice", "broken")), second)
    qtbot.waitUntil(lambda: bool(said), timeout=5000)
    [(text, level)] = said
    assert text.startswith("Opened “first”, “twice” and “twice-2”. Not opened: ")
    assert "broken.json" in text and level == "warning"
    assert session.document.name == "twice-2" and window.current == "design"
    qtbot.waitUntil(lambda: len(session.models) == 3, timeout=5000)
    assert {model.name for model in session.models} == {"first", "twice", "twice-2"}


@pytest.mark.parametrize("name", ["notes.txt", "folder", "archive.tar.gz", "folder.json"])
def test_what_is_no_model_goes_to_the_data_view(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir() if name.startswith("folder") else (tmp_path / name).write_text("x")
    before = session.document
    assert dropped_on(window, tmp_path / name)
    qtbot.waitUntil(lambda: window.current == "data", timeout=3000)
    view = window.view("data")
    assert isinstance(view, DataView) and view.wizard.path == tmp_path / name
    assert view.stack.currentWidget() is view.wizard and session.document is before
    view.wizard.close_source()


def test_models_and_data_may_be_dropped_together(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    write(tmp_path / "first.json", Document(name="first"))
    dropped_on(window, *(tmp_path / f"{number}.txt" for number in range(30)), tmp_path / "first.json")
    qtbot.waitUntil(lambda: window.current == "data", timeout=3000)
    view = window.view("data")
    assert isinstance(view, DataView) and view.wizard.page.place.text() == "1 of 30"
    assert session.document.name == "first"
    view.wizard.close_source()


def test_many_models_that_are_none_are_named_in_few_words(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    dropped_on(window, *(tmp_path / f"{number}.json" for number in range(30)))
    qtbot.waitUntil(window.messages.isVisible, timeout=3000)
    assert "4.json" in window.messages.text() and "5.json" not in window.messages.text()
    assert "And 25 more." in window.messages.text()
