"""Which port of a new node takes the loose end of a link.  Imports linking and offers."""

from workbench.gui.design.faces import Knowledge, guess
from workbench.gui.design.hits import PortHit
from workbench.gui.design.linking import kind_of, spec_of
from workbench.gui.design.offers import BLOCKS, Offer, new_node, ports_of
from workbench.gui.design.sorts import suits, tried


def port_to_join(know: Knowledge, offer: Offer, wire: PortHit) -> str:
    """The port of what is offered that fits a link from (or, at a free input, to) this port; "" for none."""
    graph = know.document.graph_of(know.place.where)
    if offer.family == BLOCKS:
        return next(iter(ports_of(offer, output=not wire.output)), "")
    kind = guess(new_node(offer, graph, (0, 0)), know, know.names())
    if wire.output:
        spec = spec_of(know, wire.port)
        return next((name for name in kind.input_ports() if spec is None or suits(kind, name, spec)), "")
    fed = graph.nodes.get(wire.port.node)
    taker = kind_of(know, fed) if fed is not None else None
    wanted = tried(taker)[0].get(wire.port.name) if taker is not None else None
    given = tried(kind)[1]
    for name in kind.output_ports():
        if not wanted or name not in given or given[name] & wanted:
            return name
    return ""
