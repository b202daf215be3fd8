"""Fields that are parameters of a block: how they look in forms, and the edits behind the button beside a field.

Imports core and catalog's fields.
"""

from dataclasses import replace

from workbench.catalog.forms import Field, fields_of
from workbench.catalog.spec import node_types
from workbench.core.definitions import free_name
from workbench.core.document import Block, Document, Node
from workbench.core.edits import Edit, SetParam, Several
from workbench.core.errors import EditError
from workbench.core.expressions import Value, is_expression
from workbench.core.names import check_name
from workbench.core.parameters import ExposeField, RemoveParameter, uses_of
from workbench.gui.design.editors import plain_field

_DEEPEST = 16


def node_fields(document: Document, node: Node) -> tuple[Field, ...]:
    """The fields of a node: those of its type, or the parameters of its block."""
    if node.block:
        block = document.blocks.get(node.block, Block())
        return tuple(parameter_field(document, node.block, name) for name in block.params)
    return fields_of(node_types()[node.type]) if node.type in node_types() else ()


def parameter_field(document: Document, block: str, name: str) -> Field:
    """A parameter as a field of the block's instances: of the kind of the field inside that it stands for."""
    default = document.blocks[block].params[name]
    about = f"Parameter of the block {block}."
    where, inner = block, name
    for _ in range(_DEEPEST):
        found = _direct_use(document.blocks[where], inner)
        if found is None:
            break
        node, field = found
        if node.block in document.blocks and field in document.blocks[node.block].params:
            where, inner = node.block, field
            continue
        entries = {entry.name: entry for entry in node_fields(document, node)} if not node.block else {}
        if field in entries:
            entry = entries[field]
            help = f"{about} {entry.label} of {node.id}: {entry.help}"
            return replace(entry, name=name, label=name, help=help, default=default, unset="")
        break
    return plain_field(name, name, about, default)


def _direct_use(block: Block, name: str) -> tuple[Node, str] | None:
    """The first field inside that is the parameter itself, not arithmetic with it."""
    for id, field in uses_of(block, name):
        node = block.graph.nodes[id]
        if node.params.get(field) == f"= {name}":
            return node, field
    return None


def exposed_as(block: Block | None, value: Value) -> str:
    """The parameter that a field is; "" for a field with a value or an expression of its own."""
    name = value[1:].strip() if isinstance(value, str) and is_expression(value) else ""
    return name if block is not None and name in block.params else ""


def expose(document: Document, where: str, node: Node, entry: Field) -> Edit:
    """The edit that makes a field a parameter, under its own name where that is free. Raises EditError."""
    block = document.blocks[where]
    value = node.params.get(entry.name, entry.default)
    names = [entry.name, f"{node.id}_{entry.name}", free_name(block.params, f"{node.id}_{entry.name}")]
    reason = EditError(f"“{entry.name}” cannot be exposed.")
    for name in names:
        edit = ExposeField(where, node.id, entry.name, name, value)
        try:
            check_name(name)
            edit.apply(document)
        except EditError as error:
            reason = error
        else:
            return edit
    raise reason


def conceal(document: Document, where: str, node: Node, field: str, name: str) -> Edit:
    """The edit that gives a field its value back; the parameter goes when no other field is it."""
    block = document.blocks[where]
    family = [copy.id for copy in block.graph.sharing(node)]
    if {id for id, other in uses_of(block, name) if (id, other) not in {(copy, field) for copy in family}}:
        default = block.params[name]
        edits = tuple(SetParam(id, field, default, where) for id in family)
        return edits[0] if len(edits) == 1 else Several(edits[0].label, edits)
    return RemoveParameter(where, name)
