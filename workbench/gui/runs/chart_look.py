"""How the curves of a page look: axis, smoothing, hidden curves, groups. Kept in the workspace, a page each.

Imports Qt core, session and the plots.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomically
from workbench.gui.session import Session
from workbench.gui.widgets.plot_export import Export
from workbench.gui.widgets.plot_grid import PlotControls, PlotGrid

_MOST: Final = 2_000
_LONGEST: Final = 400
_SAVE_MS: Final = 800


@dataclass(frozen=True, slots=True)
class ChartLook:
    """Names and keys as the page knows them; "" and empty is what is usual."""

    axis: str = "step"
    smoothing: float = 0.8
    smoother: str = "mean"
    clip: bool = False
    log_x: bool = False
    legend: bool = True
    split: str = "both"
    group: str = ""
    band: str = "deviation"
    color: str = ""
    dash: str = ""
    panel: str = ""
    logs: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, given: Any) -> "ChartLook":
        """What is damaged is as usual: a workspace may come from anywhere."""
        usual = cls()
        if not isinstance(given, Mapping):
            return usual
        kept: dict[str, Any] = {}
        for field in fields(cls):
            value, default = given.get(field.name), getattr(usual, field.name)
            if isinstance(default, tuple) and isinstance(value, list):
                kept[field.name] = tuple(each for each in value[:_MOST] if isinstance(each, str))
            elif isinstance(default, bool):
                kept[field.name] = value if isinstance(value, bool) else default
            elif isinstance(default, float) and isinstance(value, int | float):
                kept[field.name] = min(0.99, max(0.0, float(value))) if value == value else default
            elif isinstance(default, str) and isinstance(value, str) and len(value) <= _LONGEST:
                kept[field.name] = value
        return cls(**kept)


def show_look(look: ChartLook, grid: PlotGrid, controls: PlotControls) -> None:
    """Make plots and their controls look so."""
    grid.set_clip(look.clip)
    grid.set_log_x(look.log_x)
    grid.set_logs(look.logs)
    grid.legend.hide(look.hidden)
    controls.set_smoothing(look.smoothing, "median" if look.smoother == "median" else "mean")


def look_now(look: ChartLook, grid: PlotGrid, controls: PlotControls) -> ChartLook:
    """The look with what plots and controls show of it now."""
    return replace(
        look,
        smoothing=controls.smoothing,
        smoother=controls.smoother,
        clip=grid.clip,
        log_x=grid.log_x,
        logs=tuple(sorted(grid.logs)),
        hidden=tuple(sorted(grid.legend.hidden)),
    )


class ChartLooks(QObject):
    """The look of one page: `read` tells it when a workspace was opened; what is remembered is kept a moment later."""

    read = Signal(object)

    def __init__(self, session: Session, key: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._key = session, key
        self._look: ChartLook | None = None
        """None until it was read or chosen."""
        self._unsaved = False
        self._later = QTimer(self, interval=_SAVE_MS, singleShot=True)
        self._later.timeout.connect(self.save)
        session.opened.connect(self._read)
        session.closing.connect(self._close)
        if session.is_open:
            self._read()

    def remember(self, look: ChartLook) -> None:
        """The page looks like this now."""
        if look != self._look:
            self._look, self._unsaved = look, True
            self._later.start()

    def save(self) -> None:
        """Keep what was to be remembered."""
        if self._unsaved and self._look is not None:
            self._later.stop()
            self._unsaved = False
            key, kept = self._key, self._look.as_json()
            self._session.keep(key, kept)

    def _close(self) -> None:
        self.save()
        self._look = None

    def _read(self) -> None:
        key = self._key
        self._session.call(lambda store: store.setting(key), self._on_read)

    def _on_read(self, given: Any) -> None:
        if self._look is None:  # else somebody was faster
            self._look = ChartLook.from_json(given)
            self.read.emit(self._look)


def write(session: Session, export: Export) -> None:
    """Write a chart to its file, in the background."""

    def work(_: object) -> None:
        try:
            write_atomically(export.path, export.make())
        except OSError as error:
            raise WorkbenchError(f"{export.path} cannot be written: {error.strerror or error}.") from error

    told = f"The {export.what} of the chart {'were' if export.what.endswith('s') else 'was'} written to {export.path}."
    session.call(work, lambda _: session.message.emit(told, "ok"))
