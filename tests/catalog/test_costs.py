"""What a model costs: figures that can be worked out by hand, and a time that learns from earlier runs."""

from dataclasses import replace

import pytest

from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.costs import Estimate, Measured, activations, bytes_of, estimate, seconds, sizes_of
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load, templates
from workbench.core.document import Document, Update
from workbench.core.shapes import TensorSpec


def analysed(document: Document) -> Analysis:
    return analyse(document, SAMPLES)


def costs(document: Document, **items: int) -> Estimate:
    found = estimate(analysed(document), items)
    assert found is not None
    return found


def test_every_part_of_a_small_model() -> None:
    found = costs(draw(CLASSIFIER, batch_size=32))
    weights = 64 * 16 + 16 + 16 * 10 + 10
    assert found.weights == 4 * weights == found.gradients
    assert found.state == 2 * 4 * weights, "Adam keeps two numbers for each weight"
    # The batch of images and labels, both layers, the activation, the loss with its probabilities; flatten is free.
    assert found.activations == 32 * (4 * 64 + 8 + 4 * (16 + 16 + 10 + 10)) + 4
    assert found.data == 1797 * (4 * 64 + 8)
    assert found.memory == found.weights + found.gradients + found.state + found.activations + found.data
    assert found.steps == -(-int(1797 * 0.6) // 32)
    assert found.operations == 3 * int(1797 * 0.6) * (64 * 16 + 16 * 10)


def test_an_average_takes_the_weights_once_more() -> None:
    plain, averaged = costs(draw(CLASSIFIER)), costs(draw(CLASSIFIER, ema_decay=0.99))
    assert (averaged.weights, averaged.gradients) == (2 * plain.weights, plain.gradients)


def test_what_is_known_of_the_data_counts() -> None:
    assert costs(draw(CLASSIFIER, batch_size=10), digits=101).steps == 11


@pytest.mark.parametrize(
    ("optimizer", "numbers"),
    [
        ({"type": "SGD"}, 0),
        ({"type": "SGD", "momentum": 0.9}, 1),
        ({"type": "AdamW"}, 2),
        ({"type": "RMSprop"}, 1),
        ({"type": "RMSprop", "momentum": 0.9, "centered": True}, 3),
        ({"type": "Adagrad"}, 1),
    ],
)
def test_the_state_of_an_optimiser(optimizer: dict[str, object], numbers: int) -> None:
    update = Update("train", {"loss": 1}, (), optimizer)  # type: ignore[arg-type]  # plain values
    found = costs(draw(CLASSIFIER, updates=(update,)))
    assert found.state == numbers * found.weights


def test_an_update_of_a_part_keeps_gradients_of_that_part() -> None:
    found = costs(draw(CLASSIFIER, updates=(Update("head", {"loss": 1}, ("fc2",), {"type": "SGD"}),)))
    assert found.gradients == 4 * 170 < found.weights


def test_what_leads_to_no_loss_is_not_kept() -> None:
    both = f"{CLASSIFIER}\nextra Linear out_features=1000 < flat\nguess Accuracy < extra digits.label"
    analysis = analysed(draw(both.replace("out_features=1000", "out_features=10")))
    assert analysis.ok
    without = costs(draw(CLASSIFIER)).activations
    assert costs(draw(both.replace("out_features=1000", "out_features=10"))).activations == without


def test_repetitions_count_each() -> None:
    body = block("x Input\nfc Linear out_features=8 < x\nrelu ReLU < fc\ny Output < relu")

    def of(times: int) -> int:
        lines = f"data Dataset dataset=iris\nin Linear out_features=8 < data\nbody @Body *{times} < in\n"
        lines += "head Linear out_features=3 < body\nloss CrossEntropyLoss < head data.label"
        analysis = analysed(draw(lines, blocks={"Body": body}))
        return activations(analysis.root.infos["body"], sizes_of(analysis))

    assert of(1) == 64 * 4 * 16
    assert of(5) == 5 * of(1)


def test_graphs_are_one_step_of_all_nodes() -> None:
    analysis = analysed(load("gcn"))
    found = estimate(analysis)
    assert found is not None and found.steps == 1
    assert found.operations == 3 * 34 * analysis.operations
    assert bytes_of(TensorSpec((2, "E"), "index"), sizes_of(analysis)) == 2 * 156 * 8


def test_a_model_that_cannot_train_has_no_estimate() -> None:
    assert estimate(analysed(Document())) is None
    assert estimate(analysed(draw("digits Dataset\nfc Linear < digits"))) is None


@pytest.mark.parametrize("template", [each.id for each in templates() if not each.landmark])
def test_every_small_template_has_an_estimate(template: str) -> None:
    found = costs(load(template))
    assert all(part > 0 for part in (found.weights, found.state, found.activations, found.data, found.steps))
    assert all(work > 0 for work in found.work.values())
    larger = costs(
        replace(load(template), training=replace(load(template).training, settings={"batch_size": 4096}))
    )
    assert larger.activations >= found.activations and larger.steps <= found.steps


def test_a_dataset_to_be_chosen_leaves_the_time_open() -> None:
    lines = "data Dataset dataset='any 30 in 2 classes'\nfc Linear out_features=2 < data.features\n"
    found = costs(draw(f"{lines}loss CrossEntropyLoss < fc data.label", batch_size=16))
    assert found.steps == found.operations == found.data == 0
    assert found.activations == 16 * (4 * 30 + 8 + 4 * 2 + 4 * 2) + 4


def test_time_learns_from_the_most_similar_runs() -> None:
    assert seconds(3.0, []) == 3.0
    assert seconds(3.0, [Measured(1.0, 2.0)]) == 6.0
    small = [Measured(0.01, 0.04), Measured(0.011, 0.044), Measured(0.012, 0.048)]
    large = [Measured(100.0, 50.0), Measured(110.0, 55.0), Measured(90.0, 45.0)]
    assert seconds(0.02, small + large) == pytest.approx(0.08)
    assert seconds(80.0, small + large) == pytest.approx(40.0)
    assert seconds(0.0, small) == 0.0


def test_of_many_graphs_a_batch_takes_a_share_of_the_nodes() -> None:
    analysis = analyse(load("graph-classifier"), SAMPLES)
    sizes, found = sizes_of(analysis), estimate(analysis)
    assert found is not None and found.steps == 8
    assert (sizes["N"], sizes["V"], sizes["E"]) == (32, 6086 * 32 // 400, 11772 * 32 // 400)
    assert found.data == 4 * 6086 * 8 + 8 * (2 * 11772 + 6086 + 400)
