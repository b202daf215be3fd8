"""Runs as event files of TensorBoard: metrics, settings, pictures, texts, sounds; a folder each. Imports the store.

Records with CRC-32C (RFC 3720) around protocol buffers, as TensorFlow's event.proto and summary.proto say.
"""

import io
import json
import math
import struct
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from workbench.engine.metric_files import facts, parts, whole_folder
from workbench.store.records import RunRecord
from workbench.store.store import Store

_POLYNOMIAL: Final = 0x82F63B78
_LARGEST: Final = 3.4028235677973366e38
"""Numbers are kept in four bytes there; what is at least as large is infinite."""
_STATUS: Final = {"completed": 1, "failed": 2, "stopped": 2, "running": 3, "paused": 3, "starting": 3}
"""SUCCESS, FAILURE, RUNNING"""
_STRING: Final = 7
"""The type of tensors that hold texts."""
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
            with (place / f"events.out.tfevents.{int(began)}.workbench-{run}").open("wb") as file:
                file.write(_record(_double(1, began) + _bytes(3, b"brain.Event:2")))
                settings = {**store.params(run), **facts(store, record)}
                file.write(_record(_double(1, began) + _bytes(5, _settings(settings, record))))
                for metric, step, value, time in _values(store, run):
                    shown = _bytes(1, metric.encode()) + _float(2, value)
                    file.write(_record(_double(1, time) + _number(2, step) + _bytes(5, _bytes(1, shown))))
                    count += 1
                for content in _recorded(store, run):
                    file.write(_record(_double(1, began) + content))
    return count


def _settings(settings: Mapping[str, Any], record: RunRecord) -> bytes:
    """What TensorBoard's plug-in for hyperparameters reads: the settings of a session, and how it ended."""
    listed = b"".join(
        _bytes(1, _bytes(1, name.encode("utf-8", "replace")) + _bytes(2, _setting(value)))
        for name, value in settings.items()
    )
    ended = _number(1, _STATUS.get(record.state, 0)) + _double(2, record.ended)
    whole = (
        ("start", _bytes(3, listed + _double(5, record.started or record.created))),
        ("end", _bytes(4, ended)),
    )
    return b"".join(
        _bytes(
            1,
            _bytes(1, f"_hparams_/session_{name}_info".encode())
            + _bytes(9, _bytes(1, b"\x0a\x07hparams" + _bytes(2, content))),
        )
        for name, content in whole
    )


def _setting(value: Any) -> bytes:
    """A value as google.protobuf.Value, which knows no lists of interest to the plug-in: those are texts."""
    if isinstance(value, bool):
        return _number(4, value)
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**53):
        return _double(2, value)
    return _bytes(3, (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "replace"))


def _values(store: Store, run: int) -> Iterator[tuple[str, int, float, float]]:
    for _, metric, curve in parts(store, [run]):
        for step, value, time in zip(curve.steps, curve.values, curve.times, strict=True):
            yield metric, step, value, time


def _recorded(store: Store, run: int) -> Iterator[bytes]:
    """Pictures, texts and sounds; what only Workbench can show is left out."""
    for media in store.media(run):
        made = b""
        if media.kind == "image" and media.data.startswith(_PNG):
            width, height = struct.unpack(">II", media.data[16:24])
            made = _bytes(4, _number(1, height) + _number(2, width) + _number(3, 3) + _bytes(4, media.data))
        elif media.kind == "text":
            tensor = _number(1, _STRING) + _bytes(2, b"") + _bytes(8, media.data)
            made = _bytes(8, tensor) + _bytes(9, _bytes(1, _bytes(1, b"text")))
        elif media.kind == "sound":
            with suppress(wave.Error, EOFError), wave.open(io.BytesIO(media.data)) as sound:
                form = sound.getparams()
                about = _float(1, form.framerate) + _number(2, form.nchannels) + _number(3, form.nframes)
                made = _bytes(6, about + _bytes(4, media.data) + _bytes(5, b"audio/wav"))
        if made:
            shown = _bytes(1, media.probe.encode()) + made
            yield _number(2, media.step) + _bytes(5, _bytes(1, shown))


# ------------------------------------------------------------------ records and fields


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return b"".join((length, masked(length), content, masked(content)))


def masked(content: bytes) -> bytes:
    """The check sum of these bytes as it stands in a record."""
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
