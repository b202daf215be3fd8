"""Advice on a drawing whose shapes fit: what would train, but hardly as meant. Standard library and core only."""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from workbench.catalog.advice_carry import warn_of_states
from workbench.catalog.advice_graphs import refuse_kept_edges
from workbench.catalog.advice_lengths import warn_of_lengths
from workbench.catalog.moving import Moving
from workbench.catalog.problems import Problems
from workbench.catalog.rules import fix, inner_end, insert_fix
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.spec import node_types
from workbench.catalog.training import Settings
from workbench.core.document import INPUT, OUTPUT, Document, Port
from workbench.core.edits import Connect, Edit, RemoveNodes, SetParam, SetTraining
from workbench.core.errors import ExpressionError
from workbench.core.expressions import evaluate

# A loss that already contains the activation: the activation in front of it is then applied twice.
_APPLIED_TWICE = {
    ("CrossEntropyLoss", "Softmax"): "softmax",
    ("CrossEntropyLoss", "LogSoftmax"): "softmax",
    ("BCEWithLogitsLoss", "Sigmoid"): "sigmoid",
}
_TAKE_SCORES = ("CrossEntropyLoss", "BCEWithLogitsLoss", "BinaryAccuracy")
_NEVER_ABOVE_ZERO = ("LogSoftmax", "LogSigmoid")
_KEEP_THE_SIGN = ("Tanh", "Hardtanh")
_NEVER_BELOW_ZERO = ("Softmax", "Softmin", "Sigmoid", "Hardsigmoid", "ReLU", "ReLU6", "Softplus")
_LIMIT = (*_NEVER_BELOW_ZERO, *_NEVER_ABOVE_ZERO, *_KEEP_THE_SIGN)
_READERS = ("loss", "metric", "probe")
_WORKERS = ("layer", "activation", "normalisation", "pooling", "merge", "structure", "augmentation")
_NOTHING_LEARNED = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "DropPath")


def warn(document: Document, root: Scope, problems: Problems) -> None:
    """Warnings and hints about all graphs of a model, and what it lacks altogether."""
    lone = _batch_of_one(document, root)
    for scope in _scopes(root):
        used = Counter(source.node for source in scope.graph.links.values())
        shared = {info.node.linked_to for info in scope.infos.values()}
        for id, info in scope.infos.items():
            type = info.node.type
            if getattr(info.kind, "carry", False):
                warn_of_states(root, scope, id, problems)
            if info.kind is not None and "length" in info.kind.input_ports():
                warn_of_lengths(scope, id, problems)
            if getattr(info.kind, "cached", False):
                refuse_kept_edges(_scopes(root), scope, id, problems)
            if type in _TAKE_SCORES:
                _activation_before(scope, id, problems)
            elif type.startswith("BatchNorm"):
                _bias_before_norm(scope, id, used, shared, problems)
                if lone:
                    _norm_of_one(document, scope, info, problems)
            elif type == "Linear":
                _no_activation_between(scope, id, problems)
            elif isinstance(info.kind, Moving) and not info.kind.with_target:
                _left_behind(scope, id, problems)
        _dead_ends(scope, used, problems)
    if not document.graph.nodes:
        problems.error("The canvas is empty. Add a dataset to begin.")
    elif not any(node.type == "Dataset" for node in document.graph.nodes.values()):
        problems.error("There is no dataset to train on. Add one and link it.")


def _scopes(scope: Scope) -> Iterator[Scope]:
    yield scope
    for info in scope.infos.values():
        if info.copies:
            yield from _scopes(info.copies[0])


# ------------------------------------------------------------- what leads nowhere


def _dead_ends(scope: Scope, used: Mapping[str, int], problems: Problems) -> None:
    """Nodes whose output nothing uses, each with the branch behind it that only leads there."""
    ends = [id for id, info in scope.infos.items() if id not in used and _works(info)]
    users: dict[
        str, list[str]
    ] = {}  # as drawn: what feeds a muted node is wanted again when that works again
    for target, source in scope.drawn.links.items() if ends else ():
        users.setdefault(source.node, []).append(target.node)
    ends = [id for id in ends if id not in users]
    if not ends:
        return
    types = node_types()
    leads_somewhere = any(
        node.type == OUTPUT or (node.type in types and types[node.type].family in _READERS)
        for node in scope.graph.nodes.values()
    )
    for id in ends:
        node = scope.infos[id].node
        branch = _branch(scope, id, users) if leads_somewhere else [id]
        if len(branch) == 1:
            message, label = "nothing uses its output.", f"Delete {id}"
        else:
            shown = ", ".join(branch[:4]) + (", …" if len(branch) > 4 else "")
            message = f"nothing uses its output, so these {len(branch)} nodes have no effect: {shown}."
            label = f"Delete these {len(branch)} nodes"
        remove: Edit = RemoveNodes(tuple(branch), scope.where)
        problems.warning(message, scope, node, "", fix(label, remove))


def _works(info: NodeInfo) -> bool:
    """Whether a node only makes sense if something uses it; data may wait for the rest of the drawing."""
    if info.kind is None:
        return True
    return info.kind.family in _WORKERS and info.node.type not in (INPUT, OUTPUT)


def _branch(scope: Scope, end: str, users: Mapping[str, list[str]]) -> list[str]:
    """The end of a branch and all nodes that feed only it, in the order of the data's way."""
    dead, todo = {end}, [end]
    while todo:
        for source in scope.sources.get(todo.pop(), {}).values():
            info = scope.infos.get(source.node)
            if source.node in dead or info is None or not _works(info):
                continue
            if dead.issuperset(users[source.node]):
                dead.add(source.node)
                todo.append(source.node)
    return [id for id in scope.order if id in dead]


# ------------------------------------------------------------- images and what belongs to them


def _left_behind(scope: Scope, id: str, problems: Problems) -> None:
    """Images are moved, but not the mask or image with which a loss compares what comes of them."""
    place = {id: number for number, id in enumerate(scope.order)}
    for loss, info in scope.infos.items():
        sources = scope.sources.get(loss, {})
        if info.kind is None or info.kind.family != "loss" or not {"input", "target"} <= sources.keys():
            continue
        moved, spec = _moved_along(scope, sources["target"]), info.inputs[1]
        by_pixel = (spec.dtype == "index" and spec.rank == 3) or (spec.dtype == "float" and spec.rank == 4)
        if not by_pixel or moved is None or id in moved:
            continue
        if id not in scope.graph.upstream([sources["input"].node]):
            continue
        target = sources["target"]
        edits = (
            SetParam(id, "with_target", True, scope.where),
            Connect(target, Port(id, "target"), scope.where),
            Connect(Port(id, "target"), Port(loss, "target"), scope.where),
        )
        in_order = all(place[other] < place[id] for other in moved)  # else it belongs further up the way
        problems.warning(
            f"it moves images, but {target}, with which {loss} compares, stays where it is; move it along.",
            scope,
            scope.graph.nodes[id],
            "",
            fix(f"Move {target} along", *edits) if in_order else (),
        )
        return


def _moved_along(scope: Scope, source: Port) -> list[str] | None:
    """The nodes that move a target on its way from its dataset; None where it comes from elsewhere."""
    found: list[str] = []
    while (info := scope.infos.get(source.node)) is not None:
        if info.node.type == "Dataset":
            return found
        before = scope.sources.get(source.node, {}).get(source.name)
        if not isinstance(info.kind, Moving) or before is None:
            return None
        found.append(source.node)
        source = before
    return None


# ------------------------------------------------------------- scores and activations


def _activation_before(scope: Scope, id: str, problems: Problems) -> None:
    """A loss or metric that takes raw scores, with an activation in front of it."""
    node = scope.graph.nodes[id]
    source = scope.sources.get(id, {}).get("input")
    if source is None or source.node not in scope.infos:
        return
    inner, source = inner_end(scope, source)
    before = inner.graph.nodes[source.node]
    origin = inner.sources.get(before.id, {}).get("x")
    if before.type not in _LIMIT or origin is None:
        return
    twice = _APPLIED_TWICE.get((node.type, before.type))
    if twice:
        message = (
            f"this loss contains the {twice}; with “{before.id}” before it the {twice} is applied twice."
        )
    elif node.type != "BinaryAccuracy":
        message = f"this loss takes raw scores of any size; “{before.id}” before it limits them."
    elif before.type in _KEEP_THE_SIGN:  # by which this metric goes
        return
    else:
        message = f"a score above zero means yes; after “{before.id}” none is below."
        if before.type in _NEVER_ABOVE_ZERO:
            message = f"a score above zero means yes; after “{before.id}” none is."
    if inner is scope:
        mend = fix(f"Link {origin} instead", Connect(origin, Port(id, "input"), scope.where))
    else:
        end = next(
            target for target, feeder in inner.graph.links.items()
            if feeder == source and inner.graph.nodes[target.node].type == OUTPUT
        )  # fmt: skip
        mend = fix(f"Link {origin} to {end.node} in {inner.where}", Connect(origin, end, inner.where))
    problems.warning(message, scope, node, "input", mend)


def _no_activation_between(scope: Scope, id: str, problems: Problems) -> None:
    """Two Linear layers in a row are no more than one; dropout between them changes nothing about that."""
    target = Port(id, "x")
    source = feeder = scope.sources.get(id, {}).get("x")
    while feeder is not None and scope.graph.nodes[feeder.node].type in _NOTHING_LEARNED:
        feeder = scope.sources.get(feeder.node, {}).get("x")
    if feeder is None or source is None or source.node not in scope.infos:
        return
    if scope.graph.nodes[feeder.node].type != "Linear":
        return
    problems.hint(
        f"without an activation after “{feeder.node}” the two are no more than one Linear layer.",
        scope,
        scope.graph.nodes[id],
        "x",
        insert_fix(scope, target, source, "ReLU", {}),
    )


# ------------------------------------------------------------- batch norm


def _bias_before_norm(
    scope: Scope, id: str, uses: Mapping[str, int], shared: AbstractSet[str], problems: Problems
) -> None:
    source = scope.sources.get(id, {}).get("x")
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


def _batch_of_one(document: Document, root: Scope) -> bool:
    """Whether the model trains on one example at a time. A last batch of one is left out by training itself."""
    try:
        return evaluate(document.training.settings.get("batch_size", 0), root.names) == 1
    except ExpressionError:
        return False  # told with the settings


def _norm_of_one(document: Document, scope: Scope, info: NodeInfo, problems: Problems) -> None:
    """Batch norm needs several numbers for each channel; a batch of one example may have only one."""
    shape = info.inputs[0].shape
    if shape[0] != "N":  # nodes of a graph, not examples
        return
    size = Settings.batch_size
    settings = {**document.training.settings, "batch_size": size}
    mend = fix(f"Set the batch size to {size}", SetTraining(replace(document.training, settings=settings)))
    if all(dim == 1 for dim in shape[2:]):
        message = "batch norm cannot work on batches of one example: there is nothing to take a mean of."
        problems.error(message, scope, info.node, "", mend)
    else:
        message = (
            "with batches of one example, batch norm only sees that example; its statistics hardly hold."
        )
        problems.warning(message, scope, info.node, "", mend)
