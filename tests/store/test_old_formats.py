"""A workspace of every past format opens, keeps what it holds, and shows its runs."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from tools.old_workspaces import ROWS, file_of, make, revisions
from workbench.jobs.run_filter import find
from workbench.store import sqlite, tables
from workbench.store.opening import revision
from workbench.store.store import Store


def format_of(path: Path) -> str:
    with closing(sqlite.connect(path)) as connection:
        return revision(connection, path)


def test_there_is_a_workspace_of_every_format_that_ever_was() -> None:
    """Whoever adds a migration adds rows of what it brings, and runs `python -m tools.old_workspaces`."""
    assert revisions()[0] == "0001" and revisions()[-1] == tables.REVISION
    assert list(ROWS) == revisions()[1:]
    assert {each: format_of(file_of(each)) for each in revisions()} == {each: each for each in revisions()}


@pytest.mark.parametrize("format", revisions())
def test_it_opens_and_shows_its_runs(format: str, tmp_path: Path) -> None:
    path = tmp_path / "experiments.db"
    shutil.copy(file_of(format), path)
    with closing(Store(path)) as store:
        assert store.check() == [] and format_of(path) == tables.REVISION
        [facts] = find(store, "first state = completed last(train/loss) < 0.3")
        assert facts.run.parameters == 61706 and store.params(facts.run.id)
        assert sorted(model.name for model in store.models()) == ["lenet5", "mlp, widest"]
        assert len(store.versions(min(model.id for model in store.models()))) == (format >= "0002")
        assert [block.name for block in store.kept_blocks()] == (["Residual"] if format >= "0003" else [])
        assert dict(store.dataset("mine-1").details) == (
            {"figures": {"rows": 12}} if format >= "0004" else {}
        )
        assert len(find(store, "quality = 75%") if format >= "0005" else [facts]) == 1
        assert len(find(store, "star tag = paper baseline")) == (format >= "0006")
        store.star([facts.run.id])
        store.change_tags(add=[(facts.run.id, "old")])
        assert [each.run.id for each in find(store, "star tag = old")] == [facts.run.id]
    backups = list((path.with_suffix(".files") / "backups").glob("*.db"))
    assert len(backups) == (format != tables.REVISION)


def test_the_files_are_what_the_migrations_make(tmp_path: Path) -> None:
    made = tmp_path / "made.db"
    make(file_of("0001"), made, "0002")
    with closing(sqlite.connect(made)) as ours, closing(sqlite.connect(file_of("0002"))) as kept:
        query = "SELECT sql FROM sqlite_master ORDER BY name"
        assert ours.execute(query).fetchall() == kept.execute(query).fetchall()
        query = "SELECT name, nodes, parameters FROM versions"
        assert ours.execute(query).fetchall() == kept.execute(query).fetchall()
