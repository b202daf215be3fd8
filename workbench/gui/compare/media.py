"""What probes of the compared runs recorded, side by side, with one slider through all trainings.

Imports session, records and the views of media.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.chooser import disc
from workbench.gui.session import Session
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.media import MediaViews, moment
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import Media, RunRecord

if TYPE_CHECKING:
    from workbench.store.store import Store

MOST: Final = 12
"""Runs that are shown at once."""
_WIDE: Final = 300
_HIGH: Final = 224
_ALIGNED: Final = (("epoch", "By epoch"), ("step", "By step"), ("share", "By share of the training"))
_SLACK: Final = 1e-9


class Recordings(QObject):
    """Reads what probes recorded, of each run what is new."""

    came = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.media: dict[int, list[Media]] = {}
        self._wanted: dict[int, RunRecord] = {}
        self._whole: set[int] = set()
        """Runs that were read since they ended: nothing more comes of them."""
        self._reading: set[int] = set()
        self._failed: set[int] = set()
        """Runs of which the last reading failed: told once, and tried again only where there may be something new."""
        session.closing.connect(self._forget)

    def look(self, runs: Sequence[RunRecord]) -> None:
        """Read what is new of these, and forget the others."""
        wanted = self._wanted = {run.id: run for run in runs}
        self.media = {id: found for id, found in self.media.items() if id in wanted}
        self._whole &= wanted.keys()
        self._failed &= wanted.keys()
        for id, run in wanted.items():
            done = id in self._whole or (run.final and id in self._failed)
            if id not in self._reading and not done:
                self._read(run)

    @property
    def reading(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._reading)

    def _forget(self) -> None:
        self.media.clear()
        self._wanted.clear()
        self._whole.clear()
        self._reading.clear()  # of another workspace no answer comes any more
        self._failed.clear()

    def _read(self, run: RunRecord) -> None:
        id = run.id
        self._reading.add(id)
        known = self.media.get(id, [])
        after = known[-1].id if known else 0

        def work(store: "Store") -> list[Media]:
            return store.media(id, after)

        def then(found: list[Media]) -> None:
            self._reading.discard(id)
            self._failed.discard(id)
            now = self._wanted.get(id)
            if now is None:  # taken out meanwhile
                return
            fresh = id not in self.media
            self.media[id] = known + found  # of which the former may have been let go of meanwhile
            if found or fresh:
                self.came.emit()
            if run.final:
                self._whole.add(id)
            elif now.final:  # it ended meanwhile
                self._read(now)

        def failed(error: Exception) -> None:
            self._reading.discard(id)
            if id not in self._failed:
                self._failed.add(id)
                self._session.message.emit(f"What run {id} recorded cannot be read: {error}", "error")

        self._session.call(work, then, failed)


class RunTile(QWidget):
    """What one run had recorded until some point."""

    def __init__(self) -> None:
        super().__init__()
        self.icon = Label("")
        self.icon.setFixedWidth(16)
        self.title = ElidedLabel("", "strong", Qt.TextElideMode.ElideMiddle)
        self.caption = ElidedLabel("", "small")
        self.views = MediaViews()
        self.nothing = Label("", "dim", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.views)
        self._stack.addWidget(self.nothing)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.icon)
        head.addWidget(self.title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.caption)
        column.addWidget(self._stack, 1)
        self.setMinimumSize(_WIDE, _HIGH)

    def show_run(self, run: RunRecord, color: int, history: Sequence[Media], missing: str) -> None:
        """Show the last of `history`; without one what is missing."""
        self.icon.setPixmap(disc(theme.curve_color(color), filled=True).pixmap(14, 14))
        self.title.setText(f"#{run.id} {text.one_line(run.name, 80)}")
        if not history:
            self.caption.setText("")
            self.nothing.setText(missing)
            self._stack.setCurrentWidget(self.nothing)
            return
        said = self.views.show_media(history)
        one = history[-1]
        where = f"{moment(one)}, step {text.whole(one.step)}" if one.epoch else moment(one)
        more = said.removeprefix(f"epoch {one.epoch}").removeprefix(" · ")
        self.caption.setText(" · ".join(filter(None, (where, more))))
        self._stack.setCurrentWidget(self.views)


class MediaPage(QStackedWidget):
    """A tile for each compared run; the slider goes through what any of them recorded."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self._runs: Sequence[RunRecord] = ()
        self._colors: Mapping[int, int] = {}
        self._places: list[float] = []
        self.tiles: list[RunTile] = []
        self.recordings = Recordings(session, self)
        self.recordings.came.connect(self._show)
        self.probe = Choice("Probe", "Which probe's records are shown")
        self.probe.setMinimumWidth(160)
        self.align = Choice(
            "Alignment", "What puts the runs side by side at the same place of the slider", _ALIGNED
        )
        self.tally = ElidedLabel("", "small")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFixedHeight(24)
        self.slider.setPageStep(1)
        self.slider.setAccessibleName("Point in the trainings")
        self.slider.setToolTip("Slide through what all these runs recorded")
        self.place = Label("", "small")
        self.nothing = EmptyState(
            "image",
            "Nothing recorded",
            "None of these runs has a probe that recorded something. Probes are nodes: pictures, texts, confusion "
            "matrices and more are recorded while a model trains.",
        )
        self._lay_out()
        self.probe.picked.connect(lambda _: self._show())
        self.align.picked.connect(lambda _: self._show())
        self.slider.valueChanged.connect(lambda _: self._fill())
        theme.changed.connect(self._fill)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(8, 6, 8, 4)
        head.setSpacing(8)
        head.addWidget(self.probe)
        head.addWidget(self.align)
        head.addWidget(self.tally, 1)
        self._grid_page = QWidget()
        surface(self._grid_page, "panel")
        self._grid = QGridLayout(self._grid_page)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._area = QScrollArea()
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setAccessibleName("Records of the runs")
        self._area.setWidget(self._grid_page)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 2, 12, 6)
        foot.setSpacing(8)
        foot.addWidget(self.slider, 1)
        foot.addWidget(self.place)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._area, 1)
        column.addLayout(foot)
        self.addWidget(self.nothing)
        self.addWidget(page)

    def show_runs(self, runs: Sequence[RunRecord], colors: Mapping[int, int]) -> None:
        """Show these runs, the first ones of many."""
        shown = runs[:MOST]
        told = "" if len(shown) == len(runs) else f"the first {MOST} of {text.plural(len(runs), 'run')}"
        self.tally.setText(told)
        self._runs, self._colors = shown, colors
        self.recordings.look(shown)
        self._show()

    def _histories(self) -> dict[int, list[Media]]:
        """What the chosen probe of each run recorded."""
        probe = self.probe.currentData()
        media = self.recordings.media
        return {run.id: [one for one in media.get(run.id, ()) if one.probe == probe] for run in self._runs}

    def _aligned(self) -> str:
        """By what the runs are aligned: by steps where none of them knows epochs."""
        media = self.recordings.media
        epochs = any(one.epoch for run in self._runs for one in media.get(run.id, ()))
        chosen = str(self.align.currentData())
        return "step" if chosen == "epoch" and not epochs else chosen

    def _place_of(self, run: RunRecord, one: Media, aligned: str) -> float:
        match aligned:
            case "step":
                return float(one.step)
            case "share":
                return one.step / max(1, run.steps or run.step)
            case _:
                return float(one.epoch)

    def _show(self) -> None:
        media = self.recordings.media
        probes = list(dict.fromkeys(one.probe for run in self._runs for one in media.get(run.id, ())))
        items = [(name, text.one_line(name, 40)) for name in probes]
        if [name for name, _ in items] != [self.probe.itemData(at) for at in range(self.probe.count())]:
            self.probe.set_items(items)
        self.setCurrentIndex(1 if probes else 0)
        before = self._places[self.slider.value()] if self._places else None
        last = not self._places or self.slider.value() == len(self._places) - 1
        histories = self._histories()
        aligned = self._aligned()
        self._places = sorted(
            {self._place_of(run, one, aligned) for run in self._runs for one in histories[run.id]}
        )
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(self._places) - 1))
        at = (
            len(self._places) - 1
            if last or before is None
            else bisect_right(self._places, before + _SLACK) - 1
        )
        self.slider.setValue(max(0, at))
        self.slider.blockSignals(False)
        self.slider.setEnabled(len(self._places) > 1)
        self._arrange()
        self._fill()

    def _arrange(self) -> None:
        """As many tiles as runs, in rows that fit."""
        while len(self.tiles) > len(self._runs):
            tile = self.tiles.pop()
            tile.hide()
            tile.deleteLater()
        while len(self.tiles) < len(self._runs):
            self.tiles.append(RunTile())
        columns = max(1, min(len(self.tiles), self._area.viewport().width() // _WIDE))
        for number, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, number // columns, number % columns)
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def _fill(self) -> None:
        if not self._places or not self._runs:
            return
        now = self._places[min(self.slider.value(), len(self._places) - 1)]
        aligned = self._aligned()
        self.place.setText(
            f"{100 * now:.0f} % of the training" if aligned == "share" else f"{aligned} {text.whole(now)}"
        )
        histories = self._histories()
        for run, tile in zip(self._runs, self.tiles, strict=True):
            history = histories[run.id]
            until = [one for one in history if self._place_of(run, one, aligned) <= now + _SLACK]
            missing = "Nothing recorded until here" if history else "This run has no such probe"
            tile.show_run(run, self._colors.get(run.id, 0), until, missing)
