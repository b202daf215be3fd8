"""Parts side by side or one above the other, with a line between them to drag.  Imports Qt."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QSplitter

_HOVER = (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave)


class Splitter(QSplitter):
    """Its parts cannot be dragged away."""

    def __init__(self, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self.setChildrenCollapsible(False)

    def event(self, event: QEvent) -> bool:
        # The handle lights up by itself; Qt would paint all parts anew whenever the pointer comes or goes.
        return event.type() in _HOVER or super().event(event)
