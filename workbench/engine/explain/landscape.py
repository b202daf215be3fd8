"""How the loss changes around the weights of a model, along two directions. Imports torch and the context."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, cast

import torch
from torch import Tensor, nn

from workbench.catalog.updates import total_name
from workbench.core.errors import JobError
from workbench.engine.explain import paint
from workbench.engine.explain.attribution import drawn
from workbench.engine.explain.scores import steady
from workbench.engine.program import method
from workbench.engine.service import asked
from workbench.engine.service.context import Context

Batches = Sequence[Mapping[str, Tensor]]


def loss_surface(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"axis", "loss", "centre", "name", "examples", "said"}: the loss of some examples around the weights.

    loss[i][j] is that at weights + axis[i] · a + axis[j] · b for two random directions a and b, each filter of which
    is as long as that of the model; biases and the weights of normalisations, which have no filters, stay. So flat and
    sharp places of different models can be compared. Normalisations keep the statistics of training. Numbers that are
    NaN or infinite are null. Takes "split", "size", "span", "count" (of examples) and "seed". Raises WorkbenchError.
    Li et al. 2018, Visualizing the loss landscape of neural nets.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    split, seed = asked.text(request, "split", "validation"), asked.whole(request, "seed", 0)
    size, span = asked.whole(request, "size", 21, 3, 101), asked.number(request, "span", 1.0, 0.001, 10.0)
    count = asked.whole(request, "count", 256, 1, 100_000)
    model = context.model(run, which)
    updates = model.analysis.updates
    if not updates:
        raise JobError("The drawing minimises nothing, so there is no loss to look at.")
    name = total_name(model.analysis.root, updates, updates[0])
    batches, examples = [], 0
    for indices, batch in context.data(run).batches(split):
        batches.append(context.with_noise(run, batch))
        examples += len(indices)
        if examples >= count:
            break
    if not batches:
        raise JobError(f"The {split} part of the data has nothing in it.")
    axis = torch.linspace(-span, span, size | 1)  # an odd number has the weights themselves in its middle
    loss = around(
        model.program, lambda program: evaluated(program, batches, name), axis, seed, context.progress
    )
    middle = len(axis) // 2
    return {
        "axis": paint.numbers(axis),
        "loss": paint.numbers(loss),
        "centre": float(loss[middle, middle]),
        "name": name,
        "split": split,
        "examples": examples,
        "said": f"“{name}” of {examples:,} {split} examples; in the middle are the weights of the model.",
    }


def around(
    program: nn.Module,
    loss: Callable[[nn.Module], float],
    axis: Tensor,
    seed: int,
    progress: Callable[[int, int], None],
) -> Tensor:
    """The loss at each place of the axis × axis. The program itself is not touched: a copy is moved about."""
    moved = deepcopy(program)
    parameters = list(moved.parameters())
    with drawn(seed):
        directions = [[_direction(each) for each in parameters] for _ in range(2)]
    begin = [each.detach().clone() for each in parameters]
    found = torch.zeros(len(axis), len(axis), dtype=torch.float64)
    for row, down in enumerate(axis.tolist()):
        for column, right in enumerate(axis.tolist()):
            progress(row * len(axis) + column, len(axis) ** 2)
            with torch.no_grad():
                for each, start, one, other in zip(parameters, begin, *directions, strict=True):
                    each.copy_(start + down * one + right * other)
            found[row, column] = loss(moved)
    return found


def evaluated(program: nn.Module, batches: Batches, name: str) -> float:
    """The loss of that name over some batches, as training tells it."""
    totals: dict[str, Tensor] = {}
    for batch in batches:
        with steady(program, 0, gradients=False):
            for key, value in method(program, "evaluate")(dict(batch)).items():
                totals[key] = totals[key] + value if key in totals else value
    summary = cast("Callable[[dict[str, Tensor]], dict[str, float]]", method(program, "summarise"))
    return float(summary(totals)[name])


def _direction(parameter: Tensor) -> Tensor:
    """Random numbers of which each filter is as long as the parameter's; nothing for what has no filters."""
    direction = torch.randn(parameter.shape).to(parameter)
    if parameter.dim() < 2:
        return torch.zeros_like(parameter)
    axes = tuple(range(1, parameter.dim()))
    own = torch.linalg.vector_norm(parameter.detach(), dim=axes, keepdim=True)
    other = torch.linalg.vector_norm(direction, dim=axes, keepdim=True)
    found: Tensor = direction * own / other.clamp(min=1e-10)
    return found
