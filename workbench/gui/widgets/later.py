"""A page that is made when it is first looked at or asked for.  Imports Qt."""

from collections.abc import Callable
from functools import cached_property
from typing import Generic, TypeVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

Part = TypeVar("Part", bound=QWidget)


class Later(QWidget, Generic[Part]):
    """Stands for a widget among tabs or pages: most of them are not looked at."""

    def __init__(self, make: Callable[[], Part]) -> None:
        super().__init__()
        self._make = make
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    @cached_property
    def part(self) -> Part:
        """The widget itself."""
        made = self._make()
        self._column.addWidget(made)
        made.show()  # at once: who shows a page looks for what takes the keyboard
        return made

    @property
    def is_made(self) -> bool:
        """Whether the widget is there."""
        return "part" in vars(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        _ = self.part
