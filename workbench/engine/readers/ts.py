"""The reader of labelled series: .ts and .arff files as in the UCR and UEA archives, of one or two files.

May import NumPy, the schema and core.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.core.text import plural
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.figures import whole_histogram
from workbench.engine.readers.files import MEGABYTE, members, slug, suffix_of, title
from workbench.engine.readers.numbers import Floats, deviation, standardised
from workbench.engine.readers.reader import Figure, Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided
from workbench.engine.readers.ts_files import Labelled, SeriesFile, looks_so, read_file

SUFFIXES = (".ts", ".arff")
MAX_VALUES = 1024 * MEGABYTE
_NAMED = 10

# So many lines may be wrong before the file is.
_FEW = 0.05

_OPTIONS = (
    Option(
        "scale",
        "Scale",
        "Which values become mean 0 and deviation 1.",
        "choice",
        "",
        (
            ("", "Every channel, by the training part"),
            ("series", "Every series by itself"),
            ("none", "None: they stay as they are"),
        ),
    ),
    *OPTIONS,
)


def suits(path: Path) -> str:
    """The reason why a path looks like labelled series."""
    try:
        files = _parts(path)
    except DataError:
        return ""
    if not all(looks_so(file) for file in files.values()):
        return ""
    if len(files) == 2:
        return f"{files['train'].name} and {files['test'].name} hold labelled series"
    return f"{files['train'].name} holds labelled series"


def _parts(path: Path) -> dict[str, Path]:
    """The file that trains, and the one that tests where there is one."""
    found = members(path, SUFFIXES) if path.is_dir() else [path]
    found = [file for file in found if suffix_of(file) in SUFFIXES]
    if not found:
        raise DataError(f"{path} holds no file that ends in {' or '.join(SUFFIXES)}.")
    trains = [file for file in found if _ending(file) == "train"] or [
        file for file in found if _ending(file) != "test"
    ]
    # Of the same data as .ts and .arff, the first is enough.
    names = {file.name.lower().split(".")[0] for file in trains}
    if len(names) > 1 or (not trains and len(found) > 1):
        some = ", ".join(file.name for file in found[:10])
        raise DataError(f"{path} holds several files: {some}. Name one of them.")
    train = trains[-1] if trains else found[0]
    if _ending(train) != "train":
        return {"train": train}
    for old, new in (("TRAIN", "TEST"), ("train", "test"), ("Train", "Test")):
        before, word, after = train.name.rpartition(old)
        if word and (train.parent / f"{before}{new}{after}").is_file():
            return {"train": train, "test": train.parent / f"{before}{new}{after}"}
    return {"train": train}


def _ending(file: Path) -> str:
    found = re.search(r"(?:^|[_\-. ])(train|test)(?=\.)", file.name.lower())
    return found[1] if found else ""


def read(path: Path, reading: Reading) -> Content:
    """All series as N × length × channels, the shorter ones filled up with 0; `length` tells how long each is."""
    parts = _parts(path)
    files = {name: _read(file, reading) for name, file in parts.items()}
    first = files["train"]
    everyone = [each for file in files.values() for each in file.series]
    _same_kind(files, len(first.series[0].channels))
    given = _given(files)
    labels: tuple[str, ...] = ()
    target: NDArray[np.generic]
    if first.numeric:
        target = np.array([float(each.label) for each in everyone])
    else:
        target, labels = _classes(first, everyone)
    splits = divided(reading, len(everyone) if first.numeric else target, given)
    x, lengths = _padded(path, everyone, reading)
    _scale(x, lengths, splits["train"], reading)
    channels, longest = x.shape[2], x.shape[1]
    facts: dict[str, float | int] = {"channels": channels, "length": longest}
    arrays: dict[str, Array] = {"x": x, "length": lengths}
    outputs = {
        "x": TensorSpec(("N", longest, channels), "float"),
        "length": TensorSpec(("N",), "index", longest + 1),
    }
    if labels:
        facts["classes"] = len(labels)
        outputs["label"] = TensorSpec(("N",), "index", len(labels))
        arrays["label"] = target
    else:
        arrays["target"], known = standardised(target, splits["train"])
        facts |= known
        outputs["target"] = TensorSpec(("N", 1), "float")
    reading.figures += _figures(lengths, channels, files)
    name = (
        path if path.is_dir() else Path(re.sub(r"[_\-. ](train|test)$", "", path.stem, flags=re.IGNORECASE))
    )
    schema = Schema(slug(name), title(name), outputs, facts, "series", len(everyone), labels)
    return Content(schema, arrays, splits)


def _read(path: Path, reading: Reading) -> SeriesFile:
    reading.progress(path.name, 0, 0)
    file = read_file(path)
    wrong = len(file.wrong)
    if wrong > max(1, _FEW * (wrong + len(file.series))):
        raise DataError(f"{plural(wrong, 'line')} of {path} cannot be read. {file.wrong[0]}")
    for problem in file.wrong[:_NAMED]:
        reading.say(problem)
    if wrong > _NAMED:
        reading.say(f"So are {wrong - _NAMED:,} more lines of {path.name}.")
    return file


def _same_kind(files: Mapping[str, SeriesFile], channels: int) -> None:
    train = files["train"]
    for file in files.values():
        there = len(file.series[0].channels)
        if there != channels:
            raise DataError(f"{file.path} has {there:,} channels, {train.path.name} has {channels:,}.")
        if file.numeric != train.numeric:
            raise DataError(
                f"{file.path} and {train.path.name} must both have classes, or both numbers to predict."
            )


def _given(files: Mapping[str, SeriesFile]) -> dict[str, Index] | None:
    if len(files) < 2:
        return None
    count = len(files["train"].series)
    return {"train": np.arange(count), "test": np.arange(count, count + len(files["test"].series))}


def _classes(first: SeriesFile, everyone: Sequence[Labelled]) -> tuple[Index, tuple[str, ...]]:
    """Numbers and names of the classes, in the order of the header where it names them."""
    there = {each.label for each in everyone}
    names = first.classes if there <= set(first.classes) else tuple(sorted(there))
    names = tuple(dict.fromkeys(names))
    if len(there) < 2:
        raise DataError(f'{first.path}: all series are of the same class, "{next(iter(there))}".')
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[each.label] for each in everyone], dtype=np.int64), names


def _padded(path: Path, everyone: Sequence[Labelled], reading: Reading) -> tuple[NDArray[np.float32], Index]:
    lengths = np.array([max(len(channel) for channel in each.channels) for each in everyone], dtype=np.int64)
    shape = len(everyone), int(lengths.max()), len(everyone[0].channels)
    if np.prod(shape, dtype=np.float64) > MAX_VALUES:
        raise DataError(
            f"The {shape[0]:,} series in {path} would become {shape[1]:,} values of {shape[2]:,} channels each, "
            "more than can be kept."
        )
    room = reading.array("x", shape, np.float32)
    x: NDArray[np.float32] = room  # type: ignore[assignment]
    x[:] = 0
    gaps = shorter = 0
    for number, each in enumerate(everyone):
        for channel, values in enumerate(each.channels):
            missing = np.isnan(values)
            gaps += int(missing.sum())
            shorter += len(values) < lengths[number]
            x[number, : len(values), channel] = _closed(values, missing) if missing.any() else values
    if gaps:
        reading.say(f"{gaps:,} missing values are set to a line between their neighbours.")
    if shorter:
        reading.say(
            f"{shorter:,} channels are shorter than the others of their series and are filled up with 0."
        )
    return x, lengths


def _closed(values: NDArray[np.float32], missing: NDArray[np.bool_]) -> Floats:
    """The values with gaps closed by a line; a channel without any value is 0."""
    if missing.all():
        return np.zeros(len(values))
    places = np.arange(len(values))
    closed: Floats = np.interp(places, places[~missing], values[~missing])
    return closed


def _scale(x: NDArray[np.float32], lengths: Index, train: Index, reading: Reading) -> None:
    """Brings values to mean 0 and deviation 1 where they are no filling, in place."""
    how = reading.choice("scale", ("channels", "series", "none"))
    if how == "none":
        return
    if how == "series":
        for number, length in enumerate(lengths):
            values = x[number, :length]
            scales = np.array([deviation(channel) for channel in values.T], dtype=np.float32)
            x[number, :length] = (values - values.mean(axis=0)) / scales
        return
    # Channel by channel: a copy of everything would take twice the room.
    inside = np.arange(x.shape[1]) < lengths[:, None]
    for channel in range(x.shape[2]):
        values = x[:, :, channel]
        known = values[train][inside[train]].astype(np.float64)
        scaled = (values - known.mean()) / deviation(known)
        x[:, :, channel] = np.where(inside, scaled, 0)


def _figures(lengths: Index, channels: int, files: Mapping[str, SeriesFile]) -> list[Figure]:
    span = (
        f"{lengths.min():,}" if lengths.min() == lengths.max() else f"{lengths.min():,} to {lengths.max():,}"
    )
    facts = {"channels": f"{channels:,}", "length": span}
    facts |= {f"series in {file.path.name}": f"{len(file.series):,}" for file in files.values()}
    figures = [Figure("Series", "numbers", tuple(facts), tuple(facts.values()))]
    if lengths.min() < lengths.max():
        figures.append(whole_histogram("Lengths", lengths, 30))
    return figures


READER = Reader(
    "ts",
    "labelled series (.ts, .arff)",
    _OPTIONS,
    suits,
    lambda path, reading: list(_parts(path).values()),
    read,
)
