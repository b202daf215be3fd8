"""The picture that a channel of a layer answers to most. Imports torch and the layers."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from workbench.core.errors import JobError
from workbench.engine.explain import paint
from workbench.engine.explain.attribution import drawn
from workbench.engine.explain.example import Example, example_of
from workbench.engine.explain.layers import Layer, layer_at, numbers_only, use_of, watched
from workbench.engine.explain.scores import steady
from workbench.engine.service import asked
from workbench.engine.service.context import Context

_COMPARED = 32
_RATE, _KEPT, _SMOOTH = 0.03, 0.7, 0.02


def activation_maximisation(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"picture", "activation", "example", "layer", "label", "channel", "channels"}: a picture made for a channel.

    It begins as noise and is changed step by step so that the mean of the channel rises, with values that the data
    has, shifted at random by a few pixels each step and held smooth, so that no single pixels stand out.
    `activation` has a number for each step, `example` what a real example gives. Takes "layer", "channel", "steps",
    "use", "output", "sample" (for other inputs) and "seed". Raises WorkbenchError. Erhan et al. 2009, Visualizing
    higher-layer features of a deep network; Olah, Mordvintsev and Schubert 2017, Feature visualization.
    """
    run = asked.run(request)
    first = {"split": next(iter(context.data(run).splits), "train"), "index": 0}
    example = example_of(context, {"sample": first, **request})
    model = example.model
    layer = layer_at(model.program, model.analysis.root, asked.text(request, "layer"))
    channel, use = asked.whole(request, "channel", 0), asked.whole(request, "use", -1, -1, 10_000)
    steps, seed = asked.whole(request, "steps", 128, 1, 2000), asked.whole(request, "seed", 0)
    port = _picture(example)

    def activation(picture: Tensor) -> tuple[Tensor, int]:
        return _activation(example, layer, use, channel, {**example.batch, port: picture})

    real = example.batch[port]
    with torch.no_grad():
        told, channels = activation(real)
    low, high = _range(example, port)
    picture, rising = maximised(
        lambda many: activation(many)[0],
        tuple(real.shape),
        low,
        high,
        steps,
        seed,
        context.progress,
        real.device,
    )
    return {
        "picture": paint.coloured(paint.shown(picture)),
        "activation": rising,
        "example": float(told),
        "layer": layer.path,
        "label": layer.label,
        "channel": channel,
        "channels": channels,
    }


def maximised(
    activation: Callable[[Tensor], Tensor],
    shape: tuple[int, ...],
    low: float,
    high: float,
    steps: int,
    seed: int,
    progress: Callable[[int, int], None],
    device: torch.device,
) -> tuple[Tensor, list[float]]:
    """A picture 1×C×H×W with values between low and high that a number rises for, and that number at each step."""
    rising: list[float] = []
    shift = max(1, min(shape[2:]) // 16)
    with drawn(seed):
        start = torch.randn(shape) * 0.3
        turns = torch.randint(-shift, shift + 1, (steps, 2)).tolist()
    code = start.to(device).requires_grad_()
    pace = torch.zeros_like(code)
    best, found = -float("inf"), code.detach()
    for step in range(steps):
        progress(step, steps)
        with torch.enable_grad():
            picture = low + (high - low) * code.sigmoid()
            down, right = turns[step]
            value = activation(picture.roll((down, right), (2, 3)))
            rough = picture.diff(dim=2).abs().mean() + picture.diff(dim=3).abs().mean()
            scale = max(abs(float(value.detach())), 1e-3)
            goal = -value / scale + _SMOOTH * rough / max(high - low, 1e-9)
            (slope,) = torch.autograd.grad(goal, [code])
        rising.append(float(value.detach()))
        if rising[-1] > best:
            best, found = rising[-1], picture.detach().clone()
        # With steps of one length the picture changes at the same pace whatever the channel's numbers are.
        pace = _KEPT * pace + slope / slope.norm().clamp(min=1e-12)
        with torch.no_grad():
            code -= _RATE * code.numel() ** 0.5 * pace
    return found[0], rising


def _activation(
    example: Example, layer: Layer, use: int, channel: int, batch: Mapping[str, Tensor]
) -> tuple[Tensor, int]:
    """The mean of a channel over its places, and how many channels there are. Raises JobError."""
    program, gradients = example.model.program, torch.is_grad_enabled()
    with watched([layer.module]) as (seen,), steady(program, 0, gradients=gradients):
        example.answer.scores(program, batch, gradients=gradients)
    value = numbers_only(use_of(seen, layer, use), layer).float()
    axis = 1 if value.dim() == 2 or layer.is_map else -1
    channels = value.shape[axis]
    if channel >= channels:
        raise JobError(
            f"“{layer.label}” has {channels:,} channels, numbered from 0; {channel:,} is none of them."
        )
    return value.select(axis, channel).mean(), channels


def _picture(example: Example) -> str:
    """The entry of the batch that is a picture. Raises JobError."""
    for port in example.ports():
        spec = example.spec(port)
        if spec.rank == 4 and spec.dtype == "float" and spec.shape[:1] == ("N",):
            return port
    raise JobError(
        "A picture can be made for a channel only where the model looks at pictures; tokens, rows and graphs cannot be "
        "changed a little until a channel answers most."
    )


def _range(example: Example, port: str) -> tuple[float, float]:
    """The least and largest value that some pictures of the data have."""
    split = next(iter(example.trained.splits))
    count = min(_COMPARED, example.trained.count(split))
    values = example.trained.batch(split, list(range(count)))[port]
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + 1)
