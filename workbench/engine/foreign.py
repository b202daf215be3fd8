"""A run of another program while it is read: its values and settings, bounded and fit for the store.

Whatever its names hold, they are one line here; the settings by which Workbench itself goes are no stranger's to set.
"""

import json
import math
import stat
from pathlib import Path
from typing import Any, Final, cast

from workbench.core import text
from workbench.core.errors import WorkbenchError
from workbench.core.files import LARGEST_BYTES, loads
from workbench.engine.metric_files import OWN
from workbench.jobs.settings import ESTIMATE
from workbench.store.arrivals import Arrival, Series
from workbench.store.records import FINAL, STATES, State

MOST_VALUES: Final = 5_000_000
_MOST_NAMES: Final = 20_000
_LONGEST: Final = 6000
_LONGEST_NOTES: Final = 1_000_000
_LONGEST_TAG: Final = 60
_LATEST: Final = 1e11
_WHOLE: Final = 2.0**53
_SPLITS: Final = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation",
    "eval": "validation", "test": "test",
}  # fmt: skip
"""What other programs call the parts of the data."""
EXPERIMENT: Final = "imported.experiment"
UNFINISHED: Final = "It had not ended when it was taken in."


def regular(file: Path) -> bool:
    """Whether it is a plain file itself, no link to one, no pipe and no device."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except (OSError, ValueError):
        return False


class Reading:
    """Collects what is read. What is too much to be a run is a ValueError."""

    def __init__(self) -> None:
        self.count = 0
        self._series: dict[str, Series] = {}
        self._names: dict[str, Series] = {}
        self._params: dict[str, Any] = {}
        self._own: dict[str, str] = {}

    def add(self, metric: str, step: int, value: float, time: float) -> None:
        """One value; a time that cannot be is none."""
        series = self._names.get(metric)
        if series is None:
            if len(self._names) >= _MOST_NAMES:
                raise ValueError(f"holds more than {_MOST_NAMES:,} metrics, too many for one run")
            series = self._series.setdefault(text.one_line(metric) or "value", Series())
            self._names[metric] = series
        if self.count >= MOST_VALUES:
            raise ValueError(f"holds more than {MOST_VALUES:,} values, too many for one run")
        self.count += 1
        series.steps.append(step)
        series.values.append(value)
        series.times.append(time if 0 < time < _LATEST else 0.0)

    def set(self, name: str, value: Any) -> None:
        """One setting: a text, number, truth value, None or a list of those."""
        if name.startswith(OWN):
            self._own[name.removeprefix(OWN)] = str(value)
            return
        name = text.one_line(name)
        if not name or name.startswith((ESTIMATE, "imported.")):
            return
        if len(self._params) >= _MOST_NAMES:
            raise ValueError(f"holds more than {_MOST_NAMES:,} settings, too many for one run")
        self._params[name] = _fit(value)

    def draw(self, document: str, program: str) -> None:
        """The drawing and the program that came along; they count where they are those of a model."""
        if 0 < len(document) <= LARGEST_BYTES and 0 < len(program) <= LARGEST_BYTES:
            try:
                loads(document)
            except WorkbenchError:  # of a newer version, or no model at all: the run then has none
                return
            self._own |= {"document": document, "program": program}

    def arrival(
        self,
        mark: str,
        origin: str,
        name: str,
        state: State | None,
        times: tuple[float, float],
        remarks: list[str],
    ) -> Arrival:
        """The run. What Workbench itself wrote there of it counts before the rest."""
        own = self._own
        said = own.get("state", state or "completed")
        final = said if said in FINAL else "stopped"
        cause = UNFINISHED if said in STATES and said not in FINAL else own.get("cause", "")
        started, ended = (time if 0 < time < _LATEST else 0.0 for time in times)
        tags = [tag for each in own.get("tags", "").split(",") if (tag := _tag(each))]
        return Arrival(
            mark,
            origin,
            text.one_line(own.get("name", name)) or "run",
            cast(State, final),
            cause=text.one_line(cause, 2000),
            model=text.one_line(own.get("model", "")),
            dataset=text.one_line(own.get("dataset", "")),
            seed=_seed(own.get("seed", "")),
            started=started,
            ended=max(started, ended),
            params=self._params,
            tags=list(dict.fromkeys(tags)),
            notes=own.get("notes", "")[:_LONGEST_NOTES],
            series=_as_here(self._series),
            remarks=remarks,
            document=own.get("document", ""),
            program=own.get("program", ""),
        )


def _as_here(series: dict[str, Series]) -> dict[str, Series]:
    """The split before the name of a metric, as it stands in runs that were trained here: they are compared so.

    Other programs write val/loss or loss/val. Where two metrics would get the same name, all keep theirs.
    """
    names = {name: _with_split_first(name) for name in series}
    if len(set(names.values())) < len(names):
        return series
    return {names[name]: each for name, each in series.items()}


def _with_split_first(name: str) -> str:
    first, _, rest = name.partition("/")
    before, _, last = name.rpartition("/")
    if rest and (split := _SPLITS.get(first.lower())):
        return f"{split}/{rest}"
    if before and (split := _SPLITS.get(last.lower())):
        return f"{split}/{before}"
    return name


def meant(given: str, *, numbers: bool = True) -> Any:
    """What a text stands for: a number, a truth value, a list of such; else the text."""
    if not given or len(given) > _LONGEST or not (numbers or given[0] == "["):
        return given
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        return given
    if isinstance(found, list):
        return found if all(_plain(each) for each in found) else given
    return found if _plain(found) else given


def _plain(value: object) -> bool:
    """Whether it is one that a setting may be, and that every program reads alike."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | bool | None) or (isinstance(value, int) and abs(value) < 2**63)


def _fit(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return repr(value)
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    return value[:_LONGEST] if isinstance(value, str) else value


def _seed(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _tag(given: str) -> str:
    return text.one_line(given)[:_LONGEST_TAG].strip()
