"""Which settings matter for a result: permutation importance of a random forest, beside the rank correlation.

Imports the layout, theme and widgets; the forest grows in a process of its own.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.brushing import faint
from workbench.gui.compare.dimensions import Laid, Layout
from workbench.gui.json_process import Ending, JsonProcess
from workbench.gui.session import Session
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

_ROW: Final = 28
_HEAD: Final = 28
_NAME: Final = 0.34
_RANK: Final = 132
_HELP: Final = (
    "How much worse a random forest guesses the result when a setting is shuffled (permutation importance, Breiman "
    "2001), and how the setting goes with the result alone (Spearman’s rank correlation). Click a row to see the runs "
    "over that setting"
)


class Bars(QWidget):
    """A row for each setting: its name, how much it matters, its rank correlation; `picked` tells one by its key."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Importance of the settings")
        self.setToolTip(_HELP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.rows: list[tuple[str, str, float, float, float]] = []
        """Key, title, importance (NaN: not known), its spread, rank correlation."""
        self._at = 0
        theme.changed.connect(self.update)

    def show_rows(self, rows: Sequence[tuple[str, str, float, float, float]]) -> None:
        """Show these, the most important first."""
        self.rows = sorted(
            rows, key=lambda row: (-(row[2] if row[2] == row[2] else -1.0), -_strength(row[4]), row[1])
        )
        self._at = min(self._at, max(0, len(self.rows) - 1))
        self.setMinimumHeight(_HEAD + _ROW * len(self.rows) + 8)
        self.setAccessibleDescription(", ".join(f"{row[1]} {_told(row[2])}" for row in self.rows[:8]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.small(self.font()))
        metrics = QFontMetricsF(painter.font())
        name = self.width() * _NAME
        bar = QRectF(name + 12, 0, max(40.0, self.width() - name - _RANK - 84), _ROW)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(14, 0, name, _HEAD), middle, "Setting")
        painter.drawText(
            QRectF(bar.left(), 0, bar.width() + 60, _HEAD), middle, "Importance (loss of R² when shuffled)"
        )
        painter.drawText(QRectF(self.width() - _RANK, 0, _RANK - 14, _HEAD), middle, "Rank correlation")
        most = max((row[2] + row[3] for row in self.rows if row[2] == row[2]), default=0.0) or 1.0
        for place, (_, title, found, spread, rank) in enumerate(self.rows):
            top = _HEAD + place * _ROW
            if self.hasFocus() and place == self._at:
                painter.fillRect(QRectF(0, top, self.width(), _ROW), theme.color("selection"))
            painter.setPen(theme.color("text"))
            shown = metrics.elidedText(text.one_line(title, 120), Qt.TextElideMode.ElideMiddle, name - 14)
            painter.drawText(QRectF(14, top, name, _ROW), middle, shown)
            box = bar.translated(0, top)
            if found == found:
                wide = max(0.0, found) / most * bar.width()
                painter.fillRect(
                    QRectF(box.left(), top + 7, max(1.0, wide), _ROW - 14), theme.color("accent")
                )
                ends = [
                    box.left() + max(0.0, found + side) / most * bar.width() for side in (-spread, spread)
                ]
                painter.setPen(QPen(theme.color("text"), 1))
                painter.drawLine(round(ends[0]), top + _ROW // 2, round(ends[1]), top + _ROW // 2)
            painter.setPen(theme.color("dim"))
            painter.drawText(QRectF(box.right() + 8, top, 64, _ROW), middle, _told(found))
            self._paint_rank(painter, QRectF(self.width() - _RANK, top, _RANK - 14, _ROW), rank)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_rank(self, painter: QPainter, box: QRectF, rank: float) -> None:
        said = text.NONE if math.isnan(rank) else text.number(rank, 2)
        painter.setPen(theme.color("dim" if math.isnan(rank) else "text"))
        painter.drawText(QRectF(box.left(), box.top(), 52, _ROW), int(Qt.AlignmentFlag.AlignVCenter), said)
        if math.isnan(rank):
            return
        middle = box.left() + 52 + (box.width() - 52) / 2
        wide = rank * (box.width() - 52) / 2
        painter.fillRect(QRectF(middle - 0.5, box.top() + 6, 1, _ROW - 12), theme.color("dim"))
        color = faint(theme.color("ok" if rank > 0 else "err"), 0.8)
        painter.fillRect(QRectF(min(middle, middle + wide), box.top() + 10, abs(wide), _ROW - 20), color)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int((event.position().y() - _HEAD) // _ROW)
        if event.button() == Qt.MouseButton.LeftButton and 0 <= place < len(self.rows):
            self._at = place
            self.picked.emit(self.rows[place][0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.rows:
            step = 1 if key == Qt.Key.Key_Down else -1
            self._at = min(len(self.rows) - 1, max(0, self._at + step))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.rows:
            self.picked.emit(self.rows[self._at][0])
        else:
            super().keyPressEvent(event)


class ImportancePage(QWidget):
    """`explored` tells the key of a setting that is to be looked at, and that of the result."""

    explored = Signal(str, str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self._session = session
        self._runs: Sequence[RunRecord] = ()
        self._asked: object = None
        self._process: JsonProcess | None = None
        self._laid = Laid()
        self._answer: Mapping[str, Any] = {}
        self.layout_of_runs = Layout(session, self)
        self.layout_of_runs.came.connect(self._on_laid)
        self.result = Choice("Result", "The result that the settings are to explain; its best value counts")
        self.result.setMinimumWidth(168)
        self.result.picked.connect(lambda _: self._lay())
        self.told = ElidedLabel("", "small")
        self.bars = Bars()
        self.bars.picked.connect(lambda key: self.explored.emit(key, str(self.result.currentData() or "")))
        self.nothing = EmptyState("compare", "", "")
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setAccessibleName("Importance")
        area.setWidgetResizable(True)
        area.setWidget(self.bars)
        surface(self.bars, "panel")
        self.stack = QStackedWidget()
        self.stack.addWidget(area)
        self.stack.addWidget(self.nothing)
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 8, 4)
        row.setSpacing(8)
        row.addWidget(Label("What matters for", "small"))
        row.addWidget(self.result)
        row.addWidget(self.told, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.stack, 1)

    @property
    def busy(self) -> bool:
        """Whether what is wanted is not shown yet."""
        return self.layout_of_runs.busy or self._process is not None

    def show_runs(self, runs: Sequence[RunRecord]) -> None:
        """Judge by these runs."""
        self._runs = runs
        self._lay()

    def _lay(self) -> None:
        self.layout_of_runs.lay(self._runs, lambda: ((), str(self.result.currentData() or ""), 2))

    def _on_laid(self, laid: Laid) -> None:
        self._laid = laid
        items = list(laid.results)
        if items != [
            (self.result.itemData(at), self.result.itemText(at)) for at in range(self.result.count())
        ]:
            self.result.set_items(items)
        self.result.show_value(laid.result)
        settings = list(laid.ranks or {})
        if not settings or laid.columns is None:
            self._stop()
            self.told.setText("")
            self._asked = None
            self.nothing.set_texts(
                "Nothing to weigh", "Here stand settings that differ among runs with a result."
            )
            self.stack.setCurrentIndex(1)
            return
        self.stack.setCurrentIndex(0)
        target = [_number(value) for value in laid.columns[laid.result].values()]
        columns = {key: list(laid.columns[key].values()) for key in settings}
        asked = (laid.result, repr(target), repr(columns))
        if asked != self._asked:
            self._asked, self._answer = asked, {}
            self._ask(columns, target)
        self._show()

    def _ask(self, columns: Mapping[str, Sequence[Any]], target: Sequence[float | None]) -> None:
        from workbench.jobs import importance

        self._stop()
        count = sum(value is not None for value in target)
        if count < importance.LEAST:
            self.told.setText(f"{text.plural(count, 'run')} with a result; a forest needs {importance.LEAST}")
            return
        self.told.setText("Growing a forest…")
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        process.start(importance.command())
        finite = {key: [_plain(value) for value in column] for key, column in columns.items()}
        process.ask({"columns": finite, "target": list(target)}, last=True)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.leave()
            self._process = None

    def _on_said(self, said: Mapping[str, Any]) -> None:
        self._answer = said
        score, runs = said.get("score"), int(said.get("runs", 0))
        if score is None:
            self.told.setText("All results are the same: nothing to explain")
        elif score <= 0:
            self.told.setText(
                f"From {text.plural(runs, 'run')} the forest guesses no better than the mean: bars mean nothing yet"
            )
        else:
            self.told.setText(
                f"A forest of {text.plural(runs, 'run')} explains {100 * score:.0f} % of what differs (out of bag)"
            )
        self._show()

    def _on_finished(self, ending: Ending) -> None:
        self._process = None
        if not self._answer:
            why = ending.unstarted or ending.last_line or f"exit code {ending.code}"
            self.told.setText("The forest could not be grown")
            self._session.message.emit(f"The importance of settings could not be worked out: {why}.", "error")

    def _show(self) -> None:
        found, spreads = self._answer.get("importances", {}), self._answer.get("spreads", {})
        titles = dict(self._laid.causes)
        self.bars.show_rows(
            [
                (
                    key,
                    titles.get(key, key),
                    float(found.get(key, math.nan)),
                    float(spreads.get(key, 0.0)),
                    rank,
                )
                for key, rank in (self._laid.ranks or {}).items()
            ]
        )


def _number(value: object) -> float | None:
    return value if isinstance(value, float) and math.isfinite(value) else None


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _strength(rank: float) -> float:
    return abs(rank) if rank == rank else 0.0


def _told(found: float) -> str:
    return text.NONE if math.isnan(found) else text.number(found, 3)
