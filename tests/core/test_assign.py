"""Settings by name, as typed after --set."""

import pytest

from tests.drawing import CLASSIFIER, block, draw
from workbench.core.assign import assign, parse
from workbench.core.document import Document, Update
from workbench.core.errors import EditError
from workbench.core.expressions import Value


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("training.epochs=3", "training.epochs", 3),
        ("conv1.lr = 0.5", "conv1.lr", 0.5),
        ("conv1.bias=false", "conv1.bias", False),
        ("conv1.target=null", "conv1.target", None),
        ("conv1.kernel_size=[3, 5]", "conv1.kernel_size", (3, 5)),
        ("conv1.padding=same", "conv1.padding", "same"),
        ("fc.out_features== width * 2", "fc.out_features", "= width * 2"),
        ("samples.prompt=a=b", "samples.prompt", "a=b"),
        ("samples.prompt=", "samples.prompt", ""),
    ],
)
def test_values_are_read_as_json_or_text(text: str, name: str, value: Value) -> None:
    assert parse(text) == (name, value)
    assert type(parse(text)[1]) is type(value)


@pytest.mark.parametrize("text", ["training.epochs", "=3", "", " = 3", "a={}", "a=[[1]]"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(EditError):
        parse(text)


@pytest.mark.parametrize("text", ["a=NaN", "a=Infinity", "a=-Infinity", "a=1e999", "a=[1, NaN]"])
def test_numbers_that_no_model_may_hold_are_refused(text: str) -> None:
    with pytest.raises(EditError, match="not a number that a model may hold"):
        parse(text)


def model() -> Document:
    body = block("x Input\nfc Linear out_features='= size' < x\ny Output < fc", size=8)
    updates = (
        Update("first", {"loss": 1}, (), {"type": "SGD", "lr": 0.1}),
        Update("second", {"loss": 1}, (), {"type": "Adam", "lr": 0.1}),
    )
    return draw(
        f"{CLASSIFIER}\nextra @Body size=4 *2 < flat",
        blocks={"Body": body},
        updates=updates,
        variables={"width": 3},
        epochs=5,
    )


def test_every_kind_of_setting_reaches_its_place() -> None:
    document = model()
    assert assign(document, "training.batch_size", 7).training.settings == {"epochs": 5, "batch_size": 7}
    assert assign(document, "fc1.out_features", 9).graph.nodes["fc1"].params["out_features"] == 9
    assert assign(document, "width", 4).variables == {"width": 4}
    assert assign(document, "extra.repeat", 3).graph.nodes["extra"].repeat == 3
    assert assign(document, "extra.size", 5).graph.nodes["extra"].params["size"] == 5
    inner = assign(document, "Body/fc.bias", False)
    assert inner.blocks["Body"].graph.nodes["fc"].params["bias"] is False
    assert document == model(), "documents are never changed"


def test_settings_of_an_update() -> None:
    def second(name: str, value: Value) -> Update:
        first, changed = assign(model(), f"training.updates.second.{name}", value).training.updates
        assert first == model().training.updates[0]
        return changed

    assert second("lr", 0.5).optimizer == {"type": "Adam", "lr": 0.5}
    assert second("optimizer", "SGD").optimizer == {"type": "SGD"}
    assert second("schedule", "CosineAnnealingLR").schedule == {"type": "CosineAnnealingLR"}
    assert second("schedule.gamma", 0.5).schedule == {**model().training.updates[1].schedule, "gamma": 0.5}
    assert (second("every", 2).every, second("clip", 1).clip) == (2, 1.0)
    for name, value in (("every", 0), ("every", 1.5), ("every", True), ("clip", -1), ("clip", "much")):
        with pytest.raises(EditError, match=name):
            second(name, value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("depth", r"There is no variable “depth” \(variables: width\)"),
        ("fc9.bias", "There is no node “fc9” here"),
        ("Nothing/fc.bias", "There is no block “Nothing” in this model"),
        ("training.updates.third.lr", r"There is no update “third” \(updates: first, second\)"),
        ("training.updates.lr", "write training.updates.UPDATE.FIELD"),
        ("training.updates.first.optimizer.lr", "write training.updates.UPDATE.FIELD"),
    ],
)
def test_a_place_that_does_not_exist_is_refused_with_what_there_is(name: str, message: str) -> None:
    with pytest.raises(EditError, match=message):
        assign(model(), name, 1)


def test_a_model_with_the_default_update_says_so() -> None:
    with pytest.raises(EditError, match="the one default update"):
        assign(draw(CLASSIFIER), "training.updates.train.lr", 1)


def test_a_field_of_linked_copies_is_set_in_all() -> None:
    document = draw(
        "data Dataset dataset=iris\na Linear out_features=5 < data\nb Linear out_features=5 ~a < data"
    )
    for name in ("a.out_features", "b.out_features"):
        after = assign(document, name, 8)
        assert {after.graph.nodes[id].params["out_features"] for id in "ab"} == {8}
