"""Templates after random changes: some as people make them, some no edit would let in. Imports catalog, core."""

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from workbench.catalog.forms import Field, fields_of
from workbench.catalog.samples import SAMPLES
from workbench.catalog.spec import node_types
from workbench.catalog.templates import load, templates
from workbench.core.document import MODES, Document, Graph, Node, Port, Training, Update
from workbench.core.edits import RemoveNodes
from workbench.core.expressions import Value

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
KINDS = ["param", "link", "unlink", "type", "remove", "repeat", "copy", "mode", "move", "training"]
TEMPLATES = [load(each.id) for each in templates() if not each.landmark]


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
    kind = draws(st.sampled_from(KINDS))
    match kind:
        case "param":
            cls = node_types().get(node.type)
            known = [*cls.DEFAULTS] if cls else ["heads", "x"]
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
        case "mode":
            return document.with_graph(where, put(graph, replace(node, mode=draws(st.sampled_from(MODES)))))
        case "move":
            return document.with_graph(where, put(graph, replace(node, at=(draws(st.floats(-9, 9)), 0.0))))
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


# Changes that people make: each by itself is sensible, and many of the models still are.


def tried(random: Random) -> Document:
    """A template after up to four such changes."""
    document = random.choice(TEMPLATES)
    for _ in range(random.randint(1, 4)):
        document = _tried(document, random)
    return document


def _tried(document: Document, random: Random) -> Document:
    where = random.choice(["", *document.blocks])
    graph = document.graph_of(where)
    kind = random.random()
    if kind < 0.45:
        node = random.choice(list(graph.nodes.values()))
        if not node.type:
            return document.with_graph(where, put(graph, replace(node, repeat=random.randint(1, 3))))
        fields = fields_of(node_types()[node.type])
        if not fields:
            return document
        entry = random.choice(fields)
        params = {**node.params, entry.name: _sensible(entry, random)}
        return document.with_graph(where, put(graph, replace(node, params=params)))
    if kind < 0.9 and graph.links:
        return document.with_graph(where, _inserted(graph, random))
    if where:
        return document
    update = random.choice(document.training.updates)
    changed = replace(
        update,
        train=tuple(random.sample(list(graph.nodes), random.randint(0, 2))),
        every=random.randint(1, 3),
        clip=random.choice([0.0, 0.5]),
        optimizer={"type": random.choice(["Adam", "SGD", "AdamW"]), "lr": 0.001},
        schedule={"type": random.choice(["StepLR", "OneCycleLR", "CosineAnnealingLR"])},
    )
    updates = [changed if each is update else each for each in document.training.updates]
    if random.random() < 0.3 and all(each.name != "more" for each in updates):
        updates.append(replace(changed, name="more"))
    return replace(document, training=replace(document.training, updates=tuple(updates)))


def _inserted(graph: Graph, random: Random) -> Graph:
    """A node in the middle of a link; one with several inputs takes the same in all."""
    target = random.choice(list(graph.links))
    source = graph.links[target]
    inner = [
        name
        for name, cls in node_types().items()
        if cls.outputs and cls.inputs and cls.family not in ("probe", "metric", "loss")
    ]
    name = random.choice(inner)
    cls = node_types()[name]
    id = f"new{len(graph.nodes)}"
    params = {entry.name: _sensible(entry, random) for entry in fields_of(cls) if random.random() < 0.5}
    links = {**graph.links, target: Port(id, random.choice(cls.outputs))}
    for port in cls.inputs:
        if port in cls.optional and random.random() < 0.7:
            break
        links[Port(id, port)] = source
    return Graph({**graph.nodes, id: Node(id, name, params=params)}, links)


def _sensible(entry: Field, random: Random) -> Value:
    """A value that the form would take."""
    low = -3 if entry.min is None else entry.min
    high = 9 if entry.max is None else min(entry.max, 9)
    if entry.optional and random.random() < 0.2:
        return None
    if entry.choices and (entry.kind == "choice" or random.random() < 0.3):
        return random.choice(entry.choices)
    match entry.kind:
        case "int":
            return random.randint(int(low), max(int(low), int(high)))
        case "float":
            return round(random.uniform(max(low, -3), min(high, 3)), 3)
        case "bool":
            return random.random() < 0.5
        case "pair":
            sizes = (random.randint(int(low), 5), random.randint(int(low), 5))
            return sizes if random.random() < 0.5 else sizes[0]
        case "triple":
            return tuple(random.randint(int(low), 4) for _ in range(3))
        case "ints":
            return tuple(random.choice([-1, 1, 2, 3, 4, 8]) for _ in range(random.randint(1, 3)))
        case "floats":
            return tuple(round(random.uniform(max(low, 0.1), 3), 3) for _ in range(random.choice([1, 1, 3])))
        case "dataset":
            return random.choice(list(SAMPLES))
    return "ab"
