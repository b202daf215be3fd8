"""Draws docs/images/memory.svg: what a plain RNN, an LSTM and a Transformer remember. `python -m tools.memory`

Trains the two ready models that set them side by side, in a workspace that is thrown away, and plots how each did on
the validation part after every epoch. May import the store.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.store.store import Store

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images" / "memory.svg"
NETWORKS = (("rnn", "RNN", "#c4432b"), ("lstm", "LSTM", "#2f6fd0"), ("transformer", "Transformer", "#1d8f5a"))
WIDTH, HEIGHT, LEFT, TOP, ACROSS, HIGH = 880, 300, 50, 66, 360, 186


@dataclass(frozen=True, slots=True)
class Panel:
    """One problem: its metric, and what somebody gets who does not remember."""

    template: str
    title: str
    metric: str
    guessing: float


PANELS = (
    Panel("adding", "Adding two of fifty numbers: R²", "r2", 0.0),
    Panel("copying", "Repeating four letters after a wait: share right", "right", 0.125),
)
Curves = dict[str, Sequence[float]]
"""A value after each epoch, by network."""


def trained(panel: Panel) -> Curves:
    """The curves of a run of the ready model, as it is drawn."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "experiments.db"
        command = [sys.executable, "-m", "workbench", "train", panel.template, "--workspace", str(workspace)]
        subprocess.run(command, check=True)
        store = Store(workspace)
        try:
            (run,) = store.runs()
            return {id: store.curve(run.id, f"validation/{id}_{panel.metric}").values for id, *_ in NETWORKS}
        finally:
            store.close()


def picture(found: Sequence[tuple[Panel, Curves]]) -> str:
    """The text of the SVG file: a panel beside the other under one legend."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13" fill="#333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#fff"/>',
    ]
    for place, (_, name, colour) in enumerate(NETWORKS):
        x = LEFT + 90 * place
        lines.append(f'<path d="M{x} 20h22" stroke="{colour}" stroke-width="2.5"/>')
        lines.append(f'<text x="{x + 28}" y="24">{name}</text>')
    lines.append(f'<path d="M{LEFT + 310} 20h22" stroke="#888" stroke-dasharray="4 4"/>')
    lines.append(f'<text x="{LEFT + 338}" y="24">without a memory</text>')
    for place, (panel, curves) in enumerate(found):
        lines += _panel(panel, curves, LEFT + place * (ACROSS + LEFT + 10))
    return "\n".join((*lines, "</svg>", ""))


def _panel(panel: Panel, curves: Curves, left: int) -> Iterator[str]:
    yield f'<text x="{left}" y="{TOP - 14}" font-weight="bold">{panel.title}</text>'
    for mark in (0, 0.25, 0.5, 0.75, 1):
        y = _height(mark)
        yield f'<path d="M{left} {y:.1f}h{ACROSS}" stroke="#ddd"/>'
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:g}</text>'
    y = _height(panel.guessing)
    yield f'<path d="M{left} {y:.1f}h{ACROSS}" stroke="#888" stroke-dasharray="4 4"/>'
    epochs = max(map(len, curves.values()))
    for epoch in range(5, epochs + 1, 5):
        x = left + ACROSS * epoch / epochs
        yield f'<text x="{x:.1f}" y="{TOP + HIGH + 26}" text-anchor="middle">{epoch}</text>'
    yield f'<text x="{left}" y="{TOP + HIGH + 26}">epoch</text>'
    for id, _, colour in NETWORKS:
        points = (
            f"{left + ACROSS * epoch / epochs:.1f},{_height(value):.1f}"
            for epoch, value in enumerate(curves[id], start=1)
        )
        yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2.5"/>'


def _height(value: float) -> float:
    """How far below the top a value lies; what is far below guessing stays at the lower edge."""
    return TOP + HIGH * (1 - min(1.0, max(-0.06, value)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the picture; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.memory", description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET, help="the file to write")
    options = parser.parse_args(arguments)
    options.out.write_text(picture([(panel, trained(panel)) for panel in PANELS]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
