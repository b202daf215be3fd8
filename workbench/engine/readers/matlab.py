"""Pictures and their classes in MATLAB's files, as SVHN has them: one file, or one to train and one to test.

May import NumPy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import MAX_BYTES, MEGABYTE, members, size_text
from workbench.engine.readers.images_decode import image_set
from workbench.engine.readers.mat_files import Variable, is_mat, pieces, read_variable, variables
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided

_SUFFIXES = (".mat",)
_ROLES = {
    "train": re.compile(r"(^|[^a-z])train", re.IGNORECASE),
    "validation": re.compile(r"(^|[^a-z])val", re.IGNORECASE),
    "test": re.compile(r"(^|[^a-z])test", re.IGNORECASE),
}
# Bytes that are moved at once.
_BLOCK = 4 * MEGABYTE
# Whose pictures nobody has looked through: SVHN's easier ones.
_EXTRA = re.compile(r"(^|[^a-z])extra", re.IGNORECASE)


def parts(path: Path) -> dict[str, Path]:
    """The file itself as "train", or those of a folder as train, validation and test.

    Raises DataError where it is not clear which file is meant.
    """
    if path.is_file():
        return {"train": path}
    files = [file for file in members(path, _SUFFIXES) if not _EXTRA.search(file.stem)]
    found: dict[str, Path] = {}
    for file in files:
        role = next((role for role, form in _ROLES.items() if form.search(file.stem)), "train")
        if role in found or (len(files) > 1 and not _ROLES[role].search(file.stem)):
            names = ", ".join(each.name for each in files[:10])
            raise DataError(f"{path} holds several files that could be meant: {names}. Name one of them.")
        found[role] = file
    if not found:
        raise DataError(f"{path} holds no MATLAB file of pictures (.mat).")
    return found


@dataclass(frozen=True, slots=True)
class _Set:
    """The pictures of one file, of which `count` are wanted, and their classes where it has such."""

    file: Path
    image: Variable
    count: int
    classes: Index | None

    @property
    def size(self) -> tuple[int, int, int]:
        """Colours, height and width."""
        height, width, *colours, _ = self.image.shape
        return (colours[0] if colours else 1), height, width


def read(path: Path, reading: Reading) -> Content:
    """Pictures of height × width (× colours) × number, and as many classes beside them."""
    files = parts(path)
    _tell_extra(path, reading)
    sets = {role: _set(file, reading) for role, file in files.items()}
    first = next(iter(sets.values()))
    for each in sets.values():
        if each.size != first.size:
            raise DataError(
                f"The pictures in {each.file} are {_by(each.size)}, those in {first.file} {_by(first.size)}."
            )
    ends = np.cumsum([each.count for each in sets.values()])
    images = reading.array("image", (int(ends[-1]), *first.size), np.uint8)
    for each, end in zip(sets.values(), ends, strict=True):
        _fill(images[end - each.count : end], each, reading, int(end) - each.count, int(ends[-1]))
    classes = [each.classes for each in sets.values() if each.classes is not None]
    names, labels = np.zeros(0), None
    if len(classes) == len(sets):
        names, places = np.unique(np.concatenate(classes), return_inverse=True)
        labels = places.astype(np.int64)
    given = {
        role: np.arange(end - each.count, end) for (role, each), end in zip(sets.items(), ends, strict=True)
    }
    splits = divided(reading, int(ends[-1]) if labels is None else labels, given)
    return image_set(path, images, labels, tuple(str(name) for name in names), splits)


def _fill(room: Array, pictures: _Set, reading: Reading, before: int, total: int) -> None:
    """Reads pictures in blocks: the last size, which counts them, runs slowest."""
    colours, height, width = pictures.size
    each = colours * height * width
    done = 0
    for piece in pieces(pictures.file, pictures.image, each * max(1, _BLOCK // each)):
        block = piece.reshape(height, width, colours, len(piece) // each, order="F").transpose(3, 2, 0, 1)
        block = block[: pictures.count - done]
        room[done : done + len(block)] = block
        done += len(block)
        reading.progress("Pictures", before + done, total)
        if done >= pictures.count:
            break


def _set(file: Path, reading: Reading) -> _Set:
    known = variables(file)
    names = (*reading.choices.get("columns", ()), *(each.name for each in known))
    reading.choices["columns"] = tuple(dict.fromkeys(names))
    image = _named(file, known, reading, "images") or max(
        (each for each in known if each.dtype == "u1" and len(each.shape) in (3, 4)),
        key=lambda each: each.bytes,
        default=None,
    )
    if image is None:
        raise DataError(
            f"{file} holds no pictures: an array of bytes, height × width × colours × number; "
            f"it has {_listed(known)}."
        )
    colours = image.shape[2] if len(image.shape) == 4 else 1
    if image.dtype != "u1" or len(image.shape) not in (3, 4) or colours not in (1, 3) or not image.bytes:
        raise DataError(
            f"{image.name} in {file} is no set of pictures: it has {_text(image)}; pictures are bytes, "
            "height × width × 1 or 3 colours × number."
        )
    if image.bytes > MAX_BYTES:
        raise DataError(
            f"{image.name} in {file} has {size_text(image.bytes)}, more than {size_text(MAX_BYTES)}."
        )
    items = image.shape[-1]
    label = _named(file, known, reading, "labels") or next(
        (each for each in known if each is not image and _is_list(each, items)), None
    )
    reading.understood |= {"images": image.name, "labels": label.name if label else ""}
    if label is None:
        reading.say(f"{file} has no classes of its {items:,} pictures: they are read without.")
    elif not _is_list(label, items):
        raise DataError(
            f"{label.name} in {file} has {_text(label)}; {items:,} classes of the pictures are needed."
        )
    count = min(items, reading.limit or items)
    return _Set(file, image, count, None if label is None else _classes(file, label, count))


def _classes(file: Path, label: Variable, count: int) -> Index:
    values = read_variable(file, label).ravel(order="F")[:count].astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)) | (np.abs(values) > 2**31))
    if len(wrong):
        raise DataError(
            f"{label.name} in {file} has {values[wrong[0]]:g} as class of picture {wrong[0] + 1:,}."
        )
    return values.astype(np.int64)


def _named(file: Path, known: list[Variable], reading: Reading, option: str) -> Variable | None:
    name = reading.text(option)
    found = next((each for each in known if each.name == name), None)
    if name and found is None:
        raise DataError(f"{file} has no array “{name}”; it has {_listed(known)}.")
    return found


def _is_list(variable: Variable, items: int) -> bool:
    return items in variable.shape and variable.bytes == items * np.dtype(variable.dtype).itemsize


def _tell_extra(path: Path, reading: Reading) -> None:
    extra = [file for file in members(path, _SUFFIXES) if _EXTRA.search(file.stem)] if path.is_dir() else []
    if extra:
        reading.say(f"{extra[0]} is left out; to train on it alone, name it.")


def _listed(known: list[Variable]) -> str:
    return ", ".join(f"{each.name} ({_text(each)})" for each in known[:10]) or "no arrays of numbers"


def _text(variable: Variable) -> str:
    kind = {"u1": "bytes", "f4": "numbers", "f8": "numbers"}.get(variable.dtype, "whole numbers")
    return f"{'×'.join(f'{size:,}' for size in variable.shape)} {kind}"


def _by(size: tuple[int, ...]) -> str:
    return "×".join(str(each) for each in size)


def _suits(path: Path) -> str:
    files = [path] if path.is_file() else members(path, _SUFFIXES)[:20]
    found = next((file for file in files if is_mat(file)), None)
    return f"{found.name} begins as a MATLAB file does" if found else ""


def _files(path: Path, reading: Reading) -> list[Path]:
    return list(parts(path).values())


READER = Reader(
    "matlab",
    "MATLAB pictures",
    (
        Option("images", "Pictures", "The array of pictures, height × width × colours × number.", "column"),
        Option("labels", "Classes", "The array with the class of each picture.", "column"),
        *OPTIONS,
    ),
    _suits,
    _files,
    read,
)
