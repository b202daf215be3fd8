"""Live values on the canvas while a run of the open model trains: badges under the cards, thickness of the wires.

Asks trainers to tell them and reads what they told through the session. Imports Qt, canvas and the store's records.
"""

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from workbench.core.document import Port
from workbench.core.text import number, size
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.store.records import ALIVE, LIVE, WATCHED, RunRecord

if TYPE_CHECKING:
    from workbench.store.store import Store

ASK_MS = 1000
WATCH_SECONDS = 10.0
"""A trainer goes on telling for so long after the window asked last."""


class LiveValues(QObject):
    """Switched on and off by an action; while it is on, news of the trained step come every few seconds."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.session = canvas.session
        self.on = False
        self.values: Mapping[str, Mapping[str, float]] = {}
        self._asked = 0.0
        self._timer = QTimer(self, interval=ASK_MS)
        self._timer.timeout.connect(self.ask)
        canvas.place_changed.connect(self._show)
        self.session.model_opened.connect(self._forget)
        self.session.document_changed.connect(self._show)

    def bind(self, commands: Commands) -> None:
        """Offer the switch."""
        commands.offer({"live_values": self.toggle})

    def toggle(self) -> None:
        """Show live values, or show them no longer."""
        self.on = not self.on
        if not self.on:
            self._timer.stop()
            self._forget()
            self.session.message.emit("Live values are off.", "info")
            return
        self._timer.start()
        self._asked = 0.0
        run = self._run()
        self.session.message.emit(
            f"Live values of run {run.id} appear under the nodes in a moment."
            if run
            else "Live values are on: they appear under the nodes while a run of this model trains.",
            "info",
        )
        self.ask()

    def ask(self) -> None:
        """Ask for the values of the run that trains now, and show what is known."""
        run = self._run()
        if run is None:
            return
        renew = time.time() - self._asked > WATCH_SECONDS / 2
        if renew:
            self._asked = time.time()
        until = self._asked + WATCH_SECONDS

        def work(store: "Store") -> Any:
            if renew and not store.read_only:
                store.set_setting(WATCHED, until)
            return store.setting(f"{LIVE}{run.id}")

        self.session.call(work, self._take)

    def _run(self) -> RunRecord | None:
        run = self.session.latest_run()
        return run if run is not None and run.state in ALIVE else None

    def _take(self, told: Any) -> None:
        if self.on and isinstance(told, dict) and isinstance(told.get("nodes"), dict):
            self.values = told["nodes"]
            self._show()

    def _forget(self) -> None:
        self.values = {}
        self._show()

    def _show(self) -> None:
        """Give the scene what is known of the nodes of the graph that is on the canvas."""
        drawing, place = self.canvas.drawing, self.canvas.place
        start = "".join(f"{id}/" for id in place.trail)
        here = {id: self.values[start + id] for id in drawing.graph.nodes if start + id in self.values}
        scope = drawing.know.scope() if drawing.know else None
        infos = scope.infos if scope else {}
        units = {
            id for id, info in infos.items() if info.kind is not None and info.kind.family == "activation"
        }
        drawing.set_badges({id: badge(known, units=id in units) for id, known in here.items()})
        drawing.set_weights(weights(here, drawing.graph.links))


def badge(known: Mapping[str, float], *, units: bool = False) -> tuple[str, ...]:
    """The lines under a card: what came out, then gradient, time and memory.

    What is always zero is a dead unit behind an activation only: elsewhere it may be the border of a picture.
    """
    first, second = [], []
    if "mean" in known:
        spread = f" ± {number(known['std'], 2)}" if "std" in known else ""
        first.append(number(known["mean"], 3 - bool(spread)) + spread)
    if units and known.get("dead", 0.0) > 0:
        first.append(f"{number(100 * known['dead'], 2)} % dead")
    if "gradient" in known:
        second.append(f"∇ {number(known['gradient'], 2)}")
    if "ms" in known:
        second.append(f"{number(known['ms'], 2)} ms")
    if "mb" in known:
        second.append(size(round(1e6 * known["mb"])))
    return tuple(" · ".join(line) for line in (first, second) if line)


def weights(values: Mapping[str, Mapping[str, float]], links: Mapping[Port, Port]) -> dict[Port, float]:
    """How strong the signal on each link is beside the others, 0 to 1 on a logarithmic scale of its RMS."""
    strengths = {}
    for target, source in links.items():
        known = values.get(source.node, {})
        strength = math.hypot(known.get("mean", 0.0), known.get("std", 0.0))
        if strength > 0:
            strengths[target] = math.log10(strength)
    if not strengths:
        return {}
    low, high = min(strengths.values()), max(strengths.values())
    return {
        target: (value - low) / (high - low) if high > low else 0.5 for target, value in strengths.items()
    }
