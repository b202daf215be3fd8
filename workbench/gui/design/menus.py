"""The context menus of the canvas, of the actions that are bound now.  Imports Qt, actions and the canvas."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from workbench.gui import theme
from workbench.gui.action_table import BY_ID
from workbench.gui.design.bends import straight
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.items import LinkItem, NodeItem

_BLOCK = ("enter_block", "unpack_block", "keep_block", "")
_NODE = (
    *("rename_node", "node_help", "", "cut", "copy", "duplicate", "delete", "heal", ""),
    *("link_nodes", "share_weights", "make_block", "frame_nodes", "arrange_branch", ""),
    *("bypass", "mute", "pin", "collapse", "hide_links", ""),
)
_VOID = (
    *("add_node", "block_library", "paste", "paste_linked", "add_note", "", "find", "fit_all", "arrange"),
    *("minimap", "add_bookmark", "bookmarks", "live_values", "", "export_picture", "copy_picture", ""),
)
_SELECT = ("select_all", "select_invert", "select_upstream", "select_downstream", "select_type")
_ALIGN = (
    *("align_left", "align_right", "align_top", "align_bottom", "align_column", "align_row", ""),
    *("distribute_x", "distribute_y", "straighten", "arrange"),
)


def context_menu(canvas: Canvas, item: NodeItem | LinkItem | None) -> QMenu:
    """The menu of a node, a link or the void."""
    menu = QMenu(canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if isinstance(item, LinkItem):
        _fill(menu, canvas, ("delete",))
        if item.bends:
            menu.addAction("Remove its dots", partial(straight, canvas, item.target))
    elif isinstance(item, NodeItem):
        block = canvas.drawing.graph.nodes[item.id].block
        _fill(menu, canvas, (*(_BLOCK if block else ()), *_NODE))
        _submenu(menu, canvas, "Select", _SELECT)
        if len(canvas.drawing.selection) > 1:
            _submenu(menu, canvas, "Align", _ALIGN)
    else:
        _fill(menu, canvas, _VOID)
        _submenu(menu, canvas, "Select", _SELECT)
    if canvas.place.where:
        _fill(menu, canvas, ("", "leave_block"))
    return menu


def _submenu(menu: QMenu, canvas: Canvas, title: str, ids: tuple[str, ...]) -> None:
    inner = QMenu(title, menu)
    _fill(inner, canvas, ids)
    if inner.isEmpty():
        inner.deleteLater()
    else:
        menu.addMenu(inner)


def _fill(menu: QMenu, canvas: Canvas, ids: tuple[str, ...]) -> None:
    """Add the actions that are bound; "" is a line between groups."""
    actions = canvas.session.actions
    for id in ids:
        if not id:
            menu.addSeparator()
        elif actions.has(id):
            action = actions.get(id)
            action.setIcon(theme.icon(BY_ID[id].icon))
            action.setIconVisibleInMenu(True)
            menu.addAction(action)
