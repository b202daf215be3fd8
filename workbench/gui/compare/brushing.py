"""What the pages with several axes have in common: which axes, which result, and the runs that were brushed.

Imports the layout, theme and widgets.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QPointF, Signal
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.curve_menus import menu_button
from workbench.gui.compare.dimensions import Dimension, Laid, Layout
from workbench.gui.compare.groups import shown
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.curve_colors import shade
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.kept_picture import KeptPicture
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

DRAWN: Final = 2_000
"""Of more runs, some are drawn, evenly chosen; all of them can be brushed."""


def drawn(ids: Sequence[int], kept: Mapping[int, object]) -> list[int]:
    """The runs that are drawn: all of few, else some, and those that are kept in any case."""
    stride = -(-len(ids) // DRAWN)
    return [id for place, id in enumerate(ids) if place % max(1, stride) == 0 or id in kept]


def faint(color: QColor, share: float) -> QColor:
    """A colour that lets through what is behind it."""
    color.setAlphaF(share)
    return color


class BrushPicture(KeptPicture):
    """Paints runs over several axes; a drag brushes some of them."""

    brushed = Signal(object)
    """The ids of the runs that are brushed; none where nothing is."""
    picked = Signal(int)
    """One run was clicked."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.dimensions: Sequence[Dimension] = ()
        self.selected: list[int] = []
        self._runs: dict[int, RunRecord] = {}
        self._colors: Mapping[int, int] = {}
        self._result = ""
        self._chosen: frozenset[int] = frozenset()

    def show_runs(
        self,
        dimensions: Sequence[Dimension],
        runs: Sequence[RunRecord],
        colors: Mapping[int, int],
        result: str,
    ) -> None:
        """Show these over these axes; `result` is the key of the one that colours them."""
        self.dimensions, self._result, self._colors = dimensions, result, dict(colors)
        self._runs = {run.id: run for run in runs}
        self.select()

    def clear(self) -> None:
        """Brush nothing."""
        raise NotImplementedError(type(self).__name__)

    def found(self) -> list[int]:
        """The runs that are brushed now."""
        raise NotImplementedError(type(self).__name__)

    def nearest(self, at: QPointF) -> int | None:
        """The run that is drawn at a place."""
        raise NotImplementedError(type(self).__name__)

    def select(self) -> None:
        """Other runs or brushes: look again, and tell."""
        before, self.selected = self.selected, self.found()
        self.forget()
        if before != self.selected:
            self.brushed.emit(self.selected)

    def color_of(self, id: int) -> QColor:
        """Of a ticked run its own colour, else that of its result."""
        if id in self._colors:
            return theme.curve_color(self._colors[id])
        share = next((one.shares.get(id) for one in self.dimensions if one.key == self._result), None)
        return theme.color("dim") if share is None else shade(share)

    def order(self) -> list[int]:
        """The runs to be drawn, those above the others last: brushed ones, then ticked ones."""
        kept = dict.fromkeys(self._colors)
        ids = drawn(list(self._runs), kept)
        chosen = set(self.selected)
        return sorted(ids, key=lambda id: (id in chosen, id in self._colors))

    def fades(self, id: int) -> bool:
        """Whether a run stands back behind those that are brushed."""
        return bool(self._chosen) and id not in self._chosen

    def forget(self) -> None:
        self._chosen = frozenset(self.selected)
        super().forget()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self.nearest(QPointF(event.pos()))
            QToolTip.showText(
                event.globalPos(), self.said(found) if found is not None else self.toolTip(), self
            )
            return True
        return super().event(event)

    def said(self, id: int) -> str:
        """A run in words."""
        name = text.one_line(self._runs[id].name, 60) if id in self._runs else ""
        lines = [
            f"{text.one_line(one.scale.title, 60)}: {shown(one.values.get(id))}" for one in self.dimensions
        ]
        return "\n".join([f"#{id} {name}", *lines])


class BrushPage(QWidget):
    """A picture of all listed runs; `chosen` tells the runs that were brushed and are to be compared."""

    chosen = Signal(object)
    """A list of ids."""
    picked = Signal(int)
    """One run was clicked."""

    def __init__(self, session: Session, picture: BrushPicture, most: int, help: str) -> None:
        super().__init__()
        surface(self, "panel")
        self._most = most
        self._keys: tuple[str, ...] = ()
        self._runs: Sequence[RunRecord] = ()
        self._colors: Mapping[int, int] = {}
        self._laid: Laid | None = None
        self._ids: list[int] = []
        self.layout_of_runs = Layout(session, self)
        self.layout_of_runs.came.connect(self._on_laid)
        self.picture = picture
        self.axes = QToolButton()
        menu_button("Axes", "Which settings and results have an axis", "columns", self.axes)
        self.menu = QMenu(self.axes)
        self.axes.setMenu(self.menu)
        self.result = Choice("Result", "The result that colours the runs; its best value counts")
        self.result.setMinimumWidth(168)
        self.result.picked.connect(lambda _: self._lay())
        self.told = ElidedLabel("", "small")
        self.compare = Button("Compare them", "Tick exactly the runs that are brushed", kind="primary")
        self.clear = Button("Clear", "Brush nothing")
        self.compare.clicked.connect(lambda: self.chosen.emit(list(self._ids)))
        self.nothing = EmptyState(
            "compare",
            "Nothing to lay out yet",
            "Here stand runs that recorded something, once there are two that differ.",
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(picture)
        self.stack.addWidget(self.nothing)
        row = QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 4)
        row.setSpacing(8)
        for widget in (self.axes, Label("coloured by", "small"), self.result):
            row.addWidget(widget)
        row.addWidget(self.told, 1)
        row.addWidget(self.clear)
        row.addWidget(self.compare)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        picture.setToolTip(help)
        picture.brushed.connect(self._tell)
        picture.picked.connect(self.picked)
        self.clear.clicked.connect(picture.clear)
        self._tell([])

    def show_runs(self, runs: Sequence[RunRecord], colors: Mapping[int, int]) -> None:
        """Show these runs; `colors` are those of the ticked ones."""
        self._runs, self._colors = runs, colors
        self._lay()

    def _lay(self) -> None:
        self.layout_of_runs.lay(
            self._runs, lambda: (self._keys, str(self.result.currentData() or ""), self._most)
        )

    def _on_laid(self, laid: Laid) -> None:
        self._laid = laid
        items = [(key, title) for key, title in laid.results]
        if items != [
            (self.result.itemData(at), self.result.itemText(at)) for at in range(self.result.count())
        ]:
            self.result.set_items(items)
        self.result.show_value(laid.result)
        self._fill_menu(laid)
        self.stack.setCurrentIndex(0 if len(laid.dimensions) > 1 else 1)
        self.picture.show_runs(laid.dimensions, self._runs, self._colors, laid.result)
        self._tell(self.picture.selected)

    def _fill_menu(self, laid: Laid) -> None:
        keys = [one.key for one in laid.dimensions]
        self.menu.clear()
        for key, title in laid.causes:
            action = self.menu.addAction(text.one_line(title, 60))
            action.setCheckable(True)
            action.setChecked(key in keys)
            action.setEnabled(key != laid.result and (key in keys or len(keys) < self._most + 4))
            action.triggered.connect(partial(self._toggle, key))
        self.menu.addSeparator()
        usual = self.menu.addAction("Those that go with the result most")
        usual.triggered.connect(self._as_usual)
        self.axes.setText(f"Axes ({len(keys)})")

    def _toggle(self, key: str) -> None:
        before = [one.key for one in self._laid.dimensions] if self._laid is not None else []
        keys = [one for one in before if one != key] if key in before else [key, *before]
        self._keys = tuple(keys)
        self._lay()

    def _as_usual(self) -> None:
        self._keys = ()
        self._lay()

    def _tell(self, ids: Sequence[int]) -> None:
        self._ids = list(ids)
        count, some = len(self._runs), min(len(self._runs), DRAWN)
        words = (
            f"{text.whole(len(ids))} of {text.plural(count, 'run')} brushed"
            if ids
            else text.plural(count, "run")
        )
        self.told.setText(words if some == count else f"{words} · about {text.whole(some)} drawn")
        self.compare.setEnabled(bool(ids))
        self.clear.setEnabled(bool(ids))
