"""The edits that mend a problem with one click, and where a node may stand. Standard library and core only."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from workbench.catalog.changes import depends
from workbench.catalog.lengths import LENGTH, padded
from workbench.catalog.nodes.sources import FREE
from workbench.catalog.problems import Fix, Problems
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.spec import NodeType, node_types
from workbench.core.document import FEEDS, INPUT, OUTPUT, Document, Node, Port, Update
from workbench.core.edits import AddNodes, Connect, Disconnect, Edit, SetParam, SetTraining, Several
from workbench.core.errors import Setting, ShapeError
from workbench.core.expressions import is_expression
from workbench.core.names import unique_id
from workbench.core.shapes import TensorSpec

_SOURCES = ("Dataset", *FREE, INPUT)
_READERS = ("loss", "metric", "probe")
_PASS_ON = ("layer", "activation", "normalisation", "pooling", "merge", "structure", "augmentation")
_KEEP_WIDTH = ("activation", "normalisation")


def fix(label: str, *edits: Edit) -> tuple[Fix, ...]:
    """One click that makes the given edits in one undo step."""
    return (Fix(label, edits[0] if len(edits) == 1 else Several(label, edits)),)


def shape_fixes(scope: Scope, node: Node, error: ShapeError) -> tuple[Fix, ...]:
    """What a shape error hints at: a node to insert before the port, or a field to change."""
    found: tuple[Fix, ...] = ()
    source = scope.graph.links.get(Port(node.id, error.port))
    if error.insert == "SequencePool" and source is not None:
        found += _one_vector_fix(scope, Port(node.id, error.port), source)
    elif error.insert and source is not None:
        found += insert_fix(scope, Port(node.id, error.port), source, error.insert, error.fields)
    if error.outputs and source is not None:
        found += _outputs_fix(scope, Port(node.id, error.port), source, error.outputs)
    if error.change is not None:
        name, value = error.change
        found += fix(f"Set {name} to {value}", SetParam(node.id, name, value, scope.where))
    return found


def _one_vector_fix(scope: Scope, target: Port, source: Port) -> tuple[Fix, ...]:
    """One answer is wanted of a whole sequence: the last state of a recurrent layer before it, or else the mean."""
    port, at = target, source
    while at.node in scope.infos:
        info = scope.infos[at.node]
        if at.name == "y" and "last" in info.outputs:
            last = Port(at.node, "last")
            while (drawn := scope.drawn.links.get(port)) is not None and drawn.node != at.node:
                if Port(drawn.node, "x") not in scope.drawn.links:
                    break
                port = Port(drawn.node, "x")  # what is bypassed now stays in between
            return fix(f"Link {last} instead", Connect(last, port, scope.where))
        before = scope.graph.links.get(Port(at.node, "x"))
        if info.kind is None or info.kind.family not in _PASS_ON or before is None:
            break
        port, at = Port(at.node, "x"), before
    counts = padded(scope, source)
    more = {LENGTH: counts} if counts is not None else {}
    return insert_fix(scope, target, source, "SequencePool", {}, more)


def insert_fix(
    scope: Scope,
    target: Port,
    source: Port,
    type: str,
    fields: Mapping[str, Setting],
    more: Mapping[str, Port] | None = None,
) -> tuple[Fix, ...]:
    """Puts a node of one output into a link; `more` is what goes to other inputs than its first."""
    cls = node_types()[type]
    id = unique_id(scope.drawn, type)
    a, b = scope.graph.nodes[source.node].at, scope.graph.nodes[target.node].at
    new = Node(id, type, params=dict(fields), at=((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + 24))
    drawn = scope.drawn.links.get(target, source)  # also where what feeds it is bypassed now
    links = {Port(id, cls.inputs[0]): drawn, **{Port(id, name): port for name, port in (more or {}).items()}}
    return fix(
        f"Insert {cls.title}",
        AddNodes((new,), links, scope.where),
        Connect(Port(id, cls.outputs[0]), target, scope.where),
    )


def _outputs_fix(scope: Scope, target: Port, source: Port, wanted: int) -> tuple[Fix, ...]:
    """Gives the last layer before a port as many outputs as wanted; where none stands there, puts one in."""
    facts = [name for name in ("classes", "vocabulary") if scope.names.get(name) == wanted]
    value: Setting = f"= {facts[0]}" if facts else wanted
    info = scope.infos[source.node]
    inner, last = _last_layer(scope, source)
    for name in ("out_features", "out_channels"):
        if last.kind is None or not hasattr(last.kind, name):
            continue
        owner = last.node.owner
        # Inside a block, a field that follows the block's parameters stays as it is: other instances use it.
        if inner is scope or not is_expression(last.node.params.get(name, 0)):
            place = f"{inner.where}: " if inner is not scope else ""
            label = f"Set {place}{owner}.{name} to {wanted}"
            alike = inner.drawn.sharing(last.node)  # linked copies have the fields of their owner
            return fix(label, *(SetParam(other.id, name, value, inner.where) for other in alike))
    if info.outputs[source.name].rank in (2, 3):
        return insert_fix(scope, target, source, "Linear", {"out_features": value})
    return ()


def _last_layer(scope: Scope, source: Port) -> tuple[Scope, NodeInfo]:
    """The node that decides the width of an output: past activations and the like, and inside of blocks."""
    while True:
        scope, source = inner_end(scope, source)
        info = scope.infos[source.node]
        before = scope.sources.get(source.node, {}).get("x")
        family = info.kind.family if info.kind is not None else ""
        if family not in _KEEP_WIDTH or before is None or before.node not in scope.infos:
            return scope, info
        source = before


def inner_end(scope: Scope, source: Port) -> tuple[Scope, Port]:
    """Where an output really comes from: the node inside a block that feeds the block's output."""
    while (info := scope.infos.get(source.node)) is not None and info.copies:
        inner = info.copies[-1]
        end = inner.sources.get(source.name, {}).get("x")
        if end is None or end.node not in inner.infos or inner.infos[end.node].node.type == INPUT:
            break
        scope, source = inner, end
    return scope, source


def link_fixes(scope: Scope, node: Node, port: str) -> tuple[Fix, ...]:
    """An unlinked target is offered the labels of the only dataset, any other input the only output that fits and
    that nothing uses yet; nothing is guessed where there are several.
    """
    offers = _targets(scope) if port == "target" else _loose_ends(scope, node, port)
    if len(offers) != 1:
        return ()
    return fix(f"Link {offers[0]}", Connect(offers[0], Port(node.id, port), scope.where))


def loss_fixes(scope: Scope) -> tuple[Fix, ...]:
    """A model without a loss is offered the one that suits the only dataset, at its only last layer."""
    targets, ends = _targets(scope), _loose_ends(scope)
    if len(targets) != 1 or len(ends) != 1:
        return ()
    type = "MSELoss" if targets[0].name == "target" else "CrossEntropyLoss"
    id = unique_id(scope.drawn, "loss")
    x, y = scope.graph.nodes[ends[0].node].at
    new = Node(id, type, at=(x + 208, y))
    links = {Port(id, "input"): ends[0], Port(id, "target"): targets[0]}
    return fix(f"Add {node_types()[type].title}", AddNodes((new,), links, scope.where))


def train_fixes(document: Document, update: Update, within: Collection[str]) -> tuple[Fix, ...]:
    """An update that trains none of the nodes it could is offered to train all of them."""
    if not update.train or not within:
        return ()
    everything = replace(update, train=())
    updates = tuple(everything if other is update else other for other in document.training.updates)
    return fix("Train everything", SetTraining(replace(document.training, updates=updates)))


def _targets(scope: Scope) -> list[Port]:
    """What the datasets of a drawing have to learn."""
    return [
        Port(id, name)
        for id, info in scope.infos.items()
        if info.node.type == "Dataset"
        for name in info.outputs
        if name in ("label", "target", "next")
    ]


def _loose_ends(scope: Scope, node: Node | None = None, port: str = "") -> list[Port]:
    """Outputs of nodes that nothing uses, which could feed a port or, without one, a loss."""

    def reads(other: Node) -> bool:
        return other.type in node_types() and node_types()[other.type].family in _READERS

    # What only losses, metrics and probes read is an end for one more of them.
    shared = node is None or reads(node)
    links = scope.graph.links.items()
    used = {
        source
        for target, source in links
        if not shared or target.node not in scope.graph.nodes or not reads(scope.graph.nodes[target.node])
    }
    busy = {source.node for source in used}
    found: list[Port] = []
    # Nothing behind a node without input is in there, so no circle arises.
    for id, info in scope.infos.items():
        outputs = [Port(id, name) for name, spec in info.outputs.items() if _fits(node, port, spec)]
        if info.node.type in _SOURCES:
            found += [output for output in outputs if node is not None and output not in used]
        elif id not in busy and (info.kind is None or info.kind.family in _PASS_ON):
            found += outputs[:1]
    return found


def _fits(node: Node | None, port: str, spec: TensorSpec) -> bool:
    """Whether a port may take a tensor: whole numbers only where a node reads them."""
    if node is not None and node.type in ("", OUTPUT):
        return True
    reads_indices = node is not None and (node.type == "Embedding" or port in ("edges", "batch"))
    return (spec.dtype == "index") == reads_indices


def misplaced(scope: Scope, cls: type[NodeType], node: Node) -> str:
    """Why a node of this type cannot stand here; "" when it can."""
    if node.type in (INPUT, OUTPUT) and depends(node):
        return "what makes a loop is set plainly, not worked out from other values."
    if node.type == INPUT and scope.where:
        return ""
    if node.type == OUTPUT and not scope.where and node.params.get(FEEDS):
        return "only an output of a block feeds back; this is a result of the model itself."
    if node.type == INPUT:
        return "an Input belongs inside a block; here a Dataset is needed."
    if not scope.where:
        return ""
    if node.type == "Dataset":
        return "a Dataset belongs in the model itself; link what the block needs to an Input."
    if cls.__name__ == "WeightPenalty":
        return "a penalty on weights belongs in the model itself; it can name a block as its part."
    if cls.family in ("metric", "probe"):
        return f"a {cls.family} belongs in the model itself; bring its input out of the block."
    if node.type in FREE and not any(other.type == INPUT for other in scope.graph.nodes.values()):
        return f"{cls.title} needs an Input in its block, which tells how many examples there are."
    return ""


def tell_cycle(scope: Scope, problems: Problems) -> None:
    """Reports one cycle, with the link whose removal opens it."""
    graph = scope.graph
    sources: dict[str, dict[str, Port]] = {}
    for target, source in graph.links.items():
        if target.node in scope.cyclic and source.node in scope.cyclic:
            sources.setdefault(target.node, {})[target.name] = source
    trail = [next(id for id in scope.cyclic if id in sources)]
    while True:
        feeder = next(iter(sources[trail[-1]].values())).node
        if feeder in trail:
            ring = [*trail[trail.index(feeder) :], feeder][::-1]
            break
        trail.append(feeder)
    target = next(Port(ring[1], name) for name, source in sources[ring[1]].items() if source.node == ring[0])
    problems.error(
        f"the links form a cycle: {' → '.join(ring)}.",
        scope,
        graph.nodes[ring[0]],
        "",
        fix(f"Remove the link to {target}", Disconnect(target, scope.where)),
    )
