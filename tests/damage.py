"""Templates after random changes: some as people make them, some no edit would let in. Imports catalog, core."""

import dataclasses
from dataclasses import replace

from hypothesis import strategies as st

from workbench.catalog.spec import node_types
from workbench.catalog.templates import load, templates
from workbench.core.document import Document, Graph, Node, Port, Training, Update
from workbench.core.edits import RemoveNodes

VALUES = st.one_of(
    st.integers(-3, 40),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.none(),
    st.sampled_from(
        [
            "",
            "same",
            "= width",
            "= i",
            "= classes * 2",
            "= 1 / 0",
            "= (",
            "=",
            "x",
            "digits",
            "cora",
            "= 2 ** 63",
        ]
    ),
    st.lists(st.integers(-2, 9), max_size=4).map(tuple),
    st.just(("a", None, "= i")),
)
TEMPLATES = [load(each.id) for each in templates()]


@st.composite
def damaged(draws: st.DrawFn) -> Document:
    """A template after a few changes that no edit would refuse, and some that edits would."""
    document = draws(st.sampled_from(TEMPLATES))
    for _ in range(draws(st.integers(1, 4))):
        document = draws(changed(document))
    return document


@st.composite
def changed(draws: st.DrawFn, document: Document) -> Document:
    where = draws(st.sampled_from(["", *document.blocks]))
    graph = document.graph_of(where)
    if not graph.nodes:
        return document
    ids = sorted(graph.nodes)
    id = draws(st.sampled_from(ids))
    node = graph.nodes[id]
    kind = draws(st.sampled_from(["param", "link", "unlink", "type", "remove", "repeat", "copy", "training"]))
    match kind:
        case "param":
            cls = node_types().get(node.type)
            known = [entry.name for entry in dataclasses.fields(cls)] if cls else ["heads", "x"]
            name = draws(st.sampled_from([*known, "nothing"]))
            return document.with_graph(
                where, put(graph, replace(node, params={**node.params, name: draws(VALUES)}))
            )
        case "link":
            source = Port(
                draws(st.sampled_from(ids)), draws(st.sampled_from(["y", "x", "loss", "z", "image"]))
            )
            target = Port(id, draws(st.sampled_from(["x", "a", "input", "target", "query", "edges", "z"])))
            return document.with_graph(where, Graph(graph.nodes, {**graph.links, target: source}))
        case "unlink":
            links = dict(list(graph.links.items())[1:])
            return document.with_graph(where, Graph(graph.nodes, links))
        case "type":
            name = draws(st.sampled_from([*node_types(), "Nothing"]))
            return document.with_graph(where, put(graph, replace(node, type=name, block="")))
        case "remove":
            return RemoveNodes((id,), where).apply(document)
        case "repeat":
            name = draws(st.sampled_from([*document.blocks, "Nothing"]))
            changed_node = replace(node, type="", block=name, repeat=draws(VALUES))
            return document.with_graph(where, put(graph, changed_node))
        case "copy":
            owner = draws(st.sampled_from([*ids, "nothing"]))
            return document.with_graph(where, put(graph, replace(node, linked_to=owner)))
    update = Update(
        "train",
        {draws(st.sampled_from([*ids, "nothing"])): draws(VALUES)},
        (draws(st.sampled_from([*ids, "nothing"])),),
        {"type": draws(st.sampled_from(["Adam", "SGD", "x"])), "lr": draws(VALUES)},
        {"type": draws(st.sampled_from(["StepLR", "OneCycleLR"])), "gamma": draws(VALUES)},
    )
    settings = {draws(st.sampled_from(["epochs", "monitor", "steps", "nothing"])): draws(VALUES)}
    return replace(
        document,
        training=Training(settings, (update,)),
        variables={**document.variables, "width": draws(VALUES)},
    )


def put(graph: Graph, node: Node) -> Graph:
    return Graph({**graph.nodes, node.id: node}, graph.links)
