"""What differs between two documents: what edits did shows up as that, and nothing else."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_history import EDITS, start
from tests.drawing import CLASSIFIER, block, draw
from workbench.core.definitions import AddBlock, RenameBlock, RenamePort
from workbench.core.difference_words import brief, summary, words
from workbench.core.differences import Change, FieldChange, compare
from workbench.core.document import Document, Graph, Node, Port, Training, Update
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
)
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.variables import RenameVariable, SetVariable

NOTHING = "no difference"


def told(before: Document, after: Document, *, same_model: bool = True) -> list[str]:
    return [words(change) for change in compare(before, after, same_model=same_model).changes]


def after(document: Document, *edits: Edit) -> Document:
    for edit in edits:
        document = edit.apply(document)
    return document


@pytest.mark.parametrize("same_model", [True, False])
def test_a_document_does_not_differ_from_itself_nor_by_what_is_for_people(same_model: bool) -> None:
    document = draw(CLASSIFIER, updates=(Update("train", {"loss": 1}),), epochs=3)
    moved = after(document, MoveNodes({"fc1": (900, 20)}), SetName("other"))
    shuffled = replace(
        moved, graph=replace(moved.graph, nodes=dict(reversed(list(moved.graph.nodes.items()))))
    )
    for other in (document, moved, shuffled):
        found = compare(document, other, same_model=same_model)
        assert not found and summary(found) == NOTHING


EXACT: list[tuple[Edit, list[str]]] = [
    (AddNode(Node("drop", "Dropout", params={"p": 0.1})), ["drop (Dropout) added: p 0.1"]),
    (RemoveNodes(("relu",)), ["relu (ReLU) removed"]),
    (SetParam("conv1", "out_channels", 64), ["conv1: out_channels = width → 64"]),
    (SetParam("conv1", "bias", False), ["conv1: bias not set → no"]),
    (SetParam("fc", "bias", True, "Tower"), ["in Tower: fc: bias not set → yes"]),
    (SetRepeat("judge", 3), ["judge: repeat 1 → 3"]),
    (SetLinkedTo("judge_fake", ""), ["judge_fake: shares judge → not set"]),
    (SetTitle("relu", "Bend"), ["relu: title not set → Bend"]),
    (RenameNode("relu", "act"), ["relu is called act now"]),
    (RenameNode("conv1", "stem"), ["conv1 is called stem now"]),
    (RenameNode("fc", "dense", "Tower"), ["in Tower: fc is called dense now"]),
    (RenameBlock("Tower", "Judge"), ["block Tower is called Judge now"]),
    (RenamePort("Tower", "z", "inlet"), ["in Tower: z is called inlet now"]),
    (Connect(Port("conv1", "y"), Port("judge_fake", "z")), ["judge_fake.z comes from conv1.y, before from judge.y"]),
    (Connect(Port("conv1", "y"), Port("relu", "mask")), ["relu.mask is linked to conv1.y"]),
    (Disconnect(Port("relu", "x")), ["relu.x is no longer linked to conv1.y"]),
    (SetVariable("width", 16), ["variable width 8 → 16"]),
    (SetVariable("depth", 2), ["variable depth added: 2"]),
    (RenameVariable("width", "breadth"), ["variable width is called breadth now"]),
    (AddBlock("Gate", block("x Input\na Sigmoid < x\ny Output < a", size=3)), ["block Gate added: size 3"]),
    (SetTraining(Training({"epochs": 5}, start().training.updates)), ["training: epochs 2 → 5"]),
    (SetTraining(replace(start().training, settings={})), ["training: epochs removed: 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "expected"), EXACT, ids=lambda value: getattr(value, "label", ""))
def test_one_edit_shows_up_as_that_and_nothing_else(edit: Edit, expected: list[str]) -> None:
    document = start()
    assert told(document, edit.apply(document)) == expected


KEPT = [edit for edit, _ in EXACT if not isinstance(edit, RemoveNodes)]
"""Edits that take no link away along with something else."""


@pytest.mark.parametrize("edit", KEPT, ids=lambda edit: edit.label)
def test_the_way_back_tells_as_much(edit: Edit) -> None:
    one, other = start(), edit.apply(start())
    there, back = compare(one, other, same_model=True), compare(other, one, same_model=True)
    swapped = {"added": "removed", "removed": "added"}
    kinds = [(change.part, swapped.get(change.kind, change.kind)) for change in there.changes]
    assert kinds == [(change.part, change.kind) for change in back.changes]
    assert [change.was for change in there.changes] == [change.now for change in back.changes]


def test_a_node_put_between_two_others_is_told_with_the_link_behind_it() -> None:
    document = draw(CLASSIFIER)
    changed = after(document, AddNodes((Node("drop", "Dropout"),), {Port("drop", "x"): Port("relu", "y")}),
                    Connect(Port("drop", "y"), Port("fc2", "x")))  # fmt: skip
    assert told(document, changed) == ["drop (Dropout) added", "fc2.x comes from drop.y, before from relu.y"]
    assert told(changed, document) == [
        "drop (Dropout) removed",
        "fc2.x comes from relu.y, before from drop.y",
    ]


def test_a_node_of_another_type_is_told_as_that() -> None:
    document = draw(CLASSIFIER)
    nodes = {**document.graph.nodes, "relu": replace(document.graph.nodes["relu"], type="Tanh")}
    changed = replace(document, graph=replace(document.graph, nodes=nodes))
    assert told(document, changed) == ["relu: type ReLU → Tanh"]


def test_a_default_that_is_written_out_is_no_difference() -> None:
    def defaults(type: str) -> Mapping[str, Value]:
        return {"bias": True} if type == "Linear" else {}

    document = draw(CLASSIFIER)
    written = SetParam("fc1", "bias", True).apply(document)
    assert told(document, written) == ["fc1: bias not set → yes"]
    assert not compare(document, written, same_model=True, defaults=defaults)
    other = SetParam("fc1", "bias", False).apply(document)
    assert [words(change) for change in compare(document, other, defaults=defaults).changes] == [
        "fc1: bias yes → no"
    ]


def test_loops_keep_their_way_back_when_an_input_is_renamed() -> None:
    cell = block("x Input steps=true\nh Input\nfc Linear out_features=4 < x\nn Output feeds=h < fc")
    document = Document(blocks={"Cell": cell})
    assert told(document, RenamePort("Cell", "h", "state").apply(document)) == [
        "in Cell: h is called state now"
    ]


def test_the_order_of_a_blocks_inputs_counts() -> None:
    one = Document(blocks={"Two": block("a Input\nb Input\ny Output < a")})
    nodes = one.blocks["Two"].graph.nodes
    other = one.with_graph(
        "Two", replace(one.blocks["Two"].graph, nodes={id: nodes[id] for id in ("b", "a", "y")})
    )
    assert told(one, other) == ["block Two: order of its inputs a × b → b × a"]


def test_parameters_of_blocks_and_fields_of_their_instances_follow_new_names() -> None:
    blocks = {"Res": block("x Input\nfc Linear out_features='= size' < x\ny Output < fc", size=4)}
    one = draw("digits Dataset\nflat Flatten < digits.image\nres @Res size=8 < flat", blocks=blocks)
    renamed = {"Res": block("x Input\nfc Linear out_features='= wide' < x\ny Output < fc", wide=4)}
    other = draw("digits Dataset\nflat Flatten < digits.image\nres @Res wide=8 < flat", blocks=renamed)
    assert told(one, other) == ["block Res: size → wide 4 → 4"]


def test_updates_are_told_field_by_field() -> None:
    def model(*updates: Update) -> Document:
        return draw(CLASSIFIER, updates=updates)

    adam = Update("train", {"loss": 1}, ("fc1",), {"type": "Adam", "lr": 0.01}, rates={"fc2": 0})
    sgd = replace(adam, optimizer={"type": "SGD", "lr": 0.1}, every=2, train=(), rates={})
    assert told(model(adam), model(sgd)) == [
        "update train: trains fc1 → everything, optimizer type Adam → SGD, lr 0.01 → 0.1, every 1 → 2, "
        "rate of fc2 0 → not set"
    ]
    assert told(model(adam), model(replace(adam, name="all"))) == ["update train is called all now"]
    assert told(model(adam), RenameNode("fc1", "first").apply(model(adam))) == ["fc1 is called first now"]
    more = replace(adam, name="more", clip=1.0)
    assert told(model(adam), model(adam, more))[0].startswith(
        "update more added: minimise loss 1, trains fc1"
    )
    assert told(model(adam, more), model(more, adam)) == [
        "update all updates: order train × more → more × train"
    ]


def test_runs_of_different_models_are_laid_along_one_another() -> None:
    one = draw(CLASSIFIER)
    other = draw("""
        input Dataset
        f Flatten < input.image
        a Linear out_features=32 < f
        r Tanh < a
        d Dropout < r
        b Linear out_features='= classes' < d
        l CrossEntropyLoss < b input.label
        m Accuracy < b input.label
    """)
    found = compare(one, other)
    assert {change.what for change in found.changes if change.kind == "added"} == {"Tanh", "Dropout"}
    assert {change.what for change in found.changes if change.kind == "removed"} == {"ReLU"}
    assert "a (was fc1): out_features 16 → 32" in [words(change) for change in found.changes]


def test_changes_stand_in_the_order_of_the_drawing_with_what_is_gone_where_it_was() -> None:
    document = draw(CLASSIFIER)
    changed = after(
        document,
        SetParam("fc2", "bias", False),
        RemoveNodes(("relu",)),
        Connect(Port("fc1", "y"), Port("fc2", "x")),
        SetParam("fc1", "bias", False),
    )
    assert [change.name for change in compare(document, changed, same_model=True).changes] == [
        "fc1", "relu", "fc2", "fc2.x",
    ]  # fmt: skip


def test_what_stands_under_a_card_and_in_the_summary() -> None:
    document = draw(CLASSIFIER)
    changed = after(document, SetParam("fc1", "out_features", 32), RenameNode("fc1", "first"),
                    RemoveNodes(("accuracy",)), Disconnect(Port("relu", "x")), SetVariable("width", 1))  # fmt: skip
    found = compare(document, changed, same_model=True)
    first = next(change for change in found.changes if change.now == "first")
    assert brief(first) == ("was fc1", "out_features 16 → 32") and first.nodes == ("fc1", "first")
    gone = next(change for change in found.changes if change.kind == "removed" and change.part == "node")
    assert brief(gone) == ("removed",)
    link = next(change for change in found.changes if change.part == "link")
    assert link.nodes == ("relu", "relu")
    assert summary(found) == "1 node removed, 1 changed; 1 link; 1 variable"


def test_strange_names_and_long_values_stay_one_line() -> None:
    change = Change(
        "node", "changed", "a" * 500, "b\nc", fields=(FieldChange("p\n🎨", "x" * 900, None),), what="T"
    )
    line = words(change)
    assert "\n" not in line and len(line) < 400 and line.endswith("→ not set")


@given(st.lists(EDITS, max_size=6))
@settings(max_examples=150, deadline=None)
def test_whatever_is_edited_the_same_document_has_no_difference_and_others_have(edits: list[Edit]) -> None:
    document = start()
    for edit in edits:
        try:
            document = edit.apply(document)
        except EditError:
            continue
    for same_model in (True, False):
        assert not compare(document, document, same_model=same_model)
        for one, other in ((start(), document), (document, start())):
            found = compare(one, other, same_model=same_model)
            assert all(words(change) for change in found.changes)
            for where, pairs in found.matches.nodes.items():
                twins = list(pairs.values())
                there = found.matches.blocks.get(where, "")
                assert len(set(twins)) == len(twins)
                assert (
                    set(pairs) <= one.graph_of(where).nodes.keys()
                    and set(twins) <= other.graph_of(there).nodes.keys()
                )
            added = [change for change in found.changes if (change.part, change.kind) == ("node", "added")]
            assert len({(change.there, change.now) for change in added}) == len(added)


@given(st.lists(st.sampled_from(EXACT), min_size=1, max_size=3, unique_by=lambda entry: entry[1][0]))
@settings(max_examples=60, deadline=None)
def test_nodes_that_edits_add_and_remove_are_just_those(edits: list[tuple[Edit, list[str]]]) -> None:
    chosen = [edit for edit, _ in edits if isinstance(edit, AddNodes | RemoveNodes | SetParam | SetVariable)]
    found = compare(start(), after(start(), *_in_order(chosen)), same_model=True)
    assert {change.now for change in found.changes if (change.part, change.kind) == ("node", "added")} == {
        node.id for edit in chosen if isinstance(edit, AddNodes) for node in edit.nodes
    }
    assert {change.was for change in found.changes if (change.part, change.kind) == ("node", "removed")} == {
        id for edit in chosen if isinstance(edit, RemoveNodes) for id in edit.ids
    }


def _in_order(edits: Sequence[Edit]) -> list[Edit]:
    return sorted(edits, key=lambda edit: isinstance(edit, RemoveNodes))


def test_large_drawings_take_no_time_to_speak_of() -> None:
    def tower(count: int, skip: int, name: str) -> Document:
        kinds = [("Conv2d", "BatchNorm2d", "ReLU")[place % 3] for place in range(count) if place != skip]
        nodes = {f"{name}{place}": Node(f"{name}{place}", kind) for place, kind in enumerate(kinds)}
        ids = list(nodes)
        links = {Port(id, "x"): Port(before, "y") for before, id in pairwise(ids)}
        return Document(graph=Graph(nodes, links))

    begun = time.perf_counter()
    found = compare(tower(2000, -1, "a"), tower(2000, 1000, "b"))
    assert time.perf_counter() - begun < 20, "not a budget: a square of the nodes would take minutes"
    assert found.count("removed", "node") >= 1
