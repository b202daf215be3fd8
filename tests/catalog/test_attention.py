"""Attention against torch's own module, against formulas written out, and against what padding may not change."""

import math
import warnings
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.catalog.running import built, filled, ran
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

LENGTH = torch.tensor([6, 3, 1])


def sequences(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def attention(features: int = 8, **params: Any) -> nn.MultiheadAttention:
    torch.manual_seed(0)
    return nn.MultiheadAttention(features, 2, batch_first=True, **params)


@pytest.fixture(autouse=True)
def _loud() -> Any:
    """Torch warns where masks are of two kinds."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("need_weights", [False, True])
def test_padding_is_ignored_as_with_torchs_own_mask(causal: bool, training: bool, need_weights: bool) -> None:
    module, x = attention().train(training), sequences(3, 6, 8)
    kind = filled(
        "MultiheadAttention", ("query", "length"), num_heads=2, causal=causal, need_weights=need_weights
    )
    found = ran(kind, module, x, LENGTH)
    padding = torch.arange(6) >= LENGTH[:, None]
    mask = torch.ones(6, 6, dtype=torch.bool).triu(1) if causal else None
    y, weights = module(x, x, x, key_padding_mask=padding, attn_mask=mask)
    torch.testing.assert_close(found["y"], y)
    if need_weights:
        torch.testing.assert_close(found["weights"], weights)
        assert not found["weights"][1, :, 3:].any()
    noise = x + 100 * padding[:, :, None]
    again = ran(kind, module, noise, LENGTH)["y"]
    torch.testing.assert_close(again[~padding], found["y"][~padding])


@pytest.mark.parametrize("causal", [False, True])
def test_an_empty_sequence_gives_numbers_and_gradients(causal: bool) -> None:
    module, x = attention(), sequences(3, 6, 8).requires_grad_()
    kind = filled("MultiheadAttention", ("query", "length"), num_heads=2, causal=causal)
    y = ran(kind, module, x, torch.tensor([0, 6, 0]))["y"]
    torch.autograd.backward(y.square().sum())
    assert y.isfinite().all()
    assert cast(Tensor, x.grad).isfinite().all()


def test_the_length_is_that_of_the_key() -> None:
    module, query, key = attention(), sequences(3, 4, 8), sequences(3, 6, 8)
    kind = filled("MultiheadAttention", ("query", "key", "length"), num_heads=2)
    wanted, _ = module(query, key, key, key_padding_mask=torch.arange(6) >= LENGTH[:, None])
    torch.testing.assert_close(ran(kind, module, query, key, LENGTH)["y"], wanted)


MASKS = {
    "for all": ((4, 6), (4, 6)),
    "a head": ((2, 4, 6), (2, 4, 6)),
    "an example": ((3, 4, 6), ("N", 4, 6)),
    "both": ((3, 2, 4, 6), ("N", 2, 4, 6)),
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("kind_of_mask", ["numbers", "yes and no"])
@pytest.mark.parametrize("padded", [False, True])
def test_masks_of_every_shape(name: str, kind_of_mask: str, padded: bool) -> None:
    """Held against the formula, with the weights of the module taken apart."""
    sizes, shape = MASKS[name]
    module, query, key = attention(), sequences(3, 4, 8), sequences(3, 6, 8)
    mask = sequences(*sizes)
    bias = mask
    if kind_of_mask == "yes and no":
        mask = mask > -0.5
        bias = torch.where(mask, 0.0, -1e9)
    bias = bias.unsqueeze(1) if name == "an example" else bias
    named = ("query", "key", "length", "mask") if padded else ("query", "key", "mask")
    inputs = [query, key, *([LENGTH] if padded else []), mask]
    specs = (
        TensorSpec(("N", 4, 8)), TensorSpec(("N", 6, 8)), *([TensorSpec(("N",), "index")] if padded else []),
        TensorSpec(shape, "bool" if kind_of_mask == "yes and no" else "float"),
    )  # fmt: skip
    if padded:
        bias = bias.expand(3, 2, 4, 6).masked_fill((torch.arange(6) >= LENGTH[:, None])[:, None, None], -1e18)
    q, k, v = (
        F.linear(x, w, b).reshape(3, -1, 2, 4).transpose(1, 2)
        for x, w, b in zip(
            (query, key, key), module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3), strict=True
        )
    )
    weights = (q @ k.transpose(2, 3) / 2 + bias).softmax(-1)
    wanted = module.out_proj((weights @ v).transpose(1, 2).flatten(2))
    kind = filled("MultiheadAttention", named, num_heads=2, need_weights=True, average_attn_weights=False)
    found = ran(kind, module, *inputs, specs=specs)
    torch.testing.assert_close(found["y"], wanted)
    torch.testing.assert_close(found["weights"], weights, atol=1e-6, rtol=1e-5)
    own = filled("ScaledDotProductAttention", ("query", "key", "value", *named[2:]), num_heads=2)
    flat = [x.transpose(1, 2).flatten(2) for x in (q, k, v)]
    parts = (TensorSpec(("N", 4, 8)), TensorSpec(("N", 6, 8)), TensorSpec(("N", 6, 8)), *specs[2:])
    found = ran(own, built(own, parts), *flat, *inputs[2:], specs=parts)
    torch.testing.assert_close(module.out_proj(found["y"]), wanted)


def test_the_map_of_the_heads_is_their_mean() -> None:
    module, x = attention(), sequences(3, 6, 8)
    each = filled("MultiheadAttention", num_heads=2, need_weights=True, average_attn_weights=False)
    mean = filled("MultiheadAttention", num_heads=2, need_weights=True)
    maps = ran(each, module, x)["weights"]
    assert maps.shape == (3, 2, 6, 6)
    torch.testing.assert_close(maps.sum(-1), torch.ones(3, 2, 6))
    torch.testing.assert_close(ran(mean, module, x)["weights"], maps.mean(1))


def test_a_value_without_a_key_belongs_to_the_query() -> None:
    module, query, value = attention(), sequences(3, 6, 8), sequences(3, 6, 8) + 1
    found = ran(filled("MultiheadAttention", ("query", "value"), num_heads=2), module, query, value)
    torch.testing.assert_close(found["y"], module(query, query, value)[0])


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_the_weighted_mean_written_out(need_weights: bool, causal: bool, padded: bool) -> None:
    query, key, value = sequences(3, 2, 6, 4), sequences(3, 2, 6, 4) + 1, sequences(3, 2, 6, 5)
    scores = query @ key.transpose(2, 3) * 0.3
    if causal:
        scores = scores.masked_fill(torch.ones(6, 6, dtype=torch.bool).triu(1), -math.inf)
    if padded:
        scores = scores.masked_fill((torch.arange(6) >= LENGTH[:, None])[:, None, None], -math.inf)
    named = ("query", "key", "value", *(["length"] if padded else []))
    kind = filled("ScaledDotProductAttention", named, scale=0.3, is_causal=causal, need_weights=need_weights)
    inputs = (query, key, value, *([LENGTH] if padded else []))
    specs = tuple(
        TensorSpec(("N", *x.shape[1:]), "float" if x.is_floating_point() else "index") for x in inputs
    )
    found = ran(kind, built(kind, specs), *inputs)
    torch.testing.assert_close(found["y"], scores.softmax(-1) @ value)
    if need_weights:
        torch.testing.assert_close(found["weights"], scores.softmax(-1))


@pytest.mark.parametrize("interleaved", [True, False])
def test_rotated_queries_and_keys_know_only_their_distance(interleaved: bool) -> None:
    """Su et al. 2021, eq. 16: the product of two turned vectors depends on how far they are apart."""
    kind = filled("RotaryEmbedding", num_heads=2, interleaved=interleaved)
    q, k = sequences(1, 1, 12).expand(1, 9, 12), (sequences(1, 1, 12) + 1).expand(1, 9, 12)
    module = built(kind, (TensorSpec(("N", 9, 12)),))
    q, k = (ran(kind, module, x)["y"].reshape(1, 9, 2, 6).transpose(1, 2) for x in (q, k))
    scores = (q @ k.transpose(2, 3))[0]
    for head in range(2):
        for offset in range(-8, 9):
            diagonal = scores[head].diagonal(offset)
            torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(scores[:, 0, 0], scores[:, 0, 3])


def test_rotation_follows_the_formula() -> None:
    x = sequences(2, 5, 6)
    kind = filled("RotaryEmbedding", base=100.0)
    found = ran(kind, built(kind, (TensorSpec(("N", 5, 6)),)), x)["y"]
    halves = filled("RotaryEmbedding", base=100.0, interleaved=False)
    order = [0, 2, 4, 1, 3, 5]
    other = ran(halves, built(halves, (TensorSpec(("N", 5, 6)),)), x[:, :, order])["y"]
    torch.testing.assert_close(other, found[:, :, order])
    for t in range(5):
        for k in range(3):
            angle = t * 100 ** (-2 * k / 6)
            a, b = x[1, t, 2 * k].item(), x[1, t, 2 * k + 1].item()
            wanted = (a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle))
            assert found[1, t, 2 * k].item() == pytest.approx(wanted[0], abs=1e-5)
            assert found[1, t, 2 * k + 1].item() == pytest.approx(wanted[1], abs=1e-5)


def bucket(ahead: int, buckets: int, most: int, both: bool) -> int:
    """Raffel et al. 2020: half of the numbers for single distances, the rest up to `most` by the logarithm."""
    start = 0
    if both:
        buckets //= 2
        start = buckets if ahead > 0 else 0
        distance = abs(ahead)
    else:
        distance = max(0, -ahead)
    exact = buckets // 2
    if distance < exact:
        return start + distance
    far = exact + int(math.log(distance / exact) / math.log(most / exact) * (buckets - exact))
    return start + min(far, buckets - 1)


@pytest.mark.parametrize("both", [True, False])
def test_relative_positions_fall_into_the_published_buckets(both: bool) -> None:
    kind = filled("RelativePositionBias", num_heads=3, num_buckets=12, max_distance=37, bidirectional=both)
    query, key = sequences(1, 90, 4), sequences(1, 100, 4)
    specs = (TensorSpec(("N", 90, 4)), TensorSpec(("N", 100, 4)))
    module = built(kind, specs)
    found = ran(kind, module, query, key)["y"]
    weight = cast(Tensor, module.weight)
    wanted = torch.tensor([[bucket(s - t, 12, 37, both) for s in range(100)] for t in range(90)])
    torch.testing.assert_close(found, weight[wanted].permute(2, 0, 1))
    torch.autograd.backward(found.sum())
    assert weight.grad is not None


N5, N6 = TensorSpec(("N", 5, 8)), TensorSpec(("N", 6, 8))
COUNTS = TensorSpec(("N",), "index", 7)
SAID: list[tuple[str, tuple[str, ...], dict[str, Any], tuple[TensorSpec, ...], str, str]] = [
    ("MultiheadAttention", ("query", "length"), {}, (N5, COUNTS), "length", "have 5 steps, got lengths of up to 6"),
    ("MultiheadAttention", ("query", "length"), {}, (N6, TensorSpec(("N",))), "length", "link the length of the"),
    ("MultiheadAttention", ("query", "length"), {}, (N6, TensorSpec(("N", 6), "index")), "length", "N×6 index"),
    ("MultiheadAttention", ("query", "mask"), {}, (N6, TensorSpec((6, 5))), "mask", "6×6, 4×6×6 for each head"),
    ("MultiheadAttention", ("query", "mask"), {}, (N6, TensorSpec((3, 6, 6))), "mask", "got 3×6×6"),
    ("MultiheadAttention", ("query", "mask"), {}, (N6, TensorSpec((6, 6), "index")), "mask", "for each pair"),
    ("ScaledDotProductAttention", (), {"num_heads": 3}, (N6, N6, N6), "", "does not divide the 8 features"),
    ("MultiheadAttention", ("query",), {"num_heads": 3}, (N6,), "", "heads = 3 does not divide the 8 features"),
    ("ScaledDotProductAttention", (), {}, (N6, TensorSpec(("N", 6, 7)), N6), "key", "as many features as the query"),
    ("ScaledDotProductAttention", (), {}, (N6, N6, N5), "value", "as many steps as the key has, 6"),
    ("ScaledDotProductAttention", (), {"is_causal": True}, (N5, N6, N6), "key", "causal needs"),
    ("RotaryEmbedding", (), {"num_heads": 8}, (N6,), "x", "an even number of features, not 1"),
    ("RotaryEmbedding", (), {"num_heads": 2}, (TensorSpec(("N", 2, 6, 8)),), "x", "num_heads is 1, not 2"),
    ("RelativePositionBias", (), {"max_distance": 8}, (N6,), "", "reach farther than max_distance 8"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "linked", "params", "specs", "port", "said"), SAID)
def test_wrong_links_are_named(
    type: str,
    linked: tuple[str, ...],
    params: dict[str, Any],
    specs: tuple[TensorSpec, ...],
    port: str,
    said: str,
) -> None:
    with pytest.raises(ShapeError, match=said) as caught:
        filled(type, linked, **params).infer(*specs)
    assert caught.value.port == port
    if caught.value.change:
        name, value = caught.value.change
        filled(type, linked, **{**params, name: value}).infer(*specs)
