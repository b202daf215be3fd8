"""Pictures: a folder a class, a table of labels, masks, pairs, or photographs to make sharper; in archives too.

May import NumPy.  Pictures are kept as bytes and become floats when a batch is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers import images_labels
from workbench.engine.readers.archives import is_archive, names_in, tree
from workbench.engine.readers.arrangement import Entry, arranged, several
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.images_decode import Plan, by, decoded, in_threads
from workbench.engine.readers.images_masks import Masks
from workbench.engine.readers.images_pixels import (
    DAMAGE,
    DEEP,
    Form,
    Header,
    OtherHeaderError,
    Size,
    differ,
    header,
    highest,
    quiet,
    why,
)
from workbench.engine.readers.images_turned import swaps, turn_of_other
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS
from workbench.engine.readers.trees import Tree, ends, files_of, glanced

SUFFIXES = frozenset(
    ".png .jpg .jpeg .jfif .bmp .gif .webp .tif .tiff .pgm .ppm .pnm .pbm .jp2 .avif .ico".split()
)
# Pictures that people have and that cannot be read here.
_OTHERS = frozenset(".heic .heif .svg .psd .cr2 .nef .arw .dng .raw .eps .tga .exr .hdr".split())

KINDS = {
    "": "As it looks like",
    "classes": "A folder for each class",
    "labels": "A table has the labels",
    "masks": "Pictures and masks",
    "pairs": "Input and target pictures",
    "plain": "Pictures without classes",
}
FITS = {
    "": "As it suits",
    "stretch": "Stretched to size",
    "cover": "Scaled to fill it, the rest cut off",
    "inside": "Scaled to fit in, the rest black",
    "crop": "Cut out of the middle, small ones mirrored at the edges",
    "patches": "Cut into patches of the size",
}
# Of so many pictures the headers are not all read before the pictures are.
_MANY = 500
# So many of the deep ones tell how many bits they use.
_DEEP = 100
_COLOURS = {"": "As they are", "grey": "Grey", "rgb": "Red, green, blue"}


def read(path: Path, reading: Reading) -> Content:
    """A folder or an archive of pictures.  Raises DataError where nothing in it can be used."""
    with quiet(), tree(path, reading) as files:
        said, shown = len(reading.problems), len(reading.figures)
        try:
            return decoded(files, _planned(files, reading, glance=True), reading)
        except OtherHeaderError:
            del reading.problems[said:], reading.figures[shown:]
            return decoded(files, _planned(files, reading, glance=False), reading)


def _planned(files: Tree, reading: Reading, *, glance: bool) -> Plan:
    """What is to be read.  At a glance some headers stand for all where these are alike, which saves half."""
    names = files.names()
    pictures = [name for name in names if ends(name, SUFFIXES)]
    _tell_others(files, names, reading)
    if not pictures:
        raise DataError(f"{files.path} holds no pictures ({', '.join(sorted(SUFFIXES))}).")
    kind = reading.choice("kind", [key for key in KINDS if key])
    kind, entries, labels, values = _meant(files, names, pictures, kind, reading)
    if reading.limit:
        chosen = range(0, len(entries), max(1, len(entries) // reading.limit))
        entries = [entries[i] for i in chosen]
        values = values[list(chosen)] if values is not None else None
    alike = _alike(files, entries) if glance else None
    if alike is not None:
        headers = [alike] * len(entries)
        seconds: list[Header | None] = []
        _tell_odd(headers, reading)
    else:
        entries, headers, seconds, values = _headers(files, entries, values, reading)
    form, target, scale = _forms(kind, headers, seconds, reading)
    bits = _bits(files, [entry.file for entry in entries], headers, reading)
    if bits != 16:
        reading.understood["bits"] = bits
    form, target = replace(form, bits=bits), replace(target, bits=bits)
    if kind == "pairs":
        names, others = [entry.other for entry in entries if entry.other], [each for each in seconds if each]
        target = replace(target, bits=_bits(files, names, others, reading))
    if form.fit == "patches":
        large = [i for i, each in enumerate(headers) if form.tiles(each.size)]
        if len(large) < len(headers):
            reading.say(f"{len(headers) - len(large):,} pictures are smaller than a patch and are left out.")
        if not large:
            raise DataError(f"No picture in {files.path} is as large as a patch of {by(form.size)}.")
        entries, headers = [entries[i] for i in large], [headers[i] for i in large]
        values = values[large] if values is not None else None
    reading.understood["kind"] = kind
    small = bool(reading.switch("small", False))
    by_colour = kind == "masks" and differ(each.palette for each in seconds if each)
    if by_colour:
        reading.say("The masks have different palettes, so their classes are the colours.")
    return Plan(kind, entries, headers, form, target, scale, small, labels, values, alike, by_colour)


def _meant(
    files: Tree,
    names: Sequence[str],
    pictures: Sequence[str],
    kind: str,
    reading: Reading,
) -> tuple[str, Sequence[Entry], tuple[str, ...], Array | None]:
    """Kind, examples, and the names and values of their labels."""
    table = None
    if kind in ("", "labels"):
        others = [name for name in names if ends(name, images_labels.TABLES)]
        table = images_labels.found(files, others, pictures, reading.text("labels"))
        if table is None and kind:
            raise DataError(f"{files.path} has no table in which most of its pictures are named.")
    if table is not None and (kind or reading.text("labels") or not _in_classes(files, pictures)):
        plain = arranged(pictures, "plain", files.path, "pictures").entries
        found = images_labels.applied(table, plain, reading, files)
        if not found.entries:
            raise DataError(f"No picture in {files.path} has a label in {table.name}.")
        return found.kind, found.entries, found.names, found.values
    what = arranged(pictures, kind, files.path, "pictures")
    for problem in what.problems:
        reading.say(problem)
    if what.kind != "classes":
        kind = "pairs" if what.unsure and _are_pictures(files, what.entries) else what.kind
        return kind, what.entries, (), None
    labels = tuple(sorted({entry.label for entry in what.entries}))
    place = {label: i for i, label in enumerate(labels)}
    return "classes", what.entries, labels, np.array([place[e.label] for e in what.entries], dtype=np.int64)


def _in_classes(files: Tree, pictures: Sequence[str]) -> bool:
    try:
        return arranged(pictures, "", files.path, "pictures").kind != "plain"
    except DataError:
        return False  # what folders do not say, the table may


def _are_pictures(files: Tree, entries: Sequence[Entry]) -> bool:
    """Whether the second ones of pairs have more colours than a mask would."""
    masks = Masks()
    for entry in entries[:3]:
        if entry.other is not None:
            try:
                size = header(files.open(entry.other)).size
                masks.look(files.open(entry.other), Form(size, "stretch", 1))
            except DAMAGE:
                continue  # told when all are looked at
    return masks.many


def _alike(files: Tree, entries: Sequence[Entry]) -> Header | None:
    """The header that some pictures from all over have in common, where there are many of them."""
    if len(entries) < _MANY or entries[0].other is not None:
        return None
    found = set()
    for entry in entries[:: len(entries) // 50]:
        try:
            found.add(header(files.open(entry.file)))
        except DAMAGE:
            return None  # the careful way tells which ones are damaged
    return found.pop() if len(found) == 1 else None


def _headers(
    files: Tree, entries: Sequence[Entry], values: Array | None, reading: Reading
) -> tuple[list[Entry], list[Header], list[Header | None], Array | None]:
    """The examples that have proper headers, with these, and with those of their masks or targets."""

    def look(entry: Entry) -> tuple[Entry, Header, Header | None] | str:
        name = entry.file
        try:
            first = header(files.open(name))
            if entry.other is None:
                return entry, first, None
            name = entry.other
            second = header(files.open(name))
        except DAMAGE as error:
            return f"{files.shown(name)} is no readable picture and left out{why(error)}."
        turn = turn_of_other(first.turn, first.size, second.turn, second.size)
        if turn is None:
            return (
                f"{files.shown(entry.file)} was taken with the camera held aside (EXIF), and nothing tells whether "
                f"{files.shown(name)} is turned too; they are left out. Save the picture upright."
            )
        size = second.size[::-1] if swaps(turn) else second.size
        return replace(entry, turn=turn), first, replace(second, size=size)

    looked = in_threads(look, entries, "Looking at pictures", reading)
    kept = [i for i, found in enumerate(looked) if not isinstance(found, str)]
    bad = [found for found in looked if isinstance(found, str)]
    for problem in several(bad, "pictures are left out"):
        reading.say(problem)
    if not kept:
        raise DataError(f"None of the {len(entries):,} pictures in {files.path} can be read. {bad[-1]}")
    found = [each for each in looked if not isinstance(each, str)]
    _tell_odd([each[1] for each in found], reading)
    return (
        [each[0] for each in found],
        [each[1] for each in found],
        [each[2] for each in found],
        values[kept] if values is not None else None,
    )


def _bits(files: Tree, names: Sequence[str], headers: Sequence[Header], reading: Reading) -> int:
    """How many bits deep pictures use, as some from all over show it."""
    deep = [name for name, each in zip(names, headers, strict=True) if each.odd == DEEP]

    def look(file: str) -> int:
        try:
            return highest(files.open(file))
        except DAMAGE:
            return 0  # told when it is decoded

    most = max(
        in_threads(look, deep[:: max(1, len(deep) // _DEEP)], "Looking at pictures", reading), default=0
    )
    bits = max(8, most.bit_length()) if most else 16
    if bits != 16:
        reading.say(f"Pictures of more than 8 bits have values up to {most:,}, so {2**bits:,} levels count.")
    return bits


def _forms(
    kind: str, headers: Sequence[Header], seconds: Sequence[Header | None], reading: Reading
) -> tuple[Form, Form, int]:
    """What pictures and their targets become, and how much smaller the pictures are made first."""
    scale = reading.whole("scale", 1, 1, 16)
    if scale > 1 and kind in ("masks", "pairs"):
        raise DataError(f'The option "scale" is for pictures without {kind}.')
    fit = reading.choice("fit", [key for key in FITS if key]) or ("crop" if scale > 1 else "stretch")
    size = _size(headers, fit, scale, reading)
    form = Form(size, fit, _channels([each.colour for each in headers], reading))
    target = form
    if kind == "pairs":
        both = [(first.size, second.size) for first, second in zip(headers, seconds, strict=True) if second]
        target = replace(form, channels=_channels([each.colour for each in seconds if each], reading))
        factor = both[0][1][0] // both[0][0][0]
        if factor > 1 and all((w * factor, h * factor) == second for (w, h), second in both):
            target = replace(target, size=(size[0] * factor, size[1] * factor))
    reading.understood |= {"fit": fit, "colour": "rgb" if form.channels == 3 else "grey", "scale": scale}
    return form, target, scale


def _size(headers: Sequence[Header], fit: str, scale: int, reading: Reading) -> Size:
    sizes = Counter(each.size for each in headers)
    size, count = sizes.most_common(1)[0]
    said = reading.text("size")
    if said:
        size = size_of(said)
    elif len(sizes) > 1 and (fit == "crop" or count * 4 < len(headers)):
        # Few are alike.  What is cut out of them fits into three of four; what is stretched has the middle size.
        share = 0.25 if fit == "crop" else 0.5
        wide, high = (int(np.quantile([each.size[i] for each in headers], share)) for i in (0, 1))
        # Networks halve sizes several times.
        size = (max(wide // 8 * 8, min(wide, 8)), max(high // 8 * 8, min(high, 8)))
    if scale > 1:
        size = (max(1, size[0] // scale) * scale, max(1, size[1] // scale) * scale)
    if size[0] * size[1] > 2**26:
        raise DataError(f"Pictures of {by(size)} are larger than can be learned from.")
    others = len(headers) - sizes[size]
    if others and not said and fit != "patches":
        how = {"stretch": "resized to it", "crop": "cut to it", "cover": "scaled and cut to it"}.get(fit)
        reading.say(
            f"{others:,} of {len(headers):,} pictures have another size than {by(size)} (width × height) and "
            f"are {how or 'scaled to fit into it'}."
        )
    reading.understood["size"] = f"{size[0]}x{size[1]}"
    return size


def size_of(text: str) -> Size:
    """A size as people write it: 64, or 64×48 (width × height).  Raises DataError."""
    numbers = [int(number) for number in re.findall(r"\d{1,6}", text)]
    if not re.fullmatch(r"\s*\d{1,6}(\s*[x×,* ]\s*\d{1,6})?\s*", text) or not all(numbers):
        raise DataError(f'The option "size" is a number or width×height such as 64x48, not "{text}".')
    return numbers[0], numbers[-1]


def _channels(colours: Iterable[bool], reading: Reading) -> int:
    wanted = reading.choice("colour", [key for key in _COLOURS if key])
    return 3 if wanted == "rgb" or (not wanted and any(colours)) else 1


def _tell_others(files: Tree, names: Sequence[str], reading: Reading) -> None:
    others = [name for name in names if ends(name, _OTHERS)]
    if others:
        reading.say(
            f"{len(others):,} files such as {files.shown(others[0])} are pictures of a kind that cannot be read; "
            "save them as PNG or JPEG."
        )


def _tell_odd(headers: Iterable[Header], reading: Reading) -> None:
    for odd, count in Counter(each.odd for each in headers if each.odd).items():
        reading.say(f"{count:,} {'picture is' if count == 1 else 'pictures are'} {odd}.")


def _suits(path: Path) -> str:
    if path.is_dir():
        fitting, all_of_them, first = glanced(path, SUFFIXES)
        # A cover picture among songs makes no set of pictures.
        return f"it has pictures such as {first}" if fitting * 3 > all_of_them else ""
    if not is_archive(path):
        return ""
    names = names_in(path, 5_000)
    pictures = [name for name in names if ends(name, SUFFIXES)]
    return f"it holds pictures such as {pictures[0]}" if len(pictures) * 3 > len(names) else ""


def _files(path: Path, reading: Reading) -> list[Path]:
    return files_of(path, SUFFIXES | images_labels.TABLES)


READER = Reader(
    "images",
    "pictures",
    (
        Option(
            "kind",
            "What it is",
            "What folders and files beside the pictures mean.",
            "choice",
            "",
            tuple(KINDS.items()),
        ),
        Option(
            "size",
            "Size",
            "Of every picture in pixels: one number, or width×height. Empty: as most of them are.",
        ),
        Option(
            "fit", "Fit", "How pictures of another size are brought to it.", "choice", "", tuple(FITS.items())
        ),
        Option("colour", "Colour", "Grey or coloured.", "choice", "", tuple(_COLOURS.items())),
        Option(
            "labels", "Table of labels", "The file in the folder that names the pictures and their labels."
        ),
        Option("target", "Label columns", "The columns of the table that are labels.", "columns", None),
        Option(
            "scale",
            "Times smaller",
            "For models that make pictures sharper: with 2, 3 or 4 each picture is the target, and the same picture "
            "made so many times smaller is what the model sees. 1: pictures stay as they are.",
            "number",
            1,
            min=1,
            max=16,
        ),
        Option(
            "small",
            "Small images",
            "Whether those stay small instead of being enlarged again.",
            "switch",
            False,
            advanced=True,
        ),
        *OPTIONS,
    ),
    _suits,
    _files,
    read,
)
