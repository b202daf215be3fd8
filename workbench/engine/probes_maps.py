"""Probes that record numbers to be drawn: confusion matrices, attention maps, forecasts. Imports torch."""

import base64

import torch
from torch import Tensor

from workbench.catalog.schema import Schema
from workbench.core.document import Port
from workbench.engine.probes_look import Look
from workbench.engine.readers.tokens import PAD, Vocabulary

_MOST_POSITIONS = 64
_MOST_HEADS = 16
_MOST_STEPS = 2000
_MOST_VALUES = 8
_SIDE_BY_SIDE = 64


def matrix(look: Look) -> None:
    """How often each class was taken for each."""
    total = look.totals[look.id]
    labels = next((schema.labels for schema in look.schemas.values() if "label" in schema.outputs), ())
    named = list(labels) if len(labels) == len(total) else []
    content = {"labels": named, "counts": [[round(v) for v in row] for row in total.tolist()]}
    look.add_json("matrix", content, look.split)


# Attention


def attention(look: Look) -> None:
    """Attention maps of the first examples, with their tokens where they are known."""
    values, batch = look.first(look.param("count"))
    weights = values["input"].float().cpu()
    if weights.dim() == 3:
        weights = weights[:, None]
    rows = _tokens(look, values, batch, "query", weights.shape[-2])
    columns = _tokens(look, values, batch, "key", weights.shape[-1])
    if rows is not None and columns is None and weights.shape[-2] == weights.shape[-1]:
        columns = rows if "query" in values else None
    examples = []
    for number, heads in enumerate(weights[:, :_MOST_HEADS]):
        named = [
            [str(place + 1) for place in range(min(size, _MOST_POSITIONS))]
            if known is None
            else _pieces(known[0], known[1][number])
            for size, known in zip(heads.shape[-2:], (rows, columns), strict=True)
        ]
        shown = heads[:, : len(named[0]), : len(named[1])].nan_to_num(0.0).clamp(0, 1)
        levels = shown.mul(255).round().byte().flatten().tolist()
        data = base64.b64encode(bytes(levels)).decode()
        examples.append({"rows": named[0], "columns": named[1], "heads": len(shown), "weights": data})
    look.add_json("attention", {"examples": examples}, look.split)


def _tokens(
    look: Look, values: dict[str, Tensor], batch: dict[str, Tensor], port: str, size: int
) -> tuple[Vocabulary, Tensor] | None:
    """The tokens along a side of the map: what is linked, else the only tokens of a dataset of that length."""
    linked = look.root.sources[look.id].get(port)
    known = {
        Port(node, name): vocabulary
        for node, feed in look.pairs()
        for name, vocabulary in feed.data.vocabularies.items()
        if f"{node}.{name}" in batch
    }
    if linked is not None:
        # What a decoder has to say next is written with the words that it is fed with.
        other = Port(linked.node, "target" if linked.name == "next" else "tokens")
        vocabulary = known.get(linked) or known.get(other)
        return (vocabulary, values[port]) if vocabulary is not None else None
    fitting = [place for place in known if batch[str(place)].shape[1:] == (size,)]
    return (known[fitting[0]], batch[str(fitting[0])]) if len(fitting) == 1 else None


def _pieces(vocabulary: Vocabulary, tokens: Tensor) -> list[str]:
    """The tokens of a row without the padding at its end."""
    row = tokens.tolist()[:_MOST_POSITIONS]
    empty = {vocabulary.special(PAD), -100}
    while len(row) > 1 and row[-1] in empty:
        row.pop()
    return [piece if piece.strip() else "␣" for piece in vocabulary.pieces(row)]


# Series


def forecast(look: Look) -> None:
    """What is predicted for some series from all over the split, what came, and what was before."""
    single = look.info.inputs[0].shape[1] == 1
    if single:  # one step makes no curve: the first examples stand side by side
        values, places = look.first(_SIDE_BY_SIDE)[0], [0]
        values = {name: values[name].transpose(0, 1) for name in ("input", "target")}
    else:
        values, places = look.spread(look.param("count"))
    target_port = look.root.sources[look.id]["target"]
    schema = look.schemas.get(target_port.node)
    labels = (schema.labels or tuple(schema.scales)) if schema is not None else ()
    units = _units(schema, target_port.name, values["target"].shape[-1])
    shown = {name: tensor.float().cpu() for name, tensor in values.items()}
    if units is not None:
        mean, std = units
        # What is of another width, such as all columns that the model sees, is no past of these.
        shown = {name: x * std + mean for name, x in shown.items() if len(std) in (1, x.shape[-1])}
    series = []
    for number in range(len(shown["input"])):
        columns = {name: _columns(tensor[number]) for name, tensor in shown.items()}
        count = len(columns["target"])
        if len(columns.get("context", [])) != count:  # such as other features: nothing to go on from
            columns.pop("context", None)
        for place in range(min(count, _MOST_VALUES)):
            name = labels[place] if len(labels) == count else f"value {place + 1}" if count > 1 else ""
            series.append(
                {
                    "title": " · ".join(
                        filter(None, ("examples" if single else f"example {places[number] + 1:,}", name))
                    ),
                    "context": columns["context"][place] if "context" in columns else [],
                    "true": columns["target"][place],
                    "predicted": columns["input"][place],
                }
            )
    look.add_json("series", {"series": series, "standardised": units is None}, look.split)


def _units(schema: Schema | None, output: str, width: int) -> tuple[Tensor, Tensor] | None:
    """By what an output of a dataset was standardised: mean and deviation, of each column where there are several."""
    if schema is not None and output == "y" and len(schema.scales) == width:
        mean, std = zip(*schema.scales.values(), strict=True)
        return torch.tensor(mean), torch.tensor(std)
    if schema is not None and "target_std" in schema.facts:
        return torch.tensor([schema.facts["target_mean"]]), torch.tensor([schema.facts["target_std"]])
    return None


def _columns(series: Tensor) -> list[list[float | None]]:
    """Each value of a series H×G over its steps; what is no number is left open."""
    table = series if series.dim() == 2 else series[:, None]
    return [
        [round(value, 6) if abs(value) < float("inf") else None for value in column.tolist()]
        for column in table[-_MOST_STEPS:].T
    ]
