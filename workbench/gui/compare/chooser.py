"""The list in which runs are ticked for comparison, each in the colour of its curves.  Imports the table of runs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from workbench.gui import theme
from workbench.gui.runs.table import CellDelegate, RunsTable
from workbench.gui.runs.table_model import RUN, RunsModel
from workbench.store.records import RunRecord

Index = QModelIndex | QPersistentModelIndex
_HIT: Final = 30
_HIDDEN: Final = (2, 5, 6, 7, 8, 9, 10, 11)
_WIDTHS: Final = {0: 126, 1: 114, 3: 96, 4: 90}


class TickedModel(RunsModel):
    """Runs that can be ticked; each ticked run has a colour of its own as long as it is ticked."""

    ticked_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._colors: dict[int, int] = {}

    @property
    def ticked(self) -> list[int]:
        """Ids in the order in which they were ticked."""
        return list(self._colors)

    def color_of(self, id: int) -> int:
        """The number of a ticked run's colour; -1 for the others."""
        return self._colors.get(id, -1)

    def tick_suggested(self) -> None:
        """Tick the newest run that recorded something, with the newest others of the same model: a first look."""
        recorded = [facts.run for facts in self.every() if facts.summaries]
        self.tick_all([run.id for run in recorded if _model(run) == _model(recorded[0])][:3])

    def tick_all(self, ids: Sequence[int]) -> None:
        """Tick exactly these."""
        if list(ids) == self.ticked:
            return
        self._colors = {id: color for id, color in self._colors.items() if id in set(ids)}
        kept = self._colors
        self._colors = {}
        for id in ids:
            self._colors[id] = (
                kept[id] if id in kept else self._free({*kept.values(), *self._colors.values()})
            )
        self._told()

    def toggle(self, ids: Sequence[int]) -> None:
        """Tick these, or clear them where all of them are ticked."""
        clear = all(id in self._colors for id in ids)
        for id in ids:
            if clear:
                del self._colors[id]
            elif id not in self._colors:
                self._colors[id] = self._free(set(self._colors.values()))
        self._told()

    def forget_missing(self) -> None:
        """Clear the ticks of runs that are no longer there."""
        missing = [id for id in self._colors if self.run(id) is None]
        for id in missing:
            del self._colors[id]
        if missing:
            self._told()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == 0:
            run = self.run_at(index)
            return Qt.CheckState.Checked if run and run.id in self._colors else Qt.CheckState.Unchecked
        return super().data(index, role)

    @staticmethod
    def _free(taken: set[int]) -> int:
        return next(number for number in range(len(taken) + 1) if number not in taken)

    def _told(self) -> None:
        if self.shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.shown) - 1, 0))
        self.ticked_changed.emit()


def disc(color: QColor, *, filled: bool) -> QIcon:
    """A disc in a run's colour, or the ring of a run that is not ticked."""
    return _disc(color.rgba(), filled)


@lru_cache(maxsize=64)
def _disc(rgba: int, filled: bool, size: int = 14) -> QIcon:
    icon, color = QIcon(), QColor.fromRgba(rgba)
    for ratio in (1, 2, 3):
        picture = QPixmap(size * ratio, size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if filled else QPen(color, 1.4))
        painter.setBrush(color if filled else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(size / 2, size / 2), size / 2 - 2, size / 2 - 2)
        painter.end()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addPixmap(picture, mode)
    return icon


class TickDelegate(CellDelegate):
    """Paints the tick as a disc in the run's colour."""

    def __init__(self, parent: QWidget, model: TickedModel) -> None:
        super().__init__(parent)
        self._model = model
        self._discs: dict[int, QIcon] = {}
        theme.changed.connect(self._discs.clear)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        run = index.data(RUN)
        if not isinstance(run, RunRecord):
            return
        style: Any = option  # the stubs leave out the fields of the style options
        feature = QStyleOptionViewItem.ViewItemFeature
        style.features = (style.features | feature.HasDecoration) & ~feature.HasCheckIndicator
        style.decorationSize = QSize(14, 14)
        number = self._model.color_of(run.id)
        if number not in self._discs:
            color = theme.curve_color(number) if number >= 0 else theme.color("dim")
            self._discs[number] = disc(color, filled=number >= 0)
        style.icon = self._discs[number]


class Chooser(RunsTable):
    """A click on a ring, Space or a double click ticks; several selected rows are ticked together."""

    def __init__(self, model: TickedModel) -> None:
        super().__init__(model, hidden=_HIDDEN, widths=_WIDTHS)
        self._ticks = model
        self.setAccessibleName("Runs to compare")
        self.setToolTip("Click a ring or press Space to compare a run")
        self.setItemDelegateForColumn(0, TickDelegate(self, model))
        self.doubleClicked.connect(lambda _: self._toggle())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        inside = event.position().x() - self.visualRect(index).left()
        if (
            index.isValid()
            and index.column() == 0
            and inside < _HIT
            and event.button() == Qt.MouseButton.LeftButton
        ):
            self.setCurrentIndex(index)
            self._ticks.toggle([self.runs.shown[index.row()]])
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.column() == 0 and event.position().x() - self.visualRect(index).left() < _HIT:
            self.mousePressEvent(event)  # two quick clicks on a ring are two clicks
            return
        super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._toggle()
            return
        super().keyPressEvent(event)

    def _toggle(self) -> None:
        if ids := self.selected_ids():
            self._ticks.toggle(ids)


def _model(run: RunRecord) -> int | str:
    """What tells models apart, also after one was renamed."""
    return run.model_id or run.model
