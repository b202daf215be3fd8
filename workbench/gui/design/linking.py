"""May this output feed that input?  Cycles and kinds of values are refused, shapes only doubted: a fix may follow.

Imports core and catalog, no Qt.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from workbench.catalog.check import analyse
from workbench.catalog.spec import NodeType, node_types
from workbench.core.document import Document, Graph, Node, Port
from workbench.core.edits import Connect
from workbench.core.errors import EditError, WorkbenchError
from workbench.core.shapes import DType, Shape, TensorSpec
from workbench.gui.design.faces import Knowledge, guess, sentence

_DTYPES: tuple[DType, ...] = ("float", "index", "bool")
_SHAPES: tuple[Shape, ...] = (
    ("N",), ("N", 8), ("N", 4, 8), ("N", 4, 8, 8), ("V",), ("V", 8), (2, "E"), ("N", 8, 8), ("N", 1, 8, 8), ("N", 784),
)  # fmt: skip
_SAID = {"float": "numbers", "index": "labels, tokens or edges", "bool": "yes or no"}
_SMALL = 200
"""Up to so many nodes a doubt is worked out while one drags."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of a link: refused (with the reason), or made, perhaps with a doubt."""

    refused: str = ""
    doubt: str = ""


def judge(know: Knowledge, source: Port, target: Port, *, without: Port | None = None) -> Verdict:
    """Looks at a link before it is made; `without` is a link that goes away at the same moment."""
    document, where = know.document, know.place.where
    if without is not None:
        graph = document.graph_of(where)
        links = {port: feeder for port, feeder in graph.links.items() if port != without}
        document = document.with_graph(where, replace(graph, links=links))
    if source.node == target.node:
        return Verdict("A node cannot feed itself.")
    try:
        after = Connect(source, target, where).apply(document)
    except EditError as error:
        return Verdict(str(error))
    refused = _wrong_kind(know, source, target)
    return Verdict(refused) if refused else Verdict("", _doubt(know, after, source, target))


def spec_of(know: Knowledge, source: Port) -> TensorSpec | None:
    """What an output gives, as far as it is known."""
    scope = know.scope()
    info = scope.infos.get(source.node) if scope else None
    return info.outputs.get(source.name) if info else None


def unfit(know: Knowledge, port: Port, *, output: bool) -> set[str]:
    """Nodes that a link from this port cannot reach: they would close a cycle or take other values.

    Empty in a drawing too large to look.
    """
    graph = _graph(know)
    if len(graph.nodes) > _SMALL:
        return set()
    found = graph.upstream([port.node]) if output else downstream(graph, port.node)
    spec = spec_of(know, port) if output else None
    if spec is not None:
        for id, node in graph.nodes.items():
            kind = _kind(know, node)
            if kind is not None and not any(takes(kind, name, spec.dtype) for name in kind.input_ports()):
                found.add(id)
    return found - {port.node}


def takes(kind: NodeType, port: str, dtype: DType) -> bool:
    """Whether an input of a node type takes such values in any shape."""
    accepted = _accepted(kind, port)
    return not accepted or dtype in accepted


def _wrong_kind(know: Knowledge, source: Port, target: Port) -> str:
    spec = spec_of(know, source)
    kind = _kind(know, _graph(know).nodes[target.node])
    if spec is None or kind is None or takes(kind, target.name, spec.dtype):
        return ""
    wanted = " or ".join(_SAID[dtype] for dtype in _DTYPES if dtype in _accepted(kind, target.name))
    return f"{target} takes {wanted}; {source} gives {_SAID[spec.dtype]} ({spec})."


@lru_cache(maxsize=1024)
def _accepted(kind: NodeType, port: str) -> frozenset[DType]:
    """Kinds of values that some shapes make acceptable, found by trying; empty when none was found."""
    ports = kind.input_ports()
    if port not in ports or len(ports) > 3:
        return frozenset()
    at = ports.index(port)
    found: set[DType] = set()
    shapes = list(product(_SHAPES, repeat=len(ports))) if len(ports) <= 2 else [(s,) * 3 for s in _SHAPES]
    for dtypes in product(_DTYPES, repeat=len(ports)):
        if dtypes[at] in found:
            continue
        for combination in shapes:
            specs = [
                TensorSpec(shape, dtype, 8 if dtype == "index" else 0)
                for shape, dtype in zip(combination, dtypes, strict=True)
            ]
            try:
                kind.infer(*specs)
            except (WorkbenchError, ArithmeticError, LookupError, TypeError, ValueError, AssertionError):
                continue  # shapes that the type was never meant for: no answer to the question asked here
            found.add(dtypes[at])
            break
    return frozenset(found)


def _doubt(know: Knowledge, after: Document, source: Port, target: Port) -> str:
    """What the check will say of the target once it is linked; "" for nothing or a large model."""
    count = len(after.graph.nodes) + sum(len(block.graph.nodes) for block in after.blocks.values())
    if count > _SMALL:
        return ""
    for problem in analyse(after, know.schemas).problems:
        if problem.severity != "error":
            continue
        if problem.where == know.place.where and (problem.node, problem.port) == (target.node, target.name):
            return sentence(problem.message)
        if problem.path.startswith((f"{target.node}/", f"{target.node}#")) and not know.place.where:
            return f"Inside: {problem.node} {problem.message}"
    return ""


def _kind(know: Knowledge, node: Node) -> NodeType | None:
    """The node's type filled in; None for a block, and for a type that this version does not know."""
    if node.type not in node_types():
        return None
    scope = know.scope()
    info = scope.infos.get(node.id) if scope else None
    return info.kind if info and info.kind else guess(node, know, know.names())


def downstream(graph: Graph, id: str) -> set[str]:
    """The node and everything that it feeds."""
    consumers: dict[str, list[str]] = {}
    for target, source in graph.links.items():
        consumers.setdefault(source.node, []).append(target.node)
    found: set[str] = set()
    todo = [id]
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo.extend(consumers.get(other, ()))
    return found


def _graph(know: Knowledge) -> Graph:
    return know.document.graph_of(know.place.where)
