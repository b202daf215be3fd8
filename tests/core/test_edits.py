"""What each edit does to the rest of the document, and what it refuses."""

import pytest

from workbench.core.definitions import AddBlock
from workbench.core.document import Block, Document, Graph, Node, Port, Training, Update
from workbench.core.edits import (
    AddNode,
    AddNodes,
    Connect,
    Disconnect,
    Edit,
    MoveNodes,
    RemoveNodes,
    RenameNode,
    SetLinkedTo,
    SetName,
    SetParam,
    SetRepeat,
    SetTitle,
    SetTraining,
    Several,
)
from workbench.core.errors import EditError
from workbench.core.names import check_id
from workbench.core.variables import SetVariable


def port(text: str) -> Port:
    return Port.parse(text)


def graph(*nodes: Node, links: tuple[str, ...] = ()) -> Graph:
    pairs = [link.split(" > ") for link in links]
    return Graph({node.id: node for node in nodes}, {port(target): port(source) for source, target in pairs})


def document() -> Document:
    inner = graph(
        Node("x", "Input"),
        Node("fc", "Linear"),
        Node("y", "Output"),
        Node("extra", "Output"),
        links=("x.x > fc.x", "fc.y > y.x", "fc.y > extra.x"),
    )
    outer = graph(
        Node("data", "Dataset"),
        Node("tower", block="Tower"),
        Node("copy", block="Tower", linked_to="tower"),
        Node("third", block="Tower"),
        Node("loss", "MSELoss"),
        links=("data.a > tower.x", "tower.y > copy.x", "tower.extra > third.x", "copy.y > loss.input"),
    )
    updates = (
        Update("one", {"loss": 1}, ("tower", "third")),
        Update("two", {"loss": 2.0}, ("third",)),
        Update("all", {"loss": 1}),
    )
    return Document("m", {}, outer, {"Tower": Block({"size": 2}, inner)}, Training({}, updates))


def links(document: Document, where: str = "") -> list[str]:
    return [f"{source} > {target}" for target, source in document.graph_of(where).links.items()]


def test_removing_a_node_takes_its_links_shares_and_places_in_updates() -> None:
    after = RemoveNodes(("tower",)).apply(document())
    assert links(after) == ["copy.y > loss.input"]
    assert after.graph.nodes["copy"].linked_to == ""
    assert [update.train for update in after.training.updates] == [("third",), ("third",), ()]


def test_an_update_that_loses_all_it_trains_does_not_train_everything() -> None:
    after = RemoveNodes(("tower", "third", "loss")).apply(document())
    assert [update.train for update in after.training.updates] == [("third",), ("third",), ()]
    assert [dict(update.minimise) for update in after.training.updates] == [{}, {}, {}]


def test_removing_a_port_of_a_block_takes_the_links_outside() -> None:
    after = RemoveNodes(("extra",), "Tower").apply(document())
    assert links(after) == ["data.a > tower.x", "tower.y > copy.x", "copy.y > loss.input"]
    assert links(after, "Tower") == ["x.x > fc.x", "fc.y > y.x"]
    assert links(RemoveNodes(("fc",), "Tower").apply(document())) == links(document())


def test_replacing_a_block_takes_the_links_to_ports_that_it_no_longer_has() -> None:
    smaller = Block({}, graph(Node("x", "Input"), Node("y", "Output"), links=("x.x > y.x",)))
    after = AddBlock("Tower", smaller).apply(document())
    assert links(after) == ["data.a > tower.x", "tower.y > copy.x", "copy.y > loss.input"]


def test_renaming_reaches_links_copies_and_updates() -> None:
    after = RenameNode("tower", "body").apply(document())
    assert list(after.graph.nodes) == ["data", "body", "copy", "third", "loss"]
    assert after.graph.nodes["copy"].linked_to == "body"
    assert links(after)[:3] == ["data.a > body.x", "body.y > copy.x", "body.extra > third.x"]
    assert after.training.updates[0].train == ("body", "third")
    renamed = RenameNode("loss", "error").apply(document())
    assert [dict(update.minimise) for update in renamed.training.updates] == [
        {"error": 1},
        {"error": 2.0},
        {"error": 1},
    ]
    inside = RenameNode("fc", "layer1", "Tower").apply(document())
    assert links(inside, "Tower") == ["x.x > layer1.x", "layer1.y > y.x", "layer1.y > extra.x"]
    assert inside.training == document().training


def test_copies_of_a_node_that_becomes_a_copy_share_with_the_new_owner() -> None:
    after = SetLinkedTo("tower", "third").apply(document())
    assert {id: node.linked_to for id, node in after.graph.nodes.items() if node.block} == {
        "tower": "third",
        "copy": "third",
        "third": "",
    }
    assert SetLinkedTo("copy", "").apply(document()).graph.nodes["copy"].linked_to == ""


def test_a_link_replaces_the_one_that_fed_the_input() -> None:
    after = Connect(port("data.a"), port("loss.input")).apply(document())
    assert after.graph.links[port("loss.input")] == port("data.a")
    assert len(after.graph.links) == len(document().graph.links)


def test_several_edits_are_all_or_none() -> None:
    before = document()
    after = Several("both", (SetName("new"), AddNode(Node("relu", "ReLU")))).apply(before)
    assert after.name == "new" and "relu" in after.graph.nodes
    with pytest.raises(EditError):
        Several("both", (SetName("new"), Disconnect(port("data.x")))).apply(before)
    assert before == document()


def test_unchanged_parts_are_shared() -> None:
    """Views find what changed by comparing the parts by identity."""
    before = document()
    after = SetParam("loss", "reduction", "batchmean").apply(before)
    assert after.graph.links is before.graph.links and after.blocks is before.blocks
    assert after.graph.nodes["tower"] is before.graph.nodes["tower"]
    moved = MoveNodes({"loss": (1, 2)}).apply(before)
    assert (
        moved.graph.nodes["loss"].at == (1.0, 2.0) and moved.graph.nodes["data"] is before.graph.nodes["data"]
    )


def test_pasting_brings_links() -> None:
    nodes = (Node("relu", "ReLU"), Node("fc", "Linear"))
    after = AddNodes(nodes, {port("fc.x"): port("relu.y"), port("relu.x"): port("data.a")}).apply(document())
    assert links(after)[-2:] == ["relu.y > fc.x", "data.a > relu.x"]


def test_order_puts_sources_first_and_names_cycles() -> None:
    order, cyclic = document().graph.order()
    assert cyclic == [] and order.index("tower") < order.index("copy") < order.index("loss")
    ring = graph(
        Node("a", "Add"), Node("b", "Add"), Node("c", "Add"), links=("a.y > b.a", "b.y > a.a", "b.y > c.a")
    )
    assert ring.order() == ([], ["a", "b", "c"])
    assert document().graph.upstream(["copy"]) == {"data", "tower", "copy"}


TOO_LONG = "x" * 100_001
REFUSED: list[tuple[Edit, str]] = [
    (AddNode(Node("loss", "ReLU")), "already a node “loss”"),
    (AddNode(Node("Fc", "ReLU")), "cannot name a node"),
    (AddNode(Node("lambda", "ReLU")), "cannot name a node"),
    (AddNode(Node("fc")), "either a type or a block"),
    (AddNode(Node("fc", "Linear", "Tower")), "either a type or a block"),
    (AddNode(Node("fc", "Linear", params={"bias": float("nan")})), "fc, bias: nan is not a number"),
    (AddNode(Node("fc", "Linear", at=(float("inf"), 0))), "is not a position"),
    (AddNode(Node("fc", "Linear"), "Nowhere"), "no block “Nowhere”"),
    (AddNodes((Node("fc", "Linear"),), {port("fc.x"): port("gone.y")}), "there is no node “gone”"),
    (RemoveNodes(("gone",)), "no node “gone”"),
    (MoveNodes({"loss": (float("nan"), 0)}), "is not a position"),
    (Connect(port("loss.loss"), port("tower.x")), "would close a cycle"),
    (Connect(port("loss.loss"), port("loss.input")), "would close a cycle"),
    (Connect(port("gone.y"), port("loss.input")), "there is no node “gone”"),
    (Connect(Port("data", "a b"), port("loss.input")), "not the name of an input or output"),
    (Disconnect(port("data.x")), "Nothing is linked to data.x"),
    (SetParam("gone", "bias", True), "no node “gone”"),
    (SetParam("loss", "target", float("-inf")), "loss, target: -inf is not a number"),
    (SetParam("loss", "target", 10**30), "loss, target: the number is too large"),
    (SetParam("loss", "target", TOO_LONG), "100,001 characters; 100,000 are allowed"),
    (SetParam("loss", "target", "a\ud800"), "holds U+D800 at place 2"),
    (SetParam("loss", "target", (1,) * 10_001), "10,001 entries"),
    (SetRepeat("loss", 2), "Only a block can repeat; “loss” is a MSELoss"),
    (SetRepeat("tower", float("nan")), "tower, repeat: nan"),
    (SetLinkedTo("copy", "loss"), "not of one kind"),
    (SetLinkedTo("tower", "tower"), "not of one kind"),
    (SetLinkedTo("third", "copy"), "not of one kind"),
    (SetTitle("loss", "a\x00"), "U+0000"),
    (RenameNode("loss", "data"), "already a node “data”"),
    (RenameNode("x", "input1", "Tower"), "is a port of block “Tower”"),
    (SetVariable("class", 3), "“class” is a word that Python, torch or the program uses"),
    (SetVariable("a b", 3), "cannot be a name"),
    (SetVariable("ceil", 3), "“ceil” cannot name a variable, since it is a function of expressions"),
    (SetVariable("width", 10**30), "variable, width: the number is too large"),
    (SetTraining(Training({}, (Update("a"), Update("a")))), "Two updates are named “a”"),
    (SetTraining(Training({}, (Update("a b"),))), "cannot name an update"),
    (SetTraining(Training({}, (Update("a", every=0),))), "update a: every"),
    (SetTraining(Training({}, (Update("a", clip=float("nan")),))), "update a: clip"),
    (SetTraining(Training({}, (Update("a", {"loss": float("nan")}),))), "update a, loss: nan"),
    (SetTraining(Training({"epochs": float("inf")})), "training, epochs: inf"),
    (SetName("  "), "1 to 200 characters"),
    (AddBlock("x): pass", Block()), "cannot be a name"),
    (AddBlock("Good", Block({"x): pass": 1})), "cannot be a name"),
    (AddBlock("Good", Block({}, graph(Node("fc", "Linear"), links=("fc.y > gone.x",)))), "no node “gone”"),
    (AddBlock("Good", Block({}, Graph({"other": Node("fc", "Linear")}))), "is listed as “other”"),
]


@pytest.mark.parametrize(("edit", "said"), REFUSED, ids=range(len(REFUSED)))
def test_refusals_say_what_is_wrong_and_change_nothing(edit: Edit, said: str) -> None:
    before = document()
    with pytest.raises(EditError) as caught:
        edit.apply(before)
    assert said in str(caught.value) and str(caught.value).isprintable()
    assert before == document()


@pytest.mark.parametrize(
    "id", ["forward", "update_train", "probe_images", "self", "weighted", "print", "x" * 65, "1a", ""]
)
def test_ids_that_would_break_the_program(id: str) -> None:
    with pytest.raises(EditError):
        check_id(id)
