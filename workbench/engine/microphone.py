"""`python -m workbench.engine.microphone FILE SECONDS`: records the system's microphone into a WAV file.

Says {"rate", "device"} once it listens and {"seconds", "level"} ten times a second, until a line comes on stdin or the
time is over; then {"file"}. Where its input ends without a line nothing is written; what went wrong is one line on
stderr and the code 1. Imports sounddevice and soundfile when it records, never torch.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.core.files import write_atomically

Floats = NDArray[np.float32]
_PARTS_A_SECOND = 10
_PERMITTED = "recording may not be permitted: see the sound and privacy settings of the system."


class Wish:
    """What whoever started the process wants; a thread waits for it, since reading a line does."""

    def __init__(self, source: Callable[[], str]) -> None:
        self.ended = Event()
        self.left = False
        """Whether nobody is there any more who wants what was recorded."""
        Thread(target=self._hear, args=(source,), daemon=True).start()

    def _hear(self, source: Callable[[], str]) -> None:
        self.left = not source()
        self.ended.set()


def main(arguments: list[str]) -> int:
    """Records until it is enough; the exit code."""
    file, most = Path(arguments[0]), float(arguments[1])
    wish = Wish(sys.stdin.readline)
    try:
        made = record(most, wish)
        if made is None:
            return 0
        write_atomically(file, as_wav(*made))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {file} cannot be written: {error.strerror or error}.", file=sys.stderr)
        return 1
    _say(file=str(file))
    return 0


def record(most: float, wish: Wish) -> tuple[Floats, int] | None:
    """What the system's microphone hears, and at how many samples a second; None where nobody wants it any more.

    Raises DataError with why there is nothing.
    """
    library = _library()
    try:
        device = library.query_devices(kind="input")
    except library.PortAudioError as error:
        raise DataError(
            "No microphone was found. Connect one, or choose one in the sound settings of the system."
        ) from error
    name, rate = " ".join(str(device["name"]).split()), round(device["default_samplerate"])
    parts: list[Floats] = []
    left = round(most * rate)
    try:
        with library.InputStream(samplerate=rate, channels=1, dtype="float32") as stream:
            _say(rate=rate, device=name)
            while left and not wish.ended.is_set():
                heard, _ = stream.read(min(left, rate // _PARTS_A_SECOND))
                part = np.nan_to_num(heard[:, 0]).clip(-1, 1)
                parts.append(part)
                left -= len(part)
                _say(seconds=most - left / rate, level=float(np.abs(part).max()))
    except library.PortAudioError as error:
        raise DataError(
            f"“{name}” cannot be used ({_reason(error)}). Another program may be using it, or {_PERMITTED}"
        ) from error
    if wish.left:
        return None
    wave = np.concatenate([np.zeros(0, dtype=np.float32), *parts])
    if not len(wave):
        raise DataError("Nothing was recorded: it was stopped at once.")
    if not wave.any():
        raise DataError(f"The microphone “{name}” gave only silence. It may be muted, or {_PERMITTED}")
    return wave, rate


def as_wav(wave: Floats, rate: int) -> bytes:
    """The sound as a WAV file of 16 bits."""
    import soundfile

    made = io.BytesIO()
    soundfile.write(made, wave, rate, format="WAV", subtype="PCM_16")
    return made.getvalue()


def _library() -> Any:
    """The library that records. Raises DataError with what to install."""
    try:
        import sounddevice
    except ImportError as error:
        raise DataError("Recording needs the Python package sounddevice: pip install sounddevice") from error
    except OSError as error:
        raise DataError(
            "Recording needs the system's library PortAudio, which is missing: sudo apt-get install libportaudio2 "
            "(Debian, Ubuntu) or sudo dnf install portaudio (Fedora)."
        ) from error
    return sounddevice


def _reason(error: Exception) -> str:
    return str(error.args[0] if error.args else error).split("\n")[0].rstrip(".")


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # a driver that hangs when it is let go keeps nobody waiting
