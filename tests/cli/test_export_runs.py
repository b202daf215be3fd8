"""`workbench runs export`: tables of metrics from the command line."""

from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.samples import SAMPLES
from workbench.cli import entry
from workbench.jobs.queue import enqueue
from workbench.store.records import Point
from workbench.store.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs, in which commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    with closing(Store(tmp_path / "experiments.db")) as store:
        for value in (1.5, float("nan")):
            run = enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu")
            store.log_points(run.id, [Point("train/loss", 1, 1, value, 8.0)])
    return tmp_path


def test_metrics_of_several_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["runs", "export", "2", "1", "2", "a ü.csv"]) == 0
    assert capsys.readouterr().out == "Written to a ü.csv: 2 values of 2 runs.\n"
    assert (folder / "a ü.csv").read_text() == (
        "run,metric,step,epoch,value,time\n2,train/loss,1,1,nan,8.0\n1,train/loss,1,1,1.5,8.0\n"
    )
    for to in ("tensorboard", "mlflow"):
        assert entry.run(["runs", "export", "1", "2", to, "--to", to]) == 0
        assert capsys.readouterr().out == f"Written to {to}: 2 values of 2 runs.\n"
    assert (folder / "tensorboard" / "1-model").is_dir() and (folder / "mlflow" / "1" / "meta.yaml").is_file()
    assert entry.run(["runs", "export", "1", "card.md"]) == 0
    assert capsys.readouterr().out == "Written to card.md with 2 pictures beside it.\n"
    assert entry.run(["runs", "export", "1", "card.html"]) == 0 and (folder / "card.html").is_file()
    assert entry.run(["runs", "export", "1", "out", "--to", "parquet"]) == 0
    assert pq.read_table(folder / "out").column("value").to_pylist() == [1.5]


def test_what_cannot_be_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["runs", "export", "1", "9", "a.csv"]) == 1
    assert "There is no run 9" in capsys.readouterr().err
    assert entry.run(["runs", "export", "1", "nowhere/a.csv"]) == 1
    assert "nowhere/a.csv cannot be written" in capsys.readouterr().err
    for to in ("model", "card", "csv", "parquet"):
        assert entry.run(["runs", "export", "1", "experiments.db", "--to", to]) == 1
        assert "experiments.db cannot be written: it is a database" in capsys.readouterr().err
    (folder / "dir.md").mkdir()
    assert entry.run(["runs", "export", "1", "dir.md"]) == 1
    assert "dir.md cannot be written: Is a directory" in capsys.readouterr().err
    (folder / "dir.md").rmdir()
    for arguments in (
        ["1", "2", "model.json"],
        ["1", "2", "a.safetensors"],
        ["1", "2", "a.md"],
        ["1", "a", "--to", "xls"],
        ["a.csv"],
    ):
        assert entry.run(["runs", "export", *arguments]) == 2
    assert sorted(each.suffix for each in folder.iterdir() if each.suffix not in (".db", ".files")) == []


def test_a_report_of_several_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["runs", "report", "2", "1", "2", "r ü.html"]) == 0
    assert capsys.readouterr().out == "Written to r ü.html: a report of 2 runs.\n"
    assert "Report of 2 runs" in (folder / "r ü.html").read_text(encoding="utf-8")
    assert entry.run(["runs", "report", "1", "nowhere/r.html"]) == 1
    assert "nowhere/r.html cannot be written" in capsys.readouterr().err
    assert entry.run(["runs", "report", "1", "9", "r.html"]) == 1
    assert "There is no run 9" in capsys.readouterr().err
    assert entry.run(["runs", "report", "1", "2", "r.docx"]) == 2
