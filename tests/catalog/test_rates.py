"""Rates of parts in updates, with everything decided and what is wrong with them told."""

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import MUTE, Document, Update
from workbench.core.expressions import Value
from workbench.core.looks import SetMode
from workbench.jobs.settings import flatten

ADAM: dict[str, Value] = {"type": "Adam", "lr": 0.001}
SHARED = CLASSIFIER.replace("relu ReLU < fc1", "relu ReLU < fc1\ntwin Linear ~fc1 < flat")


def model(*updates: Update, text: str = CLASSIFIER) -> Document:
    return draw(text, updates=updates, variables={"slow": 0.1})


def one(rates: dict[str, Value], train: tuple[str, ...] = (), text: str = CLASSIFIER) -> Analysis:
    return analyse(model(Update("train", {"loss": 1}, train, ADAM, rates=rates), text=text), SAMPLES)


def test_factors_are_worked_out_and_0_freezes() -> None:
    (step,) = one({"fc1": 0, "fc2": "= slow * 5"}).updates
    assert (step.trains, step.frozen, step.everything) == (("fc2",), ("fc1",), True)
    assert dict(step.rates) == {"fc2": 0.5}
    (step,) = one({"fc1": 1, "fc2": 1.0}).updates
    assert (dict(step.rates), step.frozen, step.everything) == ({}, (), True)


def test_settings_of_a_run_name_them() -> None:
    document = model(Update("train", {"loss": 1}, (), ADAM, rates={"fc1": 0, "fc2": "= slow * 5"}))
    flat = flatten(document, analyse(document, SAMPLES))
    assert flat["training.updates.train.rates.fc1"] == 0 and flat["training.updates.train.rates.fc2"] == 0.5


def test_what_another_update_trains_is_not_frozen() -> None:
    first = Update("first", {"loss": 1}, (), ADAM, rates={"fc1": 0})
    second = Update("second", {"loss": 1}, ("fc1",), ADAM)
    one, two = analyse(model(first, second), SAMPLES).updates
    assert (one.trains, one.frozen, one.everything) == (("fc2",), (), False)
    assert (two.trains, two.everything) == (("fc1",), False)


def test_a_copy_speaks_for_the_owner_unless_that_has_a_rate() -> None:
    assert dict(one({"twin": 0.5}, text=SHARED).updates[0].rates) == {"fc1": 0.5}
    for rates in ({"twin": 0.5, "fc1": 2}, {"fc1": 2, "twin": 0.5}):
        assert dict(one({**rates}, text=SHARED).updates[0].rates) == {"fc1": 2.0}


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"nobody": 0.1}, "Update “train” has a rate for “nobody”, which does not exist."),
        ({"fc1": -0.1}, "rate of fc1: -0.1 is no factor of the learning rate"),
        ({"fc1": True}, "rate of fc1: True is no factor of the learning rate"),
        ({"fc1": "fast"}, "rate of fc1: 'fast' is no factor"),
        ({"fc1": "= fast"}, "Update “train”, rate of fc1: "),
        ({"fc1": "= 1 / 0"}, "Update “train”, rate of fc1: "),
        ({"fc1": 0, "fc2": 0}, "trains nothing: all that it could train is frozen (fc1, fc2)."),
    ],
)
def test_what_is_wrong_is_told(rates: dict[str, Value], message: str) -> None:
    analysis = one(rates)
    assert not analysis.ok and not analysis.updates
    assert any(message in str(problem) for problem in analysis.problems)


def test_what_can_be_mended_is_mended() -> None:
    for rates in ({"nobody": 0.1}, {"fc1": 0, "fc2": 0}):
        document = model(Update("train", {"loss": 1}, (), ADAM, rates={**rates}))
        (problem,) = [p for p in analyse(document, SAMPLES).problems if p.severity == "error"]
        (fix,) = problem.fixes
        after = fix.edit.apply(document)
        assert after.training.updates[0].rates == {} and analyse(after, SAMPLES).ok


def test_a_part_without_weights_has_no_rate() -> None:
    analysis = one({"relu": 0.1})
    assert analysis.ok and not analysis.updates[0].rates
    assert any("has a rate for it, but it has no weights" in problem.message for problem in analysis.problems)


def test_what_is_frozen_stays_frozen_where_a_copy_stands_in() -> None:
    text = """
        data Dataset dataset=iris
        a Linear out_features=4 < data
        b Linear out_features=4 ~a < data
        both Add < a b
        fc Linear out_features=3 < both
        loss CrossEntropyLoss < fc data.label
    """
    document = model(Update("train", {"loss": 1}, (), ADAM, rates={"a": 0}), text=text)
    (step,) = analyse(document, SAMPLES).updates
    assert (step.trains, step.frozen) == (("fc",), ("a",))
    (step,) = analyse(SetMode(("a",), MUTE).apply(document), SAMPLES).updates
    assert (step.trains, step.frozen) == (("fc",), ("b",))
