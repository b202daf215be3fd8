"""May this output feed that input?  Cycles and kinds of values are refused, shapes only doubted: a fix may follow.

Imports core and catalog, no Qt.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from workbench.catalog.check import analyse
from workbench.catalog.spec import NodeType, node_types
from workbench.core.document import Document, Graph, Node, Port
from workbench.core.edits import Connect
from workbench.core.errors import EditError
from workbench.core.shapes import DType, TensorSpec
from workbench.gui.design.faces import Knowledge, guess, sentence
from workbench.gui.design.sorts import DTYPES, takes, tried

_SAID = {"float": "numbers", "index": "labels, tokens or edges", "bool": "yes or no"}
_SMALL = 500
"""Up to so many nodes a doubt is worked out while one drags."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of a link: refused (with the reason), or made, perhaps with a doubt."""

    refused: str = ""
    doubt: str = ""


def judge(know: Knowledge, links: Mapping[Port, Port], without: Iterable[Port] = ()) -> Verdict:
    """Looks at links (target: source) before they are made together; the links to `without` go away with that."""
    document, where = know.document, know.place.where
    gone = set(without)
    if gone:
        graph = document.graph_of(where)
        kept = {port: feeder for port, feeder in graph.links.items() if port not in gone}
        document = document.with_graph(where, replace(graph, links=kept))
    for target, source in links.items():
        if source.node == target.node:
            return Verdict("A node cannot feed itself.")
        try:
            document = Connect(source, target, where).apply(document)
        except EditError as error:
            return Verdict(str(error))
        refused = wrong_kind(know, source, target)
        if refused:
            return Verdict(refused)
    return Verdict("", _doubt(know, document, links))


def spec_of(know: Knowledge, source: Port) -> TensorSpec | None:
    """What an output gives, as far as it is known."""
    scope = know.scope()
    info = scope.infos.get(source.node) if scope else None
    return info.outputs.get(source.name) if info else None


def unfit(know: Knowledge, ports: Sequence[Port], *, output: bool) -> set[str]:
    """Nodes that links from these ports cannot reach: they would close a cycle or take (give) other values."""
    graph = _graph(know)
    found: set[str] = set()
    if output:
        found = graph.upstream(port.node for port in ports)
        dtypes = [spec.dtype for port in ports if (spec := spec_of(know, port)) is not None]
        for id, node in graph.nodes.items():
            kind = _roughly(know, node)
            if kind is not None and not any(
                all(takes(kind, name, dtype) for dtype in dtypes) for name in kind.input_ports()
            ):
                found.add(id)
    else:
        for port in ports:
            found |= graph.downstream([port.node])
        found |= _giving_other(know, [kinds for port in ports if (kinds := accepted_at(know, port))])
    return found - {port.node for port in ports}


def _giving_other(know: Knowledge, wanted: Sequence[frozenset[DType]]) -> set[str]:
    """Nodes without an output that may give what all of these inputs take."""
    scope = know.scope()
    infos = scope.infos if scope else {}
    guessed: dict[tuple[str, str], frozenset[DType]] = {}
    found: set[str] = set()
    for id, node in _graph(know).nodes.items():
        kind = _roughly(know, node)
        if kind is None:
            continue
        specs = infos[id].outputs if id in infos else {}
        for name in kind.output_ports():
            given = frozenset((specs[name].dtype,)) if name in specs else guessed.get((node.type, name))
            if given is None:
                given = guessed[node.type, name] = _gives(know, Port(id, name), kind)
            if all(given & kinds for kinds in wanted):
                break
        else:
            found.add(id)
    return found


def accepted_at(know: Knowledge, target: Port) -> frozenset[DType]:
    """Kinds of values that an input takes; empty when that is not known."""
    node = _graph(know).nodes.get(target.node)
    kind = kind_of(know, node) if node is not None else None
    return frozenset(sort.dtype for sort in tried(kind)[0].get(target.name, ())) if kind else frozenset()


def gives(know: Knowledge, source: Port) -> frozenset[DType]:
    """Kinds of values that an output gives or, while its inputs are not known, may give."""
    node = _graph(know).nodes.get(source.node)
    return _gives(know, source, kind_of(know, node) if node is not None else None)


def _gives(know: Knowledge, source: Port, kind: NodeType | None) -> frozenset[DType]:
    spec = spec_of(know, source)
    if spec is not None:
        return frozenset((spec.dtype,))
    found = frozenset(sort.dtype for sort in tried(kind)[1].get(source.name, ())) if kind else frozenset()
    return found or frozenset(DTYPES)


def wrong_kind(know: Knowledge, source: Port, target: Port) -> str:
    """Why an input cannot take what an output gives, in any shape; "" if it can."""
    wanted, given = accepted_at(know, target), gives(know, source)
    if not wanted or wanted & given:
        return ""
    spec = spec_of(know, source)
    takes_ = " or ".join(_SAID[dtype] for dtype in DTYPES if dtype in wanted)
    gives_ = " or ".join(_SAID[dtype] for dtype in DTYPES if dtype in given)
    return f"{target} takes {takes_}; {source} gives {gives_}{f' ({spec})' if spec else ''}."


def _doubt(know: Knowledge, after: Document, links: Mapping[Port, Port]) -> str:
    """What the check will say of the targets once they are linked; "" for nothing or a large model."""
    count = len(after.graph.nodes) + sum(len(block.graph.nodes) for block in after.blocks.values())
    if count > _SMALL:
        return ""
    targets = {(port.node, port.name) for port in links}
    inside = tuple(f"{port.node}{mark}" for port in links for mark in "/#")
    for problem in analyse(after, know.schemas, know.analysis).problems:
        if problem.severity != "error":
            continue
        if problem.where == know.place.where and (problem.node, problem.port) in targets:
            return sentence(problem.message)
        if problem.path.startswith(inside) and not know.place.where:
            return f"Inside: {problem.node} {problem.message}"
    return ""


def kind_of(know: Knowledge, node: Node) -> NodeType | None:
    """The node's type filled in; None for a block, and for a type that this version does not know."""
    if node.type not in node_types():
        return None
    scope = know.scope()
    info = scope.infos.get(node.id) if scope else None
    return info.kind if info and info.kind else guess(node, know, know.names())


def _roughly(know: Knowledge, node: Node) -> NodeType | None:
    """The node's type, filled in where the check could do that: quick for every node of a large drawing."""
    scope = know.scope()
    info = scope.infos.get(node.id) if scope else None
    if info is not None and info.kind is not None:
        return info.kind
    return kind_of(know, node) if node.type == "Dataset" else _plain(node.type)


@lru_cache(maxsize=256)
def _plain(name: str) -> NodeType | None:
    """A node type as it is before anything was filled in."""
    return node_types()[name]() if name in node_types() else None


def _graph(know: Knowledge) -> Graph:
    return know.document.graph_of(know.place.where)
