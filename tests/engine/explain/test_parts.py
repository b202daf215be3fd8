"""How an example is taken apart, and put together again with parts left out."""

import pytest
import torch

from workbench.core.errors import JobError
from workbench.core.shapes import TensorSpec
from workbench.engine.explain import parts
from workbench.engine.explain.methods import Found
from workbench.engine.explain.saliency import _shown
from workbench.engine.readers.tokens import PAD, UNKNOWN, Vocabulary

WORDS = Vocabulary("words", (PAD, UNKNOWN, "a", "b", "c"), (PAD, UNKNOWN))


def test_a_picture_in_squares() -> None:
    picture = torch.arange(2 * 5 * 6, dtype=torch.float32).view(2, 5, 6)
    found = parts.picture("data.image", picture, "zero", 8)
    assert found.kind == "picture" and found.count == 9
    there = torch.ones(2, 9)
    there[1, 4] = 0
    whole, without = found.variants(there)["data.image"]
    assert torch.equal(whole, picture)
    assert bool((without[:, 2:4, 2:4] == 0).all()) and torch.equal(without[:, :2], picture[:, :2])
    grey = parts.picture("data.image", picture, "mean", 8).variants(torch.zeros(1, 9))["data.image"][0]
    assert torch.allclose(grey, picture.mean((1, 2), keepdim=True).expand_as(picture))
    volume = parts.picture("data.volume", torch.randn(1, 4, 4, 4), "zero", 8)
    assert (volume.kind, volume.count) == ("volume", 8)


@pytest.mark.parametrize("first", [True, False])
def test_steps_behind_the_end_of_a_series_are_no_parts(first: bool) -> None:
    series = torch.randn(3, 10) if first else torch.randn(10, 3)
    found = parts.series("data.x", series, "mean", 4, length=7, channels_first=first)
    assert found.count == 4
    (piece,) = found.pieces
    table = piece.groups if first else piece.groups.T
    assert table[0].tolist() == [0, 0, 1, 1, 2, 2, 3, -1, -1, -1]
    nothing = piece.variants(torch.zeros(1, 4))[0]
    steps = nothing if first else nothing.T
    own = series if first else series.T
    assert torch.equal(steps[:, 7:], own[:, 7:])
    assert torch.allclose(steps[:, 0], own[:, :7].mean(1))


def test_tokens_without_padding() -> None:
    found = parts.tokens("data.tokens", torch.tensor([2, 4, 1, 0, 0]), WORDS, 5, 5)
    assert found.names == ("a", "c", UNKNOWN) and found.count == 3
    assert found.variants(torch.tensor([[1.0, 0, 1]]))["data.tokens"].tolist() == [[2, 0, 1, 0, 0]]
    short = parts.tokens("data.tokens", torch.tensor([2, 4, 1]), WORDS, 2, 5)
    assert short.names == ("a", "c")
    assert parts.blank_of(Vocabulary("characters", ("x", " ")), 2) == 1
    assert parts.blank_of(None, 10) == 0
    with pytest.raises(JobError, match="2,000 tokens"):
        parts.tokens("data.tokens", torch.full((2000,), 2), WORDS, 2000, 5)


def test_numbers_of_one_column_are_one_part_with_one_weight() -> None:
    row = {"t.features": torch.tensor([1.0, 0, 1, 5]), "t.city": torch.tensor(3)}
    usual = {"t.features": torch.tensor([0.5, 0.2, 0.3, 4]), "t.city": torch.tensor(0)}
    names = {"t.features": ["age", "colour", "colour", "size"], "t.city": ["city"]}
    found = parts.columns(row, usual, names)
    assert found.names == ("age", "colour", "size", "city") and found.count == 4
    changed = found.variants(torch.tensor([[1.0, 0, 1, 0]]))
    assert torch.allclose(changed["t.features"], torch.tensor([[1.0, 0.2, 0.3, 5]]))
    assert changed["t.city"].tolist() == [0]
    weights = torch.tensor([1.0, -2, 3, 4])
    spread = tuple(piece.spread(weights) for piece in found.pieces)
    assert _shown(found, Found(spread, ""))["weights"] == [1, -2, 3, 4]
    assert _shown(found, Found(spread, "", shared=False))["weights"] == [1, -4, 3, 4]


def test_what_an_entry_is_by_its_shape() -> None:
    row, length = TensorSpec(("N", 20), "index", 9), TensorSpec(("N",), "index", 21)
    assert parts.kind_of(row, [row, length]) == "tokens"
    assert parts.kind_of(length, [row, length]) is None
    assert parts.kind_of(length, [length]) == "columns"
    for shape, kind in (
        (("N", 4), "columns"),
        (("N", 9, 2), "series"),
        (("N", 1, 8, 8), "picture"),
        (("N", 1, 4, 8, 8), "volume"),
        (("V", 7), "nodes"),
        ((2, "E"), None),
    ):
        assert parts.kind_of(TensorSpec(shape), []) == kind
