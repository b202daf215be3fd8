"""A run from its event files of TensorBoard: scalars, pictures, texts, sounds, hyperparameters, times. Not torch.

Scalars are kept in several ways (a number, a tensor with one), and so is the rest; histograms are counted and left out.
"""

import hashlib
import math
import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from workbench.core import text
from workbench.engine.event_records import (
    TornError,
    double,
    fields,
    inside,
    records,
    signed,
    single,
    varints,
    words,
)
from workbench.engine.foreign import Reading, meant
from workbench.engine.tensorboard_media import KINDS, Media
from workbench.store.arrivals import Arrival
from workbench.store.records import State

ORIGIN: Final = "TensorBoard"
_HPARAMS: Final = "hparams"
_ENDS: Final[dict[int, State]] = {1: "completed", 2: "failed", 3: "stopped"}
"""SUCCESS, FAILURE, RUNNING of the plug-in for hyperparameters."""
_KINDS: Final = {3: "histogram", 4: "picture", 5: "histogram", 6: "sound"}
"""Fields of a value that are no number, and what they are."""
_HALF: Final = 19
_PACKED: Final = {1: "f", 2: "d", 3: "i", 9: "q", _HALF: "e"}
"""Types of tensors, as `struct` calls them."""


def read(files: Sequence[Path], name: str) -> Arrival:
    """The run that one folder's event files tell, in the order of their names. Raises ValueError or OSError."""
    run = _Run(name)
    for file in files:
        try:
            for content in records(file):
                run.add(content, file)
        except TornError:
            run.torn.append(file.name)
        except ValueError as error:
            raise ValueError(f"{file} {error}.") from error
    return run.arrival()


class _Run:
    """One run while it is read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reading = Reading()
        self._plugins: dict[str, str] = {}
        self._media = Media([])
        self._left_out: Counter[str] = Counter()
        self._mark = ""
        self._first = math.inf
        self._last = 0.0
        self._state: State | None = None
        self._began = self._ended = 0.0
        """As the plug-in for hyperparameters says; 0.0 where it does not."""
        self.torn: list[str] = []

    def add(self, content: bytes, file: Path) -> None:
        """One event."""
        time, step, summary = 0.0, 0, b""
        for number, value in fields(content):
            if number == 1:
                time = double(value)
            elif number == 2 and isinstance(value, int):
                step = signed(value)
            elif number == 5:
                summary = inside(value)
        if not self._mark:
            self._mark = hashlib.sha256(file.name.encode("utf-8", "replace") + content).hexdigest()
        if not 0 < time < 1e11:
            time = 0.0
        else:
            self._first, self._last = min(self._first, time), max(self._last, time)
        for number, value in fields(summary):
            if number == 1:
                self._value(inside(value), step, time)

    def _value(self, message: bytes, step: int, time: float) -> None:
        tag, found, tensor, kind, packed = "", None, b"", "", b""
        content: bytes | None = None
        for number, value in fields(message):
            if number == 1:
                tag = words(value)
            elif number == 2:
                found = single(value)
            elif number == 8:
                tensor, kind = inside(value), "tensor"
            elif number == 9:
                plugin, content = _plugin(inside(value))
                self._plugins.setdefault(tag, plugin)
            elif number in _KINDS:
                packed, kind = inside(value), _KINDS[number]
        plugin = self._plugins.get(tag, "")
        if plugin == _HPARAMS:
            self._hyperparameters(content or b"")
            return
        if found is None and tensor and plugin in ("scalars", ""):
            found = _number(tensor)
        if found is not None:
            self._reading.add(tag, step, found, time)
        elif kind in KINDS.values() or (tensor and plugin in KINDS):
            kind = KINDS.get(plugin, kind)
            name = text.one_line(tag) or kind
            if left := self._media.add(name, step, kind, tensor or packed, tensor=bool(tensor)):
                self._left_out[left] += 1
        else:
            self._left_out[_KINDS_OF.get(plugin, kind or "entry")] += 1

    def _hyperparameters(self, content: bytes) -> None:
        for number, value in fields(content):
            if number == 3:
                for inner, each in fields(inside(value)):
                    if inner == 1:
                        self._reading.set(*_setting(inside(each)))
                    elif inner == 5:
                        self._began = double(each)
            elif number == 4:
                for inner, each in fields(inside(value)):
                    if inner == 1 and isinstance(each, int):
                        self._state = _ENDS.get(each, self._state)
                    elif inner == 2:
                        self._ended = double(each)

    def arrival(self) -> Arrival:
        """All of it."""
        came = [text.plural(self._reading.count, "value")]
        came += [text.plural(len(self._media.found), "record")] if self._media.found else []
        remarks = [f"Taken in from event files of {ORIGIN}: {', '.join(came)}."]
        remarks += [
            f"{name} ends in the middle of a record; what stands before it is here." for name in self.torn
        ]
        if self._left_out:
            named = ", ".join(text.plural(many, kind) for kind, many in sorted(self._left_out.items()))
            remarks.append(f"Left out: {named}.")
        started = self._began or (self._first if self._first < math.inf else 0.0)
        run = self._reading.arrival(
            self._mark, ORIGIN, self._name, self._state, (started, self._ended or self._last), remarks
        )
        run.media = self._media.found
        return run


_KINDS_OF: Final = {"histograms": "histogram", "pr_curves": "curve"}


def _plugin(metadata: bytes) -> tuple[str, bytes]:
    """The plug-in that a value is for, and what it is told."""
    name, content = "", b""
    for number, value in fields(metadata):
        if number == 1:
            for inner, each in fields(inside(value)):
                if inner == 1:
                    name = words(each)
                elif inner == 2:
                    content = inside(each)
    return name, content


def _number(tensor: bytes) -> float | None:
    """The one number in a tensor; None where it holds another thing."""
    kind, packed = 0, b""
    found: list[float] = []
    for number, value in fields(tensor):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4:
            packed = inside(value)
        elif number in (5, 6):
            size, one = (4, single) if number == 5 else (8, double)
            many = inside(value)
            found += [one(many[at : at + size]) for at in range(0, len(many), size)]
        elif number in (7, 10, 13):
            whole = [value] if isinstance(value, int) else list(varints(value))
            if number == 13 and kind == _HALF:
                found += [struct.unpack("<e", struct.pack("<H", each & 0xFFFF))[0] for each in whole]
            elif number != 13:
                found += [float(signed(each)) for each in whole]
    if packed and kind in _PACKED:
        size = struct.calcsize(_PACKED[kind])
        if len(packed) != size:
            return None
        found = [float(each) for each in struct.unpack(f"<{_PACKED[kind]}", packed)]
    return found[0] if len(found) == 1 else None


def _setting(entry: bytes) -> tuple[str, Any]:
    """One entry of a map of names to values."""
    name = ""
    given: Any = None
    for number, value in fields(entry):
        if number == 1:
            name = words(value)
        elif number == 2:
            for inner, each in fields(inside(value)):
                if inner == 2:
                    given = double(each)
                elif inner == 3:
                    given = meant(words(each), numbers=False)
                elif inner == 4:
                    given = bool(each)
    return name, given
