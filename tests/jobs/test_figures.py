"""Values of metrics by short names, the same from columns of numbers and from plain mappings."""

import math

import pytest

from workbench.jobs import figures
from workbench.store.summaries import Glance, glances

ROWS = [
    (1, "train/accuracy", "Accuracy", 0.5, 3, 0.5, 3, 0.6, 1, 3),
    (1, "validation/accuracy", "Accuracy", 0.8, 3, 0.1, 1, 0.9, 3, 3),
    (2, "train/fool_loss", "", 0.4, 3, 0.3, 1, 0.9, 3, 3),
    (3, "train/accuracy", "Accuracy", None, 3, None, 1, None, 3, 3),
    (4, "accuracy", "", 7.0, 3, 6.0, 1, 8.0, 3, 3),
]


@pytest.mark.parametrize("plain", [False, True])
def test_a_name_means_the_split_that_counts_most(plain: bool) -> None:
    found: dict[int, Glance] = glances(ROWS, {})
    runs = [dict(each) if plain else each for each in found.values()]
    assert figures.values(runs, "accuracy") == [0.9, None, None, 6.0]
    assert figures.values(runs, "accuracy", "last") == [0.8, None, None, 7.0]
    assert figures.values(runs, "train/accuracy", "max") == [0.6, None, None, None]
    assert figures.values(runs, "loss") == [None, 0.3, None, 6.0], "the first loss, where none has that name"
    assert [figures.has(one, "accuracy") for one in runs] == [True, False, True, True]
    assert [math.isnan(figures.value(one, "accuracy")) for one in runs] == [False, True, True, False]


def test_nothing_is_looked_up_for_runs_whose_figures_are_still_to_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "_find", lambda *_: pytest.fail("a search for each of thousands of runs"))
    assert figures.values([{}, {}], "loss") == [None, None]
    assert not figures.has({}, "loss")
