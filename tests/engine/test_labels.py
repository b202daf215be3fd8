"""A label that no score stands for is told before training, by node, value and item."""

from dataclasses import replace

import pytest
import torch

from tests.drawing import draw
from tests.programs import analysed
from workbench.catalog.samples import SAMPLES
from workbench.core.errors import DataError
from workbench.engine.data import Loaded, load_sample
from workbench.engine.labels import check_labels

MODEL = """
    data Dataset dataset=iris
    fc Linear out_features=3 < data.features
    loss CrossEntropyLoss < fc data.label
    accuracy Accuracy < fc data.label
"""


@pytest.fixture
def flowers() -> Loaded:
    return load_sample("iris")


def with_label(flowers: Loaded, place: int, value: int) -> Loaded:
    labels = flowers.tensors["label"].clone()
    labels[place] = value
    return replace(flowers, tensors={**flowers.tensors, "label": labels})


def test_good_labels_and_those_that_do_not_count_pass(flowers: Loaded) -> None:
    analysis = analysed(draw(MODEL))
    check_labels(analysis, {"iris": flowers})
    check_labels(analysis, {"iris": with_label(flowers, 4, -100)})


@pytest.mark.parametrize("value", [3, 7, -1])
def test_a_label_outside_of_the_classes_is_named(flowers: Loaded, value: int) -> None:
    train = flowers.sizes["train"]
    for place, item in ((4, "item 5 of the train part"), (train + 1, "item 2 of the validation part")):
        with pytest.raises(DataError) as caught:
            check_labels(analysed(draw(MODEL)), {"iris": with_label(flowers, place, value)})
        assert f"loss: the target data.label is {value} at {item} of “" in str(caught.value)
        assert "scores for 3 classes, 0 to 2" in str(caught.value)


NEEDS_ALL = {
    "iris": "fc Linear out_features=3 < data.features\n    loss MultiMarginLoss < fc data.label",
    "opinions": """words Embedding embedding_dim=4 < data.tokens
    mean SequencePool < words
    fc Linear out_features=1 < mean
    loss BCEWithLogitsLoss < fc data.label""",
}


@pytest.mark.parametrize("id", NEEDS_ALL)
def test_a_loss_that_needs_every_label_tells_of_one_that_is_not_there(id: str) -> None:
    analysis = analysed(draw(f"data Dataset dataset={id}\n    {NEEDS_ALL[id]}"))
    data = load_sample(id)
    check_labels(analysis, {id: data})
    with pytest.raises(
        DataError, match=r"loss: .* -100 at item 5 of the train part .*Loss needs one of every item"
    ):
        check_labels(analysis, {id: with_label(data, 4, -100)})


def test_targets_of_other_kinds_are_left_alone() -> None:
    text = "data Dataset dataset=diabetes\nfc Linear out_features=1 < data.features\nloss MSELoss < fc data.target"
    document = draw(text)
    check_labels(analysed(document), {"diabetes": load_sample("diabetes")})
    assert SAMPLES["diabetes"].outputs["target"].dtype == "float"
    assert torch.is_floating_point(load_sample("diabetes").tensors["target"])
