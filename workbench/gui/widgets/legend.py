"""Which curves are hidden and which one is pointed at, for all plots of a page; and the list in which one does that.

Imports Qt and theme.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem

from workbench.core import text
from workbench.gui import theme
from workbench.gui.widgets.curve_colors import paint_swatch

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve

HINT: Final = (
    "A click hides or shows a curve, Shift or Alt with it leaves it alone; pointing at it highlights it"
)
_KEY: Final = int(Qt.ItemDataRole.UserRole)
_ROW: Final = 24
_ALONE: Final = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier


class Legend(QObject):
    """Curves go by their ids here, so that those of one run are hidden in all plots."""

    changed = Signal()
    """Other curves are hidden."""
    pointed = Signal()
    """Another curve is highlighted, or none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hidden: frozenset[str] = frozenset()
        self._at = ""

    @property
    def hidden(self) -> frozenset[str]:
        return self._hidden

    @property
    def at(self) -> str:
        """The id of the curve that is pointed at; "" for none."""
        return self._at

    def shows(self, curve: "Curve") -> bool:
        """Whether a curve is to be seen."""
        return curve.id not in self._hidden

    def hide(self, ids: Iterable[str]) -> None:
        """Hide exactly these."""
        if (hidden := frozenset(ids)) != self._hidden:
            self._hidden = hidden
            self.changed.emit()

    def point(self, id: str) -> None:
        """Highlight a curve; "" for none."""
        if id != self._at:
            self._at = id
            self.pointed.emit()

    def click(self, id: str, others: Iterable[str], *, alone: bool) -> None:
        """Hide or show one; `alone` hides all `others`, or shows them again where it is alone already."""
        if not alone:
            self.hide(self._hidden ^ {id})
            return
        rest = frozenset(others) - {id}
        solo = id not in self._hidden and rest <= self._hidden
        self.hide(self._hidden - rest - {id} if solo else (self._hidden | rest) - {id})


def alone(modifiers: Qt.KeyboardModifier) -> bool:
    """Whether a click with these means: only this one."""
    return bool(modifiers & _ALONE)


class LegendList(QListWidget):
    """One row for each curve of a page: point, click, or arrows and Space (Shift+Space: only this one)."""

    def __init__(self, legend: Legend) -> None:
        super().__init__()
        self.legend = legend
        self._curves: dict[str, Curve] = {}
        self.setAccessibleName("Legend")
        self.setToolTip(HINT)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setIconSize(QSize(18, 12))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemEntered.connect(lambda item: legend.point(item.data(_KEY)))
        self.currentItemChanged.connect(self._on_current)
        legend.changed.connect(self._dress)
        theme.changed.connect(self._dress)

    @property
    def ids(self) -> list[str]:
        """The curves from the top."""
        return list(self._curves)

    def show_curves(self, curves: Sequence["Curve"]) -> None:
        """Show these, each id once."""
        found = {curve.id: curve for curve in reversed(curves)}
        found = {id: found[id] for id in dict.fromkeys(curve.id for curve in curves)}
        looks = [_look(curve) for curve in found.values()]
        same = looks == [_look(curve) for curve in self._curves.values()]
        self._curves = found
        if same:
            return
        kept = self.currentItem().data(_KEY) if self.currentItem() is not None else None
        self.blockSignals(True)
        self.clear()
        for id, curve in found.items():
            item = QListWidgetItem(text.one_line(curve.name, 120))
            item.setData(_KEY, id)
            item.setSizeHint(QSize(0, _ROW))
            self.addItem(item)
            if id == kept:
                self.setCurrentItem(item)
        self.blockSignals(False)
        self._dress()

    def _dress(self) -> None:
        for row in range(self.count()):
            item = self.item(row)
            curve = self._curves[item.data(_KEY)]
            shown = self.legend.shows(curve)
            item.setIcon(_swatch(curve, shown))
            item.setForeground(theme.color("text" if shown else "dim"))
            font = item.font()
            font.setStrikeOut(not shown)
            item.setFont(font)
            state = "shown" if shown else "hidden"
            item.setToolTip(f"{text.one_line(curve.name, 400)} ({state})\n{HINT}")

    def _on_current(self, item: QListWidgetItem | None, _: object) -> None:
        if self.hasFocus():
            self.legend.point(item.data(_KEY) if item is not None else "")

    def _click(self, item: QListWidgetItem, modifiers: Qt.KeyboardModifier) -> None:
        self.legend.click(item.data(_KEY), self._curves, alone=alone(modifiers))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setCurrentItem(item)
            self._click(item, event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # two quick clicks are two clicks

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._click(item, event.modifiers())
        elif event.key() == Qt.Key.Key_H:
            self.legend.hide(())
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.legend.point("")


def _look(curve: "Curve") -> tuple[object, ...]:
    return curve.id, curve.name, curve.color, curve.style, curve.shade


def _swatch(curve: "Curve", shown: bool) -> QIcon:
    icon = QIcon()
    for ratio in (1, 2):
        picture = QPixmap(18 * ratio, 12 * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_swatch(painter, curve, 1, 6, shown=shown)
        painter.end()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addPixmap(picture, mode)
    return icon
