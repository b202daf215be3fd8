"""A run's metrics at a glance are columns of numbers that look like a mapping of summaries."""

import math

from workbench.store.records import Summary
from workbench.store.summaries import Glance, Kinds, Same, glances, kinds_of

KNOWN: dict[Kinds, Same] = {}
ROWS = [
    (7, "train/loss", "", 0.5, 3, 0.5, 3, 2.0, 1, 3),
    (7, "validation/accuracy", "Accuracy", 0.9, 3, 0.1, 1, 0.9, 3, 3),
    (4, "train/loss", "", None, 2, None, 1, None, 1, 2),
]


def read(rows: list[tuple[object, ...]]) -> dict[int, Glance]:
    return glances(rows, KNOWN)


def test_runs_look_like_mappings_of_summaries() -> None:
    found = read([*ROWS])
    assert list(found) == [7, 4] and list(found[7]) == ["train/loss", "validation/accuracy"]
    accuracy = Summary("validation/accuracy", 0.9, 3, 0.1, 1, 0.9, 3, 3, "Accuracy")
    assert found[7]["validation/accuracy"] == accuracy
    assert found[7] == {
        "train/loss": Summary("train/loss", 0.5, 3, 0.5, 3, 2.0, 1, 3),
        accuracy.metric: accuracy,
    }
    assert math.isnan(found[4]["train/loss"].last) and found[4]["train/loss"].count == 2
    assert "loss" not in found[7] and found[7].get("loss") is None and found[7] != {}
    assert kinds_of(found[7]) == kinds_of(dict(found[7]))


def test_the_same_figures_read_again_are_equal_also_where_they_are_nan() -> None:
    first, again = read([*ROWS]), read([*ROWS])
    assert first[4]["train/loss"] == again[4]["train/loss"]
    assert first == again and first[4].kinds is again[4].kinds
    other = (*ROWS[0][:-1], 4)
    assert read([other, *ROWS[1:]])[7] != first[7]
    assert read([ROWS[0]])[7] != first[7]


def test_a_number_is_read_without_its_summary() -> None:
    found = read([*ROWS])
    assert [found[7].number("validation/accuracy", which) for which in ("last", "min", "max")] == [
        0.9,
        0.1,
        0.9,
    ]
    assert math.isnan(found[4].number("train/loss", "last"))
