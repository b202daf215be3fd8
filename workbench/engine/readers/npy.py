"""NumPy's .npy files and the members of .npz: checked before anything is read, and never unpickled.

May import NumPy and core.
"""

from __future__ import annotations

import io
import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.content import Array
from workbench.engine.readers.files import size_text
from workbench.engine.readers.reader import Reading

_CHUNK = 16 * 2**20
_MOST = 64 * 2**30
# What zip packs is at most so many times smaller.
_MOST_RATIO = 1_032
# What NumPy and zip make of a damaged file; the header of an array is a Python literal.
DAMAGE = (
    OSError, ValueError, EOFError, KeyError, TypeError, SyntaxError, RecursionError, tokenize.TokenError,
    zipfile.BadZipFile, zlib.error, NotImplementedError,
)  # fmt: skip


class ObjectsError(ValueError):
    """An array holds Python objects, which only a pickle could bring back."""


def head(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    """Shape, whether columns come first, and type of the array that follows.  Raises ValueError."""
    try:
        version = np.lib.format.read_magic(stream)
    except ValueError as error:  # which quotes bytes as Python writes them
        raise ValueError("it does not begin as an array of NumPy does") from error
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"version {version[0]}.{version[1]} of the format is not for plain numbers")
    if dtype.hasobject:
        raise ObjectsError(
            "it holds Python objects (a pickle), which may run programs; save plain numbers instead"
        )
    if dtype.names or dtype.kind not in "biuf":
        raise ValueError(f"it holds {dtype} and no plain numbers")
    if any(size < 0 for size in shape) or math.prod(shape) * dtype.itemsize > _MOST:
        raise ValueError(f"its header announces the shape {shape}")
    return shape, fortran, dtype


def whole(stream: IO[bytes], most: int) -> Array:
    """The array in a stream.  Raises ValueError, also where it has more than so many bytes."""
    shape, fortran, dtype = head(stream)
    size = math.prod(shape) * dtype.itemsize
    if size > most:
        raise ValueError(f"it needs {size_text(size)}, more than {size_text(most)}")
    content = stream.read(size)
    if len(content) < size:
        raise ValueError(f"it is cut off: {size:,} bytes are announced, {len(content):,} are there")
    array: Array = np.frombuffer(content, dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)


def in_npz(stream: BinaryIO, most: int) -> dict[str, Array]:
    """All arrays of a .npz of one example.  Raises one of DAMAGE."""
    with zipfile.ZipFile(io.BytesIO(stream.read(most + 1))) as members:
        found = {}
        for info in members.infolist():
            with members.open(info) as member:
                found[info.filename.removesuffix(".npy")] = whole(member, most)
        return found


@contextmanager
def opened(path: Path, reading: Reading, needed: Callable[[str], bool]) -> Iterator[Mapping[str, Array]]:
    """The arrays of a .npy, a .npz, or of a folder of .npy files, by name: mapped, or unpacked into the copy.

    Arrays of Python objects in a .npz are left out where they are not `needed`.
    Raises DataError naming the array that cannot be read.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".npy")
        yield {file.stem: _mapped(file) for file in files}
    elif path.suffix.lower() == ".npy":
        yield {path.stem: _mapped(path)}
    else:
        made: list[Path] = []
        try:
            yield _unpacked(path, reading, made, needed)
        finally:
            for file in made:
                file.unlink(missing_ok=True)


def _mapped(path: Path) -> Array:
    try:
        with path.open("rb") as stream:
            shape, fortran, dtype = head(stream)
            start = stream.tell()
        missing = start + math.prod(shape) * dtype.itemsize - path.stat().st_size
        if missing > 0:
            raise ValueError(f"it is cut off: {missing:,} bytes are missing")
        if not math.prod(shape):
            return np.zeros(shape, dtype)
        return np.memmap(path, dtype, "r", start, shape, "F" if fortran else "C")
    except DAMAGE as error:
        raise DataError(f"{path} cannot be read as an array: {error}.") from error


def _unpacked(
    path: Path, reading: Reading, made: list[Path], needed: Callable[[str], bool]
) -> dict[str, Array]:
    found: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(path) as members:
            for number, info in enumerate(members.infolist()):
                name = info.filename.removesuffix(".npy")
                try:
                    with members.open(info) as member:
                        there = min(info.file_size, _CHUNK + _MOST_RATIO * path.stat().st_size)
                        found[name] = _member(member, f"unpacked-{number}", there, reading)
                except DAMAGE as error:
                    if isinstance(error, ObjectsError) and not needed(name):
                        reading.say(f'The array "{name}" in {path} is left out: {error}.')
                        continue
                    raise DataError(f'The array "{name}" in {path} cannot be read: {error}.') from error
                if reading.folder is not None:
                    made.append(reading.folder / f"unpacked-{number}.npy")
    except DAMAGE as error:
        raise DataError(f"{path} is no .npz file, or a damaged one ({error}).") from error
    return found


def _member(stream: IO[bytes], name: str, there: int, reading: Reading) -> Array:
    """One array of an archive that unpacks to `there` bytes at most, piece by piece into a file of the copy."""
    shape, fortran, dtype = head(stream)
    rows = math.prod(shape)
    if rows * dtype.itemsize > there:  # before the disk is filled with room for it
        raise ValueError(
            f"it is cut off: {rows * dtype.itemsize:,} bytes are announced, {there:,} can be there"
        )
    if fortran or rows * dtype.itemsize <= _CHUNK:
        room = reading.array(name, shape, dtype)
        again = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            again, {"shape": shape, "fortran_order": fortran, "descr": np.lib.format.dtype_to_descr(dtype)}
        )
        again.write(stream.read(rows * dtype.itemsize))
        again.seek(0)
        room[...] = whole(again, _MOST)
        return room
    room = reading.array(name, shape, dtype)
    flat = room.reshape(-1)
    step = _CHUNK // dtype.itemsize
    for start in range(0, rows, step):
        wanted = min(step, rows - start)
        piece = stream.read(wanted * dtype.itemsize)
        if len(piece) < wanted * dtype.itemsize:
            raise ValueError(f"it is cut off after {start * dtype.itemsize + len(piece):,} bytes")
        flat[start : start + wanted] = np.frombuffer(piece, dtype)
        reading.progress(f"Unpacking {name}", start, rows)
    return room
