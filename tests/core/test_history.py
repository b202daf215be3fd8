"""Edits and undo, driven by hypothesis: whatever is done, undo leads back byte by byte, and files keep everything."""

import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from workbench.core import history as core_history
from workbench.core.definitions import AddBlock, RemoveUnused
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
from workbench.core.files import dumps, loads
from workbench.core.history import LIMIT, NEAR, History
from workbench.core.names import unique_id
from workbench.core.variables import SetVariable

IDS = st.sampled_from(["conv1", "conv2", "fc", "relu", "loss", "judge", "judge_fake", "x", "y", "z"])
PORTS = st.builds(Port, IDS, st.sampled_from(["x", "y", "input", "target"]))
TEXTS = st.text(max_size=8) | st.sampled_from(["\ud800", "é\n\t", "\x00", "x" * 300, '"', "= a"])
NUMBERS = st.integers(-5, 5) | st.floats() | st.sampled_from([10**40, 1e308, True])
VALUES: st.SearchStrategy[Any] = (
    st.none() | NUMBERS | TEXTS | st.lists(NUMBERS | TEXTS, max_size=3).map(tuple)
)
PLACES = st.tuples(st.floats(), st.floats()) | st.tuples(st.integers(-99, 99), st.integers(-99, 99))
WHERES = st.sampled_from(["", "", "", "Generator", "Tower", "Missing"])
NAMES = st.sampled_from(["width", "depth", "Generator", "Tower", "class", "2d", "", "a b", "x): pass"])
TYPES = st.sampled_from(["Linear", "Conv2d", "Input", "Output", "Unheard"])
NODES = st.builds(
    Node,
    id=IDS | st.sampled_from(["Not An Id", "class", "update_x", ""]),
    type=TYPES | st.just(""),
    block=st.just("") | NAMES,
    params=st.dictionaries(st.sampled_from(["out_features", "bias", "p"]), VALUES, max_size=2),
    at=PLACES,
    linked_to=st.just("") | IDS,
    title=TEXTS,
)
WEIGHTS = st.dictionaries(IDS, VALUES, max_size=2)
UPDATES = st.builds(
    Update,
    name=st.sampled_from(["train", "generator", "bad name", ""]),
    minimise=WEIGHTS,
    train=st.lists(IDS, max_size=2).map(tuple),
    optimizer=st.dictionaries(st.sampled_from(["type", "lr"]), VALUES, max_size=2),
    every=st.integers(-1, 3),
    clip=NUMBERS.filter(lambda number: isinstance(number, float)),
)
BLOCKS = st.builds(
    lambda params, nodes: Block(params, Graph({node.id: node for node in nodes})),
    st.dictionaries(NAMES, VALUES, max_size=2),
    st.lists(st.builds(Node, id=IDS, type=TYPES), max_size=3),
)

EDITS: st.SearchStrategy[Edit] = st.one_of(
    st.builds(AddNode, NODES, WHERES),
    st.builds(AddNode, st.builds(Node, id=IDS, type=TYPES), WHERES),
    st.builds(AddNodes, st.lists(NODES, max_size=3).map(tuple), st.dictionaries(PORTS, PORTS, max_size=2), WHERES),
    st.builds(RemoveNodes, st.lists(IDS, max_size=3).map(tuple), WHERES),
    st.builds(MoveNodes, st.dictionaries(IDS, PLACES, max_size=2), WHERES),
    st.builds(Connect, PORTS, PORTS, WHERES),
    st.builds(Connect, PORTS, PORTS, WHERES),
    st.builds(Disconnect, PORTS, WHERES),
    st.builds(SetParam, IDS, st.sampled_from(["bias", "p", "p\ud800"]), VALUES, WHERES),
    st.builds(SetRepeat, IDS, VALUES, WHERES),
    st.builds(SetLinkedTo, IDS, IDS | st.just(""), WHERES),
    st.builds(SetTitle, IDS, TEXTS, WHERES),
    st.builds(RenameNode, IDS, IDS | st.sampled_from(["class", "New"]), WHERES),
    st.builds(SetVariable, NAMES, VALUES),
    st.builds(SetName, TEXTS),
    st.builds(SetTraining, st.builds(Training, WEIGHTS, st.lists(UPDATES, max_size=2).map(tuple))),
    st.builds(AddBlock, NAMES, BLOCKS),
    st.just(RemoveUnused()),
)  # fmt: skip


def start() -> Document:
    """Two linked nodes, a block that stands twice and shares its weights, and an update."""
    inner = Graph(
        {"z": Node("z", "Input"), "fc": Node("fc", "Linear"), "y": Node("y", "Output")},
        {Port("fc", "x"): Port("z", "x"), Port("y", "x"): Port("fc", "y")},
    )
    nodes = [
        Node("conv1", "Conv2d", params={"out_channels": "= width"}),
        Node("relu", "ReLU"),
        Node("judge", block="Tower"),
        Node("judge_fake", block="Tower", linked_to="judge", repeat="= width"),
    ]
    links = {
        Port("relu", "x"): Port("conv1", "y"),
        Port("judge", "z"): Port("relu", "y"),
        Port("judge_fake", "z"): Port("judge", "y"),
    }
    update = Update("train", {"loss": 1}, ("conv1", "judge"), {"type": "Adam"})
    graph = Graph({node.id: node for node in nodes}, links)
    return Document(
        "start", {"width": 8}, graph, {"Tower": Block({"size": 3}, inner)}, Training({"epochs": 2}, (update,))
    )


def sound(document: Document) -> None:
    """What holds of every document that edits can reach."""
    for where in ("", *document.blocks):
        graph = document.graph_of(where)
        for id, node in graph.nodes.items():
            assert id == node.id and bool(node.type) != bool(node.block)
        for target, source in graph.links.items():
            assert target.node in graph.nodes and source.node in graph.nodes
    names = [update.name for update in document.training.updates]
    assert len(names) == len(set(names))


class Editing(RuleBasedStateMachine):
    """Someone edits, undoes and redoes at will; a plain list of texts says what must come back."""

    @initialize()
    def begin(self) -> None:
        self.history = History(start())
        self.heard: list[tuple[Document, Document]] = []
        self.history.changed.connect(lambda before, after: self.heard.append((before, after)))
        self.past: list[str] = []
        self.now = dumps(self.history.document)
        self.future: list[str] = []

    @rule(edit=EDITS)
    def edit(self, edit: Edit) -> None:
        before, told = self.history.document, len(self.heard)
        try:
            self.history.do(edit)
        except EditError as error:
            self.failed = str(error)
            assert self.failed and self.history.document is before and len(self.heard) == told
            return
        if self.history.document is before:
            return
        assert self.heard[told:] == [(before, self.history.document)]
        assert dumps(before) == self.now, "an edit changed the document that it was given"
        assert self.history.undo_label == edit.label
        self.past.append(self.now)
        self.now = dumps(self.history.document)
        self.future.clear()

    @rule(edits=st.lists(EDITS, min_size=1, max_size=3))
    def several(self, edits: list[Edit]) -> None:
        self.edit(Several("Several", tuple(edits)))

    @rule()
    def undo(self) -> None:
        self.history.undo()
        if self.past:
            self.future.append(self.now)
            self.now = self.past.pop()

    @rule()
    def redo(self) -> None:
        self.history.redo()
        if self.future:
            self.past.append(self.now)
            self.now = self.future.pop()

    @invariant()
    def the_text_is_as_expected(self) -> None:
        assert dumps(self.history.document) == self.now
        assert self.history.can_undo == bool(self.past) and self.history.can_redo == bool(self.future)

    @invariant()
    def the_document_is_sound(self) -> None:
        sound(self.history.document)

    @invariant()
    def a_file_keeps_everything(self) -> None:
        text = dumps(self.history.document)
        read = loads(text)
        assert read == self.history.document
        assert dumps(read) == text
        text.encode()

    def teardown(self) -> None:
        if not hasattr(self, "history"):
            return
        last = dumps(self.history.document)
        steps = len(self.history.steps())
        while self.history.can_undo:
            self.history.undo()
        assert dumps(self.history.document) == dumps(start())
        for _ in range(steps):
            self.history.redo()
        assert dumps(self.history.document) == last


class FarBack(Editing):
    """The same, where all but the nearest step is kept as what differed; and one jumps to and fro."""

    def __init__(self) -> None:
        self.near, core_history.NEAR = core_history.NEAR, 1
        super().__init__()

    @rule(part=st.floats(0, 1))
    def go(self, part: float) -> None:
        position = round(part * len(self.history.timeline()))
        told = len(self.heard)
        moved = position != self.history.position
        self.history.go(position)
        assert len(self.heard) == told + moved and self.history.position == position
        states = [*self.past, self.now, *reversed(self.future)]
        self.past, self.now = states[:position], states[position]
        self.future = list(reversed(states[position + 1 :]))

    def teardown(self) -> None:
        super().teardown()
        core_history.NEAR = self.near


Editing.TestCase.settings = FarBack.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEditing = Editing.TestCase
TestFarBack = FarBack.TestCase


def test_a_thousand_steps_of_a_large_model_fit_into_little_memory() -> None:
    nodes = {f"n{number}": Node(f"n{number}", "ReLU") for number in range(500)}
    links = {Port(f"n{number}", "x"): Port(f"n{number - 1}", "y") for number in range(1, 500)}
    history = History(Document("large", graph=Graph(nodes, links)))
    begun = history.document
    tracemalloc.start()
    for number in range(1000):
        id = f"n{number % 499 + 1}"
        unlinked = Port(id, "x") not in history.document.graph.links
        history.do(MoveNodes({id: (number, 1)}) if number % 2 or unlinked else Disconnect(Port(id, "x")))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(history.steps()) == 1000
    assert used < 5 * 2**20, f"{used / 2**20:.0f} MiB"
    history.go(0)
    assert history.document == begun
    assert list(history.document.graph.links) == list(links)
    history.go(1000)
    assert len(history.document.graph.links) < 499


def test_the_timeline_names_what_is_done_and_what_was_taken_back() -> None:
    history = History(start())
    for number in range(4):
        history.do(SetVariable("width", number))
    heard: list[tuple[Document, Document]] = []
    history.changed.connect(lambda before, after: heard.append((before, after)))
    before = history.document
    history.go(1)
    assert history.position == 1 and len(history.timeline()) == 4
    assert heard == [(before, history.document)]
    assert history.document.variables["width"] == 0
    assert all(moment > 0 for _, moment in history.timeline())
    history.go(9)
    history.go(-1)
    assert history.position == 1 and len(heard) == 1
    history.go(4)
    assert history.document == before and not history.can_redo


def test_the_oldest_steps_are_forgotten() -> None:
    history = History(start())
    for number in range(LIMIT + 5):
        history.do(SetVariable("width", number))
    assert len(history.steps()) == LIMIT
    while history.can_undo:
        history.undo()
    assert history.document.variables["width"] == 4


def test_labels_name_what_undo_and_redo_do() -> None:
    history = History(start())
    assert (history.undo_label, history.redo_label) == ("", "")
    history.do(SetName("other"))
    history.do(MoveNodes({"conv1": (1, 2), "relu": (3, 4)}))
    assert history.steps() == ("Name the model other", "Move 2 nodes")
    history.undo()
    assert (history.undo_label, history.redo_label) == ("Name the model other", "Move 2 nodes")
    history.do(SetName("third"))
    assert history.redo_label == ""


def test_another_name_for_all_states_is_no_step() -> None:
    history = History(start())
    for number in range(2 * NEAR):
        history.do(SetVariable("width", number))
    history.go(NEAR)
    heard: list[tuple[Document, Document]] = []
    history.changed.connect(lambda before, after: heard.append((before, after)))
    before = history.document
    history.rename("other")
    assert heard == [(before, history.document)] and len(history.timeline()) == 2 * NEAR
    for position in range(2 * NEAR + 1):
        history.go(position)
        assert history.document.name == "other"
        assert history.document.variables["width"] == (position - 1 if position else 8)


def test_a_refused_edit_leaves_the_future_alone() -> None:
    history = History(start())
    history.do(SetName("other"))
    history.undo()
    with pytest.raises(EditError):
        history.do(Disconnect(Port("conv1", "x")))
    assert history.redo_label == "Name the model other"


def test_ids_are_free_and_fit() -> None:
    graph = start().graph
    assert unique_id(graph, "Conv2d") == "conv2d"
    assert unique_id(graph, "relu") == "relu_2"
    for word in ("", "3D", "BatchNorm1d", "class", "Forward", "é", "update_x", "x" * 99):
        AddNode(Node(unique_id(graph, word), "Linear")).apply(start())
