"""`train` while it waits: what Ctrl+C does, and what it prints for people who read along."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.cli import training
from workbench.core.errors import JobError
from workbench.core.text import number
from workbench.store.records import Point, RunRecord
from workbench.store.store import Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    monkeypatch.setattr(training, "ensure_runner", lambda store: None)
    yield opened
    opened.close()


def started(store: Store) -> RunRecord:
    run = store.add_run(
        "first", "m", "{}", "", device="cpu", seed=0, epochs=2, parameters=0, dataset="", params={}
    )
    store.claim(run.id, "cpu")
    store.set_state(run.id, "running")
    return run


def test_the_first_interrupt_asks_and_the_second_leaves(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(store)
    asked: list[str] = []

    def interrupted(seconds: float) -> None:
        asked.append(store.run(run.id).request)
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.cli.training.time.sleep", interrupted)
    found, stopped = training.follow(store, run, quiet=True)
    assert asked == ["", "stop"] and stopped and not found.final


def test_it_waits_for_the_end_of_a_run_that_was_asked_to_stop(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(store)
    turns = iter(["interrupt", "wait", "end"])

    def turn(seconds: float) -> None:
        match next(turns):
            case "interrupt":
                raise KeyboardInterrupt
            case "end":
                store.set_state(run.id, "stopped", "Stopped by you.")

    monkeypatch.setattr("workbench.cli.training.time.sleep", turn)
    found, stopped = training.follow(store, run, quiet=True)
    assert (found.state, stopped) == ("stopped", True)


def test_a_line_for_each_epoch_where_there_is_no_terminal(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = started(store)
    steps = iter([1, 1, 2, 0])

    def turn(seconds: float) -> None:
        epoch = next(steps)
        if not epoch:
            store.set_state(run.id, "completed")
            return
        store.progress(run.id, epoch, epoch * 10, 20)
        store.log_points(run.id, [Point("validation/accuracy", epoch * 10, epoch, epoch / 4, 0.0)])

    monkeypatch.setattr("workbench.cli.training.time.sleep", turn)
    found, stopped = training.follow(store, run, quiet=False)
    assert (found.state, stopped) == ("completed", False)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines == [
        "first running",
        f"first epoch 1/2  accuracy {number(0.25)}",
        f"first epoch 2/2  accuracy {number(0.5)}",
    ]
    training.report(store, found, json=False)
    assert "run 1 (first): completed after" in capsys.readouterr().out


def test_a_runner_that_cannot_start_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(store: Store) -> None:
        raise JobError("The runner cannot be started: Permission denied.")

    monkeypatch.setattr(training, "ensure_runner", refuse)
    with pytest.raises(JobError, match="Permission denied"):
        training.follow(store, started(store), quiet=True)
