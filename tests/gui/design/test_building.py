"""Whole models from an empty canvas, with mouse and keys alone; then trained, watched and found in the table."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from workbench.core.document import Port
from workbench.gui import theme
from workbench.gui.design.bottom import CODE, UPDATES
from workbench.gui.design.editors import Editor, TextEditor
from workbench.gui.design.view import DesignView
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.gui.window import MainWindow

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def build_lenet(driver: "CanvasDriver") -> None:
    """LeNet-5 on the digits: the front by mouse and dragged links, the chain behind it by keys."""
    digits = driver.add_node("dataset", 0, 0)
    pad = driver.add_node("pad to size", 240, 0)
    driver.set_field(pad, "size", "32")
    driver.link(f"{digits}.image", f"{pad}.x")
    conv = driver.add_node("convolution", 460, 0)
    driver.link(f"{pad}.y", f"{conv}.x")
    driver.set_field(conv, "out_channels", "6")
    driver.set_field(conv, "kernel_size", "5")
    driver.select(conv)
    driver.add_after("tanh")
    driver.add_after("average pooling")
    second = driver.add_after("convolution")
    driver.set_field(second, "out_channels", "16")
    driver.set_field(second, "kernel_size", "5 × 5")
    driver.select(second)
    for name in ("tanh", "average pooling", "flatten", "linear"):
        last = driver.add_after(name)
    driver.set_field(last, "out_features", "120")
    driver.select(last)
    driver.add_after("tanh")
    third = driver.add_after("linear")
    driver.set_field(third, "out_features", "84")
    driver.select(third)
    driver.add_after("tanh")
    head = driver.add_after("linear")
    driver.set_field(head, "out_features", "= classes")
    driver.select(head)
    loss = driver.add_after("cross-entropy")
    driver.link(f"{digits}.label", f"{loss}.target")


def test_lenet_from_an_empty_canvas(canvas_driver: "CanvasDriver") -> None:
    start = canvas_driver.document
    build_lenet(canvas_driver)
    analysis = canvas_driver.view.session.analyse_now()
    assert [str(problem) for problem in analysis.problems] == []
    assert analysis.parameters == 61_706
    assert canvas_driver.messages == []

    bottom = canvas_driver.view.bottom
    bottom.tabs.setCurrentIndex(CODE)
    assert "out_channels=16, kernel_size=(5, 5)" in bottom.code.text.toPlainText()

    canvas_driver.canvas.setFocus()
    canvas_driver.undo_all()
    assert canvas_driver.document == start
    assert not canvas_driver.canvas.drawing.nodes and not canvas_driver.canvas.drawing.links


def field_of(editor: Editor) -> QLineEdit:
    assert isinstance(editor, TextEditor)
    return editor.field


def tick(box: QCheckBox) -> None:
    QTest.mouseClick(box, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(8, box.height() // 2))


def build_gan(driver: "CanvasDriver") -> None:
    """A small GAN: generator and judge of linear layers, the judge as linked copies, two updates."""
    digits = driver.add_node("dataset", 0, 0)
    flat = driver.add_node("flatten", 220, 0)
    driver.link(f"{digits}.image", f"{flat}.x")
    judge = driver.add_after("linear")
    driver.set_field(judge, "out_features", "1")
    driver.select(judge)
    real = driver.add_after("binary cross-entropy")
    driver.set_field(real, "target", "1")
    noise = driver.add_node("noise", 0, 240)
    generator = driver.add_after("linear")
    driver.set_field(generator, "out_features", "64")
    driver.select(generator)
    sigmoid = driver.add_after("sigmoid")
    driver.select(judge)
    driver.key(Qt.Key.Key_D, CTRL | Qt.KeyboardModifier.ShiftModifier)
    (copy,) = driver.canvas.drawing.selection
    driver.settle()
    driver.link(f"{sigmoid}.y", f"{copy}.x")
    driver.select(copy)
    fake = driver.add_after("binary cross-entropy")
    driver.set_field(fake, "target", "0")
    driver.reveal(fake)
    rect = driver.canvas.drawing.nodes[fake].scene_rect()
    fool = driver.add_node("binary cross-entropy", rect.center().x(), rect.bottom() + 90)
    driver.set_field(fool, "target", "1")
    driver.link(f"{copy}.y", f"{fool}.input")
    assert (judge, generator, copy) == ("linear1", "linear2", "linear3")
    assert (noise, real, fake, fool) == ("noise", "loss", "loss2", "loss3")

    panel = driver.view.bottom
    panel.tabs.setCurrentIndex(UPDATES)
    updates = panel.updates
    form = updates.form
    driver.type_into(field_of(form.editors["name"]), "judging")
    tick(form.losses[fool][0])
    tick(form.parts.lines[generator].trained)
    QTest.mouseClick(updates.buttons["add"], LEFT)
    driver.type_into(field_of(form.editors["name"]), "drawing")
    tick(form.parts.lines[judge].trained)
    driver.settle()


def test_gan_with_a_linked_copy_and_two_updates(canvas_driver: "CanvasDriver") -> None:
    start = canvas_driver.document
    build_gan(canvas_driver)
    document = canvas_driver.document
    analysis = canvas_driver.view.session.analyse_now()
    assert [str(problem) for problem in analysis.problems] == []
    assert [update.name for update in document.training.updates] == ["judging", "drawing"]
    judging, drawing = analysis.updates
    assert judging.trains == ("linear1",)
    assert drawing.trains == ("linear2",)
    assert set(judging.losses) == {"loss", "loss2"}
    assert set(drawing.losses) == {"loss3"}
    copies = [node.id for node in document.graph.nodes.values() if node.linked_to == "linear1"]
    assert len(copies) == 1
    assert analysis.parameters == (64 + 1) * 1 + (64 + 1) * 64
    assert document.graph.links[Port(copies[0], "x")] == Port("sigmoid1", "y")

    canvas_driver.canvas.setFocus()
    canvas_driver.undo_all()
    assert canvas_driver.document == start


@pytest.fixture
def program(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """The whole window on a workspace of its own, with runner and trainer as in real life."""
    theme.apply(qapp, "dark")
    session = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    with qtbot.waitSignal(session.opened, timeout=20_000):
        session.start()
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.resize(1600, 900)
    window.show()
    qtbot.waitExposed(window)
    window.show_view("design")
    yield window
    window.close()
    session.close()


def train_and_watch(qtbot: QtBot, window: MainWindow, epochs: str) -> None:
    """Sets the epochs, presses Train, waits for points in the plot, then for the run's end in the table."""
    session, bar = window.session, window.top.run_bar
    bar.epochs.setFocus()
    bar.epochs.selectAll()
    QTest.keyClicks(bar.epochs, epochs)
    QTest.keyClick(bar.epochs, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.document.training.settings["epochs"] == int(epochs), timeout=2000)
    QTest.mouseClick(bar.train, LEFT)

    design = window.view("design")
    assert isinstance(design, DesignView)
    live = design.bottom.live

    def points_in_plot() -> None:
        assert live.isVisible() and live.plot is not None
        assert sum(len(curve.series) for curve in live.plot.curves) > 0

    qtbot.waitUntil(points_in_plot, timeout=90_000)
    window.show_view("runs")
    runs = window.view("runs")
    assert isinstance(runs, RunsView)

    def told_in_table() -> None:
        assert runs.model.rowCount() == 1
        row = [str(runs.model.index(0, column).data()) for column in range(runs.model.columnCount())]
        assert any("completed" in cell for cell in row), row

    qtbot.waitUntil(told_in_table, timeout=90_000)
    assert session.runs[0].cause == "" and session.runs[0].epoch == int(epochs)


@pytest.mark.timeout(240)
def test_lenet_is_drawn_trained_watched_and_found(
    qtbot: QtBot, program: MainWindow, drive: "Callable[[DesignView], CanvasDriver]"
) -> None:
    design = program.view("design")
    assert isinstance(design, DesignView)
    build_lenet(drive(design))
    train_and_watch(qtbot, program, "2")
    assert "validation/loss" in program.session.summaries[1]


@pytest.mark.timeout(240)
def test_a_gan_is_drawn_trained_watched_and_found(
    qtbot: QtBot, program: MainWindow, drive: "Callable[[DesignView], CanvasDriver]"
) -> None:
    design = program.view("design")
    assert isinstance(design, DesignView)
    build_gan(drive(design))
    train_and_watch(qtbot, program, "3")
    figures = program.session.summaries[1]
    assert {"train/judging_loss", "train/loss3", "validation/loss3"} <= set(figures)
