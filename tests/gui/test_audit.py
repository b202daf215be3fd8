"""The UI audit: every view, both themes, two sizes. Each rule below is first shown to fail on a planted fault."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.gui.audit import RULES
from workbench.core.files import dumps
from workbench.gui import theme
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.gui.taborder import put_in_order
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.window import VIEWS, MainWindow
from workbench.store.records import Point, State
from workbench.store.store import Store

W = TypeVar("W", bound=QWidget)
SIZES = ((1280, 720), (1600, 900))


# ------------------------------------------------------------------ each rule can fail


@dataclass(frozen=True)
class Fault:
    rule: str
    plant: Callable[[QWidget, QHBoxLayout], object]


def narrow(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(label := Label("A sentence that does not fit"))
    label.setFixedWidth(40)


def narrow_button(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(button := named(QPushButton("A sentence that does not fit")))
    button.setFixedWidth(60)


def narrow_placeholder(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(field := named(QLineEdit()))
    field.setPlaceholderText("A sentence that does not fit")
    field.setFixedWidth(60)


def cut_without_a_sign(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(label := ElidedLabel("A sentence that does not fit"))
    label.setFixedWidth(60)
    QApplication.processEvents()
    QLabel.setText(label, label.full_text())


def low_paragraph(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(label := Label("Many words " * 20, wrap=True))
    label.setFixedSize(200, 30)


def beyond_the_edge(page: QWidget, row: QHBoxLayout) -> None:
    label = Label("At the edge")
    label.setParent(page)
    label.move(page.width() - 20, 10)
    label.show()


def on_another(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(first := Label("First"))
    page.layout()
    second = Label("Second")
    second.setParent(page)
    second.move(first.pos() + QPoint(3, 3))
    second.show()


def without_name(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(button := QPushButton("Go"))
    button.setToolTip("Goes")


def without_tooltip(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(button := QPushButton("Go"))
    button.setAccessibleName("Go")


def tiny(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(button := named(QToolButton()))
    button.setFixedSize(QSize(16, 16))


def pale(page: QWidget, row: QHBoxLayout) -> None:
    row.addWidget(label := Label("Hardly there"))
    label.setStyleSheet("color: #3a3f4a")


def backwards(page: QWidget, row: QHBoxLayout) -> None:
    first, second = named(QLineEdit()), named(QLineEdit())
    row.addWidget(first)
    row.addWidget(second)
    QWidget.setTabOrder(second, first)


def named(widget: W) -> W:
    widget.setAccessibleName("Field")
    widget.setToolTip("A field")
    return widget


FAULTS = (
    Fault("clipped", narrow), Fault("clipped", narrow_button), Fault("clipped", narrow_placeholder),
    Fault("clipped", cut_without_a_sign), Fault("clipped", low_paragraph),
    Fault("clipped", beyond_the_edge), Fault("overlapping", on_another),
    Fault("unnamed", without_name), Fault("unnamed", without_tooltip), Fault("too small", tiny),
    Fault("faint", pale), Fault("tab order", backwards),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.plant.__name__)
def test_a_planted_fault_is_found(qtbot: QtBot, qapp: QApplication, fault: Fault) -> None:
    theme.apply(qapp, "dark")
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(500, 200)
    row = QHBoxLayout(page)
    row.addWidget(Label("A sound label"))
    row.addWidget(named(QPushButton("A sound button")))
    page.show()
    QApplication.processEvents()
    assert not [found for rule in RULES.values() for found in rule(page)]
    fault.plant(page, row)
    for _ in range(3):
        QApplication.processEvents()
    assert RULES[fault.rule](page)


# ------------------------------------------------------------------ the window itself


def fill(store: Store, text: str) -> None:
    """Runs in every state, with curves, media and a log, so that no view is empty."""
    store.save_model(None, text)
    states: tuple[State, ...] = ("completed", "failed", "stopped", "running", "queued")
    for number, state in enumerate(states):
        run = store.add_run(
            "lenet5", "lenet5", text, "import torch\n", device="auto", seed=number, epochs=30, parameters=61706,
            dataset="digits",
            params={"training.epochs": 30, "conv1.out_channels": 6 + number, "accuracy.type": "Accuracy"},
        )  # fmt: skip
        if state == "queued":
            continue
        store.claim(run.id, "cpu")
        store.set_state(run.id, "running")
        for step in range(1, 40):
            store.log_points(
                run.id,
                [
                    Point("train/loss", step, 1 + step // 10, 2 / step, 100.0 + step),
                    Point("validation/accuracy", step, 1 + step // 10, 1 - 1 / (step + 1), 100.0 + step),
                ],
            )
        store.progress(run.id, 4, 39, 300)
        store.log(
            run.id, "info", "Training on the processor, with a rather long line that says which one it is."
        )
        store.add_media(run.id, "confusion", "text", 39, 4, b"one two three", "a sample")
        if state != "running":
            store.set_state(run.id, state, "out of memory" if state == "failed" else "")


@pytest.fixture
def filled(
    dark_again: None, qtbot: QtBot, session: Session, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> MainWindow:
    monkeypatch.setattr("workbench.jobs.queue.recover", lambda store: [])  # the running run has no process
    session.open_template("lenet5")
    text = dumps(session.document)
    session.call(lambda store: fill(store, text))
    qtbot.waitUntil(lambda: len(session.runs) == 5 and len(session.models) == 1, timeout=10_000)
    return window


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_every_view_passes(qtbot: QtBot, qapp: QApplication, filled: MainWindow, mode: str) -> None:
    theme.apply(qapp, mode)
    found = []
    for width, height in SIZES:
        filled.resize(width, height)
        for view in VIEWS:
            filled.show_view(view.id)
            qtbot.wait(250)
            put_in_order(filled)  # as every press of Tab does first
            found += [
                f"{view.id} at {width}x{height}: {rule}: {finding}"
                for rule, check in RULES.items()
                for finding in check(filled)
            ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_every_page_of_compare_passes(
    qtbot: QtBot, qapp: QApplication, filled: MainWindow, mode: str
) -> None:
    theme.apply(qapp, mode)
    filled.resize(1280, 720)
    filled.show_view("compare", [1, 2])
    view = filled.view("compare")
    assert isinstance(view, CompareView)
    found = []
    for page in range(view.tabs.count()):
        view.tabs.setCurrentIndex(page)
        qtbot.waitUntil(
            lambda: view.drawing.currentIndex() == 1 or view.tabs.currentIndex() == 0, timeout=10_000
        )
        qtbot.wait(250)
        QApplication.processEvents()  # what was told at the very end of the wait finds its room, too
        put_in_order(filled)
        found += [
            f"{view.tabs.tabText(page)}: {rule}: {finding}"
            for rule, check in RULES.items()
            for finding in check(filled)
        ]
    assert not found, "\n".join(found)


def test_the_boxes_over_the_window_pass(qtbot: QtBot, filled: MainWindow) -> None:
    filled.resize(1280, 720)
    filled.sheet.open()
    qtbot.wait(50)
    assert not [finding for rule in RULES.values() for finding in rule(filled.sheet)]
    filled.sheet.close_up()
    filled.open_palette()
    qtbot.wait(50)
    assert not [finding for rule in RULES.values() for finding in rule(filled.palette_box)]
    filled.palette_box.close_up()
    filled.session.message.emit(
        "A message of some length that says what happened, where, and what to do.", "error"
    )
    qtbot.wait(50)
    assert not [finding for rule in RULES.values() for finding in rule(filled.messages)]
