"""The curves of the compared runs over one another: which metrics, which examples, grouped and coloured by what.

Imports the plots, metrics, groups and looks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.compare.chooser import TickedModel
from workbench.gui.compare.curve_looks import Palette, palette
from workbench.gui.compare.curve_menus import LookMenu, MetricsButton
from workbench.gui.compare.groups import Groups, Params, Wanted, offered
from workbench.gui.runs import metrics
from workbench.gui.runs.chart_look import ChartLook, ChartLooks, look_now, show_look, write
from workbench.gui.runs.feed import Points
from workbench.gui.runs.x_axes import Laid, needed
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.legend import LegendList
from workbench.gui.widgets.plot_grid import METRIC, PlotControls, PlotGrid, axis_of
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.widgets.bands import How
    from workbench.gui.widgets.curves import Curve, Style

DEFAULT_PLOTS: Final = 4
LOOK: Final = "compare_curves"
"""The setting of the workspace that keeps how the compared curves look."""
_SPLITS: Final = (
    ("both", "Train, validation"),
    ("validation", "Validation"),
    ("train", "Training"),
)
_WAITING: Final = "Waiting for the first value…"
_NONE: Final = "None of these runs recorded it"
_ALL: Final = ("train", "validation", "test")


class CurvesPage(QWidget):
    """A plot for each metric that is wanted, with a curve for each ticked run, or group, and part of the data."""

    asked = Signal()
    """Other curves are wanted: points are to be read, and the page is to be shown anew."""

    def __init__(self, session: Session, model: TickedModel) -> None:
        super().__init__()
        surface(self, "panel")
        self._session, self._model = session, model
        self._look = ChartLook()
        self._laid = Laid()
        self._params: Params = {}
        self._points: Mapping[int, Points] = {}
        self.groups = Groups(session, self)
        self.groups.came.connect(lambda: self.show_points(self._points, self._params))
        self.looks = ChartLooks(session, LOOK, self)
        self.grid = PlotGrid("Curves of the runs")
        self.grid.show_legend = False
        self.grid.writing.connect(lambda export: write(session, export))
        self.controls = PlotControls()
        self.controls.join(self.grid)
        self.which = MetricsButton()
        self.which.chosen.connect(self._on_metric)
        self.menu = self.which.list
        self.split = Choice(
            "Examples", "Curves on training examples are dashed, on validation examples solid", _SPLITS
        )
        self.split.setFixedWidth(148)
        self.split.view().setMinimumWidth(180)
        self.look = LookMenu()
        self.legend = LegendList(self.grid.legend)
        self.legend.setMinimumWidth(120)
        self.legend_button = IconButton(
            "log", "Legend", "Show or hide the list of curves beside the plots", checkable=True
        )
        self._lay_out()
        self.split.picked.connect(lambda split: self.change(split=split))
        self.look.picked.connect(lambda name, key: self.change(**{name: key}))
        self.legend_button.clicked.connect(lambda on: self.change(legend=on))
        self.controls.axis_changed.connect(lambda axis: self.change(axis=axis))
        self.controls.smoothing_changed.connect(lambda *_: self._remember())
        self.grid.looked.connect(self._remember)
        self.looks.read.connect(self._on_read)
        self._dress()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(8, 6, 4, 4)
        row.setSpacing(6)
        for widget in (self.which, self.split, self.look, self.legend_button):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.controls)
        self.both = Splitter(Qt.Orientation.Horizontal)
        self.both.setHandleWidth(1)
        self.both.addWidget(self.grid)
        self.both.addWidget(self.legend)
        self.both.setStretchFactor(0, 1)
        self.both.setSizes([800, 230])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.both, 1)

    # ------------------------------------------------------------- what is wanted

    @property
    def chosen(self) -> ChartLook:
        """How the curves look."""
        return self._look

    def change(self, **what: Any) -> None:
        """Look another way."""
        self._look = replace(self._look, **what)
        self._dress()
        self._remember()
        self.asked.emit()

    def drawn(self) -> list[str]:
        """The metrics that have a plot: what was chosen, else the main ones."""
        main = metrics.main_names((self._model.summaries(id) for id in self._model.ticked), DEFAULT_PLOTS)
        shown, left_out = self._look.drawn, self._look.left_out
        found = [name for name in self._names() if name in shown or (name in main and name not in left_out)]
        across = self._look.axis.removeprefix(METRIC)
        return [name for name in found if name != across] or found  # a metric over itself tells nothing

    def wanted(self) -> Callable[[str], bool]:
        """Tells of a metric (with its split) whether its points are to be read."""
        drawn, axis = set(self.drawn()), self._look.axis
        return lambda metric: metrics.split_name(metric)[1] in drawn or needed(axis, metric)

    def _names(self) -> list[str]:
        """The names of all metrics of the ticked runs."""
        return metrics.names(metrics.recorded(map(self._model.summaries, self._model.ticked)))

    def _runs(self) -> list[RunRecord]:
        return [run for id in self._points if (run := self._model.run(id)) is not None]

    # ------------------------------------------------------------- showing

    def show_points(self, points: Mapping[int, Points], params: Params) -> None:
        """Show the curves of these runs; they may have grown since."""
        self._points, self._params = points, params
        drawn, names, runs, look = self.drawn(), self._names(), self._runs(), self._look
        self.which.show_metrics(names, drawn)
        self.controls.offer(names)
        self.controls.axis.show_value(look.axis)
        summaries = self._session.summaries
        self.look.offer(offered(runs, params, summaries), look)
        made = palette(runs, params, summaries, look.color, look.dash, look.panel)
        panels = list(dict.fromkeys(made.panels.values())) or [""]
        titles = {
            (f"{name} · {panel}" if panel else name): (name, panel) for name in drawn for panel in panels
        }
        self.grid.show_metrics(list(titles))
        curves = self._grouped(drawn, runs, made) if look.group else self._single(drawn, runs, made)
        if not look.group:
            self.groups.forget()
        listed: list[Curve] = []
        final = all(run.final for run in runs)
        for title, plot in self.grid.plots.items():
            mine = curves.get(titles[title], [])
            listed += mine
            plot.set_empty(_NONE if final else _WAITING)
            outlined = sum(
                f"{split}/{titles[title][0]}" in points[run.id].outlined for run in runs for split in _ALL
            )
            plot.set_note(f"{text.plural(outlined, 'curve')} in outline" if outlined else "")
            if mine != plot.curves:
                plot.set_curves(mine)
            else:
                plot.refresh()
        self.legend.show_curves(listed)

    def _splits(self) -> Sequence[str]:
        chosen = self._look.split
        return _ALL if chosen == "both" else (chosen, "test")

    def _style(self, split: str) -> "Style":
        return cast("Style", metrics.STYLES.get(split, "solid"))

    def _recorded(self, drawn: Sequence[str], read: Points) -> list[tuple[str, str, str]]:
        """Split, name and metric of what a run recorded: of the chosen splits, and of those that only others name."""
        found = [(split, name, f"{split}/{name}") for split in self._splits() for name in drawn]
        found = [each for each in found if each[2] in read.series]
        others = ((*metrics.split_name(metric), metric) for metric in read.series)
        return found + [each for each in others if each[0] not in _ALL and each[1] in drawn]

    def _single(
        self, drawn: Sequence[str], runs: Sequence[RunRecord], made: Palette
    ) -> "dict[tuple[str, str], list[Curve]]":
        """A curve for each run and split."""
        from workbench.gui.widgets.curves import Curve

        found: dict[tuple[str, str], list[Curve]] = {}
        for run in runs:
            read, words = self._points[run.id], made.words.get(run.id, "")
            color, shade = made.colors.get(run.id, (self._model.color_of(run.id), -1.0))
            label = " · ".join(filter(None, (f"#{run.id} {text.one_line(run.name, 24)}", words)))
            for split, name, metric in self._recorded(drawn, read):
                laid = self._laid.lay(run, read, metric)
                if laid is None:
                    continue
                style = made.styles.get(run.id) or self._style(split)
                thin = run.id in made.styles and split == "train"
                place = found.setdefault((name, made.panels.get(run.id, "")), [])
                key, titled = f"{run.id}/{split}", f"{label} · {split}" if split else label
                place.append(Curve(titled, laid[0], color, style, laid[1], key, shade, thin))
        return found

    def _grouped(
        self, drawn: Sequence[str], runs: Sequence[RunRecord], made: Palette
    ) -> "dict[tuple[str, str], list[Curve]]":
        """The means of groups that were worked out last; what is here now is asked for."""
        from workbench.gui.widgets.curves import Curve

        self._ask(drawn, runs)
        found: dict[tuple[str, str], list[Curve]] = {}
        answer = self.groups.found
        for (metric, place), (series, band) in answer.means.items():
            split, name = metrics.split_name(metric)
            group = answer.groups[place]
            same = {made.colors[id] for id in group.runs if id in made.colors}
            color, shade = same.pop() if len(same) == 1 else (place, -1.0)
            styles = {made.styles[id] for id in group.runs if id in made.styles}
            style = styles.pop() if len(styles) == 1 else self._style(split)
            panels = {made.panels.get(id, "") for id in group.runs}
            several = len(group.runs) > 1 and "seeds" not in group.label
            count = f" · {len(group.runs)} runs" if several else ""
            title = f"{group.label}{count}" + (f" · {split}" if split else "")
            curve = Curve(title, series, color, style, 1.0, f"{group.label}/{split}", shade, band=band)
            for panel in panels:
                found.setdefault((name, panel), []).append(curve)
        return found

    def _ask(self, drawn: Sequence[str], runs: Sequence[RunRecord]) -> None:
        curves: dict[str, dict[int, Any]] = {}
        across: dict[str, dict[int, Any]] = {}
        counts = []
        for run in runs:
            read = self._points[run.id]
            for _, _, metric in self._recorded(drawn, read):
                laid = self._laid.lay(run, read, metric)
                if laid is not None:
                    series, scale = laid
                    other = self._laid.across(read, metric)
                    if other is not None:
                        series = read.series[metric]
                        across.setdefault(metric, {})[run.id] = (other.x, other.y)
                    curves.setdefault(metric, {})[run.id] = (series.x * scale, series.y)
                    counts.append((run.id, metric, len(series), len(other or ()), scale))
        look = self._look
        how = cast("How", look.band)
        known = tuple(sorted(id for id in self._params if id in self._points))
        mark = (look.group, how, look.axis, tuple(counts), known)
        self.groups.ask(
            Wanted(look.group, how, tuple(runs), self._params, self._session.summaries, curves, across, mark)
        )

    # ------------------------------------------------------------- how it looks

    def _dress(self) -> None:
        """Make controls and plots look as was chosen."""
        look = self._look
        self._laid.set_axis(look.axis)
        self.grid.set_axis(axis_of(look.axis))
        self.split.show_value(look.split)
        self.legend_button.setChecked(look.legend)
        self.legend.setVisible(look.legend)
        if look.dash:
            tip = "Curves on training examples are thin, on validation examples thick"
        else:
            tip = "Curves on training examples are dashed, on validation examples solid"
        self.split.setToolTip(tip)

    def _on_metric(self, name: str, on: bool) -> None:
        more, fewer = ("drawn", "left_out") if on else ("left_out", "drawn")
        self.change(
            **{
                more: (*(each for each in getattr(self._look, more) if each != name), name),
                fewer: tuple(each for each in getattr(self._look, fewer) if each != name),
            }
        )

    def _on_read(self, look: ChartLook) -> None:
        self._look = look
        show_look(look, self.grid, self.controls)
        self._dress()
        self.asked.emit()

    def _remember(self) -> None:
        self._look = look_now(self._look, self.grid, self.controls)
        self.looks.remember(self._look)
