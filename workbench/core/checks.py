"""What every edit asks of the nodes, links, values and updates that it brings into a document. Core only."""

from collections.abc import Mapping

from workbench.core.document import Node, Port, Update
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.looks import check_look
from workbench.core.names import check_id, check_update
from workbench.core.values import FARTHEST, check_place, check_port_name, check_text, check_value, shown


def check_links(nodes: Mapping[str, Node], links: Mapping[Port, Port]) -> None:
    """Raises EditError for a link from or to what is not there."""
    for target, source in links.items():
        for port in (source, target):
            if port.node not in nodes:
                raise EditError(f"Cannot link {source} to {target}: there is no node “{port.node}”.")
            check_port_name(port.name)


def check_node(node: Node) -> None:
    """Raises EditError unless the node can be saved and read again."""
    check_id(node.id)
    if bool(node.type) == bool(node.block):
        raise EditError(f"Node “{node.id}” needs either a type or a block.")
    for text in (node.type, node.block, node.linked_to, node.title):
        check_text(text)
    check_place(*node.at)
    check_look(node.mode, node.look)
    check_values(node.id, {**node.params, "repeat": node.repeat})


def check_update_fields(update: Update) -> None:
    """Raises EditError unless the update can be saved and read again."""
    check_update(update.name)
    place = f"update {update.name}"
    train = dict.fromkeys(update.train)
    for values in (update.minimise, update.optimizer, update.schedule, update.rates, train):
        check_values(place, values)
    if update.every < 1:
        raise EditError(f"{place}: every is a whole number of at least 1, not {update.every}.")
    if not 0 <= update.clip < FARTHEST:
        raise EditError(f"{place}: clip is a number of at least 0, not {update.clip}.")


def check_values(place: str, values: Mapping[str, Value]) -> None:
    """Raises EditError that names the place and the value that no document may hold."""
    for name, value in values.items():
        try:
            check_text(name)
            check_value(value)
        except EditError as error:
            raise EditError(f"{place}, {shown(name)}: {error}") from error
