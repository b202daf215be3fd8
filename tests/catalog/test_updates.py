"""Updates with everything decided: what each minimises and trains, and under which name its sum is recorded."""

from dataclasses import replace

import pytest

from tests.drawing import CLASSIFIER, block, draw
from tests.programs import batch_of, call, live
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load
from workbench.catalog.training import SGD, Adam, AdamW, CosineAnnealingLR, optimizer_arguments
from workbench.catalog.updates import total_name
from workbench.core.document import Document, Training, Update
from workbench.core.expressions import Value

ADAM: dict[str, Value] = {"type": "Adam", "lr": 0.001}
TWO = f"{CLASSIFIER}\nside MSELoss target=0 < fc1"


def checked(document: Document) -> Analysis:
    analysis = analyse(document, SAMPLES)
    assert analysis.ok, analysis.problems
    return analysis


def totals(analysis: Analysis) -> list[str]:
    return [total_name(analysis.root, analysis.updates, step) for step in analysis.updates]


def test_without_updates_all_losses_train_everything() -> None:
    analysis = checked(draw(TWO))
    (step,) = analysis.updates
    assert (step.name, dict(step.losses), step.trains) == (
        "train",
        {"loss": 1.0, "side": 1.0},
        ("fc1", "fc2"),
    )
    assert step.everything and isinstance(step.optimizer, Adam) and not step.schedule.code()
    assert totals(analysis) == ["total_loss"], "the model has a node of the name loss"


def test_an_update_trains_only_what_has_a_part_in_its_losses() -> None:
    analysis = checked(
        draw(
            TWO,
            updates=(
                Update("body", {"side": 1}, (), ADAM),
                Update("head", {"loss": "= 1 / classes"}, ("fc2",), {"type": "SGD", "lr": "= 1 / 64"}),
            ),
        )
    )
    body, head = analysis.updates
    assert (body.trains, body.everything) == (("fc1",), False)
    assert (head.trains, dict(head.losses)) == (("fc2",), {"loss": 0.1})
    assert isinstance(head.optimizer, SGD) and head.optimizer.lr == 1 / 64
    assert totals(analysis) == ["side", "head_loss"]


def test_a_linked_copy_stands_for_its_owner() -> None:
    document = load("gan")
    names = {"discriminator": ("judge_fake",), "generator": ("generator",)}
    updates = tuple(replace(each, train=names[each.name]) for each in document.training.updates)
    analysis = checked(replace(document, training=replace(document.training, updates=updates)))
    assert [step.trains for step in analysis.updates] == [("judge",), ("generator",)]
    assert totals(analysis) == ["discriminator_loss", "fool_loss"]


def test_names_of_totals_never_meet_those_of_nodes() -> None:
    text = TWO.replace("side MSELoss", "total_loss MSELoss")
    assert totals(checked(draw(text))) == ["total_total_loss"]


def test_optimisers_and_schedules_are_filled() -> None:
    update = Update(
        "train",
        {"loss": 2},
        (),
        {"type": "AdamW", "lr": "= rate * 2", "beta1": 0.5},
        {"type": "CosineAnnealingLR"},
        every=3,
        clip=1.5,
    )
    (step,) = checked(draw(CLASSIFIER, updates=(update,), variables={"rate": 0.01})).updates
    assert isinstance(step.optimizer, AdamW) and isinstance(step.schedule, CosineAnnealingLR)
    assert optimizer_arguments(step.optimizer) == {"lr": 0.02, "betas": (0.5, 0.999)}
    assert (step.every, step.clip, dict(step.losses)) == (3, 1.5, {"loss": 2.0})


@pytest.mark.parametrize(
    ("monitor", "fine"), [("loss", True), ("accuracy", True), ("total_loss", True), ("fc1", False)]
)
def test_best_by_is_something_that_is_recorded(monitor: str, fine: bool) -> None:
    document = draw(TWO)
    analysis = analyse(replace(document, training=Training({"monitor": monitor})), SAMPLES)
    assert analysis.ok is fine


def test_an_empty_canvas_is_one_problem() -> None:
    assert [problem.message for problem in analyse(Document(), SAMPLES).problems] == [
        "The canvas is empty. Add a dataset to begin."
    ]


BODY = """
    x Input
    z Input
    fc Linear out_features=4 < x
    side Linear out_features=4 < z
    stop StopGradient < side
    both Add < fc stop
    y Output < both
    w Output < stop
"""


@pytest.mark.parametrize(
    ("lines", "trains"),
    [
        ("body @Body < before.y data.features\nhead Linear out_features=3 < body.y", ("before", "body", "head")),
        ("body @Body *3 < data.features before.y\nhead Linear out_features=3 < body.y", ("body", "head")),
        ("body @Body < before.y before.y\nhead Linear out_features=3 < body.w", ("head",)),
        ("body @Body *2 < before.y data.features\nhead Linear out_features=3 < body.y", ("before", "body", "head")),
        ("body @Body ~first < before.y before.y\nfirst @Body < data.features data.features\n"
         "head Linear out_features=3 < body.y", ("before", "first", "head")),
    ],
)  # fmt: skip
def test_gradients_go_through_blocks_but_not_past_a_stop(lines: str, trains: tuple[str, ...]) -> None:
    document = draw(
        f"data Dataset dataset=iris\nbefore Linear out_features=4 < data.features\n{lines}\n"
        "loss CrossEntropyLoss < head data.label",
        blocks={"Body": block(BODY)},
    )
    (step,) = checked(document).updates
    assert set(step.trains) == set(trains)
    program, batch = live(document), batch_of(checked(document))
    next(iter(call(program, "update_train", batch).values())).backward()
    got = {name.partition(".")[0] for name, weight in program.named_parameters() if weight.grad is not None}
    assert got == set(trains)
