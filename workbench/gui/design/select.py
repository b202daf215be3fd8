"""Selection by what nodes are and how they hang together.  Imports core, canvas and commands."""

from workbench.core.document import Graph
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands


class Selecting:
    """The commands that change the selection; none is an edit."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def bind(self, commands: Commands) -> None:
        """Offer them while the canvas has the focus."""
        commands.offer(
            {
                "select_invert": self.invert,
                "select_upstream": self.upstream,
                "select_downstream": self.downstream,
                "select_type": self.same_type,
            }
        )

    def invert(self) -> None:
        """Select the nodes, frames and notes that are not selected."""
        drawing = self.canvas.drawing
        chosen, remarks = set(self._selected), set(drawing.chosen_remarks)
        others = [id for id in drawing.remarks if id not in remarks]
        drawing.select([id for id in self._graph.nodes if id not in chosen], (), others)

    def upstream(self) -> None:
        """Also select everything that feeds the selected nodes."""
        if self._some():
            self._add(self._graph.upstream(self._selected))

    def downstream(self) -> None:
        """Also select everything that the selected nodes feed."""
        if self._some():
            self._add(self._graph.downstream(self._selected))

    def same_type(self) -> None:
        """Also select every node of the types, or of the blocks, that are selected."""
        if self._some():
            nodes = self._graph.nodes
            kinds = {(nodes[id].type, nodes[id].block) for id in self._selected}
            self._add({id for id, node in nodes.items() if (node.type, node.block) in kinds})

    def _add(self, ids: set[str]) -> None:
        chosen = self._selected
        more = [id for id in self._graph.nodes if id in ids and id not in chosen]
        drawing = self.canvas.drawing
        drawing.select([*chosen, *more], drawing.chosen_links, drawing.chosen_remarks)

    def _some(self) -> bool:
        if not self._selected:
            self.canvas.tell("Select a node first.")
        return bool(self._selected)

    @property
    def _graph(self) -> Graph:
        return self.canvas.drawing.graph

    @property
    def _selected(self) -> list[str]:
        return list(self.canvas.drawing.selection)
