"""A penalty on weights: what it adds to what is minimised, the part that it names, and what is wrong with one."""

import pytest
import torch

from tests.drawing import CLASSIFIER, draw
from tests.programs import analysed, batch_of, call, live
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Update
from workbench.core.edits import RenameNode

PENALTY = CLASSIFIER + "\npenalty WeightPenalty {}"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ("norm=L2 factor=0.01", lambda p: 0.01 * sum(w.pow(2).sum() for w in p.parameters())),
        ("norm=L1 factor=2", lambda p: 2 * sum(w.abs().sum() for w in p.parameters())),
        ("norm=L1 part=fc2 factor=1", lambda p: sum(w.abs().sum() for w in p.fc2.parameters())),
    ],
)
def test_it_adds_to_what_is_minimised_and_has_a_curve_of_its_own(fields: str, wanted: object) -> None:
    document = draw(PENALTY.format(fields))
    program, batch = live(document), batch_of(analysed(document))
    found = call(program, "update_train", batch)
    assert callable(wanted)
    assert torch.allclose(found["penalty"], wanted(program))
    assert torch.allclose(next(iter(found.values())), found["loss"] + found["penalty"])
    program.eval()
    figures = call(program, "summarise", call(program, "evaluate", batch))
    assert figures["penalty"] == pytest.approx(found["penalty"].item(), rel=1e-5)


def test_a_penalty_alone_trains_its_part() -> None:
    document = draw(
        PENALTY.format("part=fc1"), updates=(Update("small", {"penalty": 1.0}, (), {"type": "SGD"}),)
    )
    (step,) = analysed(document).updates
    assert step.trains == ("fc1",)
    program = live(document)
    next(iter(call(program, "update_small", batch_of(analysed(document))).values())).backward()
    assert program.fc1.weight.grad is not None  # type: ignore[union-attr]  # a Module's attributes are open
    assert program.fc2.weight.grad is None  # type: ignore[union-attr]


@pytest.mark.parametrize("part", ["fc2", ""])
def test_it_reaches_its_part_in_an_update_that_trains_some(part: str) -> None:
    """The penalty takes in nothing from other nodes, but its weights learn."""
    update = Update("head", {"loss": 1.0, "penalty": 3.0}, ("fc2",), {"type": "SGD"})
    document = draw(PENALTY.format(f"factor=1 norm=L2 part='{part}'"), updates=(update,))
    program, batch = live(document), batch_of(analysed(document))
    weight = program.get_parameter("fc2.weight")
    found = call(program, "update_head", batch)
    next(iter(found.values())).backward()
    assert weight.grad is not None
    with_penalty = weight.grad.clone()
    program.zero_grad()
    found = call(program, "update_head", batch)
    found["loss"].backward()
    assert weight.grad is not None
    assert torch.allclose(with_penalty, weight.grad + 3 * 2 * weight.detach(), atol=1e-6)


def test_its_part_follows_a_new_name() -> None:
    document = RenameNode("fc2", "head").apply(draw(PENALTY.format("part=fc2")))
    assert document.graph.nodes["penalty"].params["part"] == "head"
    assert analyse(document, SAMPLES).ok


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("fc9", "there is no node or block “fc9” here (there are: fc1, fc2)."),
        ("relu", "“relu” has no weights (there are: fc1, fc2)."),
    ],
)
def test_an_unknown_part_is_told_with_the_names_that_there_are(part: str, words: str) -> None:
    problems = analyse(draw(PENALTY.format(f"part={part}")), SAMPLES).problems
    assert [(p.severity, p.node, p.port) for p in problems] == [("error", "penalty", "part")]
    assert words in str(problems[0])


def test_a_linked_copy_is_named_by_its_owner() -> None:
    text = (
        CLASSIFIER
        + "again Linear out_features=16 ~fc1 < flat\nsee Histogram < again\npenalty WeightPenalty part=again"
    )
    text = text.replace("see Histogram < again\n", "")
    problems = [p for p in analyse(draw(text), SAMPLES).problems if p.severity == "error"]
    assert "uses the weights of “fc1”" in str(problems[0])
    assert problems[0].fixes[0].edit.apply(draw(text)).graph.nodes["penalty"].params["part"] == "fc1"
