"""What is dragged to the edge of the canvas scrolls it; keys in the middle of a drag edit nothing."""

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from tests.gui.design.driving import NO_KEY, busy, drag, links_of, steps
from tests.gui.design.test_canvas import ALT, CTRL, SHIFT, chain, show
from workbench.core.document import Port

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

KEY = Qt.Key


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, chain())
    canvas_driver.canvas.setFocus()
    return canvas_driver


def left(driver: "CanvasDriver") -> float:
    """The place of the scene at the left edge of the canvas."""
    return driver.canvas.mapToScene(QPoint(0, 0)).x()


def edge(driver: "CanvasDriver") -> QPoint:
    view = driver.canvas.viewport().rect()
    return QPoint(view.right() - 4, view.center().y() + 60)


def test_a_card_at_the_edge_scrolls_the_canvas_and_goes_along(driver: "CanvasDriver") -> None:
    driver.reveal("fc2")
    before = left(driver)
    driver.drag(driver.body("fc2"), edge(driver), release=False)
    grabbed = driver.canvas.drawing.nodes["fc2"].pos().x() - left(driver)
    driver.qtbot.waitUntil(lambda: left(driver) > before + 150, timeout=3000)
    assert driver.canvas.drawing.nodes["fc2"].pos().x() - left(driver) == pytest.approx(grabbed, abs=12)
    driver.release(edge(driver))
    stopped = left(driver)
    assert not driver.canvas._edges.scrolling()
    assert driver.node("fc2").at[0] > 720 + 150
    assert steps(driver) == ("Move",)
    driver.undo_all()
    assert left(driver) == stopped  # where one looks is never undone


def test_the_nearer_to_the_edge_the_faster(driver: "CanvasDriver") -> None:
    driver.reveal("fc2")
    scroll, view = driver.canvas._edges, driver.canvas.viewport().rect()
    speeds = []
    for inside in (80, 30, 10, -40):
        scroll.follow(QPoint(view.right() - inside, view.center().y()))
        speeds.append(scroll._speed()[0])
    assert speeds[0] == 0 < speeds[1] < speeds[2] < speeds[3]
    scroll.follow(QPoint(2, 2))
    assert scroll._speed()[0] < 0 and scroll._speed()[1] < 0
    scroll.stop()


def test_what_is_taken_near_an_edge_stays_until_it_is_pulled_out(driver: "CanvasDriver") -> None:
    rect = driver.canvas.drawing.nodes["fc2"].scene_rect()
    driver.canvas.look_at(rect.center(), 1.0)
    driver.canvas.pan(QPoint(-(driver.canvas.viewport().width() // 2 - 20), 0))
    start = driver.body("fc2")
    assert driver.canvas.viewport().rect().right() - start.x() < 36
    driver.drag(start, start + QPoint(0, 50), release=False)
    assert not driver.canvas._edges.scrolling()
    driver.move(start + QPoint(80, 50))
    assert driver.canvas._edges.scrolling()
    driver.key(KEY.Key_Escape)
    assert not driver.canvas._edges.scrolling() and not steps(driver)


def test_links_and_selections_scroll_as_well(driver: "CanvasDriver") -> None:
    for what in ("link", "box", "lasso"):
        _scrolls(driver, what)


def _scrolls(driver: "CanvasDriver", what: str) -> None:
    driver.reveal("fc1")
    starts = {
        "link": (NO_KEY, driver.port("fc1.y", output=True)),
        "box": (NO_KEY, driver.body("fc1") - QPoint(110, 60)),
        "lasso": (CTRL | ALT, driver.body("fc1") - QPoint(110, 60)),
    }
    before = left(driver)
    keys, start = starts[what]
    drag(driver, keys, start, edge(driver), release=False)
    driver.qtbot.waitUntil(lambda: left(driver) > before + 60, timeout=3000)
    if what == "box":
        assert driver.canvas.drawing.selection == ["fc1", "fc2"]
    driver.key(KEY.Key_Escape)
    assert not driver.canvas._edges.scrolling() and not busy(driver)
    assert not driver.canvas.drawing.selection and not steps(driver)


def test_panning_and_a_quick_pass_over_the_edge_do_not_scroll(driver: "CanvasDriver") -> None:
    driver.reveal("fc1")
    driver.drag(driver.body("fc1"), edge(driver), release=False)
    assert driver.canvas._edges.scrolling()
    driver.move(driver.canvas.viewport().rect().center())
    assert not driver.canvas._edges.scrolling()
    driver.key(KEY.Key_Escape)


# ----------------------------------------------------------------- keys in the middle of a drag


def test_undo_in_a_drag_takes_the_drag_back_and_nothing_else(driver: "CanvasDriver") -> None:
    driver.select("fc2")
    driver.key(KEY.Key_Right)
    driver.reveal("fc2")
    start = driver.body("fc2")
    driver.drag(start, start + QPoint(60, 60), release=False)
    driver.key(KEY.Key_Z, CTRL)
    assert not busy(driver) and steps(driver) == ("Move",)
    assert driver.canvas.drawing.nodes["fc2"].pos() == QPointF(728, 0)
    driver.release(start + QPoint(60, 60))
    assert driver.node("fc2").at == (728, 0)
    driver.key(KEY.Key_Z, CTRL)
    assert driver.node("fc2").at == (720, 0)


def test_undo_in_a_drag_works_on_a_new_model_and_with_other_keys(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    start = driver.port("fc2.x", output=False)
    before = links_of(driver)
    driver.drag(start, start + QPoint(-20, 90), release=False)
    assert driver.canvas.drawing.links[Port("fc2", "x")].faded
    driver.key(KEY.Key_Z, CTRL)
    driver.release(start + QPoint(-20, 90))
    assert links_of(driver) == before and not driver.view.search.isVisible()
    assert not driver.canvas.drawing.links[Port("fc2", "x")].faded


EDITING = (
    (KEY.Key_Delete, NO_KEY),
    (KEY.Key_Backspace, NO_KEY),
    (KEY.Key_X, CTRL),
    (KEY.Key_D, CTRL),
    (KEY.Key_B, CTRL),
    (KEY.Key_G, CTRL),
    (KEY.Key_L, CTRL),
    (KEY.Key_F, NO_KEY),
    (KEY.Key_F2, NO_KEY),
    (KEY.Key_Tab, NO_KEY),
    (KEY.Key_Right, NO_KEY),
    (KEY.Key_Z, CTRL | SHIFT),
)


def test_editing_keys_in_a_drag_do_nothing(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.reveal("fc1")
    start = driver.body("fc1")
    before = driver.document
    driver.drag(start, start + QPoint(0, 80), release=False)
    for key, held in EDITING:
        driver.key(key, held)
        assert busy(driver) and driver.document is before, key
        assert not driver.view.search.isVisible() and not driver.view.rename.isVisible(), key
        assert driver.canvas.hasFocus(), key
    driver.release(start + QPoint(0, 80))
    assert steps(driver) == ("Move",)
    assert driver.node("fc1").at == (480, 80)
    driver.key(KEY.Key_Delete)
    assert "fc1" not in driver.document.graph.nodes
