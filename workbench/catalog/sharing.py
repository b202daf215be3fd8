"""Linked copies: whether a node may use the weights of another. Imports core and spec."""

from workbench.catalog.problems import Problems
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.spec import Call


def share(scope: Scope, id: str, info: NodeInfo, problems: Problems) -> None:
    """Says where a linked copy does not need the same weights as its owner."""
    owner = scope.infos.get(info.node.linked_to)
    if info.node.linked_to not in scope.graph.nodes:
        problems.error(
            f"it shares the weights of “{info.node.linked_to}”, which does not exist.", scope, info.node
        )
    elif owner is None:
        return
    elif owner.node.linked_to or owner.type != info.type or owner.node.id == id:
        problems.error(
            f"it cannot share the weights of “{owner.node.id}”: not of one kind.", scope, info.node
        )
    elif signature(owner) != signature(info):
        problems.error(
            f"it shares the weights of “{owner.node.id}” but its input or its fields ask for other ones.",
            scope,
            info.node,
        )


def signature(info: NodeInfo) -> object:
    """What decides a node's weights: equal for nodes that could share them. A block's copies share its forward
    pass as well.
    """
    if info.kind is not None:
        arguments = info.kind.arguments(*info.inputs)
        return type(info.kind), tuple(sorted(arguments.items(), key=lambda item: item[0]))
    return tuple(
        tuple((signature(inner), _forward(inner)) for inner in copy.infos.values()) for copy in info.copies
    )


def _forward(info: NodeInfo) -> tuple[str, ...]:
    """The node's lines of the forward pass, by the names of its ports."""
    if info.kind is None:
        return ()
    return tuple(info.kind.forward(Call("self", info.ports, tuple(info.outputs), info.inputs)))
