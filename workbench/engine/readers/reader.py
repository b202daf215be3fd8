"""What a reader is, which options it has, and one reading: what is asked for, understood and noticed.

May import NumPy, the schema and core.  No reader imports torch, so that looking at a file takes no seconds.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.content import Array, Content

# What JSON can hold of an option's value.
Value = str | bool | int | float | None | list[str]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that a person can set about how files are read.

    `kind` is text, number, share (0 to 1), switch, choice, column or columns (names among what the reader
    found, see Reading.choices).  An empty text or None means: as the reader understands it.
    """

    name: str
    label: str
    help: str
    kind: Literal["text", "number", "share", "switch", "choice", "column", "columns"] = "text"
    default: Value = ""
    choices: tuple[tuple[str, str], ...] = ()
    min: float | None = None
    max: float | None = None
    advanced: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing to know about a dataset.  `kind` is numbers (a name and a text each), bars (a name and a
    number each) or histogram (`values` has the counts, `edges` one more limits than counts).
    """

    title: str
    kind: Literal["numbers", "bars", "histogram"]
    names: tuple[str, ...] = ()
    values: tuple[float | str, ...] = ()
    edges: tuple[float, ...] = ()


@dataclass
class Reading:
    """One reading of a source: what the person wants, and what comes to light.

    `options` are the person's; `limit` asks for about so many items only, enough to look at (0: all of
    them).  A reader tells in `understood` the value it used for an option, in `choices` the names that a
    column may be chosen from, in `problems` sentences about what was left out or changed.
    """

    options: Mapping[str, object] = field(default_factory=dict)
    limit: int = 0
    folder: Path | None = None
    on_progress: Callable[[str, int, int], None] | None = None
    understood: dict[str, Value] = field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """An option as text; `default` where it is not given."""
        value = self.options.get(name)
        return default if value is None or value == "" else str(value)

    def names(self, name: str) -> list[str]:
        """An option that lists names: a list, or a text with commas."""
        value = self.options.get(name) or ()
        parts = value.split(",") if isinstance(value, str) else value
        parts = parts if isinstance(parts, list | tuple) else [parts]
        return [str(part).strip() for part in parts if str(part).strip()]

    def number(self, name: str, default: float, low: float = -np.inf, high: float = np.inf) -> float:
        """An option as a number.  Raises DataError when it is none, or outside of low … high."""
        text = self.text(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not low <= value <= high:
            limits = f" from {low:g} to {high:g}" if np.isfinite([low, high]).all() else ""
            raise DataError(f'The option "{name}" is a number{limits}, not "{text}".')
        return value

    def whole(self, name: str, default: int, low: int = 0, high: int = 2**31) -> int:
        """An option as a whole number.  Raises DataError when it is none, or outside of low … high."""
        value = self.number(name, default, low, high)
        if value != int(value):
            raise DataError(f'The option "{name}" is a whole number, not {value:g}.')
        return int(value)

    def switch(self, name: str, default: bool | None = None) -> bool | None:
        """An option that is yes or no.  Raises DataError when it is neither."""
        text = self.text(name).lower()
        if text in ("", "true", "yes", "1", "false", "no", "0"):
            return default if not text else text in ("true", "yes", "1")
        raise DataError(f'The option "{name}" is yes or no, not "{text}".')

    def choice(self, name: str, known: Sequence[str], default: str = "") -> str:
        """An option that is one of some words.  Raises DataError when it is another."""
        value = self.text(name, default)
        if value and value not in known:
            raise DataError(f'The option "{name}" is {" or ".join(known)}, not "{value}".')
        return value

    def say(self, problem: str) -> None:
        """Tell the person what was left out or changed."""
        self.problems.append(problem)

    def progress(self, what: str, done: int, total: int) -> None:
        """Tell how far the reading is: “Pictures”, 120 of 6,000."""
        if self.on_progress is not None:
            self.on_progress(what, done, total)

    def array(self, name: str, shape: Sequence[int], dtype: np.typing.DTypeLike) -> Array:
        """Room for a large array: in the folder of this reading where it has one, else in memory.

        Raises OSError when the disk is full.
        """
        if self.folder is None:
            return np.empty(tuple(shape), dtype=dtype)
        file = self.folder / f"{name}.npy"
        room: Array = np.lib.format.open_memmap(file, mode="w+", dtype=np.dtype(dtype), shape=tuple(shape))
        if sys.platform == "linux":
            # A file with holes on a full disk would end the process when they are written to.
            try:
                with file.open("r+b") as stream:
                    os.posix_fallocate(stream.fileno(), 0, max(1, file.stat().st_size))
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # some file systems cannot
                    raise
        return room


@dataclass(frozen=True)
class Reader:
    """One family of files.

    `suits` gives the reason why a path looks like it, or an empty text.  It looks at names and at the first
    bytes only.  `files` are those that the dataset is made of, for the fingerprint.  `read` raises DataError
    naming the file, row or item that is wrong.
    """

    name: str
    title: str
    options: tuple[Option, ...]
    suits: Callable[[Path], str]
    files: Callable[[Path, Reading], list[Path]]
    read: Callable[[Path, Reading], Content]


def figures_as_json(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """Figures as plain dicts and lists."""
    return [asdict(figure) for figure in figures]


def options_as_json(options: Sequence[Option]) -> list[dict[str, object]]:
    """Options as plain dicts and lists, for a form."""
    return [asdict(option) for option in options]
