"""The pictures of a model card as SVG: the drawing in boxes and lines, and the curves. Imports core and records."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final

from workbench.core import text
from workbench.core.document import Graph
from workbench.store.records import Curve

_WIDE, _HIGH, _MARGIN = 150, 40, 24
_COLORS: Final = ("#3b7dd8", "#d9822b", "#2e9e5b", "#b04ac0", "#c0392b", "#0f8b8d", "#8a6d1d", "#5b6575")
_DASHES: Final = ("", "6 3", "2 3", "9 3 2 3")
"""With each further round of the colours."""
_FEW, _SHORT, _COLUMNS = 4, 14, 3
_FONT: Final = 'font-family="system-ui, sans-serif"'
_POINTS: Final = 300
"""So many columns a curve is drawn in; the smallest and largest value of each are kept."""


def drawing(graph: Graph) -> str:
    """The nodes of a drawing where they stand on the canvas, and their links."""
    nodes = graph.nodes.values()
    if not nodes:
        return ""
    left = min(node.at[0] for node in nodes)
    top = min(node.at[1] for node in nodes)
    places = {node.id: (node.at[0] - left + _MARGIN, node.at[1] - top + _MARGIN) for node in nodes}
    width = max(x for x, _ in places.values()) + _WIDE + _MARGIN
    height = max(y for _, y in places.values()) + _HIGH + _MARGIN
    lines = []
    for target, source in graph.links.items():
        if source.node in places and target.node in places:
            (x1, y1), (x2, y2) = places[source.node], places[target.node]
            x1, y1, y2 = x1 + _WIDE, y1 + _HIGH / 2, y2 + _HIGH / 2
            bend = max(30.0, abs(x2 - x1) / 2)
            path = f"M{x1:.0f},{y1:.0f} C{x1 + bend:.0f},{y1:.0f} {x2 - bend:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
            lines.append(f'<path d="{path}" fill="none" stroke="#8a93a3" stroke-width="1.5"/>')
    for node in nodes:
        x, y = places[node.id]
        kind = node.type or node.block
        lines += [
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{_WIDE}" height="{_HIGH}" rx="6" fill="#f4f6fa" stroke="#5b6575"/>',
            _words(x + 10, y + 17, text.one_line(node.id, 20), "#1c222b", 12, "600"),
            _words(x + 10, y + 32, text.one_line(kind, 24), "#566070", 11),
        ]
    return _svg(width, height, lines)


def chart(title: str, curves: Mapping[str, Curve], names: Sequence[str]) -> str:
    """Curves over the steps; what is no number is a gap. "" where there is nothing to draw.

    `names` are those of all charts of a document, so that each has one colour in all of them.
    """
    return overlay(title, {name: thinned(curve) for name, curve in curves.items()}, names)


def overlay(title: str, shown: Mapping[str, Sequence[tuple[float, float]]], names: Sequence[str]) -> str:
    """The same of thinned curves; the names of more than a few stand below, each in the colour of its curve."""
    points = [point for each in shown.values() for point in each if math.isfinite(point[1])]
    if not points:
        return ""
    low, high = min(y for _, y in points), max(y for _, y in points)
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    span = (high - low) or max(abs(high), 1.0)
    left, top, width, height = 64, 30, 380, 170
    few = len(shown) <= _FEW and all(len(name) <= _SHORT for name in shown)
    if not few:
        width, height = 620, 240

    def place(x: float, y: float) -> str:
        across = (x - first) / ((last - first) or 1)
        return f"{left + across * width:.1f},{top + (1 - (y - low) / span) * height:.1f}"

    lines = [
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="#ffffff" stroke="#c5ccd8"/>',
        _words(left, 19, text.one_line(title, 40), "#1c222b", 13, "600"),
        _words(6, top + 10, text.number(high), "#566070", 11),
        _words(6, top + height, text.number(low), "#566070", 11),
        _words(left, top + height + 16, f"step {first:,.0f}", "#566070", 11),
        _words(left + width - 80, top + height + 16, f"step {last:,.0f}", "#566070", 11),
    ]
    looks = {name: number for number, name in enumerate(names)}
    for number, (name, values) in enumerate(shown.items()):
        turn, look = divmod(looks[name], len(_COLORS))
        color, dash = _COLORS[look], _DASHES[turn % len(_DASHES)]
        drawn = f' stroke-dasharray="{dash}"' if dash else ""
        for finite, part in groupby(values, lambda point: math.isfinite(point[1])):
            if finite:
                path = " ".join(place(x, y) for x, y in part)
                lines.append(
                    f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.6" '
                    f'stroke-linecap="round"{drawn}/>'
                )
        if few:
            at = (left + width - 90, top + 16 + 15 * number)
        else:
            row, column = divmod(number, _COLUMNS)
            at = (left + column * width // _COLUMNS, top + height + 36 + 16 * row)
            lines.append(_key(at[0], at[1] - 4, color, drawn))
            at = (at[0] + 24, at[1])
        lines.append(_words(*at, text.one_line(name, _SHORT if few else 22), color, 11, "600"))
    below = 26 if few else 32 + 16 * -(-len(shown) // _COLUMNS)
    return _svg(left + width + 12, top + height + below, lines)


def _key(x: float, y: float, color: str, drawn: str) -> str:
    return f'<line x1="{x:.0f}" x2="{x + 18:.0f}" y1="{y:.0f}" y2="{y:.0f}" stroke="{color}" stroke-width="2"{drawn}/>'


def thinned(curve: Curve) -> list[tuple[float, float]]:
    """At most two values of each column, its smallest and largest, in their order; a gap stays one."""
    values = list(zip(curve.steps, curve.values, strict=True))
    size = max(1, -(-len(values) // _POINTS))
    found: list[tuple[float, float]] = []
    for start in range(0, len(values), size):
        part = values[start : start + size]
        finite = [point for point in part if math.isfinite(point[1])]
        if finite:
            found += sorted({min(finite, key=lambda p: p[1]), max(finite, key=lambda p: p[1])})
        if len(finite) < len(part):
            found.append((part[-1][0], math.nan))
    return found


def _words(x: float, y: float, words: str, color: str, size: int, weight: str = "400") -> str:
    style = f'{_FONT} font-size="{size}" font-weight="{weight}" fill="{color}"'
    return f'<text x="{x:.0f}" y="{y:.0f}" {style}>{escape(words)}</text>'


def _svg(width: float, height: float, lines: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(lines)}</svg>'
