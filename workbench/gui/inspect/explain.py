"""The page Explain: which parts of a sample speak for an answer, by several methods side by side.

Imports Qt, the page of a sample and what paints weights.
"""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui.inspect.answers import class_words
from workbench.gui.inspect.flow import Flow
from workbench.gui.inspect.heat import SignedBars, StepHeat, TokenHeat
from workbench.gui.inspect.sample_page import SamplePage
from workbench.gui.inspect.samples import EXPLAIN, SALIENCY
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel, Label, SectionHeader
from workbench.gui.widgets.media_pictures import ImageView
from workbench.gui.widgets.surfaces import clear_layout

METHODS: Final = {
    "grad_cam": ("Grad-CAM", "Where the last convolution found what speaks for the class; coarse and quick"),
    "integrated_gradients": (
        "Integrated gradients",
        "Gradients on the way from nothing to the sample; they add up",
    ),
    "occlusion": ("Occlusion", "How much less sure the model is where a piece is hidden"),
    "lime": ("LIME", "A simple model of what happens when areas are left out"),
    "shap": ("SHAP", "What each area adds, on average over orders in which areas come"),
}
_FIRST: Final = ("grad_cam", "integrated_gradients")
_PREDICTED: Final = -1


class ExplainPage(SamplePage):
    """A card for each method that is ticked."""

    title: ClassVar[str] = EXPLAIN
    needs: ClassVar[tuple[str, ...]] = SALIENCY

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self.target = Choice("Answer", "The answer that is to be explained")
        self.target.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.target.setMaximumWidth(240)
        self.head.addWidget(self.target)
        self.head.addStretch(1)
        self.head.addWidget(self.work, 1)
        self.side_column.addSpacing(8)
        self.side_column.addWidget(SectionHeader("Methods"))
        self.boxes: dict[str, QCheckBox] = {}
        for method, (name, about) in METHODS.items():
            box = QCheckBox(name)
            box.setAccessibleName(name)
            box.setToolTip(about)
            box.setChecked(method in _FIRST)
            box.toggled.connect(lambda on, method=method: self._on_box(method, on))
            self.boxes[method] = box
            self.side_column.addWidget(box)
        said = Label("Red speaks for the answer, blue against it.", "small", wrap=True)
        self.side_column.addWidget(said)
        self.side_column.addStretch(1)
        self.flow = Flow(300)
        self.cards: dict[str, MethodCard] = {}
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Explanations")
        area.setToolTip("What speaks for the answer, by each of the methods")
        area.setWidget(self.flow)
        self.main.addWidget(area)
        self.target.picked.connect(lambda _: self.see())

    def reset(self) -> None:
        super().reset()
        subject = self.subject
        self._clear()
        for method, box in self.boxes.items():
            box.setVisible(subject is not None and subject.can(method))
        classes = subject.classes if subject is not None else ()
        named = [(place, class_words(str(name), 40)) for place, name in enumerate(classes)]
        numbers = subject is not None and subject.kind in ("numbers", "series")
        self.target.set_items(named if numbers else [(_PREDICTED, "The predicted class"), *named])
        self.target.setCurrentIndex(0)
        self.target.setVisible(len(classes) > 1)

    def see(self) -> None:
        self._clear()
        for method in self._wanted():
            self._begin(method)

    def stopped(self) -> None:
        super().stopped()
        for card in self.cards.values():
            card.stop()

    def _wanted(self) -> list[str]:
        return [method for method, box in self.boxes.items() if box.isChecked() and not box.isHidden()]

    def _on_box(self, method: str, on: bool) -> None:
        if on and self.place is not None and method not in self.cards:
            self._begin(method)
        elif not on and method in self.cards:
            card = self.cards.pop(method)
            self.forget(f"saliency {method}")
            self.flow.remove(card)

    def _clear(self) -> None:
        for method in METHODS:
            self.forget(f"saliency {method}")
        self.cards = {}
        self.flow.clear()

    def _begin(self, method: str) -> None:
        place = self.place
        if place is None:
            return
        name, about = METHODS[method]
        card = self.cards[method] = MethodCard(name, about)
        self.flow.set_widgets([self.cards[each] for each in METHODS if each in self.cards])
        target = self.target.currentData()
        asked: dict[str, Any] = {"sample": place.request(), "method": method}
        if isinstance(target, int) and target != _PREDICTED:
            asked["target"] = target

        def answered(answer: Answer) -> None:
            card.show_answer(answer, self.row.get("item"))

        self.ask("saliency", answered, name, card.refuse, slot=f"saliency {method}", **asked)


class MethodCard(QFrame):
    """What one method found."""

    def __init__(self, name: str, about: str) -> None:
        super().__init__()
        self.setProperty("box", "card")
        self.answer: Mapping[str, Any] = {}
        self._waits = True
        title = Label(name, "strong")
        title.setToolTip(about)
        title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.target = ElidedLabel("", "small")
        self.inside = QVBoxLayout()
        self.said = Label("", "small", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addWidget(title)
        column.addWidget(self.target)
        column.addLayout(self.inside, 1)
        column.addWidget(self.said)
        self._tell("Working …")

    def show_answer(self, answer: Answer, item: Mapping[str, Any] | None) -> None:
        """Show weights as suits them; `item` is the sample that they are of."""
        self.answer, self._waits = answer, False
        clear_layout(self.inside)
        sure = answer.get("probability")
        surely = f" · {sure:.1%} sure" if isinstance(sure, float | int) else ""
        name = str(answer.get("name") or "")
        self.target.setText(f"{class_words(name, 60)}{surely}".removeprefix(" · "))
        self.inside.addWidget(_heat(answer, item))
        self.said.set_role("small")
        self.said.setText(str(answer.get("said") or ""))
        self.said.setVisible(bool(self.said.text()))

    def refuse(self, reason: str) -> None:
        """Say why there is nothing."""
        self._waits = False
        self._tell(reason, "err")

    def stop(self) -> None:
        """It was cancelled."""
        if self._waits:
            self._tell("Stopped. Tick the method again to go on.")

    def _tell(self, words: str, role: str = "small") -> None:
        self.said.set_role(role)
        self.said.setText(words)


def _heat(answer: Answer, item: Mapping[str, Any] | None) -> QWidget:
    """A widget for the kind of weights that came."""
    overlay, weights = answer.get("overlay"), answer.get("weights") or ()
    if isinstance(overlay, Mapping):
        view = ImageView("What speaks for the answer")
        view.show_image(base64.b64decode(str(overlay.get("png", ""))))
        view.setMinimumHeight(240)
        return view
    if answer.get("tokens"):
        return TokenHeat(answer["tokens"], weights)
    if answer.get("names"):
        return SignedBars(answer["names"], weights)
    return StepHeat(weights, item)
