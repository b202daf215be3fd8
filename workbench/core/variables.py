"""Edits of the variables of a model; a new name follows wherever fields use it, also inside blocks. Core only.

A block sees the names of the place where it stands, so the same field may mean the variable in one place and a
parameter of a block around it in another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workbench.core.checks import check_values
from workbench.core.document import Document, Graph, Node, Training, Update
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.names import check_variable
from workbench.core.parameters import substituted, used_names


@dataclass(frozen=True, slots=True)
class SetVariable:
    """Sets a variable of the model; None removes it."""

    name: str
    value: Value

    @property
    def label(self) -> str:
        return f"Set variable {self.name}"

    def apply(self, document: Document) -> Document:
        # An old one, whatever it is called, can be changed and removed.
        if self.name not in document.variables:
            check_variable(self.name)
        variables = {name: value for name, value in document.variables.items() if name != self.name}
        if self.value is None:
            return replace(document, variables=variables)
        check_values("variable", {self.name: self.value})
        return replace(document, variables={**document.variables, self.name: self.value})


@dataclass(frozen=True, slots=True)
class RenameVariable:
    """Renames a variable; other variables, fields, blocks and the training follow."""

    old: str
    new: str

    @property
    def label(self) -> str:
        return f"Rename variable {self.old} to {self.new}"

    def apply(self, document: Document) -> Document:
        if self.old not in document.variables:
            raise EditError(f"The model has no variable “{self.old}”.")
        if self.new == self.old:
            return document
        check_variable(self.new)
        if self.new in document.variables:
            raise EditError(f"There is already a variable “{self.new}”.")
        self._check(document)
        hidden = _hidden(document, self.old)
        # A variable that names itself means what the data says under that name, which stays.
        variables = {
            self.new if name == self.old else name: value if name == self.old else self._value(value)
            for name, value in document.variables.items()
        }
        blocks = {}
        for name, block in document.blocks.items():
            if name not in hidden:
                block = replace(block, params=self._values(block.params))
                if self.old not in block.params:
                    block = replace(block, graph=self._graph(block.graph))
            blocks[name] = block
        training = document.training
        training = Training(
            self._values(training.settings), tuple(self._update(update) for update in training.updates)
        )
        graph = self._graph(document.graph)
        return replace(document, variables=variables, graph=graph, blocks=blocks, training=training)

    def _check(self, document: Document) -> None:
        """Raises EditError where a field would mean something else afterwards."""
        shadowed, taken = _hidden(document, self.old), _hidden(document, self.new)
        seen = _seen(document, self.old)
        for where, place in _places(document):
            block = document.blocks.get(where)
            graph_uses = _uses(place)
            default_uses = _names(block.params.values()) if block is not None else frozenset()
            inner = graph_uses if block is None or self.old not in block.params else frozenset()
            if where in shadowed and where in seen and self.old in inner | default_uses:
                raise EditError(
                    f"Block “{where}” takes “{self.old}” from the model in one place and from a block around it in "
                    "another; give it a parameter of that name first."
                )
            if where in shadowed:
                continue
            caught = where in taken and self.old in inner | default_uses
            if caught or (block is not None and self.new in block.params and self.old in inner):
                raise EditError(
                    f"In block “{where}” the name “{self.new}” is a parameter already; choose another name."
                )
            named = graph_uses if block is None or self.new not in block.params else frozenset()
            if where not in taken and self.new in named | default_uses:
                place_text = f"Block “{where}”" if where else "A field of the model"
                raise EditError(f"{place_text} already uses the name “{self.new}”; choose another name.")
        others = [value for name, value in document.variables.items() if name != self.old]
        if self.new in _names([*others, *_training_values(document.training)]):
            raise EditError(f"A variable or the training already uses the name “{self.new}”; choose another.")

    def _value(self, value: Value) -> Value:
        return substituted(value, {self.old: f"= {self.new}"})

    def _values(self, values: Mapping[str, Value]) -> dict[str, Value]:
        return {name: self._value(value) for name, value in values.items()}

    def _graph(self, graph: Graph) -> Graph:
        changed = {node.id: self._node(node) for node in graph.nodes.values() if self.old in _node_uses(node)}
        return replace(graph, nodes={**graph.nodes, **changed}) if changed else graph

    def _node(self, node: Node) -> Node:
        return replace(node, params=self._values(node.params), repeat=self._value(node.repeat))

    def _update(self, update: Update) -> Update:
        return replace(
            update,
            minimise=self._values(update.minimise),
            optimizer=self._values(update.optimizer),
            schedule=self._values(update.schedule),
            rates=self._values(update.rates),
        )


def _names(values: Iterable[Value]) -> frozenset[str]:
    return frozenset().union(*(used_names(value) for value in values))


def _node_uses(node: Node) -> frozenset[str]:
    return _names((*node.params.values(), node.repeat))


def _uses(graph: Graph) -> frozenset[str]:
    return frozenset().union(*(_node_uses(node) for node in graph.nodes.values()))


def _training_values(training: Training) -> list[Value]:
    found = list(training.settings.values())
    for update in training.updates:
        for values in (update.minimise, update.optimizer, update.schedule, update.rates):
            found += values.values()
    return found


def _places(document: Document) -> list[tuple[str, Graph]]:
    return [("", document.graph), *((name, block.graph) for name, block in document.blocks.items())]


def _inside(document: Document, start: Iterable[str], name: str) -> set[str]:
    """Blocks that stand in these graphs, or in blocks there that have no parameter of that name."""
    found: set[str] = set()
    todo = list(start)
    while todo:
        where = todo.pop()
        for node in document.graph_of(where).nodes.values():
            if node.block in document.blocks and node.block not in found:
                found.add(node.block)
                if name not in document.blocks[node.block].params:
                    todo.append(node.block)
    return found


def _hidden(document: Document, name: str) -> set[str]:
    """Blocks that stand somewhere in a block that has a parameter of that name."""
    return _inside(
        document, [where for where, block in document.blocks.items() if name in block.params], name
    )


def _seen(document: Document, name: str) -> set[str]:
    """Blocks that stand somewhere where the name is the model's variable."""
    return _inside(document, [""], name)
