"""Training of a drawing with bypassed and muted nodes: as if it were drawn without them."""

from tests.drawing import CLASSIFIER, draw
from tests.engine.conftest import Trained, same
from workbench.core.looks import SetMode

WITHOUT = """
    digits Dataset
    flat Flatten < digits.image
    relu ReLU < flat
    fc2 Linear out_features='= classes' < relu
    loss CrossEntropyLoss < fc2 digits.label
"""


def test_what_is_left_trains_as_if_it_were_drawn_alone(trained: Trained) -> None:
    drawn = SetMode(("fc1",), "bypass").apply(draw(CLASSIFIER, epochs=2, batch_size=256))
    drawn = SetMode(("accuracy",), "mute").apply(drawn)
    run, other = trained.run(drawn, seed=3), trained.run(draw(WITHOUT, epochs=2, batch_size=256), seed=3)
    assert (run.state, run.cause) == ("completed", "") == (other.state, other.cause)
    store = trained.store
    assert run.parameters == 64 * 10 + 10
    assert "train/loss" in store.summaries([run.id])[run.id]
    assert not any("accuracy" in name for name in store.summaries([run.id])[run.id])
    assert not any(name.startswith(("fc1.", "accuracy.")) for name in store.params(run.id))
    assert same(trained.last(run), trained.last(other)) and set(trained.last(run).weights) == {
        "fc2.weight",
        "fc2.bias",
    }
