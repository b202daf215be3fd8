"""Arranging by keys: layout, lines, selection.  One undo step each; pinned nodes stay."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication

from tests.drawing import CLASSIFIER, block, draw
from workbench.core.document import FRAME, NOTE, PINNED, Document, Graph, Node, Port, Remark
from workbench.core.history import History
from workbench.gui.design.lines import aligned, distributed
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
KEY = Qt.Key


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    driver.settle()
    driver.canvas.setFocus()


def scattered(**looks: tuple[str, ...]) -> Document:
    """The classifier with its cards thrown about."""
    document = draw(CLASSIFIER)
    nodes = {
        id: replace(node, at=(index * 37 % 5 * 190.0, index * 53 % 7 * 95.0), look=looks.get(id, ()))
        for index, (id, node) in enumerate(document.graph.nodes.items())
    }
    return replace(document, graph=replace(document.graph, nodes=nodes))


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, scattered())
    return canvas_driver


def rect(driver: "CanvasDriver", id: str) -> QRectF:
    return driver.canvas.drawing.nodes[id].scene_rect()


def apart(driver: "CanvasDriver") -> bool:
    rects = [rect(driver, id) for id in driver.document.graph.nodes]
    return not any(a.intersects(b) for index, a in enumerate(rects) for b in rects[:index])


def undo_gives(driver: "CanvasDriver", before: Document) -> bool:
    driver.key(KEY.Key_Z, CTRL)
    return driver.document == before and not driver.view.session.history.can_undo


# ------------------------------------------------------------- layout


def test_arrange_lays_out_the_whole_drawing_as_one_step(driver: "CanvasDriver") -> None:
    before = driver.document
    driver.key(KEY.Key_L, CTRL)
    graph = driver.document.graph
    for target, source in graph.links.items():
        assert rect(driver, source.node).right() < rect(driver, target.node).left()
    assert apart(driver)
    row = [
        driver.canvas.drawing.nodes[id].port_place("x", output=False).y() for id in ("flat", "fc1", "relu")
    ]
    assert row[0] == row[1] == row[2]
    assert all(x % 8 == 0 and y % 8 == 0 for x, y in (node.at for node in graph.nodes.values()))
    seen = driver.canvas.mapToScene(driver.canvas.viewport().rect()).boundingRect()
    assert seen.contains(driver.canvas.drawing.bounds())
    after = driver.document
    driver.key(KEY.Key_L, CTRL)
    assert driver.document is after
    assert driver.messages[-1] == "This is arranged already."
    assert undo_gives(driver, before)


def test_arrange_a_selection_leaves_the_rest_and_covers_nothing(driver: "CanvasDriver") -> None:
    before = driver.document.graph.nodes
    chosen = ("fc1", "relu", "fc2")
    driver.canvas.drawing.select(chosen)
    driver.key(KEY.Key_L, CTRL)
    after = driver.document.graph.nodes
    assert {id for id in after if after[id].at != before[id].at} <= set(chosen)
    assert rect(driver, "fc1").right() < rect(driver, "relu").left() < rect(driver, "fc2").left()
    others = [rect(driver, id) for id in after if id not in chosen]
    assert not any(rect(driver, id).intersects(other) for id in chosen for other in others)
    assert driver.canvas.drawing.selection == list(chosen)


def test_pinned_nodes_stay_and_are_not_covered(driver: "CanvasDriver") -> None:
    show(driver, scattered(fc1=(PINNED,), loss=(PINNED,)))
    before = driver.document.graph.nodes
    driver.key(KEY.Key_L, CTRL)
    after = driver.document.graph.nodes
    assert after["fc1"].at == before["fc1"].at and after["loss"].at == before["loss"].at
    assert after["flat"].at != before["flat"].at
    assert apart(driver)


def test_arrange_a_branch(driver: "CanvasDriver") -> None:
    text = CLASSIFIER + "noise Noise\n tail ReLU < noise"
    document = draw(text)
    nodes = {
        id: replace(node, at=(0.0, 90.0 * i)) for i, (id, node) in enumerate(document.graph.nodes.items())
    }
    show(driver, replace(document, graph=replace(document.graph, nodes=nodes)))
    driver.key(KEY.Key_L, CTRL | SHIFT)
    assert driver.messages[-1].startswith("Select a node")
    driver.select("accuracy")
    driver.key(KEY.Key_L, CTRL | SHIFT)
    after = driver.document.graph.nodes
    kept = {id for id in after if after[id].at == nodes[id].at}
    assert {"noise", "tail", "loss"} <= kept
    assert rect(driver, "fc2").right() < rect(driver, "accuracy").left()


def test_frames_notes_and_bends_follow(driver: "CanvasDriver") -> None:
    document = draw(CLASSIFIER)
    nodes = {
        id: replace(node, at=(400.0, 120.0 * i)) for i, (id, node) in enumerate(document.graph.nodes.items())
    }
    remarks = {
        "head": Remark("head", FRAME, "Head", (383, 217), (200, 223)),  # around fc1 and relu
        "why": Remark("why", NOTE, "Why", (560, 590), (160, 60)),  # beside loss
        "far": Remark("far", NOTE, "Far", (9000, 9000), (160, 60)),
    }
    bends = {Port("fc2", "x"): ((300.0, 50.0),)}
    graph = replace(document.graph, nodes=nodes, remarks=remarks, bends=bends)
    show(driver, replace(document, graph=graph))
    before = driver.document
    driver.key(KEY.Key_L, CTRL)
    after = driver.document.graph
    assert after.bends == {}
    head = after.remarks["head"]
    frame = QRectF(*head.at, *head.size)
    inside = {id for id in after.nodes if frame.intersects(rect(driver, id))}
    assert inside == {"fc1", "relu"}
    level = [driver.canvas.drawing.nodes[id].port_place("x", output=False).y() for id in ("flat", "fc1")]
    assert level[0] == level[1]
    assert all(frame.contains(rect(driver, id)) for id in inside)
    assert after.remarks["far"] == remarks["far"]
    why = after.remarks["why"]
    note = QRectF(*why.at, *why.size)
    assert why.at != remarks["why"].at
    assert not any(note.intersects(rect(driver, id)) for id in after.nodes)
    assert undo_gives(driver, before)


def test_arrange_inside_a_block(driver: "CanvasDriver") -> None:
    inner = block("x Input\nb ReLU < x\na Linear < b\ny Output < a")
    show(driver, draw("digits Dataset\nflat Flatten < digits\nmlp @Mlp < flat", blocks={"Mlp": inner}))
    outside = driver.document.graph
    driver.canvas.enter("mlp")
    driver.key(KEY.Key_L, CTRL)
    assert driver.document.graph is outside
    lefts = [driver.node(id).at[0] for id in "xbay"]
    assert lefts == sorted(set(lefts))


def test_nothing_to_arrange_on_an_empty_canvas(driver: "CanvasDriver") -> None:
    show(driver, Document("empty"))
    driver.key(KEY.Key_L, CTRL)
    assert driver.messages[-1] == "There is nothing to arrange yet."


def test_a_cycle_does_no_harm(driver: "CanvasDriver") -> None:
    nodes = {id: Node(id, "ReLU", at=(0, 0)) for id in "abc"}
    links = {Port(b, "x"): Port(a, "y") for a, b in ("ab", "bc", "ca")}
    show(driver, Document("round", graph=Graph(nodes, links)))
    driver.key(KEY.Key_L, CTRL)
    assert apart(driver)


# ------------------------------------------------------------- lines


def test_align_by_keys(driver: "CanvasDriver") -> None:
    chosen = ("digits", "fc1", "loss")
    keys: dict[Qt.Key, Callable[[QRectF], float]] = {
        KEY.Key_Left: lambda r: r.left(),
        KEY.Key_Right: lambda r: r.right(),
        KEY.Key_Up: lambda r: r.top(),
        KEY.Key_Down: lambda r: r.bottom(),
        KEY.Key_V: lambda r: round(r.center().x() / 8),
        KEY.Key_H: lambda r: round(r.center().y() / 8),
    }
    for key, edge in keys.items():
        before = driver.document
        driver.canvas.drawing.select(chosen)
        driver.key(key, ALT | SHIFT)
        edges = [edge(rect(driver, id)) for id in chosen]
        assert max(edges) - min(edges) <= 1, key
        assert undo_gives(driver, before)


def test_align_needs_two_nodes(driver: "CanvasDriver") -> None:
    before = driver.document
    driver.canvas.drawing.select(("fc1",))
    driver.key(KEY.Key_Left, ALT | SHIFT)
    assert driver.messages[-1] == "Select two or more nodes to align."
    driver.key(KEY.Key_S, ALT | SHIFT)
    assert driver.messages[-1] == "Select two or more nodes to straighten."
    driver.canvas.drawing.select(("fc1", "fc2"))
    driver.key(KEY.Key_X, ALT | SHIFT)
    assert driver.messages[-1] == "Select three or more nodes to distribute."
    assert driver.document is before


def test_pinned_nodes_say_where_the_line_is(driver: "CanvasDriver") -> None:
    show(driver, scattered(fc2=(PINNED,)))
    wanted = rect(driver, "fc2").left()
    driver.canvas.drawing.select(("fc1", "fc2", "loss"))
    driver.key(KEY.Key_Left, ALT | SHIFT)
    assert {rect(driver, id).left() for id in ("fc1", "fc2", "loss")} == {wanted}


def test_distribute_makes_gaps_equal() -> None:
    rects = {
        "a": QRectF(0, 0, 144, 48),
        "c": QRectF(700, 8, 144, 48),
        "b": QRectF(180, 16, 160, 48),
        "d": QRectF(1003, 0, 144, 48),
    }
    places = distributed(rects, (), across=True)
    lefts = [0.0, *(places[id][0] for id in "bcd")]
    rights = [left + rects[id].width() for id, left in zip("abcd", lefts, strict=True)]
    gaps = {b - a for a, b in zip(rights, lefts[1:], strict=False)}
    assert len(gaps) == 1
    assert abs(places["d"][0] - 1003) <= 12
    assert places["b"][1] == 16
    held = distributed(rects, ("c", "d"), across=True)
    assert set(held) == {"b"}
    assert held["b"][0] == 144 + 200
    down = distributed(
        {id: QRectF(0, y, 144, 48) for id, y in zip("abc", (0, 10, 20), strict=True)}, (), across=False
    )
    assert down == {"b": (0, 56), "c": (0, 112)}


def test_distribute_by_keys(driver: "CanvasDriver") -> None:
    before = driver.document
    driver.canvas.drawing.select(("digits", "flat", "fc1", "fc2"))
    driver.key(KEY.Key_Y, ALT | SHIFT)
    rects = sorted((rect(driver, id) for id in ("digits", "flat", "fc1", "fc2")), key=lambda r: r.top())
    gaps = {b.top() - a.bottom() for a, b in itertools.pairwise(rects)}
    assert len(gaps) == 1
    assert undo_gives(driver, before)


def test_aligned_keeps_pinned_nodes_out() -> None:
    rects = {"a": QRectF(0, 0, 144, 48), "b": QRectF(40, 100, 160, 88), "c": QRectF(80, 300, 144, 48)}
    assert aligned(rects, ("b",), "right") == {"a": (56, 0), "c": (56, 300)}
    assert aligned(rects, (), "row")["a"][1] == 152


def test_straighten_makes_links_level(driver: "CanvasDriver") -> None:
    document = draw("digits Dataset\nflat Flatten < digits.image\nfc1 Linear < flat\nfc2 Linear < fc1")
    nodes = {
        id: replace(node, at=(index * 220.0, index * 24.0 + 8))
        for index, (id, node) in enumerate(document.graph.nodes.items())
    }
    bends = {Port("fc1", "x"): ((300.0, 50.0),)}
    show(driver, replace(document, graph=replace(document.graph, nodes=nodes, bends=bends)))
    before = driver.document
    driver.key(KEY.Key_A, CTRL)
    driver.key(KEY.Key_S, ALT | SHIFT)
    drawing = driver.canvas.drawing
    heights = {drawing.nodes[id].port_place("x", output=False).y() for id in ("flat", "fc1", "fc2")}
    assert heights == {drawing.nodes["digits"].port_place("image", output=True).y()}
    assert driver.document.graph.bends == {}
    assert [node.at[0] for node in driver.document.graph.nodes.values()] == [0, 220, 440, 660]
    assert undo_gives(driver, before)


def test_straighten_follows_a_pinned_node_and_covers_nothing(driver: "CanvasDriver") -> None:
    document = draw("digits Dataset\nflat Flatten < digits.image\nfc1 Linear < flat\nother ReLU")
    places = {"digits": (0, 0), "flat": (240, 200), "fc1": (480, 320), "other": (240, 304)}
    nodes = {
        id: replace(node, at=places[id], look=(PINNED,) if id == "fc1" else ())
        for id, node in document.graph.nodes.items()
    }
    show(driver, replace(document, graph=replace(document.graph, nodes=nodes)))
    driver.canvas.drawing.select(("digits", "flat", "fc1"))
    driver.key(KEY.Key_S, ALT | SHIFT)
    assert driver.node("fc1").at == (480, 320)
    assert driver.node("flat").at == (240, 200)  # “other” stands where it would have to go
    drawing = driver.canvas.drawing
    level = drawing.nodes["digits"].port_place("image", output=True).y()
    assert level == drawing.nodes["fc1"].port_place("x", output=False).y()


# ------------------------------------------------------------- selection


def test_select_upstream_downstream_type_and_invert(driver: "CanvasDriver") -> None:
    drawing, before = driver.canvas.drawing, driver.document
    for key, modifier in ((KEY.Key_BracketLeft, Qt.KeyboardModifier.NoModifier), (KEY.Key_T, SHIFT)):
        drawing.select(())
        driver.key(key, modifier)
        assert driver.messages[-1] == "Select a node first."
    drawing.select(("relu",))
    driver.key(KEY.Key_BracketLeft)
    assert drawing.selection == ["relu", "digits", "flat", "fc1"]
    drawing.select(("relu",))
    driver.key(KEY.Key_BracketRight)
    assert drawing.selection == ["relu", "fc2", "loss", "accuracy"]
    drawing.select(("fc1",))
    driver.key(KEY.Key_T, SHIFT)
    assert drawing.selection == ["fc1", "fc2"]
    driver.key(KEY.Key_I, CTRL)
    assert drawing.selection == ["digits", "flat", "relu", "loss", "accuracy"]
    assert driver.document is before
    QApplication.processEvents()
