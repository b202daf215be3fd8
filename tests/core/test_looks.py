"""Modes, looks, bends and remarks: edits, their refusals, and the way through a file."""

from pathlib import Path

import pytest

from workbench.core.document import Document, Graph, Node, Port, Remark
from workbench.core.edits import Connect, Disconnect, RemoveNodes, RenameNode
from workbench.core.errors import DocumentError, EditError
from workbench.core.files import dumps, loads, read
from workbench.core.looks import PutRemarks, RemoveRemarks, SetBends, SetLook, SetMode

OLD = Path(__file__).resolve().parents[1] / "files" / "model-format-1.json"
LINK = Port("b", "x")


def drawing() -> Document:
    document = Document(graph=Graph({id: Node(id, "ReLU") for id in "abc"}))
    document = Connect(Port("a", "y"), LINK).apply(document)
    return Connect(Port("b", "y"), Port("c", "x")).apply(document)


def decorated() -> Document:
    document = SetMode(("b",), "bypass").apply(drawing())
    document = SetLook(("a", "b"), "pinned", True).apply(document)
    document = SetLook(("a",), "wireless", True).apply(document)
    document = SetBends(LINK, ((10.0, 20.0), (30.5, 20.0))).apply(document)
    remarks = (
        Remark("frame1", "frame", "Encoder", (0.0, 0.0), (300.0, 200.0), "layer"),
        Remark("note1", "note", "Why?"),
    )
    return PutRemarks(remarks, "Frame").apply(document)


def test_everything_comes_back_from_the_file() -> None:
    assert loads(dumps(decorated())) == decorated()


def test_the_words_of_a_look_keep_their_order_and_go_again() -> None:
    node = decorated().graph.nodes["a"]
    assert node.look == ("pinned", "wireless")
    assert SetLook(("a",), "pinned", False).apply(decorated()).graph.nodes["a"].look == ("wireless",)


def test_bends_follow_a_renamed_node_and_go_with_their_link() -> None:
    renamed = RenameNode("b", "middle").apply(decorated()).graph
    assert renamed.bends == {Port("middle", "x"): ((10.0, 20.0), (30.5, 20.0))}
    assert not Disconnect(LINK).apply(decorated()).graph.bends
    assert not RemoveNodes(("a",)).apply(decorated()).graph.bends
    assert RemoveNodes(("a",)).apply(decorated()).graph.remarks == decorated().graph.remarks


def test_remarks_are_replaced_and_removed() -> None:
    document = PutRemarks((Remark("note1", "note", "Because."),), "Change note").apply(decorated())
    assert document.graph.remarks["note1"].text == "Because."
    assert set(RemoveRemarks(("note1",)).apply(document).graph.remarks) == {"frame1"}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (SetMode(("a",), "sleep"), "“sleep” is not a way for a node to work"),
        (SetMode(("z",), "mute"), "no node “z”"),
        (SetLook(("a",), "round", True), "“round” is not a look"),
        (SetBends(Port("a", "x"), ((0.0, 0.0),)), "Nothing is linked to a.x"),
        (SetBends(LINK, ((float("nan"), 0.0),)), "is not a position"),
        (SetBends(LINK, ((0.0, 0.0),) * 65), "64 dots at most"),
        (PutRemarks((Remark("frame1", "note", size=(0.0, 1.0)),), ""), "is not the size of a remark"),
        (PutRemarks((Remark("frame1", "song"),), ""), "“song” is not a kind of remark"),
        (RemoveRemarks(("gone",)), "no remark “gone”"),
    ],
)
def test_what_cannot_be_is_refused(edit: SetMode, message: str) -> None:
    with pytest.raises(EditError, match=message):
        edit.apply(drawing())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"mode": "bypass"', '"mode": "sleep"', "node “b”: “sleep” is not a way"),
        ('"look": ["pinned"]', '"look": ["round"]', "node “b”: a look is made of"),
        ('["b.x", [[10.0', '["a.x", [[10.0', "bend 1: nothing is linked to a.x"),
        ("[[10.0, 20.0]", '[["x", 20.0]', "bend 1: a position is two numbers"),
        ('["b.x", [[10.0', '["b.x", []], ["b.x", [[10.0', "bend 2: the link to b.x is bent twice"),
        ('"kind": "note"', '"kind": "song"', "remark 2: “song” is not a kind"),
        ('"id": "note1"', '"id": "frame1"', "remark 2: there are two remarks “frame1”"),
    ],
)
def test_a_file_names_what_is_wrong(old: str, new: str, message: str) -> None:
    text = dumps(decorated())
    assert old in text
    with pytest.raises(DocumentError, match=message):
        loads(text.replace(old, new))


def test_a_file_of_the_first_format_opens() -> None:
    document = read(OLD)
    assert len(document.graph.nodes) > 5
    assert '"format": 2' in dumps(document)
