"""Decodes many pictures into the arrays of a dataset: by processes straight into the copy's files, or by threads.

May import NumPy, the schema and core.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

import numpy as np

from workbench.catalog.schema import Schema, image_outputs
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers.arrangement import Entry, group, several
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.figures import figures_of_sizes
from workbench.engine.readers.files import MAX_BYTES, size_text, slug, title
from workbench.engine.readers.forks import in_processes, possible
from workbench.engine.readers.images_masks import Masks
from workbench.engine.readers.images_pixels import (
    DAMAGE,
    Form,
    Header,
    OtherHeaderError,
    Size,
    degraded,
    pixels,
    why,
)
from workbench.engine.readers.reader import Figure, Reading
from workbench.engine.readers.split import divided, parts_of
from workbench.engine.readers.trees import Folder, Tree

_THREADS = min(8, os.cpu_count() or 1)
# Of so many pictures and more the decoding is worth some processes.
_MANY = 500
_Put = Callable[[slice, Array], None]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def image_set(
    path: Path,
    images: Array,
    labels: Index | None,
    names: tuple[str, ...],
    splits: Mapping[str, Index],
) -> Content:
    """The dataset of images (items × channels × height × width, bytes) and, if given, their classes."""
    channels, height, width = (int(size) for size in images.shape[1:])
    facts = {"classes": len(names)} if names else {}
    schema = Schema(
        id=slug(path),
        title=title(path),
        outputs=image_outputs(channels, height, width, classes=len(names)),
        facts={**facts, "channels": channels, "height": height, "width": width},
        kind="image",
        items=len(images),
        labels=names,
    )
    arrays: dict[str, Array] = {"image": images} if labels is None else {"image": images, "label": labels}
    return Content(schema, arrays, splits, divisors={"image": 255})


@dataclass(frozen=True)
class Plan:
    """What is to be read: the examples, what they mean, and what each picture becomes.

    `alike` is the header that all have as far as is known; another one raises OtherHeaderError in decoding.
    `by_colour` where the palettes of masks differ.
    """

    kind: str
    entries: Sequence[Entry]
    headers: Sequence[Header]
    form: Form
    target: Form
    scale: int
    small: bool
    names: tuple[str, ...] = ()
    values: Array | None = None
    alike: Header | None = None
    by_colour: bool = False

    @property
    def starts(self) -> list[int]:
        """The place of the first item of each picture, and one place more."""
        return [0, *accumulate(self.form.tiles(each.size) for each in self.headers)]


def decoded(files: Tree, plan: Plan, reading: Reading) -> Content:
    """The arrays, filled by several processes or threads."""
    starts = plan.starts
    items = starts[-1]
    image = plan.form.times(plan.scale) if plan.small else plan.form
    shapes = {"image": (items, image.channels, image.size[1], image.size[0])}
    if plan.scale > 1 or plan.kind == "pairs":
        shapes["target"] = (items, plan.target.channels, plan.target.size[1], plan.target.size[0])
    masks = Masks(by_colour=plan.by_colour) if plan.kind == "masks" else None
    bytes_each = sum(int(np.prod(shape)) for shape in shapes.values())
    area = (items, plan.form.size[1], plan.form.size[0])
    _check_room(files.path, plan, bytes_each + (2 * int(np.prod(area)) if masks else 0), reading)
    arrays = {name: reading.array(name, shape, np.uint8) for name, shape in shapes.items()}
    if masks:
        arrays["mask"] = reading.array("mask", area, np.int16)

    with ExitStack() as opened:
        puts = {name: _putting(array, opened) for name, array in arrays.items()}
        said = _each(files, plan, puts, masks, reading)
    for problem in several([each for each in said if each], "pictures are left out"):
        reading.say(problem)
    good = np.array([not each for each in said])
    if not good.any():
        raise DataError(f"None of the {len(said):,} pictures in {files.path} can be read. {said[-1]}")
    names = masks.finished(arrays["mask"], reading) if masks else plan.names
    return _assembled(files.path, replace(plan, names=names), arrays, good, reading)


def _each(
    files: Tree, plan: Plan, puts: Mapping[str, _Put], masks: Masks | None, reading: Reading
) -> list[str]:
    """Decodes every picture into its place; gives what is to be said of each."""
    starts = plan.starts

    def decode(number: int) -> str:
        entry, here = plan.entries[number], slice(starts[number], starts[number + 1])
        name = entry.file
        made: dict[str, Array] = {}
        try:
            made["image"] = picture = pixels(files.open(name), plan.form, plan.alike)
            if plan.scale > 1:
                made["target"] = picture
                made["image"] = np.stack([degraded(tile, plan.scale, plan.small) for tile in picture])
            if entry.other is not None:
                name = entry.other
                if masks:
                    made["mask"] = masks.look(files.open(name), plan.form, entry.turn)
                else:
                    made["target"] = pixels(files.open(name), plan.target, turn=entry.turn)
        except DAMAGE as error:
            if masks:
                puts["mask"](here, np.zeros(()))
            return f"{files.shown(name)} is damaged and left out{why(error)}."
        for output, items in made.items():
            puts[output](here, items)
        return ""

    # Archives have one place in their file for all, and masks one list of values.
    if masks is None and reading.folder and isinstance(files, Folder) and len(starts) > _MANY and possible():
        return in_processes(
            decode,
            len(plan.entries),
            lambda number: files.shown(plan.entries[number].file),
            lambda done: reading.progress("Pictures", done, len(plan.entries)),
            OtherHeaderError,
        )
    return in_threads(decode, range(len(plan.entries)), "Pictures", reading)


def _putting(array: Array, opened: ExitStack) -> _Put:
    """How items are put into an array: into its file where it has one, as each page of mapped memory costs a fault."""
    if not isinstance(array, np.memmap) or not hasattr(os, "pwrite"):
        return array.__setitem__
    file = os.open(str(array.filename), os.O_WRONLY)
    opened.callback(os.close, file)
    start, row, kind, shape = array.offset, array[:1].nbytes, array.dtype, array.shape[1:]

    def put(here: slice, items: Array) -> None:
        whole = (here.stop - here.start, *shape)
        if items.shape != whole:
            items = np.broadcast_to(items, whole)
        left = np.ascontiguousarray(items, kind).data.cast("B")
        at = start + here.start * row
        while left:  # a disk may take less than it is given
            count = os.pwrite(file, left, at)
            left, at = left[count:], at + count

    return put


def _assembled(
    path: Path, plan: Plan, arrays: dict[str, Array], good: np.ndarray, reading: Reading
) -> Content:
    """The dataset of the pictures that could be decoded; places of others are in no split."""
    places = np.flatnonzero(good)
    values = plan.values[places] if plan.values is not None and plan.kind == "classes" else None
    given = parts_of([plan.entries[i].split for i in places.tolist()])
    splits = divided(reading, len(places) if values is None else values, given)
    starts = np.array(plan.starts)
    counts = np.diff(starts)
    items = {name: places[index] for name, index in splits.items()}
    if counts.max() > 1:
        rows = np.split(np.arange(starts[-1]), starts[1:-1])
        items = {
            name: np.concatenate([rows[0][:0], *(rows[i] for i in index)]) for name, index in items.items()
        }
    outputs = {
        name: TensorSpec(("N", *array.shape[1:]), "float") for name, array in arrays.items() if name != "mask"
    }
    channels, height, width = (int(size) for size in arrays["image"].shape[1:])
    facts: dict[str, int | float] = {"channels": channels, "height": height, "width": width}
    if plan.names:
        facts = {"classes": len(plan.names), **facts}
    if plan.kind == "masks":
        outputs["mask"] = TensorSpec(("N", *arrays["mask"].shape[1:]), "index", len(plan.names))
    elif plan.values is not None:
        name = {"classes": "label", "labels": "labels", "numbers": "target"}[plan.kind]
        each = np.repeat(plan.values, counts, axis=0)
        bad = np.repeat(~good, counts)
        if plan.kind == "classes":
            each[bad] = -1
            for place in sorted(set(range(len(plan.names))) - set(each[~bad].tolist())):
                reading.problems.append(
                    f"The class “{plan.names[place]}” has no picture that can be read. It stays one of the "
                    f"{len(plan.names)} classes; mend its files or take its folder away."
                )
        arrays[name] = each
        dtype = "index" if plan.kind == "classes" else "float"
        bound = len(plan.names) if plan.kind == "classes" else 0
        outputs[name] = TensorSpec(("N", *each.shape[1:]), "index" if dtype == "index" else "float", bound)
    schema = Schema(
        id=slug(path), title=title(path), outputs=outputs, facts=facts, kind="image",
        items=int(counts[places].sum()), labels=plan.names,
    )  # fmt: skip
    reading.figures += _figures(plan, arrays)
    kept = {name: 255 for name in arrays if arrays[name].dtype == np.uint8}
    return Content(schema, arrays, items, divisors=kept)


def _figures(plan: Plan, arrays: Mapping[str, Array]) -> list[Figure]:
    sizes = [each.size for each in plan.headers]
    sides = ("Width of the pictures", "Height of the pictures")
    figures = figures_of_sizes("Sizes of the pictures", sizes, sides, "pixels")
    groups = Counter(group(entry.file) for entry in plan.entries)
    if 1 < len(groups) <= 60 and plan.kind != "classes":
        figures.append(Figure("Folders", "bars", tuple(groups), tuple(groups.values())))
    if plan.kind == "labels":
        totals = arrays["labels"].astype(np.int64).sum(axis=0)
        order = np.argsort(-totals, kind="stable")[:60]
        figures.append(
            Figure(
                "Labels", "bars", tuple(plan.names[i] for i in order), tuple(int(totals[i]) for i in order)
            )
        )
    return figures


def _check_room(path: Path, plan: Plan, total: int, reading: Reading) -> None:
    """Raises DataError before anything is written where the copy would not fit."""
    if reading.folder is None:
        room, where = MAX_BYTES, f"more than the {size_text(MAX_BYTES)} that a dataset in memory may have"
    else:
        room = shutil.disk_usage(reading.folder).free - 2**29
        where = f"but only {size_text(max(0, room))} are free on the disk for their copy"
    if total > room:
        raise DataError(
            f"The {len(plan.entries):,} pictures of {by(plan.form.size)} in {path} need {size_text(total)}, "
            f'{where}. Make them smaller by the option "size".'
        )


def in_threads(
    do: Callable[[_Item], _Result], items: Sequence[_Item], what: str, reading: Reading
) -> list[_Result]:
    """What `do` gives for each, in their order; tells how far it is."""
    # A hand-over from thread to thread takes as long as a small picture does.
    step = min(32, max(1, len(items) // (16 * _THREADS)))

    def some(start: int) -> list[_Result]:
        return [do(item) for item in items[start : start + step]]

    results: list[_Result] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for done in pool.map(some, range(0, len(items), step)):
            reading.progress(what, len(results), len(items))
            results += done
    return results


def by(size: Size) -> str:
    """A size for people, width first."""
    return f"{size[0]}×{size[1]}"
