"""Data in order: each row of a batch goes on where it stopped in the batch before."""

import pytest
import torch
from torch import Tensor

from workbench.engine.data import Loaded, load_sample

BatchList = list[dict[str, Tensor]]


def batches(data: Loaded, split: str, size: int, length: int = 0, skip: int = 0) -> BatchList:
    found = list(data.batches(split, size, shuffle=False, length=length, skip=skip, in_order=True))
    if not skip:
        assert len(found) == data.steps_per_epoch(split, size, length=length, in_order=True)
    return found


@pytest.mark.parametrize("split", ["train", "validation"])
def test_rows_of_a_text_go_on(split: str) -> None:
    data = load_sample("reference-text")
    found = batches(data, split, 6, 1000)
    start, _ = data.slice_of(split)
    steps = data.count(split, length=1000) // 6
    for row in range(6):
        text = torch.cat([batch["tokens"][row] for batch in found[:steps]])
        begin = start + row * steps * 1000
        assert torch.equal(text, data.tensors["tokens"][begin : begin + steps * 1000].long())
        assert torch.equal(torch.cat([b["next"][row] for b in found[:steps]])[:-1], text[1:])
    seen = sum(len(batch["tokens"]) for batch in found)
    assert seen == (steps * 6 if split == "train" else data.count(split, length=1000)), (
        "an evaluation sees all"
    )
    again = batches(data, split, 6, 1000, skip=3)
    assert all(torch.equal(a["tokens"], b["tokens"]) for a, b in zip(again, found[3:], strict=True))


def test_windows_follow_each_other() -> None:
    data = load_sample("tides")
    found = batches(data, "train", 3)
    rows = [torch.cat([batch["x"][row] for batch in found]) for row in range(3)]
    whole = data.tensors["x"]
    for row in rows:
        begin = int((whole == row[0]).all(1).nonzero()[0, 0])
        assert torch.equal(row, whole[begin : begin + len(row)])
    assert len(found) == len(range(0, data.count("train"), 48)) // 3


def test_examples_that_stand_for_themselves_keep_their_order() -> None:
    data = load_sample("iris")
    found = batches(data, "train", 16)
    _, size = data.slice_of("train")
    seen = torch.cat([batch["label"] for batch in found])
    assert torch.equal(seen, torch.cat([b["label"] for b in data.batches("train", 16, shuffle=False)]))
    assert len(seen) == size and found[0]["label"].shape == (16,)


def test_a_text_shorter_than_a_batch_is_one_batch() -> None:
    data = load_sample("reference-text")
    (batch,) = batches(data, "validation", 1000, 2000)
    assert len(batch["tokens"]) == data.count("validation", length=2000)
