"""Which node of one drawing is which of another."""

from dataclasses import replace
from itertools import pairwise

from tests.drawing import CLASSIFIER, block, draw
from workbench.core.definitions import RenameBlock, RenamePort
from workbench.core.document import Document, Graph, Node, Port
from workbench.core.edits import AddNode, RenameNode
from workbench.core.matching import Matches, match, renamed_names


def chain(*nodes: tuple[str, str]) -> Document:
    """Nodes (id, type) that follow each other."""
    made = {id: Node(id, type, at=(200.0 * place, 0.0)) for place, (id, type) in enumerate(nodes)}
    ids = [id for id, _ in nodes]
    links = {Port(id, "x"): Port(before, "y") for before, id in pairwise(ids)}
    return Document(graph=Graph(made, links))


def test_of_one_model_ids_tell_and_a_renamed_node_is_found_by_its_links() -> None:
    document = draw(CLASSIFIER)
    after = RenameNode("relu", "squash").apply(document)
    pairs = match(document, after, same_model=True).nodes[""]
    assert pairs == {id: "squash" if id == "relu" else id for id in document.graph.nodes}


def test_a_renamed_node_without_links_is_found_where_it_stands() -> None:
    document = Document()
    for place, id in enumerate(("a", "b", "c")):
        document = AddNode(Node(id, "ReLU", at=(place, 0.0))).apply(document)
    after = RenameNode("b", "d").apply(document)
    assert match(document, after, same_model=True).nodes[""] == {"a": "a", "b": "d", "c": "c"}


def test_of_other_models_names_tell_where_most_agree() -> None:
    one = chain(("data", "Dataset"), ("conv1", "Conv2d"), ("conv2", "Conv2d"), ("fc", "Linear"))
    other = chain(
        ("data", "Dataset"), ("conv0", "Conv2d"), ("conv1", "Conv2d"), ("conv2", "Conv2d"), ("fc", "Linear")
    )
    assert match(one, other, same_model=False).nodes[""] == {id: id for id in one.graph.nodes}


def test_of_other_models_where_it_stands_tells_if_names_do_not() -> None:
    kinds = ("Dataset", "Conv2d", "ReLU", "Conv2d", "ReLU", "Flatten", "Linear", "CrossEntropyLoss")
    one = chain(*((f"a{place}", kind) for place, kind in enumerate(kinds)))
    more = (*kinds[:3], "Dropout", *kinds[3:5], "MaxPool2d", *kinds[5:])
    other = chain(*((f"b{place}", kind) for place, kind in enumerate(more)))
    pairs = match(one, other, same_model=False).nodes[""]
    assert pairs == {
        "a0": "b0",
        "a1": "b1",
        "a2": "b2",
        "a3": "b4",
        "a4": "b5",
        "a5": "b7",
        "a6": "b8",
        "a7": "b9",
    }


def test_a_node_of_the_same_name_and_another_type_is_the_same_node() -> None:
    one = chain(("data", "Dataset"), ("act", "ReLU"), ("fc", "Linear"))
    other = chain(("data", "Dataset"), ("act", "GELU"), ("fc", "Linear"))
    for same_model in (True, False):
        assert match(one, other, same_model=same_model).nodes[""]["act"] == "act"


def test_renamed_blocks_and_their_ports_are_found() -> None:
    blocks = {"Res": block("x Input\nfc Linear out_features=4 < x\ny Output < fc")}
    document = draw("digits Dataset\nflat Flatten < digits.image\nres @Res < flat", blocks=blocks)
    after = RenamePort("Block", "x", "inlet").apply(RenameBlock("Res", "Block").apply(document))
    found = match(document, after, same_model=True)
    assert found.blocks == {"Res": "Block"}
    assert found.nodes["Res"] == {"x": "inlet", "fc": "fc", "y": "y"}
    assert found.port(Port("res", "x"), "", document.graph) == Port("res", "inlet")
    assert found.port(Port("nobody", "x"), "", document.graph) is None


def test_blocks_that_hold_other_things_are_no_twins() -> None:
    one = Document(blocks={"Res": block("x Input\nfc Linear out_features=4 < x\ny Output < fc")})
    other = Document(blocks={"Gate": block("x Input\na Sigmoid < x\nb Tanh < a\nc ReLU < b\ny Output < c")})
    assert match(one, other, same_model=False).blocks == {}


def test_names_with_one_value_are_renamed_only_where_that_is_clear() -> None:
    assert renamed_names({"width": 8, "depth": 2}, {"breadth": 8, "depth": 2}) == {
        "width": "breadth",
        "depth": "depth",
    }
    assert renamed_names({"width": 8}, {"a": 8, "b": 8}) == {}
    assert renamed_names({"a": 8, "b": 8}, {"c": 8}) == {}
    assert renamed_names({"on": 1}, {"off": True}) == {}


def test_ways_are_told_by_their_new_names() -> None:
    found = Matches({"": {"enc": "encoder"}})
    assert [found.path(way) for way in ("enc", "enc/conv1", "fc")] == ["encoder", "encoder/conv1", "fc"]


def test_the_same_drawing_is_all_twins_also_with_a_cycle() -> None:
    document = chain(("a", "ReLU"), ("b", "ReLU"), ("c", "ReLU"))
    links = {**document.graph.links, Port("a", "x"): Port("c", "y")}
    document = replace(document, graph=replace(document.graph, links=links))
    for same_model in (True, False):
        assert match(document, document, same_model=same_model).nodes[""] == {"a": "a", "b": "b", "c": "c"}
