"""What differs between runs, as a pure table."""

import math
from dataclasses import replace
from typing import Any

from workbench.gui.compare.differences import Row, differences
from workbench.gui.compare.verdict import figure
from workbench.store.records import RunRecord, Summary

RUN = RunRecord(
    1, "lenet5", "lenet5", "completed", "", "auto", "cpu", 0, 1.0, 2.0, 74.0, 30, 30, 1350, 1350, 61706, "digits",
    "", 0, 0.0, 0.0, "", 0,
)  # fmt: skip
RUNS = [replace(RUN, id=id) for id in (1, 2, 3)]


def summary(metric: str, low: float, high: float) -> Summary:
    return Summary(metric, high, 9, low, 5, high, 9, 9, "Accuracy" if metric.endswith("accuracy") else "")


def by_name(rows: list[Row]) -> dict[str, Row]:
    return {row.name: row for row in rows}


def test_results_are_held_against_the_base_in_the_direction_that_is_good() -> None:
    found = {
        1: {
            "validation/accuracy": summary("validation/accuracy", 0.1, 0.9),
            "train/loss": summary("train/loss", 0.3, 2),
        },
        2: {
            "validation/accuracy": summary("validation/accuracy", 0.1, 0.95),
            "train/loss": summary("train/loss", 0.4, 2),
        },
        3: {},
    }
    rows = by_name(differences(RUNS, {}, found, base=0))
    accuracy, loss = rows["accuracy · best of validation"], rows["loss · best of train"]
    assert accuracy.texts == ("0.9000", "0.9500", "–")
    assert accuracy.tones == ("", "better", "") and accuracy.best == 1
    assert loss.texts == ("0.3000", "0.4000", "–")
    assert loss.tones == ("", "worse", "") and loss.best == 0


def test_only_what_differs_is_left_with_settings_that_some_lack() -> None:
    params = {
        1: {"training.lr": 1e-3, "seed": 0},
        2: {"training.lr": 1e-4, "seed": 0},
        3: {"dropout.p": 0.1, "seed": 0},
    }
    rows = differences(RUNS, params, {}, base=1)
    assert [row.name for row in rows] == ["training.lr", "dropout.p"]
    assert rows[0].texts == ("0.001", "0.0001", "–")
    assert rows[0].tones == ("changed", "", "changed")
    every = by_name(differences(RUNS, params, {}, base=1, only=False))
    assert {"seed", "parameters", "data", "duration"} <= every.keys()
    assert every["parameters"].texts == ("61.7 k",) * 3


def test_facts_that_follow_have_no_colour() -> None:
    runs = [RUN, replace(RUN, id=2, parameters=148_000, state="failed", epoch=3)]
    rows = by_name(differences(runs, {}, {}, base=0))
    assert rows["parameters"].tones == ("", "changed")
    assert rows["state"].tones == ("", "") and rows["state"].differs


def test_a_single_run_shows_everything() -> None:
    rows = differences([RUN], {1: {"training.lr": 0.1}}, {}, base=0)
    assert by_name(rows)["training.lr"].texts == ("0.1",)


def test_nan_is_never_the_best() -> None:
    found = {
        id: {"train/loss": summary("train/loss", value, value)}
        for id, value in ((1, math.nan), (2, 0.5), (3, 0.7))
    }
    row = by_name(differences(RUNS, {}, found, base=0))["loss · best of train"]
    assert row.texts[0] == "NaN" and row.best == 1
    assert row.tones == ("", "", "")  # nothing is better or worse than NaN


def test_figures_of_runs_from_elsewhere_are_told_whatever_their_split() -> None:
    foreign = Summary("val/accuracy", 0.5, 9, 0.2, 5, 0.5, 9, 9, "larger is better")
    found = {
        1: {"loss": summary("loss", 0.1, 2.0), "val/accuracy": summary("val/accuracy", 0.3, 0.9)},
        2: {"loss": summary("loss", 0.2, 2.0), "val/accuracy": foreign},
    }
    rows = by_name(differences(RUNS[:2], {}, found, base=0))
    assert rows["loss · best"].texts == ("0.1000", "0.2000") and rows["loss · best"].best == 0
    assert rows["accuracy · best of val"].texts == ("0.9000", "0.5000")
    assert figure(found, [1, 2], "loss") == "loss" and figure(found, [1, 2], "other") == ""


def test_settings_that_are_still_being_read_are_no_difference() -> None:
    assert differences(RUNS[:2], {1: {"training.lr": 0.1}}, {}, base=0) == []


def test_where_it_ran_stands_last_and_what_was_not_recorded_is_no_difference() -> None:
    torch, python = "environment.torch", "environment.python"
    params: dict[int, dict[str, Any]] = {
        1: {"conv1.out_channels": 6, "training.epochs": 3, torch: "2.11", python: "3.11"},
        2: {"conv1.out_channels": 12, "training.epochs": 4, torch: "2.12", python: "3.11"},
        3: {"conv1.out_channels": 12, "training.epochs": 4},
    }
    found = differences(RUNS, params, {}, base=0)
    assert [row.name for row in found] == ["training.epochs", "conv1.out_channels", torch]
    every = by_name(differences(RUNS, params, {}, base=0, only=False))
    assert every[python].texts == ("3.11", "3.11", "–") and every[python].tones == ("", "", "")
