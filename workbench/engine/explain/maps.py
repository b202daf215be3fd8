"""What a layer puts out for one example, and what it has learned to look for, as pictures.

Imports torch and the layers.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from workbench.core.errors import JobError
from workbench.engine.explain import paint
from workbench.engine.explain.example import Example, example_of
from workbench.engine.explain.layers import Layer, layer_at, numbers_only, use_of, watched
from workbench.engine.explain.scores import steady
from workbench.engine.program import method
from workbench.engine.service import asked
from workbench.engine.service.context import Context

_MOST = 256
_SIDE = 512
"""So many rows and columns of a matrix are shown; larger ones are left out at the end."""


def feature_maps(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"layer", "label", "kind", "shape", "uses", "use", "maps", "left_out", "item"}: what a layer gives.

    A map is {"channel", "png", "width", "height", "low", "high", "mean", "still"}; still: the same everywhere. Of
    convolutions there is one for each channel, of volumes the slice in which it varies most. `kind` "sequence" is one
    picture with a column for each step, "vector" one with a cell for each number, which `values` holds too. Takes
    "sample", "layer", "output", "use" (of a layer used several times; the last one), "first" and "most".
    """
    example = example_of(context, request)
    layer = _layer(example, request)
    use = asked.whole(request, "use", -1, -1, 10_000)
    first, most = asked.whole(request, "first", 0), asked.whole(request, "most", 64, 1, _MOST)
    with watched([layer.module]) as (seen,):
        example.question().scores()
        if (
            not seen
        ):  # a part of its own, such as what judges pictures: used where losses and metrics are computed
            with steady(example.model.program, 0, gradients=False):
                method(example.model.program, "evaluate")(dict(example.batch))
    value = use_of(seen, layer, use).detach().float()
    own = value[0] if len(value) == 1 and layer.shape[:1] == ("N",) else value
    value = numbers_only(own, layer)
    told: dict[str, Any] = {
        "layer": layer.path,
        "label": layer.label,
        "shape": list(value.shape),
        "uses": len(seen),
        "use": use % len(seen),
        "left_out": 0,
        "item": example.item,
    }
    if layer.is_map:
        shown = value[first : first + most]
        if value.dim() > 2:
            told["left_out"] = max(0, len(value) - first - most)
            maps = [{"channel": first + place, **_map(each)} for place, each in enumerate(shown)]
            return {**told, "kind": "maps", "maps": maps}
    if value.dim() >= 2:
        table = value.flatten(1)
        rows = table if layer.is_map else table.transpose(0, 1)
        return {**told, "kind": "sequence", "maps": [{"channel": 0, **_map(rows[:_SIDE, :_SIDE])}]}
    values = value.reshape(-1)
    cells = {"channel": 0, **_map(_square(values[: _SIDE * _SIDE]))}
    return {**told, "kind": "vector", "maps": [cells], "values": paint.numbers(values[:4096])}


def filters(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"layer", "label", "kind", "shape", "filters", "left_out"}: the weights of a layer as pictures, 0 being grey.

    Of convolutions one for each output channel (the mean over its inputs, in colours where there are three; of
    volumes its slices side by side), {"channel", "png", "width", "height", "low", "high", "norm"}; of other layers
    one matrix for each of its weights, with its `name`. Takes "layer", "first" and "most".
    """
    model = context.model(asked.run(request), asked.checkpoint(request))
    layer = layer_at(model.program, model.analysis.root, asked.text(request, "layer"))
    first, most = asked.whole(request, "first", 0), asked.whole(request, "most", 64, 1, _MOST)
    told = {"layer": layer.path, "label": layer.label, "left_out": 0}
    weight = _kernels(layer.module)
    if weight is not None:
        shown = weight[first : first + most]
        told["left_out"] = max(0, len(weight) - first - most)
        found = [{"channel": first + place, **_filter(each)} for place, each in enumerate(shown)]
        return {**told, "kind": "filters", "shape": list(weight.shape), "filters": found}
    named = [(name, each) for name, each in layer.module.named_parameters() if each.dim() >= 2]
    if not named:
        raise JobError(f"“{layer.label}” has no weights that make a picture.")
    matrices = []
    for place, (name, each) in enumerate(named[:most]):
        table = each.detach().float().flatten(1)[:_SIDE, :_SIDE]
        matrices.append(
            {"channel": place, "name": name, **_signed(table), "norm": float(each.detach().norm())}
        )
    return {**told, "kind": "matrices", "shape": list(named[0][1].shape), "filters": matrices}


def _layer(example: Example, request: Mapping[str, Any]) -> Layer:
    model = example.model
    return layer_at(model.program, model.analysis.root, asked.text(request, "layer"))


def _map(values: Tensor) -> dict[str, Any]:
    """A picture of one channel; of a volume of the slice that varies most, of a row one line."""
    flat = values
    if flat.dim() == 3:
        flat = flat[int(flat.flatten(1).std(1, correction=0).argmax())]
    elif flat.dim() == 1:
        flat = flat[None]
    low, high = float(values.min()), float(values.max())
    return {
        **paint.grey(flat),
        "low": low,
        "high": high,
        "mean": float(values.mean()),
        "still": high == low,
    }


def _kernels(module: nn.Module) -> Tensor | None:
    """The weights of a convolution, outputs first; None of any other layer."""
    if not isinstance(module, nn.modules.conv._ConvNd):
        return None
    weight: Tensor = module.weight.detach().float()
    if not module.transposed:
        return weight
    groups = weight.view(module.groups, -1, *weight.shape[1:])  # for each group inputs × outputs
    return groups.transpose(1, 2).flatten(0, 1)


def _filter(weight: Tensor) -> dict[str, Any]:
    """One filter, inputs × its places."""
    norm = float(weight.norm())
    if weight.dim() == 3 and len(weight) == 3:
        reach = float(weight.abs().max()) or 1.0
        told = {
            **paint.coloured(weight / (2 * reach) + 0.5),
            "low": float(weight.min()),
            "high": float(weight.max()),
        }
        return {**told, "norm": norm}
    if weight.dim() == 2:  # inputs × steps
        return {**_signed(weight[:_SIDE]), "norm": norm}
    mean = weight.mean(0)
    return {**_signed(mean if mean.dim() == 2 else torch.cat(list(mean), dim=1)), "norm": norm}


def _signed(table: Tensor) -> dict[str, Any]:
    return {**paint.grey(table, signed=True), "low": float(table.min()), "high": float(table.max())}


def _square(values: Tensor) -> Tensor:
    """Numbers in rows, nearly as many as columns; what is missing in the last one is as the least."""
    side = max(1, int(len(values) ** 0.5))
    columns = -(-len(values) // side)
    filled = torch.full((side * columns,), float(values.min()))
    filled[: len(values)] = values.cpu()
    return filled.view(side, columns)
