"""`workbench runs import` from the command line, and what the other commands say of such runs."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.drawing import CLASSIFIER, draw
from tests.engine.test_importing import events, scalar
from workbench.catalog.samples import SAMPLES
from workbench.cli import entry
from workbench.jobs.queue import enqueue
from workbench.store.store import Store


def test_runs_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    # The first run is not trained.
    monkeypatch.setattr("workbench.jobs.queue.ensure_runner", lambda store: None)
    with closing(Store(tmp_path / "experiments.db")) as store:
        enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu")
    events(tmp_path / "logs" / "a", scalar("acc", 0.5, 1), scalar("acc", 0.75, 2), scalar("acc", 0.25, 3))
    broken = events(tmp_path / "logs" / "b", b"x" * 20)
    assert entry.run(["runs", "import", "logs", "--larger", "acc"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 run came in (#2). 1 run cannot be read: ") and f"{broken} is damaged" in said
    assert entry.run(["runs", "import", "logs", "--json", "--larger", "nosuch", "--larger", "acc"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["remarks"] == ["No run has the metric “nosuch”."]
    found = {each["name"]: each for each in told["runs"]}
    assert found["a"]["here"] == 2 and found["a"]["run"] == 0 and "damaged" in found["b"]["trouble"]
    assert entry.run(["runs", "--where", "acc > 0.7 and device = elsewhere", "--json"]) == 0
    assert [each["run"] for each in json.loads(capsys.readouterr().out)] == [2]
    assert entry.run(["runs", "compare", "1", "2"]) == 0
    assert "cannot be compared: Run 2 came from TensorBoard without a drawing" in capsys.readouterr().out
    assert entry.run(["runs", "export", "2", "card.html"]) == 0
    assert "epochs" not in (tmp_path / "card.html").read_text()
    capsys.readouterr()
    for command in (["runs", "export", "2", "m.json"], ["code", "run:2"]):
        assert entry.run(command) == 1
        assert "without a drawing" in capsys.readouterr().err
    assert entry.run(["runs", "export", "2", "out", "--to", "mlflow"]) == 0


def test_where_nothing_lies_no_workspace_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for place, words in (("nothing", "There is nothing at "), ("empty", "There are no runs of TensorBoard")):
        assert entry.run(["runs", "import", place, "-w", "new.db"]) == 1
        assert words in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["empty"]
