"""Shows what probes recorded, each kind with a view of its own, with a slider through the training.

Imports Qt, records and the other widgets.
"""

from collections.abc import Sequence
from typing import Protocol, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.text import one_line, whole
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.media_attention import AttentionView
from workbench.gui.widgets.media_histograms import HistogramsView
from workbench.gui.widgets.media_matrix import MatrixView
from workbench.gui.widgets.media_pictures import ImageView
from workbench.gui.widgets.media_series import SeriesView
from workbench.gui.widgets.media_sounds import SoundView
from workbench.gui.widgets.media_texts import TextView, TranslationsView
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import Media, MediaKind


def moment(one: Media) -> str:
    """When it was recorded; runs of other programs know no epochs."""
    return f"epoch {whole(one.epoch)}" if one.epoch else f"step {whole(one.step)}"


class View(Protocol):
    """A widget that shows one kind of records."""

    def show_media(self, history: Sequence[Media]) -> str:
        """Shows the last of what a probe recorded until some point; gives what to add to the caption."""


class MediaViews(QStackedWidget):
    """One thing that was recorded, in the view of its kind."""

    def __init__(self) -> None:
        super().__init__()
        self.image = ImageView("Recorded picture")
        self.text = TextView("Recorded text")
        self.matrix = MatrixView("Confusion matrix")
        self.translations = TranslationsView("Translations")
        self.attention = AttentionView("Attention map")
        self.series = SeriesView("Forecasts")
        self.histograms = HistogramsView("Histograms of the layers")
        self.sound = SoundView("Recorded sound")
        # All that a new kind needs: its name in the store's records, and what shows it.
        self._views: dict[MediaKind, View] = {
            "image": self.image,
            "text": self.text,
            "matrix": self.matrix,
            "translations": self.translations,
            "attention": self.attention,
            "series": self.series,
            "histograms": self.histograms,
            "sound": self.sound,
        }
        self._unknown = Label("This was recorded by a newer Workbench and cannot be shown.", "dim", wrap=True)
        for view in (*self._views.values(), self._unknown):
            self.addWidget(cast(QWidget, view))

    def show_media(self, history: Sequence[Media]) -> str:
        """Show the last of what a probe recorded until some point; gives its caption."""
        one = history[-1]
        caption = one_line(one.caption)
        view = self._views.get(one.kind)
        if view is None:
            self.setCurrentWidget(self._unknown)
            return caption
        self.setCurrentWidget(cast(QWidget, view))
        told = view.show_media([earlier for earlier in history if earlier.kind == one.kind])
        return " · ".join(filter(None, (caption, told)))


class MediaPanel(QWidget):
    """What the probes of one run recorded: choose a probe, slide through the training."""

    def __init__(self) -> None:
        super().__init__()
        surface(self, "panel")
        self.setAccessibleName("Recorded by probes")
        self._media: dict[str, list[Media]] = {}
        self.probe = Choice("Probe", "Which probe's records are shown")
        self.probe.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.caption = ElidedLabel("", "small")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFixedHeight(24)
        self.slider.setPageStep(1)
        self.slider.setAccessibleName("Point in the training")
        self.slider.setToolTip("Slide through what was recorded; at its right end it follows the training")
        self.place = Label("", "small")
        self.views = MediaViews()
        self.image, self.text, self.matrix = self.views.image, self.views.text, self.views.matrix
        self.translations, self.attention = self.views.translations, self.views.attention
        self.series, self.histograms = self.views.series, self.views.histograms
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.probe)
        head.addWidget(self.caption, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.slider, 1)
        foot.addWidget(self.place)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.views, 1)
        column.addLayout(foot)
        self.setMinimumWidth(232)
        self.probe.picked.connect(lambda _: self._show_probe())
        self.slider.valueChanged.connect(lambda _: self._show())

    @property
    def media_count(self) -> int:
        """How many things were recorded."""
        return sum(map(len, self._media.values()))

    def clear(self) -> None:
        """Another run: forget everything."""
        self._media = {}
        self.probe.set_items([])

    def add(self, media: Sequence[Media]) -> None:
        """More was recorded; a slider at its end moves on with it."""
        if not media:
            return
        before = list(self._media)
        following = not before or self.slider.value() == self.slider.maximum()
        for one in media:
            self._media.setdefault(one.probe, []).append(one)
        if list(self._media) != before:
            self.probe.set_items([(name, one_line(name, 40)) for name in self._media])
        if not before:
            self.probe.show_value(next(iter(self._media)))
        if any(one.probe == self.probe.currentData() for one in media):
            self._show_probe(keep=not following)

    def _shown(self) -> list[Media]:
        return self._media.get(str(self.probe.currentData()), [])

    def _show_probe(self, keep: bool = False) -> None:
        shown = self._shown()
        value = self.slider.value()
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(shown) - 1))
        self.slider.setValue(value if keep else len(shown) - 1)
        self.slider.blockSignals(False)
        self.slider.setEnabled(len(shown) > 1)
        self._show()

    def _show(self) -> None:
        shown = self._shown()
        if not shown:
            return
        place = min(self.slider.value(), len(shown) - 1)
        one = shown[place]
        place_of = moment(one)
        self.place.setText(place_of)
        self.place.setToolTip(f"step {whole(one.step)}, {self.slider.value() + 1} of {len(shown)}")
        caption = self.views.show_media(shown[: place + 1])
        self.caption.setText("" if caption == place_of else caption)
