"""The page Errors: how good the model is on a part of the data, and the samples on which it errs.

Imports Qt, the charts and the samples.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import theme
from workbench.gui.data.charts import Histogram
from workbench.gui.inspect.confusion import MOST_CLASSES, ConfusionView
from workbench.gui.inspect.numbers import Numbers
from workbench.gui.inspect.page import PARTS, Own, Page, Place
from workbench.gui.inspect.rates import RateCurves, Reliability, lines_of
from workbench.gui.inspect.samples import SamplesPane
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.widgets.axes import padded
from workbench.gui.widgets.buttons import Chips
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.scatter import Dot, ScatterPlot
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, clear_layout, surface
from workbench.gui.widgets.table import TextTable

_CHARTS: Final = (
    ("confusion", "Confusion"),
    ("classes", "Classes"),
    ("reliability", "Reliability"),
    ("roc", "ROC"),
    ("pr", "Precision–recall"),
    ("numbers", "True and predicted"),
    ("residuals", "Residuals"),
)
_OF: Final = {"numbers": ("numbers", "residuals")}
_OF_CLASSES: Final = ("confusion", "classes", "reliability", "roc", "pr")


class Against(ScatterPlot):
    """What is true across, what was predicted up, in the same range: right is what lies on the dashed line."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        area = self._area()
        painter = QPainter(self)
        painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())
        painter.end()


class ErrorsPage(Page):
    """Figures and charts on the left; what is chosen in them is shown as samples on the right."""

    title: ClassVar[str] = "Errors"
    needs: ClassVar[tuple[str, ...]] = ("evaluate",)

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self._answer: Mapping[str, Any] = {}
        self._columns: Sequence[Mapping[str, Any]] = ()
        self.column = Choice("Column", "Which of the numbers that are predicted; each has units of its own")
        self.column.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.column.picked.connect(self._show_column)
        self.split = Choice("Part", "Which part of the data the model is tried on")
        self.split.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.figures = ElidedLabel("", "strong")
        self.head.addWidget(self.split)
        self.head.addWidget(self.column)
        self.head.addWidget(self.figures, 2)
        self.head.addWidget(self.work, 2)
        self.samples = SamplesPane(self)
        self.samples.going.connect(self.going)
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.addWidget(self._left())
        splitter.addWidget(self.samples)
        splitter.setSizes([600, 560])
        self.waiting = EmptyState("inspect", "", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.waiting)
        self.stack.addWidget(splitter)
        self.body.addWidget(self.stack)
        self.split.picked.connect(lambda _: self.look())

    def _left(self) -> QWidget:
        left = QWidget()
        surface(left, "panel")
        left.setMinimumWidth(330)
        self.chips = Chips(_CHARTS, "Chart")
        self.chips.chosen.connect(lambda _: self._show_chart())
        self.confusion = ConfusionView()
        self.confusion.chosen.connect(self._on_cell)
        self.table = TextTable(
            "Classes",
            "How well each class is told; a double click or Enter shows its samples",
            ("Class", "Precision", "Recall", "F1", "Samples"),
            (150, 78, 78, 78, 70),
        )
        self.table.activated.connect(self._on_class)
        self.reliability = Reliability()
        self.roc = RateCurves(
            "ROC curves",
            "One class against all others: how many are found, for how many false alarms",
            "false positive rate",
            "true positive rate",
        )
        self.pr = RateCurves(
            "Precision–recall curves",
            "One class against all others: how many of those found are right, for how many found",
            "recall",
            "precision",
        )
        self.scatter = Against(
            "True and predicted", "A dot is a sample; on the dashed line it is right. Click it to see it"
        )
        self.scatter.chosen.connect(self._on_dot)
        residuals = QWidget()
        self._residuals = QVBoxLayout(residuals)
        self._residuals.setContentsMargins(12, 8, 12, 8)
        self.charts = QStackedWidget()
        for chart in (
            self.confusion,
            self.table,
            self.reliability,
            self.roc,
            self.pr,
            self.scatter,
            residuals,
        ):
            self.charts.addWidget(chart)
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 0, 4, 8)
        column.setSpacing(8)
        column.addWidget(self.chips)
        column.addWidget(self.charts, 1)
        return left

    # ------------------------------------------------------------- asking

    def reset(self) -> None:
        subject = self.subject
        self._answer = {}
        self.figures.setText("")
        self.column.hide()
        self.samples.clear()
        self._wait("", "")
        splits = subject.splits if subject is not None else {}
        self.split.set_items([(name, PARTS.get(name, name)) for name, count in splits.items() if count])
        self.split.show_value(next((name for name in ("test", "validation") if splits.get(name)), ""))

    def look(self) -> None:
        split = self.split.currentData()
        if isinstance(split, str):
            self._answer = {}  # of another part, whose figures are no longer those of what is chosen
            self.figures.setText("")
            self.samples.clear()
            self._wait(
                "Trying the model", f"It is tried on all samples of the part {PARTS.get(split, split)}."
            )
            self.ask("evaluate", self._on_evaluated, "Trying the model", self._on_refused, split=split)

    def stopped(self) -> None:
        if not self._answer:
            self._wait("Stopped", "Choose a part of the data to try the model on.")
            self._fresh = True

    def show_place(self, place: Place | Own) -> None:
        if isinstance(place, Place):
            self.split.show_value(place.split)

    def _wait(self, title: str, hint: str) -> None:
        self.waiting.set_texts(title, hint)
        self.stack.setCurrentIndex(0)

    def _on_refused(self, reason: str) -> None:
        self.figures.setText("")
        self._wait("The model could not be tried", reason)

    def _on_evaluated(self, answer: Answer) -> None:
        self._answer = answer
        self.figures.setText(" · ".join(figures_of(answer)))
        kinds = _OF.get(str(answer.get("kind")), _OF_CLASSES)
        if answer.get("kind") not in ("classes", "numbers"):
            self._wait("There is nothing to hold the answers against", str(answer.get("said") or ""))
            return
        small = 0 < len(answer.get("confusion") or ()) <= MOST_CLASSES
        bins = bool((answer.get("calibration") or {}).get("bins"))
        left_out = {
            "confusion": not small,
            "reliability": not bins,
            "roc": not answer.get("roc"),
            "pr": not answer.get("pr"),
        }
        for key, _ in _CHARTS:
            self.chips.button(key).setVisible(key in kinds and not left_out.get(key, False))
        if self.chips.button(self.chips.current()).isHidden():
            first = next(key for key in kinds if not self.chips.button(key).isHidden())
            self.chips.button(first).setChecked(True)
        self._columns = answer.get("columns") or ()
        self.column.setVisible(bool(self._columns))
        if kinds != _OF["numbers"]:
            self._fill_classes(answer)
        elif self._columns:
            self._fill_columns()
        else:
            self._fill_numbers(answer)
        self._show_chart()
        self.stack.setCurrentIndex(1)
        split = self.split.currentData()
        if isinstance(split, str) and self.subject is not None and self.subject.can("samples"):
            self.samples.show_split(split)

    def _fill_classes(self, answer: Answer) -> None:
        classes = [str(name) for name in answer.get("classes") or ()]
        counts = answer.get("confusion") or ()
        if 0 < len(counts) <= MOST_CLASSES:
            self.confusion.show_counts(classes, counts)
        rows = zip(classes, answer.get("table") or (), strict=False)
        self.table.show_rows([_class_row(name, row) for name, row in rows])
        self.reliability.show_bins((answer.get("calibration") or {}).get("bins") or ())
        self.roc.show_lines(lines_of(answer.get("roc") or (), classes), guess=True)
        self.pr.show_lines(lines_of(answer.get("pr") or (), classes), guess=False)

    def _fill_columns(self) -> None:
        """Each column by itself; the one that was looked at stays in view."""
        names = (text.one_line(str(each.get("name")), 40) for each in self._columns)
        self.column.set_items(list(enumerate(names)))
        self._show_column(self.column.currentData())

    def _show_column(self, place: int) -> None:
        self._answer = {**self._answer, **self._columns[place]}
        self.figures.setText(" · ".join(figures_of(self._answer)))
        self._fill_numbers(self._answer)

    def _fill_numbers(self, answer: Answer) -> None:
        points = [
            (place, float(true), float(predicted))
            for place, (true, predicted) in enumerate(answer.get("points") or ())
            if true is not None and predicted is not None
        ]
        known = [value for _, true, predicted in points for value in (true, predicted)]
        low, high = padded(min(known), max(known)) if known else (0.0, 1.0)
        said = {
            place: f"true {text.number(true)}, predicted {text.number(predicted)}"
            for place, true, predicted in points
        }
        self.scatter.show_dots(
            [Dot(place, true, predicted, 0) for place, true, predicted in points],
            Numbers("true", low, high),
            Numbers("predicted", low, high),
            lambda place: said.get(place, ""),
        )
        clear_layout(self._residuals)
        residuals = answer.get("residuals") or {}
        figure = {
            "title": "Predicted minus true",
            "edges": residuals.get("edges"),
            "values": residuals.get("counts"),
        }
        chart = Histogram(figure)
        chart.setMinimumHeight(220)
        self._residuals.addWidget(chart)
        self._residuals.addStretch(1)

    def _show_chart(self) -> None:
        self.charts.setCurrentIndex([key for key, _ in _CHARTS].index(self.chips.current()))

    # ------------------------------------------------------------- what is chosen

    def _on_cell(self, row: int, column: int) -> None:
        self.samples.show_only({"target": row, "predicted": column})

    def _on_class(self, index: QModelIndex) -> None:
        self.confusion.clear_mark()
        self.samples.show_only({"target": index.row()})

    def _on_dot(self, place: int) -> None:
        indices: Sequence[int] = self._answer.get("indices") or ()
        if place < len(indices):
            self.samples.show_index(int(indices[place]))


def _class_row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    shares = (
        "–" if row.get(key) is None else f"{float(row[key]):.3f}" for key in ("precision", "recall", "f1")
    )
    return (name, *shares, text.whole(float(row.get("support") or 0)))


def figures_of(answer: Answer) -> list[str]:
    """The figures that sum it all up, in words."""
    found = []
    if answer.get("accuracy") is not None:
        found.append(f"{float(answer['accuracy']):.2%} right")
    for key, title in (("rmse", "RMSE"), ("mae", "MAE"), ("r2", "R²"), ("loss", "loss")):
        if answer.get(key) is not None:
            found.append(f"{title} {text.number(float(answer[key]))}")
    error = (answer.get("calibration") or {}).get("ece")
    if error is not None:
        found.append(f"calibration error {float(error):.2%}")
    if answer.get("count"):
        found.append(text.plural(int(answer["count"]), "sample"))
    if answer.get("said"):
        found.append(str(answer["said"]))
    return found
