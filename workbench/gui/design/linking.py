"""May this output feed that input?  Cycles and kinds of values are refused, shapes only doubted: a fix may follow.

Imports core and catalog, no Qt.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from workbench.catalog.check import analyse
from workbench.catalog.spec import NodeType
from workbench.core.document import Document, Graph, Port
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


def takes(kind: NodeType, port: str, dtype: DType) -> bool:
    """Whether an input of a node type takes such values in any shape."""
    accepted = _accepted(kind, port)
    return not accepted or dtype in accepted


def _wrong_kind(know: Knowledge, source: Port, target: Port) -> str:
    spec = spec_of(know, source)
    node = _graph(know).nodes[target.node]
    if spec is None or not node.type:
        return ""
    scope = know.scope()
    info = scope.infos.get(node.id) if scope else None
    try:
        kind = info.kind if info and info.kind else guess(node, know, know.names())
    except KeyError:  # a type that this version does not know
        return ""
    if takes(kind, target.name, spec.dtype):
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


def _graph(know: Knowledge) -> Graph:
    return know.document.graph_of(know.place.where)
