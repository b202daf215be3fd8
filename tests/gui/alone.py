"""A view without the window around it, for the tests of its parts."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.session import Session

V = TypeVar("V", bound=QWidget)


def alone(view: Callable[[Session], V], qtbot: QtBot, session: Session) -> V:
    """A view of the session, dressed once it is complete, as the views of a window that opens are."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    with theme.undressed(app):
        made = view(session)
    qtbot.addWidget(made)
    return made
