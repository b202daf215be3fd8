"""Whether runs differ by more than their seeds do, in words."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, add, before, do
from tests.gui.compare.test_differences import RUN
from tests.gui.sessions import messages_of
from workbench.gui.compare.verdict import Verdicts, main_figure, question
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.jobs.verdict import Question, answer
from workbench.store.records import Point, RunRecord, State, Summary
from workbench.store.store import Store

ACCURACY = "validation/accuracy"


def asked(
    *groups: Sequence[float], base: int = 1, rising: bool = True, seeds: Sequence[Sequence[int]] = ()
) -> tuple[Question, dict[int, str]]:
    """A question about groups of runs by their results; they differ in a setting."""
    runs: list[RunRecord] = []
    values: dict[int, float] = {}
    params: dict[int, dict[str, Any]] = {}
    for place, group in enumerate(groups):
        for number, value in enumerate(group):
            seed = seeds[place][number] if seeds else number
            run = replace(RUN, id=len(runs) + 1, seed=seed)
            runs.append(run)
            values[run.id] = value
            params[run.id] = {"training.lr": place, "training.seed": seed}
    metric = ACCURACY if rising else "validation/loss"
    return Question(tuple(runs), base, metric, rising, values, params), dict.fromkeys(values, "import torch")


GOOD, POOR = (0.98, 0.981, 0.979), (0.95, 0.951, 0.949)


def test_a_clear_difference_is_told_with_its_interval_and_p_value() -> None:
    assert answer(*asked(POOR, (0.979, 0.982, 0.979))) == (
        "#4, #5 and #6 are better than #1, #2 and #3: validation/accuracy 0.9800 ± 0.0043 against 0.9500 ± 0.0025; the "
        "difference is between +0.0275 and +0.0325 (p < 0.001, paired over 3 seeds)."
    )
    assert "are worse than" in answer(*asked(GOOD, (0.95, 0.951, 0.948)))
    assert "are better than" in answer(*asked(GOOD, (0.95, 0.951, 0.948), rising=False))


def test_noise_is_called_noise() -> None:
    told = answer(*asked((0.95, 0.97, 0.96), (0.96, 0.95, 0.975)))
    assert told.startswith("#4, #5 and #6 do not differ from #1, #2 and #3 beyond the noise of their seeds: ")
    assert "(p = 0.8" in told and "few seeds" not in told


def test_other_seeds_are_no_pairs() -> None:
    told = answer(*asked(POOR, GOOD, seeds=((0, 1, 2), (3, 4, 5))))
    assert "Welch’s t-test" in told and "are better than" in told


def test_too_few_seeds_are_said_to_be_so() -> None:
    assert answer(*asked((0.95,), (0.98,))) == (
        "#2 against #1: validation/accuracy 0.9800 against 0.9500. Too few seeds to say whether that is more "
        "than chance; train #1 and #2 with two or more other seeds."
    )
    assert "train #4 with two" in answer(*asked(POOR, (0.98,)))
    assert answer(*asked((0.95, 0.96), (0.955, 0.975))).endswith(
        "With so few seeds only a large difference could be told."
    )


def test_seeds_that_make_no_difference() -> None:
    assert "#3 and #4 are exactly as good as #1 and #2" in answer(*asked((0.5, 0.5), (0.5, 0.5)))
    told = answer(*asked((0.5, 0.5), (0.75, 0.75)))
    assert "are better than #1 and #2 with every seed" in told and "The seeds make no difference." in told


def test_one_group_tells_its_mean() -> None:
    assert answer(*asked(POOR)) == (
        "#1, #2 and #3 differ in nothing but the seed: validation/accuracy 0.9500 ± 0.0025 (mean of 3 seeds, 95 % "
        "confidence)."
    )
    assert "Train it with other seeds" in answer(*asked((0.5,)))


def test_several_groups_are_corrected_for_their_number() -> None:
    two = answer(*asked((0.95, 0.96, 0.955), (0.956, 0.969, 0.963)))
    three = answer(*asked((0.95, 0.96, 0.955), (0.956, 0.969, 0.963), (0.956, 0.969, 0.963)))
    assert "are better" in two and three.count("corrected for 2 comparisons") == 2


def test_what_has_no_result_is_left_out_by_name() -> None:
    found, programs = asked(POOR, (*GOOD, math.nan))
    runs = tuple(replace(run, state="failed") if run.id == 5 else run for run in found.runs)
    told = answer(replace(found, runs=runs), programs)
    assert told.endswith("Not counted: #5 and #7, without a final result.")
    nobody = tuple(replace(run, state="running") for run in found.runs)
    assert answer(replace(found, runs=nobody), programs).startswith("#1 has no result yet")
    many = asked(tuple(0.5 + number / 100 for number in range(9)))
    assert answer(*many).startswith("#1, #2 and 7 more differ in nothing but the seed")


def test_the_figure_is_a_score_where_there_is_one() -> None:
    summaries = {
        1: {
            "train/loss": Summary("train/loss", 1, 1, 1, 1, 1, 1, 1),
            "train/accuracy": Summary("train/accuracy", 1, 1, 1, 1, 1, 1, 1, "Accuracy"),
        }
    }
    assert main_figure(summaries, [1, 2]) == "accuracy" and main_figure({}, [1]) == ""
    found = question([RUN], 0, "accuracy", {1: {}}, summaries)
    assert found is not None and found.metric == "train/accuracy" and found.rising
    assert question([RUN], 0, "accuracy", {}, summaries) is None
    assert question([RUN], 0, "f1", {1: {}}, summaries) is None


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session) -> CompareView:
    made = alone(CompareView, qtbot, session)
    made.resize(1300, 800)
    with qtbot.waitExposed(made):
        made.show()
    return made


def trained(store: Store, lr: float, seed: int, accuracy: float, state: State = "completed") -> int:
    params = {"training.lr": lr, "training.seed": seed, "accuracy.type": "Accuracy"}
    run = add(store, before(), "import torch\n", seed=seed, params=params, state=state)
    store.log_points(
        run, [Point("validation/loss", 1, 1, 1 - accuracy, 1.0), Point(ACCURACY, 1, 1, accuracy, 1.0)]
    )
    return run


def test_the_verdict_stands_under_the_table_and_follows_base_and_figure(
    qtbot: QtBot, view: CompareView, session: Session
) -> None:
    def fill(store: Store) -> None:
        for lr, values in ((0.1, POOR), (0.2, (0.979, 0.982, 0.979))):
            for seed, accuracy in enumerate(values):
                trained(store, lr, seed, accuracy)

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: view.model.total == 6, timeout=WAIT)
    view.reveal([1, 2, 3, 4, 5, 6])
    text = view.panel.verdict
    qtbot.waitUntil(
        lambda: text.toPlainText().startswith("#4, #5 and #6 are better than #1, #2 and #3"), timeout=WAIT
    )
    assert text.isVisible() and view.panel.figure.currentData() == "accuracy"
    view.panel.base.setFocus()
    for _ in range(3):
        QTest.keyClick(view.panel.base, Qt.Key.Key_Down)
    view.panel.base.picked.emit(view.panel.base.currentData())
    qtbot.waitUntil(lambda: text.toPlainText().startswith("#1, #2 and #3 are worse than #4"), timeout=WAIT)
    view.panel.figure.setCurrentIndex(view.panel.figure.findData("loss"))
    view.panel.figure.picked.emit("loss")
    qtbot.waitUntil(lambda: "validation/loss" in text.toPlainText(), timeout=WAIT)
    view.reveal([1])
    assert not text.isVisible()


def test_a_run_counts_once_it_is_done(qtbot: QtBot, view: CompareView, session: Session) -> None:
    do(
        qtbot, session, lambda store: trained(store, 0.1, 0, 0.5), lambda store: trained(store, 0.1, 1, 0.6, "running")
    )  # fmt: skip
    qtbot.waitUntil(lambda: view.model.total == 2, timeout=WAIT)
    view.reveal([1, 2])
    text = view.panel.verdict
    qtbot.waitUntil(lambda: "Not counted: #2" in text.toPlainText(), timeout=WAIT)
    do(qtbot, session, lambda store: store.set_state(2, "completed"))
    qtbot.waitUntil(lambda: "mean of 2 seeds" in text.toPlainText(), timeout=WAIT)


def test_programs_of_another_workspace_are_forgotten(qtbot: QtBot, session: Session) -> None:
    verdicts = Verdicts(session)
    answered: list[str] = []
    verdicts.came.connect(answered.append)
    wish, _ = asked(GOOD, POOR)
    verdicts.ask(wish)
    qtbot.waitUntil(lambda: bool(answered), timeout=WAIT)
    assert verdicts._programs.keys() == {run.id for run in wish.runs}
    session.closing.emit()
    assert not verdicts._programs, "its runs have the same numbers"


def test_what_could_not_be_read_is_asked_for_again(
    qtbot: QtBot, view: CompareView, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = messages_of(session)
    waits = ["params_of", "program_text"]

    def fails_once(name: str) -> None:
        read = getattr(Store, name)

        def work(store: Store, what: Any) -> Any:
            if name in waits:
                waits.remove(name)
                raise OSError(name)
            return read(store, what)

        monkeypatch.setattr(Store, name, work)

    def fail_and_go_on(name: str) -> None:
        qtbot.waitUntil(lambda: any(words.endswith(name) for words, _ in told), timeout=WAIT)
        session.runs_changed.emit(session.runs, session.summaries)

    for name in tuple(waits):
        fails_once(name)
    do(qtbot, session, *(partial(trained, lr=0.1, seed=seed, accuracy=0.5) for seed in (0, 1)))
    qtbot.waitUntil(lambda: view.model.total == 2, timeout=WAIT)
    view.reveal([1, 2])
    fail_and_go_on("params_of")
    fail_and_go_on("program_text")
    qtbot.waitUntil(lambda: "mean of 2 seeds" in view.panel.verdict.toPlainText(), timeout=WAIT)
    assert [words for words, _ in told] == [
        "The settings of the runs cannot be read: params_of",
        "Whether the runs differ cannot be told: program_text",
    ]
