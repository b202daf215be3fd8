"""Exercises made of plain texts: what is hidden and asked, and which parts follow. The reference is counted by hand."""

from typing import Any

import pytest
import torch
from torch import nn

from workbench.catalog.forms import fill
from workbench.catalog.spec import node_types
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


def module(name: str, **arguments: Any) -> nn.Module:
    found: dict[str, Any] = {"torch": torch, "nn": nn}
    exec(node_types()[name].source, found)  # noqa: S102 - the class that the program would contain
    made = found[name](**arguments)
    assert isinstance(made, nn.Module)
    return made


def test_a_share_of_the_tokens_is_asked_and_most_of_them_are_hidden() -> None:
    torch.manual_seed(0)
    x = torch.randint(3, 50, (200, 100))
    y, target = module("MaskedTokens", vocabulary=50, mask=50, keep=(3,))(x)
    asked = target != -100
    others = x != 3
    assert abs(asked[others].float().mean() - 0.15) < 0.01 and not asked[~others].any()
    assert torch.equal(target[asked], x[asked]) and torch.equal(y[~asked], x[~asked])
    hidden, same = y[asked] == 50, y[asked] == x[asked]
    assert abs(hidden.float().mean() - 0.8) < 0.02
    assert abs(same.float().mean() - 0.1) < 0.02
    assert set(y[asked].tolist()) == {*range(50), 50} - {3}, "what is never asked is never put in either"


@pytest.mark.parametrize("training", [True, False])
def test_special_tokens_are_never_drawn(training: bool) -> None:
    torch.manual_seed(0)
    hide = module("MaskedTokens", vocabulary=12, mask=4, p=1.0, keep=(0, 11, 2, 30)).train(training)
    x = torch.full((100, 50), 7)
    y, target = hide(x)
    assert (target == 7).all()
    drawn = y[(y != 4) & (y != 7)]
    assert drawn.unique().tolist() == [1, 3, 5, 6, 8, 9, 10]
    counts = drawn.bincount()[[1, 3, 5, 6, 8, 9, 10]].float()
    assert (counts / counts.sum() - 1 / 7).abs().max() < 0.04


def test_a_text_of_nothing_but_special_tokens_is_told() -> None:
    kind = fill(node_types()["MaskedTokens"], {"mask": 2, "keep": (0, 1)})
    with pytest.raises(ShapeError, match="no token left that could be hidden"):
        kind.infer(TensorSpec(("N", 5), "index", 3))
    kind.infer(TensorSpec(("N", 5), "index", 4))


def test_in_evaluation_the_same_places_are_hidden_every_time() -> None:
    hide = module("MaskedTokens", vocabulary=50, mask=50)
    x = torch.randint(0, 50, (8, 30))
    assert not torch.equal(hide(x)[0], hide(x)[0])
    hide.eval()
    first, second = hide(x), hide(x)
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])


def test_every_second_pair_is_of_another_example_in_evaluation() -> None:
    x = torch.arange(20).reshape(4, 5)
    y, segment, follows = module("SentencePairs", first=90, between=91).eval()(x)
    assert y.tolist() == [
        [90, 0, 1, 91, 2, 3, 4, 91],
        [90, 5, 6, 91, 2, 3, 4, 91],
        [90, 10, 11, 91, 12, 13, 14, 91],
        [90, 15, 16, 91, 12, 13, 14, 91],
    ]
    assert segment.tolist() == [[0, 0, 0, 0, 1, 1, 1, 1]] * 4
    assert follows.tolist() == [1, 0, 1, 0]


def test_in_training_half_of_the_pairs_follow_and_a_single_one_always_does() -> None:
    torch.manual_seed(0)
    pairs = module("SentencePairs", first=2000, between=2001)
    x = torch.arange(2000).reshape(500, 4)
    y, _, follows = pairs(x)
    together = y[:, 4] == y[:, 2] + 1
    assert torch.equal(together.long(), follows)
    assert abs(follows.float().mean() - 0.5) < 0.1
    assert pairs(x[:1])[2].tolist() == [1]
