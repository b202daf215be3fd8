"""What can be done with blocks on the canvas: make one of the selection, unpack one, give one a definition of its own.

Imports Qt, core's edits of blocks, catalog and canvas.
"""

from collections import Counter

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPen

from workbench.catalog.modes import active
from workbench.catalog.nodes.sources import FREE
from workbench.catalog.spec import NodeType, node_types
from workbench.core.blocks import MakeBlock, free_id
from workbench.core.definitions import MakeIndependent, free_name
from workbench.core.document import MUTE, Document, Node, Port, Update
from workbench.core.edits import Edit, Several
from workbench.core.errors import WorkbenchError
from workbench.core.unpack import UnpackBlock
from workbench.gui import theme
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.session import Session

OWNING = frozenset(name for name, cls in node_types().items() if cls.parameters is not NodeType.parameters)
"""Node types that can own weights."""
_OUTSIDE = ("loss", "metric", "probe")
NAME = "Block1"


class BlockCommands:
    """The commands of one canvas that make and unmake blocks."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.session: Session = canvas.session

    def bind(self, commands: Commands) -> None:
        """Offer the commands while the canvas has the focus."""
        commands.offer({"make_block": self.make, "unpack_block": self.unpack})

    # ------------------------------------------------------------- making

    def make(self) -> None:
        """Turn the selected nodes into a block; its instance is selected then."""
        canvas, document = self.canvas, self.session.document
        graph, ids = canvas.drawing.graph, tuple(canvas.drawing.selection)
        if not ids:
            canvas.tell("Select the nodes that the block is to hold.")
            return
        refused = next((reason for id in ids if (reason := _misplaced(graph.nodes[id]))), "")
        if refused:
            canvas.tell(refused)
            return
        name = free_name(document.blocks, NAME)
        id = free_id(graph.nodes, name.lower())
        inputs, outputs = self._open_ports(ids)
        edit = MakeBlock(ids, name, id, canvas.place.where, inputs, outputs)
        if not inputs and (noise := self._starved(ids)):
            canvas.tell(
                f"“{noise}” needs to know how many examples there are: select also a node that data comes into."
            )
            return
        wider = _trains_more(document, ids) if not canvas.place.where else None
        if wider is not None:
            canvas.tell(
                f"The update “{wider.name}” trains a part of these nodes, or at several rates, and a block as a whole: "
                "let it train all of them alike first."
            )
            return
        resting, silent = _resting(document, edit)
        if resting:
            canvas.tell(
                f"“{resting}” is left out now, and a block that it feeds would be left out as a whole: "
                f"select “{resting}” as well, or let it work."
            )
            return
        if canvas.do(edit):
            canvas.reveal((id,))
            if silent:
                canvas.tell(f"Nothing comes out of {id} while “{silent}” is muted, so all of it is left out.")

    def _open_ports(self, ids: tuple[str, ...]) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
        """Unlinked ports that the block needs, where no link leads into the selection, or none out of it."""
        graph, nodes = self.canvas.drawing.graph, self.canvas.drawing.nodes
        inside = set(ids)
        fed = {source for target, source in graph.links.items() if target.node in inside}
        leaving = {s for t, s in graph.links.items() if s.node in inside and t.node not in inside}
        inputs: list[Port] = []
        outputs: list[Port] = []
        for id in [id for id in graph.nodes if id in inside]:
            face = nodes[id].face
            cls = node_types().get(graph.nodes[id].type)
            if all(source.node in inside for source in fed):
                optional = cls.optional if cls is not None else frozenset()
                free = [Port(id, name) for name in face.inputs if name not in optional]
                inputs += [port for port in free if port not in graph.links]
            if not leaving and not any(source.node == id for source in graph.links.values()):
                outputs += [Port(id, name) for name in face.outputs[:1]]
        return tuple(inputs), tuple(outputs)

    def _starved(self, ids: tuple[str, ...]) -> str:
        """A source of noise or constants that would stand in a block into which nothing comes; "" for none."""
        graph = self.canvas.drawing.graph
        if any(t.node in ids and s.node not in ids for t, s in graph.links.items()):
            return ""
        return next((id for id in ids if graph.nodes[id].type in FREE), "")

    # ------------------------------------------------------------- unmaking

    def unpack(self) -> None:
        """Put the nodes of the selected blocks in their places; they are selected then."""
        canvas, where = self.canvas, self.canvas.place.where
        nodes = canvas.drawing.graph.nodes
        chosen = [id for id in canvas.drawing.selection if nodes[id].block]
        if not chosen:
            canvas.tell("Select the block to unpack.")
            return
        document = self.session.document
        edits: list[Edit] = []
        new: list[str] = []
        try:
            for id in chosen:
                if id in document.graph_of(where).nodes:  # else it came out with one that shares its weights
                    edit = UnpackBlock(id, where, OWNING)
                    document, names = edit.unpacked(document)
                    edits.append(edit)
                    new += names
        except WorkbenchError as error:
            canvas.tell(str(error))
            return
        label = edits[0].label if len(edits) == 1 else f"Unpack {len(edits)} blocks"
        if canvas.do(edits[0] if len(edits) == 1 else Several(label, tuple(edits))):
            canvas.reveal(new)

    def make_independent(self, id: str) -> None:
        """Give an instance a definition of its own."""
        document, where = self.session.document, self.canvas.place.where
        block = document.graph_of(where).nodes[id].block
        self.canvas.do(MakeIndependent(id, free_name(document.blocks, block), where))


def _misplaced(node: Node) -> str:
    """Why a node cannot go into a block; "" when it can."""
    cls = node_types().get(node.type)
    if node.type == "Dataset":
        return f"“{node.id}” is a Dataset and belongs in the model itself; leave it out of the selection."
    if cls is not None and cls.family in _OUTSIDE:
        return (
            f"“{node.id}” is a {cls.family} and belongs in the model itself; leave it out of the selection."
        )
    return ""


def _resting(document: Document, edit: MakeBlock) -> tuple[str, str]:
    """What speaks against a block because of nodes that are muted, or need one that is; "" twice for nothing.

    First, a node outside that does not work and would take the block with it, although parts of that work and are
    needed. Second, a muted node inside that lets nothing out, so that working parts that nobody needs rest as well.
    """
    now = active(document)
    if now is document:
        return "", ""
    try:
        after = active(edit.apply(document)).graph_of(edit.where)
    except WorkbenchError:  # the edit itself will say so
        return "", ""
    drawn, before, inside = document.graph_of(edit.where), now.graph_of(edit.where), {*edit.ids}
    fed_before = Counter(target.node for target in before.links if target.node not in inside)
    fed_after = Counter(target.node for target in after.links if target.node != edit.id)
    if fed_before != fed_after or before.nodes.keys() - inside != after.nodes.keys() - {edit.id}:
        for target, source in drawn.links.items():
            if target.node in inside and source.node not in inside and source.node not in before.nodes:
                return source.node, ""
    if edit.id not in after.nodes and inside & before.nodes.keys():
        return "", next((id for id in edit.ids if drawn.nodes[id].mode == MUTE), "")
    return "", ""


def _trains_more(document: Document, ids: tuple[str, ...]) -> Update | None:
    """An update that trains some of the nodes with weights but not all, or not all at the same rate."""
    nodes = document.graph.nodes
    owners = {id for id in ids if (nodes[id].type in OWNING or nodes[id].block) and not nodes[id].linked_to}
    for update in document.training.updates:
        rates = {update.rates.get(id, 1) for id in owners}
        if (owners & {*update.train} and owners - {*update.train}) or len(rates) > 1:
            return update
    return None


class Ties(QObject):
    """Paints a dashed line between a selected or hovered node and those that it shares weights with."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._hovered = ""
        self._shown: list[tuple[str, str]] = []
        canvas.layers.append(self.paint)
        canvas.viewport().installEventFilter(self)
        canvas.drawing.selection_changed.connect(self._refresh)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            if event.buttons() == Qt.MouseButton.NoButton:
                node = self._canvas.drawing.node_at(self._canvas.mapToScene(event.position().toPoint()))
                self._hover(node.id if node is not None else "")
        elif event.type() == QEvent.Type.Leave:
            self._hover("")
        return False

    def _hover(self, id: str) -> None:
        if id != self._hovered:
            self._hovered = id
            self._refresh()

    def _refresh(self) -> None:
        pairs = self.pairs()
        if pairs != self._shown:
            self._shown = pairs
            self._canvas.viewport().update()

    def pairs(self) -> list[tuple[str, str]]:
        """(owner, copy) of every tie on show."""
        drawing = self._canvas.drawing
        nodes = drawing.graph.nodes
        wanted = {id for id in (*drawing.selection, self._hovered) if id in nodes}
        owners = {nodes[id].owner for id in wanted}
        if not owners:
            return []
        return [(node.linked_to, node.id) for node in nodes.values() if node.linked_to in owners]

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the ties in scene coordinates."""
        drawing = self._canvas.drawing
        pen = QPen(theme.color("accent"), 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for owner, copy in self.pairs():
            if owner in drawing.nodes and copy in drawing.nodes:
                painter.drawPath(_arc(drawing.nodes[owner].scene_rect(), drawing.nodes[copy].scene_rect()))


def _arc(start: QRectF, end: QRectF) -> QPainterPath:
    """A curve between the nearest sides of two cards, above and below or beside each other."""
    upper, lower = (start, end) if start.center().y() <= end.center().y() else (end, start)
    if lower.top() > upper.bottom():
        a, b = QPointF(upper.center().x(), upper.bottom()), QPointF(lower.center().x(), lower.top())
        pull = QPointF(0, (b.y() - a.y()) / 2)
    else:
        a, b = QPointF(upper.center().x(), upper.top()), QPointF(lower.center().x(), lower.top())
        pull = QPointF(0, -60)
    path = QPainterPath(a)
    path.cubicTo(a + pull, b + (pull if pull.y() < 0 else -pull), b)
    return path
