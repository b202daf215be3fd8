"""The program of a document: one class per block and one `Program` with a method per update, one for evaluation,
one per probe and one per named output. Deterministic; the text is what the trainer imports and what is exported.
"""

import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workbench.catalog.check import Analysis
from workbench.catalog.nodes.sources import FREE
from workbench.catalog.scope import NodeInfo
from workbench.catalog.training import optimizer_arguments
from workbench.catalog.updates import Step, total_name
from workbench.codegen.blocks import Blocks
from workbench.codegen.body import Body, consumed, ordered, sources
from workbench.codegen.text import INDENT, arguments, call, docstring, fit, indent, literal
from workbench.core.document import OUTPUT, Document, Port
from workbench.core.errors import CodeError, EditError
from workbench.core.names import check_id, check_name, check_update
from workbench.core.values import shown

_TENSORS = "dict[str, Tensor]"
# Names that mean something else in the text, so that no class of a block may have them.
_TAKEN = frozenset(dir(builtins)) | frozenset(
    "Program Tensor Iterator Path F gnn math nn np torch contextmanager frozen weighted average "
    "read batches evaluate main DATA SEED BATCH_SIZE LENGTH".split()
)

_FROZEN = '''
@contextmanager
def frozen(*modules: nn.Module) -> Iterator[None]:
    """Lets gradients flow through the modules, but not into their weights."""
    weights = [p for m in modules for p in m.parameters() if p.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)
'''

_WEIGHTED = '''
def weighted(mean: Tensor, count: int) -> Tensor:
    """A mean over `count` examples as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, mean.new_tensor(float(count))])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item()
'''


def generate(document: Document, analysis: Analysis, tail: Sequence[str] = ()) -> str:
    """The program's text, followed by the lines of `tail`.

    Raises CodeError that lists what is wrong when the check found errors.
    """
    refuse_errors(analysis)
    _only_names(document, analysis)
    return "\n".join(_Writer(document, analysis, tail).lines()) + "\n"


def refuse_errors(analysis: Analysis) -> None:
    """Raises CodeError that lists what is wrong when the check found errors."""
    errors = [str(problem) for problem in analysis.problems if problem.severity == "error"]
    if errors:
        raise CodeError("The model cannot be compiled yet: " + " ".join(errors))


class _Writer:
    """Writes one program."""

    def __init__(self, document: Document, analysis: Analysis, tail: Sequence[str]) -> None:
        self.tail = ["", "", *tail] if tail else []
        self.document = document
        self.analysis = analysis
        self.root = analysis.root
        self.steps = analysis.updates
        self.kinds = [info.kind for info in analysis.nodes.values() if info.kind is not None]
        helpers = {kind.torch: kind.source for kind in self.kinds if kind.source}
        self.helpers = dict(sorted(helpers.items()))
        self.blocks = Blocks(self.root, analysis.active.blocks, {*_TAKEN, *self.helpers})
        self.shared = self._shared()

    def lines(self) -> list[str]:
        body = [part for line in (*self._program(), *self.tail) for part in fit(line)]
        helpers = [line for source in self.helpers.values() for line in [*source.strip().split("\n"), "", ""]]
        text = "\n".join([*helpers, *self.blocks.lines, *body])
        extra: list[str] = []
        if "with frozen(" in text:
            extra += [*_FROZEN.strip().split("\n"), "", ""]
        extra += [*_WEIGHTED.strip().split("\n"), "", ""]
        return [*self._head(text), "", "", *extra, *helpers, *self.blocks.lines, *body]

    def _head(self, text: str) -> list[str]:
        description = f"{self.document.name}: {self.analysis.parameters:,} learnable parameters."
        if self.document.description:
            description += f"\n\n{self.document.description}"

        def used(start: str) -> bool:
            return re.search(rf"\b{re.escape(start)}", text) is not None

        standard = ["import math"] if used("math.") else []
        if used("Iterator[") or used("with frozen("):
            standard.append("from collections.abc import Iterator")
        if used("with frozen("):
            standard.append("from contextlib import contextmanager")
        if used("Path("):
            standard.append("from pathlib import Path")
        third = ["import numpy as np"] if used("np.load(") else []
        third.append("import torch")
        if re.search(r"\bF\.[a-z]", text):  # not the end of a sentence about N×F
            third.append("import torch.nn.functional as F")
        if used("gnn."):
            third.append("import torch_geometric.nn as gnn")
        third.append("from torch import Tensor, nn")
        return [*docstring(description, 0), "", *standard, *([""] if standard else []), *third]

    def _program(self) -> Iterator[str]:
        yield "class Program(nn.Module):"
        yield from docstring("The model and its training step, as drawn.")
        yield ""
        yield f"{INDENT}# The updates of a step in their order: name, every how many steps, gradient clipping."
        updates = [literal((step.name, step.every, step.clip)) for step in self.steps]
        yield from call("UPDATES = (", updates, ",)" if len(updates) == 1 else ")", 1)
        yield ""
        yield f"{INDENT}def __init__(self) -> None:"
        yield f"{INDENT * 2}super().__init__()"
        yield from self.blocks.construct(self.root)
        if self.shared:
            yield ""
            yield from self._forward()
        for step in self.steps:
            yield ""
            yield from self._update(step)
        yield ""
        yield from self._evaluate()
        yield ""
        yield from self._summarise()
        for id, info in self.root.infos.items():
            if info.kind is not None and info.kind.family == "probe" and not info.kind.torch:
                yield ""
                yield from self._probe(id)
        for id, info in self.root.infos.items():
            if info.node.type == OUTPUT:
                yield ""
                yield from self._output(id)
        for step in self.steps:
            yield ""
            yield from self._optimizer(step)

    # What is shared: with one update, its layers are `forward`, and everything else calls it.

    def _shared(self) -> list[str]:
        if len(self.steps) != 1 or not self.steps[0].everything:
            return []
        inner = self._inner(self.steps[0].losses)
        if self._noise(inner) and not sources(self.root, inner, ("Dataset",)):
            return []  # nothing would tell `forward` how many examples there are
        return inner if self._trained(inner) else []

    def _inner(self, ends: Iterable[str]) -> list[str]:
        """Layers that the given nodes need: everything between the data and the losses, metrics and probes."""
        found: dict[str, None] = {}
        for id in ordered(self.root, self.root.graph.upstream(ends)):
            fed = {source.node for source in self.root.sources.get(id, {}).values()}
            if self._layer(self.root.infos[id]) and all(
                source in found or self._family(source) == "data" for source in fed
            ):
                found[id] = None
        return list(found)

    def _layer(self, info: NodeInfo) -> bool:
        return info.kind is None or info.kind.family not in ("data", "loss", "metric", "probe")

    def _results(self) -> list[Port]:
        """Outputs of the shared layers that something outside of them takes in."""
        shared = set(self.shared)
        outside = [id for id in self.root.infos if id not in shared]
        wanted = consumed(self.root, outside)
        return [
            Port(id, port)
            for id in self.shared
            for port in self.root.infos[id].outputs
            if Port(id, port) in wanted
        ]

    def _forward(self) -> Iterator[str]:
        data = sources(self.root, self.shared, ("Dataset",))
        values = {port: _argument(port) for port in data}
        noise = self._noise(self.shared)
        results = self._results()
        taken = ["self", *(f"{name}: Tensor" for name in values.values())]
        returns = _tensors(len(results))
        yield from call("def forward(", taken, f") -> {returns}:", 1)
        body = Body(self.root, values, like=next(iter(values.values()), ""), shapes=True)
        body.add([*noise, *self.shared], consumed(self.root, self.shared) | set(results))
        yield from indent([*body.lines, f"return {', '.join(body.values[port] for port in results)}"], 2)

    def _noise(self, ids: Iterable[str]) -> list[str]:
        needed = {port.node for port in consumed(self.root, ids)}
        return [id for id in self.root.order if id in needed and self.root.infos[id].node.type in FREE]

    def _body(self) -> Body:
        """A method over `batch`: data by name, and the tensor that tells the batch size and device."""
        values = {
            Port(id, port): f'batch["{id}.{port}"]'
            for id, info in self.root.infos.items()
            if info.node.type == "Dataset"
            for port in info.outputs
        }
        return Body(self.root, values, like=self._counted(values))

    def _counted(self, values: Mapping[Port, str]) -> str:
        """What tells the number of examples: of graphs side by side it is not the nodes that come first."""
        specs = {port: self.root.infos[port.node].outputs[port.name] for port in values}
        rows = (name for port, name in values.items() if specs[port].shape[:1] == ("N",))
        return next(rows, next(iter(values.values()), ""))

    def _call_shared(self, body: Body, ids: Iterable[str]) -> set[str]:
        """Calls `forward` if it gives what the ids need; says which nodes are thereby done."""
        inner = set(self._inner(ids))
        results = self._results()
        wanted = consumed(self.root, [*ids, *(inner - set(self.shared))]) & set(results)
        data = sources(self.root, self.shared, ("Dataset",))
        if not self.shared or not wanted or any(port not in body.values for port in data):
            return set()
        if not (inner & set(self.shared)) >= self._trained(self.shared):
            return set()  # a part only, such as a decoder fed with noise: computed by itself
        names = [body.name(port) if port in wanted else "_" for port in results]
        body.lines.append(f"{', '.join(names)} = self({', '.join(body.values[port] for port in data)})")
        return set(self.shared) | set(self._noise(self.shared))

    def _trained(self, ids: Iterable[str]) -> set[str]:
        return {id for id in ids if self.root.infos[id].parameters}

    def _compute(self, body: Body, ends: list[str]) -> None:
        """Lines for the given nodes and all that they need."""
        done = self._call_shared(body, ends)
        needed = self.root.graph.upstream(ends)
        ids = [id for id in ordered(self.root, needed) if id not in done]
        body.add(
            ids, consumed(self.root, ids) | {Port(id, p) for id in ends for p in self.root.infos[id].outputs}
        )

    def _update(self, step: Step) -> Iterator[str]:
        yield from call(f"def update_{step.name}(", ["self", f"batch: {_TENSORS}"], f") -> {_TENSORS}:", 1)
        yield from docstring(self._about(step), 2)
        body = self._body()
        ends = list(step.losses)
        if step.everything:
            self._compute(body, ends)
        else:
            self._partly(body, ends, set(step.trains))
        yield from indent(body.lines, 2)
        entries = self._losses(step, body)
        yield from call("return {", [f'"{name}": {text}' for name, text in entries.items()], "}", 2)

    def _about(self, step: Step) -> str:
        losses = " + ".join(id if weight == 1 else f"{weight:g} × {id}" for id, weight in step.losses.items())
        trained = "everything" if step.everything else ", ".join(step.trains)
        return f"Minimises {losses}; trains {trained}."

    def _losses(self, step: Step, body: Body) -> dict[str, str]:
        """The dictionary that an update returns: first what is minimised, then its parts."""
        values = {id: body.values[Port(id, "loss")] for id in step.losses}
        total = total_name(self.root, self.steps, step)
        if total in step.losses:
            return {total: values[total]}
        terms = [
            values[id] if weight == 1 else f"{weight!r} * {values[id]}" for id, weight in step.losses.items()
        ]
        return {total: " + ".join(terms), **values}

    def _partly(self, body: Body, ends: list[str], trained: set[str]) -> None:
        """An update that trains some parts: the rest runs without gradient, or frozen where gradient passes."""
        graph, infos = self.root.graph, self.root.infos
        owner = {id: infos[id].node.linked_to or id for id in infos}
        ids = ordered(self.root, graph.upstream(ends))
        live: set[str] = set()
        for id in ids:
            fed = {source.node for source in self.root.sources.get(id, {}).values()}
            if owner[id] in trained or fed & live:
                live.add(id)
        needed = consumed(self.root, ids) | {Port(id, p) for id in ends for p in infos[id].outputs}
        still = [id for id in ids if id not in live and infos[id].node.type != "Dataset"]
        weights = {id for id in infos if infos[id].parameters}
        if any(owner[id] in weights for id in still):
            body.lines.append("with torch.no_grad():")
            body.add(still, needed, 1)
        else:
            body.add(still, needed)
        for id in ids:
            if id not in live:
                continue
            if owner[id] in weights and owner[id] not in trained:
                body.lines.append(f"with frozen(self.{owner[id]}):")
                body.add([id], needed, 1)
            else:
                body.add([id], needed)

    def _states(self) -> list[str]:
        """Nodes whose results add up over batches: losses, metrics, and probes that count."""
        return [
            id
            for id, info in self.root.infos.items()
            if info.kind is not None
            and (info.kind.family in ("loss", "metric") or (info.kind.family == "probe" and info.kind.torch))
        ]

    def _evaluate(self) -> Iterator[str]:
        states = ordered(self.root, self._states())
        yield f"{INDENT}@torch.no_grad()"
        yield f"{INDENT}def evaluate(self, batch: {_TENSORS}) -> {_TENSORS}:"
        yield from docstring("Sums over a batch; add them up and give them to `summarise`.", 2)
        body = self._body()
        self._compute(body, states)
        body.lines.append(f"n = len({body.like})")
        yield from indent(body.lines, 2)
        entries = []
        for id in states:
            info = self.root.infos[id]
            value = body.values[Port(id, next(iter(info.outputs), "value"))]
            family = info.kind.family if info.kind is not None else ""
            entries.append(f'"{id}": weighted({value}, n)' if family == "loss" else f'"{id}": {value}')
        yield from call("return {", entries, "}", 2)

    def _summarise(self) -> Iterator[str]:
        yield f"{INDENT}def summarise(self, totals: {_TENSORS}) -> dict[str, float]:"
        yield from docstring("Losses and metrics from summed states.", 2)
        entries: dict[str, str] = {}
        losses = [id for id in ordered(self.root, self._states()) if self._family(id) == "loss"]
        for step in self.steps:
            total = total_name(self.root, self.steps, step)
            if total not in step.losses:
                entries[total] = " + ".join(
                    f'average(totals["{id}"])' if weight == 1 else f'{weight!r} * average(totals["{id}"])'
                    for id, weight in step.losses.items()
                )
        for id in losses:
            entries[id] = f'average(totals["{id}"])'
        for id in ordered(self.root, self._states()):
            if self._family(id) == "metric":
                owner = self.root.infos[id].node.linked_to or id
                entries[id] = f'self.{owner}.value(totals["{id}"]).item()'
        yield from call("return {", [f'"{name}": {text}' for name, text in entries.items()], "}", 2)

    def _family(self, id: str) -> str:
        kind = self.root.infos[id].kind
        return kind.family if kind is not None else ""

    def _probe(self, id: str) -> Iterator[str]:
        yield f"{INDENT}@torch.no_grad()"
        yield from call(f"def probe_{id}(", ["self", f"batch: {_TENSORS}"], ") -> Tensor:", 1)
        yield from docstring("What this probe looks at.", 2)
        source = next(iter(self.root.sources[id].values()))
        body = self._body()
        self._compute(body, [id] if source not in body.values else [])
        yield from indent([*body.lines, f"return {body.values[source]}"], 2)

    def _output(self, id: str) -> Iterator[str]:
        """A named output: its arguments are the data and noise that it depends on."""
        ids = ordered(self.root, self.root.graph.upstream([id]))
        given = sources(self.root, ids, ("Dataset", "Noise"))
        given = given or sources(self.root, ids, FREE)  # something has to tell how many examples there are
        source = self.root.graph.links[Port(id, "x")]
        values = {port: _argument(port) for port in given}
        yield f"{INDENT}@torch.no_grad()"
        taken = ["self", *(f"{name}: Tensor" for name in values.values())]
        yield from call(f"def {id}(", taken, ") -> Tensor:", 1)
        specs = ", ".join(f"{name} {self.root.infos[p.node].outputs[p.name]}" for p, name in values.items())
        yield from docstring(f"From {specs} to {self.root.infos[id].inputs[0]}.", 2)
        body = Body(self.root, dict(values), like=next(iter(values.values()), ""))
        done = {port.node for port in given}
        if not self._noise(ids):  # `forward` draws its own
            done |= self._call_shared(body, [id])
        body.add([n for n in ids if n not in done], consumed(self.root, ids))
        yield from indent([*body.lines, f"return {body.values[source]}"], 2)

    def _optimizer(self, step: Step) -> Iterator[str]:
        if step.everything:
            weights = "self.parameters()"
        elif len(step.trains) == 1:
            weights = f"self.{step.trains[0]}.parameters()"
        else:
            weights = f"[{', '.join(f'*self.{id}.parameters()' for id in step.trains)}]"
        yield from call(f"def optimizer_{step.name}(", ["self"], ") -> torch.optim.Optimizer:", 1)
        parts = [weights, *arguments(optimizer_arguments(step.optimizer))]
        yield from call(f"return {step.optimizer.torch}(", parts, ")", 2)
        course = step.schedule.code()
        if course:
            yield ""
            taken = ["self", "optimizer: torch.optim.Optimizer", "steps: int", "epoch_steps: int"]
            returns = ") -> torch.optim.lr_scheduler.LRScheduler:"
            yield from call(f"def schedule_{step.name}(", taken, returns, 1)
            start, _, rest = course.partition("(")
            yield from call(f"return {start}(", rest[:-1].split(", "), ")", 2)


def _argument(port: Port) -> str:
    return f"{port.node}_{port.name}"


def _tensors(count: int) -> str:
    return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"


def _only_names(document: Document, analysis: Analysis) -> None:
    """Everything that becomes a name in the text must be one: the last guard against code from a document."""
    try:
        for update in analysis.updates:
            check_update(update.name)
        for name, block in document.blocks.items():
            for each in (name, *block.params):
                check_name(each)
            for id in block.graph.nodes:
                check_id(id)
        for info in analysis.nodes.values():
            check_id(info.node.id)
            for port in info.outputs:
                if not (port.isascii() and port.isidentifier()):
                    raise CodeError(f"“{shown(port)}” cannot be the name of an output in a program.")
    except EditError as error:
        raise CodeError(str(error)) from error
