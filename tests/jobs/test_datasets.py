"""Adding a dataset step by step, as a window does that shows how far the reading is."""

from contextlib import closing
from pathlib import Path

import pytest

from workbench.core.errors import DataError
from workbench.jobs.datasets import FOLDER, abandon, add_dataset, begin, copy_folder, finish
from workbench.store.store import Store


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "flowers.csv"
    file.write_text("x,label\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(20)))
    return file


def test_one_step_and_several_leave_the_same(tmp_path: Path, table: Path) -> None:
    with closing(Store(tmp_path / "one.db")) as store:
        added = add_dataset(store, table)
        copy = copy_folder(store, added.record)
        found = {
            **{key: getattr(added.record, key) for key in ("id", "title", "reader", "fingerprint", "schema")},
            **added.record.details,
            "splits": added.record.splits,
        }
        with closing(Store(tmp_path / "two.db")) as other:
            folder = begin(other)
            for file in copy.iterdir():
                (folder / file.name).write_bytes(file.read_bytes())
            again = finish(other, table, {}, folder, found)
            assert again.as_dict() == added.as_dict() and not folder.exists()
            assert [record.id for record in other.datasets()] == ["flowers"]


def test_nothing_is_left_of_a_reading_that_came_to_nothing(tmp_path: Path, table: Path) -> None:
    with closing(Store(tmp_path / "one.db")) as store:
        with pytest.raises(DataError, match="column"):
            add_dataset(store, table, options={"target": "z"})
        abandon(begin(store))
        assert store.datasets() == [] and list((store.files / FOLDER).iterdir()) == []
