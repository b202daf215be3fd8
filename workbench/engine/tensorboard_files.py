"""Runs as event files of TensorBoard: metrics and recorded pictures, a folder for each run. Imports the store only.

Records with CRC-32C (RFC 3720) around protocol buffers, as TensorFlow's event.proto and summary.proto say.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from workbench.engine.metric_files import parts, whole_folder
from workbench.store.store import Store

_POLYNOMIAL: Final = 0x82F63B78
_LARGEST: Final = 3.4028235677973366e38
"""Numbers are kept in four bytes there; what is at least as large is infinite."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def write(store: Store, runs: Sequence[int], folder: Path) -> int:
    """Writes the runs into a new folder; gives how many values. Raises JobError for a folder that is in use."""
    count = 0
    with whole_folder(folder) as temporary:
        for run in runs:
            record = store.run(run)
            name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in record.name)[
                :60
            ]
            place = temporary / f"{run}-{name}"
            place.mkdir()
            began = record.started or record.created
            with (place / f"events.out.tfevents.{int(began)}.workbench").open("wb") as file:
                file.write(_record(_double(1, began) + _bytes(3, b"brain.Event:2")))
                for metric, step, value, time in _values(store, run):
                    shown = _bytes(1, metric.encode()) + _float(2, value)
                    file.write(_record(_double(1, time) + _number(2, step) + _bytes(5, _bytes(1, shown))))
                    count += 1
                for content in _pictures(store, run):
                    file.write(_record(_double(1, began) + content))
    return count


def _values(store: Store, run: int) -> Iterator[tuple[str, int, float, float]]:
    for _, metric, curve in parts(store, [run]):
        for step, value, time in zip(curve.steps, curve.values, curve.times, strict=True):
            yield metric, step, value, time


def _pictures(store: Store, run: int) -> Iterator[bytes]:
    for media in store.media(run):
        if media.kind == "image" and media.data.startswith(_PNG):
            width, height = struct.unpack(">II", media.data[16:24])
            image = _number(1, height) + _number(2, width) + _number(3, 3) + _bytes(4, media.data)
            shown = _bytes(1, media.probe.encode()) + _bytes(4, image)
            yield _number(2, media.step) + _bytes(5, _bytes(1, shown))


# ------------------------------------------------------------------ records and fields


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return b"".join((length, _masked(length), content, _masked(content)))


def _masked(content: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _table() -> list[int]:
    found = []
    for number in range(256):
        for _ in range(8):
            number = (number >> 1) ^ (_POLYNOMIAL if number & 1 else 0)
        found.append(number)
    return found


_TABLE: Final = _table()


def _varint(number: int) -> bytes:
    number &= 2**64 - 1  # a negative one as its two's complement
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    if math.isfinite(value) and abs(value) >= _LARGEST:
        value = math.copysign(math.inf, value)
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
