"""The methods of a document's `Program`: one per update, one for evaluation, one per probe and one per named output.

Lines only; the class around them and the whole text are of `program`.
"""

from collections.abc import Iterable, Iterator, Mapping

from workbench.catalog.nodes.sources import FREE
from workbench.catalog.penalties import penalised
from workbench.catalog.scope import Scope
from workbench.catalog.spec import Call
from workbench.catalog.updates import Step, total_name
from workbench.codegen import optimizers
from workbench.codegen.body import Body, consumed, ordered, sources
from workbench.codegen.text import INDENT, call, docstring, indent
from workbench.core.document import OUTPUT, Port

_TENSORS = "dict[str, Tensor]"


class Methods:
    """Writes the methods of one program."""

    def __init__(self, root: Scope, steps: tuple[Step, ...], rising: bool) -> None:
        """`rising`: the figure that decides which epoch is best should be large."""
        self.root = root
        self.steps = steps
        self.rising = rising
        self.frozen = optimizers.frozen_parts(steps)
        self.shared = self._shared()

    def lines(self) -> Iterator[str]:
        """All methods but `__init__`, each after an empty line."""
        for method in self._methods():
            yield ""
            yield from method

    def _methods(self) -> Iterator[Iterator[str]]:
        if self.frozen:
            yield optimizers.train(self.frozen)
        if self.shared:
            yield self._forward()
        yield from (self._update(step) for step in self.steps)
        yield self._evaluate()
        yield self._summarise()
        infos = self.root.infos
        yield from (self._probe(id) for id in infos if self._looks(id))
        yield from (self._output(id) for id, info in infos.items() if info.node.type == OUTPUT)
        for step in self.steps:
            yield optimizers.optimizer(step, self.frozen)
            if step.schedule.code():
                yield optimizers.schedule(step, self.rising)

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
            layer = self._family(id) not in ("data", "loss", "metric", "probe")
            if layer and all(source in found or self._family(source) == "data" for source in fed):
                found[id] = None
        return list(found)

    def _results(self) -> list[Port]:
        """Outputs of the shared layers that something outside of them takes in."""
        shared = set(self.shared)
        outside = [id for id in self.root.infos if id not in shared]
        wanted = consumed(self.root, outside)
        return [
            Port(id, port)
            for id in [*self._noise(self.shared), *self.shared]  # noise that a loss compares with, too
            for port in self.root.infos[id].outputs
            if Port(id, port) in wanted
        ]

    def _forward(self) -> Iterator[str]:
        data = sources(self.root, self.shared, ("Dataset",))
        values = {port: argument(port) for port in data}
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
        body.add(ids, self._named(ids, ends))

    def _named(self, ids: Iterable[str], ends: Iterable[str]) -> set[Port]:
        """Outputs that need a name: those that the ids take in, and those of the ends."""
        return consumed(self.root, ids) | {
            Port(id, port) for id in ends for port in self.root.infos[id].outputs
        }

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
        if step.everything and self.frozen:
            trained += f" but {', '.join(self.frozen)}"
        return f"Minimises {losses}; trains {trained}."

    def _losses(self, step: Step, body: Body) -> dict[str, str]:
        """The dictionary that an update returns: first what is minimised, then its parts."""
        values = {id: body.values[Port(id, "loss")] for id in step.losses}
        total = total_name(self.root, self.steps, step)
        if total in step.losses:
            return {total: values[total]}
        return {total: _weighted_sum(step, values), **values}

    def _partly(self, body: Body, ends: list[str], trained: set[str]) -> None:
        """An update that trains some parts: the rest runs without gradient, or frozen where gradient passes."""
        infos = self.root.infos
        owner = {id: infos[id].node.owner for id in infos}
        ids = ordered(self.root, self.root.graph.upstream(ends))
        live: set[str] = set()
        for id in ids:
            fed = {source.node for source in self.root.sources.get(id, {}).values()}
            if owner[id] in trained or fed & live or penalised(self.root, [id]) & trained:
                live.add(id)
        needed = self._named(ids, ends)
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
            if owner[id] in weights and owner[id] not in trained and owner[id] not in self.frozen:
                body.lines.append(f"with frozen(self.{owner[id]}):")
                body.add([id], needed, 1)
            else:
                body.add([id], needed)

    def _states(self) -> list[str]:
        """Nodes whose results add up over batches: losses, metrics, and probes that count."""
        return [id for id in self.root.order if self._family(id) in ("loss", "metric") or self._counts(id)]

    def _counts(self, id: str) -> bool:
        """Whether it is a probe with a state that adds up, not one that looks at a batch."""
        kind = self.root.infos[id].kind
        return kind is not None and kind.family == "probe" and bool(kind.torch)

    def _looks(self, id: str) -> bool:
        """Whether it is a probe that looks at values of a batch, not at the whole model."""
        return self._family(id) == "probe" and not self._counts(id) and bool(self.root.infos[id].ports)

    def _evaluate(self) -> Iterator[str]:
        states = self._states()
        yield f"{INDENT}@torch.no_grad()"
        yield f"{INDENT}def evaluate(self, batch: {_TENSORS}) -> {_TENSORS}:"
        yield from docstring("Sums over a batch; add them up and give them to `summarise`.", 2)
        body = self._body()
        self._compute(body, states)
        entries = []
        for id in states:
            value = body.values[Port(id, next(iter(self.root.infos[id].outputs), "value"))]
            loss = self._family(id) == "loss"
            entries.append(
                f'"{id}": weighted({value}, {self._count(id, body)})' if loss else f'"{id}": {value}'
            )
        if any(entry.endswith(", n)") for entry in entries):
            body.lines.append(f"n = len({body.like})")
        yield from indent(body.lines, 2)
        yield from call("return {", entries, "}", 2)

    def _count(self, id: str, body: Body) -> str:
        """How many entries the mean of a loss is over: the examples, or what counts of them, which gets a name."""
        info = self.root.infos[id]
        linked = self.root.sources.get(id, {})
        inputs = tuple(body.values[linked[port]] for port in info.ports)
        module = f"self.{info.node.owner}"
        text = info.kind.counted(Call(module, inputs, ("_",), info.inputs)) if info.kind else ""
        if not text:
            return "n"
        name = body.fresh("count")
        body.taken.add(name)
        body.lines.append(f"{name} = {text}")
        return name

    def _summarise(self) -> Iterator[str]:
        yield f"{INDENT}def summarise(self, totals: {_TENSORS}) -> dict[str, float]:"
        yield from docstring("Losses and metrics from summed states.", 2)
        entries: dict[str, str] = {}
        states = self._states()
        means = {id: f'average(totals["{id}"])' for id in states if self._family(id) == "loss"}
        for step in self.steps:
            total = total_name(self.root, self.steps, step)
            if total not in step.losses:
                entries[total] = _weighted_sum(step, means)
        entries |= means
        for id in states:
            if self._family(id) == "metric":
                owner = self.root.infos[id].node.owner
                entries[id] = f'self.{owner}.value(totals["{id}"]).item()'
        yield from call("return {", [f'"{name}": {text}' for name, text in entries.items()], "}", 2)

    def _family(self, id: str) -> str:
        kind = self.root.infos[id].kind
        return kind.family if kind is not None else ""

    def _probe(self, id: str) -> Iterator[str]:
        yield f"{INDENT}@torch.no_grad()"
        linked = self.root.sources[id]
        seen = [linked[port] for port in self.root.infos[id].ports]
        returns = f") -> {_tensors(len(seen))}:"
        yield from call(f"def probe_{id}(", ["self", f"batch: {_TENSORS}"], returns, 1)
        yield from docstring("What this probe looks at.", 2)
        body = self._body()
        self._compute(body, [id] if any(source not in body.values for source in seen) else [])
        yield from indent([*body.lines, f"return {', '.join(body.values[source] for source in seen)}"], 2)

    def _output(self, id: str) -> Iterator[str]:
        """A named output: its arguments are the data and noise that it depends on."""
        ids = ordered(self.root, self.root.graph.upstream([id]))
        source = self.root.graph.links[Port(id, "x")]
        values = {port: argument(port) for port in given(self.root, id)}
        yield f"{INDENT}@torch.no_grad()"
        taken = ["self", *(f"{name}: Tensor" for name in values.values())]
        yield from call(f"def {id}(", taken, ") -> Tensor:", 1)
        specs = ", ".join(f"{name} {self.root.infos[p.node].outputs[p.name]}" for p, name in values.items())
        yield from docstring(f"From {specs} to {self.root.infos[id].inputs[0]}.", 2)
        body = Body(self.root, dict(values), like=next(iter(values.values()), ""))
        done = {port.node for port in values}
        if not self._noise(ids):  # `forward` draws its own
            done |= self._call_shared(body, [id])
        body.add([n for n in ids if n not in done], consumed(self.root, ids))
        yield from indent([*body.lines, f"return {body.values[source]}"], 2)


def given(root: Scope, id: str) -> list[Port]:
    """The data and noise that a named output depends on, in the order of its method's arguments."""
    ids = ordered(root, root.graph.upstream([id]))
    found = sources(root, ids, ("Dataset", "Noise"))
    return found or sources(root, ids, FREE)  # something has to tell how many examples there are


def argument(port: Port) -> str:
    """What an output of a node is called where it is the argument of a method."""
    return f"{port.node}_{port.name}"


def _weighted_sum(step: Step, values: Mapping[str, str]) -> str:
    """What an update minimises, of the given text for each of its losses."""
    terms = step.losses.items()
    return " + ".join(values[id] if weight == 1 else f"{weight!r} * {values[id]}" for id, weight in terms)


def _tensors(count: int) -> str:
    return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
