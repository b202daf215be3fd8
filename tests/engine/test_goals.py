"""What ready models promise on the samples that come along: each is trained as it is drawn."""

import pytest

from tests.engine.conftest import Trained
from workbench.catalog.templates import load

GOALS = {
    "small-bert": ("validation/guessed", 0.6),
    "rnn": ("validation/accuracy", 0.93),
    "adding": ("validation/lstm_r2", 0.95),
    "copying": ("validation/lstm_right", 0.95),
    "vit-small": ("validation/accuracy", 0.95),
    "gru": ("validation/accuracy", 0.9),
    "text-cnn": ("validation/accuracy", 0.9),
    "bilstm": ("validation/accuracy", 0.9),
    "cnn1d": ("validation/accuracy", 0.9),
    "cnn1d-sound": ("validation/accuracy", 0.9),
    "lstm-forecast": ("validation/r2", 0.9),
    "seq2seq-lstm": ("validation/accuracy", 0.95),
    "transformer": ("validation/accuracy", 0.95),
    "small-unet": ("validation/accuracy", 0.98),
}


@pytest.mark.slow  # up to a minute each
@pytest.mark.parametrize("id", GOALS)
def test_it_does_what_it_promises(id: str, trained: Trained) -> None:
    metric, goal = GOALS[id]
    run = trained.run(load(id))
    assert run.state == "completed", run.cause
    found = trained.store.summaries([run.id])[run.id]
    assert found[metric].max >= goal
    if id == "small-bert":
        assert found["validation/right"].max >= 0.75
    if id == "adding":
        assert found["validation/transformer_r2"].max >= 0.95 and found["validation/rnn_r2"].max < 0.1
    if id == "copying":
        assert found["validation/transformer_right"].max >= 0.95 and found["validation/rnn_right"].max < 0.4


def test_the_linear_forecast_needs_a_few_seconds(trained: Trained) -> None:
    run = trained.run(load("dlinear"))
    assert run.state == "completed", run.cause
    assert trained.store.summaries([run.id])[run.id]["validation/r2"].max >= 0.9
