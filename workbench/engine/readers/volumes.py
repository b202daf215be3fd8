"""Volumes: NIfTI files or arrays of three dimensions, with masks, in folders of classes, or alone.

May import NumPy, SciPy, and nibabel when a volume is read.  Axes become depth × height × width, head and nose up.
"""

from __future__ import annotations

import gzip
import logging
import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers import npy
from workbench.engine.readers.archives import is_archive, names_in, tree
from workbench.engine.readers.arrangement import Entry, arranged, several
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.figures import figures_of_sizes
from workbench.engine.readers.files import size_text, slug, title
from workbench.engine.readers.images_decode import in_threads
from workbench.engine.readers.images_masks import Masks
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided, parts_of
from workbench.engine.readers.trees import Tree, ends, files_of, glanced

SUFFIXES = frozenset((".nii", ".nii.gz", ".npy", ".npz"))
_NIFTI = frozenset((".nii", ".nii.gz"))
_KINDS = {
    "": "As it looks like",
    "masks": "Volumes and masks",
    "classes": "A folder for each class",
    "plain": "Volumes alone",
}
_FITS = {"": "Cut or filled up around the middle", "stretch": "Stretched to size"}
_VALUES = {
    "": "From the lowest (0) to the highest (1) of each volume",
    "standard": "Mean 0 and deviation 1 in each volume",
    "raw": "As they are",
}
# One volume of more bytes is a mistake or a bomb.
_MOST_BYTES = 2**30
_MOST_CHANNELS = 16
# Networks halve sizes several times.
_STEP = 8
DAMAGE = (*npy.DAMAGE, TypeError, AttributeError, ArithmeticError, LookupError, gzip.BadGzipFile, zlib.error)

Shape = tuple[int, int, int]
Floats = NDArray[np.float32]
_Number = TypeVar("_Number", np.float32, np.int32)


@dataclass(frozen=True)
class _Look:
    """What the header of a volume says."""

    channels: int
    shape: Shape


def read(path: Path, reading: Reading) -> Content:
    """A folder or an archive of volumes.  Raises DataError where none can be used."""
    with tree(path, reading) as files:
        names = [name for name in files.names() if ends(name, SUFFIXES)]
        if not names:
            raise DataError(f"{path} holds no volumes ({', '.join(sorted(SUFFIXES))}).")
        kind = reading.choice("kind", [key for key in _KINDS if key])
        found = arranged(names, kind, path, "volumes")
        for problem in found.problems:
            reading.say(problem)
        entries = found.entries
        if reading.limit:
            entries = entries[:: max(1, len(entries) // reading.limit)]
        kind = "masks" if found.kind == "pairs" else found.kind
        reading.understood["kind"] = kind
        return _filled(files, kind, *_looked(files, entries, reading), reading)


def _looked(files: Tree, entries: Sequence[Entry], reading: Reading) -> tuple[list[Entry], list[_Look]]:
    """The examples with proper headers of volume and mask."""

    def look(entry: Entry) -> _Look | str:
        name = entry.file
        try:
            found = _look(files, name)
            if entry.other is not None:
                name = entry.other
                other = _look(files, name)
                if other.shape != found.shape:
                    return (
                        f"{files.shown(name)} is {_by(other.shape)} and its volume {_by(found.shape)}; "
                        "both are left out."
                    )
        except DAMAGE as error:
            return f"{files.shown(name)} is no readable volume and left out ({error})."
        return found

    looks = in_threads(look, entries, "Looking at volumes", reading)
    bad = [each for each in looks if isinstance(each, str)]
    for problem in several(bad, "volumes are left out"):
        reading.say(problem)
    if len(bad) == len(looks):
        raise DataError(f"None of the {len(entries):,} volumes in {files.path} can be read. {bad[-1]}")
    good = [(entry, each) for entry, each in zip(entries, looks, strict=True) if not isinstance(each, str)]
    channels = Counter(each.channels for _, each in good).most_common(1)[0][0]
    others = [entry.file for entry, each in good if each.channels != channels]
    for problem in several(
        [f"{files.shown(file)} has not {channels} channels and is left out." for file in others],
        "volumes are left out",
    ):
        reading.say(problem)
    kept = [(entry, each) for entry, each in good if each.channels == channels]
    return [entry for entry, _ in kept], [each for _, each in kept]


def _filled(files: Tree, kind: str, entries: list[Entry], looks: list[_Look], reading: Reading) -> Content:
    """The arrays, filled by several threads: unpacking goes beside Python."""
    shape = _common([each.shape for each in looks], reading)
    fit = reading.choice("fit", [key for key in _FITS if key])
    values = reading.choice("values", [key for key in _VALUES if key])
    count, channels = len(entries), looks[0].channels
    arrays: dict[str, Array] = {
        "volume": reading.array(
            "volume", (count, channels, *shape), np.float32 if values == "raw" else np.float16
        )
    }
    masks = Masks() if kind == "masks" else None
    if masks:
        arrays["mask"] = reading.array("mask", (count, *shape), np.int16)

    def load(number: int) -> str:
        name = entries[number].file
        try:
            volume = _scaled(_volume(files, name), values)
            arrays["volume"][number] = [_fitted(each, shape, fit, nearest=False) for each in volume]
            other = entries[number].other
            if other is not None and masks:
                name = other
                values_of = np.nan_to_num(_volume(files, name)[0], nan=0.0, posinf=0.0, neginf=0.0)
                codes = np.rint(values_of.clip(-(2**30), 2**30)).astype(np.int32)
                arrays["mask"][number] = masks.numbered(_fitted(codes, shape, fit, nearest=True))
        except DAMAGE as error:
            if masks:
                arrays["mask"][number] = 0
            return f"{files.shown(name)} is damaged and left out ({error})."
        return ""

    said = in_threads(load, range(count), "Volumes", reading)
    for problem in several([each for each in said if each], "volumes are left out"):
        reading.say(problem)
    good = np.flatnonzero([not each for each in said])
    if not len(good):
        raise DataError(f"None of the {count:,} volumes in {files.path} can be read. {said[-1]}")
    reading.figures += figures_of_sizes(
        "Sizes (depth × height × width)",
        [tuple(each.shape) for each in looks],
        ("Depth of the volumes", "Height of the volumes", "Width of the volumes"),
        "voxels",
    )
    names = masks.finished(arrays["mask"], reading) if masks else ()
    return _content(files.path, entries, good, arrays, names, reading)


def _content(
    path: Path,
    entries: Sequence[Entry],
    good: Index,
    arrays: dict[str, Array],
    names: tuple[str, ...],
    reading: Reading,
) -> Content:
    channels, depth, height, width = arrays["volume"].shape[1:]
    outputs = {"volume": TensorSpec(("N", channels, depth, height, width), "float")}
    facts: dict[str, int | float] = {"channels": channels, "depth": depth, "height": height, "width": width}
    kept: int | Index = len(good)
    if "mask" in arrays:
        outputs["mask"] = TensorSpec(("N", depth, height, width), "index", len(names))
    elif any(entry.label for entry in entries):
        names = tuple(sorted({entry.label for entry in entries}))
        label = np.array([names.index(entry.label) for entry in entries], dtype=np.int64)
        kept = label[good]
        label[np.setdiff1d(np.arange(len(label)), good)] = -1
        arrays["label"] = label
        outputs["label"] = TensorSpec(("N",), "index", len(names))
    if names:
        facts = {"classes": len(names), **facts}
    given = parts_of([entries[i].split for i in good.tolist()])
    splits = {name: good[index] for name, index in divided(reading, kept, given).items()}
    schema = Schema(slug(path), title(path), outputs, facts, "volume", len(good), names)
    return Content(schema, arrays, splits)


def one(files: Tree, name: str, reading: Reading, channels: int, shape: Shape) -> Floats:
    """A single volume as those of training: channels × depth × height × width. Raises one of DAMAGE."""
    volume = _volume(files, name)
    if len(volume) != channels:
        raise ValueError(f"it has {len(volume)} channels, and the volumes of training {channels}")
    values = reading.choice("values", [key for key in _VALUES if key])
    fit = reading.choice("fit", [key for key in _FITS if key])
    return np.stack([_fitted(each, shape, fit, nearest=False) for each in _scaled(volume, values)])


def _common(shapes: Sequence[Shape], reading: Reading) -> Shape:
    """The size that all volumes get: as they are, or large enough for nearly all of them."""
    said = reading.text("size")
    if said:
        numbers = [int(number) for number in re.findall(r"\d{1,5}", said)]
        if len(numbers) not in (1, 3) or not all(numbers) or re.search(r"[^\d\s x×,*]", said):
            raise DataError(f'The option "size" is depth×height×width such as 48x64x48, not "{said}".')
        shape = (numbers[0], numbers[len(numbers) // 2], numbers[-1])
    elif len(set(shapes)) == 1:
        shape = shapes[0]
    else:
        largest, middle = np.max(shapes, axis=0), np.median(shapes, axis=0)
        sizes = [
            int(large) if large <= 1.5 * mid else int(mid) for large, mid in zip(largest, middle, strict=True)
        ]
        depth, height, width = (-(-size // _STEP) * _STEP for size in sizes)
        shape = (depth, height, width)
        reading.say(
            f"The volumes have {len(set(shapes)):,} different sizes; all become {_by(shape)} (depth × height × width)."
        )
    reading.understood["size"] = "x".join(map(str, shape))
    if math.prod(shape) * 4 > _MOST_BYTES:
        raise DataError(f"Volumes of {_by(shape)} are larger than can be learned from.")
    return shape


def _scaled(volume: Floats, values: str) -> Floats:
    """Values as the person wants them; a few extreme ones do not count."""
    volume = np.nan_to_num(volume, nan=0.0, posinf=0.0, neginf=0.0)
    if values == "raw":
        return volume
    if values == "standard":
        standard: Floats = (volume - volume.mean()) / max(float(volume.std()), 1e-6)
        return standard
    low, high = np.percentile(volume, (0.1, 99.9))
    scaled: Floats = ((volume - low) / max(float(high - low), 1e-6)).clip(0, 1)
    return scaled


def _fitted(volume: NDArray[_Number], shape: Shape, fit: str, *, nearest: bool) -> NDArray[_Number]:
    if volume.shape == shape:
        return volume
    if fit == "stretch":
        from scipy.ndimage import zoom

        factors = [wanted / there for wanted, there in zip(shape, volume.shape, strict=True)]
        zoomed: NDArray[_Number] = zoom(volume, factors, order=0 if nearest else 1, mode="nearest")
        return zoomed
    result = np.full(shape, 0 if nearest else volume.min(), dtype=volume.dtype)
    into, out = [], []
    for wanted, there in zip(shape, volume.shape, strict=True):
        size = min(wanted, there)
        into.append(slice((wanted - size) // 2, (wanted - size) // 2 + size))
        out.append(slice((there - size) // 2, (there - size) // 2 + size))
    result[tuple(into)] = volume[tuple(out)]
    return result


def _look(files: Tree, name: str) -> _Look:
    if not ends(name, _NIFTI):
        array = _array(files, name)
        return _Look(array.shape[0], _shape(array.shape[1:]))
    with files.open(name) as stream:
        image = _nifti(stream, name)
        shape = image.shape[:3]
        order = _nibabel("orientations").io_orientation(image.affine)[:, 0]
        if np.isnan(order).any():
            raise ValueError("its axes have no directions")
        turned = [shape[int(np.flatnonzero(order == axis)[0])] for axis in range(3)]
        return _Look(image.shape[3] if len(image.shape) > 3 else 1, _shape(turned[::-1]))


def _volume(files: Tree, name: str) -> Floats:
    """channels × depth × height × width; the last axis of a file with four is the channels."""
    if not ends(name, _NIFTI):
        return _floats(_array(files, name))
    with files.open(name) as stream:
        image = _nibabel().as_closest_canonical(_nifti(stream, name))
        with np.errstate(over="ignore", invalid="ignore"):
            array = np.asarray(image.dataobj, dtype=np.float32)
    array = array if array.ndim == 4 else array[..., None]
    return np.ascontiguousarray(array.transpose(3, 2, 1, 0)[:, :, ::-1])


def _nibabel(module: str = "funcs") -> Any:
    """A module of nibabel, which only those who read volumes wait for."""
    # What it would say about odd headers is said here, if it matters.
    import_module("nibabel.imageglobals").logger.setLevel(logging.CRITICAL)
    return import_module(f"nibabel.{module}")


def _nifti(stream: BinaryIO, name: str) -> Any:
    """The opened file (of nibabel), whose values are not read yet.  Raises one of DAMAGE."""
    plain = gzip.GzipFile(fileobj=stream) if name.lower().endswith(".gz") else stream
    start = plain.read(4)
    plain.seek(0)
    second = 540 in (int.from_bytes(start, "little"), int.from_bytes(start, "big"))
    kind = _nibabel("nifti2").Nifti2Image if second else _nibabel("nifti1").Nifti1Image
    try:
        image = kind.from_file_map({"image": _nibabel("fileholders").FileHolder(fileobj=plain)})
    except (
        _nibabel("filebasedimages").ImageFileError,
        _nibabel("spatialimages").HeaderDataError,
        _nibabel("wrapstruct").WrapStructError,
    ) as error:
        raise ValueError(str(error)) from error
    shape, dtype = image.shape, image.get_data_dtype()
    if dtype.kind not in "iufb":
        raise ValueError(f"its values are {dtype}, not numbers")
    if len(shape) not in (3, 4) or min(shape) < 1 or (len(shape) == 4 and shape[3] > _MOST_CHANNELS):
        raise ValueError(f"it has the shape {_by(shape)}; three dimensions, and perhaps channels, are read")
    if math.prod(shape) * max(4, dtype.itemsize) > _MOST_BYTES:
        raise ValueError(f"{_by(shape)} values are more than {size_text(_MOST_BYTES)}")
    return image


def _array(files: Tree, name: str) -> Array:
    """A volume of an .npy, or the largest array of an .npz, with channels first."""
    with files.open(name) as stream:
        if name.lower().endswith(".npz"):
            found = npy.in_npz(stream, _MOST_BYTES)
            array = max(found.values(), key=lambda each: each.size)
        else:
            array = npy.whole(stream, _MOST_BYTES)
    if array.ndim == 4 and array.shape[3] <= _MOST_CHANNELS < array.shape[0]:
        array = np.moveaxis(array, 3, 0)
    if array.ndim not in (3, 4) or not array.size or (array.ndim == 4 and array.shape[0] > _MOST_CHANNELS):
        raise ValueError(
            f"it has the shape {_by(array.shape)}; three dimensions, and perhaps channels, are read"
        )
    return array if array.ndim == 4 else array[None]


def _floats(array: Array) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):  # infinite ones become 0 later
        return array.astype(np.float32)


def _shape(sizes: Sequence[int]) -> Shape:
    depth, height, width = (int(size) for size in sizes)
    return depth, height, width


def _by(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes))


def _suits(path: Path) -> str:
    if is_archive(path):
        inside = [name for name in names_in(path, 5_000) if ends(name, _NIFTI)]
        return f"it holds volumes such as {inside[0]}" if inside else ""
    if not path.is_dir():
        return ""
    fitting, _, first = glanced(path, _NIFTI)
    if fitting:
        return f"it has NIfTI volumes such as {first}"
    fitting, everything, first = glanced(path, SUFFIXES)
    # Few arrays are a data set in itself, see arrays.py; volumes come one a file.
    return (
        f"it has arrays such as {first}, one for each volume"
        if fitting > 12 and 2 * fitting > everything
        else ""
    )


def _files(path: Path, reading: Reading) -> list[Path]:
    return files_of(path, SUFFIXES)


READER = Reader(
    "volumes",
    "volumes",
    (
        Option("kind", "What it is", "What the folders mean.", "choice", "", tuple(_KINDS.items())),
        Option(
            "size", "Size", "Of every volume: depth×height×width. Empty: large enough for nearly all of them."
        ),
        Option(
            "fit", "Fit", "How volumes of another size are brought to it.", "choice", "", tuple(_FITS.items())
        ),
        Option(
            "values", "Values", "What the values of a volume become.", "choice", "", tuple(_VALUES.items())
        ),
        *OPTIONS,
    ),
    _suits,
    _files,
    read,
)
