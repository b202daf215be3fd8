"""Adding a dataset step by step, as a window does that shows how far the reading is."""

import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import DataError
from workbench.jobs import datasets, processes, reading
from workbench.jobs.datasets import (
    FOLDER,
    LIMIT_SETTING,
    abandon,
    add_dataset,
    begin,
    cache_size,
    clear_cache,
    copy_folder,
    finish,
    kept,
)
from workbench.store.records import DatasetRecord
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


@pytest.mark.usefixtures("reads_here")
def test_what_is_read_anew_keeps_its_id_and_the_names_of_the_classes_that_are_still_there(
    tmp_path: Path,
) -> None:
    file = tmp_path / "pets.csv"
    file.write_text("x,label\n" + "\n".join(f"{i},{'bc'[i % 2]}" for i in range(20)))
    with closing(Store(tmp_path / "one.db")) as store:
        add_dataset(store, file)
        store.name_classes("pets", ["bird", "cat"])
        file.write_text("x,label\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(20)))
        for again, labels in (("pets", ["a", "bird"]), ("gone", ["a", "b"])):
            folder = begin(store)
            request = {"do": "read", "path": str(file), "into": str(folder), "name": "My pets"}
            added = finish(store, file, {}, folder, reading.ask(request), again)
            assert added.record == store.dataset(again) and not folder.exists()
            assert (added.record.title, added.record.schema["title"]) == ("My pets", "My pets")
            assert added.record.schema["labels"] == labels and added.record.schema["id"] == again


@pytest.mark.usefixtures("reads_here")
def test_data_that_is_read_in_another_way_now_is_not_given_to_old_models(tmp_path: Path, table: Path) -> None:
    with closing(Store(tmp_path / "one.db")) as store:
        record = add_dataset(store, table).record
        clear_cache(store)
        assert (kept(store, record).folder / "content.json").is_file()
        clear_cache(store)
        outputs = {**record.schema["outputs"], "other": {"dtype": "float", "shape": ["N"]}}
        with pytest.raises(DataError, match="Read it anew to go on"):
            kept(store, replace(record, schema={**record.schema, "outputs": outputs}))
        assert list((store.files / FOLDER).iterdir()) == []


@pytest.mark.usefixtures("warm_readers")
def test_nothing_is_left_of_a_reading_that_came_to_nothing(tmp_path: Path, table: Path) -> None:
    with closing(Store(tmp_path / "one.db")) as store:
        with pytest.raises(DataError, match="column"):
            add_dataset(store, table, options={"target": "z"})
        abandon(begin(store))
        assert store.datasets() == [] and list((store.files / FOLDER).iterdir()) == []


@pytest.mark.usefixtures("reads_here")
def test_content_is_looked_at_again_only_where_files_were_touched(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    ask = reading.ask

    def counted(request: dict[str, Any]) -> dict[str, Any]:
        said = ask(request)
        looks.append(bool(said["mark"]))
        return said

    def age(seconds: float) -> None:
        os.utime(table, (time.time() - seconds,) * 2)

    with closing(Store(tmp_path / "one.db")) as store:
        age(-1000)  # ahead of the clock: what is written later could have the same time
        record = add_dataset(store, table).record
        monkeypatch.setattr(reading, "ask", counted)
        assert datasets.unchanged(store, record) and looks == [True]
        age(1000)
        time.sleep(2.1)  # by then the clock of any disk has gone on
        for _ in range(3):
            assert datasets.unchanged(store, record)
        assert looks == [True, True]  # nobody was asked any more
        table.with_name("notes.txt").touch()  # something came that is none of its files
        assert datasets.unchanged(store, record) and looks[2:] == [False]
        content = table.read_bytes()
        table.write_bytes(content.swapcase())  # of the same length
        age(1000)  # as it was, for whoever looks at the time of the content alone
        assert not datasets.unchanged(store, record) and looks[3:] == [True]
        table.write_bytes(content)
        assert datasets.unchanged(store, record) and looks[4:] == [True]
        clear_cache(store)
        assert datasets.unchanged(store, record) and looks[5:] == [True]


def test_a_process_that_complains_much_and_prints_is_no_deadlock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = (
        "import sys; sys.stderr.write('bad picture\\n' * 50_000); print('hello'); print('{\"mark\": \"m\"}')"
    )
    monkeypatch.setattr(processes, "python", lambda module: [sys.executable, "-c", talk])
    with closing(Store(tmp_path / "one.db")) as store:
        record = add_record(store, tmp_path)
        assert datasets.unchanged(store, record)
        assert not datasets.unchanged(store, replace(record, fingerprint="other"))


@pytest.mark.usefixtures("warm_readers")
def test_a_copy_that_is_being_cleared_does_not_look_whole(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path, ignore_errors: bool = False) -> None:
        next(file for file in sorted(folder.iterdir()) if file.suffix == ".npy").unlink()

    with closing(Store(tmp_path / "one.db")) as store:
        record = add_dataset(store, table).record
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", killed)
            clear_cache(store)
        assert not copy_folder(store, record).exists()
        copy = kept(store, record)
        assert {"features.npy", "label.npy"} <= {file.name for file in copy.folder.iterdir()}


@pytest.mark.usefixtures("warm_readers")
def test_a_copy_in_other_units_than_those_that_lead_back_is_not_made(tmp_path: Path) -> None:
    table = tmp_path / "far.csv"
    table.write_text("x,y\n" + "\n".join(f"{i},{100_000_000 + i * 0.37}" for i in range(40)))
    with closing(Store(tmp_path / "one.db")) as store:
        record = add_dataset(store, table, options={"target": "y"}).record
        clear_cache(store)
        facts = {**record.schema["facts"], "target_mean": 100_000_000}
        with pytest.raises(DataError, match="read in another way by this Workbench"):
            kept(store, replace(record, schema={**record.schema, "facts": facts}))
        close = {**record.schema["facts"], "target_mean": record.schema["facts"]["target_mean"] + 1e-4}
        assert kept(store, replace(record, schema={**record.schema, "facts": close})).folder.exists()


@pytest.mark.usefixtures("warm_readers")
def test_the_newest_copy_stays_though_others_were_used_while_it_was_made(tmp_path: Path, table: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(table.read_text().replace("1,", "7,"))
    with closing(Store(tmp_path / "one.db")) as store:
        first = add_dataset(store, table).record
        late = copy_folder(store, first).stat().st_mtime + 0.001
        store.set_setting(LIMIT_SETTING, 0)
        folder = begin(store)
        for file in copy_folder(store, first).iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        os.utime(folder, (late - 60, late - 60))
        found: dict[str, Any] = {
            "id": "other",
            "title": "Other",
            "reader": first.reader,
            "fingerprint": "new",
        }
        found |= {**first.details, "schema": first.schema, "splits": first.splits}
        second = finish(store, other, {}, folder, found).record
        assert copy_folder(store, second).exists() and not copy_folder(store, first).exists()


@pytest.mark.usefixtures("warm_readers")
def test_a_folder_that_vanishes_is_not_counted(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Store(tmp_path / "one.db")) as store:
        add_dataset(store, table)
        size = cache_size(store)
        root = store.files / FOLDER
        there = [*root.iterdir(), root / ".new-gone"]
        monkeypatch.setattr(Path, "iterdir", lambda self: iter(there) if self == root else _iterdir(self))
        assert cache_size(store) == size > 0


@pytest.mark.usefixtures("warm_readers")
def test_two_sources_of_one_name_at_the_same_moment_both_stay(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "one.db")) as store:
        records = [add_record(store, tmp_path / str(number)) for number in range(8)]
        store.remove_dataset("d")

    def add(record: DatasetRecord) -> str:
        with closing(Store(tmp_path / "one.db")) as own:
            return own.register_dataset(record).id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(add, records))
    assert sorted(ids) == ["d", *(f"d-{number}" for number in range(2, 9))]
    with closing(Store(tmp_path / "one.db")) as store:
        assert {each.id: each.source for each in store.datasets()} == {
            id: record.source for id, record in zip(ids, records, strict=True)
        }
        assert store.register_dataset(records[3]).id == ids[3]


_iterdir = Path.iterdir


def add_record(store: Store, source: Path) -> DatasetRecord:
    """A dataset of which only the record is there."""
    record = DatasetRecord("d", "D", str(source), "table", {}, {}, {}, "m", 0.0, {})
    store.add_dataset(record)
    return record


def test_a_reading_of_which_nothing_is_heard_is_given_up(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_SILENCE", 0.5)
    hanging = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(processes, "python", lambda module, *arguments: hanging)
    with closing(Store(tmp_path / "x.db")) as store:
        with pytest.raises(DataError, match=r"flowers\.csv was given up: nothing was heard of it"):
            add_dataset(store, table)
        assert list((store.files / FOLDER).iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("program", "words"),
    [
        (
            "raise ValueError('no such thing')",
            "stumbled over something that it does not expect: ValueError: no",
        ),
        ("import sys; print('first', file=sys.stderr); sys.exit('x.csv is empty.')", "^x.csv is empty.$"),
        ("import sys; sys.exit(3)", r"ended without a word \(exit code 3\)"),
        ("import os; os.abort()", "ended from outside or fell over"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "busy without an end"),
    ],
)
def test_however_the_process_ends_people_are_told_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, words: str
) -> None:
    quiet = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
    monkeypatch.setattr(processes, "python", lambda module: [sys.executable, "-c", quiet + program])
    with closing(Store(tmp_path / "one.db")) as store, pytest.raises(DataError, match=words):
        datasets.unchanged(store, add_record(store, tmp_path))
