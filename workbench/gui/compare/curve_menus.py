"""The buttons over the compared curves: which metrics are drawn, and by what curves are told apart.  Imports Qt."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.groups import SEEDS
from workbench.gui.runs.chart_look import ChartLook
from workbench.gui.widgets.plot_grid import METRIC

_BANDS: Final = (
    ("deviation", "Standard deviation"),
    ("interval", "95 % interval of the mean"),
    ("range", "Smallest to largest"),
)
_PARTS: Final = (
    ("group", "Group by", "No groups"),
    ("band", "Around the mean", ""),
    ("color", "Colour by", "Run"),
    ("dash", "Dash by", "Part of the data"),
    ("panel", "Panels by", "No panels"),
)


def menu_button(name: str, tooltip: str, icon: str, button: QToolButton) -> None:
    """Make it a button that opens its menu at once."""
    button.setText(name)
    button.setAccessibleName(name)
    button.setToolTip(tooltip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setMinimumHeight(28)
    theme.set_icon(button, icon)


class MetricsButton(QToolButton):
    """Ticks which metrics are drawn; `chosen` tells one of them, and whether it is."""

    chosen = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        menu_button("Metrics", "Which metrics are drawn", "filter", self)
        self.list = QMenu(self)
        self.setMenu(self.list)
        self._names: list[str] = []

    def show_metrics(self, names: Sequence[str], drawn: Sequence[str]) -> None:
        """Offer these, of which some are drawn."""
        if list(names) != self._names:
            self._names = list(names)
            self.list.clear()
            for name in names:
                action = QAction(text.one_line(name, 60), self.list)
                action.setCheckable(True)
                action.triggered.connect(self._choosing(name))
                self.list.addAction(action)
        for name, action in zip(self._names, self.list.actions(), strict=True):
            action.setChecked(name in drawn)
        self.setText(f"Metrics ({len(drawn)} of {len(names)})" if names else "Metrics")

    def _choosing(self, name: str) -> Callable[[bool], None]:
        def choose(on: bool) -> None:
            self.chosen.emit(name, on)

        return choose


class LookMenu(QToolButton):
    """By what curves are grouped, coloured, dashed and parted; `picked` tells which of these, and the key."""

    picked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        menu_button("Look", "Group runs (mean and band), and tell them apart by any setting", "columns", self)
        self.list = QMenu(self)
        self.list.setToolTipsVisible(True)
        self.setMenu(self.list)
        self._offered: object = None
        self.parts: dict[str, QMenu] = {}
        for name, title, _ in _PARTS:
            # Made here: PySide at times takes menus for deleted that addMenu makes itself.
            self.parts[name] = QMenu(title, self.list)
            self.list.addMenu(self.parts[name])

    def offer(self, keys: Sequence[tuple[str, str]], look: ChartLook) -> None:
        """Offer these (key, title) besides what is usual, and tick what is in force."""
        if (offered := (tuple(keys), look)) == self._offered:
            return
        self._offered = offered
        for name, title, usual in _PARTS:
            menu, now = self.parts[name], getattr(look, name)
            items: list[tuple[str, str]] = [*_BANDS] if name == "band" else [("", usual), *keys]
            if name == "group":
                items.insert(1, (SEEDS, "Seeds: all else equal"))
            if now not in dict(items):
                items.append((now, now.partition(":")[2] or now))
            menu.clear()
            group = QActionGroup(menu)
            for key, words in items:
                action = menu.addAction(text.one_line(words, 60))
                action.setCheckable(True)
                action.setChecked(key == now)
                group.addAction(action)
                action.triggered.connect(partial(self._pick, name, key))
            chosen = text.one_line(dict(items)[now], 30)
            menu.setTitle(f"{title}: {chosen}" if now else title)
        self.parts["band"].setEnabled(bool(look.group) and not look.axis.startswith(METRIC))
        parted = any(getattr(look, name) for name in ("group", "color", "dash", "panel"))
        self.setText("Look •" if parted else "Look")

    def _pick(self, name: str, key: str, _: bool = False) -> None:
        self.picked.emit(name, key)
