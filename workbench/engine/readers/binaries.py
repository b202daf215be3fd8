"""Pictures as plain bytes, as CIFAR-10, CIFAR-100 and STL-10 are published, and CIFAR's Python version.

May import NumPy.  Reads folders, or the archives as they were downloaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.archives import is_archive, names_in, tree
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import MEGABYTE, size_text
from workbench.engine.readers.images_decode import image_set
from workbench.engine.readers.pickles import MAX_PICKLE, unpickled
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided
from workbench.engine.readers.trees import Folder, Tree

# Pictures that are moved at once.
_BLOCK = 1_000
_MOST_NAMES = MEGABYTE // 4
_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))

Block = tuple[Array, Index | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one set is published: its files by name, how many classes, and how many bytes of them a picture has.

    `marks` are names of files, or of their folder, that nothing else has.  `first` is the number of the first class.
    """

    title: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    names: str
    classes: int
    marks: frozenset[str]
    side: int = 32
    label_bytes: int = 0
    first: int = 0

    @property
    def pickled(self) -> bool:
        """Whether the files are Python pickles."""
        return self.names in ("batches.meta", "meta")

    @property
    def record(self) -> int:
        """Bytes of one picture with its classes."""
        return 3 * self.side * self.side + self.label_bytes


_CIFAR_100 = frozenset(("fine_label_names.txt", "coarse_label_names.txt", "cifar-100-binary"))
_STL_10 = frozenset(("stl10_binary", "train_X.bin", "test_X.bin", "unlabeled_X.bin"))
_BINARY = tuple(f"{name}.bin" for name in _BATCHES)
LAYOUTS = (
    Layout(
        "CIFAR-10", _BINARY, ("test_batch.bin",), "batches.meta.txt", 10, frozenset(_BINARY), label_bytes=1
    ),
    Layout(
        "CIFAR-100", ("train.bin",), ("test.bin",), "fine_label_names.txt", 100, _CIFAR_100, label_bytes=2
    ),
    Layout("CIFAR-10 for Python", _BATCHES, ("test_batch",), "batches.meta", 10, frozenset(_BATCHES)),
    Layout("CIFAR-100 for Python", ("train",), ("test",), "meta", 100, frozenset(("cifar-100-python",))),
    Layout("STL-10", ("train_X.bin",), ("test_X.bin",), "class_names.txt", 10, _STL_10, side=96, first=1),
)
_UNLABELLED = "unlabeled_X.bin"


@dataclass(frozen=True, slots=True)
class _Found:
    """A set in a tree: which it is, and its files by the names they are published under."""

    layout: Layout
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Source:
    """One file of pictures: how many it has, and the first ones of them block by block."""

    count: int
    blocks: Callable[[int], Iterator[Block]]


def read(path: Path, reading: Reading) -> Content:
    """A folder or an archive of one of the sets.  Raises DataError naming the file that is wrong."""
    with tree(path, reading) as files:
        found = _found(files, files.names())
        coarse = reading.choice("labels", ("fine", "coarse"), "fine") == "coarse"
        if coarse and found.layout.classes != 100:
            raise DataError(
                f"{found.layout.title} in {path} has one class a picture; only CIFAR-100 has groups."
            )
        roles = _roles(files, found, reading)
        sources = {
            role: [_source(files, found, name, coarse) for name in names] for role, names in roles.items()
        }
        parts = sum(map(len, sources.values()))
        most = -(-reading.limit // parts) if reading.limit else 0
        counts = {
            role: sum(min(each.count, most or each.count) for each in group)
            for role, group in sources.items()
        }
        images = reading.array(
            "image", (sum(counts.values()), 3, found.layout.side, found.layout.side), np.uint8
        )
        labels = np.zeros(len(images), dtype=np.int64)
        done, known = 0, True
        for source in (each for group in sources.values() for each in group):
            for pixels, values in source.blocks(min(source.count, most or source.count)):
                images[done : done + len(pixels)] = pixels
                known = known and values is not None
                if values is not None:
                    labels[done : done + len(pixels)] = values
                done += len(pixels)
                reading.progress("Pictures", done, len(images))
        names = _names(files, found, coarse, reading) if known else ()
    return _content(path, images, labels if known else None, names, counts, reading)


def _content(
    path: Path,
    images: Array,
    labels: Index | None,
    names: tuple[str, ...],
    counts: Mapping[str, int],
    reading: Reading,
) -> Content:
    starts = np.cumsum([0, *counts.values()])
    given = {
        role: np.arange(start, start + count)
        for (role, count), start in zip(counts.items(), starts, strict=False)
    }
    splits = divided(reading, len(images) if labels is None else labels, given)
    return image_set(path, images, labels, names, splits)


def _found(files: Tree, names: Iterable[str]) -> _Found:
    """The one set that is in a tree.  Raises DataError where there is none, or several."""
    sets = _sets(names)
    if not sets:
        known = ", ".join(layout.title for layout in LAYOUTS)
        raise DataError(f"{files.path} has no files of {known} under the names that they are published with.")
    if len(sets) > 1:
        places = ", ".join(
            sorted(f"{each.layout.title} ({next(iter(each.files.values()))})" for each in sets)
        )
        raise DataError(f"{files.path} holds several sets: {places}. Name the folder of one of them.")
    return sets[0]


def _sets(names: Iterable[str]) -> list[_Found]:
    folders: dict[str, dict[str, str]] = {}
    for name in names:
        folder, _, last = name.rpartition("/")
        folders.setdefault(folder, {})[last] = name
    return [
        _Found(layout, files)
        for files in folders.values()
        for layout in LAYOUTS
        if any(name in files for name in (*layout.train, *layout.test))
    ]


def _roles(files: Tree, found: _Found, reading: Reading) -> dict[str, list[str]]:
    """The published names of the files to train and to test that are there; what is missing is told."""
    layout = found.layout
    if reading.switch("unlabelled", False):
        if _UNLABELLED not in found.files:
            raise DataError(f"{files.path} has no pictures without class; STL-10 has them in {_UNLABELLED}.")
        return {"train": [_UNLABELLED]}
    if _UNLABELLED in found.files:
        reading.say(
            f"The pictures without class in {files.shown(found.files[_UNLABELLED])} are left out; "
            'the option "unlabelled" takes them instead of the others.'
        )
    roles = {
        role: [name for name in names if name in found.files]
        for role, names in (("train", layout.train), ("test", layout.test))
    }
    missing = [name for name in (*layout.train, *layout.test) if name not in found.files]
    if missing:
        reading.say(f"{layout.title} in {files.path} is not whole: {', '.join(missing)} is missing.")
    if not roles["train"]:
        return {"train": roles["test"]}
    return {role: names for role, names in roles.items() if names}


def _source(files: Tree, found: _Found, name: str, coarse: bool) -> _Source:
    layout, place = found.layout, found.files[name]
    if layout.pickled:
        return _pickled(files, place, layout, coarse)
    record = layout.record
    count = _count(files, place, record, f"pictures of {record:,} bytes")
    stl = layout.label_bytes == 0
    classes = _stl_classes(files, found, name, count) if stl and name != _UNLABELLED else None
    limit = 20 if coarse else layout.classes

    def blocks(most: int) -> Iterator[Block]:
        with files.open(place) as stream:
            for start in range(0, most, _BLOCK):
                wanted = min(_BLOCK, most - start)
                data = stream.read(wanted * record)
                if len(data) < wanted * record:
                    raise DataError(f"{files.shown(place)} became shorter while it was read.")
                rows = np.frombuffer(data, dtype=np.uint8).reshape(wanted, record)
                pixels = rows[:, layout.label_bytes :].reshape(wanted, 3, layout.side, layout.side)
                if stl:  # its pictures go column by column
                    yield pixels.swapaxes(2, 3), None if classes is None else classes[start : start + wanted]
                    continue
                values = rows[:, 0 if coarse else layout.label_bytes - 1].astype(np.int64)
                yield pixels, _checked(files, place, values, limit, start)

    return _Source(count, blocks)


def _stl_classes(files: Tree, found: _Found, name: str, count: int) -> Index:
    published = name.replace("_X", "_y")
    if published not in found.files:
        raise DataError(f"{files.path} lacks {published}, which has the classes of {name}.")
    place = found.files[published]
    labels = _count(files, place, 1, "classes")
    if labels != count:
        raise DataError(
            f"{files.shown(place)} has {labels:,} classes, but {files.shown(found.files[name])} {count:,} pictures."
        )
    with files.open(place) as stream:
        values = np.frombuffer(stream.read(count), dtype=np.uint8).astype(np.int64)
    return _checked(files, place, values, found.layout.classes, 0, found.layout.first)


def _checked(files: Tree, place: str, values: Index, classes: int, start: int, first: int = 0) -> Index:
    wrong = np.flatnonzero((values < first) | (values >= classes + first))
    if len(wrong):
        raise DataError(
            f"{files.shown(place)} is damaged: picture {start + wrong[0] + 1:,} has the class {values[wrong[0]]}, "
            f"but they go from {first} to {classes + first - 1}. Fetch it again."
        )
    return values - first


def _count(files: Tree, place: str, record: int, what: str) -> int:
    with files.open(place) as stream:
        size = stream.seek(0, 2)
    if not size:
        raise DataError(f"{files.shown(place)} is empty.")
    if size % record:
        raise DataError(
            f"{files.shown(place)} is damaged or another kind of file: its {size:,} bytes are not a whole number of "
            f"{what}. Fetch it again."
        )
    return size // record


def _pickled(files: Tree, place: str, layout: Layout, coarse: bool) -> _Source:
    """One file of CIFAR's Python version, which is read as a whole."""
    facts = _facts(files, place)
    key = "labels" if layout.classes == 10 else "coarse_labels" if coarse else "fine_labels"
    data, labels = facts.get("data"), facts.get(key)
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != 3072:
        raise DataError(f"{files.shown(place)} has no pictures of 3,072 bytes under “data”.")
    if not isinstance(labels, list) or not all(type(each) is int for each in labels):
        raise DataError(f"{files.shown(place)} has no list of classes under “{key}”.")
    if len(labels) != len(data):
        raise DataError(f"{files.shown(place)} has {len(labels):,} classes of {len(data):,} pictures.")
    if not len(data):
        raise DataError(f"{files.shown(place)} has no pictures.")
    limit = 20 if coarse else layout.classes
    classes = _checked(
        files, place, np.clip(np.array(labels, dtype=object), -1, 256).astype(np.int64), limit, 0
    )
    pixels = data.reshape(-1, 3, 32, 32)
    return _Source(len(pixels), lambda most: iter([(pixels[:most], classes[:most])]))


def _facts(files: Tree, place: str) -> Mapping[object, object]:
    with files.open(place) as stream:
        data = stream.read(MAX_PICKLE + 1)
    if len(data) > MAX_PICKLE:
        raise DataError(f"{files.shown(place)} has more than {size_text(MAX_PICKLE)}, too much for a pickle.")
    value = unpickled(data, files.shown(place))
    if not isinstance(value, dict):
        raise DataError(
            f"{files.shown(place)} holds a {type(value).__name__} where names and values are expected."
        )
    return value


def _names(files: Tree, found: _Found, coarse: bool, reading: Reading) -> tuple[str, ...]:
    """The names of the classes as they are published, else their numbers."""
    layout, classes = found.layout, 20 if coarse else found.layout.classes
    name = layout.names.replace("fine", "coarse") if coarse else layout.names
    numbers = tuple(str(number + layout.first) for number in range(classes))
    if name not in found.files:
        reading.say(f"{files.path} lacks {name}, which has the names of the classes; they are numbered.")
        return numbers
    place = found.files[name]
    if layout.pickled:
        key = "label_names" if classes == 10 else "coarse_label_names" if coarse else "fine_label_names"
        listed = _facts(files, place).get(key)
        names = tuple(str(each) for each in listed) if isinstance(listed, list) else ()
    else:
        with files.open(place) as stream:
            lines = stream.read(_MOST_NAMES).decode("utf-8", "replace").split("\n")
        names = tuple(line.strip() for line in lines if line.strip())
    if len(set(names)) != classes:
        reading.say(
            f"{files.shown(place)} has {len(set(names)):,} names for {classes} classes; they are numbered."
        )
        return numbers
    return names


def _in(folder: Path) -> tuple[list[str], list[str]]:
    """The names of files and of folders in a folder."""
    with os.scandir(folder) as found:
        entries = [(entry.name, entry.is_file(), entry.is_dir()) for entry in found]
    return [name for name, file, _ in entries if file], [name for name, _, inner in entries if inner]


def _suits(path: Path) -> str:
    if path.is_dir():
        names, folders = _in(path)
        for folder in folders[:100]:
            names += [f"{folder}/{name}" for name in _in(path / folder)[0]]
    elif is_archive(path):
        names = [str(name) for name in names_in(path, 5_000)]
    else:
        return ""
    sets = [each for each in _sets(names) if _marked(each)]
    return f"its files have the names of {sets[0].layout.title}'s" if sets else ""


def _marked(found: _Found) -> bool:
    parts = {part for name in found.files.values() for part in name.split("/")}
    # Files called “train”, “test” and “meta” are CIFAR-100's, where they are files.
    return bool(parts & found.layout.marks) or {"train", "test", "meta"} <= set(found.files)


def _files(path: Path, reading: Reading) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = Folder(path)
    found = _found(files, files.names())
    layout = found.layout
    labels = [name.replace("_X", "_y") for name in (*layout.train, *layout.test)]
    used = dict.fromkeys((*layout.train, *layout.test, *labels, layout.names))
    if reading.switch("unlabelled", False):
        used = {_UNLABELLED: None}
    return [path / found.files[name] for name in used if name in found.files]


READER = Reader(
    "binary",
    "pictures as CIFAR or STL-10 have them",
    (
        Option(
            "labels",
            "Classes",
            "CIFAR-100 has its 100 classes in 20 groups.",
            "choice",
            "",
            (("", "Each class"), ("fine", "Each class"), ("coarse", "Groups of classes")),
        ),
        Option(
            "unlabelled",
            "Without class",
            "The pictures of STL-10 that have no class, instead of those that have one.",
            "switch",
            False,
        ),
        *OPTIONS,
    ),
    _suits,
    _files,
    read,
)
