"""Stars, tags, notes and the archive of runs."""

import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from workbench.core.errors import StoreError
from workbench.store.records import Marks, RunRecord, TagChange
from workbench.store.store import Store

AddRun = Callable[..., RunRecord]
FIRST_FORMAT = Path(__file__).parents[1] / "files" / "workspace-0001.db"


def test_an_unmarked_run_has_no_marks(store: Store, run: int) -> None:
    assert store.marks() == ({}, 0)
    assert store.marks_of(run) == Marks()


def test_a_star_comes_and_goes_and_tells_what_it_changed(store: Store, add_run: AddRun) -> None:
    one, two = add_run().id, add_run().id
    assert store.star([one]) == [one]
    assert store.star([one, two, two]) == [two]
    assert store.star([one, two], False) == [one, two]
    assert store.star([one], False) == []
    assert not store.marks_of(one).star


def test_tags_are_one_spelling_each_and_tell_what_they_changed(store: Store, add_run: AddRun) -> None:
    one, two = add_run().id, add_run().id
    change = store.change_tags(add=[(one, " Paper  draft "), (two, "paper DRAFT"), (one, "Zoo")])
    assert change == TagChange(((one, "Paper draft"), (two, "Paper draft"), (one, "Zoo")), ())
    assert store.change_tags(add=[(one, "zoo")]) == TagChange((), ())
    assert store.tags() == {"Paper draft": 2, "Zoo": 1}
    change = store.change_tags(add=[(two, "new")], remove=[(one, "PAPER draft"), (two, "Zoo")])
    assert change == TagChange(((two, "new"),), ((one, "Paper draft"),))
    assert store.marks_of(two).tags == ("new", "Paper draft")
    assert store.change_tags(add=change.removed, remove=change.added) == TagChange(
        ((one, "Paper draft"),), ((two, "new"),)
    )
    assert store.marks_of(one).tags == ("Paper draft", "Zoo")


@pytest.mark.parametrize(
    ("tag", "why"),
    [(" ", "at least one"), ("x" * 61, "at most 60"), ("a, b", "commas"), ("a\x00b", "nobody sees")],
)
def test_what_cannot_be_a_tag_is_refused_and_nothing_changes(
    store: Store, run: int, tag: str, why: str
) -> None:
    with pytest.raises(StoreError, match=why):
        store.change_tags(add=[(run, "good"), (run, tag)])
    assert store.tags() == {}


def test_a_tag_may_be_an_emoji_made_of_several_signs(store: Store, run: int) -> None:
    store.change_tags(add=[(run, "👩\u200d💻")])
    assert store.marks_of(run).tags == ("👩\u200d💻",)


def test_two_windows_do_not_lose_each_others_tags(path: Path, store: Store, run: int) -> None:
    together = threading.Barrier(4)

    def tag(name: str) -> None:
        with closing(Store(path)) as own:
            together.wait()
            for number in range(10):
                own.change_tags(add=[(run, f"{name}{number}")])
                own.star([run], number % 2 == 0)

    threads = [threading.Thread(target=tag, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.marks_of(run).tags) == 40


def test_the_cursor_gives_only_what_was_marked_since(store: Store, add_run: AddRun) -> None:
    one, two = add_run().id, add_run().id
    store.star([one])
    store.set_notes(two, "# Good\n")
    found, cursor = store.marks()
    assert found == {one: Marks(star=True), two: Marks(notes="# Good\n")}
    assert store.marks(cursor) == ({}, cursor)
    store.change_tags(add=[(one, "paper")])
    assert store.marks(cursor)[0] == {one: Marks(star=True, tags=("paper",))}
    found, cursor = store.marks(cursor)
    store.change_tags(remove=[(one, "paper")])
    assert store.marks(cursor)[0] == {one: Marks(star=True)}


def test_a_number_is_never_given_twice_also_after_a_run_is_gone(store: Store, add_run: AddRun) -> None:
    one, two = add_run().id, add_run().id
    store.star([one])
    store.star([two])
    _, cursor = store.marks()
    store.purge_run(two)
    store.star([one], False)
    assert store.marks(cursor)[0] == {one: Marks()}


def test_the_archive_keeps_when(store: Store, add_run: AddRun) -> None:
    one, two = add_run().id, add_run().id
    assert store.archive([one, two]) == [one, two]
    assert store.marks_of(one).archived > 0
    assert store.archive([one], False) == [one]
    assert store.marks_of(one).archived == 0.0
    assert [run.id for run in store.runs()] == [two, one]


def test_notes_that_two_windows_write_are_both_kept(store: Store, run: int) -> None:
    assert store.set_notes(run, "mine", expected="") == "mine"
    assert store.set_notes(run, "theirs", expected="") == "mine\n\ntheirs"
    assert store.set_notes(run, "all new") == "all new"
    assert store.set_notes(run, "all new", expected="old") == "all new"
    with pytest.raises(StoreError, match="longer than"):
        store.set_notes(run, "x" * 1_000_001)
    assert store.marks_of(run).notes == "all new"


def test_runs_that_do_not_exist_cannot_be_marked(store: Store, run: int) -> None:
    for mark in (
        lambda: store.star([run, 99]),
        lambda: store.archive([99]),
        lambda: store.change_tags(add=[(run, "a"), (99, "b")]),
        lambda: store.set_notes(99, "x"),
        lambda: store.marks_of(99),
    ):
        with pytest.raises(StoreError, match="There is no run 99"):
            mark()
    assert store.marks() == ({}, 0)


def test_thousands_are_marked_at_once(store: Store, path: Path, add_run: AddRun) -> None:
    ids = [add_run().id for _ in range(3)]
    assert store.star(ids * 20_000) == ids
    store.delete_run(ids[0])
    store.change_tags(add=[(id, "x") for id in ids])
    assert store.tags() == {"x": 2}


def test_a_workspace_from_before_marks_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "experiments.db"
    shutil.copyfile(FIRST_FORMAT, path)
    with closing(Store(path)) as store:
        run = store.runs()[0].id
        store.star([run])
        store.change_tags(add=[(run, "paper")])
        assert store.marks()[0] == {run: Marks(star=True, tags=("paper",))}
