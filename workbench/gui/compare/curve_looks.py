"""By what the curves of compared runs are told apart: their colours, dashes and panels.  Imports relations, groups."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from workbench.gui.compare.groups import Params, distinct, short, shown
from workbench.gui.compare.relations import Value, by_value
from workbench.gui.store_thread import Summaries
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Style

_MOST_COLORS: Final = 8
_WIDE: Final = 100.0
MOST_PANELS: Final = 12


@dataclass(frozen=True, slots=True)
class Palette:
    """For each run its colour (number, or place on a scale), its dashes and its panel by what was chosen; nothing
    where that is as usual.
    """

    colors: Mapping[int, tuple[int, float]] = field(default_factory=dict)
    styles: "Mapping[int, Style]" = field(default_factory=dict)
    panels: Mapping[int, str] = field(default_factory=dict)
    words: Mapping[int, str] = field(default_factory=dict)
    """What is said of a run in the legend, such as "lr 0.1"."""


def palette(
    runs: Sequence[RunRecord], params: Params, summaries: Summaries, color: str, dash: str, panel: str
) -> Palette:
    """What these keys ("" for none) make of the runs."""
    from workbench.gui.widgets.curves import STYLES

    values = {key: by_value(key, runs, params, summaries) for key in {color, dash, panel} - {""}}
    names = {key: short(key, params) for key in values}
    styles: dict[int, Style] = {}
    if dash:
        order = distinct(values[dash])
        styles = {id: STYLES[order.index(each) % len(STYLES)] for id, each in values[dash].items()}
    panels: dict[int, str] = {}
    if panel:
        most = set(distinct(values[panel])[: MOST_PANELS - 1])
        few = len(distinct(values[panel])) <= MOST_PANELS
        panels = {
            id: f"{names[panel]} {shown(each)}" if few or each in most else f"other {names[panel]}"
            for id, each in values[panel].items()
        }
    told = [key for key in dict.fromkeys((color, dash)) if key]
    words = {run.id: " · ".join(f"{names[key]} {shown(values[key][run.id])}" for key in told) for run in runs}
    return Palette(_colors(values[color]) if color else {}, styles, panels, words if told else {})


def _colors(values: Mapping[int, Value]) -> dict[int, tuple[int, float]]:
    """A colour for each value; of more numbers than there are colours a place on a scale."""
    order = distinct(values)
    numbers = [one for one in order if isinstance(one, float) and math.isfinite(one)]
    if len(order) <= _MOST_COLORS or len(numbers) < len([one for one in order if one is not None]):
        return {id: (order.index(each), -1.0) for id, each in values.items()}
    low, high = numbers[0], numbers[-1]
    logs = low > 0 and high / low >= _WIDE

    def share(number: float) -> float:
        if logs:
            return math.log(number / low) / math.log(high / low)
        return (number - low) / (high - low)

    return {
        id: (0, share(each)) if isinstance(each, float) and math.isfinite(each) else (_MOST_COLORS - 1, -1.0)
        for id, each in values.items()
    }
