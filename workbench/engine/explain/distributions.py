"""How weights, gradients and activations of all layers are distributed just now. Imports torch and the probes' bins."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from workbench.core.errors import DataError
from workbench.engine.explain.layers import Layer, layers_of
from workbench.engine.explain.scores import steady
from workbench.engine.probes_layers import histogram
from workbench.engine.program import method
from workbench.engine.service import asked
from workbench.engine.service.context import Context

_MOST_LAYERS, _EXAMPLES = 64, 32
_MOST_NUMBERS = 100_000
"""Of each layer's output, spread over all of it."""


def distributions(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"layers", "left_out", "split", "examples", "trouble"}: of each layer with weights {"path", "label", "type",
    "weights", "gradients", "activations"}, each of these {"edges", "counts", "mean", "std", "odd"}.

    Gradients are those of what training minimises and activations what the layers put out, both for the first
    examples of a split; without its data there are only weights, and `trouble` says why. odd: how many are no finite
    numbers. Takes "split" and "bins". Raises WorkbenchError.
    """
    run = asked.run(request)
    model = context.model(run, asked.checkpoint(request))
    split, bins = asked.text(request, "split", "train"), asked.whole(request, "bins", 40, 2, 200)
    program = model.program
    known = [
        layer
        for layer in layers_of(program, model.analysis.root)
        if layer.kind != "block" and any(True for _ in layer.module.parameters())
    ]
    layers = known[:_MOST_LAYERS]
    context.progress(0, 2)
    batch: Mapping[str, Tensor] | None = None
    trouble = ""
    try:
        count = min(_EXAMPLES, context.data(run).count(split))
        batch = context.batch(run, split, list(range(count))) if count else None
        trouble = "" if count else f"The {split} part of the data has nothing in it."
    except DataError as error:
        trouble = str(error)
    outputs: list[list[Tensor]] = [[] for _ in layers]
    gradients: dict[nn.Parameter, Tensor] = {}
    if batch is not None:
        updates = [step.name for step in model.analysis.updates]
        outputs, gradients = _computed(program, layers, batch, updates)
    context.progress(1, 2)
    told = [_told(layer, found, gradients, bins) for layer, found in zip(layers, outputs, strict=True)]
    return {
        "layers": told,
        "left_out": len(known) - len(layers),
        "split": split,
        "examples": count if batch is not None else 0,
        "trouble": trouble,
    }


def _computed(
    program: nn.Module, layers: Sequence[Layer], batch: Mapping[str, Tensor], updates: Sequence[str]
) -> tuple[list[list[Tensor]], dict[nn.Parameter, Tensor]]:
    """What the layers put out in the first update that uses them, and the sum of the gradients of all updates."""
    parameters = [each for each in program.parameters() if each.requires_grad]
    gradients: dict[nn.Parameter, Tensor] = {}
    outputs: list[list[Tensor]] = [[] for _ in layers]
    for name in updates:
        with _noted(layers) as seen, steady(program, 0, gradients=True):
            total = next(iter(method(program, f"update_{name}")(dict(batch)).values()))
        outputs = [known or found for known, found in zip(outputs, seen, strict=True)]
        if not total.requires_grad or not parameters:
            continue
        own = torch.autograd.grad(total, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, own, strict=True):
            if torch.is_tensor(gradient):
                before = gradients.get(parameter)
                gradients[parameter] = gradient if before is None else before + gradient
    return outputs, gradients


@contextmanager
def _noted(layers: Sequence[Layer]) -> Iterator[list[list[Tensor]]]:
    """Inside, some of the numbers that each layer puts out are kept, not the outputs, which can be large."""
    seen: list[list[Tensor]] = [[] for _ in layers]

    def note(place: int) -> Callable[[nn.Module, object, Any], None]:
        def after(module: nn.Module, inputs: object, result: Any) -> None:
            value = result[0] if isinstance(result, tuple) and result else result
            enough = sum(map(len, seen[place])) >= _MOST_NUMBERS
            if isinstance(value, Tensor) and value.is_floating_point() and not enough:
                flat = value.detach().flatten()
                seen[place].append(flat[:: -(-len(flat) // _MOST_NUMBERS) or 1].clone())

        return after

    with ExitStack() as hooks:
        for place, layer in enumerate(layers):
            hooks.callback(layer.module.register_forward_hook(note(place)).remove)
        yield seen


def _told(
    layer: Layer, outputs: Sequence[Tensor], gradients: Mapping[nn.Parameter, Tensor], bins: int
) -> dict[str, Any]:
    own = list(layer.module.parameters())
    told: dict[str, Any] = {"path": layer.path, "label": layer.label, "type": layer.type}
    told["weights"] = _binned(own, bins)
    known = [gradients[each] for each in own if each in gradients]
    if known:
        told["gradients"] = _binned(known, bins)
    if outputs:
        told["activations"] = _binned(outputs, bins)
    return told


def _binned(tensors: Sequence[Tensor], bins: int) -> dict[str, Any]:
    found: dict[str, Any] = histogram(tensors, bins)
    low, high, counts = found["low"], found["high"], found["counts"]
    width = (high - low) / max(1, len(counts))
    edges = [low + place * width for place in range(len(counts))] + [high]
    return {"edges": edges, **{name: found[name] for name in ("counts", "mean", "std", "odd")}}
