import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

from workbench.core.errors import StoreError
from workbench.store import tables
from workbench.store.records import FINAL, LIVE, STATES, RunRecord
from workbench.store.store import Store

AddRun = Callable[..., RunRecord]


def test_a_run_is_found_as_it_was_added(store: Store, add_run: AddRun) -> None:
    before = time.time()
    run = add_run("try", **{"training.epochs": 3, "conv1.kernel_size": (3, 5), "note": None})
    assert store.run(run.id) == run
    assert (run.name, run.model, run.state, run.device, run.seed) == ("try", "lenet5", "queued", "auto", 7)
    assert (run.epochs, run.parameters, run.dataset, run.used_device) == (3, 61_706, "digits", "")
    assert before <= run.created <= time.time()
    assert run.started == run.ended == 0.0 and run.pid == 0 and not run.final and not run.alive
    assert store.document_text(run.id) == '{"name": "lenet5"}'
    assert store.program_text(run.id) == "class Program: ..."
    assert store.params(run.id) == {"training.epochs": 3, "conv1.kernel_size": [3, 5], "note": None}


def test_a_record_has_the_columns_of_its_table() -> None:
    names = [column.name for column in tables.runs.columns if column.name != "deleted"]
    assert [field.name for field in fields(RunRecord)] == [*names, "drawn"]


def test_runs_are_listed_newest_first_and_unfinished_oldest_first(store: Store, add_run: AddRun) -> None:
    first, second, third = add_run("a").id, add_run("b").id, add_run("c").id
    store.set_state(second, "completed")
    assert [run.id for run in store.runs()] == [third, second, first]
    assert [run.id for run in store.unfinished()] == [first, third]


def test_params_of_many_runs_at_once(store: Store, add_run: AddRun) -> None:
    first, second = add_run(lr=0.1).id, add_run(lr=0.2).id
    assert store.params_of([first, second, 99]) == {first: {"lr": 0.1}, second: {"lr": 0.2}}
    with pytest.raises(StoreError, match="no run 99"):
        store.params(99)


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.run(99),
        lambda store: store.document_text(99),
        lambda store: store.set_state(99, "running"),
        lambda store: store.heartbeat(99),
        lambda store: store.request(99, "stop"),
        lambda store: store.delete_run(99),
        lambda store: store.log(99, "info", "x"),
    ],
)
def test_a_run_that_does_not_exist_is_named(store: Store, ask: Callable[[Store], object]) -> None:
    with pytest.raises(StoreError, match="There is no run 99"):
        ask(store)


def test_only_one_runner_gets_a_run(store: Store, run: int) -> None:
    assert store.claim(run, "cuda:0")
    assert not store.claim(run, "cpu")
    record = store.run(run)
    assert (record.state, record.used_device, record.alive) == ("starting", "cuda:0", True)


def test_states_set_their_times(store: Store, run: int) -> None:
    store.claim(run, "cpu")
    store.set_state(run, "running")
    started = store.run(run).started
    assert started > 0
    store.set_state(run, "paused")
    store.set_state(run, "running")
    assert store.run(run).started == started and store.run(run).ended == 0
    store.set_state(run, "completed")
    assert store.run(run).ended >= started


@pytest.mark.parametrize("final", sorted(FINAL))
def test_a_final_state_stays(store: Store, run: int, final: str) -> None:
    assert store.set_state(run, final, "the first cause")  # type: ignore[arg-type]  # one of the literals
    before = store.run(run)
    for state in STATES:
        assert not store.set_state(run, state, "a later cause")  # type: ignore[arg-type]  # as above
    assert store.run(run) == before
    assert store.request(run, "pause") == before


def test_unknown_states_and_requests_are_refused(store: Store, run: int) -> None:
    with pytest.raises(StoreError, match="“done” is not a state"):
        store.set_state(run, "done")  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(StoreError, match="“die” is not a request"):
        store.request(run, "die")  # type: ignore[arg-type]  # what the test is about


def test_progress_and_heartbeat_move_the_heartbeat(store: Store, run: int) -> None:
    store.progress(run, 1, 20, 300)
    record = store.run(run)
    assert (record.epoch, record.step, record.steps) == (1, 20, 300) and record.heartbeat > 0
    time.sleep(0.002)
    store.heartbeat(run)
    assert store.run(run).heartbeat > record.heartbeat


def test_process_and_message_are_kept(store: Store, run: int) -> None:
    store.set_process(run, 123, 4567.89)
    store.set_message(run, "paused: the disk is full")
    record = store.run(run)
    assert (record.pid, record.process_started, record.message) == (123, 4567.89, "paused: the disk is full")


def test_a_request_waits_for_the_trainer(store: Store, run: int) -> None:
    store.claim(run, "cpu")
    assert store.request(run, "pause").request == "pause"
    assert store.request(run, "stop").request == "stop"
    store.set_state(run, "stopped")
    assert store.run(run).request == ""


def test_stopping_a_queued_run_stops_it_at_once(store: Store, run: int) -> None:
    record = store.request(run, "stop")
    assert (record.state, record.cause, record.request) == ("stopped", "stopped before it began", "")
    assert record.ended > 0 and not store.claim(run, "cpu")


def test_the_trash_gives_back(store: Store, add_run: AddRun) -> None:
    kept, deleted = add_run("a").id, add_run("b").id
    store.delete_run(deleted)
    assert [run.id for run in store.runs()] == [kept]
    assert [run.id for run in store.runs(deleted=True)] == [deleted]
    assert not store.claim(deleted, "cpu") and [run.id for run in store.unfinished()] == [kept]
    store.restore_run(deleted)
    assert [run.id for run in store.runs()] == [deleted, kept]
    assert store.run(deleted).state == "stopped"


def test_a_run_in_training_is_not_deleted(store: Store, run: int) -> None:
    store.claim(run, "cpu")
    for delete in (store.delete_run, store.purge_run):
        with pytest.raises(StoreError, match="still training"):
            delete(run)


def test_purging_leaves_nothing_and_gives_no_number_again(store: Store, add_run: AddRun) -> None:
    run = add_run().id
    store.log(run, "info", "hello")
    (store.run_folder(run) / "trainer.log").write_text("x")
    store.set_setting(f"{LIVE}{run}", {"nodes": {}})
    store.set_state(run, "failed")
    store.purge_run(run)
    assert not (store.files / "runs" / str(run)).exists()
    with store._read() as connection:
        for table in tables.metadata.sorted_tables:
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one() == 0
    assert add_run().id > run


def test_the_folder_of_a_run_is_beside_the_database(store: Store, path: Path, run: int) -> None:
    assert store.run_folder(run) == path.parent / "experiments.files" / "runs" / str(run)
    assert store.run_folder(run).is_dir()


def test_data_version_changes_with_every_change_by_anyone(store: Store, path: Path, run: int) -> None:
    first = store.data_version()
    store.runs()
    assert store.data_version() == first
    store.heartbeat(run)
    second = store.data_version()
    assert second != first
    with closing(Store(path)) as other:
        other.heartbeat(run)
    assert store.data_version() != second


def test_threads_share_a_store(store: Store, run: int) -> None:
    failures: list[Exception] = []

    def write(name: str) -> None:
        try:
            for line in range(20):
                store.log(run, "info", f"{name} {line}")
                store.run(run)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    texts = [line.text for line in store.log_lines(run)]
    assert len(texts) == 80
    assert all([t for t in texts if t.startswith(n)] == [f"{n} {i}" for i in range(20)] for n in "abcd")
