"""What the folders of a source mean: splits, classes, pictures with masks, inputs with targets.

It looks at names only, so pictures, volumes and videos share it.  May import core and trees.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from workbench.core.errors import DataError
from workbench.engine.readers.trees import stem

SPLITS = {
    "train": "train", "training": "train", "tr": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test", "ts": "test",
}  # fmt: skip

# What folders of pairs are called; "gt" may be either.
_FIRST = frozenset(
    "image img jpegimage picture photo scan frame volume input source src low lr noisy blurry blur rainy hazy "
    "degraded before x".split()
)
_MASK = frozenset("mask label annotation annot segmentation seg segmentationclass".split())
_EITHER = frozenset("groundtruth gt y".split())
_TARGET = frozenset("target output clean sharp high hr clear reference after".split())

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SECOND_NAME = re.compile(r"(?i)(.+?)[ _.-](mask|seg|segmentation|label|labels|gt|groundtruth|annotation)$")
_ENDING = re.compile(
    r"(?i)[ _.-](image|img|input|target|mask|seg|segmentation|label|labels|gt|lr|hr|x[2348])$"
)

# Sentences about single files after which the rest is counted.
_NAMED = 20


@dataclass(frozen=True)
class Entry:
    """One example: its file, the split and class that its folders say, and the mask or target of it.

    `turn` is how the other one is to be turned to lie as the first, see images_turned.py.
    """

    file: str
    split: str = "train"
    label: str = ""
    other: str | None = None
    turn: int = 1


@dataclass(frozen=True)
class Arrangement:
    """What was found: `kind` is classes, masks, pairs or plain.  `unsure` where pairs may be masks or not."""

    kind: str
    entries: tuple[Entry, ...]
    unsure: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """What the folders above a file say; `rest` are those that are neither split nor half of a pair."""

    file: str
    split: str = ""
    role: str = ""
    rest: tuple[str, ...] = ()
    key: str = field(default="")


def arranged(files: Sequence[str], kind: str, root: object, what: str) -> Arrangement:
    """The examples among the files.  `kind` is the person's, empty for what it looks like.

    `what` names them in sentences, such as pictures.  Raises DataError where nothing fits.
    """
    if kind in ("", "masks", "pairs"):
        halves = any(_above(folder)[1] == "first" for folder in set(map(group, files)))
        found = _paired([_place(file) for file in files], kind, root) if halves else None
        found = found or _side_by_side(files)
        if found is not None:
            return found
        if kind:
            raise DataError(
                f"{root} has no {what} in pairs: they need two folders, such as images and masks or input and "
                "target, with files of the same names."
            )
    return _classes(files, kind, root, what)


def group(file: str) -> str:
    """The folders above a file, as they are shown."""
    return file[: max(0, file.rfind("/"))]


def several(problems: Sequence[str], left_out: str) -> list[str]:
    """The first sentences about single files, and how many more there were."""
    more = len(problems) - _NAMED
    return [*problems[:_NAMED], f"And {more:,} more {left_out}."] if more > 0 else list(problems)


def _place(file: str) -> _Place:
    split, role, rest = _above(group(file))
    return _Place(file, split, role, rest, stem(file).lower())


@lru_cache(maxsize=4096)
def _above(folders: str) -> tuple[str, str, tuple[str, ...]]:
    """Split, half of a pair, and the other folders."""
    split, role, rest = "", "", []
    for folder in folders.split("/") if folders else ():
        whole = "".join(_WORDS.findall(folder)).lower()
        words = [whole] if _role(whole) else [word.lower() for word in _WORDS.findall(folder)]
        named = [SPLITS.get(word, "") or _role(word) for word in words]
        if not words or not all(named):
            rest.append(folder)
            continue
        for word in words:
            if word in SPLITS:
                split = split or SPLITS[word]
            else:
                role = role or _role(word)
    return split, role, tuple(rest)


def _role(word: str) -> str:
    for name in (word, word.removesuffix("s"), word.removesuffix("es")):
        for role, words in (("first", _FIRST), ("mask", _MASK), ("either", _EITHER), ("target", _TARGET)):
            if name in words:
                return role
    return ""


def _paired(places: Sequence[_Place], kind: str, root: object) -> Arrangement | None:
    """Files in two folders, such as images and masks."""
    roles = Counter(place.role for place in places)
    seconds = [role for role in ("mask", "target", "either") if roles[role]]
    if not seconds or not roles["first"]:
        return None
    second = seconds[0]
    if not kind and roles["first"] + roles[second] < len(places):
        return None
    others: dict[tuple[str, tuple[str, ...], str], str] = {}
    for place in places:
        if place.role == second:
            for key in (place.key, _ENDING.sub("", place.key)):
                others.setdefault((place.split, place.rest, key), place.file)
    entries, lonely = [], []
    for place in places:
        if place.role == "first":
            keys = (place.key, _ENDING.sub("", place.key))
            found = (others.get((place.split, place.rest, key)) for key in keys)
            other = next((file for file in found if file), None)
            if other is None:
                lonely.append(place.file)
            else:
                entries.append(Entry(place.file, place.split or "train", other=other))
    if not entries:
        raise DataError(
            f"No two files in the folders of {root} have the same name, so {lonely[0]} and the others find no "
            "partner."
        )
    used = {entry.other for entry in entries}
    lonely += [place.file for place in places if place.role == second and place.file not in used]
    problems = several(
        [f"{root}/{file} has no partner of the same name and is left out." for file in lonely], "too"
    )
    guessed = kind or ("pairs" if second == "target" else "masks")
    return Arrangement(guessed, tuple(entries), not kind and second == "either", tuple(problems))


def _side_by_side(files: Sequence[str]) -> Arrangement | None:
    """Pictures beside their masks in one folder: cell.png and cell_mask.png."""
    stems = {(group(file), stem(file)): file for file in files}
    entries, masks = [], set()
    for (folder, name), file in stems.items():
        found = _SECOND_NAME.match(name)
        first = stems.get((folder, found[1])) if found else None
        if first is not None:
            masks.add(file)
            entries.append(Entry(first, _place(first).split or "train", other=file))
    if len(masks) + len({entry.file for entry in entries}) < 0.8 * len(files):
        return None
    unique = {entry.file: entry for entry in sorted(entries, key=lambda entry: entry.file)}
    return Arrangement("masks", tuple(unique.values()))


def _classes(files: Sequence[str], kind: str, root: object, what: str) -> Arrangement:
    entries = [_entry(file) for file in files]
    if kind == "plain" or _grouped_tests(entries):
        return Arrangement("plain", tuple(replace(entry, label="") for entry in entries))
    flat = [entry.file for entry in entries if not entry.label]
    labels = sorted({entry.label for entry in entries if entry.label})
    if flat and labels:
        raise DataError(
            f"{root} holds {what} inside folders of classes and outside of them, such as {root}/{flat[0]}. Move them "
            'into the folder of their class, or choose "plain" for the option "kind".'
        )
    if len(labels) == 1:
        raise DataError(
            f'{root} has only one folder of {what}, "{labels[0]}"; classes need one folder each. Where there '
            'are no classes, choose "plain" for the option "kind".'
        )
    if kind == "classes" and not labels:
        raise DataError(f"{root} has no folders of classes: its {what} lie all in one place.")
    return Arrangement("classes" if labels else "plain", tuple(entries), problems=tuple(_alike(labels)))


def _alike(labels: Sequence[str]) -> list[str]:
    """What to say of classes whose names differ in capitals only."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(label.casefold(), []).append(label)
    return several(
        [
            f"The folders {' and '.join(f'“{label}”' for label in group)} are classes of their own, though their "
            "names differ in capitals only. Give them one name where they are one class."
            for group in groups.values()
            if len(group) > 1
        ],
        "classes of that kind",
    )


def _entry(file: str) -> Entry:
    """Split and class of a file: (train/)class/…/file."""
    folders = file.split("/")[:-1]
    split = SPLITS.get(folders[0].lower(), "") if folders else ""
    if split:
        folders = folders[1:]
    return Entry(file, split or "train", folders[0] if folders else "")


def _grouped_tests(entries: Iterable[Entry]) -> bool:
    """Whether the training part has no classes: folders in the test part are then several sets to test on."""
    inside: dict[bool, set[str]] = {True: set(), False: set()}
    named = False
    for entry in entries:
        inside[entry.split == "train"].add(entry.label)
        named = named or entry.split != "train"
    return named and inside[True] == {""}
