"""The files of the UCR and UEA archives: .ts and .arff, one labelled series a line.

May import NumPy and core.  Source of the format: https://www.timeseriesclassification.com.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers.files import MEGABYTE, opened, read_bytes

MAX_TEXT = 1024 * MEGABYTE

Channel = NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """One series: its channels, which may be of different length, its class or number, its line in the file."""

    channels: tuple[Channel, ...]
    label: str
    line: int


@dataclass
class SeriesFile:
    """A file of series.  `classes` are those that its header names; `numeric` tells of a number to predict."""

    path: Path
    series: list[Labelled]
    wrong: list[str]
    classes: tuple[str, ...] = ()
    numeric: bool = False
    name: str = ""


def read_file(path: Path) -> SeriesFile:
    """All series of a .ts or .arff file; lines that cannot be read are told in `wrong`.

    Raises DataError when the header says what cannot be learned from, or when there is no series.
    """
    data = read_bytes(path, MAX_TEXT)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:  # the names of those who measured, in the comments of old files
        text = data.decode("latin-1")
    del data
    lines = re.split(r"\r\n|\n|\r", text)
    arff = any(line.strip().lower().startswith("@relation") for line in lines[:1_000])
    file = SeriesFile(path, [], [])
    first = _arff_header(file, lines) if arff else _ts_header(file, lines)
    known = frozenset(file.classes)
    channels = 0
    for number, line in enumerate(lines[first:], start=first + 1):
        text = line.strip()
        if not text or text[0] in "#%":
            continue
        try:
            parts, label = _arff_line(text) if arff else _ts_line(text)
            values = tuple(_numbers(part) for part in parts)
            _check(values, label, known, file.numeric, channels)
        except ValueError as error:
            file.wrong.append(f"Line {number:,} of {path.name} is left out: {error}.")
            continue
        channels = channels or len(values)
        file.series.append(Labelled(values, label, number))
    if not file.series:
        said = f" {file.wrong[0]}" if file.wrong else ""
        raise DataError(f"{path} has no series that can be read.{said}")
    return file


def _check(
    values: Sequence[Channel], label: str, known: frozenset[str], numeric: bool, channels: int
) -> None:
    if not values or not max(len(each) for each in values):
        raise ValueError("it has no values")
    if channels and len(values) != channels:
        raise ValueError(f"it has {len(values):,} channels, those before it have {channels:,}")
    if label in ("", "?"):
        raise ValueError("it has no label")
    if numeric:
        try:
            right = bool(np.isfinite(float(label)))
        except ValueError:
            right = False
        if not right:
            raise ValueError(f'its target "{label[:40]}" is no number')
    elif known and label not in known:
        raise ValueError(f'its class "{label[:40]}" is not among those that the header names')


def _numbers(text: str) -> Channel:
    """Numbers with commas between them; ? is a missing one."""
    cells = text.split(",")
    try:
        values = np.array(
            [np.nan if (cell := part.strip()) in ("?", "") else cell for part in cells], dtype=np.float64
        )
    except ValueError as error:
        raise ValueError(f"it has a value that is no number ({error})") from error
    if np.isinf(values).any() or (np.abs(np.nan_to_num(values)) > np.finfo(np.float32).max).any():
        raise ValueError("it has a value that is infinite")
    return values.astype(np.float32)


def _ts_header(file: SeriesFile, lines: Sequence[str]) -> int:
    """What the header says; gives the number of lines before the data."""
    labelled = False
    for number, line in enumerate(lines):
        words = line.split()
        if not words or not words[0].startswith("@"):
            continue
        word = words[0].lower()
        yes = len(words) > 1 and words[1].lower() == "true"
        if word == "@data":
            if not labelled:
                raise DataError(
                    f"{file.path} has neither classes nor numbers to predict (@classLabel, @targetLabel)."
                )
            return number + 1
        if word == "@timestamps" and yes:
            raise DataError(
                f"{file.path}, line {number + 1:,}: its values have time stamps; only series in even steps can be "
                "read. Take the times out, and say “@timeStamps false”."
            )
        if word == "@classlabel":
            labelled = labelled or yes
            file.classes = tuple(words[2:]) if yes else ()
        elif word == "@targetlabel":
            labelled = labelled or yes
            file.numeric = yes
        elif word == "@problemname" and len(words) > 1:
            file.name = words[1]
    raise DataError(f"{file.path} has no line “@data”, so it is no .ts file.")


def _ts_line(text: str) -> tuple[list[str], str]:
    *parts, label = text.split(":")
    if not parts:
        raise ValueError("it has no colon before its label")
    if any("(" in part for part in parts):
        raise ValueError("its values have time stamps")
    return parts, label.strip()


_ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)\s+(.*)", re.IGNORECASE)


def _arff_header(file: SeriesFile, lines: Sequence[str]) -> int:
    last, inside = "", False
    for number, line in enumerate(lines):
        text = line.strip()
        word = text.lower()
        if word.startswith("@relation"):
            file.name = text[len("@relation") :].strip().strip("'\"")
        elif word.startswith("@end"):
            inside = False
        elif word.startswith("@data"):
            if last.startswith("{"):
                file.classes = tuple(
                    next(csv.reader([last.strip("{} ")], skipinitialspace=True, quotechar="'"))
                )
            elif last.lower() in ("numeric", "real", "integer"):
                file.numeric = True
            else:
                raise DataError(
                    f"{file.path}: its last attribute is neither classes nor a number to predict."
                )
            return number + 1
        elif (found := _ATTRIBUTE.match(text)) and not inside:
            last = found[2].strip()
            inside = last.lower().startswith("relational")
            if last.lower().startswith(("date", "string")):
                raise DataError(
                    f"{file.path}, line {number + 1:,}: the attribute {found[1]} has {last.split()[0]}s; a series "
                    "consists of numbers."
                )
    raise DataError(f"{file.path} has no line “@data”, so it is no .arff file.")


def _arff_line(text: str) -> tuple[list[str], str]:
    """Numbers and the class; of several channels as one quoted text with \\n between them."""
    if text.startswith("{"):
        raise ValueError("it is sparse (index and value), which is no series")
    if text[0] in "'\"":
        end = text.rfind(text[0] + ",")
        if end < 1:
            raise ValueError("its quotation marks do not end before a label")
        return text[1:end].split("\\n"), text[end + 2 :].strip().strip("'\"")
    values, comma, label = text.rpartition(",")
    if not comma:
        raise ValueError("it has one value only")
    return [values], label.strip().strip("'\"")


def looks_so(path: Path) -> bool:
    """Whether the file begins as a .ts or .arff file does."""
    with opened(path) as stream:
        text = stream.read(65_536).decode(errors="replace").lower()
    starts = [line.split()[0] for line in text.split("\n") if line.startswith("@") and line.strip() != "@"]
    return "@relation" in starts or "@problemname" in starts or "@classlabel" in starts
