"""The model of the table: order, filter, and that it tells only what changed."""

import math
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy
from pytestqt.qtbot import QtBot

from workbench.gui.runs.table_model import COLUMNS, FIRST_SLOT, RunsModel, epochs, share, spent
from workbench.store.records import RunRecord, Summary

TIP = Qt.ItemDataRole.ToolTipRole
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
PLAIN = RunRecord(
    1, "lenet5", "lenet5", "completed", "", "auto", "cpu", 0, 1.0, 2.0, 74.0, 30, 30, 1350, 1350, 61706, "digits",
    "", 0, 0.0, 0.0, "", 0,
)  # fmt: skip


def run(id: int, **changes: object) -> RunRecord:
    return replace(PLAIN, id=id, **changes)  # type: ignore[arg-type]  # mypy cannot check keywords by name here


def summary(metric: str, value: float) -> dict[str, Summary]:
    type = "Accuracy" if metric.endswith("accuracy") else ""
    return {metric: Summary(metric, value, 9, value, 9, value, 9, 9, type)}


@pytest.fixture
def model() -> RunsModel:
    made = RunsModel()
    # Qt's own judge of whether a model keeps its promises to views.
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def test_rows_come_newest_first_and_say_what_a_run_is(model: RunsModel) -> None:
    model.update([run(2, name="gan\n🎨"), run(1)], {1: summary("validation/accuracy", 0.97)})
    assert list(model.shown) == [2, 1]
    texts = [model.data(model.index(1, column)) for column in range(len(COLUMNS))]
    assert texts[:4] == ["lenet5 #1", "completed", "30 epochs", "0.9700"]
    assert "61.7 k" in texts and "1 min 12 s" in texts
    assert model.data(model.index(0, 0)) == "gan 🎨 #2"
    assert model.headerData(FIRST_SLOT, Qt.Orientation.Horizontal) == "accuracy"


def test_a_live_run_changes_its_own_row_only(model: RunsModel) -> None:
    runs = [run(3), run(2, state="running", epoch=1), run(1)]
    summaries = {2: summary("train/loss", 2.0)}
    model.update(runs, summaries)
    spy = QSignalSpy(model.dataChanged)
    model.update([runs[0], replace(runs[1], epoch=2), runs[2]], summaries)
    assert spy.count() == 1
    assert (spy.at(0)[0].row(), spy.at(0)[1].row()) == (1, 1)
    model.update([runs[0], replace(runs[1], epoch=2), runs[2]], summaries)
    assert spy.count() == 1  # the same news again is no news


def test_figures_that_come_later_change_only_their_rows_or_the_order_by_them(model: RunsModel) -> None:
    runs = [run(3), run(2), run(1)]
    model.update(runs, {})
    spy = QSignalSpy(model.dataChanged)
    first = {3: summary("validation/accuracy", 0.5), 9: summary("validation/accuracy", 0.9)}
    model.take_figures(first, [3, 9])  # 9 was deleted meanwhile
    assert model.slots == ("accuracy",) and model.data(model.index(0, FIRST_SLOT)) == "0.5000"
    before = spy.count()
    model.take_figures({**first, 1: summary("validation/accuracy", 0.7)}, [1])
    assert [(spy.at(n)[0].row(), spy.at(n)[1].row()) for n in range(before, spy.count())] == [(2, 2)]
    model.sort(FIRST_SLOT, DOWN)
    assert list(model.shown) == [1, 3, 2]
    model.take_figures({**first, 2: summary("validation/accuracy", 0.6)}, [1, 2])
    assert list(model.shown) == [2, 3, 1]
    model.set_filter("accuracy < 0.55")
    assert list(model.shown) == [3]
    model.take_figures({**first, 2: summary("validation/accuracy", 0.1)}, [2])
    assert list(model.shown) == [3, 2]


def test_new_and_deleted_runs_leave_the_others_where_they_are(model: RunsModel) -> None:
    model.update([run(id) for id in (5, 4, 3, 2, 1)], {})
    kept = QPersistentModelIndex(model.index(2, 0))
    reset = QSignalSpy(model.modelReset)
    model.update([run(id) for id in (7, 6, 5, 3, 1)], {})
    assert list(model.shown) == [7, 6, 5, 3, 1]
    assert model.run_at(kept) == run(3)
    assert model.place(3) == 3 and model.place(4) == -1
    assert reset.count() == 0
    model.update([], {})
    assert model.rowCount() == 0 and not kept.isValid()


def test_sorting_by_a_metric_puts_runs_without_it_last(model: RunsModel) -> None:
    values = {1: 0.5, 2: math.nan, 3: 0.9, 5: 0.7}
    summaries = {id: summary("validation/accuracy", value) for id, value in values.items()}
    model.update([run(id) for id in (5, 4, 3, 2, 1)], summaries)
    assert model.best_order(FIRST_SLOT) == DOWN
    model.sort(FIRST_SLOT, DOWN)
    assert list(model.shown) == [3, 5, 1, 4, 2]
    model.sort(FIRST_SLOT, UP)
    assert list(model.shown) == [1, 5, 3, 4, 2]
    model.update([run(id) for id in (5, 4, 3, 2, 1)], {**summaries, 1: summary("validation/accuracy", 1.0)})
    assert list(model.shown) == [5, 3, 1, 4, 2]


def test_a_loss_is_best_when_it_is_small(model: RunsModel) -> None:
    model.update([run(2), run(1)], {1: summary("validation/loss", 0.1), 2: summary("validation/loss", 0.2)})
    assert model.best_order(FIRST_SLOT) == UP
    assert model.data(model.index(1, FIRST_SLOT)) == "0.1000"
    tip = model.data(model.index(1, FIRST_SLOT), Qt.ItemDataRole.ToolTipRole)
    assert tip == "validation/loss: last 0.1000, best 0.1000 at step 9"


def test_the_node_type_says_which_way_a_figure_should_go_and_not_its_name(model: RunsModel) -> None:
    scores = {
        id: {
            "validation/score": Summary("validation/score", 1, 9, 1, 5, 20, 7, 9, "PSNR"),
            "validation/top_error": Summary(
                "validation/top_error", 1, 9, 0.5, 5, 20, 7, 9, "MeanSquaredError"
            ),
        }
        for id in (1, 2)
    }
    model.update([run(2), run(1)], scores)
    assert model.slots == ("score", "top_error")
    assert [model.best_order(FIRST_SLOT + slot) for slot in range(2)] == [DOWN, UP]
    assert [model.data(model.index(0, FIRST_SLOT + slot)) for slot in range(2)] == ["20.00", "0.5000"]
    titles = [model.headerData(FIRST_SLOT + slot, Qt.Orientation.Horizontal, TIP) for slot in range(2)]
    assert titles[0].startswith("Highest score on") and titles[1].startswith("Lowest top_error on")


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", [3, 2, 1]),
        ("gan", [3]),
        ("LENET digits", [1]),
        ("#2", [2]),
        ("handwritten", [3, 1]),
        ("nothing", []),
    ],
)
def test_the_filter_wants_every_word(model: RunsModel, words: str, ids: list[int]) -> None:
    model.set_titles({"digits": "Handwritten digits"})
    model.update(
        [run(3, name="GAN", model="gan"), run(2, name="mlp", model="mlp", dataset="iris"), run(1)], {}
    )
    model.set_filter(words)
    assert list(model.shown) == ids
    assert model.total == 3


def test_time_goes_by_while_a_run_trains() -> None:
    now = time.time()
    assert spent(run(1, state="running", started=now - 60, ended=0.0)) == pytest.approx(60, abs=1)
    assert spent(run(1, started=0.0)) == -1


def test_progress_in_words() -> None:
    assert epochs(run(1, state="queued", epoch=0, step=0)) == "–"
    assert epochs(run(1, state="running", epoch=12)) == "epoch 12 of 30"
    assert epochs(run(1, state="stopped", epoch=12)) == "epoch 12 of 30"
    assert epochs(run(1, epochs=1, epoch=1)) == "1 epoch"
    assert share(run(1, step=675)) == 0.5
    assert share(run(1, steps=0, epoch=15)) == 0.5
    assert share(run(1, steps=0, epochs=0)) == 0.0


def test_ten_thousand_runs_are_sorted_and_filtered(model: RunsModel) -> None:
    runs = [run(id, name=f"run-{id % 97}") for id in range(10_000, 0, -1)]
    plain = RunsModel()  # Qt's judge looks at every row after every change
    plain.update(runs, {id: summary("train/loss", (id * 7919) % 10_007) for id in range(1, 10_001)})
    plain.sort(FIRST_SLOT, UP)
    values = [(id * 7919) % 10_007 for id in plain.shown]
    assert values == sorted(values)
    plain.set_filter("run-13")
    assert {id % 97 for id in plain.shown} == {13}


def test_many_runs_are_not_sorted_anew_for_every_part_of_their_figures(qtbot: QtBot) -> None:
    runs = [run(id) for id in range(1200, 0, -1)]
    plain = RunsModel()
    first = {1: summary("train/loss", 5.0)}
    plain.update(runs, first)
    plain.sort(FIRST_SLOT, UP)
    orders = QSignalSpy(plain.layoutChanged)
    for id in range(2, 12):
        first = first | {id: summary("train/loss", 1 / id)}
        plain.take_figures(first, [id])
    assert orders.count() == 0 and plain.shown[0] == 1
    assert plain.data(plain.index(plain.place(2), FIRST_SLOT)) == "0.5000"
    qtbot.waitUntil(lambda: plain.shown[0] == 11, timeout=2_000)
    assert orders.count() == 1 and list(plain.shown[:3]) == [11, 10, 9]


def test_a_setting_that_is_a_number_in_some_runs_and_a_text_in_others_is_sorted(model: RunsModel) -> None:
    values = {1: 0.1, 2: "cosine", 3: 10**400, 4: math.nan, 5: True, 6: "Adam"}
    model.update([run(id) for id in (7, 6, 5, 4, 3, 2, 1)], {})
    model.set_params({id: {"lr": value} for id, value in values.items()}, ["lr"])
    model.sort(model.column("param:lr"), UP)
    assert list(model.shown) == [1, 5, 3, 6, 2, 7, 4]
    model.sort(model.column("param:lr"), DOWN)
    assert list(model.shown) == [2, 6, 3, 5, 1, 7, 4]


def test_a_run_without_a_loss_of_that_name_shows_its_first_loss(model: RunsModel) -> None:
    gan = summary("train/fool_loss", 0.7) | summary("train/fake_loss", 0.3)
    model.update([run(3), run(2), run(1)], {1: summary("train/loss", 0.5), 2: gan})
    column = model.slots.index("loss") + FIRST_SLOT
    assert [model.data(model.index(row, column)) for row in range(3)] == ["–", "0.7000", "0.5000"]
    tip = model.data(model.index(1, column), Qt.ItemDataRole.ToolTipRole)
    assert tip == "train/fool_loss: last 0.7000, best 0.7000 at step 9"
    model.sort(column, DOWN)
    assert list(model.shown) == [2, 1, 3]


ODD_NAMES = ("👩\u200d💻 🎨", "a\nb", "x" * 100_000, "\u05e9\u05dd", "<b>x</b>", "", "\x00")
ODD_ROWS: tuple[dict[str, object], ...] = (
    {"state": "exploded"},
    {"started": 1e300, "ended": math.inf, "created": -1e300},
    {"epoch": -1, "epochs": -5, "step": 2**62, "steps": -1, "parameters": -(2**63)},
    {"state": "failed", "cause": "c\n" * 100_000, "dataset": "d" * 100_000, "used_device": "\n"},
)


def test_odd_names_and_damaged_rows_neither_hide_others_nor_become_walls_of_text(model: RunsModel) -> None:
    runs = [run(number, name=name, model=name) for number, name in enumerate(ODD_NAMES, 1)]
    runs += [run(number, **row) for number, row in enumerate(ODD_ROWS, 100)]
    model.update(runs, {100: summary("validation/accuracy", math.nan)})
    assert model.rowCount() == len(runs)
    for column in range(model.columnCount()):
        model.sort(column)
        for row in range(model.rowCount()):
            for role in (Qt.ItemDataRole.DisplayRole, TIP):
                shown = model.data(model.index(row, column), role)
                assert (
                    isinstance(shown, str) and len(shown) < 700 and "\n" not in shown and "\x00" not in shown
                )
    model.set_filter("exploded")
    assert list(model.shown) == [100]
