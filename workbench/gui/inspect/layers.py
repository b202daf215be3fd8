"""The page Layers: what a layer makes of a sample, what it has learned, and what excites one of its channels most.

Imports Qt, the page of a sample and the grid of pictures.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget

from workbench.core import text
from workbench.gui.data.items_painting import parts_of
from workbench.gui.inspect.answers import decoded
from workbench.gui.inspect.pictures import PictureGrid, Shown
from workbench.gui.inspect.sample_page import SamplePage
from workbench.gui.inspect.samples import LAYERS
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.widgets.buttons import Button, Chips
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.media_pictures import ImageView
from workbench.gui.widgets.surfaces import EmptyState

_KINDS: Final = (("feature_maps", "Output"), ("filters", "Filters"))
_ALONE: Final = {"sequence": "a column for each step", "vector": "a cell for each number"}
"""What one picture of a whole layer shows."""


class LayersPage(SamplePage):
    """Maps of the chosen layer for the sample, or its filters."""

    title: ClassVar[str] = LAYERS
    needs: ClassVar[tuple[str, ...]] = ("feature_maps",)

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self._shown: Sequence[Mapping[str, Any]] = ()
        self._whole = False
        """Whether what is shown are pictures of all channels together, and not one for each."""
        self.layer = Choice("Layer", "The layer that is looked into")
        self.layer.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.layer.setMaximumWidth(260)
        self.kinds = Chips(_KINDS, "What of the layer")
        self.kinds.button("feature_maps").setToolTip("What the layer puts out for the sample")
        self.kinds.button("filters").setToolTip("The weights that the layer has learned, as pictures")
        self.head.addWidget(self.layer)
        self.head.addStretch(1)
        self.head.addWidget(self.work, 1)
        self.tally = ElidedLabel("", "small")
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 12, 4)
        row.setSpacing(10)
        row.addWidget(self.kinds)
        row.addWidget(self.tally, 1)
        self.grid = PictureGrid("Maps of the layer", "Click a picture, or go there with the arrow keys")
        self.nothing = EmptyState("inspect", "", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.grid)
        self.stack.addWidget(self.nothing)
        self.main.addLayout(row)
        self.main.addWidget(self.stack, 1)
        self._exciting()
        self.layer.picked.connect(lambda _: self.see())
        self.kinds.chosen.connect(lambda _: self.see())
        self.grid.chosen.connect(self._on_chosen)

    def _exciting(self) -> None:
        """Below the sample: the channel that is chosen, and a picture made for it."""
        self.channel = Label("", "small", wrap=True)
        about = "Make a picture to which this channel answers as strongly as it can"
        self.excite = Button("What excites it most", about)
        self.excite.clicked.connect(self._on_excite)
        self.excite.hide()
        self.made = ImageView("Picture that excites the channel most")
        self.made.setFixedHeight(190)
        self.made.hide()
        self.side_column.addSpacing(8)
        for widget in (self.channel, self.excite, self.made):
            self.side_column.addWidget(widget)
        self.side_column.addStretch(1)

    def reset(self) -> None:
        super().reset()
        subject = self.subject
        layers = subject.layers if subject is not None else ()
        before = self.layer.currentData()
        self.layer.set_items([(str(each["path"]), _named(each)) for each in layers])
        known = {str(each["path"]) for each in layers}
        if before not in known and layers:
            maps = (
                each for each in layers if len(each.get("shape") or ()) == 4 and each.get("kind") == "layer"
            )
            first = next(maps, layers[0])
            self.layer.show_value(str(first["path"]))
        self.kinds.button("filters").setVisible(subject is not None and subject.can("filters"))
        self._clear()

    def see(self) -> None:
        layer = self.layer.currentData()
        self._clear()
        if not isinstance(layer, str) or self.place is None:
            return
        if self.kinds.current() == "filters":
            self.ask(
                "filters", self._on_filters, "Reading the filters", self._on_refused, slot="maps", layer=layer
            )
        else:
            asked = {"layer": layer, "sample": self.place.request()}
            self.ask(
                "feature_maps", self._on_maps, "Computing the layer", self._on_refused, slot="maps", **asked
            )

    def _clear(self) -> None:
        self._shown = ()
        self.grid.show_pictures([])
        self.stack.setCurrentWidget(self.grid)
        self.tally.setText("")
        self.channel.setText("")
        self.excite.hide()
        self.made.hide()

    def _on_refused(self, reason: str) -> None:
        self.nothing.set_texts("Nothing to show of this layer", reason)
        self.stack.setCurrentWidget(self.nothing)

    def _on_maps(self, answer: Answer) -> None:
        item = answer.get("item") or {}
        values: Sequence[float | None] = answer.get("values") or ()
        if self.subject is not None and not self.subject.can("samples"):
            self.show_picture(item)
        if len(values) == 1:
            said = "no number (NaN)" if values[0] is None else text.number(float(values[0]))
            self.nothing.set_texts(said, "This layer gives a single number for the sample.")
            self.stack.setCurrentWidget(self.nothing)
            return
        alone = _ALONE.get(str(answer.get("kind")), "")
        if any(part["kind"] == "graph" for part in parts_of(item)):
            alone = alone.replace("step", "node")
        self._fill(answer, answer.get("maps") or (), "channel", alone)

    def _on_filters(self, answer: Answer) -> None:
        thing = "weight table" if answer.get("kind") == "matrices" else "filter"
        self._fill(answer, answer.get("filters") or (), thing, "")

    def _fill(self, answer: Answer, shown: Sequence[Mapping[str, Any]], thing: str, kind: str) -> None:
        self._shown, self._whole = shown, answer.get("kind") in (*_ALONE, "matrices")
        one = len(shown) == 1
        captions = ["" if one else _which(each) for each in shown]
        told = zip(shown, captions, strict=True)
        self.grid.show_pictures(
            [Shown(decoded(each), caption, self._words(each, thing)) for each, caption in told]
        )
        size = " × ".join(str(side) for side in answer.get("shape") or ())
        left = int(answer.get("left_out") or 0)
        words = [size, kind or text.plural(len(shown), thing), f"{left} more are left out" if left else ""]
        self.tally.setText(" · ".join(word for word in words if word))
        if not shown:
            self._on_refused("It has nothing that can be shown as pictures.")

    # ------------------------------------------------------------- one channel

    def _on_chosen(self, place: int) -> None:
        each = self._shown[place]
        thing = "Channel" if self.kinds.current() == "feature_maps" else "Filter"
        self.channel.setText(self._words(each, thing))
        can = not self._whole and self.subject is not None and self.subject.can("activation_maximisation")
        self.excite.setVisible(can)
        self.made.hide()

    def _words(self, each: Mapping[str, Any], thing: str) -> str:
        """What a picture shows."""
        found = [str(each.get("name") or "") if self._whole else f"{thing} {_which(each)}"]
        if each.get("low") is not None and each.get("high") is not None:
            found.append(f"{text.number(float(each['low']), 3)} to {text.number(float(each['high']), 3)}")
        if each.get("mean") is not None:
            found.append(f"mean {text.number(float(each['mean']), 3)}")
        if each.get("still"):
            found.append("the same everywhere")
        return " · ".join(word for word in found if word)

    def _on_excite(self) -> None:
        if self.grid.mark < 0 or self.place is None:
            return
        channel = int(self._shown[self.grid.mark].get("channel", 0))
        asked = {"layer": self.layer.currentData(), "channel": channel, "sample": self.place.request()}
        self.ask("activation_maximisation", self._on_made, "Making a picture", **asked)

    def _on_made(self, answer: Answer) -> None:
        picture = answer.get("picture")
        if isinstance(picture, Mapping):
            self.made.show_image(base64.b64decode(str(picture.get("png", ""))))
            self.made.show()
        reached = [float(each) for each in answer.get("activation") or () if each is not None]
        if reached and answer.get("example") is not None:  # the picture is that of the best step
            said = f"{text.number(max(reached), 3)}, and {text.number(float(answer['example']), 3)} for the sample"
            self.channel.setText(f"Channel {answer.get('channel', '')}: answers {said}.")


def _named(layer: Mapping[str, Any]) -> str:
    label, path = text.one_line(str(layer.get("label") or ""), 40), text.one_line(str(layer["path"]), 60)
    return (
        f"{path} · {text.one_line(str(layer.get('type') or ''), 30)}"
        if label in ("", path)
        else f"{label} · {path}"
    )


def _which(each: Mapping[str, Any]) -> str:
    """A matrix by the name of its weights, all else by its number."""
    return str(each.get("name") or int(each.get("channel", 0)))
