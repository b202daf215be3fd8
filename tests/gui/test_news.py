"""News of a big workspace comes in parts: the newest runs at once, the others' figures afterwards."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from workbench.gui import store_thread
from workbench.gui.store_thread import News, Watch
from workbench.store.records import Point
from workbench.store.store import Store

Record = Callable[..., int]


def following(watch: Watch) -> list[News]:
    found = []
    while (news := watch.look()) is not None:
        found.append(news)
    return found


def test_figures_of_many_runs_are_read_in_parts(
    tmp_path: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_thread, "FIRST_CHUNK", 2)
    monkeypatch.setattr(store_thread, "CHUNK", 3)
    with closing(Store(tmp_path / "experiments.db")) as store:
        for _ in range(7):
            record(store)
        later = time.time() + 3600  # they ended long ago
        monkeypatch.setattr("workbench.gui.store_thread.time.time", lambda: later)
        watch = Watch(store)
        first = watch.look()
        assert first is not None and [run.id for run in first.runs] == [7, 6, 5, 4, 3, 2, 1]
        assert list(first.summaries) == [7, 6]
        store.log_points(4, [Point("train/loss", 9, 9, 0.1, 0.0)])
        store.set_message(4, "something new")
        second = watch.look()
        assert second is not None and sorted(second.summaries) == [4, 6, 7]
        assert second.summaries[4]["train/loss"].last == 0.1
        rest = following(watch)
        assert sorted(rest[-1].summaries) == [1, 2, 3, 4, 5, 6, 7]
        assert [sorted(news.changed_runs) for news in rest] == [[2, 3, 5], [1]]
        assert watch.look() is None


def test_marks_are_news(tmp_path: Path, record: Record) -> None:
    with closing(Store(tmp_path / "experiments.db")) as store:
        record(store)
        record(store)
        watch = Watch(store)
        following(watch)
        store.change_tags(add=[(1, "paper")])
        news = watch.look()
        assert news is not None and news.marks[1].tags == ("paper",) and 1 in news.changed_runs
