"""First weights chosen in a form are those that the built module begins with."""

import math

import pytest
import torch
from torch import nn

from workbench.catalog.forms import fields_of, fill
from workbench.catalog.nodes.linear import Linear
from workbench.catalog.nodes.normalisation_layer import LayerNorm
from workbench.catalog.weights import unused
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

X = TensorSpec(("N", 400))


def lines(**fields: Value) -> list[str]:
    return fill(Linear, {"out_features": 300, **fields}).initialise("module", X)


def made(**fields: Value) -> nn.Linear:
    torch.manual_seed(0)
    module = nn.Linear(400, 300)
    exec("\n".join(lines(**fields)), {"nn": nn, "module": module})  # noqa: S102 - our own text
    return module


@pytest.mark.parametrize(
    ("how", "scale", "std"),
    [
        ("normal", 0.0, 0.02),
        ("normal", 0.3, 0.3),
        ("truncated normal", 0.1, 0.0880),  # 0.8796 of the standard deviation is left inside of two of them
        ("uniform", 0.0, 0.05 / math.sqrt(3)),
        ("uniform", 0.6, 0.6 / math.sqrt(3)),
        ("xavier uniform", 0.0, math.sqrt(2 / 700)),
        ("xavier normal", 2.0, 2 * math.sqrt(2 / 700)),
        ("he uniform", 0.0, math.sqrt(2 / 400)),
        ("he normal", 0.0, math.sqrt(2 / 400)),
        ("he normal (outputs)", 0.0, math.sqrt(2 / 300)),
    ],
)
def test_weights_have_the_published_spread(how: str, scale: float, std: float) -> None:
    weight = made(weight_init=how, weight_scale=scale).weight
    assert weight.std().item() == pytest.approx(std, rel=0.02)
    assert abs(weight.mean().item()) < 0.02 * std + 1e-3


def test_constants_and_zeros() -> None:
    assert set(made(weight_init="constant", weight_scale=0.25).weight.flatten().tolist()) == {0.25}
    assert not made(weight_init="zeros").weight.any()
    assert not made(bias_init="zeros").bias.any()
    assert set(made(bias_init="constant", bias_value=2.0).bias.tolist()) == {2.0}


def test_orthogonal_rows_stand_at_right_angles() -> None:
    weight = made(weight_init="orthogonal").weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(300), atol=1e-5, rtol=0)


def test_nothing_is_written_for_the_default_or_a_bias_that_is_not_there() -> None:
    assert lines() == []
    assert lines(bias=False, bias_init="zeros") == []


def test_which_fields_change_nothing() -> None:
    usual: dict[str, Value] = {entry.name: entry.default for entry in fields_of(Linear)}
    assert unused(usual) == {"weight_scale", "bias_value"}
    assert unused({**usual, "bias_init": "constant", "weight_init": "orthogonal"}) == frozenset()
    assert unused({**usual, "bias_init": "= how", "weight_init": "= how"}) == frozenset()
    others = {"weight_scale", "bias_init", "bias_value"}
    assert unused({**usual, "bias": False, "weight_init": "he normal"}) == others
    plain = {entry.name: entry.default for entry in fields_of(LayerNorm)}
    assert unused({**plain, "elementwise_affine": False}) == {"weight_init", *others}
    assert unused({"epochs": 3}) == frozenset()
    attention: dict[str, Value] = {"need_weights": False, "average_attn_weights": True}
    assert unused(attention) == {"average_attn_weights"}
    for given in (True, "= told"):
        assert unused({**attention, "need_weights": given}) == frozenset()
