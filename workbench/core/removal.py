"""What goes along where nodes or ports are taken away: links, and names in updates. Core only."""

from dataclasses import replace

from workbench.core.document import Document, Update


def without_nodes(update: Update, gone: set[str]) -> Update:
    """An update that no longer names the nodes that are gone."""
    if not gone & {*update.minimise, *update.train, *update.rates}:
        return update
    return replace(
        update,
        minimise={id: weight for id, weight in update.minimise.items() if id not in gone},
        # An empty list means everything: the last name stays, for the check to say that it is gone.
        train=tuple(id for id in update.train if id not in gone) or update.train[-1:],
        rates={id: rate for id, rate in update.rates.items() if id not in gone},
    )


def without_ports(document: Document, block: str, ports: set[str]) -> Document:
    """Drops links to ports that a block no longer has, wherever the block stands."""
    for where in ("", *document.blocks):
        graph = document.graph_of(where)
        users = {node.id for node in graph.nodes.values() if node.block == block}
        links = {
            t: s
            for t, s in graph.links.items()
            if not (t.node in users and t.name in ports) and not (s.node in users and s.name in ports)
        }
        if len(links) != len(graph.links):
            document = document.with_graph(where, replace(graph, links=links))
    return document
