"""What differs between the compared runs, as a table under the pages.  Imports differences, table and widgets."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.compare.differences import differences
from workbench.gui.compare.table import DifferencesTable
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

_MOST_LINES: Final = 4
_MARGIN: Final = 2
_LEAST: Final = 36


class Verdict(QPlainTextEdit):
    """Sentences to read and copy: as high as they are long, up to some lines; more of them scroll."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("kind", "said")
        self.document().setDocumentMargin(_MARGIN)

    def fit(self) -> None:
        """Make it as high as it is to be."""
        lines = max(1.0, self.document().size().height())  # a plain text counts in lines
        high = self.blockBoundingRect(self.document().firstBlock()).height() * min(1.0, _MOST_LINES / lines)
        self.setFixedHeight(max(_LEAST, math.ceil(high) + 2 * _MARGIN + 2))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


class DifferencesPanel(QWidget):
    """The table with its base run; `changed` tells that another base run was chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        surface(self, "panel")
        self.header = Label("", "section")
        self.only = QCheckBox("Differences only")
        self.only.setChecked(True)
        self.only.setAccessibleName("Differences only")
        self.only.setToolTip("Leave out what is the same in all runs")
        self.only.toggled.connect(lambda _: self.changed.emit())
        self.base = Choice("Base run", "The run that the others are held against")
        self.base.setMinimumWidth(170)
        self.base.picked.connect(lambda _: self.changed.emit())
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 8, 4)
        row.setSpacing(12)
        row.addWidget(self.header, 1)
        row.addWidget(self.only)
        row.addWidget(self.base)
        self.row = row
        self.table = DifferencesTable()
        self.same = EmptyState("check", "", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.same)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        column.addWidget(self._verdict())
        self.setMinimumHeight(180)

    def _verdict(self) -> QWidget:
        self.figure = Choice(
            "Figure of the verdict", "The figure by which runs are judged; its best value counts"
        )
        self.figure.setFixedWidth(128)
        self.figure.picked.connect(lambda _: self.changed.emit())
        self.verdict = Verdict()
        self.verdict.setAccessibleName("Verdict")
        self.verdict.setToolTip(
            "Whether the runs differ by more than chance: runs that differ in nothing but the seed are taken together"
        )
        self.judged = QWidget()
        surface(self.judged, "panel", "top")
        row = QHBoxLayout(self.judged)
        row.setContentsMargins(14, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.figure, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.verdict, 1)
        self.judged.hide()
        return self.judged

    def offer_figures(self, names: Sequence[str], main: str) -> str:
        """Figures by which one may judge; gives the one that is chosen, the main one at first."""
        if names != [self.figure.itemData(place) for place in range(self.figure.count())]:
            chosen = self.figure.currentData()
            self.figure.set_items([(name, text.one_line(name, 40)) for name in names])
            if chosen not in names:
                self.figure.show_value(main)
        return str(self.figure.currentData() or "")

    def judge(self, verdict: str) -> None:
        """Show a verdict; "" for none."""
        if verdict != self.verdict.toPlainText():
            self.verdict.setPlainText(verdict)
            self.verdict.fit()
        self.judged.setVisible(bool(verdict))

    def offer(self, runs: Sequence[RunRecord]) -> None:
        """Runs one of which may be the base."""
        self.base.set_items([(run.id, f"Base #{run.id} {text.one_line(run.name, 30)}") for run in runs])

    def base_of(self, runs: Sequence[RunRecord]) -> int:
        """The place of the base run among these."""
        return {run.id: place for place, run in enumerate(runs)}.get(self.base.currentData(), 0)

    def show_runs(
        self,
        runs: Sequence[RunRecord],
        colors: Sequence[int],
        params: Mapping[int, Mapping[str, Any]],
        summaries: Summaries,
    ) -> None:
        """Show what differs between these, one or more."""
        base, only = self.base_of(runs), self.only.isChecked()
        rows = differences(runs, params, summaries, base, only=only)
        self.table.differences.show(runs, colors, base, rows)
        title = (
            f"Differences only · base #{runs[base].id}" if only else f"All settings · base #{runs[base].id}"
        )
        self.header.setText((title if len(runs) > 1 else f"Run #{runs[0].id}").upper())
        self.only.setEnabled(len(runs) > 1)
        self.base.setEnabled(len(runs) > 1)
        if not rows:
            self.same.set_texts("No difference", "These runs have the same settings and the same results.")
        self.stack.setCurrentIndex(0 if rows else 1)

    def step(self, by: int) -> None:
        """Select the next row in which the runs differ, or the one before; at the end it begins anew."""
        rows = self.table.differences.rows
        differing = [place for place, row in enumerate(rows) if row.differs]
        if not differing:
            return
        now = self.table.currentIndex().row()
        if by > 0:
            wanted = next((place for place in differing if place > now), differing[0])
        else:
            wanted = next((place for place in reversed(differing) if place < now), differing[-1])
        self.table.selectRow(wanted)
        self.table.scrollTo(self.table.differences.index(wanted, 0))
