"""IDX files, the format of MNIST and its relatives: pairs of images and labels, gzip or plain.

May import NumPy.  Format: http://yann.lecun.com/exdb/mnist (type byte, dimensions, content).
"""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers.content import Content
from workbench.engine.readers.files import opened, read_array
from workbench.engine.readers.images_decode import image_set
from workbench.engine.readers.reader import Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_TEST = re.compile(r"t10k|test", re.IGNORECASE)
_IMAGES = re.compile(r"images([-.]idx[34]-ubyte|)", re.IGNORECASE)


def is_idx(path: Path) -> bool:
    """Whether the file begins as an IDX file does."""
    with opened(path) as stream:
        head = stream.read(4)
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= 4


def read_idx(path: Path) -> NDArray[np.generic]:
    """The array in an IDX file.  Raises DataError on a wrong magic number or content of another size."""
    with opened(path) as stream:
        head = stream.read(4)
        if not head:
            raise DataError(f"{path} is empty.")
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or not 1 <= head[3] <= 4:
            raise DataError(
                f"{path} is no IDX file: it begins with 0x{head.hex()}, "
                "not with two zero bytes, a type and the number of dimensions."
            )
        sizes = stream.read(4 * head[3])
        if len(sizes) < 4 * head[3]:
            raise DataError(
                f"{path} is truncated: its header needs {4 + 4 * head[3]} bytes, {4 + len(sizes)} are there."
            )
        shape = struct.unpack(f">{head[3]}I", sizes)
        dtype = np.dtype(_TYPES[head[2]])
        content = read_array(path, stream, math.prod(shape) * dtype.itemsize)
    return content.view(dtype).reshape(shape)


def pairs(path: Path) -> dict[str, tuple[Path, Path | None]]:
    """Files of images with their labels, as "train" and perhaps "test"; of one file as "train"."""
    if path.is_file():
        if not _IMAGES.search(path.name) and "labels" in path.name:
            raise DataError(f"{path} holds labels; name the file of images beside it, or their folder.")
        return {"train": (path, _labels_of(path))}
    found: dict[str, list[Path]] = {"train": [], "test": []}
    for file in sorted(path.iterdir()):
        if file.is_file() and _IMAGES.search(file.name) and is_idx(file):
            found["test" if _TEST.search(file.name) else "train"].append(file)
    for files in found.values():
        # The same file packed and unpacked is one file.
        names = {file.name.removesuffix(".gz"): file for file in files}
        if len(names) > 1:
            raise DataError(
                f"{path} holds several sets of images: {', '.join(sorted(names))}. "
                "Name one of the files instead of the folder."
            )
        files[:] = list(names.values())
    if not found["train"]:
        found["train"], found["test"] = found["test"], []
    if not found["train"]:
        raise DataError(f"{path} holds no IDX file of images (such as train-images-idx3-ubyte).")
    return {role: (files[0], _labels_of(files[0])) for role, files in found.items() if files}


def _labels_of(images: Path) -> Path | None:
    name = re.sub("idx[34]", "idx1", _swapped(images.name))
    if name == images.name:
        return None
    plain = images.with_name(name.removesuffix(".gz"))
    return next(
        (file for file in (images.with_name(name), plain, Path(f"{plain}.gz")) if file.is_file()), None
    )


def _swapped(name: str) -> str:
    return name.replace("images", "labels").replace("Images", "Labels").replace("IMAGES", "LABELS")


def read(path: Path, reading: Reading) -> Content:
    """A folder of IDX files, or one file of images with its labels beside it."""
    images: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.int64]] = []
    files = pairs(path)
    for image_file, label_file in files.values():
        pixels = _pixels(image_file)
        if label_file is None:
            reading.say(
                f"There is no file of labels beside {image_file}: the images are read without labels."
            )
        else:
            labels.append(_classes(label_file, image_file, len(pixels)))
        if images and pixels.shape[1:] != images[0].shape[1:]:
            raise DataError(
                f"The images in {image_file} are {_by(pixels)}, those of the training file {_by(images[0])}."
            )
        images.append(pixels)
    values = np.concatenate(labels) if len(labels) == len(images) else None
    train = len(images[0])
    splits = divided(
        reading,
        values if values is not None else np.zeros(sum(map(len, images)), dtype=np.int64),
        {
            role: np.arange(start, start + len(part))
            for role, start, part in zip(files, (0, train), images, strict=False)
        },
    )
    names, classes = (None, None) if values is None else np.unique(values, return_inverse=True)
    return image_set(
        path,
        np.concatenate(images) if len(images) > 1 else images[0],
        None if classes is None else classes.astype(np.int64),
        () if names is None else tuple(str(name) for name in names),
        splits,
    )


def _pixels(file: Path) -> NDArray[np.uint8]:
    array = read_idx(file)
    if array.dtype != np.uint8 or array.ndim not in (3, 4):
        raise DataError(
            f"{file} holds {array.ndim} dimensions of {array.dtype.name} numbers; images need 3 of bytes "
            "(4 with colours)."
        )
    if not array.size:
        raise DataError(f"{file} holds no image.")
    if array.ndim == 3:
        return array[:, None].view(np.uint8)
    if array.shape[1] not in (1, 3) and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(array).view(np.uint8)


def _classes(file: Path, image_file: Path, images: int) -> NDArray[np.int64]:
    array = read_idx(file)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise DataError(
            f"{file} holds {array.ndim} dimensions of {array.dtype.name} numbers; labels need 1 of bytes."
        )
    if len(array) != images:
        raise DataError(f"{file} holds {len(array):,} labels, but {image_file} holds {images:,} images.")
    return array.astype(np.int64)


def _by(pixels: NDArray[np.uint8]) -> str:
    return "×".join(str(size) for size in pixels.shape[1:])


def _suits(path: Path) -> str:
    if path.is_file():
        return "it begins as an IDX file does" if is_idx(path) else ""
    files = (file for file in sorted(path.iterdir()) if file.is_file() and "images" in file.name.lower())
    return next((f"{file.name} begins as an IDX file does" for file in files if is_idx(file)), "")


def _files(path: Path, reading: Reading) -> list[Path]:
    return [file for pair in pairs(path).values() for file in pair if file is not None]


READER = Reader("idx", "IDX images", OPTIONS, _suits, _files, read)
