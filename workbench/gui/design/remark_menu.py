"""The context menu of a frame or note: its text, its colour, what it holds, and away with it.

Imports Qt, theme, core and style.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QMenu

from workbench.core.document import FRAME, Remark
from workbench.gui import theme
from workbench.gui.design.style import style

if TYPE_CHECKING:
    from workbench.gui.design.remarks import Remarks

NO_COLOR = "None"


def menu_of(remarks: "Remarks", remark: Remark) -> QMenu:
    """What can be done with the chosen remarks, of which this is one."""
    menu = QMenu(remarks.canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    frame = remark.kind == FRAME
    menu.addAction(theme.icon("rename"), "Edit title" if frame else "Edit text", remarks.rename)
    if frame:
        menu.addAction(theme.icon("select-all"), "Select the nodes in it", remarks.select_held)
    colors = menu.addMenu(theme.icon("theme"), "Colour")
    for name, color in swatches():
        action = colors.addAction(_swatch(color), name.capitalize() or NO_COLOR)
        action.setCheckable(True)
        action.setChecked(name == remark.color)
        action.triggered.connect(lambda _=False, name=name: remarks.paint(name))
    menu.addSeparator()
    menu.addAction(theme.icon("delete"), "Delete", remarks.delete)
    for action in menu.actions():
        action.setIconVisibleInMenu(True)
    return menu


def swatches() -> list[tuple[str, QColor]]:
    """Names and colours to choose from: none, then those of the families, each colour once."""
    made = style()
    found: dict[str, tuple[str, QColor]] = {made.dim.name(): ("", made.dim)}
    for name, color in made.families.items():
        found.setdefault(color.name(), (name, color))
    return list(found.values())


def _swatch(color: QColor) -> QPixmap:
    made = QPixmap(14, 14)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(1, 1, 12, 12, 3, 3)
    painter.end()
    return made
