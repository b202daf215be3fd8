"""`workbench export`: what is asked of the process that writes, and what is said of its end."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest
from safetensors.torch import load_file

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.samples import SAMPLES
from workbench.cli import entry
from workbench.cli import export as command
from workbench.core.errors import JobError
from workbench.core.files import loads, write
from workbench.jobs import exports
from workbench.jobs.exports import Request
from workbench.jobs.queue import enqueue
from workbench.jobs.starts import Which
from workbench.store.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a workspace, a model, a run that has kept weights and a queued one, in which commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    write(tmp_path / "model.json", draw(CLASSIFIER))
    with closing(Store(tmp_path / "experiments.db")) as store:
        for _ in range(2):
            enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu")
        store.files.mkdir(exist_ok=True)
        (store.files / "kept").touch()
        for kind in get_args(Which):
            store.add_checkpoint(1, 3, 1, kind, "kept", "0" * 64, 0, 0.5)
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What would have been asked of the process."""
    found: list[Request] = []

    def written(database: Path, request: Request, on_progress: Callable[[str], None] | None) -> Any:
        found.append(request)
        return {"files": [request.place, "b.npz"], "said": "Written."}

    monkeypatch.setattr(command, "written", written)
    return found


def test_the_ending_of_the_name_says_what(folder: Path, asked: list[Request]) -> None:
    for place, to in (
        ("a.onnx", "onnx"),
        ("a.ONNX", "onnx"),
        ("a.safetensors", "safetensors"),
        ("a.pt2", "torch"),
        ("a", "python"),
    ):
        assert entry.run(["export", "1", place]) == 0
        assert asked[-1] == Request(to, str(folder / place), run=1)
    assert entry.run(["export", "run:1", "x", "--to", "onnx", "--checkpoint", "last", "--output", "fc1"]) == 0
    assert asked[-1] == Request("onnx", str(folder / "x"), run=1, checkpoint="last", output="fc1")


def test_a_model_and_a_changed_run_go_as_documents(folder: Path, asked: list[Request]) -> None:
    for model in ("model.json", "run:1", "1"):
        assert entry.run(["export", model, "a.onnx", "--set", "fc1.out_features=7"]) == 0
        assert asked[-1].run == 0
        assert loads(asked[-1].document).graph.nodes["fc1"].params["out_features"] == 7
    (folder / "1").mkdir()
    assert entry.run(["export", "1", "a.onnx"]) == 0 and asked[-1].run == 1
    (folder / "1").rmdir()
    (folder / "1").write_bytes((folder / "model.json").read_bytes())
    assert entry.run(["export", "1", "a.onnx"]) == 0 and asked[-1].run == 0  # a file of that name comes first


def test_what_was_written_is_said(
    folder: Path, asked: list[Request], capsys: pytest.CaptureFixture[str]
) -> None:
    assert entry.run(["export", "1", "out"]) == 0
    assert capsys.readouterr().out == "b.npz\nWritten.\n"
    assert entry.run(["export", "1", "out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(folder / "out"), "b.npz"]}


def test_what_is_not_there_is_refused_at_once(
    folder: Path, asked: list[Request], capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, words in (
        (["9", "a.onnx"], "There is no run 9"),
        (["run:one", "a.onnx"], "“run:one” names no run"),
        (["nothing", "a.onnx"], "neither a template"),
        (["2", "a.onnx"], "Run 2 (model) has kept no weights"),
    ):
        assert entry.run(["export", *arguments]) == 1
        assert words in capsys.readouterr().err
    assert entry.run(["export", "1", "card.html"]) == 2 and "workbench runs export" in capsys.readouterr().err
    assert not asked


def test_options_that_would_be_left_out_are_refused(
    folder: Path, asked: list[Request], capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, words in (
        (["1", "a.safetensors", "--output", "fc1"], "safetensors writes the whole model"),
        (["1", "a", "--output", "fc1"], "python writes the whole model"),
        (
            ["model.json", "a.onnx", "--checkpoint", "last"],
            "only a run, without --data and --set, has weights",
        ),
        (
            ["1", "a.onnx", "--checkpoint", "last", "--set", "fc1.out_features=7"],
            "only a run, without --data",
        ),
    ):
        assert entry.run(["export", *arguments]) == 2
        assert words in capsys.readouterr().err
    for given in (["--reader", "csv"], ["--target", "a"], ["--option", "a=b"]):
        assert entry.run(["export", "1", "a.onnx", *given]) == 1
        assert f"{given[0]} says how to read files; name them with --data" in capsys.readouterr().err
    assert not asked


def test_another_process_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["export", "model.json", "ü.safetensors"]) == 0
    assert "4 tensors; not trained" in capsys.readouterr().out
    assert sorted(load_file(folder / "ü.safetensors")) == ["fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight"]
    assert entry.run(["export", "model.json", "experiments.db", "--to", "safetensors"]) == 1
    assert "experiments.db cannot be written: it is a database" in capsys.readouterr().err
    assert entry.run(["export", "model.json", "nowhere/a.safetensors"]) == 1
    place = folder / "nowhere"
    assert (
        capsys.readouterr().err
        == f"error: {place / 'a.safetensors'} cannot be written: there is no folder {place}.\n"
    )
    assert entry.run(["export", "model.json", "model.json", "--to", "python"]) == 1
    assert "model.json cannot be written: it is a file; name a folder" in capsys.readouterr().err


def test_a_process_that_ends_without_a_word_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    request = Request("onnx", "a.onnx", run=1)
    for code, words in (
        ("import os; os._exit(7)", r"ended with the code 7\. Nothing"),
        ("raise SystemExit('error: It cannot be.')", "^It cannot be.$"),
        ("raise ValueError('bad')", r"code 1: ValueError: bad Nothing was"),
        ("print('hello')", "code 0"),
    ):
        monkeypatch.setattr(exports, "command", lambda _, code=code: [sys.executable, "-c", code])
        with pytest.raises(JobError, match=words):
            exports.export(folder / "experiments.db", request)
    said: list[str] = []
    code = 'print(\'{"doing": "a"}\\nnoise\\n[]\\n{"files": []}\')'
    monkeypatch.setattr(exports, "command", lambda _: [sys.executable, "-c", code])
    assert exports.export(folder / "experiments.db", request, said.append) == {"files": []} and said == ["a"]
