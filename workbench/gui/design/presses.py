"""What a press of the left button may become: by what is under the pointer and which keys are held.

Imports Qt, the gestures and the pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from workbench.core.document import Port
from workbench.gui.design.bends import BEND_REACH, DragBend, add_bend, remove_bend
from workbench.gui.design.gestures import NOTHING, Box, Gesture, Lasso, chosen
from workbench.gui.design.hits import PortHit
from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.knife import Knife
from workbench.gui.design.link_gestures import clear_port, link_from
from workbench.gui.design.moving import Move
from workbench.gui.design.style import DETAIL, REACH

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

WIRE_REACH = 6.0
"""How near to a wire the pointer must be to be on it, in pixels on the screen."""
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier


@dataclass(frozen=True, slots=True)
class Press:
    """What was begun: a gesture at once, one when the pointer moves on, or a click if it does not."""

    at: QPoint
    gesture: Gesture | None = None
    drag: Callable[[], Gesture] | None = None
    click: Callable[[], None] | None = None


def press(canvas: "Canvas", at: QPoint, keys: Qt.KeyboardModifier) -> Press:
    """Look at what is under the pointer: a port, a node, what other parts put there, a wire, the void."""
    place, drawing = canvas.mapToScene(at), canvas.drawing
    hit = drawing.port_at(place, REACH / canvas.zoom) if canvas.zoom >= DETAIL else None
    if keys & _CTRL and keys & _ALT:
        kept = chosen(canvas) if keys & _SHIFT else NOTHING
        return Press(at, drag=lambda: Lasso(canvas, place, kept))
    if hit is not None:
        return _on_port(canvas, at, place, hit, keys)
    node = drawing.node_at(place)
    if node is not None:
        return _on_node(canvas, at, place, node, keys)
    bend = drawing.bend_at(place, BEND_REACH / canvas.zoom)
    if bend is not None:
        return _on_bend(canvas, at, bend, keys)
    for grip in canvas.grips:
        gesture = grip(at, place, keys)
        if gesture is not None:
            return Press(at, gesture)
    if keys & _ALT:
        return Press(at, drag=lambda: Knife(canvas, place))
    link = drawing.link_at(place, WIRE_REACH / canvas.zoom)
    if link is not None:
        return _on_link(canvas, at, link, keys)
    before = chosen(canvas)
    if not keys & (_SHIFT | _CTRL):
        before = NOTHING
        drawing.select(())
    return Press(at, drag=lambda: Box(canvas, place, before, toggles=bool(keys & _CTRL)))


def double(canvas: "Canvas", at: QPoint, keys: Qt.KeyboardModifier) -> None:
    """A double-click: opens a node, bends a link, adds a node in the void."""
    place = canvas.mapToScene(at)
    node = canvas.drawing.node_at(place)
    if node is not None:
        canvas.open_node(node.id)
    elif canvas.drawing.bend_at(place, BEND_REACH / canvas.zoom) is None and not any(
        take(at, place, keys) for take in canvas.doubles
    ):
        link = canvas.drawing.link_at(place, WIRE_REACH / canvas.zoom)
        if link is not None:
            add_bend(canvas, link, place)
        else:
            canvas.search(at)


def _on_bend(canvas: "Canvas", at: QPoint, bend: tuple[Port, int], keys: Qt.KeyboardModifier) -> Press:
    if keys & _ALT:
        return Press(at, click=lambda: remove_bend(canvas, *bend))
    canvas.drawing.select((), (bend[0],))
    return Press(at, drag=lambda: DragBend(canvas, *bend))


def _on_port(canvas: "Canvas", at: QPoint, place: QPointF, hit: PortHit, keys: Qt.KeyboardModifier) -> Press:
    def click() -> None:
        node = canvas.drawing.node_at(place)
        if keys & _ALT:
            clear_port(canvas, hit)
        elif node is not None and (after := _on_node(canvas, at, place, node, keys).click) is not None:
            after()

    return Press(at, drag=lambda: link_from(canvas, hit, keys), click=click)


def _on_node(
    canvas: "Canvas", at: QPoint, place: QPointF, node: NodeItem, keys: Qt.KeyboardModifier
) -> Press:
    drawing, id = canvas.drawing, node.id
    selected, links, remarks = chosen(canvas)
    click: Callable[[], None] | None = None
    if id in selected:
        if keys & _CTRL:
            others = [other for other in selected if other != id]
            click = lambda: drawing.select(others, links, remarks)  # noqa: E731
        elif not keys & _SHIFT:
            click = lambda: drawing.select((id,))  # noqa: E731
    elif keys & (_SHIFT | _CTRL):
        drawing.select([*selected, id], links, remarks)
    else:
        drawing.select((id,))
    return Press(at, drag=lambda: Move(canvas, place, id), click=click)


def _on_link(canvas: "Canvas", at: QPoint, link: LinkItem, keys: Qt.KeyboardModifier) -> Press:
    drawing, target = canvas.drawing, link.target
    selected, links, remarks = chosen(canvas)
    if keys & _CTRL and target in links:
        drawing.select(selected, [other for other in links if other != target], remarks)
    elif keys & (_SHIFT | _CTRL):
        drawing.select(selected, [*links, target], remarks)
    else:
        drawing.select((), (target,))
    return Press(at)
