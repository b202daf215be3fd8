"""One class per block. What differs between a block's instances becomes a constructor argument; what is the same
everywhere is written as a literal. Instances whose forward pass differs get classes of their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.catalog.forms import fields_of
from workbench.catalog.scope import NodeInfo, Scope
from workbench.codegen.body import SILENT, Body, consumed
from workbench.codegen.text import (
    INDENT,
    Name,
    arguments,
    call,
    chain,
    docstring,
    fit,
    indent,
    literal,
    split,
)
from workbench.core.document import INPUT, OUTPUT, Block, Port

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Made:
    """How an instance of a block is constructed: its class and the arguments."""

    cls: str
    arguments: tuple[tuple[str, object], ...]

    def text(self) -> str:
        return f"{self.cls}({', '.join(arguments(dict(self.arguments)))})"


class Blocks:
    """Writes the classes of all blocks that a model uses, inner ones first."""

    def __init__(self, root: Scope, blocks: Mapping[str, Block], taken: Iterable[str]) -> None:
        self.blocks = blocks
        self.taken = set(taken)
        self.made: dict[int, Made] = {}
        self.lines: list[str] = []
        found: dict[str, list[Scope]] = {}
        _scopes(root, found)
        for name in found:  # _scopes lists inner blocks before outer ones
            self._classes(name, found[name])

    def construct(self, scope: Scope, depth: int = 2) -> list[str]:
        """Lines of `__init__` for the nodes of a scope that is written once (the model itself)."""
        return _init([scope], self.made, {}, depth)

    def _classes(self, name: str, scopes: list[Scope]) -> None:
        groups: dict[object, list[Scope]] = {}
        for scope in scopes:
            groups.setdefault(self._structure(scope), []).append(scope)
        for group in groups.values():
            cls = name if name not in self.taken else f"{name}Block"
            number = 1
            while cls in self.taken:
                number += 1
                cls = f"{name}{number}"
            self.taken.add(cls)
            self._class(cls, name, group)

    def _class(self, cls: str, name: str, group: list[Scope]) -> None:
        vectors: dict[str, tuple[object, ...]] = {}
        names: dict[str, str] = {}
        for vector, wish in _slots(group, self.made):
            if len(set(map(repr, vector))) > 1 and repr(vector) not in names:
                name_of = names[repr(vector)] = _free_name(wish, vector, group, {*vectors, *self.taken})
                vectors[name_of] = vector
        init = _init(group, self.made, names, 2)
        for index, scope in enumerate(group):
            self.made[id(scope)] = Made(cls, tuple((arg, vector[index]) for arg, vector in vectors.items()))
        signature = ["self", *(f"{arg}: {_annotation(vector)}" for arg, vector in vectors.items())]
        inputs, outputs = self.blocks[name].inputs, self.blocks[name].outputs
        returns = "Tensor" if len(outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(outputs))}]"
        self.lines += [
            f"class {cls}(nn.Module):",
            *docstring(f"Block {name}: {', '.join(inputs)} → {', '.join(outputs)}."),
            "",
            *call("def __init__(", signature, ") -> None:", 1),
            f"{INDENT * 2}super().__init__()",
            *init,
            "",
            *call("def forward(", ["self", *(f"{port}: Tensor" for port in inputs)], f") -> {returns}:", 1),
            *(part for line in indent(self._forward(group[0]), 2) for part in fit(line)),
            "",
            "",
        ]

    def _forward(self, scope: Scope) -> list[str]:
        ids = [id for id in scope.order if id in scope.infos]
        values = {Port(id, "x"): id for id in ids if scope.infos[id].node.type == INPUT}
        body = Body(scope, values, like=next(iter(values.values()), "like"))
        body.add(ids, consumed(scope, ids))
        outputs = [node.id for node in scope.graph.nodes.values() if node.type == OUTPUT]
        names = [body.values[scope.graph.links[Port(id, "x")]] for id in outputs]
        return [*body.lines, f"return {', '.join(names)}"]

    def _structure(self, scope: Scope) -> object:
        """What must be equal for two instances to share a class: everything except argument values."""
        parts: list[object] = [tuple(self._forward(scope))]
        for id, info in scope.infos.items():
            if info.node.linked_to or info.node.type in SILENT:
                continue
            if info.kind is not None:
                free = _default_fields(info)
                needed = tuple(name for name in info.kind.arguments(*info.inputs) if name not in free)
                first = tuple(info.kind.initialise("", *info.inputs))
                parts.append((id, info.kind.module()[0], needed, first))
            else:
                made = [self.made[key(copy)] for copy in info.copies]
                shape = tuple((one.cls, tuple(name for name, _ in one.arguments)) for one in made)
                parts.append((id, len(made) > 1, shape[0] if _uniform(made) else shape))
        return tuple(parts)


def key(scope: Scope) -> int:
    """Identity of a scope: two instances may look alike and still be two."""
    return id(scope)


def _scopes(scope: Scope, found: dict[str, list[Scope]]) -> None:
    """Instances that own weights, by block; an inner block comes before the block it stands in."""
    for info in scope.infos.values():
        if info.node.linked_to:
            continue
        for copy in info.copies:
            _scopes(copy, found)
            found.setdefault(info.node.block, []).append(copy)


def _uniform(made: Sequence[Made]) -> bool:
    return len({repr(one) for one in made}) == 1


def _slots(group: list[Scope], made: Mapping[int, Made]) -> Iterable[tuple[tuple[object, ...], str]]:
    """Every value that the constructor of this group writes, as one value per instance, with a name for it."""
    for id in group[0].infos:
        infos = [scope.infos[id] for scope in group]
        if infos[0].node.linked_to or infos[0].node.type in SILENT:
            continue
        if infos[0].kind is not None:
            for name, vector in _argument_vectors(infos).items():
                yield vector, f"{id}_{name}"
            continue
        if len(infos[0].copies) > 1 and _uniform_everywhere(infos, made):
            yield tuple(len(info.copies) for info in infos), f"{id}_repeat"
        for position in _positions(infos, made):
            for name, vector in _made_vectors(infos, made, position).items():
                yield vector, f"{id}_{name}"


def _init(group: list[Scope], made: Mapping[int, Made], names: Mapping[str, str], depth: int) -> list[str]:
    """Lines that construct the modules of a scope; values that differ in the group are arguments' names.

    `names` maps the repr of a vector (one value for each instance) to its argument: repr, because 1 == True.
    """

    def written(vector: tuple[object, ...]) -> object:
        return Name(names[repr(vector)]) if repr(vector) in names else vector[0]

    lines: list[str] = []
    for id in group[0].order:
        infos = [scope.infos[id] for scope in group if id in scope.infos]
        if not infos or infos[0].node.linked_to or infos[0].node.type in SILENT:
            continue
        kind = infos[0].kind
        if kind is not None:
            if kind.torch:
                values = {name: written(vector) for name, vector in _argument_vectors(infos).items()}
                lines += call(f"self.{id} = {kind.module()[0]}(", arguments(values), ")", depth)
                first = indent(kind.initialise(f"self.{id}", *infos[0].inputs), depth)
                lines += [part for line in first for part in fit(line)]
            continue
        parts = []
        for position in _positions(infos, made):
            one = made[key(infos[0].copies[position])]
            values = {name: written(v) for name, v in _made_vectors(infos, made, position).items()}
            parts.append(Made(one.cls, tuple(values.items())).text())
        sequential = len(infos[0].ports) == 1 and len(infos[0].outputs) == 1
        if len(infos[0].copies) == 1:
            cls, _, rest = parts[0].partition("(")
            lines += call(f"self.{id} = {cls}(", split(rest[:-1]), ")", depth)
        else:
            counts = tuple(len(info.copies) for info in infos)
            times = literal(written(counts)) if len(parts) == 1 else ""
            lines += chain(f"self.{id}", parts, times, sequential, depth)
    return lines


def _argument_vectors(infos: Sequence[NodeInfo]) -> dict[str, tuple[object, ...]]:
    """Each argument with its value in every instance; one that is left out somewhere has its default there."""
    each: list[Values] = [info.kind.arguments(*info.inputs) for info in infos if info.kind is not None]
    names = dict.fromkeys(name for values in each for name in values)
    free = _default_fields(infos[0])
    return {name: tuple(values.get(name, free.get(name)) for values in each) for name in names}


def _default_fields(info: NodeInfo) -> dict[str, object]:
    """Constructor arguments that are written only where they differ from their default, and that default."""
    if info.kind is None:
        return {}
    given = info.kind.given(*info.inputs)
    return {
        entry.name: entry.default
        for entry in fields_of(type(info.kind))
        if entry.argument and not entry.required and entry.name not in given
    }


def _made_vectors(
    infos: Sequence[NodeInfo], made: Mapping[int, Made], position: int
) -> dict[str, tuple[object, ...]]:
    each = [dict(made[key(info.copies[position])].arguments) for info in infos]
    return {name: tuple(values[name] for values in each) for name in each[0]}


def _uniform_everywhere(infos: Sequence[NodeInfo], made: Mapping[int, Made]) -> bool:
    return all(_uniform([made[key(copy)] for copy in info.copies]) for info in infos)


def _positions(infos: Sequence[NodeInfo], made: Mapping[int, Made]) -> range:
    """Which copies are written out: the first stands for all when all are constructed alike."""
    return range(1 if _uniform_everywhere(infos, made) else len(infos[0].copies))


def _free_name(wish: str, vector: tuple[object, ...], group: list[Scope], taken: Iterable[str]) -> str:
    """The block's own parameter of that value, else node and argument."""
    for param in group[0].params:
        if tuple(scope.params.get(param) for scope in group) == vector and param not in taken:
            return param
    while wish in taken:
        wish += "_"
    return wish


def _annotation(vector: tuple[object, ...]) -> str:
    names = sorted({_type_name(value) for value in vector})
    return " | ".join(names)


def _type_name(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        return f"tuple[{', '.join(_type_name(part) for part in value)}]"
    return type(value).__name__
