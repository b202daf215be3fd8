"""Which metrics several runs recorded."""

from collections.abc import Mapping

from workbench.gui.runs import metrics
from workbench.store.records import Summary


def figures(*names: str) -> Mapping[str, Summary]:
    return {name: Summary(name, 1.0, 1, 1.0, 1, 1.0, 1, 1) for name in names}


def test_metrics_of_several_runs_stand_in_the_order_in_which_they_came() -> None:
    runs = [
        figures("train/loss", "train/b"),
        figures(),
        figures("test/a", "train/b"),
        figures("train/loss", "c"),
    ]
    assert metrics.recorded(runs) == ["train/loss", "train/b", "test/a", "c"]
    assert metrics.names(metrics.recorded(runs)) == ["loss", "b", "a", "c"]
