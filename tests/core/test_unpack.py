"""Nodes of a block put back in its place: what trains stays the same; what cannot be is refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.making import figures, made, unpacked
from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.blocks import MakeBlock, free_id
from workbench.core.document import Block, Document, Graph, Node, Port, Update
from workbench.core.edits import AddNode
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.files import dumps, loads, read
from workbench.core.parameters import substituted


def test_unpacking_puts_parameters_in_and_writes_repetitions_out() -> None:
    grow = block("x Input\nf Linear out_features='= width * 2 ** i' < x\ng ReLU < f\ny Output < g", width=4)
    document = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        b @Grow width='= base + 1' *3 < flat
        head Linear out_features='= classes' < b
        loss CrossEntropyLoss < head digits.label
        """,
        blocks={"Grow": grow},
        variables={"base": 7},
        updates=(Update("train", {"loss": 1.0}, ("b", "head")),),
    )
    after = unpacked(document, "b")
    nodes = after.graph.nodes
    assert list(nodes) == ["digits", "flat", "f", "g", "f2", "g2", "f3", "g3", "head", "loss"]
    assert [nodes[id].params["out_features"] for id in ("f", "f2")] == [
        "= (base + 1) * 2 ** 0",
        "= (base + 1) * 2 ** 1",
    ]
    assert after.graph.links[Port("f", "x")] == Port("flat", "y")
    assert after.graph.links[Port("f2", "x")] == Port("g", "y")
    assert after.graph.links[Port("head", "x")] == Port("g3", "y")
    assert after.training.updates[0].train == ("f", "f2", "f3", "head")
    assert figures(after) == figures(document)
    plain = replace(
        document,
        graph=replace(
            document.graph, nodes={**document.graph.nodes, "b": replace(document.graph.nodes["b"], params={})}
        ),
    )
    assert [unpacked(plain, "b").graph.nodes[id].params["out_features"] for id in ("f", "f2", "f3")] == [
        4,
        8,
        16,
    ]


def test_unpacking_one_that_shares_weights_unpacks_all_that_share_them() -> None:
    judge = block(
        "x Input\nf Linear out_features=8 < x\ng ReLU < f\nh Linear out_features=8 ~f < g\ny Output < h"
    )
    document = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        small Linear out_features=8 < flat
        tan Tanh < small
        other Dropout < tan
        a @Judge < tan
        b @Judge ~a < other
        loss MSELoss < a b
        """,
        blocks={"Judge": judge},
    )
    after = unpacked(document, "b")
    nodes = after.graph.nodes
    assert {id: node.linked_to for id, node in nodes.items() if node.linked_to} == {
        "h": "f",
        "f2": "f",
        "h2": "f",
    }
    assert after.graph.links[Port("loss", "input")] == Port("h", "y")
    assert figures(after) == figures(document)


def test_a_copy_inside_of_what_is_not_there_does_not_hinder_unpacking() -> None:
    judge = block("x Input\nf Linear ~gone out_features=8 < x\ny Output < f")
    text = (
        "digits Dataset\nflat Flatten < digits.image\na @Judge < flat\nb @Judge ~a < flat\nloss MSELoss < a b"
    )
    nodes = unpacked(draw(text, blocks={"Judge": judge}), "a").graph.nodes
    assert nodes["f2"].linked_to == "f"
    other = draw(text.replace("b @Judge", "b @Other"), blocks={"Judge": judge, "Other": judge})
    with pytest.raises(EditError, match="“b” shares weights with “a” but is not of the same block"):
        unpacked(other, "a")


def test_what_an_output_feeds_inside_is_left_open_by_unpacking() -> None:
    """Only a file can hold such a link; the check tells of it."""
    body = block("x Input\nf ReLU < x\ny Output < f\ng Tanh < y.x")
    document = draw("digits Dataset\nb @Body < digits.image\nend Flatten < b", blocks={"Body": body})
    graph = unpacked(document, "b").graph
    assert set(graph.nodes) == {"digits", "f", "g", "end"}
    assert graph.inputs_of("g") == {} and graph.inputs_of("end") == {"x": Port("f", "y")}


def test_what_cannot_be_unpacked_says_why() -> None:
    inner = block("x Input\nf Linear out_features='= width' < x\ny Output < f")
    outer = block("x Input\nb @Inner < x\ny Output < b", {"Inner": inner}, width=8)
    text = "digits Dataset\nflat Flatten < digits.image\no @Outer width=16 < flat\nloss MSELoss < o flat"
    document = draw(text, blocks={"Inner": inner, "Outer": outer})
    with pytest.raises(EditError, match="Block “Inner” inside uses “width” of “Outer”"):
        unpacked(document, "o")
    with pytest.raises(EditError, match="“flat” is not a block"):
        unpacked(document, "flat")
    for repeat, reason in (
        ("= classes", "plain number"),
        (2000, "at most 1,000"),
        (1.5, "number of repetitions"),
    ):
        nodes = {**document.graph.nodes, "o": replace(document.graph.nodes["o"], repeat=repeat, params={})}
        with pytest.raises(EditError, match=reason):
            unpacked(replace(document, graph=replace(document.graph, nodes=nodes)), "o")
    muted = {**document.graph.nodes, "o": replace(document.graph.nodes["o"], mode="mute")}
    with pytest.raises(EditError, match="set to mute"):
        unpacked(replace(document, graph=replace(document.graph, nodes=muted)), "o")
    with pytest.raises(EditError, match="There is no block “Lost”"):
        unpacked(AddNode(Node("lost", block="Lost")).apply(document), "lost")


def test_defaults_of_inner_blocks_and_straight_wires_come_out_right() -> None:
    inner = block("x Input\nf Linear out_features='= size' < x\ny Output < f", size="= width")
    outer = block("x Input\nb @Inner < x\ny Output < b\nsame Output < x", {"Inner": inner}, width=8)
    document = draw(
        "digits Dataset\nflat Flatten < digits.image\no @Outer width=16 < flat\n"
        "p Linear out_features=16 < o.same\nloss MSELoss < o p",
        blocks={"Inner": inner, "Outer": outer},
    )
    after = unpacked(document, "o")
    assert after.graph.nodes["b"].params == {"size": 16}
    assert after.graph.links[Port("p", "x")] == Port("flat", "y")
    assert figures(after) == figures(document)


def test_old_documents_with_blocks_still_load_and_unpack() -> None:
    document = read(Path(__file__).parents[1] / "files" / "model-format-1.json")
    users = [node.id for node in document.graph.nodes.values() if node.block]
    assert users
    for id in users:
        assert not unpacked(document, id).graph.nodes.keys() & {id}


@pytest.mark.parametrize(
    ("value", "bound", "expected"),
    [
        ("= width", {"width": "text"}, "text"),
        ("= width", {"width": (1, 2)}, (1, 2)),
        ("= width * 2", {"width": 3}, 6),
        ("= width / 2", {"width": 4}, 2.0),
        ("= width * depth", {"width": "= a + b"}, "= (a + b) * depth"),
        ("= -width ** 2", {"width": -3, "depth": 1}, -9),
        ("= max(width, depth)", {"width": -3}, "= max(-3, depth)"),
        ("= width * 2", {"width": "= width"}, "= width * 2"),
        (("= width", 3), {"width": 5}, (5, 3)),
        ("= width +", {"width": 3}, "= width +"),
        ("plain", {"plain": 3}, "plain"),
    ],
)
def test_names_are_replaced_in_fields(value: Value, bound: dict[str, Value], expected: Value) -> None:
    assert substituted(value, bound) == expected


def test_free_ids_count_on() -> None:
    assert free_id((), "conv") == "conv"
    assert free_id(("conv",), "conv") == "conv2"
    assert free_id(("conv1", "conv2"), "conv1") == "conv3"
    assert free_id((), "forward") == "forward2"


# --------------------------------------------------------------------------- make, then unpack


@st.composite
def drawings(draw_: st.DrawFn) -> tuple[Document, tuple[str, ...]]:
    """A random graph without cycles, some copies and expressions in it, and some of its nodes."""
    count = draw_(st.integers(1, 8))
    nodes: dict[str, Node] = {"source": Node("source", "Dataset")}
    links: dict[Port, Port] = {}
    for index in range(count):
        before = list(nodes)
        id = f"n{index + 1}"
        kind = draw_(st.sampled_from(["Linear", "ReLU", "Add", "Inner"]))
        at = (draw_(st.integers(-3, 9)) * 240.0, draw_(st.integers(-3, 3)) * 160.0)
        owners = [node.id for node in nodes.values() if node.type == "Linear" and not node.linked_to]
        owner = draw_(st.sampled_from(["", *owners])) if kind == "Linear" else ""
        sizes: list[Value] = [8, "= width", "= width * 2"]
        size = draw_(st.sampled_from(sizes))
        if kind == "Inner":
            nodes[id] = Node(id, block="Inner", params={"size": size}, at=at)
        else:
            params: dict[str, Value] = {"out_features": size} if kind == "Linear" else {}
            nodes[id] = Node(id, kind, params=params, at=at, linked_to=owner)
        for port in ("a", "b") if kind == "Add" else ("x",):
            source = draw_(st.sampled_from(before))
            links[Port(id, port)] = Port(source, "image" if source == "source" else "y")
    chosen = draw_(st.lists(st.sampled_from([id for id in nodes if id != "source"]), min_size=1, unique=True))
    inner = block("x Input\nf Linear out_features='= size' < x\ny Output < f", size=4)
    return Document("random", {"width": 8}, Graph(nodes, links), {"Inner": inner}), tuple(chosen)


def _refused(document: Document, chosen: set[str]) -> bool:
    """By definition: a copy apart from its owner, or a node between two chosen ones that is not chosen."""
    graph = document.graph
    if any(n.linked_to and (n.id in chosen) != (n.linked_to in chosen) for n in graph.nodes.values()):
        return True
    return any(
        graph.upstream([id]) & chosen and graph.upstream(chosen) & {id} for id in {*graph.nodes} - chosen
    )


@given(drawings())
@settings(max_examples=80, deadline=None)
def test_a_block_that_is_unpacked_is_what_it_was(drawn: tuple[Document, tuple[str, ...]]) -> None:
    document, chosen = drawn
    if _refused(document, set(chosen)):
        with pytest.raises(EditError, match=r"shares weights|comes back"):
            made(document, *chosen)
        return
    packed = made(document, *chosen)
    assert set(packed.graph.nodes) == {*document.graph.nodes} - {*chosen} | {"made"}
    assert not packed.graph.order()[1]
    back = unpacked(packed)
    plain = {id: replace(node, at=(0, 0)) for id, node in document.graph.nodes.items()}
    assert {id: replace(node, at=(0, 0)) for id, node in back.graph.nodes.items()} == plain
    assert back.graph.links == document.graph.links
    assert loads(dumps(packed)) == packed
    assert analyse(packed, SAMPLES).parameters == analyse(document, SAMPLES).parameters


def test_a_block_can_be_made_of_blocks_five_deep_and_unpacked_again() -> None:
    document = draw(CLASSIFIER)
    chosen: tuple[str, ...] = ("fc1", "relu", "fc2")
    deep = document
    for level in range(6):
        deep = MakeBlock(chosen, f"Level{level}", f"level{level}").apply(deep)
        chosen = (f"level{level}",)
    assert figures(deep) == figures(document)
    for level in reversed(range(6)):
        deep = unpacked(deep, f"level{level}")
    assert deep.graph.links == document.graph.links
    assert figures(deep) == figures(document)
    assert isinstance(deep.blocks["Level0"], Block)
