"""Makes room for what a fix inserts: the new card stands between its neighbours and covers none.

Imports core and linking.
"""

from collections.abc import Callable

from workbench.core.document import Document, Graph
from workbench.core.edits import Edit, MoveNodes, Several

GAP = 64.0
_CardSize = Callable[[str], tuple[float, float]]


def place_of(edit: Edit) -> str:
    """The block whose graph an edit changes; "" for the model itself."""
    if isinstance(edit, Several):
        return place_of(edit.edits[0]) if edit.edits else ""
    return str(getattr(edit, "where", ""))


def with_room(
    edit: Edit, document: Document, where: str, size: _CardSize, new_size: tuple[float, float]
) -> Edit:
    """The edit, followed by moves that give each node it adds a place of its own; all one step.

    `size` gives the card of a node that is on the canvas. Raises EditError if the edit does not fit.
    """
    before = document.graph_of(where)
    graph = edit.apply(document).graph_of(where)
    places = {id: node.at for id, node in graph.nodes.items()}

    def size_of(id: str) -> tuple[float, float]:
        return size(id) if id in before.nodes else new_size

    moved: dict[str, tuple[float, float]] = {}
    for id in graph.nodes:
        if id in before.nodes or not _crowded(id, places, size_of):
            continue
        sources = [source.node for target, source in graph.links.items() if target.node == id]
        targets = [target.node for target, source in graph.links.items() if source.node == id]
        if not sources or not targets:
            continue
        _squeeze(id, sources[0], targets[0], graph, places, size_of)
        moved.update({other: at for other, at in places.items() if at != graph.nodes[other].at})
    if not moved:
        return edit
    return Several(edit.label, (edit, MoveNodes(moved, where)))


def _squeeze(
    id: str,
    source: str,
    target: str,
    graph: Graph,
    places: dict[str, tuple[float, float]],
    size_of: _CardSize,
) -> None:
    """Puts a card between its source and its target and moves the target, and what follows it, out of the way."""
    right = places[source][0] + size_of(source)[0]
    x, y = places[target]
    places[id] = (right + GAP, y) if x > right else (x, y)
    shift = places[id][0] + size_of(id)[0] + GAP - x
    if shift <= 0:
        return
    for other in graph.downstream([target]):
        if places[other][0] >= x and other != id:
            places[other] = (places[other][0] + shift, places[other][1])


def _crowded(id: str, places: dict[str, tuple[float, float]], size_of: _CardSize) -> bool:
    (x, y), (width, height) = places[id], size_of(id)
    for other, (left, top) in places.items():
        wide, high = size_of(other)
        if (
            other != id
            and left < x + width + 16
            and x < left + wide + 16
            and top < y + height
            and y < top + high
        ):
            return True
    return False
