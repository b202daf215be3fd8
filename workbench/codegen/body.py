"""Lines of a forward pass for some nodes of one scope: who is called with what, in which order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.spec import Call
from workbench.codegen.text import INDENT, WIDTH
from workbench.core.document import INPUT, OUTPUT, Graph, Port

SILENT = (INPUT, OUTPUT, "Dataset")


@dataclass(slots=True)
class Body:
    """Collects lines and knows under which name each output port is at hand (`values`)."""

    scope: Scope
    values: dict[Port, str]
    like: str = ""
    lines: list[str] = field(default_factory=list)
    shapes: bool = False
    taken: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.taken = set(self.values.values())

    def name(self, port: Port) -> str:
        """A variable for an output port from here on: the node's id, with the port's name when there are several."""
        info = self.scope.infos[port.node]
        name = self.fresh(port.node if len(info.outputs) == 1 else f"{port.node}_{port.name}")
        self.values[port] = name
        self.taken.add(name)
        return name

    def fresh(self, name: str) -> str:
        """A variable that is not in use: the given name, or one like it."""
        while name in self.taken:
            name += "_"
        return name

    def add(self, ids: Iterable[str], needed: set[Port], depth: int = 0) -> None:
        """Appends the lines of the given nodes, in order. Outputs that are not `needed` get no name."""
        for id in ids:
            info = self.scope.infos[id]
            if info.node.type in SILENT:
                continue
            linked = self.scope.sources.get(id, {})
            inputs = tuple(self.values[linked[port]] for port in info.ports)
            outputs = []
            for port in info.outputs:
                here = Port(id, port)
                if here in needed:
                    outputs.append(self.name(here))
                else:
                    outputs.append("_")
            module = f"self.{info.node.owner}"
            lines = self._lines(info, Call(module, inputs, tuple(outputs), info.inputs, self.like))
            if self.shapes and len(lines) == 1 and len(info.outputs) == 1 and "_" not in outputs:
                noted = f"{lines[0]}  # {next(iter(info.outputs.values()))}"
                lines = [noted] if len(noted) + 2 * len(INDENT) <= WIDTH else lines
            self.lines += [f"{INDENT * depth}{line}" for line in lines]

    def _lines(self, info: NodeInfo, call: Call) -> list[str]:
        if info.kind is not None:
            return info.kind.forward(call)
        if info.copies[0].graph.steps:
            return self._loop(info.copies[0].graph, info.ports, call)
        outputs = ", ".join(call.outputs)
        if len(info.copies) == 1 or (len(call.inputs) == 1 and len(call.outputs) == 1):
            return [f"{outputs} = {call.module}({', '.join(call.inputs)})"]
        first = call.outputs[0] if call.outputs[0] != "_" else self.fresh("x")
        results = ", ".join((first, *call.outputs[1:]))
        return [
            f"{first} = {call.inputs[0]}",
            f"for layer in {call.module}:",
            f"{INDENT}{results} = layer({', '.join((first, *call.inputs[1:]))})",
        ]

    def _loop(self, graph: Graph, ports: Sequence[str], call: Call) -> list[str]:
        """A block that runs once for each step: what is fed back keeps its last value, the rest is put in a row."""
        given = dict(zip(ports, call.inputs, strict=True))
        outputs = [node.id for node in graph.nodes.values() if node.type == OUTPUT]
        state: dict[str, str] = {}
        before: list[str] = []
        inside: list[str] = []
        after: list[str] = []
        results: list[str] = []
        for port, name in zip(outputs, call.outputs, strict=True):
            target = graph.fed_back.get(port)
            if target is not None:
                state[target] = name if name != "_" else self._new(target)
                before.append(f"{state[target]} = {given[target]}")
            elif name != "_":
                row = self._new(f"{name}_steps")
                before.append(f"{row} = []")
                inside.append(f"{INDENT}{row}.append({name})")
                after.append(f"{name} = torch.stack({row}, dim=1)")
            results.append(name if target is None else state[target])
        step = self._new("step")
        taken = [
            f"{given[port]}[:, {step}]" if port in graph.steps else state.get(port, given[port])
            for port in ports
        ]
        return [
            *before,
            f"for {step} in range({given[graph.steps[0]]}.size(1)):",
            f"{INDENT}{', '.join(results)} = {call.module}({', '.join(taken)})",
            *inside,
            *after,
        ]

    def _new(self, name: str) -> str:
        name = self.fresh(name)
        self.taken.add(name)
        return name


def consumed(scope: Scope, ids: Iterable[str]) -> set[Port]:
    """Output ports that the given nodes take in."""
    wanted = set(ids)
    return {source for target, source in scope.graph.links.items() if target.node in wanted}


def ordered(scope: Scope, ids: Iterable[str]) -> list[str]:
    """The ids in the order of the drawing's data flow."""
    wanted = set(ids)
    return [id for id in scope.order if id in wanted]


def sources(scope: Scope, ids: Iterable[str], types: Mapping[str, object] | tuple[str, ...]) -> list[Port]:
    """Output ports of nodes of the given types (data, noise) that the ids need, in drawing order."""
    needed = consumed(scope, ids)
    return [
        Port(id, port)
        for id in scope.order
        if scope.infos[id].node.type in types
        for port in scope.infos[id].outputs
        if Port(id, port) in needed
    ]
