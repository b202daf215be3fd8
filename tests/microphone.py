"""A stand-in for the library that records, for processes that are started: a module of its name on their path."""

import wave
from pathlib import Path

import pytest

RATE = 8_000
MODULE = """
import os, time, wave
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
HOW = (HERE / "how").read_text()
if HOW == "no library":
    raise OSError("PortAudio library not found")


class PortAudioError(Exception):
    pass


def query_devices(kind):
    assert kind == "input"
    if HOW == "no microphone":
        raise PortAudioError("Error querying device -1")
    with wave.open(str(HERE / "heard.wav")) as file:
        return {"name": "Stand-in", "max_input_channels": 2, "default_samplerate": float(file.getframerate())}


class InputStream:
    def __init__(self, samplerate, channels, dtype):
        assert (channels, dtype) == (1, "float32")
        if HOW == "taken":
            raise PortAudioError("Error opening InputStream: Device unavailable [PaErrorCode -9985]", -9985)
        with wave.open(str(HERE / "heard.wav")) as file:
            assert file.getframerate() == samplerate
            self.left = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / 2**15

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def read(self, frames):
        if HOW == "crash":
            os.abort()
        if HOW == "hang":
            time.sleep(60)
        time.sleep(0.02)
        part, self.left = self.left[:frames], self.left[frames:]
        return np.pad(part, (0, frames - len(part)))[:, None], False
"""


def stand_in(
    monkeypatch: pytest.MonkeyPatch, folder: Path, how: str = "", heard: bytes = b"", rate: int = RATE
) -> None:
    """Processes started from now on hear this sound of 16 bits and then nothing; `how` is what goes wrong."""
    folder.mkdir(exist_ok=True)
    (folder / "sounddevice.py").write_text(MODULE, encoding="utf-8")
    (folder / "how").write_text(how, encoding="utf-8")
    with wave.open(str(folder / "heard.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(heard)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def frames(file: Path) -> tuple[int, bytes]:
    """The rate of a WAV file and its samples."""
    with wave.open(str(file)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth()) == (1, 2)
        return opened.getframerate(), opened.readframes(opened.getnframes())
