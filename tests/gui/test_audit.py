"""The UI audit: every view, both themes, two sizes. Each rule below is first shown to fail on a planted fault."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QGraphicsView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollBar,
    QSlider,
    QTabBar,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.core.files import dumps
from workbench.gui import theme
from workbench.gui.session import Session
from workbench.gui.taborder import chain, put_in_order
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import Card
from workbench.gui.window import VIEWS, MainWindow
from workbench.store.records import Point, State
from workbench.store.store import Store

W = TypeVar("W", bound=QWidget)
LEAST_HIT = 24
LEAST_CONTRAST = 4.5
INTERACTIVE = (
    QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QGraphicsView, QLineEdit, QPlainTextEdit,
    QSlider, QTabBar, QTextEdit, Card,
)  # fmt: skip
TEXTS = (QLabel, QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox)


def name_of(widget: QWidget) -> str:
    text = text_of(widget)
    return f"{type(widget).__name__} {widget.accessibleName() or text or widget.objectName()!r}"


def text_of(widget: QWidget) -> str:
    if isinstance(widget, QLabel | QAbstractButton | QAbstractSpinBox):
        return widget.text().replace("&", "")
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QLineEdit):
        return widget.text() or widget.placeholderText()
    return ""


def parts(root: QWidget) -> list[QWidget]:
    """What a person can see, without the innards of Qt's own widgets."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisibleTo(root)
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget, QScrollBar | QHeaderView)
        and not isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox | QLineEdit | QHeaderView)
        and type(widget).__name__ != "QTableCornerButton"
        and widget.visibleRegion().boundingRect().isValid()
    ]


def inset(widget: QWidget) -> int:
    """Room that the widget's own frame takes from its text, on both sides together."""
    if isinstance(widget, QComboBox):
        return 30
    if isinstance(widget, QAbstractSpinBox | QLineEdit):
        return 12
    if isinstance(widget, QCheckBox):
        return 24
    if isinstance(widget, QPushButton):
        return 8 + (widget.iconSize().width() + 4 if not widget.icon().isNull() else 0)
    return 0


def clipped(root: QWidget) -> list[str]:
    """Texts that are wider or higher than the room they have."""
    found = []
    for widget in parts(root):
        text = text_of(widget)
        if not isinstance(widget, TEXTS) or not text:
            continue
        metrics, area = widget.fontMetrics(), widget.contentsRect()
        if isinstance(widget, ElidedLabel):
            if widget.text() != widget.full_text() and not widget.toolTip():
                found.append(f"{name_of(widget)} is shortened and has no tooltip")
            if len(widget.text()) <= 2 < len(widget.full_text()):
                found.append(f"{name_of(widget)} is shortened to nothing")
            continue
        icon_only = Qt.ToolButtonStyle.ToolButtonIconOnly
        if isinstance(widget, QToolButton) and widget.toolButtonStyle() == icon_only:
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            if widget.heightForWidth(widget.width()) > widget.height() + 1:
                found.append(f"{name_of(widget)} needs more lines than it shows")
            continue
        needed = max(metrics.horizontalAdvance(line) for line in text.split("\n"))
        if isinstance(widget, QLineEdit) and widget.text():
            needed = 0  # what a person types may be longer: the field scrolls
        if needed > area.width() - inset(widget) + 1:
            found.append(f"{name_of(widget)} needs {needed} px and has {area.width() - inset(widget)}")
        if metrics.height() > area.height() + 2:
            found.append(f"{name_of(widget)} is {area.height()} px high")
    return found + cut_off(root) + headers_clipped(root)


def scrolled_by(widget: QWidget, root: QWidget) -> QAbstractScrollArea | None:
    above = widget.parentWidget()
    while above is not None and above is not root:
        if isinstance(above, QAbstractScrollArea):
            return above
        above = above.parentWidget()
    return None


def cut_off(root: QWidget) -> list[str]:
    """Texts and controls of which a part lies outside what holds them."""
    found = []
    for widget in parts(root):
        if not isinstance(widget, (*TEXTS, *INTERACTIVE)):
            continue
        seen = widget.visibleRegion().boundingRect()
        area = scrolled_by(widget, root)
        if area is None:
            if seen != widget.rect():
                found.append(f"{name_of(widget)} is cut off: {seen.size()} of {widget.size()}")
        elif seen.width() < widget.width() and not area.horizontalScrollBar().isVisible():
            found.append(f"{name_of(widget)} is cut off at the side, and nothing scrolls")
    return found


def headers_clipped(root: QWidget) -> list[str]:
    found = []
    for header in root.findChildren(QHeaderView):
        if not header.isVisibleTo(root) or header.orientation() != Qt.Orientation.Horizontal:
            continue
        for section in range(header.count()):
            text = str(header.model().headerData(section, header.orientation()) or "")
            tip = header.model().headerData(section, header.orientation(), Qt.ItemDataRole.ToolTipRole)
            room, needed = header.sectionSize(section), header.fontMetrics().horizontalAdvance(text) + 12
            if not header.isSectionHidden(section) and room < needed and not tip:
                found.append(f"column {text!r} needs {needed} px and has {room}")
    return found


def place_of(widget: QWidget, root: QWidget) -> QRect:
    seen = widget.visibleRegion().boundingRect()
    return QRect(widget.mapTo(root, seen.topLeft()), seen.size())


def overlapping(root: QWidget) -> list[str]:
    """Texts that lie on one another."""
    texts = [widget for widget in parts(root) if isinstance(widget, TEXTS) and text_of(widget)]
    placed = [(widget, place_of(widget, root)) for widget in texts]
    return [
        f"{name_of(one)} and {name_of(other)} overlap"
        for index, (one, where) in enumerate(placed)
        for other, there in placed[index + 1 :]
        if where.adjusted(1, 1, -1, -1).intersects(there.adjusted(1, 1, -1, -1))
        and not one.isAncestorOf(other)
        and not other.isAncestorOf(one)
    ]


def unnamed(root: QWidget) -> list[str]:
    """Controls that a screen reader cannot name or that do not explain themselves."""
    return [
        f"{name_of(widget)} ({type(widget.parentWidget()).__name__}) has no {what}"
        for widget in parts(root)
        if isinstance(widget, INTERACTIVE)
        for what, text in (("accessible name", widget.accessibleName()), ("tooltip", widget.toolTip()))
        if not text.strip()
    ]


def too_small(root: QWidget) -> list[str]:
    """Controls that are hard to hit."""
    return [
        f"{name_of(widget)} is {widget.width()} × {widget.height()} px"
        for widget in parts(root)
        if isinstance(widget, INTERACTIVE) and min(widget.width(), widget.height()) < LEAST_HIT
    ]


def faint(root: QWidget) -> list[str]:
    """Texts whose painted pixels stand out too little from what is behind them."""
    image = root.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    ratio = image.devicePixelRatio()
    rows = image.bytesPerLine() // 4
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), rows)
    found = []
    for widget in parts(root):
        if not isinstance(widget, TEXTS) or not text_of(widget) or not widget.isEnabled():
            continue
        area = place_of(widget, root)
        left, top = int(area.left() * ratio), int(area.top() * ratio)
        inside = pixels[top : int(area.bottom() * ratio), left : int(area.right() * ratio)]
        if inside.size and area.height() > 8 and (seen := strongest(inside)) < LEAST_CONTRAST:
            found.append(f"{name_of(widget)} has a contrast of {seen:.2f}")
    return found


def strongest(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint32]]") -> float:
    """The contrast between the commonest colour and the one that differs most from it."""
    colors, counts = np.unique(pixels, return_counts=True)
    channels = np.stack([(colors >> shift) & 255 for shift in (16, 8, 0)], axis=1) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    back = luminance[counts.argmax()]
    ratios = (np.maximum(luminance, back) + 0.05) / (np.minimum(luminance, back) + 0.05)
    return float(ratios.max())


def ancestors(widget: QWidget) -> list[QWidget]:
    found = []
    while (above := widget.parentWidget()) is not None:
        found.append(above)
        widget = above
    return found


def child_towards(widget: QWidget, above: QWidget) -> QWidget:
    """The child of `above` that holds the widget."""
    return next(each for each in (widget, *ancestors(widget)) if each.parentWidget() is above)


def misordered(root: QWidget) -> list[str]:
    """Steps of Tab that go up or back, seen from the nearest thing that holds both ends."""
    found = []
    for before, after in pairwise(chain(root)):
        one, other = before, after
        if one.isAncestorOf(other) or other.isAncestorOf(one):
            continue
        shared = next(widget for widget in ancestors(one) if widget.isAncestorOf(other))
        one = child_towards(one, shared)
        other = child_towards(other, shared)
        first, second = one.geometry(), other.geometry()
        same_row = first.top() <= second.bottom() and second.top() <= first.bottom()
        goes_up = second.bottom() < first.top() and second.left() < first.right()
        if goes_up or (same_row and second.right() < first.left()):
            found.append(f"Tab goes from {name_of(before)} back to {name_of(after)}")
    return found


RULES: dict[str, Callable[[QWidget], list[str]]] = {
    "clipped": clipped,
    "overlapping": overlapping,
    "unnamed": unnamed,
    "too small": too_small,
    "faint": faint,
    "tab order": misordered,
}


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
    Fault("clipped", low_paragraph), Fault("clipped", beyond_the_edge), Fault("overlapping", on_another),
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
def filled(qtbot: QtBot, session: Session, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setattr("workbench.jobs.queue.recover", lambda store: [])  # the running run has no process
    session.open_template("lenet5")
    text = dumps(session.document)
    session.call(lambda store: fill(store, text))
    qtbot.waitUntil(lambda: len(session.runs) == 5 and len(session.models) == 1, timeout=10_000)
    return window


@pytest.mark.parametrize("size", [(1280, 720), (1600, 900)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("mode", ["dark", "light"])
def test_every_view_passes(
    qtbot: QtBot, qapp: QApplication, filled: MainWindow, mode: str, size: tuple[int, int]
) -> None:
    theme.apply(qapp, mode)
    filled.resize(*size)
    found = []
    for view in VIEWS:
        filled.show_view(view.id)
        qtbot.wait(250)
        put_in_order(filled)  # as every press of Tab does first
        found += [
            f"{view.id}: {rule}: {finding}" for rule, check in RULES.items() for finding in check(filled)
        ]
    theme.apply(qapp, "dark")
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
