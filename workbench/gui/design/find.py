"""The box that finds nodes of the open model and goes to them: arrows choose, Enter jumps, Escape closes.

Imports Qt, canvas, search and finding.
"""

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from workbench.gui.design.canvas import Canvas
from workbench.gui.design.finding import MOST, SHOWN, Found, Known, everything, fitting
from workbench.gui.design.search import Row, SearchBox

_HINT = "A name, a type, kernel_size=3, or a shape such as 16×10×10"


class FindBox(SearchBox):
    """Finds nodes anywhere in the model, also inside blocks."""

    _wide = 440

    def __init__(self, parent: QWidget, canvas: Canvas) -> None:
        super().__init__(parent, "Find on the canvas", "Find a node …", "goes to the node", "No node fits.")
        self._canvas = canvas
        self._nodes: list[Known] = []
        self.chosen.connect(self.go)
        self.closed.connect(self._on_closed)

    def open(self) -> None:
        """Open over the canvas for the model as it is."""
        session = self._canvas.session
        self._nodes = everything(session.document, session.analyse_now())
        note = _HINT if len(self._nodes) < MOST else f"Among the first {MOST:,} nodes. {_HINT}"
        middle = (self._canvas.width() - min(self._wide, self._canvas.width())) // 2
        self.open_with(self._canvas.mapTo(self._host, QPoint(middle, 8)), self._rows_for, note)

    def _rows_for(self, query: str) -> list[Row]:
        return [_row(found) for found in fitting(query, self._nodes, SHOWN)]

    def _on_closed(self) -> None:
        self._nodes = []
        self._canvas.setFocus()

    def go(self, known: Known) -> None:
        """Show a node: enter the block that it is in, select it and bring it into view."""
        canvas = self._canvas
        canvas.go(known.place)
        canvas.reveal((known.node.id,), near=True)
        canvas.setFocus()


def _row(found: Found) -> Row:
    known = found.known
    return Row(known.path, found.why, known.family, f"{known.path}: {known.title}, {found.why}", known)
