"""What tests of a session share: an edit, what the session said, and waiting until all is saved."""

from pytestqt.qtbot import QtBot

from workbench.core.document import Node
from workbench.core.edits import AddNode
from workbench.gui.session import Session

RELU = AddNode(Node("relu1", "ReLU"))


def messages_of(session: Session) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: said.append((text, level)))
    return said


def saved(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.is_saved, timeout=5000)
