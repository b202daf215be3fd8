"""The example that a request is about, as its model takes it, and its parts. Imports the context and the parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from workbench.core.errors import JobError
from workbench.core.shapes import TensorSpec
from workbench.engine.explain import parts
from workbench.engine.explain.parts import Baseline, Parts
from workbench.engine.explain.scores import Question
from workbench.engine.feeds import TRAIN
from workbench.engine.readers.tokens import Vocabulary
from workbench.engine.service import asked
from workbench.engine.service.answers import Answer
from workbench.engine.service.context import Context
from workbench.engine.service.data import Data
from workbench.engine.trained import Model

_USUAL = 512
"""So many rows of the training part say what is usual in a column."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example, the model, and the answer that is meant. `batch` holds nothing else (of one graph all of it)."""

    model: Model
    answer: Answer
    batch: Mapping[str, Tensor]
    data: Data
    """What the example is one of."""
    trained: Data
    """What the model was trained with."""
    item: Mapping[str, Any]
    place: int
    """Of a graph the node that is meant, else 0."""

    def question(self, seed: int = 0) -> Question:
        return Question(self.model, self.answer, self.batch, seed)

    def spec(self, port: str) -> TensorSpec:
        """What the drawing says about an entry of the batch."""
        node, _, name = port.partition(".")
        return self.model.analysis.root.infos[node].outputs[name]

    def ports(self) -> list[str]:
        """The entries of the batch, data only, that the answer depends on."""
        return [str(port) for port in self.answer.given if port.node not in self.answer.noise]

    def value(self, port: str) -> Tensor:
        """An entry of the batch for this example alone."""
        tensor = self.batch[port]
        return tensor[0] if self.spec(port).shape[:1] == ("N",) else tensor

    def vocabulary(self, port: str) -> Vocabulary | None:
        """What the tokens of an entry stand for."""
        node, _, name = port.partition(".")
        return self.trained.source(node).data.vocabularies.get(name)

    def length(self, port: str) -> int:
        """How many steps of an entry count: as the data says beside it, else all."""
        most = self.value(port).shape[0]
        node, _, _ = port.partition(".")
        for other in self.batch:
            spec = self.spec(other)
            if other.partition(".")[0] == node and spec.rank == 1 and spec.bound == most + 1:
                return int(self.value(other))
        return most


def example_of(context: Context, request: Mapping[str, Any]) -> Example:
    """The example that "sample" names: {"split", "index"}, or {"inputs": …} as predictions take them.

    Raises WorkbenchError.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    answer = context.answer(run, which, asked.text(request, "output"))
    wanted = request.get("sample")
    if not isinstance(wanted, Mapping):
        raise JobError("The request does not say which example it is about.")
    sample = context.sample(run, answer, wanted)
    return Example(
        context.model(run, which),
        answer,
        sample.batch,
        sample.data,
        context.data(run),
        sample.item,
        sample.row,
    )


def parts_of(example: Example, wanted: str, baseline: Baseline, segments: int) -> Parts:
    """The parts of what the answer depends on: of the entry `wanted`, else of the first with any. Raises JobError."""
    ports = example.ports()
    specs = [example.spec(port) for port in ports]
    kinds = {
        port: kind for port, spec in zip(ports, specs, strict=True) if (kind := parts.kind_of(spec, specs))
    }
    if wanted and wanted not in kinds:
        raise JobError(f"There are no weights for “{wanted}”; there are for {', '.join(kinds) or 'nothing'}.")
    main = wanted or next((port for port, kind in kinds.items() if kind != "columns"), next(iter(kinds), ""))
    if not main:
        raise JobError(
            f"What “{example.answer.name}” depends on ({', '.join(ports)}) is neither a picture, a series, a text, a "
            "row nor a graph, so there are no parts that weights could be given to."
        )
    kind, value = kinds[main], example.value(main)
    if kind in ("picture", "volume"):
        return parts.picture(main, value, baseline, segments)
    if kind == "tokens":
        return parts.tokens(
            main, value, example.vocabulary(main), example.length(main), example.spec(main).bound
        )
    if kind == "nodes":
        return parts.nodes(main, value)
    if kind == "series":
        first = _channels_first(example, main)
        length = value.shape[1] if first else example.length(main)
        return parts.series(main, value, baseline, segments, length=length, channels_first=first)
    rows = [port for port, each in kinds.items() if each == "columns"]
    return parts.columns(
        {port: example.value(port) for port in rows}, _usual(example, rows), _names(example, rows)
    )


def _channels_first(example: Example, port: str) -> bool:
    """Waves are channels × time, series are steps × channels."""
    node = port.partition(".")[0]
    return example.trained.source(node).data.schema.kind == "audio"


def _usual(example: Example, ports: Sequence[str]) -> dict[str, Tensor]:
    """The mean of numbers, and the most frequent of categories, over rows of the training part."""
    count = min(_USUAL, example.trained.count(TRAIN))
    rows = example.trained.batch(TRAIN, list(range(count))) if count else example.batch
    return {port: _middle(rows[port]) for port in ports}


def _middle(rows: Tensor) -> Tensor:
    return rows.mean(0) if rows.is_floating_point() else rows.mode(0).values


def _names(example: Example, ports: Sequence[str]) -> dict[str, list[str]]:
    """The column of each number: of a single category that of its output, of numbers as the data has kept them."""
    found: dict[str, list[str]] = {}
    for port in ports:
        node, _, name = port.partition(".")
        size = max(1, example.value(port).numel())
        kept = example.trained.source(node).content.arrays.get("_features")
        if example.spec(port).rank == 1:
            found[port] = [name]
        elif kept is not None and len(kept) == size:
            found[port] = [bytes(each).decode(errors="ignore") for each in kept]
        else:
            found[port] = [f"{name} {place + 1}" for place in range(size)]
    return found
