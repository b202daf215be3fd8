"""Which positions look at which, in each attention layer and head, for one example. Imports torch and the example."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from workbench.core.errors import JobError
from workbench.engine.explain import paint
from workbench.engine.explain.example import Example, example_of
from workbench.engine.explain.layers import Layer, layers_of
from workbench.engine.service.context import Context

_MOST_LAYERS, _MOST_HEADS, _MOST_POSITIONS = 48, 32, 128


def attention(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"layers": [{"path", "label", "use", "rows", "columns", "heads", "more"}], "left_out", "item"}.

    A head is a matrix rows × columns, of which a row adds up to 1: how much this position takes from each column. They
    are named by the tokens that stand there, where these are known, else by their numbers. Takes "sample" and
    "output". Raises JobError for a model without attention. Vaswani et al. 2017, Attention is all you need.
    """
    example = example_of(context, request)
    model = example.model
    known = [layer for layer in layers_of(model.program, model.analysis.root) if looks(layer.module)]
    if not known:
        raise JobError(
            "The model has no attention layer (MultiheadAttention or ScaledDotProductAttention), so there is nothing "
            "that looks at positions."
        )
    layers = known[:_MOST_LAYERS]
    with maps_of([layer.module for layer in layers]) as seen:
        example.question().scores()
    told = []
    for layer, found in zip(layers, seen, strict=True):
        for use, weights in enumerate(found):
            context.progress()
            told.append(_told(example, layer, use, len(found), weights[0]))
    if not told:
        raise JobError(f"No attention layer has a part in “{example.answer.name}”; choose another output.")
    return {"layers": told, "left_out": len(known) - len(layers), "item": example.item}


def looks(module: nn.Module) -> bool:
    """Whether a layer gives attention weights."""
    return isinstance(module, nn.MultiheadAttention) or isinstance(
        getattr(module, "need_weights", None), bool
    )


@contextmanager
def maps_of(modules: Sequence[nn.Module]) -> Iterator[list[list[Tensor]]]:
    """Inside, the weights N×heads×L×S of each layer are noted at each use; what it gives to others stays as it is."""
    seen: list[list[Tensor]] = [[] for _ in modules]
    with ExitStack() as hooks:
        for place, module in enumerate(modules):
            if isinstance(module, nn.MultiheadAttention):
                _multihead(module, seen[place], hooks)
            else:
                _scaled(module, seen[place], hooks)
        yield seen


def _multihead(module: nn.MultiheadAttention, seen: list[Tensor], hooks: ExitStack) -> None:
    wished: list[tuple[bool, bool]] = []

    def before(
        module: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        wished.append((named.get("need_weights", True), named.get("average_attn_weights", True)))
        return inputs, {**named, "need_weights": True, "average_attn_weights": False}

    def after(
        module: nn.Module, inputs: object, result: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor | None]:
        y, weights = result
        seen.append(weights.detach().clone())
        needed, mean = wished.pop()
        return y, (weights.mean(1) if mean else weights) if needed else None

    hooks.callback(module.register_forward_pre_hook(before, with_kwargs=True).remove)
    hooks.callback(module.register_forward_hook(after).remove)


def _scaled(module: nn.Module, seen: list[Tensor], hooks: ExitStack) -> None:
    needed = module.need_weights

    def after(module: nn.Module, inputs: object, result: tuple[Tensor, Tensor]) -> Any:
        seen.append(result[1].detach().clone())
        return result if needed else result[0]

    hooks.callback(setattr, module, "need_weights", needed)
    setattr(module, "need_weights", True)  # noqa: B010 - only some modules have it
    hooks.callback(module.register_forward_hook(after).remove)


def _told(example: Example, layer: Layer, use: int, uses: int, weights: Tensor) -> dict[str, Any]:
    rows, columns = weights.shape[-2:]
    shown = weights[:_MOST_HEADS, :_MOST_POSITIONS, :_MOST_POSITIONS]
    return {
        "path": layer.path,
        "label": f"{layer.label} (use {use + 1})" if uses > 1 else layer.label,
        "use": use,
        "rows": _named(example, rows)[:_MOST_POSITIONS],
        "columns": _named(example, columns)[:_MOST_POSITIONS],
        "heads": paint.numbers(shown),
        "more": max(rows, columns) > _MOST_POSITIONS,
    }


def _named(example: Example, size: int) -> list[str]:
    """The only tokens of that length that the answer depends on, else numbers from 1."""
    fitting = [
        port
        for port in example.ports()
        if example.spec(port).dtype == "index" and example.value(port).shape == (size,)
    ]
    known = example.vocabulary(fitting[0]) if len(fitting) == 1 else None
    if known is None:
        return [str(place + 1) for place in range(size)]
    return [piece if piece.strip() else "␣" for piece in known.pieces(example.value(fitting[0]).tolist())]
