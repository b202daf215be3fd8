"""Rates of parts in updates: they are kept in files, follow edits, and are set by name."""

from pathlib import Path

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.core.assign import assign
from workbench.core.blocks import MakeBlock
from workbench.core.document import Document, Training, Update
from workbench.core.edits import RemoveNodes, RenameNode, SetTraining
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.files import dumps, loads
from workbench.core.unpack import UnpackBlock
from workbench.core.variables import RenameVariable, SetVariable

RATES: dict[str, Value] = {"fc1": 0, "fc2": "= slow * 2"}


def model(**rates: Value) -> Document:
    update = Update("train", {"loss": 1}, (), {"type": "Adam", "lr": 0.001}, rates=rates or RATES)
    return draw(CLASSIFIER, updates=(update,), variables={"slow": 0.1})


def rates(document: Document) -> dict[str, Value]:
    return dict(document.training.updates[0].rates)


def test_they_come_back_from_a_file_of_format_3_and_other_models_stay_in_format_2() -> None:
    text = dumps(model())
    assert '"format": 3' in text and '"rates": {"fc1": 0, "fc2": "= slow * 2"}' in text
    assert loads(text) == model() and dumps(loads(text)) == text
    plain = dumps(draw(CLASSIFIER, updates=(Update("train", {"loss": 1}),)))
    assert '"format": 2' in plain and "rates" not in plain
    assert loads(plain.replace('"format": 2', '"format": 3')) == loads(plain), "2 becomes 3 as it is"


def test_a_file_of_format_2_opens_as_it_was() -> None:
    file = Path(__file__).parents[1] / "files" / "model-format-2.json"
    text = file.read_text(encoding="utf-8")
    assert dumps(loads(text)) == text
    assert len(loads(text).training.updates) == 2 and loads(text).graph.remarks and loads(text).graph.bends


def test_they_follow_names_and_go_with_their_parts() -> None:
    assert rates(RenameNode("fc1", "body").apply(model())) == {"body": 0, "fc2": "= slow * 2"}
    assert rates(RemoveNodes(("fc1",)).apply(model())) == {"fc2": "= slow * 2"}
    renamed = RenameVariable("slow", "pace").apply(model())
    assert rates(renamed) == {"fc1": 0, "fc2": "= pace * 2"}
    document = SetVariable("slow", None).apply(model())
    with pytest.raises(EditError, match="already uses the name “slow”"):
        RenameVariable("other", "slow").apply(SetVariable("other", 1).apply(document))


def test_what_the_best_epoch_is_told_by_follows_a_name() -> None:
    document = assign(model(), "training.monitor", "accuracy")
    assert RenameNode("accuracy", "acc").apply(document).training.settings["monitor"] == "acc"
    assert RenameNode("fc1", "body").apply(document).training.settings["monitor"] == "accuracy"


def test_a_block_takes_the_rate_of_its_parts_and_gives_it_back() -> None:
    made = MakeBlock(("fc1", "relu"), "Body", "body").apply(model())
    assert rates(made) == {"body": 0, "fc2": "= slow * 2"}
    assert rates(UnpackBlock("body", "", frozenset({"Linear"})).apply(made))["fc1"] == 0
    mixed = MakeBlock(("fc1", "relu", "fc2"), "Body", "body").apply(model())
    assert rates(mixed) == {}, "parts with several rates have none in common"


def test_they_are_set_by_name() -> None:
    document = assign(model(), "training.updates.train.rates.fc1", 0.5)
    assert rates(document) == {"fc1": 0.5, "fc2": "= slow * 2"}
    for name in ("training.updates.train.rates", "training.updates.train.rates.fc1.lr"):
        with pytest.raises(EditError, match=r"training\.updates\.UPDATE\.rates\.PART"):
            assign(model(), name, 0.5)
    with pytest.raises(EditError, match="fc1"):
        SetTraining(Training({}, (Update("train", rates={"fc1": float("nan")}),))).apply(model())
