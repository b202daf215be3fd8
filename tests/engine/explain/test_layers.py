"""Layers by their nodes, what comes out of them, and what they have learned, beside the modules themselves."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from tests.drawing import block
from tests.engine.explain.made import Made, asked, drawing
from workbench.core.errors import JobError
from workbench.engine.explain import maximise
from workbench.engine.explain.attention import attention, maps_of
from workbench.engine.explain.distributions import distributions
from workbench.engine.explain.layers import layer_at, layers_of, watched
from workbench.engine.explain.maps import feature_maps, filters

HALF = block("""
    x Input
    conv Conv2d out_channels=3 kernel_size=3 padding=1 < x
    relu ReLU < conv
    y Output < relu
""")
MODEL = """
    digits Dataset
    stem Conv2d out_channels=3 kernel_size=3 padding=1 < digits.image
    halves @Half *2 < stem
    flat Flatten < halves
    fc Linear out_features='= classes' < flat
    loss CrossEntropyLoss < fc digits.label
"""
LOOKING = """
    data Dataset dataset=opinions
    words Embedding embedding_dim=8 num_embeddings='= vocabulary' < data.tokens
    look MultiheadAttention num_heads=2 < words
    again ScaledDotProductAttention num_heads=2 < look look look
    pool SequencePool < again
    fc Linear out_features='= classes' < pool
    loss CrossEntropyLoss < fc data.label
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    yield from drawing(tmp_path_factory, MODEL, blocks={"Half": HALF})


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    yield from drawing(tmp_path_factory, LOOKING)


def pixels(picture: dict[str, Any]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture["png"]))))


def test_layers_are_named_as_the_drawing_names_them(made: Made) -> None:
    model = made.model(1)
    found = layers_of(model.program, model.analysis.root)
    assert [layer.path for layer in found] == [
        "stem", "halves#1", "halves#1/conv", "halves#1/relu", "halves#2", "halves#2/conv", "halves#2/relu", "flat",
        "fc",
    ]  # fmt: skip
    modules = dict(model.program.named_modules())
    assert all(modules[layer.name] is layer.module for layer in found)
    inner = found[5]
    assert (inner.label, inner.kind, inner.shape) == ("halves 2/conv", "convolution", ("N", 3, 8, 8))
    assert found[1].kind == "block" and found[1].shape == ("N", 3, 8, 8)
    assert {layer.path for layer in found} - {"halves#1", "halves#2"} <= set(model.analysis.nodes)
    with pytest.raises(JobError, match="no layer “halves”; it has stem"):
        layer_at(model.program, model.analysis.root, "halves")


def test_what_works_in_place_changes_nothing_that_was_noted() -> None:
    torch.manual_seed(0)
    net: Any = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 1))
    x = torch.randn(3, 4)
    wanted = net[0](x)
    with watched([net[0]]) as (seen,):
        score = net(x).sum()
    assert torch.equal(seen[0], wanted) and bool((wanted < 0).any())
    (gradient,) = torch.autograd.grad(score, seen[0])
    assert torch.allclose(gradient, (wanted > 0) * net[2].weight.detach())
    assert not net[0]._forward_hooks


def test_maps_are_what_the_module_puts_out(made: Made) -> None:
    found = feature_maps(made, asked("feature_maps", layer="halves#2/conv"))
    program: Any = made.model(1).program
    with torch.no_grad():
        x = program.stem(made.batch(1, "validation", [0])["digits.image"])
        wanted = program.halves[1].conv(program.halves[0](x))[0]
    assert found["kind"] == "maps" and found["shape"] == [3, 8, 8] and found["uses"] == 1
    for each, values in zip(found["maps"], wanted, strict=True):
        assert (each["low"], each["high"]) == pytest.approx((float(values.min()), float(values.max())))
        times = each["width"] // 8
        share = (values - values.min()) / (values.max() - values.min())
        assert np.abs(pixels(each)[::times, ::times] / 255 - share.numpy()).max() < 0.01
    part = feature_maps(made, asked("feature_maps", layer="stem", first=1, most=1))
    assert [each["channel"] for each in part["maps"]] == [1] and part["left_out"] == 1
    row = feature_maps(made, asked("feature_maps", layer="fc"))
    assert row["kind"] == "vector" and len(row["values"]) == 10


def test_filters_are_the_weights(made: Made) -> None:
    found = filters(made, asked("filters", layer="halves#1/conv"))
    weight = made.model(1).program.get_parameter("halves.0.conv.weight")
    assert found["shape"] == [3, 3, 3, 3] and len(found["filters"]) == 3
    assert found["filters"][1]["norm"] == pytest.approx(float(weight[1].detach().norm()))
    assert pixels(found["filters"][0]).shape[2] == 3  # three inputs are three colours
    matrix = filters(made, asked("filters", layer="fc"))
    assert matrix["kind"] == "matrices" and matrix["filters"][0]["name"] == "weight"
    with pytest.raises(JobError, match="no weights"):
        filters(made, asked("filters", layer="flat"))


def test_distributions_hold_all_weights_and_the_gradients_of_training(made: Made) -> None:
    before = made.state()
    found = distributions(made, asked("distributions", split="train", bins=10))
    layers = {each["path"]: each for each in found["layers"]}
    assert set(layers) == {"stem", "halves#1/conv", "halves#2/conv", "fc"} and not found["left_out"]
    program: Any = made.model(1).program
    weights = torch.cat([each.detach().flatten() for each in program.fc.parameters()])
    assert sum(layers["fc"]["weights"]["counts"]) == len(weights)
    assert layers["fc"]["weights"]["mean"] == pytest.approx(float(weights.mean()), abs=1e-6)
    batch = made.batch(1, "train", list(range(32)))
    loss = F.cross_entropy(program(batch["digits.image"]), batch["digits.label"])
    gradients = torch.cat(
        [each.flatten() for each in torch.autograd.grad(loss, list(program.fc.parameters()))]
    )
    assert layers["fc"]["gradients"]["std"] == pytest.approx(float(gradients.std(correction=0)), rel=1e-4)
    edges = layers["stem"]["activations"]["edges"]
    assert len(edges) == 11 and edges == sorted(edges) and found["examples"] == 32
    assert all(torch.equal(each, before[name]) for name, each in made.state().items())


def test_attention_adds_up_and_is_that_of_the_formula(looking: Made) -> None:
    before = looking.state()
    found = attention(looking, asked("attention"))
    assert [each["path"] for each in found["layers"]] == ["look", "again"]
    program: Any = looking.model(1).program
    tokens = looking.batch(1, "validation", [0])["data.tokens"]
    with torch.no_grad():
        x = program.words(tokens)
        y, weights = program.look(x, x, x, average_attn_weights=False)
        heads = y.unflatten(2, (2, 4)).transpose(1, 2)
        inner = (heads @ heads.transpose(2, 3) / 2).softmax(-1)
    for each, wanted in zip(found["layers"], (weights, inner), strict=True):
        assert torch.allclose(torch.tensor(each["heads"]), wanted[0], atol=1e-4)
        assert len(each["rows"]) == len(each["columns"]) == 16
    assert found["layers"][0]["rows"][0] != "1"  # words, where they are known
    assert all(torch.equal(each, before[name]) for name, each in looking.state().items())
    assert program.again.need_weights is False


def test_what_attention_gives_to_others_stays_as_it_is() -> None:
    torch.manual_seed(0)
    layer, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), torch.randn(2, 5, 8)
    with torch.no_grad():
        for needed in ({"need_weights": False}, {}, {"average_attn_weights": False}):
            wanted = layer(x, x, x, **needed)
            with maps_of([layer]) as (seen,):
                found = layer(x, x, x, **needed)
            assert torch.allclose(found[0], wanted[0], atol=1e-6) and seen[0].shape == (2, 2, 5, 5)
            assert (found[1] is None) == (wanted[1] is None)
            if wanted[1] is not None:
                assert torch.allclose(found[1], wanted[1], atol=1e-6)


def test_a_model_without_attention_says_so(made: Made) -> None:
    with pytest.raises(JobError, match="no attention layer"):
        attention(made, asked("attention"))


def test_the_picture_that_a_channel_answers_to_most() -> None:
    wanted = torch.zeros(1, 1, 8, 8)
    wanted[..., 4:] = 1

    def answer(x: Tensor) -> Tensor:
        return (x * (2 * wanted - 1)).mean()

    told: list[int] = []
    cpu = torch.device("cpu")
    picture, rising = maximise.maximised(
        answer, (1, 1, 8, 8), 0.0, 1.0, 80, 3, lambda done, of: told.append(done), cpu
    )
    assert max(rising) > 0.4 > abs(rising[0]) and told == list(range(80))
    assert float(picture[..., 6:].mean()) > 0.8 and float(picture[..., :2].mean()) < 0.2
    assert float(picture.min()) >= 0 and float(picture.max()) <= 1
    again, _ = maximise.maximised(answer, (1, 1, 8, 8), 0.0, 1.0, 80, 3, lambda done, of: None, cpu)
    assert torch.equal(picture, again)


def test_a_channel_of_a_model_rises(made: Made) -> None:
    request = asked("activation_maximisation", layer="halves#2/conv", channel=1, steps=40)
    before = made.state()
    found = maximise.activation_maximisation(made, request)
    assert max(found["activation"]) > found["activation"][0] and len(found["activation"]) == 40
    assert found["channels"] == 3 and pixels(found["picture"]).ndim == 2
    program: Any = made.model(1).program
    with torch.no_grad():
        x = program.stem(made.batch(1, "validation", [0])["digits.image"])
        real = program.halves[1].conv(program.halves[0](x))[0, 1].mean()
    assert found["example"] == pytest.approx(float(real), rel=1e-4)
    assert all(torch.equal(each, before[name]) for name, each in made.state().items())
    with pytest.raises(JobError, match="3 channels"):
        maximise.activation_maximisation(made, {**request, "channel": 3})
    del request["layer"]
    with pytest.raises(JobError, match="no layer"):
        maximise.activation_maximisation(made, request)
