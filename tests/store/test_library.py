"""Blocks that are kept for all models of a workspace."""

import shutil
from pathlib import Path

import pytest

from workbench.core.errors import StoreError
from workbench.store.records import BlockRecord
from workbench.store.store import Store

FIRST_FORMAT = Path(__file__).parents[1] / "files" / "workspace-0001.db"


def keep(store: Store, name: str, text: str = "{}") -> tuple[BlockRecord, int]:
    return store.keep_block(name, text, inputs="x", outputs="y", parameters=12)


def test_a_block_is_kept_and_listed_by_name(store: Store) -> None:
    second, replaced = keep(store, "Encoder", '{"format": 2}')
    assert (second.name, second.inputs, second.outputs, second.parameters, replaced) == (
        "Encoder",
        "x",
        "y",
        12,
        0,
    )
    keep(store, "Attention")
    assert [block.name for block in store.kept_blocks()] == ["Attention", "Encoder"]
    assert store.block_text(second.id) == '{"format": 2}'


def test_one_of_the_same_name_replaces_the_earlier_one_until_that_comes_back(store: Store) -> None:
    first, _ = keep(store, "Encoder", "first")
    assert keep(store, "Encoder", "first") == (first, 0)
    second, replaced = keep(store, "Encoder", "second")
    assert replaced == first.id
    assert store.kept_blocks() == [second]
    store.restore_block(first.id)
    assert store.kept_blocks() == [first]
    assert store.block_text(second.id) == "second"


def test_a_deleted_block_comes_back(store: Store) -> None:
    block, _ = keep(store, "Encoder")
    store.delete_block(block.id)
    assert store.kept_blocks() == []
    store.restore_block(block.id)
    assert store.kept_blocks() == [block]


def test_what_does_not_exist_or_has_no_name_is_refused(store: Store) -> None:
    for ask in (store.block_text, store.delete_block, store.restore_block):
        with pytest.raises(StoreError, match="There is no block 99"):
            ask(99)
    with pytest.raises(StoreError, match="without a name"):
        keep(store, "  ")


def test_a_workspace_from_before_the_library_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "experiments.db"
    shutil.copyfile(FIRST_FORMAT, path)
    store = Store(path)
    try:
        assert store.models()
        assert keep(store, "Encoder")[0] in store.kept_blocks()
    finally:
        store.close()
