"""The page Weights: how weights, gradients and outputs of all layers are distributed, now and over the training.

Imports Qt, the page and charts.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.data.charts import Chart, Histogram
from workbench.gui.inspect.epochs import EpochHeat
from workbench.gui.inspect.page import PARTS, Page
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.inspect.surface import LossSurface
from workbench.gui.widgets.buttons import Chips
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import EmptyState, clear_layout, surface

_PARTS_OF_PAGE: Final = (
    ("distributions", "Distributions"),
    ("recorded", "Over time"),
    ("loss_surface", "Loss surface"),
)
_SIDE: Final = 15
"""So many places in each direction; each is one look at the examples."""
_KINDS: Final = (("weights", "Weights"), ("gradients", "Gradients"), ("activations", "Outputs"))
_RECORDED: Final = (("weights", "Weights"), ("gradients", "Gradients"), ("outputs", "Outputs"))
_UNRECORDED: Final = (
    "Nothing was recorded over time",
    "Put the probe Layer histograms into the drawing, where it stands by itself, and train again: "
    "it records the weights, gradients and outputs of all layers while a run goes on.",
)


class WeightsPage(Page):
    """A row of histograms for each layer."""

    title: ClassVar[str] = "Weights"
    needs: ClassVar[tuple[str, ...]] = ("distributions",)

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self.split = Choice("Part", "Of which part of the data the gradients and outputs are")
        self.split.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.split.picked.connect(lambda _: self.look())
        self.said = ElidedLabel("", "small")
        self.chips = Chips(_PARTS_OF_PAGE, "What of the weights")
        self.chips.button("distributions").setToolTip("How the numbers of these weights are distributed")
        self.chips.button("recorded").setToolTip("How they were in each epoch that the run recorded")
        self.chips.button("loss_surface").setToolTip("The loss around the weights, in two random directions")
        self.chips.chosen.connect(lambda _: self.look())
        self.head.addWidget(self.chips)
        self.head.addWidget(self.split)
        self.head.addWidget(self.said, 2)
        self.head.addWidget(self.work, 1)
        self.charts: list[Chart] = []
        inside = QWidget()
        surface(inside, "panel")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2)
        for place in range(len(_KINDS)):
            self._grid.setColumnStretch(place, 1)
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 0, 12, 12)
        column.addLayout(self._grid)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Histograms of the layers")
        area.setToolTip("A row for each layer with weights")
        area.setWidget(inside)
        self.waiting = EmptyState("inspect", "", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.waiting)
        self.stack.addWidget(area)
        self.surface = LossSurface()
        self.stack.addWidget(self.surface)
        self.body.addWidget(self.stack)

    def reset(self) -> None:
        splits = self.subject.splits if self.subject is not None else {}
        self.split.set_items([(name, PARTS.get(name, name)) for name, count in splits.items() if count])
        self.split.show_value("train")
        can = self.subject is not None and self.subject.can("loss_surface")
        self.chips.button("distributions").setChecked(True)
        self.chips.button("loss_surface").setVisible(can)
        self._clear()
        self._wait("", "")

    def look(self) -> None:
        split = self.split.currentData()
        asked: dict[str, Any] = {"split": split} if isinstance(split, str) else {}
        self.split.setVisible(bool(asked) and self.chips.current() != "recorded")
        if self.chips.current() == "recorded":
            self._wait("Reading what was recorded", "")
            self.ask(
                "recorded", self._on_recorded, "Reading what was recorded", self._on_refused, slot="page"
            )
            return
        if self.chips.current() == "loss_surface":
            hint = f"The loss is computed at {_SIDE * _SIDE} places around the weights (Li et al. 2018)."
            self._wait("Computing the loss around the weights", hint)
            asked["size"] = _SIDE
            self.ask(
                "loss_surface", self._on_surface, "Computing losses", self._on_refused, slot="page", **asked
            )
            return
        self._wait("Looking into the layers", "Gradients and outputs are those of one batch of examples.")
        self.ask(
            "distributions",
            self._on_answer,
            "Looking into the layers",
            self._on_refused,
            slot="page",
            **asked,
        )

    def stopped(self) -> None:
        self._wait("Stopped", "Choose a part of the data, or what is to be shown.")
        self._fresh = True

    def _wait(self, title: str, hint: str) -> None:
        self.said.hide()
        self.waiting.set_texts(title, hint)
        self.stack.setCurrentIndex(0)

    def _show_said(self, role: str = "small") -> None:
        self.said.set_role(role)
        self.said.show()

    def _on_refused(self, reason: str) -> None:
        self._wait("The layers could not be looked into", reason)

    def _clear(self) -> None:
        clear_layout(self._grid)
        self.charts = []
        self.said.setText("")

    def _on_answer(self, answer: Answer) -> None:
        self._clear()
        layers = answer.get("layers") or ()
        if not layers:
            self._wait("No layer has weights", "This model has nothing that learns.")
            return
        for place, layer in enumerate(layers):
            name, kind = (text.one_line(str(layer.get(key) or ""), 60) for key in ("path", "type"))
            self._add(3 * place, name, kind, {words: layer.get(key) for key, words in _KINDS})
        left, trouble = int(answer.get("left_out") or 0), str(answer.get("trouble") or "")
        said = [text.plural(len(layers), "layer"), f"{left} more are left out" if left else "", trouble]
        if answer.get("examples"):
            said.insert(1, f"gradients and outputs of {text.plural(int(answer['examples']), 'example')}")
        self.said.setText(" · ".join(words for words in said if words))
        self._show_said("err" if trouble else "small")
        self.stack.setCurrentIndex(1)

    def _on_surface(self, answer: Answer) -> None:
        self.surface.show_loss(answer.get("axis") or (), answer.get("loss") or ())
        self.said.setText(str(answer.get("said") or ""))
        self._show_said()
        self.stack.setCurrentWidget(self.surface)

    def _add(self, row: int, name: str, kind: str, found: Mapping[str, Any]) -> None:
        """A layer: its name, and a histogram of each kind that it has."""
        self._add_title(row, f"{name} · {kind}" if kind else name)
        for column, (words, each) in enumerate(found.items()):
            if not isinstance(each, Mapping) or not each.get("counts"):
                continue
            figure = {"title": f"{words} of {name}", "edges": each["edges"], "values": each["counts"]}
            self._grid.addWidget(ElidedLabel(_summary(words, each), "small"), row + 1, column)
            chart = Histogram(figure)
            self._grid.addWidget(chart, row + 2, column)
            self.charts.append(chart)

    def _add_title(self, row: int, words: str) -> None:
        title = Label(words, "strong")
        title.setContentsMargins(0, 12 if row else 2, 0, 2)
        self._grid.addWidget(title, row, 0, 1, len(_KINDS))

    def _on_recorded(self, answer: Answer) -> None:
        """A row for each layer with what each recorded epoch had."""
        self._clear()
        layers, epochs = answer.get("layers") or (), answer.get("epochs") or ()
        if not layers:
            self._wait(*_UNRECORDED)
            return
        for place, layer in enumerate(layers):
            name = text.one_line(str(layer.get("name") or ""), 80)
            self._add_title(3 * place, name)
            for column, (key, words) in enumerate(_RECORDED):
                if isinstance(told := layer.get(key), Mapping):
                    chart = EpochHeat(words, name, told, epochs, int(answer.get("epoch") or 0))
                    self._grid.addWidget(chart, 3 * place + 1, column)
                    self.charts.append(chart)
        left = int(answer.get("left_out") or 0)
        said = [
            text.plural(len(layers), "layer"),
            f"{text.plural(len(epochs), 'epoch')}, from left to right",
            f"{left} more are left out" if left else "",
            "line: mean; dashed: epoch of these weights",
        ]
        self.said.setText(" · ".join(words for words in said if words))
        self._show_said()
        self.stack.setCurrentIndex(1)


def _summary(words: str, found: Mapping[str, Any]) -> str:
    known = [key for key in ("mean", "std") if found.get(key) is not None]
    parts = [words, *(f"{key} {text.number(float(found[key]), 3)}" for key in known)]
    if found.get("odd"):
        parts.append(f"{text.whole(float(found['odd']))} NaN or infinite")
    return " · ".join(parts)
