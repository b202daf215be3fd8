"""Processes that are told to end take their folders with them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.errors import JobError
from workbench.jobs import processes
from workbench.jobs.service import Service
from workbench.store.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def started(folder: Path, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """The process, once it has answered a question and its folder is there."""
    Store(folder / "experiments.db").close()
    process = subprocess.Popen(
        processes.python(module, str(folder / "experiments.db"), *arguments),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps({"id": 1, "do": "?", "document": "", "count": 1}).encode() + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    assert list(folder.glob("workbench-*"))
    return process


@pytest.mark.parametrize("module", ["workbench.engine.service", "workbench.engine.preview"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_answers_questions(tmp_path: Path, module: str, number: signal.Signals) -> None:
    process = started(tmp_path, module)
    process.send_signal(number)
    assert process.wait(20) == 128 + number
    process.communicate()
    assert list(tmp_path.glob("workbench-*")) == []


def test_the_command_line_lets_the_service_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    Store(tmp_path / "experiments.db").close()
    with Service(tmp_path / "experiments.db") as service:
        with pytest.raises(JobError):
            service.ask({"do": "?"})
        assert list(tmp_path.glob("workbench-service-*"))
    assert list(tmp_path.glob("workbench-service-*")) == []
