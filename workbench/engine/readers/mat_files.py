"""The arrays of numbers in MATLAB's files of the versions 5 to 7.2, read piece by piece into their place.

May import NumPy and core.  Format: “MAT-File Format” of MathWorks; nothing in such a file is ever run.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.content import Array
from workbench.engine.readers.files import MAX_BYTES, MEGABYTE, size_text

_COMPRESSED, _MATRIX = 15, 14
# How numbers are stored, and what they are in MATLAB: a matrix of doubles may be stored in bytes.
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"
}  # fmt: skip
_COMPLEX = 0x08
_HEAD = 128
_MOST_VARIABLES = 10_000
# Names and sizes have a few bytes; more is damage.
_MOST_FACTS = 4096


@dataclass(frozen=True, slots=True)
class Variable:
    """One array of a file.  Its sizes are in MATLAB's order, in which the first one runs fastest."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    offset: int

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class _DamageError(Exception):
    pass


def is_mat(path: Path) -> bool:
    """Whether the file begins as MATLAB's files do, those of version 7.3 included."""
    with path.open("rb") as stream:
        return stream.read(7) == b"MATLAB "


def variables(path: Path) -> list[Variable]:
    """The arrays of numbers in a file.  Raises DataError where it is no such file, or damaged."""
    with _opened(path) as (stream, order, size):
        return _variables(stream, order, size)


def pieces(path: Path, variable: Variable, step: int) -> Iterator[Array]:
    """The numbers of an array one after the other in MATLAB's order, so many at once.

    Raises DataError where it is damaged.
    """
    with _opened(path) as (stream, order, size):
        stream.seek(variable.offset)
        element = _element(stream, order, size)
        if element is None or _described(element, variable.offset) != variable:
            raise _DamageError(f"{variable.name} is not where it was")
        stored, content = _stored(element, variable)
        if content is not None:
            yield np.frombuffer(content, dtype=stored).astype(variable.dtype)
            return
        count = math.prod(variable.shape)
        for start in range(0, count, step):
            data = element.read(min(step, count - start) * stored.itemsize)
            yield np.frombuffer(data, dtype=stored).astype(variable.dtype)


def read_variable(path: Path, variable: Variable) -> Array:
    """One array, in MATLAB's order of sizes.  Raises DataError where it is damaged or too large."""
    if variable.bytes > MAX_BYTES:
        raise DataError(
            f"{variable.name} in {path} has {size_text(variable.bytes)}, more than {size_text(MAX_BYTES)}."
        )
    flat = np.empty(math.prod(variable.shape), dtype=variable.dtype)
    done = 0
    for piece in pieces(path, variable, 4 * MEGABYTE):
        flat[done : done + len(piece)] = piece
        done += len(piece)
    return flat.reshape(variable.shape, order="F")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, str, int]]:
    """The file, the order of its bytes as struct writes it, and its size."""
    try:
        with path.open("rb") as stream:
            yield stream, _order(path, stream.read(_HEAD)), path.stat().st_size
    except (_DamageError, zlib.error, struct.error) as error:
        raise DataError(f"{path} is a damaged MATLAB file ({error}). Fetch it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _order(path: Path, head: bytes) -> str:
    """The order of the bytes of a number, as struct writes it."""
    if head[:11] == b"MATLAB 7.3 " or head[:8] == b"\x89HDF\r\n\x1a\n":
        raise DataError(
            f"{path} is a MATLAB file of version 7.3 (HDF5), which cannot be read; save it with “-v7”."
        )
    order = {b"IM": "<", b"MI": ">"}.get(head[126:128])
    if order is None or struct.unpack(order + "H", head[124:126])[0] != 0x0100:
        raise DataError(f"{path} is no MATLAB file of the versions 5 to 7.2.")
    return order


def _variables(stream: BinaryIO, order: str, size: int) -> list[Variable]:
    found: list[Variable] = []
    offset = _HEAD
    while offset < size and len(found) < _MOST_VARIABLES:
        stream.seek(offset)
        head = stream.read(8)
        if len(head) < 8:
            raise _DamageError(f"it ends within the head of a variable, at byte {offset:,}")
        _, length = struct.unpack(order + "II", head)
        if length > size - offset - 8:
            raise _DamageError(f"it is cut off: a variable at byte {offset:,} has {length:,} bytes")
        stream.seek(offset)
        element = _element(stream, order, size)
        if element is not None and (variable := _described(element, offset)) is not None:
            _stored(element, variable)
            found.append(variable)
        offset += 8 + length
    return found


@dataclass
class _Element:
    """The content of one variable, unpacked while it is read."""

    order: str
    stream: BinaryIO
    left: int
    unpack: zlib._Decompress | None = None

    def read(self, count: int) -> bytes:
        """The next bytes.  Raises _DamageError where there are fewer."""
        if self.unpack is None:
            data = self.stream.read(min(count, self.left))
            self.left -= len(data)
        else:
            data = self._unpacked(self.unpack, count)
        if len(data) < count:
            raise _DamageError("a variable is cut off")
        return data

    def _unpacked(self, unpack: zlib._Decompress, count: int) -> bytes:
        pieces, missing = [], count
        while missing and not unpack.eof:
            packed = unpack.unconsumed_tail
            if not packed and self.left:
                packed = self.stream.read(min(MEGABYTE // 4, self.left))
                self.left -= len(packed)
            piece = unpack.decompress(packed, missing)
            if not packed and not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def tag(self) -> tuple[int, int, bytes | None]:
        """Kind and length of the next part, and its content where it is so short that it stands in the tag."""
        head = self.read(8)
        kind, length = struct.unpack(self.order + "II", head)
        if kind >> 16:
            if kind >> 16 > 4:
                raise _DamageError("a short part is longer than four bytes")
            return kind & 0xFFFF, kind >> 16, head[4 : 4 + (kind >> 16)]
        return kind, length, None

    def part(self) -> tuple[int, bytes]:
        """Kind and content of the next part, which must be short."""
        kind, length, content = self.tag()
        if content is None:
            if length > _MOST_FACTS:
                raise _DamageError(f"what describes a variable has {length:,} bytes")
            content = self.read(length)
            self.read(-length % 8)
        return kind, content


def _element(stream: BinaryIO, order: str, size: int) -> _Element | None:
    """The matrix at this place of the file; None where something else is there."""
    kind, length = struct.unpack(order + "II", stream.read(8))
    element = _Element(order, stream, min(length, size - stream.tell()))
    if kind == _COMPRESSED:
        element.unpack = zlib.decompressobj()
        kind, _, _ = element.tag()
    return element if kind == _MATRIX else None


def _described(element: _Element, offset: int) -> Variable | None:
    """Name and sizes of a matrix; None where it does not hold plain numbers."""
    kind, flags = element.part()
    if kind != 6 or len(flags) != 8:
        raise _DamageError("a variable does not begin with its flags")
    facts = struct.unpack(element.order + "I", flags[:4])[0]
    kind, sizes = element.part()
    if kind != 5 or len(sizes) % 4 or not 8 <= len(sizes) <= 128:
        raise _DamageError("a variable without proper sizes")
    shape = struct.unpack(f"{element.order}{len(sizes) // 4}i", sizes)
    if min(shape) < 0:
        raise _DamageError(f"a variable with the size {min(shape)}")
    _, name = element.part()
    if facts & 0xFF not in _CLASSES or facts >> 8 & _COMPLEX:
        return None
    return Variable(name.decode("latin1"), shape, _CLASSES[facts & 0xFF], offset)


def _stored(element: _Element, variable: Variable) -> tuple[np.dtype[Any], bytes | None]:
    """How the numbers of a matrix are stored, and their bytes where they are few."""
    kind, length, content = element.tag()
    if kind not in _STORED:
        raise _DamageError(f"the numbers of {variable.name} are stored as kind {kind}")
    stored = np.dtype(element.order + _STORED[kind])
    count = math.prod(variable.shape)
    if length != count * stored.itemsize:
        raise _DamageError(
            f"{variable.name} has {length:,} bytes where its sizes ask for {count * stored.itemsize:,}"
        )
    # What is packed can be a thousand times its size; more than that is not there.
    if content is None and length > element.left * (1 if element.unpack is None else 1100) + MEGABYTE:
        raise _DamageError(f"{variable.name} is cut off")
    return stored, content
