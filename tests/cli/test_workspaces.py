"""`workbench workspace`: a workspace goes into a file and comes out elsewhere."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.samples import SAMPLES
from workbench.cli import entry
from workbench.jobs.queue import enqueue
from workbench.store.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a workspace of one queued run, in which commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    with closing(Store(tmp_path / "experiments.db")) as store:
        enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu")
    return tmp_path


def test_there_and_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["workspace", "export", "all ü.zip"]) == 0
    assert "Written to all ü.zip: 1 run and 0 checkpoints, " in capsys.readouterr().out
    assert entry.run(["workspace", "import", "all ü.zip", "-w", "new/experiments.db"]) == 0
    assert "new/experiments.db: 1 run (#1 to #1), 0 models, 0 datasets." in capsys.readouterr().out
    assert entry.run(["workspace", "import", "all ü.zip", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "runs": {},
        "models": 0,
        "datasets": 0,
        "renamed": {},
        "here": {"1": 1},
    }
    with closing(Store(folder / "experiments.db")) as store:
        assert [(run.id, run.state) for run in store.runs()] == [(1, "queued")]
    assert entry.run(["workspace", "import", "all ü.zip"]) == 0
    assert "Here already: #1." in capsys.readouterr().out
    assert entry.run(["runs", "delete", "1"]) == 0
    capsys.readouterr()
    assert entry.run(["workspace", "import", "all ü.zip"]) == 0
    assert "Here already: #1, 1 in the trash." in capsys.readouterr().out
    assert entry.run(["workspace", "export", "one.zip", "--run", "9"]) == 1
    assert "There is no run 9" in capsys.readouterr().err
    assert entry.run(["workspace", "export", "one.zip", "--run", "1"]) == 0
    assert "1 run and 0 checkpoints" in capsys.readouterr().out
    assert entry.run(["workspace", "export", "all.zip", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": 1, "checkpoints": 0, "left_out": []}


def test_what_cannot_be_is_said_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "text.zip").write_text("no bundle")
    for arguments, words in (
        (["export", "nowhere/all.zip"], "nowhere/all.zip cannot be written: No such file or directory."),
        (
            ["export", "experiments.db"],
            "experiments.db cannot be written: it is a database, such as a workspace",
        ),
        (["import", "nowhere.zip"], "There is no file"),
        (["import", "text.zip"], "is no bundle of a workspace, or is damaged"),
    ):
        assert entry.run(["workspace", *arguments]) == 1
        said = capsys.readouterr()
        assert words in said.err and said.err.count("\n") == 1 and not said.out
    for file in ("nowhere.zip", "text.zip"):
        assert entry.run(["workspace", "import", file, "-w", "all.db"]) == 1
    assert sorted(each.name for each in folder.iterdir() if each.name.startswith((".", "all"))) == []
