"""How cells of the runs' table are painted: state dots, progress bars, stars, tags.  Imports Qt, theme, the model."""

import math
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.gui import theme
from workbench.gui.runs.grouped_model import GROUP
from workbench.gui.runs.table_model import MARKS, RUN, share
from workbench.gui.widgets.labels import paint_state
from workbench.store.records import Marks, RunRecord

Index = QModelIndex | QPersistentModelIndex
_CHIP: Final = 18
_GAP: Final = 4
_INSIDE: Final = 7
_DISPLAY: Final = QStyleOptionViewItem.ViewItemFeature.HasDisplay
_NO_FOCUS: Final = ~QStyle.StateFlag.State_HasFocus


class CellDelegate(QStyledItemDelegate):
    """A cell without a frame of its own: the whole row is what is chosen."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        style: Any = option  # the stubs leave out the fields of the style options
        style.state &= ~QStyle.StateFlag.State_HasFocus
        if index.column() == 0:
            style.textElideMode = Qt.TextElideMode.ElideMiddle  # for the number of a run stands at the end
        if index.data(GROUP) is not None:
            style.font.setBold(index.column() == 0)
            style.backgroundBrush = theme.color("card")


class RunCellDelegate(CellDelegate):
    """A cell of a RunsModel: asked for its words at once, where Qt would ask Python for eight things one by one."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        model: Any = index.model()
        row, column = index.row(), index.column()
        style: Any = option  # the stubs leave out the fields of the style options
        style.text = model.cell(row, column)
        style.features = _DISPLAY
        style.displayAlignment = model.alignment(row, column)
        style.state &= _NO_FOCUS
        if column == 0:
            style.textElideMode = Qt.TextElideMode.ElideMiddle  # for the number of a run stands at the end
        if model.is_group(row):
            style.font.setBold(column == 0)
            style.backgroundBrush = theme.color("card")


class StateDelegate(RunCellDelegate):
    """The dot of the state before its word."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._dots: dict[str, QIcon] = {}
        theme.changed.connect(self._dots.clear)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        run = index.data(RUN)
        style: Any = option  # the stubs leave out the fields of the style options
        if isinstance(run, RunRecord):
            style.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
            style.decorationSize = QSize(12, 12)
            style.icon = self._dot(run.state)

    def _dot(self, state: str) -> QIcon:
        if state not in self._dots:
            dot = QIcon()
            for ratio in (1, 2, 3):
                picture = QPixmap(12 * ratio, 12 * ratio)
                picture.setDevicePixelRatio(ratio)
                picture.fill(Qt.GlobalColor.transparent)
                painter = QPainter(picture)
                paint_state(painter, QPointF(6, 6), state)
                painter.end()
                for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
                    dot.addPixmap(picture, mode)
            self._dots[state] = dot
        return self._dots[state]


class ProgressDelegate(RunCellDelegate):
    """A thin bar under the words while a run goes on."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        run = index.data(RUN)
        if not isinstance(run, RunRecord) or not run.alive:
            return
        style: Any = option  # the stubs leave out the fields of the style options
        rect = QRect(style.rect)
        bar = QRectF(rect.left() + 11, rect.bottom() - 4, rect.width() - 22, 2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(bar, 1, 1)
        bar.setWidth(max(2.0, bar.width() * share(run)))
        painter.setBrush(theme.color("warn" if run.state == "paused" else "accent"))
        painter.drawRoundedRect(bar, 1, 1)
        painter.restore()


class _PaintedDelegate(RunCellDelegate):
    """What stands for the words of a cell is painted over it."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        style: Any = option  # the stubs leave out the fields of the style options
        style.text = ""


class StarDelegate(_PaintedDelegate):
    """A star, filled where the run has one."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        marks = index.data(MARKS)
        if not isinstance(marks, Marks):
            return
        style: Any = option  # the stubs leave out the fields of the style options
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = theme.color("warn" if marks.star else "dim")
        if not marks.star:
            color.setAlphaF(0.6)
        painter.setPen(QPen(color, 1.2))
        painter.setBrush(color if marks.star else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(star(QRectF(style.rect).center(), 6.5))
        painter.restore()


class TagsDelegate(_PaintedDelegate):
    """Tags as chips; those that have no room are counted."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        marks = index.data(MARKS)
        if not isinstance(marks, Marks) or not marks.tags:
            return
        style: Any = option  # the stubs leave out the fields of the style options
        rect = QRectF(style.rect).adjusted(8, 0, -6, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(theme.SMALL)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        at = rect.left()
        for number, tag in enumerate(marks.tags):
            left = len(marks.tags) - number - 1
            more = metrics.horizontalAdvance(f"+{left}") + _GAP if left else 0.0
            room = rect.right() - at - more
            wide = metrics.horizontalAdvance(tag) + 2 * _INSIDE
            if wide > room and (number or room < 40):
                painter.setPen(theme.color("dim"))
                place = QRectF(at, rect.top(), rect.right() - at, rect.height())
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"+{left + 1}")
                break
            wide = min(wide, room)
            chip = QRectF(at, rect.center().y() - _CHIP / 2, wide, _CHIP)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(theme.color("card"))
            painter.drawRoundedRect(chip, _CHIP / 2, _CHIP / 2)
            painter.setPen(theme.color("text"))
            shown = metrics.elidedText(tag, Qt.TextElideMode.ElideRight, wide - 2 * _INSIDE + 1)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, shown)
            at += wide + _GAP
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        marks = index.data(MARKS)
        style: Any = option  # the stubs leave out the fields of the style options
        tags = marks.tags if isinstance(marks, Marks) else ()
        metrics = QFontMetricsF(style.font)
        wide = sum(metrics.horizontalAdvance(tag) + 2 * _INSIDE + _GAP for tag in tags)
        return QSize(round(wide) + 12, _CHIP + 4)


def star(center: QPointF, radius: float) -> QPolygonF:
    """The outline of a star with five points."""
    return QPolygonF(
        [
            center
            + QPointF(math.sin(turn * math.pi / 5), -math.cos(turn * math.pi / 5))
            * (radius if turn % 2 == 0 else radius * 0.45)
            for turn in range(10)
        ]
    )
