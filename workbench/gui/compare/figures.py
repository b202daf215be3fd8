"""What each compared run recorded, metric by metric: best, last, least and largest value with their steps.

Imports records, metrics and widgets.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomically
from workbench.gui import theme
from workbench.gui.compare.chooser import disc
from workbench.gui.runs import metrics
from workbench.gui.runs.table import CellDelegate
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import RunRecord, Summary

Index = QModelIndex | QPersistentModelIndex
HEADERS: Final = (
    "Run",
    "Metric",
    "Best",
    "at step",
    "Last",
    "at step",
    "Least",
    "at step",
    "Largest",
    "at step",
    "Values",
)
_WIDTHS: Final = (152, 152, 88, 70, 88, 70, 88, 70, 88, 70, 64)
_WIDEST_NAME: Final = 360
_CSV: Final = (
    "run", "name", "metric", "best", "best_step", "last", "last_step", "min", "min_step", "max", "max_step", "values",
)  # fmt: skip
_ROLES = Qt.ItemDataRole
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one run; `up` says that its large values are the good ones, `top` that no other run's best is as
    good.
    """

    run: RunRecord
    color: int
    summary: Summary
    up: bool
    top: bool = False

    @property
    def best(self) -> tuple[float, int]:
        """The best value and its step."""
        return metrics.best_of(self.summary, self.up)

    @property
    def texts(self) -> tuple[str, ...]:
        """The row as it is shown."""
        one = self.summary
        pairs = (
            self.best,
            (one.last, one.last_step),
            (one.min, one.min_step),
            (one.max, one.max_step),
        )
        cells = [cell for value, step in pairs for cell in (text.number(value), text.whole(step))]
        name = f"#{self.run.id} {text.one_line(self.run.name, 60)}"
        return (name, text.one_line(one.metric, 80), *cells, text.whole(one.count))

    @property
    def numbers(self) -> tuple[object, ...]:
        """The row as other programs read it, with all digits."""
        one, (best, step) = self.summary, self.best
        return (
            self.run.id, text.one_line(self.run.name), text.one_line(one.metric), best, step, one.last, one.last_step,
            one.min, one.min_step, one.max, one.max_step, one.count,
        )  # fmt: skip


def figures(runs: Sequence[RunRecord], colors: Sequence[int], summaries: Summaries) -> list[Figure]:
    """All figures: runs beside one another for each metric, the results that count most first."""
    found: list[Figure] = []
    mine = {run.id: summaries.get(run.id, {}) for run in runs}
    for name in metrics.names(metrics.recorded(mine.values())):
        for split in (*metrics.SPLITS, ""):
            metric = f"{split}/{name}" if split else name
            up = metrics.rises(each[metric] for each in mine.values() if metric in each)
            rows = [
                Figure(run, color, mine[run.id][metric], up)
                for run, color in zip(runs, colors, strict=True)
                if metric in mine[run.id]
            ]
            found += _with_top(rows)
    return found


def _with_top(rows: Sequence[Figure]) -> list[Figure]:
    values = [row.best[0] for row in rows]
    known = [value for value in values if value == value]  # NaN is no result
    if len(known) < 2:
        return list(rows)
    top = max(known) if rows[0].up else min(known)
    alone = values.count(top) == 1
    return [replace(row, top=alone and value == top) for row, value in zip(rows, values, strict=True)]


def as_csv(rows: Sequence[Figure]) -> str:
    """The figures as a file of comma-separated values."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_CSV)
    writer.writerows(map(text.cell, row.numbers) for row in rows)
    return stream.getvalue()


class FiguresModel(QAbstractTableModel):
    """Figures as rows."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Figure] = []

    def show(self, rows: Sequence[Figure]) -> None:
        """Show these; where only values changed, the table stays where it is scrolled to."""
        if list(rows) == self.rows:
            return
        key = [(row.run.id, row.summary.metric) for row in rows]
        same = key == [(row.run.id, row.summary.metric) for row in self.rows]
        if not same:
            self.beginResetModel()
        self.rows = list(rows)
        if not same:
            self.endResetModel()
        else:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(HEADERS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLES.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role in (_ROLES.DisplayRole, _ROLES.ToolTipRole):
            return HEADERS[section]
        return (_RIGHT if section > 1 else _LEFT) if role == _ROLES.TextAlignmentRole else None

    def data(self, index: Index, role: int = _ROLES.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role in (_ROLES.DisplayRole, _ROLES.ToolTipRole):
            return row.texts[column]
        if role == _ROLES.TextAlignmentRole:
            return _RIGHT if column > 1 else _LEFT
        if role == _ROLES.DecorationRole and column == 0:
            return disc(theme.curve_color(row.color), filled=True)
        if role == _ROLES.FontRole and row.top and column == 2:
            bold = QFont()
            bold.setPixelSize(theme.TEXT)
            bold.setWeight(QFont.Weight.DemiBold)
            return bold
        return None


class FiguresTable(QTableView):
    """Ctrl+C copies the selected rows."""

    def __init__(self) -> None:
        super().__init__()
        self.figures = FiguresModel()
        self._filled = _WIDTHS[0]
        self.setModel(self.figures)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName("Figures of the runs")
        self.setToolTip("What each run recorded of each metric; the best result of a metric is bold")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(28)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, width)
        theme.changed.connect(self.viewport().update)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        header = self.horizontalHeader()
        if header.sectionSize(0) in (_WIDTHS[0], self._filled):  # else a person has chosen how wide it is
            room = self.viewport().width() - header.length() + header.sectionSize(0)
            self._filled = min(_WIDEST_NAME, max(_WIDTHS[0], room))
            header.resizeSection(0, self._filled)

    def chosen(self) -> list[Figure]:
        """The selected rows, from the top."""
        return [
            self.figures.rows[row]
            for row in sorted(index.row() for index in self.selectionModel().selectedRows())
        ]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            copy(self.chosen())
        else:
            super().keyPressEvent(event)


def copy(rows: Sequence[Figure]) -> None:
    """Put figures on the clipboard, as spreadsheets take them."""
    lines = [HEADERS, *(row.texts for row in rows)]
    QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))


class FiguresPage(QWidget):
    """The table, and what can be done with it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self._session = session
        self.tally = ElidedLabel("", "small")
        self.copying = Button("Copy", "Copy all figures, for a spreadsheet", icon="copy", name="Copy figures")
        self.copying.clicked.connect(self._copy)
        self.exporting = Button(
            "Export…", "Write all figures to a CSV file", icon="export", name="Export figures"
        )
        self.exporting.clicked.connect(self.ask)
        row = QHBoxLayout()
        row.setContentsMargins(14, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.tally, 1)
        row.addWidget(self.copying)
        row.addWidget(self.exporting)
        self.table = FiguresTable()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.table, 1)

    def show_runs(self, runs: Sequence[RunRecord], colors: Sequence[int], summaries: Summaries) -> None:
        """Show the figures of these runs."""
        rows = figures(runs, colors, summaries)
        self.table.figures.show(rows)
        names = {row.summary.metric for row in rows}
        self.tally.setText(
            f"{text.plural(len(names), 'metric')} of {text.plural(len(runs), 'run')}"
            if rows
            else "Nothing recorded yet"
        )
        for button in (self.copying, self.exporting):
            button.setEnabled(bool(rows))

    def ask(self) -> None:
        """Let a person choose the file."""
        dialog = QFileDialog(
            self.window(), "Export the figures", str(Path.cwd()), "Comma-separated values (*.csv)"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.selectFile("figures.csv")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.write(Path(chosen)))
        dialog.show()

    def write(self, path: Path) -> None:
        """Write all figures to a file, in the background."""
        content = as_csv(self.table.figures.rows).encode()

        def work(_: object) -> None:
            try:
                write_atomically(path, content)
            except OSError as error:
                raise WorkbenchError(f"{path} cannot be written: {error.strerror or error}.") from error

        session = self._session
        session.call(work, lambda _: session.message.emit(f"The figures were written to {path}.", "ok"))

    def _copy(self) -> None:
        copy(self.table.figures.rows)
        self._session.message.emit("The figures are on the clipboard.", "ok")
