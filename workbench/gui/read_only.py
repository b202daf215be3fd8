"""What changes the workspace is greyed out while that can only be looked at, and its tooltip says why.

Imports Qt and the session's signals; actions do the same for themselves.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from workbench.gui.workspace import Workspace


def guard(workspace: "Workspace", *widgets: QWidget) -> None:
    """Let these work only where the workspace can be written; who enables one for more reasons asks that, too."""
    for widget in widgets:
        Guard(workspace, widget)


class Guard(QObject):
    """Watches over one widget, whose child it is."""

    def __init__(self, workspace: "Workspace", widget: QWidget) -> None:
        super().__init__(widget)
        self._workspace, self._widget = workspace, widget
        self._usual = ""
        self._reason = ""
        workspace.opened.connect(self._look)
        self._look()

    def _look(self) -> None:
        before, self._reason = self._reason, self._workspace.read_only
        if self._reason == before:
            return
        if not before:
            self._usual = self._widget.toolTip()
        self._widget.setToolTip("\n".join(filter(None, (self._usual, self._reason))))
        self._widget.setEnabled(not self._reason)
