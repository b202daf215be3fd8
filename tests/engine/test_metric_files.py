"""Metrics as tables for other programs: every value, as it was recorded."""

import csv
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import StoreError
from workbench.engine import metric_files
from workbench.engine.metric_files import COLUMNS, write_csv, write_parquet
from workbench.store.records import Point
from workbench.store.store import Store

Row = tuple[int, str, int, int, str, float]


def run_with(store: Store, points: list[Point]) -> int:
    texts: Any = {"document_text": "{}", "program_text": "", "device": "cpu", "dataset": "digits"}
    run: int = store.add_run("a", "a", seed=0, epochs=1, parameters=1, params={}, **texts).id
    store.log_points(run, points)
    return run


def rows(store: Store, runs: list[int]) -> list[Row]:
    found = [(run, point) for run in runs for point in store.points(run)[0]]
    return sorted((run, p.metric, p.step, p.epoch, repr(p.value), p.time) for run, p in found)


def read_csv(file: Path) -> list[Row]:
    with file.open(newline="", encoding="utf-8") as opened:
        head, *lines = csv.reader(opened)
    assert tuple(head) == COLUMNS
    return sorted(
        (int(run), metric, int(step), int(epoch), repr(float(value)), float(time))
        for run, metric, step, epoch, value, time in lines
    )


def read_parquet(file: Path) -> list[Row]:
    table = pq.read_table(file)
    assert tuple(table.column_names) == COLUMNS and table.column("value").null_count == 0
    return sorted((*values[:4], repr(values[4]), values[5]) for values in map(_row, table.to_pylist()))


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in COLUMNS)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            Point,
            st.sampled_from(["train/loss", 'validation/a "quoted", one', "zwei\nZeilen 🙂"]),
            st.integers(0, 2**62),
            st.integers(0, 2**31),
            st.floats(),
            st.floats(0, 4e9),
        ),
        max_size=30,
    )
)
def test_every_value_is_read_back_as_it_was(tmp_path: Path, points: list[Point]) -> None:
    store = Store(tmp_path / "experiments.db")
    runs = [run_with(store, points), run_with(store, points[:3])]
    count = len(points) + len(points[:3])
    assert write_csv(store, runs, tmp_path / "a.csv") == count
    assert write_parquet(store, runs, tmp_path / "a.parquet") == count
    wanted = rows(store, runs)
    store.close()
    assert read_csv(tmp_path / "a.csv") == wanted == read_parquet(tmp_path / "a.parquet")


def test_many_values_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_files, "_CHUNK", 7)
    store = Store(tmp_path / "experiments.db")
    run = run_with(store, [Point(f"m{n % 3}", n, 0, math.inf if n == 5 else n, 1.0) for n in range(100)])
    assert write_csv(store, [run], tmp_path / "a.csv") == 100
    assert write_parquet(store, [run], tmp_path / "a.parquet") == 100
    assert read_csv(tmp_path / "a.csv") == rows(store, [run]) == read_parquet(tmp_path / "a.parquet")
    store.close()


def test_a_name_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    store = Store(tmp_path / "experiments.db")
    run = run_with(store, [Point("=cmd|' /C calc'!A0", 1, 1, -1.5, 1.0)])
    write_csv(store, [run], tmp_path / "a.csv")
    store.close()
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == f"{run},'=cmd|' /C calc'!A0,1,1,-1.5,1.0"


def test_what_was_there_stays_where_it_cannot_be_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "experiments.db")
    run = run_with(store, [Point("m", 1, 1, 1.0, 1.0)])
    for name, write in (("a.csv", write_csv), ("a.parquet", write_parquet)):
        (tmp_path / name).write_text("before")
        with pytest.raises(StoreError, match="no run 9"):
            write(store, [run, 9], tmp_path / name)
        assert (tmp_path / name).read_text() == "before" and not list(tmp_path.glob(".a*"))
        with pytest.raises(OSError, match="there is no folder"):
            write(store, [run], tmp_path / "nowhere" / name)
    store.close()
