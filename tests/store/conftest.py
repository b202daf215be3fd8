"""A fresh workspace, and runs in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.store.records import RunRecord
from workbench.store.store import Store

AddRun = Callable[..., RunRecord]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "experiments.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


@pytest.fixture
def add_run(store: Store) -> AddRun:
    def add(name: str = "first", **params: object) -> RunRecord:
        return store.add_run(
            name,
            "lenet5",
            '{"name": "lenet5"}',
            "class Program: ...",
            device="auto",
            seed=7,
            epochs=3,
            parameters=61_706,
            dataset="digits",
            params=params,
        )

    return add


@pytest.fixture
def run(add_run: AddRun) -> int:
    return add_run().id
