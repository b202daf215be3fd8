"""What a request says, checked, and what an answer may hold. Imports core's errors only."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from workbench.core.errors import JobError


class Stopped(Exception):  # noqa: N818 - not an error but a wish
    """Nobody wants the answer any more."""


def whole(request: Mapping[str, Any], name: str, default: int, low: int = 0, high: int = 2**31) -> int:
    """A whole number of a request. Raises JobError for what is none, or too small or large."""
    value = request.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise JobError(f"“{name}” is a whole number from {low:,} to {high:,}.")
    return value


def number(request: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    """A number of a request. Raises JobError for what is none, or too small or large."""
    value = request.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise JobError(f"“{name}” is a number from {low:g} to {high:g}.")
    return float(value)


def text(request: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text of a request. Raises JobError for anything else."""
    value = request.get(name, default)
    if not isinstance(value, str):
        raise JobError(f"“{name}” is a text.")
    return value


def choice(request: Mapping[str, Any], name: str, known: Sequence[str], default: str) -> str:
    """One of some words. Raises JobError for any other."""
    value = request.get(name, default)
    if value not in known:
        raise JobError(f"“{name}” is {' or '.join(known)}, not “{value}”.")
    return cast(str, value)


def run(request: Mapping[str, Any]) -> int:
    """The number of the run that is asked about. Raises JobError."""
    if "run" not in request:
        raise JobError("The request does not say which run it is about.")
    return whole(request, "run", 0, 1)


def checkpoint(request: Mapping[str, Any]) -> Literal["best", "last"]:
    """Which weights of the run. Raises JobError."""
    return cast(Literal["best", "last"], choice(request, "checkpoint", ("best", "last"), "best"))


def plain(value: object) -> Any:
    """Only what JSON can hold: NaN and infinities become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
