"""A label that no score stands for is told before training, by node, value and item."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from tests.drawing import draw
from tests.engine.conftest import Trained
from tests.programs import analysed
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.engine.data import Loaded, assembled, load_sample
from workbench.engine.data.items import ItemSet
from workbench.engine.labels import check_labels
from workbench.engine.readers.samples import sample
from workbench.jobs.datasets import add_dataset

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
    """With another label of one item; the parts are counted through in their order."""
    labels = flowers.tensors["label"].clone()
    assert isinstance(flowers, ItemSet)
    labels[torch.cat(list(flowers.positions.values()))[place]] = value
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


@pytest.mark.usefixtures("reads_here")
def test_rows_that_are_in_no_part_need_no_label(trained: Trained, tmp_path: Path) -> None:
    """A damaged picture keeps its place among the items, but nothing trains on it."""
    for name in ("a", "b", "c"):
        (tmp_path / "cells" / name).mkdir(parents=True)
        for place in range(12):
            tone = 20 * place + 60 * "abc".index(name)
            Image.new("L", (8, 8), tone % 255).save(tmp_path / "cells" / name / f"{place}.png")
    whole = (tmp_path / "cells" / "b" / "3.png").read_bytes()
    (tmp_path / "cells" / "b" / "3.png").write_bytes(whole[:-30])
    add_dataset(trained.store, tmp_path / "cells")
    document = draw(
        """
        data Dataset dataset=cells
        flat Flatten < data.image
        fc Linear out_features=3 < flat
        loss CrossEntropyLoss < fc data.label
        """,
        schemas={record.id: Schema.from_json(record.schema) for record in trained.store.datasets()},
        epochs=1,
    )
    run = trained.run(document)
    assert run.state == "completed", run.cause


def test_the_item_of_a_bad_label_is_counted_in_its_part() -> None:
    content = sample("iris")
    turned = replace(content, splits={name: index[::-1].copy() for name, index in content.splits.items()})
    loaded = assembled(turned)
    first = len(turned.splits["train"])
    with pytest.raises(DataError, match="item 1 of the validation part"):
        check_labels(analysed(draw(MODEL)), {"iris": with_label(loaded, first, 9)})
