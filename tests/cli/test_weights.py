"""Weights on the command line: where a training starts from, and writing those of a run."""

from contextlib import closing
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.samples import SAMPLES
from workbench.cli import entry, export_runs
from workbench.core.document import Update
from workbench.core.files import read, write
from workbench.engine import train
from workbench.engine.exporting import export_model
from workbench.jobs.exports import Request
from workbench.jobs.queue import enqueue
from workbench.store.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a workspace and a model in it, in which commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Store(tmp_path / "experiments.db").close()
    update = Update("train", {"loss": 1}, (), {"type": "Adam", "lr": 0.001})
    write(tmp_path / "model.json", draw(CLASSIFIER, updates=(update,), epochs=1))
    return tmp_path


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("run:7", "there is no run 7 in this workspace"),
        ("run:seven", "“run:seven” names no run"),
        ("my weights ü.safetensors", "there is no file"),
        ("model.pth", "convert it once with Python"),
    ],
)
def test_a_start_that_is_not_there_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], place: str, words: str
) -> None:
    assert entry.run(["train", "model.json", "--weights", place]) == 1
    said = capsys.readouterr()
    assert words in said.err and "Traceback" not in said.err
    with closing(Store(folder / "experiments.db")) as store:
        assert not store.runs()


def test_rates_are_set_and_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["code", "model.json", "--set", "training.updates.train.rates.fc1=0.1"]) == 0
    assert '{"params": self.fc1.parameters(), "lr": 0.001 * 0.1}' in capsys.readouterr().out
    assert entry.run(["check", "model.json", "--set", "training.updates.train.rates.fc9=0.1"]) == 1
    assert "has a rate for “fc9”, which does not exist" in capsys.readouterr().err


def test_the_update_that_a_model_has_without_a_list_can_be_set(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "plain.json", draw(CLASSIFIER, epochs=1))
    assert entry.run(["code", "plain.json", "--set", "training.updates.train.rates.fc1=0"]) == 0
    assert "self.fc1.requires_grad_(False)" in capsys.readouterr().out
    both = ["--set", "training.updates.train.lr=0.5", "--set", "training.updates.train.optimizer=SGD"]
    assert entry.run(["code", "plain.json", *both[2:], *both[:2]]) == 0
    assert "torch.optim.SGD(self.parameters(), lr=0.5)" in capsys.readouterr().out
    assert entry.run(["code", "plain.json", "--set", "training.updates.other.lr=1"]) == 1
    assert "There is no update “other” (updates: train)" in capsys.readouterr().err


def test_a_field_of_the_schedule_is_set_by_the_name_that_tables_show(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = "training.updates.train"
    chosen = ["--set", f"{place}.schedule=StepLR", "--set", f"{place}.step_size=4"]
    for gamma in ("gamma", "schedule.gamma"):
        assert entry.run(["code", "model.json", *chosen, "--set", f"{place}.{gamma}=0.25"]) == 0
        assert "step_size=4" in (said := capsys.readouterr().out) and "gamma=0.25" in said
    assert entry.run(["check", "model.json", *chosen, "--set", f"{place}.patience=3"]) == 1
    assert "There is no field “patience” here (fields: step_size, gamma)" in capsys.readouterr().err


def test_weights_of_a_run_are_written(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that writes is tests/cli/test_export.py's; here its work is done in this one."""

    def written(database: Path, request: Request) -> dict[str, str]:
        with closing(Store(database)) as store:
            return {"said": export_model(store, request, lambda _: None).said}

    with closing(Store(folder / "experiments.db")) as store:
        run = enqueue(store, read(folder / "model.json"), schemas=SAMPLES, device="cpu")
        store.claim(run.id, "cpu")
    assert entry.run(["runs", "export", "1", "early.safetensors"]) == 1
    assert "has kept no weights" in capsys.readouterr().err
    train.main([str(folder / "experiments.db"), "1"])
    monkeypatch.setattr(export_runs, "written", written)
    assert entry.run(["runs", "export", "1", "of one ✓.safetensors"]) == 0
    assert "4 tensors" in capsys.readouterr().out
    assert sorted(load_file(folder / "of one ✓.safetensors")) == [
        "fc1.bias",
        "fc1.weight",
        "fc2.bias",
        "fc2.weight",
    ]
    assert entry.run(["runs", "export", "1", "x", "--to", "pickle"]) == 2
