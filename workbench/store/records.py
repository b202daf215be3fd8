"""What the store hands out: frozen values, never rows. Times are unix seconds, 0.0 where it has not happened.

Standard library only, so that a view can name these types without importing SQLAlchemy.
"""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Json = Any  # what json.loads gives

State = Literal["queued", "starting", "running", "paused", "completed", "failed", "stopped"]
Request = Literal["", "pause", "resume", "stop"]
MediaKind = Literal["image", "text", "matrix", "translations", "attention", "series", "histograms", "sound"]
CheckpointKind = Literal["last", "best"]

FINAL: Final[frozenset[str]] = frozenset({"completed", "failed", "stopped"})
ALIVE: Final[frozenset[str]] = frozenset({"starting", "running", "paused"})
STATES: Final[frozenset[str]] = FINAL | ALIVE | {"queued"}
REQUESTS: Final[frozenset[str]] = frozenset({"", "pause", "resume", "stop"})

WATCHED = "watched_until"
"""The setting that holds until when (Unix time) a window shows live values; trainers look into it."""
LIVE = "live:"
"""With a run's number behind it: the setting that holds the live values of the step that was watched last."""
ELSEWHERE: Final = "elsewhere"
"""The device of runs that no Workbench trained."""
ORIGIN: Final = "imported.from"
"""The setting of such a run that says which program it came from."""
ARRIVED: Final = "imported:"
"""With the mark of such a run behind it: the setting of the workspace that holds which run here it became."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One training of one exact snapshot of a model. `device` was asked for, `used_device` is what it got."""

    id: int
    name: str
    model: str
    state: State
    cause: str
    device: str
    used_device: str
    seed: int
    created: float
    started: float
    ended: float
    epoch: int
    epochs: int
    step: int
    steps: int  # expected in all, 0 where unknown
    parameters: int
    dataset: str
    request: Request
    pid: int
    process_started: float  # opaque: compare with jobs.processes.started
    heartbeat: float
    message: str
    resumed_from: int
    model_id: int = 0  # the model of the workspace that was trained; 0 for one from elsewhere
    drawn: bool = True  # only runs from elsewhere may have come without a drawing

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def imported(self) -> bool:
        """Whether it came from another program, which keeps neither weights nor how to train it again."""
        return self.device == ELSEWHERE

    @property
    def alive(self) -> bool:
        """Whether a process should stand behind it."""
        return self.state in ALIVE


@dataclass(frozen=True, slots=True)
class Marks:
    """What people say of a run; tags come in alphabetical order, `archived` is when it was put away."""

    star: bool = False
    tags: tuple[str, ...] = ()
    notes: str = ""
    archived: float = 0.0


UNMARKED: Final = Marks()


@dataclass(frozen=True, slots=True)
class TagChange:
    """Which tags really came and went, as (run, tag): the change turned around takes it back."""

    added: tuple[tuple[int, str], ...]
    removed: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one metric, such as "validation/accuracy"; NaN and ±inf are kept as they are."""

    metric: str
    step: int
    epoch: int
    value: float
    time: float


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric of one run as flat arrays (numpy.frombuffer reads them without a copy)."""

    steps: "array[int]"
    epochs: "array[int]"
    values: "array[float]"
    times: "array[float]"
    cursor: int  # give it back as `after` to get only what came since


@dataclass(frozen=True, slots=True)
class Summary:
    """A metric at a glance. NaN never wins `min` or `max`; they are NaN only where every value was.

    `type` is the node type that recorded it, "" for none, such as a sum of losses.
    """

    metric: str
    last: float
    last_step: int
    min: float
    min_step: int
    max: float
    max_step: int
    count: int
    type: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """What a probe recorded: PNG bytes, UTF-8 text, a WAV file, or JSON for every other kind."""

    id: int
    run: int
    probe: str
    kind: MediaKind
    step: int
    epoch: int
    data: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a run's log; level is "info", "warning" or "error"."""

    id: int
    run: int
    time: float
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint's file (relative to the files folder), its hash, and the value that it is kept for."""

    id: int
    run: int
    step: int
    epoch: int
    kind: CheckpointKind
    path: str
    sha256: str
    bytes: int
    value: float = math.nan


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """A block in the library of the workspace. The ports are texts to be shown, as in "x, image"."""

    id: int
    name: str
    inputs: str
    outputs: str
    parameters: int
    created: float


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model in the workspace; `revision` counts its saved changes."""

    id: int
    name: str
    revision: int
    updated: float
    created: float


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """What a model was at some moment; `name` is "" for one that was kept by itself."""

    id: int
    model: int
    name: str
    nodes: int
    parameters: int
    created: float


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A registered dataset: where its data is, how it is read, what comes out. Never the data itself."""

    id: str
    title: str
    source: str
    reader: str
    options: Mapping[str, Json]
    schema: Mapping[str, Json]
    splits: Mapping[str, Json]
    fingerprint: str
    created: float
    details: Mapping[str, Json] = field(default_factory=dict)
    """What was understood and noticed while reading: problems, figures, understood, choices, layout."""
