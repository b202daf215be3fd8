"""Layers of signals, images and volumes do what their papers say: held against code written out by hand."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.catalog.test_nodes import built, namespace
from tests.drawing import draw
from tests.programs import analysed, batch_of, call, live
from workbench.catalog.forms import fill
from workbench.catalog.spec import Call, NodeType, node_types
from workbench.core.expressions import Value
from workbench.core.shapes import Shape, TensorSpec


def kind_of(type: str, **fields: Value) -> NodeType:
    return fill(node_types()[type], fields)


def module(type: str, shape: Shape, **fields: Value) -> nn.Module:
    torch.manual_seed(0)
    found = built(kind_of(type, **fields), (TensorSpec(shape),))
    assert found is not None
    return found


def run(type: str, *inputs: torch.Tensor, **fields: Value) -> list[torch.Tensor]:
    """What a node gives for these tensors."""
    kind = kind_of(type, **fields)
    specs = tuple(
        TensorSpec(("N", *x.shape[1:]), "index" if x.dtype == torch.int64 else "float") for x in inputs
    )
    outputs = kind.output_ports()
    names = tuple(f"x{index}" for index in range(len(inputs)))
    scope: dict[str, Any] = namespace(type_of(kind)) | dict(zip(names, inputs, strict=True))
    scope["subject"] = built(kind, specs)
    exec("\n".join(kind.forward(Call("subject", names, outputs, specs))), scope)  # noqa: S102 - our own text
    return [scope[name] for name in outputs]


def type_of(kind: NodeType) -> type[NodeType]:
    return type(kind)


def test_a_depthwise_convolution_keeps_channels_apart() -> None:
    x = torch.rand(2, 4, 6, 7)
    layer = module("DepthwiseConv2d", ("N", 4, 6, 7), padding=1, multiplier=2, bias=False)
    changed = x.clone()
    changed[:, 1] += 1
    different = (layer(x) != layer(changed)).any(dim=(0, 2, 3))
    assert different.tolist() == [False, False, True, True, False, False, False, False]


def test_a_separable_convolution_is_a_depthwise_one_and_a_mix() -> None:
    x = torch.rand(2, 3, 9, 8, dtype=torch.float64)
    layer = module("SeparableConv2d", ("N", 3, 9, 8), out_channels=5, stride=2, padding=1).double()
    weights = dict(layer.named_parameters())
    depth, mix = weights["depthwise.weight"], weights["pointwise.weight"]
    filtered = torch.cat([F.conv2d(x[:, [c]], depth[[c]], stride=2, padding=1) for c in range(3)], 1)
    expected = torch.einsum("nchw,oc->nohw", filtered, mix[:, :, 0, 0]) + weights["pointwise.bias"].view(
        1, -1, 1, 1
    )
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize(
    ("gate", "activation"), [("sigmoid", "relu"), ("hardsigmoid", "relu"), ("sigmoid", "silu")]
)
@pytest.mark.parametrize("sizes", [(7,), (5, 6), (3, 4, 5)])
def test_squeeze_and_excitation_as_in_the_paper(sizes: tuple[int, ...], gate: str, activation: str) -> None:
    x = torch.rand(2, 8, *sizes)
    layer = module("SqueezeExcitation", ("N", 8, *sizes), ratio=4, gate=gate, activation=activation)
    weights = dict(layer.named_parameters())
    means = x.mean(dim=tuple(range(2, x.dim())))
    middle = means @ weights["squeeze.weight"].T + weights["squeeze.bias"]
    middle = middle.clamp(min=0) if activation == "relu" else middle * middle.sigmoid()
    gates = middle @ weights["excite.weight"].T + weights["excite.bias"]
    gates = gates.sigmoid() if gate == "sigmoid" else ((gates + 3) / 6).clamp(0, 1)
    expected = torch.stack([x[:, c] * gates[:, c].view(-1, *(1,) * len(sizes)) for c in range(8)], 1)
    torch.testing.assert_close(layer(x), expected)


def test_drop_path_leaves_out_whole_examples_and_keeps_the_mean() -> None:
    x = torch.ones(20_000, 2, 3)
    layer = module("DropPath", ("N", 2, 3), p=0.2)
    y = layer(x)
    assert set(y.flatten().tolist()) == {0.0, 1.25}
    assert (y.amax((1, 2)) == y.amin((1, 2))).all(), "an example is left out as a whole"
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(layer.eval()(x), x)
    nothing = module("DropPath", ("N", 2, 3), p=1.0)
    assert not nothing(x).any(), "no division by zero where everything is left out"


@pytest.mark.parametrize("sizes", [(6, 8), (7, 9)])
def test_unpooling_puts_numbers_back_where_they_were(sizes: tuple[int, int]) -> None:
    x = torch.rand(2, 3, *sizes)
    y, places = run("MaxPool2d", x, return_indices=True)
    (back,) = run("MaxUnpool2d", y, places, x)
    assert back.shape == x.shape
    assert torch.equal(back[back != 0], x[back != 0])
    assert back.count_nonzero() == y.numel()


def test_max_pooling_without_places_is_written_as_before() -> None:
    kind = kind_of("MaxPool2d", kernel_size=3, stride=2)
    assert kind.output_ports() == ("y",)
    assert kind.arguments(TensorSpec(("N", 3, 8, 8))) == {"kernel_size": 3, "stride": 2}


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_global_pooling_takes_signals_images_and_volumes(rank: int) -> None:
    x = torch.rand(2, 3, *(4, 5, 6)[:rank])
    assert torch.equal(run("GlobalMaxPooling", x)[0], x.flatten(2).amax(2))
    torch.testing.assert_close(run("GlobalAvgPool", x)[0], x.flatten(2).mean(2))


def test_pixels_shuffled_there_and_back() -> None:
    x = torch.rand(2, 3, 6, 9)
    (small,) = run("PixelUnshuffle", x, downscale_factor=3)
    assert small.shape == (2, 27, 2, 3)
    assert torch.equal(run("PixelShuffle", small, upscale_factor=3)[0], x)


def test_corners_stay_in_place_where_asked() -> None:
    x = torch.arange(4.0).view(1, 1, 4)
    (y,) = run("Upsample", x, mode="linear", align_corners=True)
    torch.testing.assert_close(y.flatten(), torch.linspace(0, 3, 8))
    (plain,) = run("Upsample", x, mode="linear")
    assert not torch.equal(plain, y)
    assert torch.equal(run("Upsample", x, align_corners=True)[0], run("Upsample", x)[0])


def test_local_response_as_in_the_paper() -> None:
    """The sum over neighbours, with torch's division of alpha by their number."""
    x = torch.rand(1, 7, 2, 2)
    expected = torch.empty_like(x)
    for c in range(7):
        near = x[:, max(0, c - 2) : c + 3].square().sum(1)
        expected[:, c] = x[:, c] / (2 + 0.5 / 5 * near) ** 0.75
    (y,) = run("LocalResponseNorm", x, size=5, alpha=0.5, k=2.0)
    torch.testing.assert_close(y, expected)


@pytest.mark.parametrize(
    ("type", "fields", "shape", "names"),
    [
        ("Conv3d", {}, ("N", 2, 5, 5, 5), ["weight"]),
        ("ConvTranspose1d", {}, ("N", 2, 5), ["weight"]),
        ("DepthwiseConv1d", {}, ("N", 2, 5), ["weight"]),
        ("SeparableConv2d", {}, ("N", 2, 5, 5), ["depthwise.weight", "pointwise.weight"]),
        ("SqueezeExcitation", {}, ("N", 32, 5), ["squeeze.weight", "excite.weight"]),
    ],
)
def test_first_weights_can_be_chosen(
    type: str, fields: dict[str, Value], shape: Shape, names: list[str]
) -> None:
    layer = module(
        type, shape, weight_init="constant", weight_scale=0.25, bias_init="constant", bias_value=3.0, **fields
    )
    values = {name: sorted(set(tensor.flatten().tolist())) for name, tensor in layer.named_parameters()}
    assert [name for name, value in values.items() if value == [0.25]] == names
    assert all(value == [3.0] for name, value in values.items() if name not in names)


@pytest.mark.parametrize("type", ["BatchNorm3d", "InstanceNorm2d", "GroupNorm", "LayerNorm", "RMSNorm"])
def test_scales_of_a_normalisation_can_begin_at_zero(type: str) -> None:
    shape: Shape = ("N", 8, 5, 5, 5) if type == "BatchNorm3d" else ("N", 8, 5, 5)
    affine = "affine" if "affine" in kind_of(type).DEFAULTS else "elementwise_affine"
    layer = module(type, shape, weight_init="zeros", **{affine: True})
    weights = dict(layer.named_parameters())
    assert not weights["weight"].any()
    assert "bias" not in weights or not weights["bias"].any()
    without = kind_of(type, weight_init="constant", **{affine: False})
    assert without.initialise("module", TensorSpec(shape)) == []


def test_places_go_from_pooling_to_unpooling_in_a_program() -> None:
    """Encoder and decoder of SegNet, as they are drawn."""
    document = draw(
        "data Dataset\nenc Conv2d out_channels=4 kernel_size=2 < data.image\npool MaxPool2d return_indices=true < enc\n"
        "mid Conv2d out_channels=4 padding=same < pool\nunpool MaxUnpool2d < x:mid indices:pool.indices like:enc\n"
        "dec Conv2d out_channels=10 kernel_size=7 < unpool\nflat Flatten < dec\n"
        "loss CrossEntropyLoss < flat data.label"
    )
    analysis = analysed(document)
    assert analysis.root.infos["unpool"].outputs["y"].shape == ("N", 4, 7, 7), "an odd size is not lost"
    program = live(document)
    loss = call(program, "update_train", batch_of(analysis))["loss"]
    loss.backward()
    assert all(tensor.grad is not None and tensor.grad.any() for tensor in program.parameters())
