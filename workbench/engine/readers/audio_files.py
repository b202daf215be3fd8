"""Sound files: what their headers say, and their samples at one rate in one channel.

May import NumPy and SciPy; soundfile when a sound is read.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers.files import MEGABYTE, size_text
from workbench.engine.readers.trees import Tree

Floats = NDArray[np.float32]

SUFFIXES = frozenset(".wav .wave .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .snd .w64 .caf".split())
MAX_FILE = 256 * MEGABYTE
_RATES = (100, 768_000)
# More samples than this, all channels counted, do not come out of one file.
_MAX_SAMPLES = 2**28
# Some write whole numbers as floats; what is louder is no sound.
_LOUDEST = 1e6
_UNKNOWN_SIZE = (0, 0xFFFFFFFF)


@dataclass(frozen=True)
class Sound:
    """The header of one file; `problem` tells what is odd about a file that can be used all the same."""

    name: str
    frames: int
    rate: int
    channels: int
    problem: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.frames / self.rate


def sound(tree: Tree, name: str) -> Sound:
    """What a file's header says.  Raises DataError where it is no sound, or has none in it."""
    import soundfile

    shown = tree.shown(name)
    data = _bytes(tree, name)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            frames, rate, channels = int(file.frames), int(file.samplerate), int(file.channels)
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        raise DataError(f"{shown} is no readable sound ({_reason(error)}).") from error
    if frames < 1:
        raise DataError(f"{shown} has no samples.")
    if not _RATES[0] <= rate <= _RATES[1] or frames * channels > _MAX_SAMPLES:
        raise DataError(f"{shown} announces {frames:,} samples at {rate:,} Hz, which cannot be.")
    return Sound(name, frames, rate, channels, _cut_short(shown, data))


def samples(tree: Tree, sound: Sound, rate: int, frames: int, first: bool) -> Floats:
    """So many samples at that rate: the mean of all channels, or the first one; zeros where it is shorter.

    Raises DataError where the content is damaged or holds what are no numbers.
    """
    import soundfile

    shown = tree.shown(sound.name)
    wanted = min(sound.frames, -(-frames * sound.rate // rate) + 64)
    try:
        with soundfile.SoundFile(io.BytesIO(_bytes(tree, sound.name))) as file:
            wave = file.read(wanted, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        raise DataError(f"{shown} is damaged ({_reason(error)}).") from error
    if not np.isfinite(wave).all():
        raise DataError(f"{shown} holds samples that are no numbers.")
    if (loudest := float(np.abs(wave).max(initial=0))) > _LOUDEST:
        raise DataError(f"{shown} holds a sample of {loudest:.3g}; sound lies between -1 and 1.")
    mono: Floats = wave[:, 0] if first else wave.mean(axis=1, dtype=np.float32)
    mono = resampled(mono, sound.rate, rate)[:frames]
    return np.pad(mono, (0, frames - len(mono)))


def resampled(wave: Floats, rate: int, wanted: int) -> Floats:
    """The same sound at another rate."""
    if rate == wanted or not len(wave):
        return wave
    from scipy.signal import resample_poly

    common = gcd(rate, wanted)
    other: Floats = resample_poly(wave, wanted // common, rate // common).astype(np.float32)
    return other


def _bytes(tree: Tree, name: str) -> bytes:
    try:
        with tree.open(name) as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise DataError(f"{tree.shown(name)} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_FILE:
        raise DataError(f"{tree.shown(name)} has more than {size_text(MAX_FILE)}.")
    if not data:
        raise DataError(f"{tree.shown(name)} is empty.")
    return data


def _cut_short(shown: str, data: bytes) -> str:
    """What to say about a wav file that announces more than it has."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return ""
    place = 12
    while place + 8 <= len(data):
        name, size = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
        place += 8
        if name == b"data":
            there = len(data) - place
            if size in _UNKNOWN_SIZE or there >= size:
                return ""
            return f"{shown} is cut short: {there:,} of {size:,} bytes of sound are there, and used."
        place += size + size % 2
    return ""


def _reason(error: Exception) -> str:
    words = str(error).rstrip(".")
    return words.rsplit(": ", 1)[-1] if "BytesIO" in words else words
