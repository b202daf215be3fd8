"""Tab visits what is on the screen in the order of the layouts, whenever it was made.  Imports Qt.

Qt's own order is that of creation, which is wrong as soon as a view makes widgets later.
"""

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractScrollArea, QAbstractSpinBox, QComboBox, QLayout, QSplitter, QWidget

LEAVES = (QAbstractSpinBox, QComboBox)


def put_in_order(root: QWidget) -> None:
    """Make Tab follow the layouts below `root`."""
    wanted = list(stops(root))
    if wanted != chain(root):
        for stop, following in pairwise(wanted):
            QWidget.setTabOrder(stop, following)


def stops(widget: QWidget) -> Iterator[QWidget]:
    """What can be reached by Tab, in the order of the layouts."""
    for child in children(widget):
        if not child.isHidden():
            if is_stop(child):
                yield child
            if not isinstance(child, LEAVES):
                yield from stops(child)


def chain(root: QWidget) -> list[QWidget]:
    """What Tab visits now, in its order."""
    found = []
    widget = root.nextInFocusChain()
    while widget is not None and widget is not root:
        if is_stop(widget) and widget.isVisibleTo(root) and root.isAncestorOf(widget):
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def is_stop(widget: QWidget) -> bool:
    """Whether Tab halts here."""
    return (
        widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value > 0
        and widget.isEnabled()
        and widget.focusProxy() is None
        and not widget.objectName().startswith("qt_")
    )


def children(widget: QWidget) -> list[QWidget]:
    """Child widgets as the layout has them; those without a layout follow from top to bottom."""
    if isinstance(widget, QSplitter):
        return [part for index in range(widget.count()) if (part := widget.widget(index)) is not None]
    layout = widget.layout()
    found = list(in_layout(layout)) if layout is not None else []
    if isinstance(widget, QAbstractScrollArea):
        found.append(widget.viewport())
    known = set(found)
    rest = [
        child
        for child in widget.children()
        if isinstance(child, QWidget) and child not in known and not child.isWindow()
    ]
    return found + sorted(rest, key=lambda child: (child.y(), child.x()))


def in_layout(layout: QLayout) -> Iterator[QWidget]:
    """The widgets of a layout and of those inside it."""
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item is None:
            continue
        inner, widget = item.layout(), item.widget()
        if widget is not None:
            yield widget
        elif inner is not None:
            yield from in_layout(inner)
