"""What the open model will take to train, kept up to date for the views that show it.

Imports Qt, session and catalog; earlier runs are read in the background.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.catalog.costs import Estimate, Measured, estimate, seconds
from workbench.core import text
from workbench.gui.session import Session

if TYPE_CHECKING:
    from workbench.store.store import Store

WAIT_MS = 120
"""How long after the last check of a drawing: an estimate may come later than what an edit needs at once."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """An estimate on the device that is chosen. `rough` tells that no run has been measured on it yet."""

    costs: Estimate
    seconds: float
    rough: bool
    device: str

    @property
    def brief(self) -> str:
        """The time alone, where there is hardly room; without a dataset the memory."""
        if not self.costs.steps:
            return text.size(self.costs.memory)
        said = text.duration(self.seconds)
        return said if said.startswith("<") else f"≈ {said}"

    @property
    def line(self) -> str:
        """Time and memory in a few words."""
        return f"{self.brief} an epoch · {text.size(self.costs.memory)}" if self.costs.steps else self.brief

    @property
    def parts(self) -> str:
        """What the figures are made of, a line each."""
        costs = self.costs
        known = "rough: no run was measured here yet" if self.rough else "as earlier runs here were"
        lines = [
            f"Expected on {self.device}: {text.duration(self.seconds)} an epoch ({known})",
            f"{text.plural(costs.steps, 'step')} of {text.plural(costs.batch, 'example')} an epoch, "
            f"{text.count(costs.operations)} multiply-adds",
        ]
        if not costs.steps:
            lines = ["The time is told once a dataset is chosen."]
        lines += [
            f"Memory: {text.size(costs.memory)}",
            f"  weights {text.size(costs.weights)}",
            f"  gradients {text.size(costs.gradients)}",
            f"  optimiser {text.size(costs.state)}",
            f"  activations {text.size(costs.activations)}",
            f"  data {text.size(costs.data)}",
        ]
        return "\n".join(lines)


class Estimator(QObject):
    """The forecast of the open model; None while it cannot train."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.forecast: Forecast | None = None
        self._session = session
        self._history: dict[str, list[Measured]] = {}
        self._read: frozenset[int] = frozenset()
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.refresh)
        session.analysed.connect(self._later)
        session.device_changed.connect(self._later)
        session.devices_found.connect(self._later)
        session.runs_changed.connect(self._on_runs)
        session.opened.connect(self._on_runs)
        self._on_runs()
        self.refresh()

    def refresh(self) -> None:
        """Estimate anew."""
        session = self._session
        items: dict[str, int] = {}
        for record in session.datasets:
            count = record.splits.get("train")
            if isinstance(count, int):
                items[record.id] = count
        costs = estimate(session.analysis, items)
        found: Forecast | None = None
        if costs is not None:
            device, kind = self._device()
            past = self._history.get(kind, [])
            found = Forecast(costs, seconds(costs.work[kind], past), not past, device)
        if found != self.forecast:
            self.forecast = found
            self.changed.emit()

    def _later(self) -> None:
        self._timer.start()

    def _device(self) -> tuple[str, str]:
        """The device that a run would get, and its kind."""
        known, asked = self._session.devices, self._session.device
        fitting = [each for each in known if asked in ("auto", each.id, each.kind)]
        return (fitting[0].id, fitting[0].kind) if fitting else ("cpu", "cpu")

    def _on_runs(self) -> None:
        session = self._session
        done = frozenset(run.id for run in session.runs if run.state == "completed")
        if done != self._read and session.is_open:
            self._read = done
            session.call(_history, self._on_history)

    def _on_history(self, history: dict[str, list[Measured]]) -> None:
        self._history = history
        self._later()


def _history(store: "Store") -> dict[str, list[Measured]]:
    from workbench.jobs.estimates import history  # here: this runs in the background

    return history(store)


def estimator_of(session: Session) -> Estimator:
    """The one estimator of a session."""
    found = session.findChild(Estimator)
    return found if isinstance(found, Estimator) else Estimator(session)
