"""What the help page of a node says: from its type's declaration and docstring, and what the check knows of the node.

Imports core, catalog, faces and values; no Qt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.catalog.costs import activations, sizes_of
from workbench.catalog.forms import fields_of
from workbench.catalog.pages import SECTIONS, page_of
from workbench.catalog.scope import NodeInfo
from workbench.catalog.spec import NodeType, node_types
from workbench.core.document import Node
from workbench.core.shapes import TensorSpec
from workbench.core.text import count, plural, size
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.values import shown

Named = tuple[str, TensorSpec | None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the table: what a field is called, what it is here and where it starts, what it does."""

    name: str
    value: str
    default: str
    help: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class HelpPage:
    """Everything on one page. `type` is "" for a block; `node` is "" for a type that was only looked up."""

    type: str
    title: str
    line: str
    family: str
    about: str
    node: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Named, ...] = ()
    outputs: tuple[Named, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    parameters: tuple[Parameter, ...] = ()


def page_for_node(know: Knowledge, id: str) -> HelpPage:
    """The page of a node as it stands in the drawing."""
    node = know.document.graph_of(know.place.where).nodes[id]
    scope = know.scope()
    info = scope.infos.get(id) if scope else None
    if node.block:
        return _block_page(know, node, info)
    cls = node_types().get(node.type)
    if cls is None:
        values = tuple(Parameter(name, shown(value), "", "") for name, value in node.params.items())
        about = (
            "This node type is not known here. The node and its fields are kept as they are and saved with the model; "
            "the model trains where the type is known, or once the node is replaced."
        )
        return HelpPage("", node.type, f"{id} · unknown type", "structure", about, id, parameters=values)
    return _type_page(cls, node, info, know)


def page_for_type(name: str) -> HelpPage:
    """The page of a node type."""
    return _type_page(node_types()[name], None, None, None)


def brief(node: Node) -> str:
    """What a node does, in the words that stand beside the mouse; "" for a block."""
    cls = node_types().get(node.type)
    if cls is None:
        return ""
    page = page_of(cls)
    formula = page.sections.get("Formula", "")
    return f"{page.about}\n{formula}\nF1 opens its help" if formula else f"{page.about}\nF1 opens its help"


def _type_page(
    cls: type[NodeType], node: Node | None, info: NodeInfo | None, know: Knowledge | None
) -> HelpPage:
    page, name = page_of(cls), cls.__name__
    kind = info.kind if info is not None and info.kind is not None else cls()
    known = f" · {cls.torch.replace('nn.', 'torch.nn.', 1)}" if cls.torch.startswith("nn.") else ""
    known = known or (f" · torch_geometric.{cls.torch[1:]}" if cls.torch.startswith("gnn.") else "")
    given = node.params if node is not None else {}
    parameters = tuple(
        Parameter(
            entry.name,
            shown(given.get(entry.name, entry.default)) or entry.unset or "–",
            shown(entry.default) or entry.unset or "–",
            entry.help + (f" One of {', '.join(entry.choices)}." if entry.kind == "choice" else ""),
            entry.section,
        )
        for entry in fields_of(cls)
    )
    return HelpPage(
        type=name,
        title=cls.title,
        line=f"{name}{known}" + (f" · {node.id}" if node is not None else ""),
        family=cls.family,
        about=page.about,
        node=node.id if node is not None else "",
        sections={section: page.sections[section] for section in SECTIONS if section in page.sections},
        inputs=_named(kind.input_ports(), info.given if info else {}),
        outputs=tuple(info.outputs.items()) if info else _named(kind.output_ports(), {}),
        figures=_figures(info, know),
        parameters=parameters,
    )


def _block_page(know: Knowledge, node: Node, info: NodeInfo | None) -> HelpPage:
    block = know.document.blocks.get(node.block)
    if block is None:
        about = f"There is no block “{node.block}” in this model, so nothing is known of what it does."
        return HelpPage("", node.block, f"{node.id} · missing block", "block", about, node.id)
    inside = plural(len(block.graph.nodes), "node")
    used = [each for graph in (know.document.graph, *(b.graph for b in know.document.blocks.values()))
            for each in graph.nodes.values() if each.block == node.block]  # fmt: skip
    times = f" Here it repeats {shown(node.repeat)} times." if node.repeat != 1 else ""
    about = (
        f"A block of {inside}, drawn {plural(len(used), 'time')} in this model.{times} "
        "Double-click it, or press Enter, to open it."
    )
    parameters = tuple(
        Parameter(
            name,
            shown(node.params.get(name, default)),
            shown(default),
            "A parameter of the block; its fields use it.",
        )
        for name, default in block.params.items()
    )
    return HelpPage(
        type="",
        title=node.block,
        line=f"Block · {node.id}" + (f" · shares the weights of {node.linked_to}" if node.linked_to else ""),
        family="block",
        about=about,
        node=node.id,
        inputs=_named(block.inputs, info.given if info else {}),
        outputs=tuple(info.outputs.items()) if info else _named(tuple(block.outputs), {}),
        figures=_figures(info, know),
        parameters=parameters,
    )


def _named(ports: tuple[str, ...], specs: Mapping[str, TensorSpec]) -> tuple[Named, ...]:
    return tuple((port, specs.get(port)) for port in ports)


def _figures(info: NodeInfo | None, know: Knowledge | None) -> tuple[tuple[str, str], ...]:
    if info is None or know is None:
        return ()
    found = []
    if info.parameters:
        found.append(("Parameters", f"{info.parameters:,}"))
    if info.operations:
        found.append(("Multiply-adds", count(info.operations)))
    if kept := activations(info, sizes_of(know.analysis)):
        found.append(("Memory of a batch", size(kept)))
    return tuple(found)
