"""The clipboard: what travels with nodes, and what other text does to it, which is nothing."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from tests.drawing import CLASSIFIER, block, draw
from workbench.core.document import (
    BYPASS,
    COLLAPSED,
    FRAME,
    NOTE,
    PINNED,
    Block,
    Document,
    Graph,
    Node,
    Port,
    Remark,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import dumps
from workbench.core.history import History
from workbench.gui.design.clipboard import LONGEST, clip, paste
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def placed(document: Document, **changes: Any) -> Document:
    nodes = {
        id: replace(node, at=(index * 220.0, 0.0))
        for index, (id, node) in enumerate(document.graph.nodes.items())
    }
    return replace(document, graph=replace(document.graph, nodes=nodes, **changes))


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    driver.settle()
    driver.canvas.setFocus()


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, placed(draw(CLASSIFIER)))
    return canvas_driver


# ------------------------------------------------------------- links that feed


def test_paste_with_links_is_fed_by_what_fed_the_nodes(driver: "CanvasDriver") -> None:
    driver.canvas.drawing.select(("fc2", "loss"))
    driver.key(KEY.Key_C, CTRL)
    driver.key(KEY.Key_V, CTRL)
    assert Port("fc3", "x") not in driver.document.graph.links
    driver.key(KEY.Key_Z, CTRL)
    driver.key(KEY.Key_V, CTRL | SHIFT)
    links = driver.document.graph.links
    assert links[Port("fc3", "x")] == Port("relu", "y")
    assert links[Port("loss2", "input")] == Port("fc3", "y")
    assert links[Port("loss2", "target")] == Port("digits", "label")
    driver.key(KEY.Key_Z, CTRL)
    assert not driver.view.session.history.can_undo


def test_paste_with_links_elsewhere_keeps_those_that_are_there(driver: "CanvasDriver") -> None:
    driver.canvas.drawing.select(("fc2", "loss"))
    driver.key(KEY.Key_C, CTRL)
    show(driver, draw("digits Dataset"))
    driver.key(KEY.Key_V, CTRL | SHIFT)
    links = driver.document.graph.links
    assert links[Port("loss", "target")] == Port("digits", "label")
    assert Port("fc2", "x") not in links


def test_duplicate_keeps_what_feeds_and_does_not_hide_the_original(driver: "CanvasDriver") -> None:
    driver.canvas.drawing.select(("fc1",))
    driver.key(KEY.Key_D, CTRL)
    driver.canvas.drawing.select(("fc1",))
    driver.key(KEY.Key_D, CTRL)
    nodes, links = driver.document.graph.nodes, driver.document.graph.links
    assert links[Port("fc3", "x")] == links[Port("fc4", "x")] == Port("flat", "y")
    assert len({node.at for node in nodes.values()}) == len(nodes)
    assert driver.canvas.drawing.selection == ["fc4"]
    assert driver.view.session.history.undo_label.startswith("Duplicate ")


# ------------------------------------------------------------- what travels along


def test_modes_looks_titles_and_bends_travel() -> None:
    document = placed(
        draw(CLASSIFIER), bends={Port("relu", "x"): ((500.0, 40.0),), Port("fc1", "x"): ((9.0, 9.0),)}
    )
    nodes = dict(document.graph.nodes)
    nodes["fc1"] = replace(nodes["fc1"], mode=BYPASS, look=(PINNED, COLLAPSED), title="First")
    document = replace(document, graph=replace(document.graph, nodes=nodes))
    edit, ids = paste(clip(document, "", ("fc1", "relu")), document, "", (1000.0, 80.0))
    after = edit.apply(document).graph
    assert ids == ["fc3", "relu2"]
    copy = after.nodes["fc3"]
    assert copy.mode == BYPASS
    assert copy.look == (PINNED, COLLAPSED)
    assert copy.title == "First"
    assert copy.at == (1000.0, 80.0)
    assert after.bends[Port("relu2", "x")] == ((1000 + 500.0 - 440, 120.0),)
    assert set(after.bends) == {Port("relu2", "x"), *document.graph.bends}


def test_a_frame_around_the_selection_travels_with_its_notes(driver: "CanvasDriver") -> None:
    remarks = {
        "frame1": Remark("frame1", FRAME, "Head", (400, -60), (460, 200)),  # around fc1 and relu
        "note1": Remark("note1", NOTE, "Why", (420, 70), (150, 60)),
        "frame2": Remark("frame2", FRAME, "Data", (-20, -60), (390, 200)),  # around digits and flat
    }
    show(driver, placed(draw(CLASSIFIER), remarks=remarks))
    driver.canvas.drawing.select(("fc1", "relu", "flat"))
    driver.key(KEY.Key_C, CTRL)
    show(driver, Document("other"))
    driver.key(KEY.Key_V, CTRL)
    pasted = driver.document.graph
    assert {(each.kind, each.text) for each in pasted.remarks.values()} == {(FRAME, "Head"), (NOTE, "Why")}
    offset = pasted.remarks["frame1"].at[0] - pasted.nodes["fc1"].at[0]
    assert offset == 400 - 440
    driver.key(KEY.Key_Z, CTRL)
    assert not driver.document.graph.nodes and not driver.document.graph.remarks


def test_a_chosen_note_is_copied_cut_and_duplicated(driver: "CanvasDriver") -> None:
    note = Remark("note1", NOTE, "Why", (0, 200), (200, 60))
    show(driver, placed(draw(CLASSIFIER), remarks={"note1": note}))
    driver.view.remarks.choose(("note1",))
    driver.key(KEY.Key_D, CTRL)
    assert driver.document.graph.remarks["note2"] == replace(note, id="note2", at=(32, 232))
    assert driver.view.remarks.chosen == ["note2"]
    driver.key(KEY.Key_X, CTRL)
    assert set(driver.document.graph.remarks) == {"note1"}
    driver.key(KEY.Key_V, CTRL)
    assert {each.text for each in driver.document.graph.remarks.values()} == {"Why"}
    assert len(driver.document.graph.remarks) == 2


def test_variables_that_are_needed_travel_and_change_nothing_that_is_there() -> None:
    inner = block("x Input\nfc Linear out_features='= deep * times' < x\ny Output < fc", times=3)
    document = draw(
        "digits Dataset\nfc1 Linear out_features='= width'\nb @B times='= more'\nodd Linear out_features='= 3 +'",
        blocks={"B": inner},
        variables={"base": 4, "width": "= base * 2", "deep": 5, "more": 6, "unused": 1},
    )
    text = clip(document, "", ("fc1", "b", "odd"))
    edit, _ = paste(text, Document(variables={"base": 99}), "", None)
    after = edit.apply(Document(variables={"base": 99}))
    assert after.variables == {"base": 99, "width": "= base * 2", "deep": 5, "more": 6}
    assert after.graph.nodes["odd"].params == {"out_features": "= 3 +"}


def test_linked_copies_find_their_owner() -> None:
    document = draw("a Linear\nb Linear ~a\nc Linear ~a")
    edit, ids = paste(clip(document, "", ("a", "b")), document, "", None)
    after = edit.apply(document).graph.nodes
    assert (after[ids[1]].linked_to, after[ids[0]].linked_to) == (ids[0], "")
    edit, ids = paste(clip(document, "", ("b",)), document, "", None)
    assert edit.apply(document).graph.nodes[ids[0]].linked_to == "a"
    edit, ids = paste(clip(document, "", ("b",)), Document(), "", None)
    assert edit.apply(Document()).graph.nodes[ids[0]].linked_to == ""


# ------------------------------------------------------------- blocks


def test_a_block_whose_inner_block_means_something_else_is_not_mistaken_for_the_one_here() -> None:
    outer = Block({}, Graph({"inside": Node("inside", block="Inner")}))
    there = Document(
        graph=Graph({"o": Node("o", block="Outer")}),
        blocks={"Outer": outer, "Inner": block("x Input\na ReLU < x"), "Inner2": Block()},
    )
    here = Document(blocks={"Outer": outer, "Inner": block("x Input\na Tanh < x")})
    edit, (id,) = paste(clip(there, "", ("o",)), here, "", None)
    after = edit.apply(here)
    pasted = after.blocks[after.graph.nodes[id].block]
    assert after.graph.nodes[id].block not in here.blocks
    inner = after.blocks[pasted.graph.nodes["inside"].block]
    assert inner.graph.nodes["a"].type == "ReLU"
    assert after.blocks["Inner"] == here.blocks["Inner"] and after.blocks["Outer"] == outer


def test_a_block_that_is_here_is_used_and_blocks_that_hold_themselves_do_no_harm() -> None:
    own = Block({}, Graph({"again": Node("again", block="Own")}))
    document = Document(graph=Graph({"a": Node("a", block="Own")}), blocks={"Own": own})
    text = clip(document, "", ("a",))
    edit, _ = paste(text, document, "", None)
    assert set(edit.apply(document).blocks) == {"Own"}
    edit, _ = paste(text, Document(blocks={"Own": Block()}), "", None)
    after = edit.apply(Document(blocks={"Own": Block()}))
    assert after.blocks["Own2"].graph.nodes["again"].block == "Own2"


# ------------------------------------------------------------- other text


def model(**changes: Any) -> str:
    data: dict[str, Any] = {
        "format": 2,
        "graph": {"nodes": [{"id": "a", "type": "ReLU", "at": [0, 0]}], "links": []},
    }
    data["graph"].update(changes)
    return json.dumps(data)


BAD = {
    "nothing": ("", "there are no nodes on the clipboard."),
    "words": ("a shopping list", "there are no nodes on the clipboard."),
    "a megabyte": ("word " * 400_000, "there are no nodes on the clipboard."),
    "too long": ("{" + " " * LONGEST, "8,000,000 are allowed."),
    "a large number": ('{"format": ' + "9" * 1_200_000 + "}", "a number with thousands of digits."),
    "broken": ('{"format": 2,', "not valid JSON"),
    "other": ('{"cells": []}', "it has no “format” number."),
    "newer": ('{"format": 99}', "the file has format 99"),
    "deep": ('{"a":' * 100_000, "nested too deeply."),
    "no nodes": ('{"format": 2}', "there are no nodes on the clipboard."),
    "dangling": (model(links=[["gone.y", "a.x"]]), "node “gone”, which does not exist"),
    "twice": (model(nodes=[{"id": "a", "type": "ReLU"}] * 2), "there are two nodes “a”."),
    "nan": (model(nodes=[{"id": "a", "type": "ReLU", "at": [float("nan"), 0]}]), "NaN is not a number"),
    "far": (model(nodes=[{"id": "a", "type": "ReLU", "at": [1e300, 0]}]), "a position is two numbers."),
    "long name": (model(nodes=[{"id": "a" * 1_000_000, "type": "ReLU"}]), "1,000,000 characters"),
    "long title": (model(nodes=[{"id": "a", "type": "ReLU", "title": "t" * 1_000_000}]), "1,000,000 characters"),
}  # fmt: skip


def test_text_that_cannot_be_pasted_says_why(driver: "CanvasDriver") -> None:
    before = driver.document
    for name, (text, reason) in BAD.items():
        QGuiApplication.clipboard().setText(text)
        for keys in (CTRL, CTRL | SHIFT):
            driver.messages.clear()
            driver.key(KEY.Key_V, keys)
            (message,) = driver.messages
            assert message.startswith("Nothing to paste: ") and reason in message, name
            assert len(message) < 400, name
    assert driver.document is before


def test_unknown_types_are_pasted_and_kept(driver: "CanvasDriver") -> None:
    QGuiApplication.clipboard().setText(
        model(nodes=[{"id": "odd", "type": "Hologram", "params": {"k": [1, 2]}}])
    )
    driver.key(KEY.Key_V, CTRL)
    assert driver.node("odd").type == "Hologram"
    assert '"Hologram"' in dumps(driver.document)
    driver.settle()


def test_a_description_of_somebody_else_feeds_nothing(driver: "CanvasDriver") -> None:
    for description in (
        "digits.image → a.no port",
        "digits → a",
        "a.b.c → a.x",
        "digits.label → gone.x",
        "→ → .",
    ):
        text = json.dumps({**json.loads(model()), "description": description})
        edit, _ = paste(text, driver.document, "", None, lambda port: True)
        after = edit.apply(driver.document)
        assert after.graph.links == driver.document.graph.links, description


@given(st.text(max_size=300) | st.text(alphabet='{}[]":,0123456789.eE-+ \n\tnulltrefasNI', max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_refused_or_pasted(text: str) -> None:
    for typed in (text, "{" + text):
        with suppress(WorkbenchError):
            edit, ids = paste(typed, Document(), "", None, lambda port: True)
            assert set(ids) == set(edit.apply(Document()).graph.nodes)


def test_two_thousand_nodes_are_pasted() -> None:
    nodes = {f"relu{i}": Node(f"relu{i}", "ReLU", at=(i * 200.0, 0)) for i in range(1, 2001)}
    links = {Port(f"relu{i}", "x"): Port(f"relu{i - 1}", "y") for i in range(2, 2001)}
    document = Document(graph=Graph(nodes, links))
    edit, ids = paste(clip(document, "", nodes), document, "", None)
    after = edit.apply(document)
    assert len(after.graph.nodes) == 4000 and len(after.graph.links) == 2 * 1999
    assert ids[0] == "relu2001"


def test_a_penalty_goes_with_the_part_that_it_is_copied_with() -> None:
    text = "data Dataset dataset=iris\na Linear out_features=3 < data\nloss CrossEntropyLoss < a data.label\n"
    document = draw(text + "pen WeightPenalty part=a")
    edit, new = paste(clip(document, "", ("a", "pen")), document, "", None)
    after = edit.apply(document)
    assert new == ["a2", "pen2"]
    assert (after.graph.nodes["pen"].params["part"], after.graph.nodes["pen2"].params["part"]) == ("a", "a2")
    edit, _ = paste(clip(document, "", ("pen",)), document, "", None)
    assert edit.apply(document).graph.nodes["pen2"].params["part"] == "a", "alone it stays with what is here"


def test_variables_of_defaults_travel_along() -> None:
    body = block("x Input\nf Linear out_features='= f' < x\ny Output < f", f="= w * 2")
    document = draw(
        "data Dataset dataset=iris\nb @Body < data", blocks={"Body": body}, variables={"w": 3, "v": 1}
    )
    edit, _ = paste(clip(document, "", ("b",)), Document(), "", (0.0, 0.0))
    assert edit.apply(Document()).variables == {"w": 3}
