"""Blocks kept in the workspace: kept, listed, added to other models, removed and brought back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.drawing import block, draw
from tests.gui.design.test_blocks import show, spread
from workbench.core.document import Document, Port
from workbench.gui import theme
from workbench.gui.design.view import DesignView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def model() -> Document:
    inner = block("x Input\nf Linear out_features='= width' < x\ny Output < f", width=6)
    outer = block("x Input\na @Inner < x\nb @Inner width=4 < a\ny Output < b", {"Inner": inner})
    return draw(
        "digits Dataset\nflat Flatten < digits.image\no @Outer < flat",
        blocks={"Inner": inner, "Outer": outer},
    )


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    """A session with a workspace, in place of the one without."""
    theme.apply(qapp, "dark")
    made = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    with qtbot.waitSignal(made.devices_found, timeout=20_000):
        made.start()
    yield made
    made.close()


@pytest.fixture
def driver(drive: "Callable[[DesignView], CanvasDriver]", design: DesignView) -> "CanvasDriver":
    made = drive(design)
    show(made, spread(model()))
    return made


@pytest.fixture
def undo(driver: "CanvasDriver") -> Callable[[], object]:
    """What the last message offers to do."""
    offered: list[Callable[[], object]] = []
    driver.view.session.offered.connect(lambda text, button, slot: offered.append(slot))
    return lambda: offered[-1]()


def keep(driver: "CanvasDriver", id: str) -> None:
    driver.select(id)
    with driver.qtbot.waitSignal(driver.view.library.changed):
        driver.view.session.actions.get("keep_block").trigger()


def test_a_kept_block_comes_into_another_model_with_what_it_needs(driver: "CanvasDriver") -> None:
    keep(driver, "o")
    (record,) = driver.view.library.records
    assert (record.name, record.inputs, record.outputs, record.parameters) == ("Outer", "x", "y", 418)
    show(driver, spread(draw("digits Dataset\nflat Flatten < digits.image")))
    driver.select("flat")
    driver.key(Qt.Key.Key_K, CTRL | SHIFT)
    box = driver.view.library.box
    assert box.isVisible() and [row.title for row in box._model.rows] == ["Outer"]
    assert box._model.rows[0].side == "x → y · 418"
    QTest.keyClicks(box.field, "out")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    driver.qtbot.waitUntil(lambda: "outer" in driver.document.graph.nodes)
    assert list(driver.document.blocks) == ["Inner", "Outer"]
    assert driver.document.graph.links[Port("outer", "x")] == Port("flat", "y")
    assert driver.view.session.analyse_now().parameters == 418
    assert driver.view.session.history.steps() == ("Add outer",)
    driver.key(Qt.Key.Key_Z, CTRL)
    assert not driver.document.blocks


def test_my_blocks_stand_in_the_palette_and_in_the_search(driver: "CanvasDriver") -> None:
    keep(driver, "o")
    other = block("x Input\ny Output < x")
    show(driver, spread(draw("digits Dataset\na @Inner < digits.image", blocks={"Inner": other})))
    offer = driver.view.palette_panel.offer(f"kept:{driver.view.library.records[0].id}")
    assert offer is not None and offer.title == "Outer" and offer.kept
    assert driver.view.palette_panel.shown()[-1] == "Outer"
    driver.select("digits")
    driver.key(Qt.Key.Key_Tab)
    QTest.keyClicks(driver.view.search.field, "outer")
    QTest.keyClick(driver.view.search.field, Qt.Key.Key_Return)
    driver.qtbot.waitUntil(lambda: "outer" in driver.document.graph.nodes)
    blocks = driver.document.blocks
    assert list(blocks) == ["Inner", "Inner2", "Outer"] and len(blocks["Inner"].graph.nodes) == 2
    assert blocks["Outer"].graph.nodes["a"].block == "Inner2"


def test_a_block_is_removed_with_del_and_comes_back_with_undo(
    driver: "CanvasDriver", undo: Callable[[], object]
) -> None:
    keep(driver, "o")
    driver.key(Qt.Key.Key_K, CTRL | SHIFT)
    library = driver.view.library
    with driver.qtbot.waitSignal(library.changed):
        QTest.keyClick(library.box.field, Qt.Key.Key_Delete)
    assert library.records == [] and library.box._nothing.isVisible()
    QTest.keyClick(library.box.field, Qt.Key.Key_Escape)
    assert not library.box.isVisible()
    driver.settle()
    with driver.qtbot.waitSignal(library.changed):
        undo()
    assert [record.name for record in library.records] == ["Outer"]


def test_keeping_another_of_the_same_name_can_be_taken_back(
    driver: "CanvasDriver", undo: Callable[[], object]
) -> None:
    keep(driver, "o")
    before = driver.view.library.records
    driver.canvas.enter("o")
    driver.set_field("b", "width", "5")
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_Escape)
    with driver.qtbot.waitSignal(driver.view.library.changed):
        driver.view.session.actions.get("keep_block").trigger()
    assert [record.name for record in driver.view.library.records] == ["Outer"]
    assert driver.view.library.records != before
    with driver.qtbot.waitSignal(driver.view.library.changed):
        undo()
    assert driver.view.library.records == before


def test_a_kept_block_does_not_go_into_itself(driver: "CanvasDriver") -> None:
    keep(driver, "o")
    driver.canvas.enter("o")
    driver.canvas.enter("a")
    offer = driver.view.palette_panel.offer(f"kept:{driver.view.library.records[0].id}")
    assert offer is not None
    driver.view.palette_panel.chosen.emit(offer)
    driver.qtbot.waitUntil(lambda: any("cannot stand inside itself" in text for text in driver.messages))
    driver.canvas.go(type(driver.canvas.place)())
    driver.canvas.drawing.select(())
    driver.view.session.actions.get("keep_block").trigger()
    assert driver.messages[-1] == "Select the block to keep in the library."
