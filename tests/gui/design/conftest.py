"""The Design view on a session without a workspace, and a driver that works it with mouse and keys alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from workbench.core.document import Document, Node, Port
from workbench.gui import theme
from workbench.gui.design.editors import ChoiceEditor, SwitchEditor, TextEditor
from workbench.gui.design.view import DesignView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier


class CanvasDriver:
    """Builds models as a person does: every method sends mouse and key events to the widgets."""

    def __init__(self, qtbot: QtBot, view: DesignView) -> None:
        self.qtbot, self.view, self.canvas = qtbot, view, view.canvas
        self.messages: list[str] = []
        view.session.message.connect(lambda text, level: self.messages.append(text))

    @property
    def document(self) -> Document:
        return self.view.session.document

    def node(self, id: str) -> Node:
        return self.document.graph_of(self.canvas.place.where).nodes[id]

    def settle(self) -> None:
        """Let the analysis and everything that waits for it catch up."""
        self.view.session.analyse_now()
        QApplication.processEvents()

    # ------------------------------------------------------------- places

    def show(self, x: float, y: float) -> None:
        """Bring a place of the scene into view at full size."""
        self.canvas.look_at(QPointF(x, y), 1.0)

    def at(self, x: float, y: float) -> QPoint:
        return self.canvas.mapFromScene(QPointF(x, y))

    def port(self, name: str, *, output: bool) -> QPoint:
        port = Port.parse(name)
        place = self.canvas.drawing.nodes[port.node].port_place(port.name, output=output)
        return self.canvas.mapFromScene(place)

    def body(self, id: str) -> QPoint:
        rect = self.canvas.drawing.nodes[id].scene_rect()
        return self.canvas.mapFromScene(QPointF(rect.center().x(), rect.top() + 14))

    # ------------------------------------------------------------- mouse and keys

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY, widget: QWidget | None = None) -> None:
        QTest.keyClick(widget or self.canvas, key, modifier)

    def click(self, at: QPoint, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.mouseClick(self.canvas.viewport(), LEFT, modifier, at)

    def drag(self, start: QPoint, end: QPoint, *, release: bool = True) -> None:
        viewport = self.canvas.viewport()
        QTest.mouseMove(viewport, start)
        QTest.mousePress(viewport, LEFT, NO_KEY, start)
        for step in range(1, 6):
            QTest.mouseMove(viewport, start + (end - start) * step / 5)
        if release:
            QTest.mouseRelease(viewport, LEFT, NO_KEY, end)

    def move(self, at: QPoint, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
        """Moves the pointer with the left button and perhaps keys held, which QTest cannot."""
        viewport = self.canvas.viewport()
        where = QPointF(at), QPointF(viewport.mapToGlobal(at))
        kind = QEvent.Type.MouseMove
        QApplication.sendEvent(viewport, QMouseEvent(kind, *where, Qt.MouseButton.NoButton, LEFT, modifier))

    def release(self, at: QPoint) -> None:
        QTest.mouseRelease(self.canvas.viewport(), LEFT, NO_KEY, at)

    # ------------------------------------------------------------- building

    def choose(self, name: str) -> str:
        """Type into the add-node box that is open and press Enter; gives the new node's id."""
        search = self.view.search
        assert search.isVisible(), (
            f"the add-node box is not open; the focus is on {QApplication.focusWidget()}"
        )
        before = set(self.document.graph_of(self.canvas.place.where).nodes)
        QTest.keyClicks(search.field, name)
        QTest.keyClick(search.field, Qt.Key.Key_Return)
        self.settle()
        (id,) = set(self.document.graph_of(self.canvas.place.where).nodes) - before
        return id

    def add_node(self, name: str, x: float, y: float) -> str:
        """Double-click at a place of the scene, type a name, Enter."""
        self.show(x, y)
        self.click(self.at(x, y))
        QTest.mouseDClick(self.canvas.viewport(), LEFT, NO_KEY, self.at(x, y))
        return self.choose(name)

    def add_after(self, name: str) -> str:
        """Tab, a name, Enter: the node follows the selected one."""
        self.key(Qt.Key.Key_Tab)
        return self.choose(name)

    def select(self, *ids: str) -> None:
        """Click the first node, Ctrl+click the others."""
        for index, id in enumerate(ids):
            self.reveal(id)
            modifier = Qt.KeyboardModifier.ControlModifier if index else NO_KEY
            self.click(self.body(id), modifier)

    def reveal(self, *ids: str) -> None:
        rect = self.canvas.drawing.bounds(ids)
        view = self.canvas.viewport().size()
        zoom = min(1.0, (view.width() - 80) / rect.width(), (view.height() - 80) / rect.height())
        self.canvas.look_at(rect.center(), max(0.55, zoom))

    def link(self, source: str, target: str) -> None:
        """Drag from an output to an input."""
        self.reveal(Port.parse(source).node, Port.parse(target).node)
        self.drag(self.port(source, output=True), self.port(target, output=False))
        self.settle()

    def set_field(self, id: str, name: str, text: str) -> None:
        """Select a node and type into a field of its form."""
        self.select(id)
        editor = self.view.form.node.editors[name]
        if isinstance(editor, SwitchEditor):
            field: QWidget = editor.field
            assert isinstance(field, QCheckBox)
            if field.isChecked() != (text == "on"):
                QTest.mouseClick(field, LEFT, NO_KEY, QPoint(8, field.height() // 2))
        elif isinstance(editor, ChoiceEditor):
            self.pick(editor.field, text)
        else:
            assert isinstance(editor, TextEditor)
            self.type_into(editor.field, text)
        self.settle()

    def pick(self, box: QComboBox, text: str) -> None:
        box.setFocus()
        wanted = box.findText(text)
        assert wanted >= 0, [box.itemText(row) for row in range(box.count())]
        while box.currentIndex() != wanted:
            before = box.currentIndex()
            QTest.keyClick(box, Qt.Key.Key_Down if before < wanted else Qt.Key.Key_Up)
            assert box.currentIndex() != before

    def type_into(self, field: QLineEdit, text: str) -> None:
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def undo_all(self) -> None:
        """Ctrl+Z until nothing is left to take back."""
        for _ in range(600):
            if not self.view.session.history.can_undo:
                return
            self.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        pytest.fail("undo never ends")


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    """A session without a workspace: what these tests do needs no database and no thread."""
    theme.apply(qapp, "dark")
    made = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    yield made
    delete(made)  # else its actions would listen for as long as the tests last


@pytest.fixture
def design(qtbot: QtBot, qapp: QApplication, session: Session) -> Iterator[DesignView]:
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # the view of the last test goes first
    with theme.undressed(qapp):
        view = DesignView(session)
    qtbot.addWidget(view)
    view.resize(1400, 860)
    view.show()
    qtbot.waitExposed(view)
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    view.canvas.setFocus()
    yield view
    view.close()


@pytest.fixture
def canvas_driver(qtbot: QtBot, design: DesignView) -> CanvasDriver:
    return CanvasDriver(qtbot, design)


@pytest.fixture
def drive(qtbot: QtBot) -> Callable[[DesignView], CanvasDriver]:
    """A driver for a view that stands somewhere else, such as in the window."""
    return lambda view: CanvasDriver(qtbot, view)
