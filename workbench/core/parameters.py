"""Parameters of blocks: the names that fields use, values put in their place, and the edits that change them.

A field inside a block may use its parameters, and also whatever name is known where the block stands. Core only.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from workbench.core.document import Block, Document, Graph, Node
from workbench.core.errors import EditError, ExpressionError
from workbench.core.expressions import LONGEST, Value, evaluate, is_expression, names_in
from workbench.core.names import check_variable
from workbench.core.values import check_value

COUNT = "i"
"""The name under which an instance counts its own repetitions."""


def used_names(value: Value) -> frozenset[str]:
    """Names that a field uses; none of one that is not arithmetic, which the check tells."""
    try:
        return names_in(value)
    except ExpressionError:
        return frozenset()


def substituted(value: Value, bound: Mapping[str, Value]) -> Value:
    """A field with values or expressions in the place of names. What needs no name any more becomes its result.

    Raises EditError when the expression becomes too long.
    """
    if isinstance(value, tuple):
        parts = [substituted(part, bound) for part in value]
        return tuple(old if isinstance(new, tuple) else new for old, new in zip(value, parts, strict=True))
    names = used_names(value)
    bound = {name: bound[name] for name in names if name in bound and bound[name] != f"= {name}"}
    if not bound or not isinstance(value, str):
        return value
    text = value[1:].strip()
    if text in bound:
        return bound[text]
    if names == bound.keys() and not any(is_expression(part) for part in bound.values()):
        try:
            return evaluate(value, bound)
        except ExpressionError:
            return value  # it could not be worked out before either, and still says so
    tree = _Substitution(bound).visit(ast.parse(text, mode="eval"))
    text = f"= {ast.unparse(tree)}"
    if len(text) > LONGEST:
        raise EditError(f"“{value[:64]}” becomes longer than {LONGEST} characters; shorten it first.")
    return text


class _Substitution(ast.NodeTransformer):
    """Replaces names in arithmetic, but not the functions."""

    def __init__(self, bound: Mapping[str, Value]) -> None:
        self._bound = bound

    def visit_Call(self, node: ast.Call) -> ast.Call:
        node.args = [self.visit(arg) for arg in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._bound.get(node.id)
        if isinstance(value, str) and is_expression(value):
            return ast.parse(value[1:].strip(), mode="eval").body
        if isinstance(value, bool) or not isinstance(value, int | float):
            return node
        number = ast.Constant(abs(value))
        return ast.UnaryOp(ast.USub(), number) if value < 0 else number


def node_names(document: Document, node: Node, free: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Names that a node takes from the graph it stands in; `free` are those of blocks (`free_names`)."""
    found = frozenset().union(*(used_names(value) for value in node.params.values()))
    if not node.block:
        return found
    return ((found | _inner_names(document, node, free)) - {COUNT}) | used_names(node.repeat)


def _inner_names(document: Document, node: Node, free: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Names that the block of a node takes from the graph it stands in: in its defaults, and inside."""
    block = document.blocks.get(node.block)
    if block is None:
        return frozenset()
    defaults = (used_names(value) for name, value in block.params.items() if name not in node.params)
    return free.get(node.block, frozenset()).union(*defaults)


def free_names(document: Document, blocks: Iterable[str]) -> dict[str, frozenset[str]]:
    """For each block, and all inside it: names that it takes from where it stands, without parameters for them."""
    order: list[str] = []
    todo = [name for name in blocks if name in document.blocks]
    seen = set(todo)
    for name in todo:
        order.append(name)
        inner = {node.block for node in document.blocks[name].graph.nodes.values()} - seen
        seen |= inner
        todo.extend(sorted(inner & document.blocks.keys()))
    free: dict[str, frozenset[str]] = dict.fromkeys(order, frozenset())
    changed = True
    while changed:  # names only come in, so this ends; blocks that contain themselves do not hinder it
        changed = False
        for name in reversed(order):
            block = document.blocks[name]
            names = frozenset().union(
                *(node_names(document, node, free) for node in block.graph.nodes.values())
            )
            names -= block.params.keys() | {COUNT}
            changed = changed or names != free[name]
            free[name] = names
    return free


def uses_of(block: Block, name: str) -> list[tuple[str, str]]:
    """Fields of a block's nodes that use a parameter: (node, field), "repeat" for how often an instance stands."""
    found = []
    for node in block.graph.nodes.values():
        found += [(node.id, field) for field, value in node.params.items() if name in used_names(value)]
        if name in used_names(node.repeat):
            found.append((node.id, "repeat"))
    return found


def instances(document: Document, block: str) -> list[tuple[str, Node]]:
    """Every node that stands for a block, with the graph in which it stands."""
    graphs = {"": document.graph, **{name: other.graph for name, other in document.blocks.items()}}
    return [
        (where, node)
        for where, graph in graphs.items()
        for node in graph.nodes.values()
        if node.block == block
    ]


@dataclass(frozen=True, slots=True)
class SetParameter:
    """Adds a parameter to a block, or sets its default."""

    block: str
    name: str
    value: Value

    @property
    def label(self) -> str:
        return f"Set parameter {self.name} of {self.block}"

    def apply(self, document: Document) -> Document:
        block = _block(document, self.block)
        if self.name not in block.params:
            check_variable(self.name)
        value = check_value(self.value)
        return _with_block(document, self.block, replace(block, params={**block.params, self.name: value}))


@dataclass(frozen=True, slots=True)
class ExposeField:
    """Makes a field of a node inside a block a parameter of that block. `value` is what the field holds now."""

    block: str
    node: str
    field: str
    name: str
    value: Value

    @property
    def label(self) -> str:
        return f"Expose {self.node}.{self.field} as {self.name}"

    def apply(self, document: Document) -> Document:
        block = _block(document, self.block)
        node = block.graph.node(self.node)
        check_variable(self.name)
        if self.name in block.params:
            raise EditError(f"Block “{self.block}” already has a parameter “{self.name}”.")
        if node.block and COUNT in used_names(self.value):
            raise EditError(
                f"“{self.node}.{self.field}” counts the repetitions of {self.node}; "
                f"a parameter of “{self.block}” would count those of the whole block."
            )
        taken = sorted(used_names(self.value) & block.params.keys())
        if taken:
            raise EditError(
                f"“{self.node}.{self.field}” is worked out from the parameter “{taken[0]}”, "
                "and one parameter cannot use another. Set it to a value of its own first."
            )
        params = {**block.params, self.name: check_value(self.value)}
        _check_capture(document, block, self.block, self.name)
        nodes = block.graph.sharing(node)  # linked copies need the fields of their owner
        changed = {
            other.id: replace(other, params={**other.params, self.field: f"= {self.name}"}) for other in nodes
        }
        graph = replace(block.graph, nodes={**block.graph.nodes, **changed})
        return _with_block(document, self.block, replace(block, params=params, graph=graph))


@dataclass(frozen=True, slots=True)
class RemoveParameter:
    """Takes a parameter away from a block: fields that used it get its default."""

    block: str
    name: str

    @property
    def label(self) -> str:
        return f"Remove parameter {self.name} of {self.block}"

    def apply(self, document: Document) -> Document:
        block = _parameter(document, self.block, self.name)
        default = block.params[self.name]
        for where, node in instances(document, self.block):
            if node.params.get(self.name, default) != default:
                place = f" in block {where}" if where else ""
                raise EditError(
                    f"“{node.id}”{place} sets “{self.name}” to a value of its own; set it to the default first."
                )
        inner_count = COUNT in used_names(default)
        if inner_count and any(
            document.blocks[self.block].graph.nodes[id].block for id, _ in uses_of(block, self.name)
        ):
            raise EditError(f"“{self.name}” counts repetitions for a block inside, which counts its own.")
        _check_inner(document, block, self.block, self.name)
        graph = _mapped(block.graph, lambda value: substituted(value, {self.name: default}))
        params = {name: value for name, value in block.params.items() if name != self.name}
        after = _with_block(document, self.block, replace(block, params=params, graph=graph))
        return _instance_params(after, self.block, lambda name: "" if name == self.name else name)


@dataclass(frozen=True, slots=True)
class RenameParameter:
    """Renames a parameter of a block; fields inside and instances follow."""

    block: str
    old: str
    new: str

    @property
    def label(self) -> str:
        return f"Rename parameter {self.old} to {self.new}"

    def apply(self, document: Document) -> Document:
        block = _parameter(document, self.block, self.old)
        if self.new == self.old:
            return document
        check_variable(self.new)
        if self.new in block.params:
            raise EditError(f"Block “{self.block}” already has a parameter “{self.new}”.")
        _check_inner(document, block, self.block, self.old)
        _check_capture(document, block, self.block, self.new)
        graph = _mapped(block.graph, lambda value: substituted(value, {self.old: f"= {self.new}"}))
        params = {self.new if name == self.old else name: value for name, value in block.params.items()}
        after = _with_block(document, self.block, replace(block, params=params, graph=graph))
        return _instance_params(after, self.block, lambda name: self.new if name == self.old else name)


def _block(document: Document, name: str) -> Block:
    document.graph_of(name)
    return document.blocks[name]


def _parameter(document: Document, name: str, parameter: str) -> Block:
    block = _block(document, name)
    if parameter not in block.params:
        raise EditError(f"Block “{name}” has no parameter “{parameter}”.")
    return block


def _with_block(document: Document, name: str, block: Block) -> Document:
    return replace(document, blocks={**document.blocks, name: block})


def _check_inner(document: Document, block: Block, name: str, parameter: str) -> None:
    """Blocks inside that use the parameter without one of their own would lose it."""
    free = free_names(document, {node.block for node in block.graph.nodes.values() if node.block})
    for node in block.graph.nodes.values():
        if parameter in _inner_names(document, node, free):
            raise EditError(
                f"Block “{node.block}” inside “{name}” uses “{parameter}” too; give it a parameter of that name first."
            )


def _check_capture(document: Document, block: Block, name: str, parameter: str) -> None:
    """A new name must not change what fields mean that use such a name from outside."""
    free = free_names(document, {node.block for node in block.graph.nodes.values() if node.block})
    for node in block.graph.nodes.values():
        if parameter in node_names(document, node, free):
            raise EditError(
                f"“{node.id}” in block “{name}” already uses a “{parameter}” from outside; choose another name."
            )


def _mapped(graph: Graph, change: Callable[[Value], Value]) -> Graph:
    nodes = {
        id: replace(
            node,
            params={name: change(value) for name, value in node.params.items()},
            repeat=change(node.repeat),
        )
        for id, node in graph.nodes.items()
    }
    return replace(graph, nodes=nodes)


def _instance_params(document: Document, block: str, rename: Callable[[str], str]) -> Document:
    """Instances with their parameters under other names; "" takes one away."""
    for where in ("", *document.blocks):
        graph = document.graph_of(where)
        changed = {
            node.id: replace(
                node, params={rename(name): value for name, value in node.params.items() if rename(name)}
            )
            for node in graph.nodes.values()
            if node.block == block and node.params
        }
        if changed:
            document = document.with_graph(where, replace(graph, nodes={**graph.nodes, **changed}))
    return document
