"""The page Map: the samples of a part laid out so that those lie near each other which a layer takes to be alike.

Imports Qt, the page of a sample and the scatter.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget

from workbench.core import text
from workbench.gui.inspect.legend import Legend
from workbench.gui.inspect.numbers import Numbers
from workbench.gui.inspect.page import Own, Place
from workbench.gui.inspect.sample_page import SamplePage
from workbench.gui.inspect.samples import said
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.widgets.axes import padded
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.scatter import Dot, ScatterPlot
from workbench.gui.widgets.surfaces import EmptyState

_METHODS: Final = (("pca", "PCA"), ("t-sne", "t-SNE"))
_COLORS: Final = (("targets", "True class"), ("predicted", "Predicted class"), ("wrong", "Right or wrong"))
_MOST_CHOICES: Final = 100
_HOVER_MS: Final = 120
_RIGHT, _WRONG = 2, 4
"""Their colours among the curves: green and red."""


class MapPage(SamplePage):
    """A dot for each sample; pointing at one shows it, a click keeps it."""

    title: ClassVar[str] = "Map"
    needs: ClassVar[tuple[str, ...]] = ("embedding",)

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self._answer: Mapping[str, Any] = {}
        self._split = ""
        self.layer = Choice("Layer", "The layer whose output is laid out")
        self.layer.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.layer.setMaximumWidth(220)
        self.method = Choice("Method", "PCA is quick; t-SNE shows groups better and takes its time", _METHODS)
        self.colors = Choice("Colour", "What the colours mean", _COLORS)
        for widget in (self.layer, self.method, self.colors):
            self.head.addWidget(widget)
        self.head.addStretch(1)
        self.head.addWidget(self.work, 1)
        self.side_column.addStretch(1)
        self.said = ElidedLabel("", "small")
        self.plot = ScatterPlot(
            "Map of the samples", "A dot is a sample; point at it to see it, click to keep it"
        )
        self.plot.chosen.connect(self._on_dot)
        self.plot.installEventFilter(self)
        self.nothing = EmptyState("inspect", "", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.plot)
        self.stack.addWidget(self.nothing)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 4)
        row.addWidget(self.said, 1)
        self.legend = Legend()
        self.main.addWidget(self.legend)
        self.main.addWidget(self.stack, 1)
        self.main.addLayout(row)
        self._hover = QTimer(self, singleShot=True, interval=_HOVER_MS)
        self._hover.timeout.connect(self._on_hover)
        self.layer.picked.connect(lambda _: self._lay_out())
        self.method.picked.connect(lambda _: self._lay_out())
        self.colors.picked.connect(lambda _: self._show())

    def reset(self) -> None:
        super().reset()
        subject = self.subject
        self._answer, self._split = {}, ""
        layers = subject.layers if subject is not None else ()
        self.layer.set_items([(str(each["path"]), text.one_line(str(each["path"]), 40)) for each in layers])
        self.layer.setCurrentIndex(max(0, len(layers) - 2))
        self._say(
            "Laying the samples out", "Those that the layer takes to be alike will lie near each other."
        )

    def follow(self, place: Place | Own) -> None:
        """Own inputs have no place on the map of a part."""
        if isinstance(place, Place):
            super().follow(place)

    def see(self) -> None:
        """Another sample of the same part changes nothing of the map."""
        if isinstance(self.place, Place) and self.place.split != self._split:
            self._lay_out()

    def _lay_out(self) -> None:
        layer = self.layer.currentData()
        if not isinstance(self.place, Place) or not isinstance(layer, str):
            return
        self._split = self.place.split
        self._say(
            "Laying the samples out", "Those that the layer takes to be alike will lie near each other."
        )
        asked = {"split": self._split, "layer": layer, "method": self.method.currentData()}
        self.ask("embedding", self._on_points, "Laying the samples out", self._on_refused, **asked)

    def stopped(self) -> None:
        self._say("Stopped", "Choose a layer or a method to lay the samples out.")
        self._split = ""

    def _on_refused(self, reason: str) -> None:
        self._say("The samples could not be laid out", reason)

    def _say(self, title: str, hint: str) -> None:
        self.nothing.set_texts(title, hint)
        self.stack.setCurrentWidget(self.nothing)
        self.said.setText("")

    def _on_points(self, answer: Answer) -> None:
        self._answer = answer
        classes = answer.get("classes") or ()
        singly = [
            (place, f"Only {text.one_line(str(name), 40)}")
            for place, name in enumerate(classes[:_MOST_CHOICES])
        ]
        self.colors.set_items([*_COLORS, *singly])
        self.colors.setVisible(bool(classes))
        left = int(answer.get("left_out") or 0)
        rest = f"{left:,} samples are left out" if left else ""
        self.said.setText(" · ".join(word for word in (str(answer.get("said") or ""), rest) if word))
        self._show()
        self.stack.setCurrentWidget(self.plot)

    def _show(self) -> None:
        answer = self._answer
        points = [
            (place, float(point[0]), float(point[1]))
            for place, point in enumerate(answer.get("points") or ())
            if point[0] is not None and point[1] is not None
        ]
        if not points:
            return
        xs, ys = [x for _, x, _ in points], [y for _, _, y in points]
        indices = answer.get("indices") or ()
        self.plot.show_dots(
            [Dot(int(indices[place]), x, y, self._color(place)) for place, x, y in points],
            Numbers("first direction", *padded(min(xs), max(xs))),
            Numbers("second direction", *padded(min(ys), max(ys))),
            self._words,
        )
        self._show_legend()

    def _color(self, place: int) -> int:
        """A colour among the curves; classes repeat them where there are many."""
        target, predicted = (
            (self._answer.get(key) or ())[place : place + 1] for key in ("targets", "predicted")
        )
        if not self._answer.get("classes"):
            return 0
        chosen = self.colors.currentData()
        if chosen == "wrong":
            return _RIGHT if list(target) == list(predicted) else _WRONG
        if isinstance(chosen, int):  # one class against all others
            return 0 if list(target) == [chosen] else -1
        found = predicted if chosen == "predicted" else target
        return int(found[0]) if found and isinstance(found[0], int) else -1

    def _show_legend(self) -> None:
        """The colours of the classes, as many as there is room for."""
        chosen, classes = self.colors.currentData(), self._answer.get("classes") or ()
        names: list[tuple[str, int]] = []
        if chosen == "wrong":
            names = [("right", _RIGHT), ("wrong", _WRONG)]
        elif chosen in ("targets", "predicted"):
            names = [(text.one_line(str(name), 30), place) for place, name in enumerate(classes)]
        self.legend.show_names(names if classes else [])

    def _words(self, index: int) -> str:
        subject, indices = self.subject, list(self._answer.get("indices") or ())
        if subject is None or index not in indices:
            return ""
        place = indices.index(index)
        found = [f"sample {index + 1:,}"]
        for key, words in (("targets", "true"), ("predicted", "predicted")):
            values = self._answer.get(key) or ()
            if place < len(values) and values[place] is not None:
                found.append(f"{words}: {said(subject, values[place])}")
        return " · ".join(found)

    # ------------------------------------------------------------- one of them

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.plot and event.type() == QEvent.Type.MouseMove:
            self._hover.start()
        elif watched is self.plot and event.type() == QEvent.Type.Leave and isinstance(self.place, Place):
            self._hover.stop()
            self._show_sample(self.place.index)
        return super().eventFilter(watched, event)

    def _on_hover(self) -> None:
        """Show the sample of the dot under the pointer; the one that was chosen stays the one of the other pages."""
        dot = self.plot.pointed
        if dot is not None:
            self._show_sample(dot.id)

    def _show_sample(self, index: int) -> None:
        if self._split and self.subject is not None and self.subject.can("samples"):
            self.ask("samples", self._on_row, "Reading the sample", split=self._split, indices=[index])

    def _on_dot(self, index: int) -> None:
        self._hover.stop()
        self.look_at(Place(self._split, index))
