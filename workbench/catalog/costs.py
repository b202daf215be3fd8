"""What a model costs before it trains: memory on the device and seconds an epoch, by node and in all. Pure; no torch.

Memory is what training keeps: weights, gradients, the optimiser's state, what the backward pass needs, the data.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log, prod
from statistics import median

from workbench.catalog.check import Analysis
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.nodes.sources import FREE
from workbench.catalog.schema import Schema
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.spec import NodeType, Open
from workbench.catalog.training import SGD, Adagrad, Optimizer, RMSprop
from workbench.catalog.updates import Step
from workbench.core.shapes import Dim, TensorSpec

NUMBER = 4
"""Bytes of a float; indices take twice as many."""
_BYTES = {"float": NUMBER, "index": 2 * NUMBER, "bool": 1}
_HELD_BACK = 0.6
"""Share of a small set that trains where its files name no split; of a large one or a text, more."""
_LARGE = 10_000

# Multiply-adds a second, and seconds that starting a layer takes (forward, backward and its optimiser step): careful
# figures for a machine that nothing is known of. What runs measured corrects them.
_RATES = {"cpu": 1e10, "mps": 3e11, "cuda": 2e12}
_STARTS = {"cpu": 1.5e-4, "mps": 2e-4, "cuda": 1e-4}
_EPOCH = 5e-3  # recording and evaluating
_NEAREST = 3

Sizes = Mapping[str, int]
"""What the named sizes are: N the batch, V and E the nodes and edges of a graph."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will take. Memory in bytes; `work` are uncorrected seconds an epoch on a machine of each kind.
    While the dataset is to be chosen, `steps` is 0 and only the memory counts.
    """

    weights: int
    gradients: int
    state: int
    activations: int
    data: int
    batch: int
    steps: int
    operations: int
    work: Mapping[str, float]

    @property
    def memory(self) -> int:
        return self.weights + self.gradients + self.state + self.activations + self.data


@dataclass(frozen=True, slots=True)
class Measured:
    """An earlier run on a device: what was estimated, uncorrected, and what it took; seconds an epoch."""

    work: float
    seconds: float


def estimate(analysis: Analysis, items: Mapping[str, int] | None = None) -> Estimate | None:
    """What training takes; None for a model that cannot train. `items` says how many examples of a dataset train,
    where that is known.
    """
    source = _source(analysis)
    if not analysis.ok or source is None or source.schema is None:
        return None
    batch = analysis.settings.batch_size
    count = training_items(source, items or {})
    whole = _one_graph(source.schema)
    steps = 1 if whole else ceil(count / batch)
    sizes = sizes_of(analysis)
    examples = _entries(source.schema, count)
    operations = 3 * examples * analysis.operations  # backward takes twice what forward does
    starts = _all_starts(analysis.root)
    trained = [
        (step, sum(analysis.root.infos[id].parameters for id in step.trains)) for step in analysis.updates
    ]
    return Estimate(
        weights=NUMBER * analysis.parameters * (2 if analysis.settings.ema_decay else 1),  # and their mean
        gradients=NUMBER * max((count for _, count in trained), default=0),
        state=sum(NUMBER * count * _states(step.optimizer) for step, count in trained),
        activations=max((_kept(analysis.root, step, sizes) for step in analysis.updates), default=0),
        data=_data(analysis, examples),
        batch=batch,
        steps=steps,
        operations=operations,
        work={
            kind: _EPOCH + steps * starts * _STARTS[kind] + operations / rate for kind, rate in _RATES.items()
        },
    )


def seconds(work: float, history: Sequence[Measured]) -> float:
    """Seconds an epoch: the estimate, corrected by how far those of the most similar earlier runs were off."""
    if not history or work <= 0:
        return work
    nearest = sorted(history, key=lambda run: abs(log(run.work / work)))[:_NEAREST]
    return work * median(run.seconds / run.work for run in nearest)


def training_items(source: Dataset, items: Mapping[str, int]) -> int:
    """How many examples one epoch trains on: windows of a text, images, rows; a graph is one. 0 for a dataset that
    is to be chosen.
    """
    assert source.schema is not None
    schema = source.schema
    if _one_graph(schema):
        return 1
    share = 0.9 if schema.kind == "text" else _HELD_BACK if schema.items <= _LARGE else 0.8
    count = items.get(source.dataset, int(schema.items * share))
    if not count:
        return 0
    window = int(schema.facts.get("window", 0)) if source.order == "in order" else 0
    window = source.length if schema.kind == "text" else window  # in order, windows do not overlap
    return max(1, count // window) if window else count


def _one_graph(schema: Schema) -> bool:
    """Whether a step is always the whole dataset; of many graphs a batch takes some."""
    return schema.kind == "graph" and "graph" not in schema.outputs


def _entries(schema: Schema, count: int) -> int:
    """How many rows the layers of a model see of so many examples: the nodes of graphs."""
    if schema.kind != "graph":
        return count
    nodes = int(schema.facts.get("nodes", 1))
    return nodes if _one_graph(schema) else max(1, nodes * count // max(1, schema.items))


def sizes_of(analysis: Analysis) -> Sizes:
    """The named sizes of a step of training."""
    source = _source(analysis)
    schema = source.schema if source is not None else None
    facts = schema.facts if schema is not None else {}
    batch = analysis.settings.batch_size
    share = 1.0 if schema is None or _one_graph(schema) else min(1.0, batch / max(1, schema.items))
    return {
        "N": batch,
        "V": max(1, int(facts.get("nodes", 1) * share)),
        "E": max(1, int(facts.get("edges", 1) * share)),
    }


def activations(info: NodeInfo, sizes: Sizes) -> int:
    """Bytes that a step keeps of a node until the backward pass: what it gives, and what it remembers besides."""
    if info.kind is None:
        inside = (activations(inner, sizes) for copy in info.copies for inner in copy.infos.values())
        return info.rounds * sum(inside)
    if info.kind.family in ("metric", "probe"):
        return 0
    outputs = [spec for name, spec in info.outputs.items() if name not in info.kind.weight_outputs]
    given = 0 if info.node.type in _VIEWS else sum(bytes_of(spec, sizes) for spec in outputs)
    remembers = _REMEMBERS.get(info.node.type)
    return given + (remembers(info.kind, info.inputs, sizes) if remembers else 0)


def bytes_of(spec: TensorSpec, sizes: Sizes) -> int:
    """How much room a tensor takes."""
    size = _BYTES[spec.dtype]
    for dim in spec.shape:  # a loop, since this is asked for every node after every edit
        size *= dim if isinstance(dim, int) else sizes.get(dim, 1)
    return size


def _size(dim: Dim, sizes: Sizes) -> int:
    return dim if isinstance(dim, int) else sizes.get(dim, 1)


# ------------------------------------------------------------- what single types remember

_VIEWS = (
    *("Flatten", "Reshape", "Permute", "Transpose", "Unsqueeze", "Squeeze", "Select", "Slice", "Split"),
    *("StopGradient", "Input", "Output", "Resize"),
)
_CHEAP = (*_VIEWS, "Dataset", *FREE, "Scale", "Add", "Multiply", "Concatenate")


def _same_again(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """A mask or noise, the class probabilities of a loss: as large as the input."""
    return bytes_of(inputs[0], sizes)


def _places(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """Which entry of each window was the largest, unless an output gives these."""
    found = kind.infer(*inputs)
    return 2 * bytes_of(found, sizes) if isinstance(found, TensorSpec) else 0


def _unmixed(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """What the filters of single channels give before the channels are mixed."""
    (x,), found = inputs, kind.infer(*inputs)
    assert isinstance(found, TensorSpec)
    filters = _size(x.shape[1], sizes) * int(getattr(kind, "multiplier", 1))
    return bytes_of(found.with_shape(found.shape[0], filters, *found.shape[2:]), sizes)


def _neighbours(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """Squares, their means with a border, the divisor and its power (measured)."""
    return bytes_of(inputs[0], sizes) * 7 // 2


def _powers(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """The powers that go into the means, and what leads from these to the root (measured)."""
    found = kind.infer(*inputs)
    assert isinstance(found, TensorSpec)
    return bytes_of(inputs[0], sizes) + 4 * bytes_of(found, sizes)


def _attention(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """Queries, keys and values, what the heads give, and without a fused kernel the weights of all pairs."""
    assert isinstance(kind, Open)
    named = kind.named(inputs)
    query, key = named["query"], named.get("key", named["query"])
    values = bytes_of(query, sizes) * 2 + 2 * bytes_of(key, sizes)
    pairs = getattr(kind, "dropout", 0.0) > 0 or getattr(kind, "need_weights", False)
    return values + int(pairs) * _pairs(kind, query, key, sizes)


def _scores(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """The weights of all pairs, without a fused kernel."""
    pairs = getattr(kind, "dropout_p", 0.0) > 0 or getattr(kind, "need_weights", False)
    return int(pairs) * _pairs(kind, inputs[0], inputs[1], sizes)


def _pairs(kind: NodeType, query: TensorSpec, key: TensorSpec, sizes: Sizes) -> int:
    rows = bytes_of(query, sizes) // max(1, _size(query.shape[-1], sizes))
    return 2 * rows * _size(key.shape[-2], sizes) * int(getattr(kind, "num_heads", 1))


def _recurrent(kind: NodeType, inputs: tuple[TensorSpec, ...], sizes: Sizes) -> int:
    """Gates, states and what they were made of, at every step of every layer (measured; GPUs keep a little less)."""
    hidden, layers = int(getattr(kind, "hidden_size", 1)), int(getattr(kind, "num_layers", 1))
    both = 2 if getattr(kind, "bidirectional", False) else 1
    numbers = {"LSTM": 14, "GRU": 7}.get(type(kind).__name__, 1)
    return NUMBER * numbers * prod(_size(dim, sizes) for dim in inputs[0].shape[:2]) * both * layers * hidden


_REMEMBERS = {
    "Dropout": _same_again,
    "Dropout2d": _same_again,
    "AlphaDropout": _same_again,
    "LogSigmoid": _same_again,
    "RMSNorm": _same_again,
    "LocalResponseNorm": _neighbours,
    "LPPool2d": _powers,
    "SeparableConv1d": _unmixed,
    "SeparableConv2d": _unmixed,
    "CrossEntropyLoss": _same_again,
    "BCEWithLogitsLoss": _same_again,
    "MaxPool1d": _places,
    "MaxPool2d": _places,
    "MaxPool3d": _places,
    "AdaptiveMaxPool1d": _places,
    "AdaptiveMaxPool2d": _places,
    "AdaptiveMaxPool3d": _places,
    "MultiheadAttention": _attention,
    "ScaledDotProductAttention": _scores,
    "RNN": _recurrent,
    "LSTM": _recurrent,
    "GRU": _recurrent,
}


# ------------------------------------------------------------- the parts of an estimate


def _source(analysis: Analysis) -> Dataset | None:
    """The first dataset, which decides how long an epoch is."""
    kinds = (info.kind for info in analysis.root.infos.values())
    return next((kind for kind in kinds if isinstance(kind, Dataset)), None)


def _leaves(scope: Scope) -> Iterable[NodeInfo]:
    for info in scope.infos.values():
        if info.kind is not None:
            yield info
        for copy in info.copies:
            yield from _leaves(copy)


def _all_starts(scope: Scope) -> int:
    """The starts of all nodes; a loop makes those inside it again at every step."""
    inside = (info.rounds * _all_starts(copy) for info in scope.infos.values() for copy in info.copies)
    return sum(inside) + sum(_starts(info) for info in scope.infos.values() if info.kind is not None)


_PARTS = {  # of those that are more than one operation
    "MultiheadAttention": 4,
    "SeparableConv1d": 2,
    "SeparableConv2d": 2,
    "SqueezeExcitation": 6,
    "LocalResponseNorm": 6,
    "LPPool2d": 5,
}


def _starts(info: NodeInfo) -> int:
    """How many operations a node starts one after the other; a recurrent layer does so at every step."""
    if info.node.type in _CHEAP or (info.kind is not None and info.kind.family == "probe"):
        return 0
    if info.node.type in ("RNN", "LSTM", "GRU"):
        length = info.inputs[0].shape[1]
        return (length if isinstance(length, int) else 1) * int(getattr(info.kind, "num_layers", 1))
    return _PARTS.get(info.node.type, 1)


def _states(optimizer: Optimizer) -> int:
    """How many numbers an optimiser keeps for each weight."""
    match optimizer:
        case SGD():
            return int(optimizer.momentum > 0)
        case RMSprop():
            return 1 + int(optimizer.momentum > 0) + int(optimizer.centered)
        case Adagrad():
            return 1
    return 2


def _kept(root: Scope, step: Step, sizes: Sizes) -> int:
    """What the losses of an update need: only what leads to them is computed."""
    needed = root.graph.upstream(step.losses)
    return sum(activations(info, sizes) for id, info in root.infos.items() if id in needed)


def _data(analysis: Analysis, examples: int) -> int:
    """What all datasets take on the device; in training and out of it."""
    total = 0
    for info in analysis.root.infos.values():
        if not isinstance(info.kind, Dataset) or info.kind.schema is None:
            continue
        schema = info.kind.schema
        if schema.kind == "graph":
            whole = {"N": schema.items}
            whole |= {"V": int(schema.facts.get("nodes", 1)), "E": int(schema.facts.get("edges", 1))}
            total += sum(bytes_of(spec, whole) for spec in schema.outputs.values())
        elif schema.kind == "text":
            total += _BYTES["index"] * schema.items
        else:
            one = sum(bytes_of(spec, {"N": 1}) for spec in schema.outputs.values())
            total += schema.items * one
    return total
