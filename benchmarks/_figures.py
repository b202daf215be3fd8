"""What a benchmark measured, beside its budget and a peer, as a table or as JSON. Standard library and rich only."""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; `ok` says whether the budget is kept. `peer_value` has the unit that `peer` names."""

    name: str
    value: float | str
    unit: str
    ok: bool
    budget: float | None = None
    peer: str = ""
    peer_value: float | None = None

    def as_dict(self) -> dict[str, object]:
        """The object that `--json` prints."""
        order = ("name", "value", "unit", "budget", "peer", "peer_value", "ok")
        values = asdict(self) | {"peer": self.peer or None}
        return {key: values[key] for key in order}


def at_most(
    name: str, value: float, unit: str, budget: float, peer: str = "", peer_value: float | None = None
) -> Figure:
    """A figure that should be small."""
    return Figure(name, value, unit, value <= budget, budget, peer, peer_value)


def at_least(
    name: str, value: float, unit: str, budget: float, peer: str = "", peer_value: float | None = None
) -> Figure:
    """A figure that should be large."""
    return Figure(name, value, unit, value >= budget, budget, peer, peer_value)


def console() -> Console:
    """Where the table is printed; wide enough for it where the output is no terminal."""
    made = Console()
    return made if made.is_terminal else Console(width=120)


def table() -> Table:
    """An empty table of figures."""
    columns = ("figure", "value", "budget", "peer", "peer's value", "kept")
    made = Table(box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in ("value", "budget", "peer's value") else "left")
    return made


def row(figure: Mapping[str, object]) -> list[str]:
    """One figure as a row of the table."""
    return [
        str(figure["name"]),
        f"{shown(figure['value'])} {figure['unit']}".strip(),
        shown(figure.get("budget")),
        str(figure.get("peer") or "–"),
        shown(figure.get("peer_value")),
        "yes" if figure["ok"] else "NO",
    ]


def shown(value: object) -> str:
    """A number with three digits that matter."""
    if not isinstance(value, float):
        return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def report(
    description: str,
    figures: Iterable[Figure] | Callable[[Sequence[str]], Iterable[Figure]],
    parts: Sequence[str] = (),
) -> None:
    """Prints the figures of one benchmark: a table, or with --json one line each as they come.

    Where a benchmark has parts, one or several can be named, and `figures` makes those of the named ones.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object per figure and line")
    if parts:
        parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(parts)}; all without")
    asked = parser.parse_args()
    as_json = asked.json
    named = asked.parts if parts else []
    if unknown := sorted(set(named) - set(parts)):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(parts)}")
    rows = table()
    for figure in figures(named or parts) if callable(figures) else figures:
        if as_json:
            print(json.dumps(figure.as_dict()), flush=True)
        rows.add_row(*row(figure.as_dict()))
    if not as_json:
        console().print(rows)
