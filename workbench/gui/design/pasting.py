"""Cut, copy, paste and duplicate: nodes with the frames and notes around them, within a model and between models.

Imports Qt, canvas, commands and clipboard.
"""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QGuiApplication

from workbench.core.document import BOOKMARK, FRAME, Port
from workbench.core.edits import Edit, RemoveNodes, Several
from workbench.core.errors import WorkbenchError
from workbench.core.looks import RemoveRemarks
from workbench.gui.design import clipboard
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.style import snapped


class Pasting:
    """The commands of the clipboard."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def bind(self, commands: Commands) -> None:
        """Offer them while the canvas has the focus."""
        commands.offer(
            {
                "cut": self.cut,
                "copy": self.copy,
                "paste": self.paste,
                "paste_linked": lambda: self.paste(linked=True),
                "duplicate": self.duplicate,
            }
        )

    def copy(self) -> bool:
        """Put the selected nodes and remarks on the clipboard; false if there are none."""
        ids, remarks = self._chosen()
        if ids or remarks:
            QGuiApplication.clipboard().setText(self._text(ids, remarks))
        return bool(ids or remarks)

    def cut(self) -> None:
        """Put the selected nodes and remarks on the clipboard and remove them."""
        if not self.copy():
            return
        where = self.canvas.place.where
        ids, remarks = self._chosen()
        edits: list[Edit] = [RemoveNodes(ids, where)] if ids else []
        if remarks:
            edits.append(RemoveRemarks(remarks, where))
        count = len(ids) + len(remarks)
        self.canvas.do(edits[0] if len(edits) == 1 else Several(f"Cut {count} things", tuple(edits)))

    def paste(self, *, linked: bool = False) -> None:
        """Insert what is on the clipboard at the pointer; `linked` to what fed it, where that is here."""
        place = snapped(self.canvas.mapToScene(self.canvas.pointer()))
        self._insert(QGuiApplication.clipboard().text(), place, linked=linked)

    def duplicate(self) -> None:
        """Copy the selected nodes and remarks beside themselves; what feeds the nodes feeds their copies, too."""
        ids, remarks = self._chosen()
        if ids or remarks:
            self._insert(self._text(ids, remarks), None, linked=True)

    def _insert(self, text: str, at: tuple[float, float] | None, *, linked: bool) -> None:
        canvas = self.canvas
        before = set(canvas.drawing.graph.remarks)
        try:
            edit, ids = clipboard.paste(
                text, canvas.session.document, canvas.place.where, at, self._feeds if linked else None
            )
        except WorkbenchError as error:
            canvas.tell(f"Nothing to paste: {error}")
            return
        if canvas.do(edit):
            new = [id for id in canvas.drawing.graph.remarks if id not in before]
            if ids:
                canvas.reveal(ids)
            canvas.drawing.select(ids, (), new)

    def _feeds(self, port: Port) -> bool:
        """Whether there is such an output here."""
        item = self.canvas.drawing.nodes.get(port.node)
        return item is not None and port.name in item.face.outputs

    def _text(self, ids: tuple[str, ...], remarks: tuple[str, ...]) -> str:
        return clipboard.clip(self.canvas.session.document, self.canvas.place.where, ids, remarks)

    def _chosen(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Nodes and remarks that travel: what is selected, with what frames only selected nodes."""
        drawing = self.canvas.drawing
        ids, chosen = tuple(drawing.selection), tuple(drawing.chosen_remarks)
        if not ids:
            return (), chosen
        rects = {id: item.scene_rect() for id, item in drawing.nodes.items()}
        areas = {
            id: QRectF(
                QPointF(*remark.at), QPointF(remark.at[0] + remark.size[0], remark.at[1] + remark.size[1])
            )
            for id, remark in drawing.graph.remarks.items()
            if remark.kind != BOOKMARK
        }
        frames = []
        for id, area in areas.items():
            if drawing.graph.remarks[id].kind == FRAME:
                held = {node for node, rect in rects.items() if area.contains(rect.center())}
                if held and held <= set(ids):
                    frames.append(id)
        inner = [id for id, area in areas.items() if any(areas[frame].contains(area) for frame in frames)]
        return ids, tuple(dict.fromkeys([*chosen, *frames, *inner]))
