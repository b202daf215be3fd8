"""Who asks a process and is interrupted lets it take away what it had begun."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.jobs import asking

CAREFUL = """
import pathlib, signal, sys, time
half = pathlib.Path(sys.argv[1])
half.write_text("half")
def leave(*_):
    half.unlink()
    sys.exit(1)
signal.signal(signal.SIGTERM, leave)
print('{"doing": "Writing"}', flush=True)
time.sleep(60)
"""
DEAF = CAREFUL.replace("signal.SIGTERM, leave", "signal.SIGTERM, signal.SIG_IGN")


def interrupted(_: str) -> None:
    raise KeyboardInterrupt


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupted_question_leaves_nothing_behind(tmp_path: Path) -> None:
    half = tmp_path / "half"
    with pytest.raises(KeyboardInterrupt):
        asking.ask(
            [sys.executable, "-c", CAREFUL, str(half)], "{}", interrupted, answer="done", ended="ended {}"
        )
    assert not half.exists()


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_PATIENCE", 0.2)
    with subprocess.Popen(
        [sys.executable, "-c", DEAF, str(tmp_path / "half")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline()
        begun = time.monotonic()
        asking.leave(process)
        assert process.wait(5) != 0 and time.monotonic() - begun < 10
