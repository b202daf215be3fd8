"""Anything that a person may do on the canvas, in any order: nothing breaks, and undoing all gives the start again.

A hypothesis state machine drives the real widgets with mouse and keys. The long campaign is `make campaign`.
"""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from tests.gui.design.conftest import LEFT, NO_KEY, CanvasDriver
from workbench.catalog.templates import load
from workbench.core.document import Document
from workbench.core.files import dumps, loads
from workbench.core.history import History
from workbench.gui.action_table import BY_ID
from workbench.gui.session import OpenModel

KEYS = (
    *("delete", "heal", "cut", "copy", "paste", "duplicate", "share_weights", "link_nodes", "select_all"),
    *("bypass", "mute", "pin", "collapse", "hide_links", "select_invert", "select_upstream"),
    *("select_downstream", "select_type", "align_left", "align_right", "align_top", "align_bottom"),
    *("align_column", "align_row", "distribute_x", "distribute_y", "straighten", "arrange", "arrange_branch"),
    *("frame_nodes", "make_block", "unpack_block", "enter_block", "leave_block", "fit", "fit_all", "minimap"),
    *("zoom_in", "zoom_out", "zoom_reset", "undo", "redo", "live_values"),
)
GROWING, MOST = ("paste", "duplicate", "share_weights", "unpack_block"), 30
"""What would double a drawing again and again is left out from so many nodes on."""
POPUPS = (
    "add_node",
    "find",
    "bookmarks",
    "add_bookmark",
    "block_library",
    "node_help",
    "rename_node",
    "add_note",
)
TYPES = ("Linear", "ReLU", "Conv2d", "Add", "Flatten", "CrossEntropyLoss", "Dataset", "LSTM", "Dropout")
TEXTS = ("3", "= width", "-1", "x", "0", "1e99", "", "= 1 / 0")
MODIFIERS = (
    NO_KEY,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier,
)
STARTS: tuple[Callable[[], Document], ...] = (Document, lambda: load("mlp"), lambda: load("char-gpt"))
some = st.integers(0, 10_000)
place = st.tuples(st.integers(0, 900), st.integers(0, 500))


class Person(RuleBasedStateMachine):
    """Somebody at the canvas; `driver` is set by the test."""

    driver: CanvasDriver

    @initialize(start=st.sampled_from(STARTS))
    def open(self, start: Callable[[], Document]) -> None:
        session = self.driver.view.session
        session._open(OpenModel(History(start())))
        self.start = dumps(session.document)
        self.driver.canvas.setFocus()

    # ------------------------------------------------------------- what a person does

    @rule(id=st.sampled_from(KEYS))
    def press_the_keys_of_an_action(self, id: str) -> None:
        actions = self.driver.view.session.actions
        if id in GROWING and len(self.driver.canvas.drawing.nodes) > MOST:
            return
        if actions.has(id) and actions.get(id).isEnabled():
            actions.get(id).trigger()

    @rule(id=st.sampled_from(POPUPS), text=st.sampled_from((*TYPES, *TEXTS)))
    def open_a_popup_type_and_leave(self, id: str, text: str) -> None:
        actions = self.driver.view.session.actions
        if not actions.has(id) or not BY_ID[id].shortcut:
            return
        actions.get(id).trigger()
        field = QApplication.focusWidget()
        if isinstance(field, QLineEdit) and self.driver.view.isAncestorOf(field):
            QTest.keyClicks(field, text)
        if field is not None:
            QTest.keyClick(field, Qt.Key.Key_Escape)
        self.driver.canvas.setFocus()

    @rule(type=st.sampled_from(TYPES))
    def add_a_node(self, type: str) -> None:
        driver = self.driver
        driver.key(Qt.Key.Key_Tab)
        field = driver.view.search.field
        if driver.view.search.isVisible():
            QTest.keyClicks(field, type)
            QTest.keyClick(field, Qt.Key.Key_Return)
        driver.canvas.setFocus()

    @rule(which=some, modifier=st.sampled_from(MODIFIERS))
    def click_a_node(self, which: int, modifier: Qt.KeyboardModifier) -> None:
        ids = list(self.driver.canvas.drawing.nodes)
        if ids:
            id = ids[which % len(ids)]
            self.driver.reveal(id)
            self.driver.click(self.driver.body(id), modifier)

    @rule(at=place, modifier=st.sampled_from(MODIFIERS), twice=st.booleans())
    def click_anywhere(self, at: tuple[int, int], modifier: Qt.KeyboardModifier, twice: bool) -> None:
        self.driver.click(QPoint(*at), modifier)
        if twice:
            QTest.mouseDClick(self.driver.canvas.viewport(), LEFT, modifier, QPoint(*at))
            self._leave()

    @rule(start=place, end=place, modifier=st.sampled_from(MODIFIERS), escape=st.booleans())
    def drag_anywhere(
        self, start: tuple[int, int], end: tuple[int, int], modifier: Qt.KeyboardModifier, escape: bool
    ) -> None:
        self._drag(QPoint(*start), QPoint(*end), modifier, escape=escape)

    @rule(which=some, end=place, modifier=st.sampled_from(MODIFIERS))
    def drag_a_node(self, which: int, end: tuple[int, int], modifier: Qt.KeyboardModifier) -> None:
        ids = list(self.driver.canvas.drawing.nodes)
        if ids:
            id = ids[which % len(ids)]
            self.driver.reveal(id)
            self._drag(self.driver.body(id), QPoint(*end), modifier)

    @rule(one=some, other=some, modifier=st.sampled_from(MODIFIERS))
    def drag_a_link(self, one: int, other: int, modifier: Qt.KeyboardModifier) -> None:
        items = self.driver.canvas.drawing.nodes
        outputs = [
            item.port_place(name, output=True) for item in items.values() for name in item.card.outputs
        ]
        inputs = [item.port_place(name, output=False) for item in items.values() for name in item.card.inputs]
        if outputs and inputs:
            self.driver.canvas.frame_all()
            ends = (outputs[one % len(outputs)], inputs[other % len(inputs)])
            start, end = (self.driver.canvas.mapFromScene(end) for end in ends)
            self._drag(start, end, modifier)

    @rule(which=some, text=st.sampled_from(TEXTS))
    def type_into_a_field(self, which: int, text: str) -> None:
        fields = [
            field
            for field in self.driver.view.form.findChildren(QLineEdit)
            if field.isVisible() and field.isEnabled() and not field.isReadOnly()
        ]
        if fields:
            self.driver.type_into(fields[which % len(fields)], text)
            self.driver.canvas.setFocus()

    @rule(at=place, delta=st.sampled_from((-480, -120, 120, 480)))
    def turn_the_wheel(self, at: tuple[int, int], delta: int) -> None:
        viewport = self.driver.canvas.viewport()
        here = QPointF(*at)
        event = QWheelEvent(
            here, QPointF(viewport.mapToGlobal(QPoint(*at))), QPoint(), QPoint(0, delta),
            Qt.MouseButton.NoButton, NO_KEY, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(viewport, event)

    @rule()
    def wait_a_moment(self) -> None:
        self.driver.settle()

    def _drag(
        self, start: QPoint, end: QPoint, modifier: Qt.KeyboardModifier, *, escape: bool = False
    ) -> None:
        viewport = self.driver.canvas.viewport()
        QTest.mousePress(viewport, LEFT, modifier, start)
        for step in (1, 2, 3):
            self.driver.move(start + (end - start) * step / 3, modifier)
        if escape:
            self.driver.key(Qt.Key.Key_Escape)
        QTest.mouseRelease(viewport, LEFT, modifier, end)
        self._leave()

    def _leave(self) -> None:
        """Closes a field or box that opened itself, without a choice."""
        focused = QApplication.focusWidget()
        if focused is not None and focused is not self.driver.canvas:
            QTest.keyClick(focused, Qt.Key.Key_Escape)
        self.driver.canvas.setFocus()

    # ------------------------------------------------------------- what always holds

    @invariant()
    def the_canvas_shows_the_document(self) -> None:
        canvas = self.driver.canvas
        graph = self.driver.document.graph_of(canvas.place.where)
        assert list(canvas.drawing.graph.nodes) == list(graph.nodes)
        assert set(canvas.drawing.nodes) == set(graph.nodes)
        assert set(canvas.drawing.links) == set(graph.links)
        assert all(port.node in graph.nodes for link in graph.links.items() for port in link)

    @invariant()
    def it_can_be_saved_and_read(self) -> None:
        document = self.driver.document
        assert loads(dumps(document)) == document

    def teardown(self) -> None:
        session = self.driver.view.session
        while session.history.can_undo:
            session.undo()
        assert dumps(session.document) == self.start
        # No event loop runs here that would delete what the forms let go of.
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def act(driver: CanvasDriver, examples: int, steps: int) -> None:
    """So many persons, each doing so many things."""

    class Here(Person):
        pass

    Here.driver = driver
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(600)
def test_nothing_breaks_and_everything_can_be_undone(canvas_driver: CanvasDriver) -> None:
    act(canvas_driver, 20, 40)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_long_campaign(canvas_driver: CanvasDriver) -> None:
    act(canvas_driver, 2000, 40)
