"""Datasets of a workspace from their kept copies, which are a cache: nothing is lost with one."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import torch

from workbench.core.errors import DataError
from workbench.engine.data import load
from workbench.jobs.datasets import add_dataset, copy_folder
from workbench.store.store import Store


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "flowers.csv"
    file.write_text("x,label\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(20)))
    return file


def _truncated(folder: Path) -> None:
    (folder / "features.npy").write_bytes(b"")


def _without_facts(folder: Path) -> None:
    (folder / "content.json").write_text('{"version"')


@pytest.mark.usefixtures("reads_here")
@pytest.mark.parametrize("damage", [_truncated, _without_facts])
def test_a_damaged_copy_is_made_anew_from_the_source(
    tmp_path: Path, table: Path, damage: Callable[[Path], None]
) -> None:
    with closing(Store(tmp_path / "x.db")) as store:
        record = add_dataset(store, table).record
        before = load(store, record.id)
        kept = before.tensors["features"].clone()
        damage(copy_folder(store, record))
        again = load(store, record.id)
        assert torch.equal(again.tensors["features"], kept) and again.sizes == before.sizes
        damage(copy_folder(store, record))
        table.unlink()
        with pytest.raises(DataError, match=r"is gone: there is no .*flowers\.csv"):
            load(store, record.id)
