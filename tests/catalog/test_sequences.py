"""What makes sequences of images and vectors of sequences, and positions that a table does not have."""

from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.catalog.running import built, filled, ran, specs_of
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

LENGTH = [4, 1, 0]


def pooled(mode: str, x: Tensor, *length: Tensor) -> Tensor:
    kind = filled("SequencePool", ("x", "length") if length else ("x",), mode=mode)
    return ran(kind, built(kind, specs_of((x, *length))), x, *length)["y"]


@pytest.mark.parametrize("mode", ["mean", "max", "first", "last"])
def test_only_steps_that_count_are_pooled(mode: str) -> None:
    x = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    for row, length in enumerate(LENGTH):
        steps = x[row, : max(1, length)]
        wanted = {"mean": steps.mean(0), "max": steps.amax(0), "first": steps[0], "last": steps[-1]}[mode]
        x[row, max(1, length) :] = float("nan")  # whatever stands there
        torch.testing.assert_close(pooled(mode, x, torch.tensor(LENGTH))[row], wanted)


@pytest.mark.parametrize("mode", ["mean", "max", "first", "last"])
def test_without_a_length_every_step_counts(mode: str) -> None:
    x = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    wanted = {"mean": x.mean(1), "max": x.amax(1), "first": x[:, 0], "last": x[:, -1]}[mode]
    torch.testing.assert_close(pooled(mode, x), wanted)


def test_patches_are_squares_row_after_row() -> None:
    kind = filled("PatchEmbedding", embedding_dim=7, patch_size=2)
    x = torch.randn(2, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    module = built(kind, specs_of((x,)))
    weights = dict(module.named_parameters())
    found = ran(kind, module, x)["y"]
    for row in range(2):
        for column in range(3):
            square = x[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].flatten(1)
            wanted = F.linear(square, weights["projection.weight"].flatten(1), weights["projection.bias"])
            torch.testing.assert_close(found[:, 3 * row + column], wanted)


def test_a_class_token_stands_in_front_and_learns() -> None:
    kind = filled("ClassToken", weight_init="normal")
    x = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    module = built(kind, specs_of((x,)))
    weight = next(module.parameters())
    found = ran(kind, module, x)["y"]
    torch.testing.assert_close(found[:, 1:], x)
    torch.testing.assert_close(found[:, 0], weight.reshape(1, 4).expand(2, 4))
    torch.autograd.backward(found.sum())
    assert weight.any() and weight.grad is not None and set(weight.grad.flatten().tolist()) == {2.0}


def test_behind_a_class_token_the_same_steps_are_padding() -> None:
    x, length = torch.randn(3, 4, 6), torch.tensor([4, 1, 0])
    token, attention = (
        filled("ClassToken", padded=True),
        filled("MultiheadAttention", ("query", "length"), num_heads=2),
    )
    specs = (TensorSpec(("N", 4, 6)), TensorSpec(("N",), "index", 5))
    _, longer = cast(tuple[TensorSpec, ...], token.infer(*specs))
    assert longer == TensorSpec(("N",), "index", 6)
    first = built(token, specs)
    second = built(attention, (TensorSpec(("N", 5, 6)), longer))

    def seen(values: torch.Tensor) -> torch.Tensor:
        found = ran(token, first, values, length, specs=specs)
        assert found["length"].tolist() == [5, 2, 1]
        return ran(attention, second, found["y"], found["length"])["y"][:, 0]

    other = x.clone()
    other[1, 1:], other[2] = 100.0, 100.0
    torch.testing.assert_close(seen(other), seen(x))
    other[1, 0] = 100.0
    assert not torch.allclose(seen(other)[1], seen(x)[1])


@pytest.mark.parametrize("name", ["PositionEmbedding", "PositionalEncoding"])
def test_a_sequence_beyond_the_table_is_refused_in_words(name: str) -> None:
    kind = filled(name, max_length=5)
    module = built(kind, (TensorSpec(("N", "L", 4)),))
    assert module(torch.zeros(2, 5, 4)).shape == (2, 5, 4)
    with pytest.raises(ValueError, match="6 steps, but max_length is 5"):
        module(torch.zeros(2, 6, 4))


SAID: list[tuple[str, dict[str, Any], tuple[TensorSpec, ...], str, str]] = [
    ("PatchEmbedding", {"patch_size": 4}, (TensorSpec(("N", 1, 8, 10)),), "", "does not divide the 10 columns"),
    ("PatchEmbedding", {}, (TensorSpec(("N", 64)),), "x", "expects images N×C×H×W"),
    ("ClassToken", {}, (TensorSpec(("N", 64)),), "x", "expects sequences N×L×F"),
    (
        "ClassToken", {"padded": True}, (TensorSpec(("N", 4, 5)), TensorSpec(("N",), "index", 9)), "length",
        "have 4 steps, got lengths of up to 8",
    ),
    (
        "SequencePool", {}, (TensorSpec(("N", 4, 5)), TensorSpec(("N",), "index", 9)), "length",
        "have 4 steps, got lengths of up to 8",
    ),
    ("PositionEmbedding", {"max_length": 3}, (TensorSpec(("N", 4, 5)),), "x", "at most 3 steps"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "params", "specs", "port", "said"), SAID)
def test_wrong_links_are_named(
    type: str, params: dict[str, Any], specs: tuple[TensorSpec, ...], port: str, said: str
) -> None:
    with pytest.raises(ShapeError, match=said) as caught:
        filled(type, **params).infer(*specs)
    assert caught.value.port == port
    if caught.value.change:
        name, value = caught.value.change
        filled(type, **{**params, name: value}).infer(*specs)
