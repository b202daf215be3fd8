"""Follows the shapes through a document: fields filled in, blocks entered, repetitions chained. Pure; no torch.

What an earlier walk found is taken over wherever an edit cannot have changed it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from workbench.catalog import rules
from workbench.catalog.changes import NOTHING, Changes, depends, same_meaning
from workbench.catalog.filling import filled, repeats, value_of
from workbench.catalog.loops import Loop
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.problems import Problems
from workbench.catalog.schema import Schema, find_schema
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.sharing import share
from workbench.catalog.spec import Open, node_types
from workbench.core.document import INPUT, Block, Document, Node, Port
from workbench.core.edits import Disconnect
from workbench.core.errors import ExpressionError, FieldError, ShapeError
from workbench.core.expressions import NO_VALUE, Value, resolve_variables
from workbench.core.shapes import TensorSpec

MOST_NODES = 50_000
DEEPEST = 64


class Walk:
    """One walk through a document. `counting` is what counts of `drawn`; `before` is the root of an earlier walk and
    `kept` the names of blocks that are as they were then.
    """

    def __init__(
        self,
        counting: Document,
        drawn: Document,
        schemas: Mapping[str, Schema],
        problems: Problems,
        same_blocks: bool,
    ) -> None:
        self.document = counting
        self.drawn = drawn
        self.schemas = schemas
        self.problems = problems
        self.same_blocks = same_blocks
        self.types = node_types()
        self.count = 0
        self.names: dict[str, Value] = {}
        self.unlinked: list[tuple[Node, str]] = []

    def root(self, before: Scope | None) -> Scope:
        """The model's own graph and all below it."""
        self.names = self.variables()
        found = self.scope("", "", self.names, {}, (), before)
        if not self.complete:
            self.problems.error(f"The model has more than {MOST_NODES:,} nodes with all its repetitions.")
        return found

    @property
    def complete(self) -> bool:
        """Whether the walk came to the end, or gave up because there are too many nodes."""
        return self.count <= MOST_NODES

    def variables(self) -> dict[str, Value]:
        """Names that fields of the model may use: facts of its datasets, then its variables."""
        facts: dict[str, Value] = {}
        for node in self.document.graph.nodes.values():
            schema = self._schema(node) if node.type == "Dataset" else None
            if schema:
                facts = {**schema.facts, **facts}  # those of the first dataset count
        try:
            return resolve_variables(self.document.variables, facts)
        except ExpressionError as error:
            self.problems.error(str(error))
            return self._variables_that_can_be(facts)

    def _variables_that_can_be(self, facts: dict[str, Value]) -> dict[str, Value]:
        """Those that need none that is wrong, so that only what is wrong is told; the others have no value."""
        good: dict[str, Value] = {}
        found, before = dict(facts), -1
        while len(good) > before:
            before = len(good)
            for name, value in self.document.variables.items():
                if name not in good:
                    with suppress(ExpressionError):
                        found = resolve_variables({**good, name: value}, facts)
                        good[name] = value
        return {**found, **{name: NO_VALUE for name in self.document.variables if name not in good}}

    def _schema(self, node: Node) -> Schema | None:
        return find_schema(self.schemas, str(node.params.get("dataset", Dataset.dataset)))

    def scope(
        self,
        where: str,
        path: str,
        names: Mapping[str, Value],
        given: Mapping[str, TensorSpec],
        stack: tuple[str, ...],
        old: Scope | None,
    ) -> Scope:
        """One graph with everything filled in; `given` are the specs at a block's inputs, `old` is the same place in
        an earlier walk.
        """
        graph = self.document.graph_of(where)
        scope = Scope(where, path, graph, self.drawn.graph_of(where), names)
        if old is not None and (old.path != path or old.where != where):
            old = None
        changes = Changes(scope, old)
        if scope.cyclic:
            rules.tell_cycle(scope, self.problems)
        unlinked, self.unlinked = self.unlinked, []
        for id in scope.order:
            self.count += 1
            if self.count > MOST_NODES:
                break
            node = graph.nodes[id]
            info = changes.kept(node)
            if info is None:
                info = self.info(scope, node, given, stack, changes)
                changes.made(id, info)
            if info is not None:
                scope.infos[id] = info
        for node, name in self.unlinked:  # now that all is known that could be linked
            fixes = rules.link_fixes(scope, node, name)
            self.problems.error(f"nothing is linked to its input “{name}”.", scope, node, name, fixes)
        self.unlinked = unlinked
        for id, info in scope.infos.items():
            if info.node.linked_to:
                share(scope, id, info, self.problems)
        if old is not None and changes.same_flow:
            scope.reach = old.reach
        return scope

    def info(
        self,
        scope: Scope,
        node: Node,
        given: Mapping[str, TensorSpec],
        stack: tuple[str, ...],
        changes: Changes,
    ) -> NodeInfo | None:
        """What is known of a node; None when that is nothing."""
        linked = scope.sources.get(node.id, NOTHING)
        was = changes.before.get(node.id)
        if node.block:
            return self.block(scope, node, linked, stack, changes)
        if node.type == INPUT and scope.where:
            misplaced = rules.misplaced(scope, self.types[INPUT], node)
            if misplaced:
                self.problems.error(misplaced, scope, node)
            if misplaced or node.id not in given or self.inputs(scope, node, (), linked) is None:
                return None
            kind = filled(self.types[INPUT], scope, node, self.schemas, self.problems)
            return None if kind is None else NodeInfo(node, kind, outputs={"x": given[node.id]})
        return self.typed(scope, node, linked, was)

    def typed(
        self, scope: Scope, node: Node, linked: Mapping[str, Port], was: NodeInfo | None
    ) -> NodeInfo | None:
        """A node of a node type; None when nothing can be known of it."""
        cls = self.types.get(node.type)
        if cls is None:
            self.problems.error(
                f"“{node.type}” is not a known node type; the node is kept as it is.", scope, node
            )
            return None
        misplaced = rules.misplaced(scope, cls, node)
        if misplaced:
            self.problems.error(misplaced, scope, node)
            return None
        same = was is not None and was.node is node and cls is not Dataset and not depends(node)
        kind = was.kind if was is not None and same else filled(cls, scope, node, self.schemas, self.problems)
        if kind is None:
            return None
        inputs = self.inputs(scope, node, kind.input_ports(), linked, cls.optional, issubclass(cls, Open))
        if inputs is None:
            return None
        ports = tuple(name for name in kind.input_ports() if name in linked)
        if was is not None and same and was.ports == ports and was.inputs == inputs:
            return was
        if isinstance(kind, Open) and kind.linked != ports:
            kind = kind.with_linked(ports)
        info = NodeInfo(node, kind, ports, inputs)
        try:
            found = kind.infer(*inputs)
            info.parameters = 0 if node.linked_to else kind.parameters(*inputs)
            info.operations = kind.operations(*inputs)
        except ShapeError as error:
            # A merge that lost inputs has other names for the rest, which no edit of the drawing knows.
            plain = node.params is scope.drawn.nodes[node.id].params
            fixes = rules.shape_fixes(scope, node, error) if plain else ()
            self.problems.error(self._told(error), scope, node, error.port, fixes)
            return None
        specs = found if isinstance(found, tuple) else (found,)
        info.outputs = dict(zip(kind.output_ports(), specs, strict=True))
        return info

    def _told(self, error: ShapeError) -> str:
        """What does not fit; with a variable that stands in the way of the fact of the data that would help."""
        value = self.names.get(error.fact)
        if error.fact not in self.document.variables or value == error.outputs:
            return str(error)
        return (
            f"{error}. The model has a variable “{error.fact}” of its own, {value}, which goes before what the data "
            "says: rename it"
        )

    def inputs(
        self,
        scope: Scope,
        node: Node,
        ports: tuple[str, ...],
        linked: Mapping[str, Port],
        optional: frozenset[str] = frozenset(),
        any_open: bool = False,
    ) -> tuple[TensorSpec, ...] | None:
        """Specs at the linked inputs in port order; None when one is missing or not known. Optional inputs may be
        left out from the last one on, or any of them (`any_open`).
        """
        complete = True
        for name in linked:
            if name not in ports:
                fix = rules.fix(f"Remove the link to {name}", Disconnect(Port(node.id, name), scope.where))
                self.problems.error(f"it has no input “{name}”.", scope, node, name, fix)
                complete = False
        specs: list[TensorSpec] = []
        open_port = ""
        for name in ports:
            source = linked.get(name)
            if source is None:
                open_port = open_port or name
                if name not in optional:
                    self.unlinked.append((node, name))
                    complete = False
                continue
            if open_port in optional and not any_open:
                self.problems.error(f"link “{open_port}” before “{name}”.", scope, node, open_port)
                complete = False
            info = scope.infos.get(source.node)
            if info is None:
                complete = False
                if source.node not in scope.graph.nodes:  # else the problem was told where it arose
                    fix = rules.fix("Remove the link", Disconnect(Port(node.id, name), scope.where))
                    self.problems.error(
                        f"it is linked to “{source.node}”, which does not exist.", scope, node, name, fix
                    )
            elif source.name not in info.outputs:
                fix = rules.fix("Remove the link", Disconnect(Port(node.id, name), scope.where))
                if not info.node.block or source.name not in self.document.blocks[info.node.block].outputs:
                    self.problems.error(
                        f"{source.node} has no output “{source.name}”.", scope, node, name, fix
                    )
                complete = False
            else:
                specs.append(info.outputs[source.name])
        return tuple(specs) if complete else None

    def block(
        self,
        scope: Scope,
        node: Node,
        linked: Mapping[str, Port],
        stack: tuple[str, ...],
        changes: Changes,
    ) -> NodeInfo | None:
        """An instance of a block: one scope for each repetition, the first output feeding the first input."""
        block = self.document.blocks.get(node.block)
        if block is None:
            self.problems.error(f"there is no block “{node.block}” in this model.", scope, node)
            return None
        inputs = self.inputs(scope, node, block.inputs, linked)
        was = changes.before.get(node.id)
        size = changes.settled.get(node.id, 0)
        settled = was is not None and size and self.same_blocks and changes.same_names
        if was is not None and settled and was.inputs == inputs and same_meaning(was.node, node):
            self.count += size
            scope.settled[node.id] = size
            return was if was.node is node else replace(was, node=node)
        times = repeats(scope, node, self.problems) if self.fits(scope, node, block, stack) else None
        if inputs is None or times is None:
            return None
        if times > 1 and not block.inputs:
            self.problems.error("only a block with an input and an output can repeat.", scope, node)
            return None
        told, count = self.problems.told, self.count
        earlier = was.copies if was is not None and was.node.block == node.block else ()
        loop = Loop(block.graph, dict(zip(block.inputs, inputs, strict=True)))
        wrong = loop.refusal(times)
        copies = [] if wrong else self.copies(scope, node, loop.inside(), times, stack, earlier)
        outputs = copies[-1].outputs() if copies else {}
        wrong = wrong or loop.changed(outputs)
        if wrong:
            self.problems.error(wrong, scope, node)
        if wrong or not copies:
            return None
        if self.problems.told == told and self.complete:
            scope.settled[node.id] = self.count - count
        return NodeInfo(
            node,
            None,
            block.inputs,
            inputs,
            loop.outside(outputs),
            0 if node.linked_to else sum(copy.parameters for copy in copies),
            loop.rounds * sum(copy.operations for copy in copies),
            tuple(copies),
            copies[0].params,
            loop.rounds,
        )

    def fits(self, scope: Scope, node: Node, block: Block, stack: tuple[str, ...]) -> bool:
        """Whether an instance can be entered; says why not."""
        unknown = [name for name in node.params if name not in block.params]
        if node.block in stack:
            circle = " → ".join([*stack[stack.index(node.block) :], node.block])
            message, port = f"blocks may not contain themselves: {circle}.", ""
        elif len(stack) >= DEEPEST:
            message, port = f"blocks may nest {DEEPEST} deep; “{node.block}” stands deeper.", ""
        elif unknown:
            message, port = f"block “{node.block}” has no parameter “{unknown[0]}”.", unknown[0]
        elif not block.outputs:
            message, port = f"block “{node.block}” has no Output, so nothing comes out of it.", ""
        else:
            return True
        self.problems.error(message, scope, node, port)
        return False

    def copies(
        self,
        scope: Scope,
        node: Node,
        given: Mapping[str, TensorSpec],
        times: int,
        stack: tuple[str, ...],
        earlier: tuple[Scope, ...],
    ) -> list[Scope]:
        """The repetitions of an instance, as far as each gets what it needs; none where its parameters are wrong."""
        block = self.document.blocks[node.block]
        copies: list[Scope] = []
        for index in range(times):
            old = earlier[index] if index < len(earlier) else None
            child = self.instance(scope, node, given, index, times, stack, old)
            if child is None:
                return []
            copies.append(child)
            if times > 1:
                outputs = child.outputs()
                if block.outputs[0] not in outputs:
                    break
                given = {**given, block.inputs[0]: outputs[block.outputs[0]]}
        return copies

    def instance(
        self,
        scope: Scope,
        node: Node,
        given: Mapping[str, TensorSpec],
        index: int,
        times: int,
        stack: tuple[str, ...],
        old: Scope | None,
    ) -> Scope | None:
        """One repetition of a block; None where a parameter cannot be worked out."""
        block = self.document.blocks[node.block]
        outer: dict[str, Value] = {**scope.names, "i": index}
        params: dict[str, Value] = {}
        for name, default in block.params.items():
            try:
                params[name] = value_of(name, node.params.get(name, default), outer)
            except FieldError as error:
                self.problems.error(str(error), scope, node, name)
                return None
        path = f"{scope.path}{node.id}{f'#{index + 1}' if times > 1 else ''}/"
        names = {**scope.names, **params, "i": index}
        with self.problems.inside(scope, node):
            child = self.scope(node.block, path, names, given, (*stack, node.block), old)
        child.params = params
        return child
