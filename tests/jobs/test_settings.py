"""What the settings of a run tell of it."""

import pytest

from workbench.catalog.check import analyse
from workbench.catalog.goals import goal_of
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load
from workbench.jobs.settings import best_by, flatten


@pytest.mark.parametrize(
    "model", ["mlp", "mlp-regression", "autoencoder", "vae", "copying", "gan", "lstm-forecast"]
)
def test_by_which_figure_a_state_was_best(model: str) -> None:
    document = load(model)
    analysis = analyse(document, SAMPLES)
    flat = flatten(document, analysis)
    if len(analysis.updates) == 1:
        assert best_by(flat) == goal_of(analysis).metric
    assert best_by({**flat, "training.monitor": "error"}) == "error"
    assert best_by({}) == best_by({"imported.from": "MLflow"}) == ""
