"""One damaged row hides neither the rest of what it belongs to nor the others."""

from contextlib import closing
from dataclasses import replace

import pytest

from tests.store.conftest import AddRun
from tests.store.test_models import DIGITS
from workbench.core.errors import StoreError
from workbench.store import sqlite
from workbench.store.store import Store


def damage(store: Store, statement: str) -> None:
    with closing(sqlite.connect(store.path)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("junk", ["{", "3", "", "[" * 100_000])
def test_settings_of_one_run(store: Store, add_run: AddRun, junk: str) -> None:
    first, second = add_run(lr=1).id, add_run(lr=2).id
    damage(store, f"UPDATE run_params SET params = '{junk}' WHERE run = {first}")
    assert store.params_of([first, second]) == {
        first: {"settings": "damaged; they cannot be read"},
        second: {"lr": 2},
    }
    assert store.params(first) == {"settings": "damaged; they cannot be read"}


@pytest.mark.parametrize("column", ["options", "schema", "splits", "details"])
def test_one_dataset(store: Store, column: str) -> None:
    store.add_dataset(DIGITS)
    store.add_dataset(replace(DIGITS, id="other"))
    damage(store, f"UPDATE datasets SET {column} = '[1, ' WHERE id = 'other'")
    assert store.datasets() == [DIGITS] and store.damaged_datasets() == ["other"]
    with pytest.raises(StoreError, match=r"“other” is damaged\. Add its data again"):
        store.dataset("other")
    store.add_dataset(replace(DIGITS, id="other"))
    assert len(store.datasets()) == 2 and store.damaged_datasets() == []
