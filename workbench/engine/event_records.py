"""Reading event files of TensorBoard: records with check sums, and the protocol buffers in them, without TensorFlow.

Standard library only. A record or field that is not as it should be is a ValueError that says where.
"""

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from workbench.engine.tensorboard_files import masked

LARGEST_RECORD: Final = 64 << 20
"""Pictures are some MB at most."""
_HEAD: Final = 12
_ONE_BYTE: Final = 0x7F
Field = tuple[int, int | bytes]


_masked_length: Final = lru_cache(4096)(masked)
"""Most records of a file are of a few lengths."""


class TornError(Exception):
    """The file ends in the middle of a record, as that of a program that still writes, or was ended, does."""


def records(file: Path) -> Iterator[bytes]:
    """What the records hold, in their order. Raises ValueError where the file is damaged, TornError at its end."""
    with file.open("rb") as opened:
        at = 0
        while head := opened.read(_HEAD):
            if len(head) < _HEAD and at:
                raise TornError
            if _masked_length(head[:8]) != head[8:]:
                what = "is no event file of TensorBoard" if at == 0 else f"is damaged at byte {at:,}"
                raise ValueError(what)
            (length,) = struct.unpack("<Q", head[:8])
            if length > LARGEST_RECORD:
                raise ValueError(f"is damaged at byte {at:,}: a record of {length:,} bytes cannot be")
            content, check = opened.read(length), opened.read(4)
            if len(content) < length or len(check) < 4:
                raise TornError
            if masked(content) != check:
                raise ValueError(f"is damaged at byte {at:,}: the check sum of a record is wrong")
            yield content
            at += _HEAD + length + 4


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message as (number, value): a whole number, or the bytes of what is not one."""
    at, end = 0, len(message)
    while at < end:
        key = message[at]  # of one byte, as nearly all are
        at += 1
        if key > _ONE_BYTE:
            key, at = _varint(message, at - 1)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError("holds a record that is no event")
        if at + size > end:
            raise ValueError("holds a record that is no event")
        yield key >> 3, message[at : at + size]
        at += size


def varints(packed: bytes) -> Iterator[int]:
    """Whole numbers that stand one behind the other."""
    at = 0
    while at < len(packed):
        value, at = _varint(packed, at)
        yield value


def signed(value: int) -> int:
    """A whole number of 64 bits that may be below zero."""
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def double(value: int | bytes) -> float:
    """A number of eight bytes."""
    if not isinstance(value, bytes) or len(value) != 8:
        raise ValueError("holds a record that is no event")
    return float(struct.unpack("<d", value)[0])


def single(value: int | bytes) -> float:
    """A number of four bytes."""
    if not isinstance(value, bytes) or len(value) != 4:
        raise ValueError("holds a record that is no event")
    return float(struct.unpack("<f", value)[0])


def inside(value: int | bytes) -> bytes:
    """The bytes of a message within a message, or of a text."""
    if not isinstance(value, bytes):
        raise ValueError("holds a record that is no event")
    return value


def words(value: int | bytes) -> str:
    """A text."""
    return inside(value).decode("utf-8", "replace")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("holds a record that is no event")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
