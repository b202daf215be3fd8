"""Processes that speak JSON lines: what is said, how they end, and that none is left behind."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QProcess
from pytestqt.qtbot import QtBot

from workbench.gui import json_process
from workbench.gui.json_process import Ending, JsonProcess, end_all

ECHO = "import json, sys\nprint('a library prints')\nprint([1])\nfor line in sys.stdin: print(line, end='', flush=True)"
SLEEP = "import time\nprint('{}', flush=True)\ntime.sleep(60)"


def started(program: str) -> tuple[JsonProcess, list[Any]]:
    process = JsonProcess()
    heard: list[Any] = []
    process.said.connect(heard.append)
    process.finished.connect(heard.append)
    process.start([sys.executable, "-S", "-c", program])
    return process, heard


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_lines_are_said_as_dicts_and_the_end_is_told(qtbot: QtBot) -> None:
    process, heard = started(ECHO)
    process.ask({"word": "blüten 🌼"})
    process.ask({"n": 2}, last=True)
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == [{"word": "blüten 🌼"}, {"n": 2}, Ending()]


def test_a_complaint_and_a_crash_are_told(qtbot: QtBot) -> None:
    _, heard = started("import sys\nsys.exit('It is\\nno table.')")
    qtbot.waitUntil(lambda: bool(heard))
    assert heard[0].code == 1 and heard[0].last_line == "no table." and not heard[0].crashed
    process, heard = started(SLEEP)
    qtbot.waitUntil(lambda: heard == [{}])
    process.kill()
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard[1].crashed


def test_a_program_that_is_not_there_is_told(qtbot: QtBot) -> None:
    process = JsonProcess()
    heard: list[Ending] = []
    process.finished.connect(heard.append)
    process.start(["/nowhere/python"])
    qtbot.waitUntil(lambda: bool(heard))
    assert heard[0].unstarted and not heard[0].last_line


def test_a_process_that_cannot_be_made_is_told_after_it_was_asked(qtbot: QtBot) -> None:
    process = JsonProcess()
    heard: list[Ending] = []
    process.finished.connect(heard.append)
    process._process.errorOccurred.emit(QProcess.ProcessError.FailedToStart)  # as inside `start`
    assert not heard and not process.pid
    process.ask({"n": 1})
    qtbot.waitUntil(lambda: bool(heard))
    assert heard[0].unstarted


def test_one_that_is_left_can_take_away_what_it_did_not_finish(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = tmp_path / "half"
    tidy = (
        "import os, signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit())\n"
        f"try:\n open({str(half)!r}, 'w').close(); print('{{}}', flush=True); time.sleep(60)\n"
        f"finally: os.unlink({str(half)!r})"
    )
    deaf = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SLEEP}"
    both = [started(tidy), started(deaf)]
    qtbot.waitUntil(lambda: all(heard == [{}] for _, heard in both))
    pids = [process.pid for process, _ in both]
    assert half.exists()
    monkeypatch.setattr(json_process, "_UNWAITED_MS", 50)
    both[1][0].leave()
    monkeypatch.undo()
    both[0][0].leave()
    qtbot.waitUntil(lambda: not any(alive(pid) for pid in pids))
    assert not half.exists() and all(heard == [{}] for _, heard in both)


def test_all_are_ended_at_once_and_nobody_hears_of_it(qtbot: QtBot) -> None:
    both = [started(SLEEP), started(SLEEP)]
    qtbot.waitUntil(lambda: all(heard == [{}] for _, heard in both))
    pids = [process.pid for process, _ in both]
    assert all(alive(pid) for pid in pids)
    end_all()
    assert not any(alive(pid) for pid in pids)
    assert all(heard == [{}] for _, heard in both)
