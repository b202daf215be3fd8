"""Recording as a process, with a stand-in for the library and the microphone."""

import json
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from tests.microphone import RATE, frames, stand_in
from workbench.core.errors import DataError
from workbench.engine import microphone
from workbench.jobs.processes import python

TONE = (9_000 * np.sin(np.arange(RATE // 2) / 5)).astype("<i2").tobytes()


def recorded(file: Path, most: float, said: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code of a recording, what it said, and its complaint; `said` comes on its input, which then ends."""
    command = python("workbench.engine.microphone", str(file), str(most))
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_what_was_heard_is_in_the_file_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in(monkeypatch, tmp_path / "path", heard=TONE)
    file = tmp_path / "a sound.wav"
    command = python("workbench.engine.microphone", str(file), "0.5")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = [json.loads(line) for line in process.stdout]
    assert process.returncode == 0 and said[0] == {"rate": RATE, "device": "Stand-in"}
    assert [round(each["seconds"], 3) for each in said[1:-1]] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert said[2]["level"] == pytest.approx(9_000 / 2**15, rel=1e-3) and said[-1] == {"file": str(file)}
    assert frames(file) == (RATE, TONE)


def test_where_nobody_waits_any_more_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in(monkeypatch, tmp_path / "path", heard=TONE)
    code, said, _ = recorded(tmp_path / "sound.wav", 60, "")
    assert code == 0 and not any("file" in each for each in said) and not (tmp_path / "sound.wav").exists()


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (
            "no library",
            "Recording needs the system's library PortAudio, which is missing: sudo apt-get install ",
        ),
        ("no microphone", "No microphone was found. Connect one, or "),
        (
            "taken",
            "“Stand-in” cannot be used (Error opening InputStream: Device unavailable [PaErrorCode -9985]).",
        ),
        (
            "silence",
            "The microphone “Stand-in” gave only silence. It may be muted, or recording may not be permitted",
        ),
    ],
)
def test_what_keeps_from_recording_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str, why: str
) -> None:
    stand_in(monkeypatch, tmp_path, how, heard=b"")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    over = Event()
    with pytest.raises(DataError) as refused:
        microphone.record(0.2, microphone.Wish(lambda: str(over.wait(10))))
    over.set()
    assert str(refused.value).startswith(why)
