"""States that the selected nodes take on or leave together: bypass, mute, pin, collapse, hidden links.

Imports core and the canvas.
"""

from workbench.core.document import BYPASS, COLLAPSED, MUTE, PINNED, WIRELESS
from workbench.core.looks import SetLook, SetMode
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands

MODE_ACTIONS = {"bypass": BYPASS, "mute": MUTE}
LOOK_ACTIONS = {"pin": PINNED, "collapse": COLLAPSED, "hide_links": WIRELESS}


class Toggles:
    """The actions that switch states of the selection: on for all of it, or off when all have it."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def bind(self, commands: Commands) -> None:
        """Offer the actions while the canvas has the focus."""
        modes = {id: lambda mode=mode: self.set_mode(mode) for id, mode in MODE_ACTIONS.items()}
        looks = {id: lambda word=word: self.set_look(word) for id, word in LOOK_ACTIONS.items()}
        commands.offer({**modes, **looks})

    def set_mode(self, mode: str) -> None:
        """Bypass or mute the selected nodes; if all of them are, let them work again."""
        ids = self._selected()
        if ids:
            nodes = self._canvas.drawing.graph.nodes
            on = any(nodes[id].mode != mode for id in ids)
            self._canvas.do(SetMode(ids, mode if on else "", self._canvas.place.where))

    def set_look(self, word: str) -> None:
        """Pin, collapse or hide the links of the selected nodes; if all of them are so, no longer."""
        ids = self._selected()
        if ids:
            nodes = self._canvas.drawing.graph.nodes
            on = any(word not in nodes[id].look for id in ids)
            self._canvas.do(SetLook(ids, word, on, self._canvas.place.where))

    def _selected(self) -> tuple[str, ...]:
        ids = tuple(self._canvas.drawing.selection)
        if not ids:
            self._canvas.tell("Select one or more nodes first.")
        return ids
