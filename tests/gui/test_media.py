"""What probes recorded: pictures, texts, matrices, and the slider through them."""

import json

import pytest
from PySide6.QtCore import QBuffer, QIODevice, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.widgets.media import MediaPanel
from workbench.gui.widgets.media_matrix import Matrix
from workbench.store.records import Media, MediaKind

MATRIX = json.dumps({"labels": ["cat", "dog"], "counts": [[8, 2], [1, 9]]}).encode()


def png(width: int, height: int, color: str = "#ff0000") -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes for the format
    return bytes(buffer.data().data())


def media(id: int, kind: MediaKind, data: bytes, probe: str = "probe", caption: str = "") -> Media:
    return Media(id, 1, probe, kind, 10 * id, id, data, caption)


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> MediaPanel:
    theme.apply(qapp, "dark")
    made = MediaPanel()
    qtbot.addWidget(made)
    made.resize(300, 360)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_the_slider_follows_the_training_until_one_goes_back(panel: MediaPanel) -> None:
    panel.add([media(1, "image", png(4, 4)), media(2, "image", png(5, 5))])
    assert panel.image.image.width() == 5
    assert panel.place.text() == "epoch 2"
    panel.add([media(3, "image", png(6, 6))])
    assert panel.image.image.width() == 6
    panel.slider.setFocus()
    QTest.keyClick(panel.slider, Qt.Key.Key_Home)
    assert panel.image.image.width() == 4
    panel.add([media(4, "image", png(7, 7))])
    assert panel.image.image.width() == 4  # it stays where one looks
    assert panel.slider.maximum() == 3


def test_each_probe_has_its_own_training(panel: MediaPanel) -> None:
    panel.add([media(1, "image", png(4, 4), "pictures"), media(2, "text", b"to be", "samples")])
    assert panel.probe.count() == 2
    QTest.keyClick(panel.probe, Qt.Key.Key_Down)
    panel.probe.picked.emit(panel.probe.currentData())
    assert panel.text.toPlainText() == "to be" and panel.text.isVisible()
    panel.clear()
    assert panel.media_count == 0 and panel.probe.count() == 0


def test_a_picture_is_sharp_and_a_damaged_one_says_so(panel: MediaPanel) -> None:
    panel.add([media(1, "image", png(3, 3, "#00ff00"))])
    shot = panel.image.grab().toImage()
    assert shot.pixelColor(shot.rect().center()) == QColor("#00ff00")
    panel.add([media(2, "image", b"\x89PNG broken")])
    assert panel.image.image.isNull()
    assert "damaged" in panel.image.toolTip()
    panel.image.grab()


def test_a_matrix_is_drawn_with_counts_and_explains_its_cells(panel: MediaPanel) -> None:
    panel.add([media(1, "matrix", MATRIX, caption="validation")])
    view = panel.matrix
    assert panel.caption.full_text() == "validation · 85.0 % right"
    shot = view.grab().toImage()
    right, wrong = (view.cell(0, column).topLeft() + QPointF(4, 4) for column in (0, 1))
    assert shot.pixelColor(right.toPoint()).blue() > shot.pixelColor(wrong.toPoint()).blue() + 40
    at = view.cell(0, 1).center().toPoint()
    QApplication.sendEvent(view, QHelpEvent(QHelpEvent.Type.ToolTip, at, view.mapToGlobal(at)))
    assert QToolTip.text() == "cat said to be dog: 2 of 10 (20.0 %)"
    QToolTip.hideText()


def test_large_counts_are_written_smaller_where_cells_are_small(panel: MediaPanel) -> None:
    counts = [[36 if row == column else int(row < column) for column in range(10)] for row in range(10)]
    panel.add([media(1, "matrix", json.dumps({"counts": counts}).encode())])
    view = panel.matrix
    view.resize(224, 224)
    shot = view.grab().toImage()
    for column in (
        0,
        1,
    ):  # of a right and of a wrong one: another colour than the cell's, which is the figure
        cell = view.cell(0, column).toRect().adjusted(2, 2, -2, -2)
        painted = {shot.pixel(x, cell.center().y()) for x in range(cell.left(), cell.right())}
        assert 15 <= view.cell(0, column).width() < 19 and len(painted) > 1


def test_a_hundred_classes_fit(panel: MediaPanel) -> None:
    counts = [[int(row == column) * 5 for column in range(100)] for row in range(100)]
    panel.add(
        [
            media(
                1,
                "matrix",
                json.dumps({"labels": [f"class {i}" for i in range(100)], "counts": counts}).encode(),
            )
        ]
    )
    panel.matrix.grab()
    assert panel.matrix.cell(99, 99).right() <= panel.matrix.width()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"counts": [[1, 2]]}',
        b'{"counts": [["a"]]}',
        b'{"counts": 3}',
        b"[[1], [2]]",
    ],
)
def test_what_is_no_matrix_is_not_drawn(panel: MediaPanel, data: bytes) -> None:
    assert Matrix.parse(data) is None
    panel.add([media(1, "matrix", data)])
    panel.matrix.grab()
    assert panel.matrix.accessibleDescription() == "damaged"


def test_a_matrix_without_names_counts_its_classes() -> None:
    found = Matrix.parse(b"[[1, 0], [0, 0]]")
    assert found is not None
    assert found.labels == ("0", "1") and found.right() == 1.0
