"""The door for notebooks: runs, metrics and models of a workspace, read and never written."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench
from tests.drawing import draw
from tests.engine.conftest import IRIS, Trained
from workbench import Run, WorkbenchError, Workspace
from workbench.core.errors import FilterError, JobError, StoreError
from workbench.store import looking, sqlite, tables
from workbench.store.records import Point
from workbench.store.store import Store

DOCUMENT = draw(f"{IRIS}\nspecies Output < fc2", name="iris", epochs=2, batch_size=16)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


@pytest.fixture
def trained(store: Store) -> Trained:
    return Trained(store)


def queued(store: Store, name: str = "a") -> int:
    run: int = store.add_run(
        name, "a", document_text='{"name": "a"}', program_text="# text", device="cpu", seed=3, epochs=1,
        parameters=7, dataset="digits", params={"training.epochs": 1},
    ).id  # fmt: skip
    return run


def test_it_is_light_until_it_is_asked() -> None:
    code = (
        "import sys; from workbench import Workspace; "
        "print({'torch', 'pandas', 'numpy', 'PySide6', 'typer'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
    code = "import sys, workbench; print('sqlalchemy' in sys.modules, workbench.__version__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"False {workbench.__version__}\n"
    with pytest.raises(AttributeError, match="no attribute 'Werkstatt'"):
        workbench.Werkstatt  # noqa: B018 - the look-up is what is tested


def test_runs_and_what_they_are_made_of(store: Store, tmp_path: Path) -> None:
    first, second = queued(store), queued(store, "zwei\nZeilen 🙂")
    store.log_points(first, [Point("train/loss", 1, 1, 2.0, 10.0), Point("train/loss", 2, 1, math.nan, 11.0)])
    store.change_tags(add=[(first, "paper")])
    with Workspace(tmp_path) as opened:  # the folder does as well
        assert [run.id for run in opened.runs()] == [second, first]
        (run,) = opened.runs("tag = paper")
        record: object = run
        assert isinstance(record, Run) and run == opened.run(first) and run.tags == ("paper",)
        assert (run.name, run.state, run.seed, run.started, run.ended) == ("a", "queued", 3, None, None)
        assert (datetime.now(UTC) - run.created).total_seconds() < 100
        loss = run.metrics["train/loss"]
        assert math.isnan(loss.last) and (loss.min, loss.min_step, loss.count) == (2.0, 1, 2)
        assert opened.params(run) == {"training.epochs": 1} == opened.params(first)
        assert opened.document(run) == {"name": "a"} and opened.program(run) == "# text"
        store.delete_run(second)  # while it is open
        assert [run.id for run in opened.runs()] == [first]
        assert [run.id for run in opened.runs(deleted=True)] == [second]
        with pytest.raises(FilterError, match="acuracy"):
            opened.runs("acuracy > 3")
        with pytest.raises(StoreError, match="no run 9"):
            opened.params(9)
        assert repr(opened) == f"Workspace({str(tmp_path / 'experiments.db')!r})"
    opened.close()
    with pytest.raises(WorkbenchError, match="was closed"):
        opened.runs()


def test_metrics_as_a_table_and_as_arrays(store: Store, tmp_path: Path) -> None:
    first, second = queued(store), queued(store)
    values = [1.5, math.nan, math.inf, -math.inf]
    store.log_points(first, [Point("loss", n, 2, value, 1e9 + n) for n, value in enumerate(values)])
    store.log_points(second, [Point("loss", 7, 1, 0.5, 1e9)])
    with Workspace(tmp_path) as opened:
        table = opened.metrics(first)
        assert list(table.columns) == ["run", "metric", "step", "epoch", "value", "time"]
        assert np.array_equal(table["value"].to_numpy(), values, equal_nan=True)
        assert table["time"][0] == datetime.fromtimestamp(1e9, UTC)
        both = opened.metrics([opened.run(second), first, second])
        assert list(both["run"]) == [second, *[first] * 4] and list(both["step"][:2]) == [7, 0]
        assert opened.metrics([]).empty and list(opened.metrics([]).columns) == list(table.columns)
        curve = opened.curve(first, "loss")
        assert np.array_equal(curve.values, values, equal_nan=True) and curve.steps.tolist() == [0, 1, 2, 3]
        with pytest.raises(StoreError, match="no metric “los”; it has loss"):
            opened.curve(first, "los")


def test_without_pandas_it_says_what_to_install(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with (
        Workspace(tmp_path) as opened,
        pytest.raises(ImportError, match=r"pip install \"workbench\[notebook\]\""),
    ):
        opened.metrics(queued(store))


def test_a_model_with_its_weights(trained: Trained, tmp_path: Path) -> None:
    import torch

    run = trained.run(DOCUMENT)
    with Workspace(tmp_path / "experiments.db") as opened:
        for which in ("best", "last"):
            model = opened.load_model(run.id, checkpoint=which)
            assert not model.training
            wanted = trained.last(run, which).weights
            assert all(torch.equal(value, wanted[name]) for name, value in model.state_dict().items())
        x = torch.randn(3, 4)
        species: Any = model.species
        assert torch.equal(species(x), model(x)) and model(x).shape == (3, 3)
        with pytest.raises(JobError, match="not “worst”"):
            opened.load_model(run.id, "worst")  # type: ignore[arg-type]
        assert opened.program(run.id).startswith('"""iris')
        with pytest.raises(JobError, match="has kept no weights"):
            opened.load_model(queued(trained.store))


def test_nothing_is_written(store: Store, tmp_path: Path) -> None:
    with Workspace(tmp_path) as opened, pytest.raises(StoreError, match="opened to look at it only"):
        opened._store.star([queued(store)])
    connection = looking.connect(tmp_path / "experiments.db", 1.0)
    with closing(connection), pytest.raises(sqlite.dbapi().OperationalError, match="readonly"):
        connection.execute("DELETE FROM runs")
    with pytest.raises(StoreError, match=r"There is no workspace .* name an experiments.db or the folder"):
        Workspace(tmp_path / "other.db")
    assert not (tmp_path / "other.db").exists() and not (tmp_path / "other.files").exists()
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="is empty; open it once"):
        Workspace(tmp_path / "empty.db")
    (tmp_path / "text.db").write_text("no database at all, but long enough to look like one " * 99)
    with pytest.raises(StoreError, match="is not an SQLite database"):
        Workspace(tmp_path / "text.db")
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_older_workspaces_are_left_as_they_are(tmp_path: Path) -> None:
    present = f"workspace-{tables.REVISION}.db"
    files = [file for file in sorted((Path(__file__).parent / "files").rglob("*.db")) if file.name != present]
    assert files
    for file in files:
        copy = tmp_path / file.name
        shutil.copyfile(file, copy)
        before = copy.read_bytes()
        with pytest.raises(StoreError, match="older format") as refused:
            Workspace(copy)
        assert "open it once with Workbench" in str(refused.value) and copy.read_bytes() == before


def test_a_disk_that_cannot_be_written(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = queued(store)
    store.close()
    monkeypatch.setattr(os, "access", lambda *_, **more: False)  # root may write everywhere
    with Workspace(tmp_path) as opened:
        assert opened.run(run).name == "a"
        assert sorted(each.name for each in tmp_path.iterdir()) == ["experiments.db"]


def test_the_guide_shows_what_works(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every piece of Python in the guide, one after the other, on a workspace with a run in it."""
    trained.run(DOCUMENT)
    text = (Path(__file__).parents[1] / "docs" / "guide" / "notebooks.md").read_text(encoding="utf-8")
    pieces = [part.partition("```")[0] for part in text.split("```python\n")[1:]]
    assert len(pieces) > 3
    monkeypatch.chdir(tmp_path)
    script = "\n".join(pieces)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.dumps(done.stdout)
