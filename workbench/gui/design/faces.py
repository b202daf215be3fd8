"""What a node shows on its card, worked out from the document and the analysis.  No Qt here.

May import core and catalog.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from workbench.catalog.check import Analysis
from workbench.catalog.forms import fill
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.problems import Problem
from workbench.catalog.schema import Schema, find_schema
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.spec import NodeType, node_types
from workbench.core.document import COLLAPSED, INPUT, OUTPUT, PINNED, Document, Graph, Node
from workbench.core.errors import ExpressionError, FieldError
from workbench.core.expressions import Value, evaluate
from workbench.gui.design.instances import facts, summed_up, uses

_NAMED = ("data", "loss", "metric", "probe")
"""Families whose nodes are spoken of by name elsewhere, so that the name comes first."""
UNKNOWN = "unknown"
"""The family of nodes of which this version knows nothing."""
IDLE = "idle"
"""The mode of a node that does nothing because a node that it needs is muted."""
Ports = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of inputs and of outputs."""


@dataclass(frozen=True, slots=True)
class Face:
    """The texts and ports of one card. `brief` stands where `line` has no room; `level` is "error", "warning"
    or "". `mode` is that of the node, or IDLE.
    """

    title: str
    line: str
    brief: str
    family: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    repeat: str = ""
    tie: str = ""
    problem: str = ""
    level: str = ""
    mode: str = ""
    look: tuple[str, ...] = ()

    @property
    def pinned(self) -> bool:
        return PINNED in self.look

    @property
    def collapsed(self) -> bool:
        return COLLAPSED in self.look


@dataclass(frozen=True, slots=True)
class Place:
    """Which graph is on the canvas: the model (no trail), or a block seen through instances of it."""

    where: str = ""
    trail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything that the faces of one graph follow from."""

    document: Document
    analysis: Analysis
    schemas: Mapping[str, Schema]
    place: Place

    def scope(self) -> Scope | None:
        """What the analysis knows of this graph; None while the instance it is seen through has problems."""
        scope: Scope | None = self.analysis.root
        for id in self.place.trail:
            info = scope.infos.get(id) if scope else None
            scope = info.copies[0] if info and info.copies else None
        return scope if scope is None or scope.where == self.place.where else None

    def names(self) -> Mapping[str, Value]:
        """Names that fields of this graph may use, with their values."""
        scope = self.scope()
        if scope is not None:
            return scope.names
        block = self.document.blocks.get(self.place.where)
        return {**self.analysis.root.names, **(block.params if block else {}), "i": 0}

    def problems(self) -> dict[str, Problem]:
        """The worst problem of each node of this graph; those inside a block stand at the instance, with their
        number and the way to the first.
        """
        found: dict[str, Problem] = {}
        inside: dict[str, list[Problem]] = {}
        for problem in self.analysis.problems:
            id = self.marked(problem) if problem.severity != "hint" else ""
            if id and (id not in found or found[id].severity == "warning" != problem.severity):
                found[id] = problem
            if id and problem.where != self.place.where:
                inside.setdefault(id, []).append(problem)
        for id, problems in inside.items():
            if found[id].where != self.place.where:
                found[id] = summed_up(found[id], problems, len(self.place.trail))
        return found

    def uses(self, block: str) -> int:
        """How many nodes of the whole model stand for a block."""
        return uses(self.document, block)

    def marked(self, problem: Problem) -> str:
        """The node of this graph at which a problem shows; "" for none."""
        if problem.where == self.place.where and problem.node:
            return problem.node
        parts = [part.partition("#")[0] for part in problem.path.split("/")]
        trail = list(self.place.trail)
        if parts[: len(trail)] == trail and len(parts) > len(trail) + 1:
            return parts[len(trail)]
        return ""


def face_of(
    node: Node,
    know: Knowledge,
    info: NodeInfo | None,
    names: Mapping[str, Value],
    problem: Problem | None,
    mode: str = "",
    ports: Ports | None = None,
) -> Face:
    """The face of one node. `info` is what the analysis knows of it, None when it has problems; `ports` are those
    at which there are links, of a node that this version knows nothing of.
    """
    if is_stranger(node, know.document):
        face = _stranger(
            node, problem, ports or linked_ports(know.document.graph_of(know.place.where))[node.id]
        )
    else:
        face = _face_of(node, know, info, names, problem)
    return replace(face, mode=mode or node.mode, look=node.look)


def _face_of(
    node: Node, know: Knowledge, info: NodeInfo | None, names: Mapping[str, Value], problem: Problem | None
) -> Face:
    level = problem.severity if problem else ""
    message = sentence(problem.message) if problem else ""
    if node.block:
        inside = problem is not None and problem.where != know.place.where
        return _block_face(node, know, info, names, problem.message if problem and inside else message, level)
    cls = node_types()[node.type]
    kind = info.kind if info and info.kind else guess(node, know, names)
    title, line = cls.title, kind.summary()
    if isinstance(kind, Dataset) and kind.schema is not None:
        schema = kind.schema
        title, line = schema.title, schema.counted
    if node.type in (INPUT, OUTPUT):
        title, line = node.id, cls.title.lower()
    tie = node.linked_to
    brief = f"shares {tie}" if tie else line
    line = f"{node.id} · {brief}" if brief and title != node.id else brief or node.id
    if cls.family in _NAMED and not tie:
        brief = ""
    inputs, outputs = kind.input_ports(), kind.output_ports()
    return Face(node.title or title, line, brief, cls.family, inputs, outputs, "", tie, message, level)


def guess(node: Node, know: Knowledge, names: Mapping[str, Value]) -> NodeType:
    """The node's type filled as far as its fields are in order: it decides ports although something is wrong."""
    cls = node_types()[node.type]
    values: dict[str, Value] = {}
    for name, value in node.params.items():
        try:
            values.update({name: evaluate(value, names)})
            fill(cls, values)
        except (ExpressionError, FieldError):
            values.pop(name, None)
    kind = fill(cls, values)
    if isinstance(kind, Dataset):
        return Dataset(kind.dataset, kind.length, kind.order, find_schema(know.schemas, kind.dataset))
    return kind


def _stranger(node: Node, problem: Problem | None, ports: Ports) -> Face:
    kind, what = (node.type, "type") if node.type else (node.block, "block")
    line = f"unknown {what} · {node.id}"
    message, level = (sentence(problem.message), problem.severity) if problem else ("", "")
    inputs, outputs = ports
    return Face(node.title or kind, line, "", UNKNOWN, inputs, outputs, "", node.linked_to, message, level)


def is_stranger(node: Node, document: Document) -> bool:
    """Whether this version knows nothing of a node's type or block: it is shown, and kept as it is."""
    return node.block not in document.blocks if node.block else node.type not in node_types()


def linked_ports(graph: Graph) -> Mapping[str, Ports]:
    """The inputs and outputs of each node at which there are links, in the order of the links."""
    inputs: dict[str, dict[str, None]] = {id: {} for id in graph.nodes}
    outputs: dict[str, dict[str, None]] = {id: {} for id in graph.nodes}
    for target, source in graph.links.items():
        inputs.setdefault(target.node, {})[target.name] = None
        outputs.setdefault(source.node, {})[source.name] = None
    return {id: (tuple(inputs[id]), tuple(outputs[id])) for id in graph.nodes}


def _block_face(
    node: Node,
    know: Knowledge,
    info: NodeInfo | None,
    names: Mapping[str, Value],
    message: str,
    level: str,
) -> Face:
    block = know.document.blocks[node.block]
    inputs, outputs = block.inputs, block.outputs
    try:
        times = evaluate(node.repeat, names)
    except ExpressionError:
        times = node.repeat
    repeat = "" if times == 1 else f"× {times}"
    if block.graph.steps:
        repeat = LOOP
    line, brief = node.id, ""
    if node.linked_to:
        brief = f"shares {node.linked_to}"
        line = f"{node.id} · {brief}"
    else:
        told = facts(know.document, node.block, info)
        brief = " · ".join(told)
        line = " · ".join([node.id, *told])
    return Face(
        node.title or node.block,
        line,
        brief,
        "block",
        inputs,
        outputs,
        repeat,
        node.linked_to,
        message,
        level,
    )


LOOP = "↻"
"""In place of the number of repetitions: runs once for each step of a sequence."""


@lru_cache(maxsize=4096)
def sentence(text: str) -> str:
    """A message with a capital letter, for where it stands alone."""
    return text[:1].upper() + text[1:]
