"""Folders of pictures: one folder a class, with or without train/validation/test above them.

May import NumPy and Pillow.  Pictures are kept as bytes and become floats when a batch is taken.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from workbench.catalog.schema import Schema, image_outputs
from workbench.core.errors import DataError
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import MAX_BYTES, size_text, slug, title
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.split import divided

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm"})
_SPLITS = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
_MASKS = re.compile(r"(image|img|label|mask|annotation|groundtruth|gt)s?", re.IGNORECASE)

# A picture of more than this many pixels is skipped unread: it is a mistake or a bomb.
MAX_PIXELS = 64 * 2**20

# EXIF: orientations from here on exchange width and height.
_ORIENTATION, _TURNED = 0x0112, 5


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
class _Picture:
    file: Path
    split: str
    label: str
    size: tuple[int, int]
    colour: bool


def pictures_below(folder: Path) -> Iterator[Path]:
    """Picture files below a folder as they are found, hidden ones left out."""
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix.lower() in SUFFIXES and not hidden and file.is_file():
            yield file


def pictures_in(folder: Path) -> list[Path]:
    """All picture files below a folder in the order of their names."""
    if not folder.is_dir():
        raise DataError(f"{folder} is a single file; name the folder that holds the folders of pictures.")
    return sorted(pictures_below(folder))


def read(path: Path, reading: Reading) -> Content:
    """A folder of pictures.  Sizes that differ are brought to the most common one, and told."""
    problems = reading.problems
    pictures = _listed(path, problems)
    pictures = _some(pictures, reading.limit)
    size, count = Counter(picture.size for picture in pictures).most_common(1)[0]
    channels = 3 if any(picture.colour for picture in pictures) else 1
    total = len(pictures) * channels * size[0] * size[1]
    if total > MAX_BYTES:
        raise DataError(
            f"The {len(pictures):,} pictures of {size[0]}×{size[1]} in {path} need {size_text(total)}, more "
            f"than the {size_text(MAX_BYTES)} that a dataset in memory may have. Make them smaller."
        )
    if count < len(pictures):
        problems.append(
            f"{len(pictures) - count:,} of {len(pictures):,} pictures have another size than "
            f"{size[0]}×{size[1]} (width × height) and are resized to it."
        )
    images = reading.array("image", (len(pictures), channels, size[1], size[0]), np.uint8)
    kept: list[_Picture] = []
    for number, picture in enumerate(pictures):
        reading.progress("Pictures", number, len(pictures))
        try:
            images[len(kept)] = _decoded(picture.file, size, channels)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            problems.append(f"{picture.file} is damaged and left out ({error}).")
        else:
            kept.append(picture)
    if not kept:
        raise DataError(f"None of the {len(pictures):,} pictures in {path} can be read. {problems[-1]}")
    return _assembled(path, images[: len(kept)], kept, reading)


def _assembled(path: Path, images: Array, pictures: Sequence[_Picture], reading: Reading) -> Content:
    names = tuple(sorted({picture.label for picture in pictures}))
    labels = np.array([names.index(picture.label) for picture in pictures], dtype=np.int64)
    roles = np.array([picture.split for picture in pictures])
    given: dict[str, Index] = {str(role): np.flatnonzero(roles == role) for role in dict.fromkeys(roles)}
    splits = divided(reading, labels, given if "train" in given else {})
    labelled = names != ("",)
    return image_set(
        path,
        images,
        labels if labelled else None,
        names if labelled else (),
        splits,
    )


def _some(pictures: list[_Picture], limit: int) -> list[_Picture]:
    """About so many pictures from all over the list, so that every class is among them; all of them for 0."""
    return pictures[:: max(1, len(pictures) // limit)] if limit else pictures


def _listed(root: Path, problems: list[str]) -> list[_Picture]:
    """Every readable picture with its split and class, from the folders above it."""
    files = pictures_in(root)
    if not files:
        raise DataError(f"{root} holds no pictures ({', '.join(sorted(SUFFIXES))}).")
    places = {file: _place(file, root) for file in files}
    flat = [file for file, (_, label) in places.items() if not label]
    labels = {label for _, label in places.values() if label}
    if flat and labels:
        raise DataError(
            f"{root} holds pictures inside folders of classes and outside of them, such as {flat[0]}. "
            "Move them into the folder of their class."
        )
    if len(labels) > 1 and all(_MASKS.fullmatch(label) for label in labels):
        raise DataError(
            f"The folders {', '.join(sorted(labels))} in {root} look like pictures with their masks, not "
            "like classes. Pairs of pictures cannot be read yet."
        )
    if len(labels) == 1:
        raise DataError(
            f'{root} has only one folder of pictures, "{labels.pop()}"; classes need one folder each, and '
            "pictures without classes none."
        )
    listed = []
    for file, (split, label) in places.items():
        try:
            listed.append(_Picture(file, split, label, *_header(file)))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            problems.append(f"{file} is no readable picture and left out ({error}).")
    if not listed:
        raise DataError(f"None of the {len(files):,} pictures in {root} can be read. {problems[-1]}")
    return listed


def _place(file: Path, root: Path) -> tuple[str, str]:
    """Split and class of a picture: (train/)class/…/file."""
    folders = file.relative_to(root).parts[:-1]
    split = _SPLITS.get(folders[0].lower(), "") if folders else ""
    if split:
        folders = folders[1:]
    return split or "train", folders[0] if folders else ""


def _header(file: Path) -> tuple[tuple[int, int], bool]:
    """Size of a picture as it is looked at, and whether it has colours; nothing is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the limit of pixels is checked here; odd metadata is no reason to stop
        with Image.open(file) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"{width}×{height} pixels are more than {MAX_PIXELS:,}")
            if image.format in ("JPEG", "TIFF", "WEBP") and image.getexif().get(_ORIENTATION, 1) >= _TURNED:
                width, height = height, width
            return (width, height), image.mode not in ("1", "L", "LA", "I", "F") and image.mode[:2] != "I;"


def _decoded(file: Path, size: tuple[int, int], channels: int) -> NDArray[np.uint8]:
    """The pixels as channels × height × width bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(file) as opened:
            image: Image.Image = opened
            if opened.mode[:2] == "I;" or opened.mode == "I":
                # 16 bits a pixel: Pillow would cut them off instead of scaling.
                image = Image.fromarray(
                    (np.asarray(opened).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
                )
            elif opened.format in ("JPEG", "TIFF", "WEBP"):
                image = ImageOps.exif_transpose(opened)
            image = image.convert("RGB" if channels == 3 else "L")
            if image.size != size:
                image = image.resize(size, Image.Resampling.BILINEAR)
            pixels = np.asarray(image)
    return pixels.transpose(2, 0, 1) if channels == 3 else pixels[None]
