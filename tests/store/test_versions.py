"""Versions of models, and what becomes of a workspace that was made before there were any."""

import math
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workbench.core.errors import RevisionError, StoreError
from workbench.core.files import loads
from workbench.store import sqlite, tables, versions
from workbench.store.store import Store

FIRST_FORMAT = Path(__file__).parents[1] / "files" / "workspace-0001.db"
A, B = '{"name": "a"}', '{"name": "b"}'


@pytest.fixture
def model(store: Store) -> int:
    return store.save_model(None, A).id


def names(store: Store, model: int) -> list[str]:
    return [version.name for version in store.versions(model)]


def test_a_version_keeps_the_text_and_its_figures(store: Store, model: int) -> None:
    kept = store.add_version(model, A, "before the holidays", nodes=7, parameters=61_706)
    store.save_model(model, B)
    assert (kept.model, kept.name, kept.nodes, kept.parameters) == (model, "before the holidays", 7, 61_706)
    assert kept.created > 0
    assert store.versions(model) == [kept]
    assert store.version_text(kept.id) == A and store.model_text(model) == B


def test_the_newest_comes_first_and_each_model_has_its_own(store: Store, model: int) -> None:
    other = store.save_model(None, B).id
    store.add_version(model, A, "one")
    store.add_version(other, B, "of the other")
    store.add_version(model, A, "two")
    assert names(store, model) == ["two", "one"]
    assert names(store, other) == ["of the other"]


def test_a_version_is_renamed_deleted_and_brought_back(store: Store, model: int) -> None:
    kept = store.add_version(model, A, "one")
    assert store.rename_version(kept.id, "uno").name == "uno"
    store.delete_version(kept.id)
    assert store.versions(model) == []
    store.restore_version(kept.id)
    assert names(store, model) == ["uno"]
    assert store.version_text(kept.id) == A


def test_what_is_kept_by_itself_is_not_kept_twice(store: Store, model: int) -> None:
    first = store.add_version(model, A)
    assert store.add_version(model, A) == first
    assert store.add_version(model, B) != first
    assert len(store.versions(model)) == 2
    store.delete_version(store.versions(model)[0].id)
    store.add_version(model, B)
    assert len(store.versions(model)) == 2, "what was deleted does not count"
    store.add_version(model, B, "named")
    assert names(store, model) == ["named", "", ""]


def test_the_oldest_unnamed_versions_go_and_named_ones_never(
    store: Store, model: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "MOST_UNNAMED", 3)
    store.add_version(model, A, "named")
    for number in range(6):
        store.add_version(model, f'{{"name": "{number}"}}')
    assert names(store, model) == ["", "", "", "named"]
    assert store.version_text(store.versions(model)[0].id) == '{"name": "5"}'


def test_of_the_deleted_versions_the_last_can_be_put_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "MOST_DELETED", 2)
    model, other = store.save_model(None, A).id, store.save_model(None, B).id
    kept = [store.add_version(model, A, name).id for name in ("one", "two", "three", "four")]
    theirs = store.add_version(other, B, "theirs").id
    store.delete_version(theirs)
    for version in (kept[3], kept[0], kept[1]):
        store.delete_version(version)
    with pytest.raises(StoreError, match=f"no version {kept[3]}"):
        store.restore_version(kept[3])
    for version in (kept[0], kept[1], theirs):
        store.restore_version(version)
    assert names(store, model) == ["three", "two", "one"] and names(store, other) == ["theirs"]


def test_versions_that_do_not_exist_are_named(store: Store) -> None:
    for ask in (store.version_text, store.delete_version, store.restore_version):
        with pytest.raises(StoreError, match="no version 99"):
            ask(99)
    with pytest.raises(StoreError, match="no model 99"):
        store.add_version(99, A, "one")


def test_a_model_that_changed_elsewhere_is_not_overwritten(store: Store, model: int) -> None:
    read = store.models()[0].revision
    elsewhere = store.save_model(model, B, read)
    with pytest.raises(RevisionError, match="changed elsewhere: it is at revision 2, not 1"):
        store.save_model(model, '{"name": "c"}', read)
    assert store.model_text(model) == B
    assert store.save_model(model, B, read) == elsewhere
    assert store.save_model(model, '{"name": "c"}', elsewhere.revision).revision == 3


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Store]:
    """A workspace of the first format, as this version opens it."""
    path = tmp_path / "experiments.db"
    shutil.copy(FIRST_FORMAT, path)
    with closing(Store(path)) as store:
        yield store


def revision_of(path: Path) -> str:
    with closing(sqlite.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_a_workspace_of_the_first_format_keeps_everything(old: Store) -> None:
    assert revision_of(FIRST_FORMAT) == "0001" and revision_of(old.path) == tables.REVISION
    assert old.check() == []
    assert sorted(model.name for model in old.models()) == ["lenet5", "mlp, widest"]
    assert [model.name for model in old.models(deleted=True) if model not in old.models()] == ["gone"]
    for model in old.models():
        assert loads(old.model_text(model.id)).graph.nodes
    [run] = old.runs()
    assert (run.name, run.state, run.parameters) == ("first", "completed", 61706)
    found = old.summaries([run.id])[run.id]
    assert found["train/loss"].last == 0.2 and math.isnan(found["test/accuracy"].last)
    assert old.dataset("mine-1").options == {"separator": ";"}
    assert old.setting("last_model") == 2


def test_metrics_of_an_older_workspace_learn_of_which_type_they_are(tmp_path: Path) -> None:
    path = tmp_path / "experiments.db"
    shutil.copy(FIRST_FORMAT, path)
    with closing(sqlite.connect(path)) as connection:
        connection.execute("UPDATE run_params SET params = ?", ('{"accuracy.type": "Accuracy"}',))
        connection.commit()
    with closing(Store(path)) as store:
        [run] = store.runs()
        types = {name: found.type for name, found in store.summaries([run.id])[run.id].items()}
    assert types == {"train/loss": "", "test/accuracy": "Accuracy"}


def test_a_workspace_of_the_first_format_is_backed_up_and_takes_versions(old: Store) -> None:
    [backup] = (old.files / "backups").iterdir()
    assert revision_of(backup) == "0001"
    model = old.models()[0].id
    assert old.versions(model) == []
    old.add_version(model, old.model_text(model), "first of all")
    assert names(old, model) == ["first of all"]
