"""A probe that records how weights, gradients and outputs of all layers are distributed. Imports torch."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

import torch
from torch import Tensor, nn

from workbench.catalog.scope import NodeInfo, Scope
from workbench.engine.probes_look import Look
from workbench.engine.program import method

_MOST_LAYERS = 64
_MOST_NUMBERS = 100_000

Histogram = dict[str, object]


def histograms(look: Look) -> None:
    """Histograms of each layer with weights."""
    bins = look.param("bins")
    layers = layers_of(look.program, look.root)
    outputs = _outputs(look, layers) if look.param("layer_outputs") else {}
    found = []
    for name, module in list(layers.items())[:_MOST_LAYERS]:
        weights = list(module.parameters())
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        told: dict[str, object] = {"name": name}
        if look.param("weights"):
            told["weights"] = histogram(weights, bins)
        if look.param("gradients") and gradients:
            told["gradients"] = histogram(gradients, bins)
        if outputs.get(name):
            told["outputs"] = histogram(outputs[name], bins)
        found.append(told)
    look.add_json("histograms", {"layers": found, "left_out": max(0, len(layers) - _MOST_LAYERS)})


def layers_of(program: nn.Module, root: Scope) -> dict[str, nn.Module]:
    """The modules of all drawn nodes with weights, by path; a repetition has a number ("layers#2/attention")."""
    drawn = {path for path, info in _nodes(root) if info.kind is not None and info.parameters}
    found = {}
    for name, module in program.named_modules():
        path = "/".join(part for part in name.split(".") if not part.isdecimal())
        if path in drawn:
            found[_numbered(name)] = module
    return found


def _nodes(scope: Scope) -> Iterator[tuple[str, NodeInfo]]:
    """All nodes with their paths, without the numbers of repetitions."""
    for id, info in scope.infos.items():
        path = "/".join(part.partition("#")[0] for part in f"{scope.path}{id}".split("/"))
        yield path, info
        for copy in info.copies:
            yield from _nodes(copy)


def _numbered(name: str) -> str:
    parts: list[str] = []
    for part in name.split("."):
        if part.isdecimal():
            parts[-1] += f"#{int(part) + 1}"
        else:
            parts.append(part)
    return "/".join(parts)


def _outputs(look: Look, layers: Mapping[str, nn.Module]) -> dict[str, list[Tensor]]:
    """What the layers put out for the first batch of the split; of several results the first counts."""
    seen: dict[str, list[Tensor]] = {}

    def watch(name: str, module: nn.Module, hooks: ExitStack) -> None:
        def after(module: nn.Module, inputs: object, result: object) -> None:
            value = result[0] if isinstance(result, tuple) and result else result
            known = seen.setdefault(name, [])
            # In a loop a layer runs for each step: the first ones are enough.
            enough = sum(map(len, known)) >= _MOST_NUMBERS
            if isinstance(value, Tensor) and value.is_floating_point() and not enough:
                known.append(_few(value.detach()))

        hooks.callback(module.register_forward_hook(after).remove)

    with ExitStack() as hooks:
        for name, module in layers.items():
            watch(name, module, hooks)
        method(look.program, "evaluate")(next(look.feeds.split(look.split)))
    return seen


def _few(values: Tensor) -> Tensor:
    """At most so many numbers as are looked at, spread over all of them."""
    flat = values.flatten()
    return flat[:: -(-len(flat) // _MOST_NUMBERS) or 1]


def histogram(tensors: Sequence[Tensor], bins: int) -> Histogram:
    """How many numbers lie in each part of their range; `odd` counts those that are NaN or infinite."""
    values = _few(torch.cat([_few(tensor.detach()).float().cpu() for tensor in tensors]))
    finite = values[values.isfinite()]
    if not len(finite):
        return {"low": 0.0, "high": 0.0, "counts": [], "mean": 0.0, "std": 0.0, "odd": len(values)}
    low, high = float(finite.min()), float(finite.max())
    counts = torch.histc(finite, bins, low, high) if high > low else torch.tensor([float(len(finite))])
    return {
        "low": low,
        "high": high,
        "counts": [round(count) for count in counts.tolist()],
        "mean": float(finite.mean()),
        "std": float(finite.std(correction=0)),
        "odd": len(values) - len(finite),
    }
