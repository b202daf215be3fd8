"""What mouse and keys do on the canvas, one gesture a test."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.drawing import draw
from tests.gui.pixels import colors
from workbench.core.document import Block, Document, Graph, Node, Port
from workbench.core.history import History
from workbench.gui import theme
from workbench.gui.design.editors import TextEditor
from workbench.gui.design.link_gestures import DragLink
from workbench.gui.design.palette import MIME
from workbench.gui.design.stage import LEAST, MOST
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    QApplication.processEvents()


def chain() -> Document:
    """digits → flatten → fc1 → fc2, in one row."""
    nodes = [
        Node("digits", "Dataset", at=(0, 0)),
        Node("flatten", "Flatten", at=(240, 0)),
        Node("fc1", "Linear", params={"out_features": 16}, at=(480, 0)),
        Node("fc2", "Linear", params={"out_features": 10}, at=(720, 0)),
    ]
    links = {
        Port("flatten", "x"): Port("digits", "image"),
        Port("fc1", "x"): Port("flatten", "y"),
        Port("fc2", "x"): Port("fc1", "y"),
    }
    return Document("chain", graph=Graph({node.id: node for node in nodes}, links))


def with_block() -> Document:
    inner = {
        "x": Node("x", "Input", at=(0, 0)),
        "inner": Node("inner", "Linear", params={"out_features": "= width"}, at=(240, 0)),
        "y": Node("y", "Output", at=(480, 0)),
    }
    block = Block(
        {"width": 8},
        Graph(inner, {Port("inner", "x"): Port("x", "x"), Port("y", "x"): Port("inner", "y")}),
    )
    document = chain()
    graph = document.graph
    nodes = {**graph.nodes, "mlp": Node("mlp", block="Mlp", at=(480, 160))}
    links = {**graph.links, Port("mlp", "x"): Port("flatten", "y")}
    return Document("blocks", graph=Graph(nodes, links), blocks={"Mlp": block})


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, chain())
    canvas_driver.canvas.setFocus()
    return canvas_driver


def test_pictures_follow_the_document(driver: "CanvasDriver") -> None:
    drawing = driver.canvas.drawing
    assert list(drawing.nodes) == ["digits", "flatten", "fc1", "fc2"]
    assert drawing.nodes["digits"].face.title == "Handwritten digits"
    assert drawing.nodes["digits"].face.outputs == ("image", "label")
    assert drawing.links[Port("fc1", "x")].kind == "vector"
    assert drawing.links[Port("flatten", "x")].kind == "image"
    kept = drawing.nodes["fc1"]
    driver.select("digits")
    driver.key(Qt.Key.Key_Delete)
    assert "digits" not in drawing.nodes
    assert drawing.nodes["fc1"] is kept
    driver.key(Qt.Key.Key_Z, CTRL)
    assert set(drawing.nodes) == {"digits", "flatten", "fc1", "fc2"}


def test_a_move_is_one_step_on_the_grid(driver: "CanvasDriver") -> None:
    driver.select("fc1", "fc2")
    start = driver.body("fc1")
    driver.drag(start, start + QPoint(37, 51))
    assert driver.node("fc1").at == (520, 48)
    assert driver.node("fc2").at == (760, 48)
    assert driver.view.session.history.steps() == ("Move 2 nodes",)
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.node("fc1").at == (480, 0)
    item = driver.canvas.drawing.nodes["fc1"]
    assert (item.pos().x(), item.pos().y()) == (480, 0)


def test_escape_takes_a_move_back(driver: "CanvasDriver") -> None:
    driver.reveal("fc1")
    start = driver.body("fc1")
    driver.drag(start, start + QPoint(80, 80), release=False)
    assert driver.canvas.drawing.nodes["fc1"].pos() != QPointF(480, 0)
    driver.key(Qt.Key.Key_Escape)
    driver.release(start + QPoint(80, 80))
    assert driver.canvas.drawing.nodes["fc1"].pos() == QPointF(480, 0)
    assert not driver.view.session.history.can_undo


def test_undo_in_the_middle_of_a_drag_ends_the_drag(driver: "CanvasDriver") -> None:
    driver.select("fc2")
    driver.key(Qt.Key.Key_Right)
    driver.reveal("fc2")
    start = driver.body("fc2")
    driver.drag(start, start + QPoint(60, 60), release=False)
    driver.view.session.undo()
    driver.release(start + QPoint(60, 60))
    assert driver.node("fc2").at == (720, 0)


def test_arrow_keys_nudge(driver: "CanvasDriver") -> None:
    driver.select("fc2")
    driver.key(Qt.Key.Key_Right)
    driver.key(Qt.Key.Key_Up)
    assert driver.node("fc2").at == (728, -8)


def test_box_selection_adds_with_shift(driver: "CanvasDriver") -> None:
    driver.reveal("digits", "flatten", "fc1", "fc2")
    driver.drag(driver.at(-40, -40), driver.at(400, 60))
    assert driver.canvas.drawing.selection == ["digits", "flatten"]
    viewport = driver.canvas.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, SHIFT, driver.at(700, -40))
    for x in (760, 800, 880):
        QTest.mouseMove(viewport, driver.at(x, 60))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, SHIFT, driver.at(880, 60))
    assert driver.canvas.drawing.selection == ["digits", "flatten", "fc2"]


def test_select_all_and_escape(driver: "CanvasDriver") -> None:
    driver.key(Qt.Key.Key_A, CTRL)
    assert len(driver.canvas.drawing.selection) == 4
    driver.key(Qt.Key.Key_Escape)
    assert driver.canvas.drawing.selection == []


def test_a_cycle_is_refused_with_the_reason(driver: "CanvasDriver") -> None:
    before = driver.document
    driver.link("fc2.y", "flatten.x")
    assert driver.document is before
    assert driver.messages == ["Linking fc2.y to flatten.x would close a cycle."]


def test_a_wrong_kind_is_refused_while_dragging(driver: "CanvasDriver") -> None:
    driver.select("fc2")
    driver.key(Qt.Key.Key_Delete)
    driver.select("fc1")
    embedding = driver.add_after("embedding")
    assert Port(embedding, "x") not in driver.document.graph.links
    driver.reveal("fc1", embedding)
    target = driver.canvas.drawing.nodes[embedding].face.inputs[0]
    end = driver.port(f"{embedding}.{target}", output=False)
    driver.drag(driver.port("fc1.y", output=True), end, release=False)
    assert isinstance(driver.canvas._gesture, DragLink)
    faint = {id for id, item in driver.canvas.drawing.nodes.items() if item.faded}
    assert faint == {"digits", "flatten", embedding}
    assert "takes labels, tokens or edges" in driver.canvas._hint.text()
    driver.release(end)
    assert not any(item.faded for item in driver.canvas.drawing.nodes.values())
    assert Port(embedding, target) not in driver.document.graph.links
    assert "takes labels, tokens or edges" in driver.messages[-1]


def test_a_link_snaps_to_the_nearest_port_and_replaces(driver: "CanvasDriver") -> None:
    driver.reveal("flatten", "fc2")
    end = driver.port("fc2.x", output=False) - QPoint(14, 8)
    driver.drag(driver.port("flatten.y", output=True), end)
    assert driver.document.graph.links[Port("fc2", "x")] == Port("flatten", "y")
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.document.graph.links[Port("fc2", "x")] == Port("fc1", "y")


def test_dragging_off_an_input_moves_or_cuts_the_link(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    driver.drag(driver.port("fc2.x", output=False), driver.at(700, 120))
    assert Port("fc2", "x") not in driver.document.graph.links
    driver.key(Qt.Key.Key_Z, CTRL)
    third = driver.add_node("linear", 760, 160)
    driver.reveal("fc1", "fc2", third)
    driver.drag(driver.port("fc2.x", output=False), driver.port(f"{third}.x", output=False))
    links = driver.document.graph.links
    assert Port("fc2", "x") not in links
    assert links[Port(third, "x")] == Port("fc1", "y")
    assert driver.view.session.history.steps()[-1] == "Move link"


def test_a_click_on_a_port_changes_nothing(driver: "CanvasDriver") -> None:
    driver.reveal("fc2")
    driver.click(driver.port("fc2.x", output=False))
    assert not driver.view.session.history.can_undo
    assert not driver.view.search.isVisible()


def test_dragging_a_link_into_the_void_offers_what_fits(driver: "CanvasDriver") -> None:
    driver.show(900, 60)
    driver.drag(driver.port("fc2.y", output=True), driver.at(960, 140))
    search = driver.view.search
    assert search.isVisible()
    assert "Embedding" not in [offer.title for offer in search._offers]
    id = driver.choose("relu")
    assert driver.document.graph.links[Port(id, "x")] == Port("fc2", "y")
    assert driver.view.session.history.steps() == (f"Add {id}",)


def test_dragging_from_a_free_input_finds_a_source(driver: "CanvasDriver") -> None:
    driver.reveal("digits", "flatten")
    driver.drag(driver.port("flatten.x", output=False), driver.at(180, 200))
    driver.drag(driver.port("flatten.x", output=False), driver.port("digits.image", output=True))
    assert driver.document.graph.links[Port("flatten", "x")] == Port("digits", "image")


def test_keys_link_the_selection_in_order(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    driver.drag(driver.port("fc2.x", output=False), driver.at(700, 140))
    driver.select("fc1", "fc2")
    driver.key(Qt.Key.Key_F)
    assert driver.document.graph.links[Port("fc2", "x")] == Port("fc1", "y")


def test_delete_removes_nodes_and_links_as_one_step(driver: "CanvasDriver") -> None:
    driver.reveal("flatten", "fc1")
    middle = (driver.port("flatten.y", output=True) + driver.port("fc1.x", output=False)) / 2
    driver.click(middle)
    assert driver.canvas.drawing.chosen_links == [Port("fc1", "x")]
    driver.key(Qt.Key.Key_Backspace)
    assert Port("fc1", "x") not in driver.document.graph.links
    driver.select("fc1", "fc2")
    driver.key(Qt.Key.Key_Delete)
    assert set(driver.document.graph.nodes) == {"digits", "flatten"}
    assert len(driver.view.session.history.steps()) == 2


def test_copy_paste_between_models(driver: "CanvasDriver") -> None:
    driver.select("fc1", "fc2")
    driver.key(Qt.Key.Key_C, CTRL)
    assert '"format"' in QGuiApplication.clipboard().text()
    driver.key(Qt.Key.Key_V, CTRL)
    assert driver.canvas.drawing.selection == ["fc3", "fc4"]
    assert driver.document.graph.links[Port("fc4", "x")] == Port("fc3", "y")
    assert Port("fc3", "x") not in driver.document.graph.links
    show(driver, Document("other"))
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_V, CTRL)
    assert set(driver.document.graph.nodes) == {"fc1", "fc2"}


def test_pasted_blocks_bring_their_definition(driver: "CanvasDriver") -> None:
    show(driver, with_block())
    driver.canvas.setFocus()
    driver.select("mlp")
    driver.key(Qt.Key.Key_X, CTRL)
    show(driver, Document("other"))
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_V, CTRL)
    assert set(driver.document.blocks) == {"Mlp"}
    assert driver.node("mlp").block == "Mlp"


def test_foreign_text_is_refused(driver: "CanvasDriver") -> None:
    QGuiApplication.clipboard().setText("a shopping list")
    before = driver.document
    driver.key(Qt.Key.Key_V, CTRL)
    assert driver.document is before
    assert driver.messages[-1] == "Nothing to paste: there are no nodes on the clipboard."


def test_duplicate_and_redo(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.key(Qt.Key.Key_D, CTRL)
    assert driver.node("fc3").params == {"out_features": 16}
    driver.key(Qt.Key.Key_Z, CTRL)
    assert "fc3" not in driver.document.graph.nodes
    driver.key(Qt.Key.Key_Y, CTRL)
    driver.key(Qt.Key.Key_Z, CTRL)
    driver.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert "fc3" in driver.document.graph.nodes


def test_rename_in_place(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.key(Qt.Key.Key_F2)
    field = driver.view.rename
    assert field.isVisible()
    driver.type_into(field, "My layer!")
    assert field.isVisible() and field.property("wrong"), driver.messages
    assert "fc1" in driver.document.graph.nodes
    driver.type_into(field, "hidden")
    assert "hidden" in driver.document.graph.nodes
    assert driver.document.graph.links[Port("fc2", "x")] == Port("hidden", "y")
    assert driver.canvas.drawing.selection == ["hidden"]


def test_renaming_is_left_by_escape_or_a_click_elsewhere(driver: "CanvasDriver") -> None:
    field, canvas = driver.view.rename, driver.canvas
    for text in ("", "hidden"):
        driver.select("fc1")
        driver.key(Qt.Key.Key_F2)
        QTest.keyClicks(field, text)
        driver.key(Qt.Key.Key_Escape, widget=field)
        assert field.isHidden() and canvas.hasFocus()
        assert canvas.drawing.selection == ["fc1"]
    driver.key(Qt.Key.Key_F2)
    QTest.keyClicks(field, "fc2")
    driver.key(Qt.Key.Key_Return, widget=field)
    assert field.isVisible() and field.property("wrong")
    elsewhere = driver.view.palette_panel.tree
    elsewhere.setFocus()
    assert field.isHidden() and any("fc2" in text for text in driver.messages)
    assert elsewhere.hasFocus()
    assert not driver.view.session.history.can_undo


def test_the_canvas_has_the_keys_when_the_view_is_given_the_focus(driver: "CanvasDriver") -> None:
    driver.view.setFocus()
    assert driver.canvas.hasFocus()


def test_zoom_stays_at_the_pointer(driver: "CanvasDriver") -> None:
    canvas = driver.canvas
    at = QPoint(300, 200)
    before = canvas.mapToScene(at)
    for delta in (120, 120, -120, 120):
        wheel = QWheelEvent(
            QPointF(at), canvas.viewport().mapToGlobal(QPointF(at)), QPoint(), QPoint(0, delta),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas.viewport(), wheel)
    after = canvas.mapToScene(at)
    assert (after - before).manhattanLength() < 3
    driver.key(Qt.Key.Key_0, CTRL)
    assert canvas.zoom == pytest.approx(1)
    driver.key(Qt.Key.Key_Plus, CTRL)
    assert canvas.zoom == pytest.approx(1.25)
    driver.key(Qt.Key.Key_Minus, CTRL)
    assert canvas.zoom == pytest.approx(1)
    canvas.zoom_by(1e9)
    assert canvas.zoom == MOST
    canvas.zoom_by(1e-9)
    assert canvas.zoom == LEAST


def test_pan_with_the_middle_button_and_with_space(driver: "CanvasDriver") -> None:
    canvas = driver.canvas
    viewport = canvas.viewport()
    before = canvas.mapToScene(QPoint(0, 0))
    QTest.mousePress(viewport, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(400, 300))
    QTest.mouseMove(viewport, QPoint(450, 320))
    QTest.mouseRelease(
        viewport, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(450, 320)
    )
    after = canvas.mapToScene(QPoint(0, 0))
    assert (before - after) * canvas.zoom == QPointF(50, 20)
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    driver.drag(QPoint(400, 300), QPoint(350, 280))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert (canvas.mapToScene(QPoint(0, 0)) - before).manhattanLength() < 2
    assert not driver.view.search.isVisible()
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert driver.view.search.isVisible()


def test_frame_shows_all_or_the_selection(driver: "CanvasDriver") -> None:
    canvas = driver.canvas
    canvas.look_at(QPointF(9000, 9000), 0.2)
    driver.key(Qt.Key.Key_Period)
    seen = canvas.mapToScene(canvas.viewport().rect()).boundingRect()
    assert seen.contains(canvas.drawing.bounds())
    driver.select("fc2")
    driver.key(Qt.Key.Key_Period)
    assert canvas.zoom == pytest.approx(1)


def test_no_card_lies_below_the_zoom_buttons(driver: "CanvasDriver") -> None:
    canvas, zoom = driver.canvas, driver.view.overlays.zoom
    show(driver, draw("a Dataset\n" + "\n".join(f"n{i} ReLU" for i in range(8))))
    nodes = {
        id: replace(node, at=(240.0 * i, 150.0 * i))
        for i, (id, node) in enumerate(driver.document.graph.nodes.items())
    }
    show(driver, replace(driver.document, graph=replace(driver.document.graph, nodes=nodes)))
    driver.key(Qt.Key.Key_Period)
    covered = zoom.geometry()
    for item in canvas.drawing.nodes.values():
        assert not canvas.mapFromScene(item.scene_rect()).boundingRect().intersects(covered), item.id
    seen = canvas.mapToScene(canvas.viewport().rect()).boundingRect()
    assert seen.contains(canvas.drawing.bounds())


def test_a_framed_drawing_stays_framed(driver: "CanvasDriver") -> None:
    canvas, window = driver.canvas, driver.view.window()
    driver.key(Qt.Key.Key_Period)
    before = canvas.zoom
    window.resize(window.width() - 200, window.height() - 100)
    seen = canvas.mapToScene(canvas.viewport().rect()).boundingRect()
    assert canvas.zoom < before and seen.contains(canvas.drawing.bounds())
    canvas.zoom_by(1.25)
    chosen = canvas.zoom
    window.resize(window.width() + 200, window.height() + 100)
    assert canvas.zoom == chosen


def test_blocks_are_entered_and_left(driver: "CanvasDriver") -> None:
    show(driver, with_block())
    driver.canvas.setFocus()
    driver.reveal("mlp")
    QTest.mouseDClick(
        driver.canvas.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        driver.body("mlp"),
    )
    assert driver.canvas.place.where == "Mlp"
    assert set(driver.canvas.drawing.nodes) == {"x", "inner", "y"}
    assert driver.canvas.drawing.nodes["inner"].face.line == "inner · 8 outputs"
    assert driver.view.overlays.crumbs.isVisible()
    driver.select("inner")
    id = driver.add_after("relu")
    assert id in driver.document.blocks["Mlp"].graph.nodes
    driver.key(Qt.Key.Key_Escape)
    driver.key(Qt.Key.Key_Backspace)
    assert driver.canvas.place.where == ""
    assert driver.canvas.drawing.selection == ["mlp"]
    driver.key(Qt.Key.Key_Return)
    assert driver.canvas.place.where == "Mlp"
    driver.key(Qt.Key.Key_Up, ALT)
    assert driver.canvas.place.where == ""


def test_undo_of_what_holds_the_entered_block_leads_out(driver: "CanvasDriver") -> None:
    show(driver, with_block())
    driver.canvas.setFocus()
    driver.select("mlp")
    driver.key(Qt.Key.Key_D, CTRL)
    driver.key(Qt.Key.Key_Return)
    assert driver.canvas.place.trail == ("mlp2",)
    driver.view.session.undo()
    assert driver.canvas.place.where == ""
    assert "mlp" in driver.canvas.drawing.nodes


def test_repeat_and_ties_show_on_the_card(driver: "CanvasDriver") -> None:
    show(driver, with_block())
    driver.canvas.setFocus()
    driver.set_field("mlp", "\0repeat", "4")
    assert driver.canvas.drawing.nodes["mlp"].face.repeat == "× 4"
    driver.set_field("mlp", "\0repeat", "1")
    driver.select("mlp")
    driver.key(Qt.Key.Key_D, CTRL | SHIFT)
    face = driver.canvas.drawing.nodes["mlp2"].face
    assert face.tie == "mlp"
    assert "shares mlp" in face.line


def test_a_drop_from_the_palette_adds_at_its_place(driver: "CanvasDriver") -> None:
    driver.show(480, 200)
    data = QMimeData()
    data.setData(MIME, QByteArray(b"type:ReLU"))
    place = QPointF(driver.at(480, 200))
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    viewport = driver.canvas.viewport()
    enter = QDragEnterEvent(place.toPoint(), copy, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(viewport, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(viewport, QDropEvent(place, copy, data, Qt.MouseButton.LeftButton, none))
    assert driver.node("relu1").at == (408, 176)


def test_return_leads_into_the_fields(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.key(Qt.Key.Key_Return)
    editor = driver.view.form.node.editors["out_features"]
    assert isinstance(editor, TextEditor) and editor.field.hasFocus()


def test_every_zoom_paints_in_both_themes(driver: "CanvasDriver", qapp: QApplication) -> None:
    show(driver, with_block())
    for mode in ("light", "dark"):
        theme.apply(qapp, mode)
        for zoom in (0.1, 0.4, 1.0, 2.5):
            driver.canvas.look_at(QPointF(400, 80), zoom)
            seen = colors(driver.canvas.viewport().grab().toImage(), step=3)
            assert theme.color("base").name() in seen
            assert len(seen) > 3


def test_the_context_menu_is_made_for_what_is_under_the_pointer(driver: "CanvasDriver") -> None:
    show(driver, with_block())
    nodes = driver.canvas.drawing.nodes
    menus = {
        "block": driver.view.commands.menu(nodes["mlp"]),
        "node": driver.view.commands.menu(nodes["fc1"]),
        "link": driver.view.commands.menu(driver.canvas.drawing.links[Port("fc1", "x")]),
        "void": driver.view.commands.menu(None),
    }
    found = {
        name: [action.objectName() for action in menu.actions() if action.text()]
        for name, menu in menus.items()
    }
    assert found["block"][0] == "enter_block"
    assert "enter_block" not in found["node"] and "share_weights" in found["node"]
    assert found["link"] == ["delete"]
    assert found["void"][0] == "add_node" and "paste" in found["void"]
    for menu in menus.values():
        menu.deleteLater()


def test_nodes_of_a_newer_version_are_kept_and_shown(driver: "CanvasDriver") -> None:
    graph = driver.document.graph
    nodes = {**graph.nodes, "odd": Node("odd", "Teleport", at=(240, 200), params={"power": 9})}
    links = {**graph.links, Port("odd", "x"): Port("flatten", "y"), Port("fc2", "x"): Port("odd", "y")}
    lost = Node("lost", block="Nowhere", at=(480, 200))
    show(driver, Document("newer", graph=Graph({**nodes, "lost": lost}, links)))
    drawing = driver.canvas.drawing
    assert drawing.nodes["odd"].face.title == "Teleport"
    assert drawing.nodes["odd"].face.level == "error"
    assert Port("odd", "x") in drawing.links and Port("fc2", "x") in drawing.links
    driver.select("odd")
    driver.select("lost")
    driver.canvas.viewport().grab()
    driver.select("odd")
    driver.key(Qt.Key.Key_Right)
    assert driver.node("odd").params == {"power": 9}


def test_the_far_view_moves_and_selects(driver: "CanvasDriver") -> None:
    canvas = driver.canvas
    canvas.look_at(QPointF(400, 40), 0.2)
    start = canvas.mapFromScene(QPointF(540, 24))
    driver.drag(start, start + QPoint(0, 40))
    assert driver.node("fc1").at == (480, 200)
    canvas.viewport().grab()
    accent = theme.color("accent").name()
    picture = canvas.viewport().grab().toImage()
    at = canvas.mapFromScene(QPointF(480, 200))
    near = {picture.pixelColor(at.x() + x, at.y() + y).name() for x in range(-3, 30) for y in range(-3, 12)}
    assert accent in near


def test_large_drawings_open_and_follow(driver: "CanvasDriver") -> None:
    nodes = {f"n{i}": Node(f"n{i}", "ReLU", at=(i % 30 * 200, i // 30 * 100)) for i in range(600)}
    links = {Port(f"n{i}", "x"): Port(f"n{i - 1}", "y") for i in range(1, 600)}
    show(driver, Document("large", graph=Graph(nodes, links)))
    drawing = driver.canvas.drawing
    assert len(drawing.nodes) == 600 and len(drawing.links) == 599
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_A, CTRL)
    driver.key(Qt.Key.Key_Down)
    assert drawing.nodes["n599"].pos().y() == nodes["n599"].at[1] + 8
    link = drawing.links[Port("n1", "x")]
    assert link.path().elementAt(0).y == drawing.nodes["n0"].port_place("y", output=True).y()
    driver.key(Qt.Key.Key_Delete)
    assert not drawing.nodes and not drawing.links
    driver.key(Qt.Key.Key_Z, CTRL)
    assert len(drawing.nodes) == 600
