"""Advice on a drawing whose shapes fit, and the edits that mend it with one click. Standard library and core only."""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from workbench.catalog.problems import Fix, Problems
from workbench.catalog.scope import Scope
from workbench.catalog.spec import NodeType, node_types
from workbench.core.document import INPUT, OUTPUT, Document, Node, Port
from workbench.core.edits import AddNodes, Connect, Edit, RemoveNodes, SetParam, Several
from workbench.core.errors import Setting, ShapeError
from workbench.core.names import unique_id
from workbench.core.shapes import TensorSpec

# A loss that already contains the activation: the activation in front of it is then applied twice.
_APPLIED_TWICE = {("CrossEntropyLoss", "Softmax"): "softmax", ("BCEWithLogitsLoss", "Sigmoid"): "sigmoid"}
_CONTAIN_ACTIVATION = {loss for loss, _ in _APPLIED_TWICE}
_SOURCES = ("Dataset", "Noise", INPUT)
_READERS = ("loss", "metric", "probe")
_INNER = ("layer", "activation", "normalisation", "pooling", "merge")
_PASS_ON = (*_INNER, "structure", "augmentation")


def fix(label: str, *edits: Edit) -> tuple[Fix, ...]:
    """One click that makes the given edits in one undo step."""
    return (Fix(label, edits[0] if len(edits) == 1 else Several(label, edits)),)


def shape_fixes(scope: Scope, node: Node, error: ShapeError) -> tuple[Fix, ...]:
    """What a shape error hints at: a node to insert before the port, or a field to change."""
    found: tuple[Fix, ...] = ()
    source = scope.graph.links.get(Port(node.id, error.port))
    if error.insert and source is not None:
        found += insert_fix(scope, Port(node.id, error.port), source, error.insert, error.fields)
    if error.outputs and source is not None:
        found += _outputs_fix(scope, Port(node.id, error.port), source, error.outputs)
    if error.change is not None:
        name, value = error.change
        found += fix(f"Set {name} to {value}", SetParam(node.id, name, value, scope.where))
    return found


def insert_fix(
    scope: Scope, target: Port, source: Port, type: str, fields: Mapping[str, Setting]
) -> tuple[Fix, ...]:
    """Puts a node of one input and one output into a link."""
    cls = node_types()[type]
    id = unique_id(scope.graph, type)
    a, b = scope.graph.nodes[source.node].at, scope.graph.nodes[target.node].at
    new = Node(id, type, params=dict(fields), at=((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + 24))
    return fix(
        f"Insert {cls.title}",
        AddNodes((new,), {Port(id, cls.inputs[0]): source}, scope.where),
        Connect(Port(id, cls.outputs[0]), target, scope.where),
    )


def _outputs_fix(scope: Scope, target: Port, source: Port, wanted: int) -> tuple[Fix, ...]:
    """Gives the layer before a port as many outputs as wanted; where none stands there, puts one in."""
    facts = [name for name in ("classes", "vocabulary") if scope.names.get(name) == wanted]
    value: Setting = f"= {facts[0]}" if facts else wanted
    info = scope.infos[source.node]
    owner = info.node.linked_to or info.node.id
    for name in ("out_features", "out_channels"):
        if info.kind is not None and hasattr(info.kind, name):
            return fix(f"Set {owner}.{name} to {wanted}", SetParam(owner, name, value, scope.where))
    if info.outputs[source.name].rank in (2, 3) and info.node.type:
        return insert_fix(scope, target, source, "Linear", {"out_features": value})
    return ()


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
    id = unique_id(scope.graph, "loss")
    x, y = scope.graph.nodes[ends[0].node].at
    new = Node(id, type, at=(x + 208, y))
    links = {Port(id, "input"): ends[0], Port(id, "target"): targets[0]}
    return fix(f"Add {node_types()[type].title}", AddNodes((new,), links, scope.where))


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
    for (
        id,
        info,
    ) in scope.infos.items():  # nothing behind a node without input is in there, so no circle arises
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


def warn(document: Document, root: Scope, problems: Problems) -> None:
    """Warnings about what would train, but hardly as meant."""
    for scope in _scopes(root):
        used_nodes = Counter(source.node for source in scope.graph.links.values())
        shared = {info.node.linked_to for info in scope.infos.values()}
        for id, info in scope.infos.items():
            _activation_before_loss(scope, id, problems)
            _bias_before_norm(scope, id, used_nodes, shared, problems)
            family = info.kind.family if info.kind is not None else ""
            if family in _INNER and id not in used_nodes:
                remove = fix(f"Delete {id}", RemoveNodes((id,), scope.where))
                problems.warning("nothing uses its output.", scope, info.node, "", remove)
    if not document.graph.nodes:
        problems.error("The canvas is empty. Add a dataset to begin.")
    elif not any(node.type == "Dataset" for node in document.graph.nodes.values()):
        problems.error("There is no dataset to train on. Add one and link it.")


def misplaced(scope: Scope, cls: type[NodeType], node: Node) -> str:
    """Why a node of this type cannot stand here; "" when it can."""
    if node.type == INPUT:
        return "an Input belongs inside a block; here a Dataset is needed."
    if not scope.where:
        return ""
    if node.type == "Dataset":
        return "a Dataset belongs in the model itself; link what the block needs to an Input."
    if cls.family in ("metric", "probe"):
        return f"a {cls.family} belongs in the model itself; bring its input out of the block."
    if node.type == "Noise" and not any(other.type == INPUT for other in scope.graph.nodes.values()):
        return "Noise needs an Input in its block, which tells how many examples there are."
    return ""


def _scopes(scope: Scope) -> list[Scope]:
    found = [scope]
    for info in scope.infos.values():
        if info.copies:
            found.extend(_scopes(info.copies[0]))
    return found


def _activation_before_loss(scope: Scope, id: str, problems: Problems) -> None:
    node = scope.graph.nodes[id]
    if node.type not in _CONTAIN_ACTIVATION:
        return
    source = scope.graph.links.get(Port(id, "input"))
    if source is None or source.node not in scope.infos:
        return
    before = scope.graph.nodes[source.node]
    name = _APPLIED_TWICE.get((node.type, before.type))
    origin = scope.graph.links.get(Port(before.id, "x"))
    if name and origin is not None:
        problems.warning(
            f"this loss contains the {name}; with “{before.id}” before it the {name} is applied twice.",
            scope,
            node,
            "input",
            fix(f"Link {origin} instead", Connect(origin, Port(id, "input"), scope.where)),
        )


def _bias_before_norm(
    scope: Scope, id: str, uses: Mapping[str, int], shared: AbstractSet[str], problems: Problems
) -> None:
    node = scope.graph.nodes[id]
    if not node.type.startswith("BatchNorm"):
        return
    source = scope.graph.links.get(Port(id, "x"))
    if source is None or source.node not in scope.infos:
        return
    before = scope.infos[source.node]
    linked = before.node.linked_to or source.node in shared
    if linked or uses[source.node] != 1:  # elsewhere the bias may count
        return
    if before.kind is not None and getattr(before.kind, "bias", False) is True:
        problems.warning(
            "its bias is redundant: batch norm follows and has its own.",
            scope,
            before.node,
            "bias",
            fix("Switch the bias off", SetParam(before.node.id, "bias", False, scope.where)),
        )
