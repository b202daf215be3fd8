"""The recorder: nothing that was logged is lost or doubled, whatever the database does meanwhile."""

import threading
import time
from typing import Any

import pytest
import torch

from workbench.core.errors import StoreError
from workbench.engine import recorder
from workbench.engine.recorder import Recorder
from workbench.store.records import LIVE
from workbench.store.store import Store


@pytest.fixture
def run(store: Store) -> int:
    made = store.add_run(
        "r", "m", "{}", "", device="cpu", seed=0, epochs=1, parameters=0, dataset="", params={}
    )
    store.claim(made.id, "cpu")
    return made.id


def steps(store: Store, run: int) -> list[int]:
    return [point.step for point in store.points(run)[0]]


def test_points_come_in_their_order_with_their_values(store: Store, run: int) -> None:
    recorder = Recorder(store, run)
    recorder.log("train/loss", 1, 1, torch.tensor(0.5, dtype=torch.float64))
    recorder.log("train/loss", 2, 1, float("nan"))
    recorder.log("other", 2, 1, torch.tensor(3))
    recorder.progress(1, 2, 10)
    recorder.say("hello")
    recorder.close()
    found = [(p.metric, p.step, repr(p.value)) for p in store.points(run)[0]]
    assert found == [("train/loss", 1, "0.5"), ("train/loss", 2, "nan"), ("other", 2, "3.0")]
    assert (store.run(run).epoch, store.run(run).step, store.run(run).steps) == (1, 2, 10)
    assert [(line.level, line.text) for line in store.log_lines(run)] == [
        ("info", "hello"),
        ("warning", "train/loss became NaN at step 2."),
    ]


def test_nothing_slips_between_two_flushes(store: Store, run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "INTERVAL", 0.0005)
    made = Recorder(store, run)
    for step in range(20_000):
        made.log("loss", step, 1, float(step))
    made.close()
    assert steps(store, run) == list(range(20_000))


@pytest.mark.parametrize("broken", ["log_points", "progress", "log", "heartbeat"])
def test_a_write_that_fails_is_made_up_for_and_nothing_is_doubled(
    store: Store, run: int, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(recorder, "RETRY", 0.01)
    monkeypatch.setattr(recorder, "INTERVAL", 0.01)
    monkeypatch.setattr(recorder, "HEARTBEAT", 0.0)
    real, failures = getattr(store, broken), iter([1, 1, 0, 1, 0])

    def failing(*arguments: Any) -> Any:
        if next(failures, 0):
            raise StoreError("The workspace is locked.")
        return real(*arguments)

    monkeypatch.setattr(store, broken, failing)
    made = Recorder(store, run)
    for step in range(1, 31):
        made.log("loss", step, 1, float(step))
        made.say(f"line {step}")
        made.progress(1, step, 30)
        time.sleep(0.005)
    made.close()
    assert steps(store, run) == list(range(1, 31))
    lines = [line.text for line in store.log_lines(run) if line.text.startswith("line")]
    assert lines == [f"line {step}" for step in range(1, 31)]
    assert store.run(run).step == 30


def test_logging_is_cheap(store: Store, run: int) -> None:
    """Ten microseconds is what the design allows; a crowded machine gets more."""
    made, value = Recorder(store, run), torch.tensor(1.0)
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        for step in range(500):
            made.log("loss", step, 1, value)
        best = min(best, (time.perf_counter() - start) / 500)
    made.close()
    assert best < 20e-6


def test_what_the_person_asks_for_arrives(store: Store, run: int) -> None:
    made = Recorder(store, run)
    assert made.wish() == ""
    store.request(run, "pause")
    assert made.asked.wait(5) and made.wish() == "pause"
    made.asked.clear()
    made.end()
    assert made.wish() == "stop" and made.asked.wait(5)
    made.close()


def test_live_values_do_not_wait_for_the_disk(
    store: Store, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = store.set_setting, []

    def set_setting(key: str, value: Any, *, durable: bool = True) -> None:
        asked.append((key, durable))
        real(key, value, durable=durable)

    monkeypatch.setattr(store, "set_setting", set_setting)
    made = Recorder(store, run)
    made.show({"conv1": {"mean": 0.5}})
    made.close()
    assert asked == [(f"{LIVE}{run}", False)]
    found = store.setting(f"{LIVE}{run}")
    assert isinstance(found, dict) and found["nodes"] == {"conv1": {"mean": 0.5}}


def test_a_fault_of_the_device_ends_training(store: Store, run: int) -> None:
    made = Recorder(store, run)
    made.log("loss", 1, 1, torch.zeros(2))  # stands for a tensor that cannot be read any more
    made.log("loss", 2, 1, torch.zeros(3))
    made._thread.join(5)
    assert not made._thread.is_alive()
    with pytest.raises(RuntimeError, match="equal size"):
        made.progress(1, 1, 1)
    made.close()


def test_waiting_has_an_end(store: Store, run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "RETRY", 0.01)
    made = Recorder(store, run)

    def never() -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(recorder, "PATIENCE", 0.05)
    with pytest.raises(StoreError, match="The disk is full"):
        made.insist(never)
    monkeypatch.setattr(recorder, "PATIENCE", 60.0)
    threading.Timer(0.05, made.end).start()
    with pytest.raises(StoreError, match="The disk is full"):
        made.insist(never, stoppable=True)
    made.close()
    lines = [line.text for line in store.log_lines(run)]
    assert lines == ["Training waits. The disk is full."] * 2


def test_lines_of_the_log_have_the_time_at_which_they_were_said(store: Store, run: int) -> None:
    """Not that at which they came into the database, by which a chart would show them at a later step."""
    recorder = Recorder(store, run)
    before = time.time()
    recorder.say("said")
    after = time.time()
    time.sleep(0.3)
    recorder.close()
    (line,) = store.log_lines(run)
    assert before <= line.time <= after
