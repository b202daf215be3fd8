"""The rules of the UI audit: each names what is wrong below a widget. Shown to fail on planted faults in test_audit."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QGraphicsView,
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

from workbench.gui.taborder import chain
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.surfaces import Card

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
            if metrics.horizontalAdvance(widget.text()) > max(area.width(), 24) + 1:
                found.append(f"{name_of(widget)} is cut without a sign of it")
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
