"""What an edit cannot have changed: which findings of an earlier walk through a graph still hold. Core only."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from workbench.catalog.nodes.sources import FREE
from workbench.catalog.scope import NodeInfo, Scope
from workbench.core.document import INPUT, Node, Port
from workbench.core.expressions import is_expression

NOTHING: Mapping[str, Port] = MappingProxyType({})
_ALWAYS = frozenset(("Dataset", *FREE, INPUT))  # depend on more than their fields and what is linked


class Changes:
    """What is different in one graph since an earlier walk. Sets the order and the sources of its scope."""

    def __init__(self, scope: Scope, old: Scope | None) -> None:
        self.scope = scope
        self.before: Mapping[str, NodeInfo] = old.infos if old is not None else {}
        self.settled: Mapping[str, int] = old.settled if old is not None else {}
        # As texts too: 1 and true are equal, but a field takes only one of them.
        self.same_names = (
            old is not None and old.names == scope.names and repr(old.names) == repr(scope.names)
        )
        self.same_flow = False
        self._sources = old.sources if old is not None else {}
        self._changed: set[str] = set()  # nodes whose outputs are not what they were
        same_ids = old is not None and list(old.graph.nodes) == list(scope.graph.nodes)
        self._same_links = old is not None and old.graph.links is scope.graph.links
        if old is not None and self._same_links:
            scope.sources = old.sources
        else:
            for target, source in scope.graph.links.items():
                scope.sources.setdefault(target.node, {})[target.name] = source
        if old is not None and self._same_links and same_ids:
            scope.order, scope.cyclic = old.order, old.cyclic
            self.same_flow = True
        else:
            scope.order, scope.cyclic = scope.graph.order()
            self._changed = {id for id in self.before if id not in scope.graph.nodes}

    def kept(self, node: Node) -> NodeInfo | None:
        """What was known of a node, where nothing can be different about it."""
        was = self.before.get(node.id)
        if was is None or was.kind is None or node.type in _ALWAYS:
            return None
        if was.node is not node and not same_meaning(was.node, node):
            return None
        if not self.same_names and depends(node):
            return None
        if self._changed or not self._same_links:
            linked = self.scope.sources.get(node.id, NOTHING)
            if not self._same_links and linked != self._sources.get(node.id, NOTHING):
                return None
            if self._changed and any(source.node in self._changed for source in linked.values()):
                return None
        return was if was.node is node else replace(was, node=node)

    def made(self, id: str, info: NodeInfo | None) -> None:
        """Takes note of what is known of a node now."""
        was = self.before.get(id)
        if was is info:
            return
        if was is None or info is None or was.outputs != info.outputs:
            self._changed.add(id)
        if was is None or info is None or _flow(was) != _flow(info):
            self.same_flow = False


def _flow(info: NodeInfo) -> object:
    """What decides where gradients go: a block that is not the same one may let others through."""
    if info.kind is None:
        return id(info.copies)
    dtypes = tuple(spec.dtype for spec in info.outputs.values())
    return info.node.type, info.node.linked_to, info.parameters > 0, dtypes


def same_meaning(a: Node, b: Node) -> bool:
    """Whether two versions of a node differ in place and look only."""
    return (
        a.params is b.params
        and a.repeat is b.repeat
        and (a.type, a.block, a.linked_to, a.id) == (b.type, b.block, b.linked_to, b.id)
    )


def depends(node: Node) -> bool:
    """Whether a node means something else when variables change."""
    return any(
        is_expression(part)
        for value in node.params.values()
        for part in (value if isinstance(value, tuple) else (value,))
    )
