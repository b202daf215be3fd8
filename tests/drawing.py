"""Models for tests in a few lines of text: `draw` makes a document of them. Imports catalog and core.

A line is a node: its id, its type or @Block, fields as name=value, *repeat, ~owner (linked copy), then after `<` what
feeds its inputs, in their order or as port:node.port. A source without a port is the node's first output.
"""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from workbench.catalog.forms import fill
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.catalog.spec import node_types
from workbench.core.document import Block, Document, Graph, Node, Port, Training, Update
from workbench.core.errors import FieldError
from workbench.core.expressions import Value

CLASSIFIER = """
    digits Dataset
    flat Flatten < digits.image
    fc1 Linear out_features=16 < flat
    relu ReLU < fc1
    fc2 Linear out_features='= classes' < relu
    loss CrossEntropyLoss < fc2 digits.label
    accuracy Accuracy < fc2 digits.label
"""


def draw(
    text: str,
    *,
    blocks: Mapping[str, Block] | None = None,
    updates: tuple[Update, ...] = (),
    variables: Mapping[str, Value] | None = None,
    schemas: Mapping[str, Schema] = SAMPLES,
    name: str = "model",
    **settings: Value,
) -> Document:
    """The document that the lines describe; `settings` are those of the training form."""
    blocks = blocks or {}
    graph = _graph(text, blocks, schemas)
    return Document(name, variables or {}, graph, blocks, Training(settings, updates))


def block(text: str, blocks: Mapping[str, Block] | None = None, **params: Value) -> Block:
    """A block; `params` are its parameters with their defaults."""
    return Block(params, _graph(text, blocks or {}, {}))


def _graph(text: str, blocks: Mapping[str, Block], schemas: Mapping[str, Schema]) -> Graph:
    nodes: dict[str, Node] = {}
    links: dict[Port, Port] = {}
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    wishes: list[tuple[Node, list[str]]] = []
    for line in lines:
        drawn, _, fed = line.partition(" < ")
        node = _node(shlex.split(drawn))
        nodes[node.id] = node
        wishes.append((node, fed.split()))
    for node, feeders in wishes:
        ports = iter(_inputs(node, blocks))
        for source in feeders:
            named, colon, rest = source.partition(":")
            target = Port(node.id, named if colon else next(ports, "x"))
            links[target] = _source(rest if colon else source, nodes, blocks, schemas)
    return Graph(nodes, links)


def _node(words: list[str]) -> Node:
    id, kind, *rest = words
    params: dict[str, Any] = {}
    repeat: Value = 1
    owner = ""
    for word in rest:
        if word.startswith("*"):
            repeat = _value(word[1:])
        elif word.startswith("~"):
            owner = word[1:]
        else:
            name, _, value = word.partition("=")
            params[name] = _value(value)
    if kind.startswith("@"):
        return Node(id, block=kind[1:], params=params, repeat=repeat, linked_to=owner)
    return Node(id, kind, params=params, linked_to=owner)


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return tuple(value) if isinstance(value, list) else value


def _inputs(node: Node, blocks: Mapping[str, Block]) -> tuple[str, ...]:
    if node.block:
        return blocks[node.block].inputs
    cls = node_types()[node.type]
    try:
        return fill(cls, node.params).input_ports()
    except FieldError:
        return cls().input_ports()


def _source(
    text: str, nodes: Mapping[str, Node], blocks: Mapping[str, Block], schemas: Mapping[str, Schema]
) -> Port:
    id, dot, port = text.partition(".")
    if dot:
        return Port(id, port)
    node = nodes[id]
    if node.block:
        return Port(id, next(iter(blocks[node.block].outputs), "y"))
    if node.type == "Dataset":
        return Port(id, next(iter(schemas[str(node.params.get("dataset", "digits"))].outputs)))
    return Port(id, (*node_types()[node.type].outputs, "y")[0])
