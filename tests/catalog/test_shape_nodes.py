"""Types that change, take apart and join tensors: their lines against plain torch, and what wrong inputs are told."""

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from tests.catalog.test_nodes import filled, run
from workbench.catalog.forms import fill
from workbench.catalog.spec import Example, node_types
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

SERIES = torch.arange(24.0).reshape(2, 4, 3) ** 1.5 - 20
TOKENS = torch.tensor([[3, 1, 4, 1], [5, 2, 0, 4]])


def spec(tensor: torch.Tensor) -> TensorSpec:
    return TensorSpec(("N", *tensor.shape[1:]), "float" if tensor.is_floating_point() else "index", 0)


def outcome(name: str, *inputs: torch.Tensor, **params: Any) -> list[torch.Tensor]:
    """What the lines of a node type give for real inputs."""
    specs = tuple(map(spec, inputs))
    kind = filled(node_types()[name], Example(specs, params))
    kind.infer(*specs)
    found = run(kind, specs, list(inputs))
    assert found is not None
    return found


def refusal(name: str, *specs: TensorSpec, **params: Any) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        fill(node_types()[name], params).infer(*specs)
    return caught.value


@pytest.mark.parametrize(
    ("name", "params", "wanted"),
    [
        ("Flatten", {"end_dim": 2}, SERIES.flatten(1, 2)),
        ("Transpose", {}, SERIES.transpose(1, 2)),
        ("Unsqueeze", {"dim": 2}, SERIES[:, :, None]),
        ("Slice", {"start": 1, "stop": -1}, SERIES[:, 1:-1]),
        ("Slice", {"start": -2, "dim": -1}, SERIES[:, :, -2:]),
        ("Slice", {"step": 2}, SERIES[:, ::2]),
        ("Tile", {"times": 3, "dim": 2}, torch.tile(SERIES, (1, 1, 3))),
        ("Pad", {"pad": (1, 0, 0, 2), "value": 7.0}, F.pad(SERIES, (1, 0, 0, 2), value=7.0)),
        ("Shift", {}, torch.cat((torch.zeros(2, 1, 3), SERIES[:, :-1]), 1)),
        ("Shift", {"steps": -2, "value": 5.0}, torch.cat((SERIES[:, 2:], torch.full((2, 2, 3), 5.0)), 1)),
        ("Sum", {"dim": 2}, SERIES.sum(2)),
        ("Max", {"dim": -1, "keepdim": True}, SERIES.amax(-1, keepdim=True)),
        ("Min", {}, SERIES.amin(1)),
        ("ArgMax", {}, SERIES.argmax(-1)),
        ("Power", {"exponent": 3.0}, SERIES**3),
        ("Clip", {"min": -1.0, "max": 4.0}, SERIES.clamp(-1, 4)),
        ("Function", {"function": "abs"}, SERIES.abs()),
    ],
)
def test_one_input(name: str, params: dict[str, Any], wanted: torch.Tensor) -> None:
    assert torch.equal(outcome(name, SERIES, **params)[0], wanted)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_is_that_of_torch_in_any_number_of_dimensions(mode: str) -> None:
    images = torch.randn(2, 3, 5, 6)
    wanted = F.pad(images, (2, 1, 0, 3), mode=mode)
    assert torch.equal(outcome("Pad", images, pad=(2, 1, 0, 3), mode=mode)[0], wanted)
    along = F.pad(SERIES.transpose(1, 2), (3, 2), mode=mode).transpose(1, 2)
    assert torch.equal(outcome("Pad", SERIES, pad=(0, 0, 3, 2), mode=mode)[0], along)


def test_moving_average_is_the_trend_of_dlinear() -> None:
    """The series_decomp of the published code, for a window of an odd length."""
    series, size = torch.randn(3, 30, 2), 7
    ends = (size - 1) // 2
    padded = torch.cat((series[:, :1].repeat(1, ends, 1), series, series[:, -1:].repeat(1, ends, 1)), 1)
    wanted = F.avg_pool1d(padded.transpose(1, 2), size, stride=1).transpose(1, 2)
    trend = outcome("MovingAverage", series, kernel_size=size)[0]
    assert torch.allclose(trend, wanted, atol=1e-6)
    season = outcome("Subtract", series, trend)[0]
    assert torch.equal(season, series - trend)


def test_split_and_concatenate_are_each_other_s_opposite() -> None:
    a, b = outcome("Split", SERIES)
    assert torch.equal(outcome("Concatenate", a, b)[0], SERIES)
    a, b = outcome("Split", SERIES, sizes=(1, 2), dim=-1)
    assert (a.shape, b.shape) == ((2, 4, 1), (2, 4, 2))
    assert torch.equal(outcome("Concatenate", a, b, dim=-1)[0], SERIES)


@pytest.mark.parametrize("keepdim", [False, True])
def test_steps_beyond_the_length_do_not_count(keepdim: bool) -> None:
    length = torch.tensor([3, 1])
    parts = [SERIES[index, :steps] for index, steps in enumerate(length.tolist())]
    for name, method in {"Mean": "mean", "Sum": "sum", "Max": "amax", "Min": "amin"}.items():
        wanted = torch.stack([getattr(part, method)(0, keepdim=keepdim) for part in parts])
        poisoned = SERIES.clone()
        poisoned[0, 3:], poisoned[1, 1:] = torch.nan, torch.inf
        assert torch.allclose(outcome(name, poisoned, length, keepdim=keepdim)[0], wanted), name


def test_an_empty_sequence_gives_no_nan() -> None:
    length = torch.tensor([0, 2])
    assert outcome("Mean", SERIES, length)[0].isfinite().all()
    assert outcome("Max", SERIES, length)[0].isfinite().all()


def test_gather_picks_the_last_step_that_is_no_padding() -> None:
    length = torch.tensor([3, 1])
    wanted = torch.stack((SERIES[0, 2], SERIES[1, 0]))
    assert torch.equal(outcome("Gather", SERIES, length, offset=-1)[0], wanted)
    places = torch.tensor([[0, 3], [2, 2]])
    wanted = torch.gather(SERIES, 1, places[..., None].expand(-1, -1, 3))
    assert torch.equal(outcome("Gather", SERIES, places)[0], wanted)


def test_one_hot_writes_nothing_for_padding() -> None:
    tokens = TOKENS.clone()
    tokens[1, 2:] = -100
    wanted = F.one_hot(TOKENS, 6).float()
    wanted[1, 2:] = 0
    assert torch.equal(outcome("OneHot", tokens, classes=6)[0], wanted)
    assert torch.equal(outcome("OneHot", tokens, classes=6, dim=1)[0], wanted.transpose(1, 2))


def test_arithmetic_of_several_inputs() -> None:
    other = torch.randn(2, 4, 1)
    assert torch.equal(outcome("Divide", SERIES, other)[0], SERIES / other)
    assert torch.equal(outcome("Maximum", SERIES, other)[0], torch.maximum(SERIES, other))
    assert torch.equal(
        outcome("Minimum", SERIES, other, -SERIES, count=3)[0],
        torch.minimum(torch.minimum(SERIES, other), -SERIES),
    )
    assert torch.equal(outcome("Stack", TOKENS, TOKENS, dim=-1)[0], torch.stack((TOKENS, TOKENS), -1))
    keys = torch.randn(2, 5, 3)
    assert torch.equal(outcome("MatMul", SERIES, keys, transpose=True)[0], SERIES @ keys.transpose(1, 2))


VECTORS, SEQUENCES = TensorSpec(("N", 6)), TensorSpec(("N", 8, 6))


@pytest.mark.parametrize(
    ("error", "words", "change"),
    [
        (refusal("Slice", SEQUENCES, start=8), "keeps none of the 8 entries", None),
        (refusal("Split", SEQUENCES, parts=3), "does not divide the 8", ("parts", 2)),
        (refusal("Split", SEQUENCES, sizes=(3, 4)), "3 + 4 = 7 are not the 8", ("sizes", ())),
        (refusal("Squeeze", SEQUENCES), "has size 6, not 1", None),
        (refusal("Pad", VECTORS, pad=(1, 1, 1, 1)), "at most 2, got 4", ("pad", (1, 1))),
        (refusal("Pad", VECTORS, pad=(6, 0), mode="reflect"), "cannot take 6", ("mode", "replicate")),
        (refusal("Shift", SEQUENCES, steps=8), "cannot move the 8 steps", ("steps", 1)),
        (
            refusal("Mean", SEQUENCES, TensorSpec(("N",), "index"), dim=2),
            "steps are dimension 1",
            ("dim", 1),
        ),
        (refusal("MatMul", SEQUENCES, SEQUENCES), "expects 6 rows", ("transpose", True)),
        (refusal("Gather", SEQUENCES, TensorSpec(("N",), "index", 9)), "go up to 8", ("offset", -1)),
        (refusal("OneHot", TensorSpec(("N",), "index")), "set classes", None),
        (
            refusal("OneHot", TensorSpec(("N",), "index", 9), classes=4),
            "4 classes are fewer than the 9",
            ("classes", 9),
        ),
        (refusal("Stack", SEQUENCES, VECTORS), "expects the shape of a", None),
        (refusal("Clip", VECTORS, min=2.0), "above the highest", ("max", 2.0)),
        (refusal("Flatten", SEQUENCES, start_dim=2, end_dim=1), "cannot join", ("end_dim", -1)),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(error: ShapeError, words: str, change: object) -> None:
    assert words in str(error)
    assert error.change == change
    assert "None" not in str(error)
