"""Arrays of NumPy: x and y, images and labels, with or without train, val and test in their names.

May import NumPy, the schema and core.  Files are mapped or read piece by piece, and never unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.catalog.schema import Schema, table_outputs
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers import npy
from workbench.engine.readers.arrangement import SPLITS
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import slug, title
from workbench.engine.readers.images_masks import Masks
from workbench.engine.readers.numbers import deviation, standardised
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided
from workbench.engine.readers.trees import is_about

_KINDS = {
    "": "As it looks like",
    "image": "Images",
    "volume": "Volumes",
    "video": "Videos",
    "series": "Series",
    "table": "A table",
}
_DATA = frozenset("x image img data input feature sample volume video scan arr0 xs".split())
_TRUTH = frozenset("y label target class category arr1 ys truth".split())
_MASK = frozenset("mask segmentation seg".split())
_SPLIT_WORDS = re.compile(r"(train(?:ing)?|test(?:ing)?|val(?:id(?:ation)?)?)")
_WORDS = re.compile(r"[a-z]+|\d+")
# Items that are copied or converted at a time.
_BYTES = 32 * 2**20
# A picture has so many channels, and at least so many rows and columns.
_CHANNELS = (1, 3, 4)
_SMALLEST_SIDE = 4
_MOST_CLASSES = 20_000


@dataclass(frozen=True)
class _Part:
    """The arrays of one split."""

    split: str
    data: Array
    truth: Array | None
    name: str


def read(path: Path, reading: Reading) -> Content:
    """The arrays of a file or folder as a dataset.  Raises DataError where their sizes do not go together."""
    named = {reading.text("data"), reading.text("labels")}
    with npy.opened(_source(path), reading, lambda name: name in named or any(_meaning(name))) as arrays:
        parts = _parts(path, arrays, reading)
        if reading.limit:
            parts = [_few(part, reading.limit) for part in parts]
        return _content(path, parts, reading)


def _parts(path: Path, arrays: Mapping[str, Array], reading: Reading) -> list[_Part]:
    found: dict[str, dict[str, tuple[str, Array]]] = {}
    reading.choices["columns"] = tuple(arrays)
    chosen = {"data": reading.text("data"), "truth": reading.text("labels")}
    for wanted in filter(None, chosen.values()):
        if wanted not in arrays:
            raise DataError(f'{path} has no array "{wanted}"; it has {", ".join(arrays)}.')
    for name, array in arrays.items():
        split, role = _meaning(name)
        if chosen["data"] or chosen["truth"]:
            role = next((role for role, wanted in chosen.items() if wanted == name), "")
            split = ""
        if role and array.ndim:
            found.setdefault(split, {}).setdefault(role, (name, array))
    big = [name for name, array in arrays.items() if array.ndim]
    if not any("data" in roles for roles in found.values()) and len(big) == 1:
        found = {"": {"data": (big[0], arrays[big[0]])}}
    parts = [
        _part(path, split, *roles["data"], roles.get("truth"))
        for split, roles in found.items()
        if "data" in roles
    ]
    if not parts:
        known = ", ".join(f"{name} ({_by(array.shape)})" for name, array in arrays.items()) or "no arrays"
        raise DataError(
            f'{path} has {known}: none is called x, images, data or the like. Name it in the option "data".'
        )
    used = {part.name for part in parts} | {roles["truth"][0] for roles in found.values() if "truth" in roles}
    if idle := [name for name in big if name not in used]:
        reading.say(f"Not used: {', '.join(idle[:20])}.")
    reading.understood |= {"data": parts[0].name, "labels": next(iter(found.values())).get("truth", ("",))[0]}
    order = list(dict.fromkeys(("", *SPLITS.values())))
    return sorted(parts, key=lambda part: order.index(part.split))


def _part(path: Path, split: str, name: str, data: Array, truth: tuple[str, Array] | None) -> _Part:
    if not data.size or data.ndim < 2:
        raise DataError(
            f'The array "{name}" in {path} has the shape {_by(data.shape)}: there are no examples in it.'
        )
    if truth is not None and len(truth[1]) != len(data):
        raise DataError(
            f'"{name}" in {path} has {len(data):,} examples, but "{truth[0]}" has {len(truth[1]):,} labels.'
        )
    return _Part(split, data, truth[1] if truth else None, name)


def _meaning(name: str) -> tuple[str, str]:
    """Split and role of an array by its name: x_train, train_images, Xtest, test-labels."""
    words = _WORDS.findall(_SPLIT_WORDS.sub(r" \1 ", name.lower()))
    if len(words) > 1 and words[0] == "arr":
        words = ["arr" + words[1]]
    split, role = "", ""
    for word in words:
        for plain in (word, word.removesuffix("s"), word.removesuffix("es")):
            if plain in SPLITS:
                split = split or SPLITS[plain]
            elif plain in _DATA:
                role = role or "data"
            elif plain in _TRUTH or plain in _MASK:
                role = "truth" if role != "data" else role
    return split, role


def _few(part: _Part, limit: int) -> _Part:
    step = max(1, len(part.data) // limit)
    return _Part(part.split, part.data[::step], None if part.truth is None else part.truth[::step], part.name)


def _content(path: Path, parts: list[_Part], reading: Reading) -> Content:
    shapes = {part.data.shape[1:] for part in parts}
    if len(shapes) > 1:
        told = ", ".join(f"{part.name} {_by(part.data.shape)}" for part in parts)
        raise DataError(f"The examples in {path} have different shapes: {told}.")
    data = parts[0].data
    kind = reading.choice("kind", [key for key in _KINDS if key]) or _kind(data, parts[0].truth)
    reading.understood["kind"] = kind
    kept, divisor = _filled(path, kind, parts, reading)
    count = len(kept)
    outputs = {_output(kind): TensorSpec(("N", *kept.shape[1:]), "float")}
    facts = _facts(kind, kept)
    arrays: dict[str, Array] = {_output(kind): kept}
    names: tuple[str, ...] = ()
    truths = [part.truth for part in parts if part.truth is not None]
    if len(truths) == len(parts):
        name, truth, names = _truth(path, truths, kept, reading)
        arrays[name] = truth
        outputs[name] = TensorSpec(
            ("N", *truth.shape[1:]),
            "index" if name in ("label", "mask") else "float",
            len(names) if name != "labels" else 0,
        )
        facts = {"classes": len(names), **facts} if names else facts
    elif truths:
        reading.say("Only some of the splits have labels, so none are used.")
    label = arrays.get("label")
    splits = divided(reading, count if label is None else label, _given(parts))
    if kind == "table":
        facts |= _standardise(arrays, splits["train"])
        outputs = table_outputs(kept.shape[1], classes=len(names)) if set(arrays) != {"features"} else outputs
    schema = Schema(slug(path), title(path), outputs, facts, kind, count, names)
    return Content(schema, arrays, splits, divisors={_output(kind): divisor} if divisor else {})


def _given(parts: list[_Part]) -> dict[str, Index]:
    given, start = {}, 0
    for part in parts:
        given[part.split or "train"] = np.arange(start, start + len(part.data))
        start += len(part.data)
    return given


def _kind(data: Array, truth: Array | None) -> str:
    if data.ndim == 2:
        return "table"
    if data.ndim == 3:
        wide = min(data.shape[1:]) >= _SMALLEST_SIDE and max(data.shape[1:]) <= 4 * min(data.shape[1:])
        return "image" if wide or data.dtype == np.uint8 else "series"
    if data.ndim == 4:
        return "image" if data.shape[1] in _CHANNELS or data.shape[3] in _CHANNELS else "volume"
    return "volume"


def _output(kind: str) -> str:
    return {"image": "image", "volume": "volume", "video": "video", "table": "features"}.get(kind, "x")


def _facts(kind: str, kept: Array) -> dict[str, int | float]:
    names = {
        "image": ("channels", "height", "width"),
        "volume": ("channels", "depth", "height", "width"),
        "video": ("channels", "frames", "height", "width"),
        "series": ("length", "channels"),
        "table": ("features",),
    }[kind]
    return dict(zip(names, (int(size) for size in kept.shape[1:]), strict=True))


def _filled(path: Path, kind: str, parts: list[_Part], reading: Reading) -> tuple[Array, int]:
    """All examples in one array, channels first, and what bytes are divided by."""
    wanted = {"image": 4, "volume": 5, "video": 5, "series": 3, "table": 2}[kind]
    data = parts[0].data
    plain = data.ndim == wanted - 1 and kind != "table"
    if data.ndim != wanted and not plain:
        raise DataError(
            f'The array "{parts[0].name}" in {path} has the shape {_by(data.shape)}, which is none of '
            f"{_KINDS[kind].lower()}."
        )
    last = kind in ("image", "volume", "video") and not plain and _channels_last(data)
    example = _arranged(data[:1], kind, plain, last)
    is_bytes = kind in ("image", "volume", "video") and all(_is_bytes(part.data) for part in parts)
    # The columns of a table are standardised first: timestamps differ by less than a float of 32 bits tells.
    small = np.float64 if kind == "table" else np.float16 if data.dtype == np.float16 else np.float32
    dtype = np.dtype(np.uint8 if is_bytes else small)
    count = sum(len(part.data) for part in parts)
    room = reading.array(_output(kind), (count, *example.shape[1:]), dtype)
    start, bad = 0, 0
    lowest, highest = np.inf, -np.inf
    for part in parts:
        for piece in _pieces(part.data):
            with np.errstate(over="ignore"):
                values = _arranged(piece, kind, plain, last).astype(dtype)
                wrong = ~np.isfinite(values.astype(np.float32, copy=False)) if dtype.kind == "f" else None
            if wrong is not None and wrong.any():
                bad += int(wrong.sum())
                values[wrong] = 0
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
            room[start : start + len(piece)] = values
            start += len(piece)
            reading.progress("Examples", start, count)
    if bad:
        reading.say(f"{bad:,} values are no numbers (NaN or infinite) and become 0.")
    if kind in ("image", "video") and not is_bytes and lowest >= 0 and highest > 1:
        reading.say(
            f"The values reach from {lowest:.6g} to {highest:.6g} and stay as they are: only whole numbers up to 255 "
            "are divided by 255, as pixels. Divide them in the file where that is what they are."
        )
    return room, 255 if is_bytes else 0


def _pieces(data: Array) -> Iterator[Array]:
    step = max(1, _BYTES // max(1, data[:1].nbytes))
    for start in range(0, len(data), step):
        yield data[start : start + step]


def _channels_last(data: Array) -> bool:
    return data.shape[-1] in _CHANNELS and data.shape[1] not in _CHANNELS


def _arranged(piece: Array, kind: str, plain: bool, last: bool) -> Array:
    if last:
        return np.moveaxis(piece, -1, 1)
    if plain:
        return piece[..., None] if kind == "series" else piece[:, None]
    return piece


def _is_bytes(data: Array) -> bool:
    """Whether all values are whole numbers from 0 to 255, as pixels are, and some are above 1."""
    if data.dtype == np.uint8:
        return True
    highest = 0.0
    for piece in _pieces(data):
        if not (np.isfinite(piece).all() and piece.min() >= 0 and piece.max() <= 255):
            return False
        if piece.dtype.kind == "f" and (piece != np.floor(piece)).any():
            return False
        highest = max(highest, float(piece.max()))
    return highest > 1


def _truth(
    path: Path, truths: list[Array], kept: Array, reading: Reading
) -> tuple[str, Array, tuple[str, ...]]:
    """Name of the output, its array, and the names of the classes."""
    if len({truth.shape[1:] for truth in truths}) > 1:
        raise DataError(f"The labels of the splits in {path} have different shapes.")
    if truths[0].ndim >= 3:
        return _masks(path, truths, kept, reading)
    whole = np.concatenate(truths)
    if whole.ndim == 2 and whole.shape[1] == 1:
        whole = whole[:, 0]
    is_whole = whole.dtype.kind in "biu" or bool((np.isfinite(whole) & (whole == np.floor(whole))).all())
    if whole.ndim == 2:
        if not set(np.unique(whole).tolist()) <= {0, 1}:
            if kept.ndim == 2:
                raise DataError(
                    f"The labels in {path} have {whole.shape[1]} columns; a table has one target."
                )
            return "target", whole.astype(np.float32), ()
        if (whole.sum(axis=1) != 1).any():
            return "labels", whole.astype(np.float32), tuple(map(str, range(whole.shape[1])))
        whole, is_whole = whole.argmax(axis=1), True
    values, classes = np.unique(whole, return_inverse=True)
    if is_whole and 1 < len(values) <= min(_MOST_CLASSES, max(2, len(whole) // 2)):
        names = tuple(str(int(value)) for value in values)
        return "label", classes.astype(np.int64).reshape(-1), names
    if len(values) < 2:
        raise DataError(f"All labels in {path} are {values[0]}; two classes are needed.")
    missing = int((~np.isfinite(whole.astype(np.float64))).sum())
    if missing:
        raise DataError(
            f"{missing:,} of the targets in {path} are no numbers (NaN or infinite). Take these examples out."
        )
    return "target", whole.astype(np.float64 if kept.ndim == 2 else np.float32)[:, None], ()


def _masks(
    path: Path, truths: list[Array], kept: Array, reading: Reading
) -> tuple[str, Array, tuple[str, ...]]:
    spatial = kept.shape[2:]
    masks, start = Masks(), 0
    room = reading.array("mask", (len(kept), *spatial), np.int16)
    for truth in truths:
        for piece in _pieces(truth):
            flat = piece.reshape(len(piece), *(size for size in piece.shape[1:] if size != 1))
            if flat.shape[1:] != tuple(size for size in spatial if size != 1):
                raise DataError(
                    f"The masks in {path} are {_by(piece.shape[1:])}, their examples {_by(spatial)}."
                )
            try:
                codes = masks.numbered(
                    np.rint(np.nan_to_num(flat.astype(np.float64))).clip(-(2**30), 2**30).astype(np.int32)
                )
            except ValueError as error:
                raise DataError(f"The masks in {path} are none: {error}.") from error
            room[start : start + len(piece)] = codes.reshape(len(piece), *spatial)
            start += len(piece)
    return "mask", room, masks.finished(room, reading)


def _standardise(arrays: dict[str, Array], train: Index) -> dict[str, float | int]:
    """Columns of mean 0 and deviation 1 in the training part; the facts that lead a target back."""
    measured = np.empty(arrays["features"].shape, dtype=np.float32)
    for place, values in enumerate(arrays["features"].T):
        measured[:, place] = (values - values[train].mean()) / deviation(values[train])
    arrays["features"] = measured
    facts: dict[str, float | int] = {}
    if "target" in arrays:
        arrays["target"], facts = standardised(arrays["target"][:, 0], train)
    return facts


def _by(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))


def _source(path: Path) -> Path:
    """The one .npz of a folder that has no other arrays; else the path."""
    if not path.is_dir():
        return path
    files = [file for file in path.iterdir() if file.suffix.lower() in (".npy", ".npz")]
    return files[0] if len(files) == 1 and files[0].suffix.lower() == ".npz" else path


def _suits(path: Path) -> str:
    if path.is_dir() and (alone := _source(path)) != path:
        others = [file for file in path.iterdir() if file != alone and not is_about(file.name)]
        return f"it has the arrays in {alone.name}" if not others else ""
    if path.is_file():
        return f"its name ends in {path.suffix}" if path.suffix.lower() in (".npy", ".npz") else ""
    files = [file for file in path.iterdir() if file.suffix.lower() == ".npy"]
    named = [file for file in files if _meaning(file.stem)[1] == "data"]
    return f"it has arrays such as {named[0].name}" if named and len(files) <= 12 else ""


def _files(path: Path, reading: Reading) -> list[Path]:
    path = _source(path)
    return [path] if path.is_file() else [f for f in path.iterdir() if f.suffix.lower() == ".npy"]


READER = Reader(
    "arrays",
    "NumPy arrays",
    (
        Option("kind", "What it is", "What the examples are.", "choice", "", tuple(_KINDS.items())),
        Option("data", "Examples", "The array that holds the examples.", "column"),
        Option("labels", "Labels", "The array that holds their labels.", "column"),
        *OPTIONS,
    ),
    _suits,
    _files,
    read,
)
