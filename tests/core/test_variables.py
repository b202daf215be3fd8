"""Variables: after a rename every field means what it meant before, or the rename is refused."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.document import Block, Document, Graph, Node, Training, Update
from workbench.core.errors import EditError, ExpressionError
from workbench.core.expressions import Value, evaluate, resolve_variables
from workbench.core.history import History
from workbench.core.variables import RenameVariable, SetVariable

NAMES = ("a", "b", "c", "d")
FACTS: Mapping[str, Value] = {"a": 5, "d": 7}


def graph(*nodes: Node) -> Graph:
    return Graph({node.id: node for node in nodes})


MODEL = Document(
    "m",
    {"width": 8, "twice": "= width * 2"},
    graph(
        Node("linear1", "Linear", params={"size": "= width"}), Node("unit1", block="Unit", repeat="= width")
    ),
    {
        "Unit": Block(
            {"gain": "= width + 1"},
            graph(Node("linear1", "Linear", params={"size": ("= width", 3)}), Node("inner1", block="Inner")),
        ),
        "Inner": Block({"width": 4}, graph(Node("linear1", "Linear", params={"size": "= width"}))),
    },
    Training(
        {"epochs": "= width"},
        (Update("all", {"loss": "= width"}, (), {"lr": "= 1 / width"}, {"end": "= width"}),),
    ),
)


def test_all_that_uses_a_variable_follows_in_one_step() -> None:
    history = History(MODEL)
    history.do(RenameVariable("width", "hidden"))
    after = history.document
    assert list(after.variables.items()) == [("hidden", 8), ("twice", "= hidden * 2")]
    assert after.graph.nodes["linear1"].params["size"] == "= hidden"
    assert after.graph.nodes["unit1"].repeat == "= hidden"
    assert after.blocks["Unit"].params == {"gain": "= hidden + 1"}
    assert after.blocks["Unit"].graph.nodes["linear1"].params["size"] == ("= hidden", 3)
    assert after.blocks["Inner"] == MODEL.blocks["Inner"], "its width is a parameter of its own"
    assert after.training.settings["epochs"] == "= hidden"
    [update] = after.training.updates
    assert (update.minimise["loss"], update.optimizer["lr"], update.schedule["end"]) == (
        "= hidden",
        "= 1 / hidden",
        "= hidden",
    )
    history.undo()
    assert history.document is MODEL


def test_renaming_back_gives_the_same_model() -> None:
    there = RenameVariable("width", "hidden").apply(MODEL)
    assert RenameVariable("hidden", "width").apply(there) == MODEL
    assert RenameVariable("width", "width").apply(MODEL) is MODEL


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nosuch", "x", "no variable “nosuch”"),
        ("width", "twice", "already a variable “twice”"),
        ("width", "for", "is a word that Python"),
        ("width", "gain", "“gain” is a parameter already"),
        ("width", "x" * 70, "has 70 characters; a name here has 64 at most"),
    ],
)
def test_names_that_will_not_do_are_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(EditError, match=said):
        RenameVariable(old, new).apply(MODEL)


def test_a_block_that_means_two_things_by_a_name_is_told() -> None:
    inner = Block({}, graph(Node("linear1", "Linear", params={"size": "= width"})))
    outer = Block({"width": 2}, graph(Node("inner1", block="Inner")))
    nodes = graph(Node("inner1", block="Inner"), Node("outer1", block="Outer"))
    model = Document("m", {"width": 8}, nodes, {"Inner": inner, "Outer": outer})
    with pytest.raises(EditError, match="Block “Inner” takes “width” from the model in one place"):
        RenameVariable("width", "hidden").apply(model)
    alone = Document("m", {"width": 8}, graph(Node("outer1", block="Outer")), model.blocks)
    assert RenameVariable("width", "hidden").apply(alone).blocks == alone.blocks


# ----------------------------------------------------------------- any model

values = st.one_of(
    st.integers(1, 4),
    st.sampled_from(NAMES).map(lambda name: f"= {name}"),
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).map(
        lambda pair: f"= {pair[0]} + 10 * {pair[1]}"
    ),
    st.sampled_from(NAMES).map(lambda name: (f"= {name}", 2)),
)
params = st.dictionaries(st.sampled_from(NAMES), values, max_size=2)


@st.composite
def models(draw: st.DrawFn) -> Document:
    """A model with up to three blocks, each of which may stand in those before it and in the model."""
    names = ["X", "Y", "Z"][: draw(st.integers(0, 3))]

    def nodes(inner: list[str]) -> Graph:
        made = [Node("lin", "Linear", params=draw(params))]
        for index in range(draw(st.integers(0, 2)) if inner else 0):
            block = draw(st.sampled_from(inner))
            made.append(Node(f"n{index}", block=block, params=draw(params), repeat=draw(values)))
        return graph(*made)

    blocks = {
        name: Block(draw(params), nodes(names[index + 1 :]))
        for index, name in reversed(list(enumerate(names)))
    }
    variables = draw(st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=3))
    return Document("m", variables, nodes(names), blocks, Training(draw(params)))


def meant(value: Value, names: Mapping[str, Value]) -> Value:
    try:
        return evaluate(value, names)
    except ExpressionError:
        return "unknown"


def meanings(document: Document, renamed: Mapping[str, str]) -> list[object]:
    """What every field of every node comes to, in the order of the drawing."""
    found: list[object] = []

    def visit(graph: Graph, names: Mapping[str, Value]) -> None:
        for node in graph.nodes.values():
            found.append((node.id, meant(node.repeat, names)))
            block = document.blocks.get(node.block)
            given = {**(block.params if block else {}), **node.params}
            inner = {name: meant(value, names) for name, value in given.items()}
            found.append(sorted(inner.items(), key=str))
            if block is not None:
                visit(block.graph, {**names, **{name: inner[name] for name in block.params}})

    names = resolve_variables(document.variables, FACTS)
    visit(document.graph, names)
    found.append([meant(value, names) for value in document.training.settings.values()])
    found.append({renamed.get(name, name): names[name] for name in document.variables})
    return found


@given(models(), st.sampled_from((*NAMES, "e")), st.data())
@settings(max_examples=150, deadline=None)
def test_every_field_means_the_same_afterwards(model: Document, new: str, data: st.DataObject) -> None:
    old = data.draw(st.sampled_from(sorted(model.variables)))
    try:
        before = meanings(model, {old: new})
    except ExpressionError:
        return  # variables in a circle mean nothing
    try:
        after = RenameVariable(old, new).apply(model)
    except EditError:
        return
    assert meanings(after, {}) == before


def test_a_variable_of_an_earlier_version_that_is_called_like_a_function_can_be_changed_and_removed() -> None:
    old = Document(variables={"pick": 1})
    assert SetVariable("pick", 2).apply(old).variables == {"pick": 2}
    assert SetVariable("pick", None).apply(old).variables == {}
