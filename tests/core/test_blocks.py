"""Making blocks of nodes: what trains stays the same; what cannot be is refused by name."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.core.making import figures, made, unpacked
from tests.drawing import CLASSIFIER, block, draw
from workbench.core.blocks import MakeBlock
from workbench.core.document import Document, Graph, Node, Port, Remark, Update
from workbench.core.errors import EditError
from workbench.core.files import dumps, loads


def test_a_selection_becomes_a_block_that_trains_to_the_same() -> None:
    before = draw(CLASSIFIER)
    after = made(before, "fc1", "relu", "fc2")
    assert list(after.graph.nodes) == ["digits", "flat", "made", "loss", "accuracy"]
    assert after.graph.nodes["made"].block == "Made"
    inner = after.blocks["Made"]
    assert (inner.inputs, inner.outputs) == (("x",), ("y",))
    assert list(inner.graph.nodes) == ["x", "fc1", "relu", "fc2", "y"]
    assert after.graph.links[Port("made", "x")] == Port("flat", "y")
    assert after.graph.links[Port("loss", "input")] == Port("made", "y")
    assert after.graph.links[Port("accuracy", "input")] == Port("made", "y")
    assert figures(after) == figures(before)
    assert loads(dumps(after)) == after


def test_ports_are_one_for_each_source_with_names_that_say_something() -> None:
    document = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        a Linear out_features=8 < flat
        b Linear out_features=8 < flat
        sum Add < a b
        wide Concatenate < sum flat
        head Linear out_features='= classes' < wide
        loss CrossEntropyLoss < head digits.label
        """
    )
    after = made(document, "a", "b", "sum")
    assert after.blocks["Made"].inputs == ("x",)
    after = made(document, "sum", "wide")
    assert after.blocks["Made"].inputs == ("a", "b", "b2")
    after = made(document, "a", "b")
    assert after.blocks["Made"].outputs == ("a_y", "b_y")
    after = made(document, "flat", "a", "b", "sum", "wide", "head")
    assert after.blocks["Made"].inputs == ("image",)
    for ids in (("a", "b", "sum"), ("a", "b"), ("flat", "a", "b", "sum", "wide", "head")):
        assert figures(made(document, *ids)) == figures(document)


def test_variables_become_parameters_that_pass_them_on() -> None:
    document = draw(
        CLASSIFIER.replace("out_features=16", "out_features='= 2 * width'"),
        variables={"width": 8, "depth": 3},
    )
    after = made(document, "fc1", "relu", "fc2")
    assert after.blocks["Made"].params == {"width": 8}
    assert after.graph.nodes["made"].params == {"width": "= width"}
    assert figures(after) == figures(document)
    wider = replace(after, variables={"width": 16})
    assert figures(wider) == figures(replace(document, variables={"width": 16}))


def test_inside_a_block_its_parameters_are_passed_on_and_its_count_cannot_be() -> None:
    inner = block("x Input\nf Linear out_features='= width' < x\ng ReLU < f\ny Output < g", width="= 4 * 2")
    document = draw(
        "digits Dataset\nflat Flatten < digits.image\nb @Inner < flat\nloss MSELoss < b flat",
        blocks={"Inner": inner},
    )
    after = made(document, "f", "g", where="Inner")
    assert after.blocks["Made"].params == {"width": "= 4 * 2"}
    assert after.blocks["Inner"].graph.nodes["made"].params == {"width": "= width"}
    assert figures(after)[:2] == figures(document)[:2]
    counted = replace(
        inner,
        graph=replace(
            inner.graph,
            nodes={**inner.graph.nodes, "f": Node("f", "Linear", params={"out_features": "= 8 + i"})},
        ),
    )
    with pytest.raises(EditError, match="“f” uses i"):
        made(replace(document, blocks={"Inner": counted}), "f", where="Inner")
    with pytest.raises(EditError, match="“x” is an Input"):
        made(document, "x", "f", where="Inner")


def test_what_is_refused_says_which_node_and_why() -> None:
    document = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        a Linear out_features=8 < flat
        b Linear out_features=8 ~a < flat
        mid ReLU < a
        sum Add < mid b
        loss CrossEntropyLoss < sum digits.label
        """,
        updates=(Update("train", {"loss": 1.0}, ("a",)),),
    )
    with pytest.raises(EditError, match="“a” shares weights with “b”, which is not selected"):
        made(document, "a", "mid")
    with pytest.raises(EditError, match="“b” shares weights with “a”, which is not selected"):
        made(document, "b", "sum")
    with pytest.raises(EditError, match="a → mid → sum leaves the selection and comes back"):
        made(document, "a", "b", "sum")
    with pytest.raises(EditError, match="“loss” is minimised by the update “train”"):
        made(document, "sum", "loss")
    with pytest.raises(EditError, match="Select the nodes"):
        made(document)
    with pytest.raises(EditError, match="There is no node “nobody”"):
        made(document, "nobody")
    with pytest.raises(EditError, match="already a node “flat”"):
        MakeBlock(("a", "b"), "Made", "flat").apply(document)
    after = made(document, "a", "b", "mid", "sum")
    assert after.training.updates[0].train == ("made",)
    assert after.blocks["Made"].graph.nodes["b"].linked_to == "a"
    with pytest.raises(EditError, match="already a block “Made”"):
        MakeBlock(("flat",), "Made", "other").apply(after)


def test_a_long_way_round_is_told_in_short() -> None:
    ids = [f"n{number}" for number in range(30)]
    links = {Port(after, "x"): Port(before, "y") for before, after in pairwise(ids)}
    document = Document(graph=Graph({id: Node(id, "ReLU") for id in ids}, links))
    with pytest.raises(EditError, match="n0 → n1 → n2 → n3 → … → n27 → n28 → n29 leaves") as found:
        made(document, "n0", "n29")
    assert len(str(found.value)) < 200


def test_bends_frames_and_notes_travel() -> None:
    graph = Graph(
        {
            "a": Node("a", "ReLU", at=(0, 0)),
            "b": Node("b", "ReLU", at=(240, 0)),
            "c": Node("c", "ReLU", at=(480, 0)),
        },
        {Port("b", "x"): Port("a", "y"), Port("c", "x"): Port("b", "y")},
        {Port("b", "x"): ((200.0, 30.0),), Port("c", "x"): ((460.0, 30.0),)},
        {
            "both": Remark("both", "frame", "both", (-10, -30), (450, 120)),
            "all": Remark("all", "frame", "all", (-20, -60), (700, 200)),
            "said": Remark("said", "note", "said", (100, 10), (40, 20)),
            "place": Remark("place", "bookmark", "place", (100, 10), (1, 1)),
        },
    )
    document = Document(graph=graph)
    after = made(document, "a", "b")
    inner = after.blocks["Made"].graph
    assert inner.bends == {Port("b", "x"): ((200.0, 30.0),)}
    assert set(inner.remarks) == {"both", "said"}
    assert after.graph.bends == {Port("c", "x"): ((460.0, 30.0),)}
    assert set(after.graph.remarks) == {"all", "place"}
    back = unpacked(after)
    assert {id: node.at for id, node in back.graph.nodes.items()} == {
        id: n.at for id, n in graph.nodes.items()
    }
    assert back.graph.bends == graph.bends
    assert dict(back.graph.remarks) == dict(graph.remarks)


def test_rows_far_apart_come_together_and_their_ports_are_in_order() -> None:
    nodes = {id: Node(id, "ReLU") for id in ("c", "d", "a", "b", "source", "low", "high")}
    places = {"a": (0, 0), "b": (2000, 0), "c": (0, 3000), "d": (2000, 3000), "source": (-240, 1500)}
    nodes = {id: replace(node, at=places.get(id, (2400, 1500))) for id, node in nodes.items()}
    wires = {"a": "source", "b": "a", "c": "low", "d": "c", "high": "b"}
    links = {Port(target, "x"): Port(source, "y") for target, source in wires.items()}
    bends = {Port("b", "x"): ((1000.0, 24.0),)}
    remarks = {
        "all": Remark("all", "frame", "all", (-20, -60), (2300, 3200)),
        "said": Remark("said", "note", "said", (900, 1400), (160, 80)),
    }
    document = Document(graph=Graph(nodes, links, bends, {"said": remarks["said"]}))
    after = MakeBlock(("a", "b", "c", "d"), "Made", "made", "", (), (Port("d", "y"),)).apply(document)
    inner = after.blocks["Made"].graph
    at = {id: node.at for id, node in inner.nodes.items()}
    assert [*at["a"], at["b"][1], at["c"][0]] == [0, 0, 0, 0]
    assert at["d"] == (at["b"][0], at["c"][1]) and at["d"][0] < 800 and at["d"][1] < 500
    note, (bend,) = inner.remarks["said"], inner.bends[Port("b", "x")]
    assert (
        [*note.size] == [160, 80]
        and 184 < note.at[0] < at["b"][0] - 160
        and 64 < note.at[1] < at["c"][1] - 80
    )
    assert bend[1] == 24 and note.at[0] < bend[0] < note.at[0] + 160
    inputs, outputs = after.blocks["Made"].inputs, after.blocks["Made"].outputs
    assert [inner.links[Port(id, "x")].node for id in ("a", "c")] == list(inputs)
    assert [inner.links[Port(id, "x")].node for id in outputs] == ["b", "d"]
    assert at[inputs[0]][1] < at[inputs[1]][1] and at[outputs[0]][1] < at[outputs[1]][1]
    assert at[inputs[0]][0] == -240 and at[outputs[0]][0] == at["b"][0] + 240
    framed = replace(document, graph=replace(document.graph, remarks={"all": remarks["all"]}))
    inner = made(framed, "a", "b", "c", "d", "source").blocks["Made"].graph
    frame, last = inner.remarks["all"], inner.nodes["d"].at
    assert [*frame.at] == [-20, -60] and last[0] + 184 < frame.at[0] + frame.size[0] < last[0] + 400


def test_open_ports_can_become_ports_of_the_block() -> None:
    document = Document(
        graph=Graph({"a": Node("a", "ReLU"), "b": Node("b", "ReLU")}, {Port("b", "x"): Port("a", "y")})
    )
    edit = MakeBlock(("a", "b"), "Made", "made", "", (Port("a", "x"),), (Port("b", "y"),))
    after = edit.apply(document)
    inner = after.blocks["Made"]
    assert (inner.inputs, inner.outputs) == (("x",), ("y",))
    assert inner.graph.links[Port("a", "x")] == Port("x", "x")
    assert inner.graph.links[Port("y", "x")] == Port("b", "y")
    assert after.graph.links == {}
