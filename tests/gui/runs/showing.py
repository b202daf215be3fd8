"""The Runs view as a person sees it, for the tests of its parts."""

from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session


def runs_view(qtbot: QtBot, session: Session, width: int = 1280, height: int = 700) -> RunsView:
    """The view of a session, on the screen."""
    made = alone(RunsView, qtbot, session)
    made.resize(width, height)
    with qtbot.waitExposed(made):
        made.show()
    return made
