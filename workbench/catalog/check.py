"""The check of a whole document: shapes of everything, problems with one-click fixes, figures. Pure; no torch.

`analyse` fills in every field, follows the shapes through blocks and repetitions, and keeps going after a problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.catalog import advice, rules
from workbench.catalog.modes import active
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.problems import Problem, Problems
from workbench.catalog.schema import Schema
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.spec import Call, NodeType, fill, node_types
from workbench.catalog.training import Settings
from workbench.catalog.updates import Step, check_goal, resolve_settings, resolve_updates
from workbench.core.document import INPUT, Document, Graph, Node, Port
from workbench.core.edits import Disconnect
from workbench.core.errors import ExpressionError, FieldError, ShapeError
from workbench.core.expressions import Value, evaluate, is_expression, resolve_variables
from workbench.core.shapes import TensorSpec

MOST_REPEATS = 10_000
MOST_NODES = 50_000
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that the check found. `nodes` maps a path ("conv1", "judge/fc1", "stack#2/fc1") to what is known there."""

    root: Scope
    problems: tuple[Problem, ...]
    nodes: Mapping[str, NodeInfo]
    settings: Settings
    updates: tuple[Step, ...]
    active: Document  # what counts of the document: without bypassed and muted nodes

    @property
    def ok(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def parameters(self) -> int:
        return self.root.parameters

    @property
    def operations(self) -> int:
        return self.root.operations


def analyse(document: Document, schemas: Mapping[str, Schema], before: Analysis | None = None) -> Analysis:
    """Checks a document against the datasets that are known. Never raises for what a document may contain.

    `before`, the analysis of an earlier version, saves the work on nodes that an edit left alone.
    """
    problems = Problems()
    counting = active(document, before.active if before else None)
    walk = _Walk(counting, document, schemas, problems, before.nodes if before else {})
    root = walk.scope("", "", counting.graph, walk.variables(), {}, ())
    advice.warn(document, root, problems)
    settings = resolve_settings(document, root.names, problems)
    updates = resolve_updates(document, root, problems)
    check_goal(settings, root, updates, problems)
    nodes: dict[str, NodeInfo] = {}
    _collect(root, nodes)
    return Analysis(root, problems.sorted(), nodes, settings, updates, counting)


class _Walk:
    """Follows the shapes through one document."""

    def __init__(
        self,
        document: Document,
        drawn: Document,
        schemas: Mapping[str, Schema],
        problems: Problems,
        before: Mapping[str, NodeInfo],
    ) -> None:
        self.document = document
        self.drawn = drawn
        self.before = before
        self.schemas = schemas
        self.problems = problems
        self.types = node_types()
        self.count = 0
        self.unlinked: list[tuple[Node, str]] = []

    def variables(self) -> dict[str, Value]:
        """Names that fields of the model may use: facts of its datasets, then its variables."""
        facts: dict[str, Value] = {}
        for node in self.document.graph.nodes.values():
            schema = self._schema(node)
            if schema:
                facts = {**schema.facts, **facts}  # those of the first dataset count
        try:
            return resolve_variables(self.document.variables, facts)
        except ExpressionError as error:
            self.problems.error(str(error))
            return facts

    def _schema(self, node: Node) -> Schema | None:
        if node.type != "Dataset":
            return None
        return self.schemas.get(str(node.params.get("dataset", Dataset.dataset)))

    def scope(
        self,
        where: str,
        path: str,
        graph: Graph,
        names: Mapping[str, Value],
        given: Mapping[str, TensorSpec],
        stack: tuple[str, ...],
    ) -> Scope:
        """One graph with everything filled in; `given` are the specs at a block's inputs."""
        scope = Scope(where, path, graph, self.drawn.graph_of(where), names)
        scope.order, cyclic = graph.order()
        if cyclic:
            _cycle(scope, cyclic, self.problems)
        unlinked, self.unlinked = self.unlinked, []
        for id in scope.order:
            self.count += 1
            if self.count > MOST_NODES:
                if self.count == MOST_NODES + 1:
                    self.problems.error(
                        f"The model has more than {MOST_NODES:,} nodes with all its repetitions."
                    )
                break
            node = graph.nodes[id]
            linked = scope.sources.get(id, {})
            if node.block:
                info = self.block(scope, node, linked, stack)
            elif node.type == INPUT and where:
                info = NodeInfo(node, self.types[INPUT](), outputs={"x": given[id]}) if id in given else None
            else:
                info = self.typed(scope, node, linked)
            if info is not None:
                scope.infos[id] = info
        for node, name in self.unlinked:  # now that all is known that could be linked
            fixes = rules.link_fixes(scope, node, name)
            self.problems.error(f"nothing is linked to its input “{name}”.", scope, node, name, fixes)
        self.unlinked = unlinked
        for id, info in scope.infos.items():
            if info.node.linked_to:
                _share(scope, id, info, self.problems)
        return scope

    def typed(self, scope: Scope, node: Node, linked: Mapping[str, Port]) -> NodeInfo | None:
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
        old = self.before.get(scope.path + node.id)
        if old is not None and (old.node is not node or _depends(node)):
            old = None
        kind = old.kind if old is not None else self.filled(cls, scope, node)
        if kind is None:
            return None
        inputs = self.inputs(scope, node, kind.input_ports(), linked, cls.optional)
        if inputs is None:
            return None
        if old is not None and old.inputs == inputs:
            return old
        info = NodeInfo(node, kind, kind.input_ports(), inputs)
        try:
            found = kind.infer(*inputs)
            info.parameters = kind.parameters(*inputs)
            info.operations = kind.operations(*inputs)
        except ShapeError as error:
            # A merge that lost inputs has other names for the rest, which no edit of the drawing knows.
            same = node.params is scope.drawn.nodes[node.id].params
            fixes = rules.shape_fixes(scope, node, error) if same else ()
            self.problems.error(str(error), scope, node, error.port, fixes)
            return None
        specs = found if isinstance(found, tuple) else (found,)
        info.outputs = dict(zip(kind.output_ports(), specs, strict=True))
        return info

    def filled(self, cls: type[NodeType], scope: Scope, node: Node) -> NodeType | None:
        try:
            values = {name: self.value(name, value, scope.names) for name, value in node.params.items()}
            kind = fill(cls, values)
        except FieldError as error:
            self.problems.error(str(error), scope, node, error.field)
            return None
        if isinstance(kind, Dataset):
            schema = self.schemas.get(kind.dataset)
            if schema is None:
                self.problems.error(
                    f"there is no dataset “{kind.dataset}” in this workspace; choose or add one.",
                    scope,
                    node,
                    "dataset",
                )
                return None
            return Dataset(kind.dataset, kind.length, schema)
        return kind

    def value(self, name: str, value: Value, names: Mapping[str, Value]) -> Value:
        try:
            return evaluate(value, names)
        except ExpressionError as error:
            raise FieldError(name, str(error)) from error

    def inputs(
        self,
        scope: Scope,
        node: Node,
        ports: tuple[str, ...],
        linked: Mapping[str, Port],
        optional: frozenset[str] = frozenset(),
    ) -> tuple[TensorSpec, ...] | None:
        """Specs at the linked inputs in port order; None when one is missing or not known."""
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
            if open_port in optional and open_port:
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
        self, scope: Scope, node: Node, linked: Mapping[str, Port], stack: tuple[str, ...]
    ) -> NodeInfo | None:
        """An instance of a block: one scope for each repetition, the first output feeding the first input."""
        block = self.document.blocks.get(node.block)
        if block is None:
            self.problems.error(f"there is no block “{node.block}” in this model.", scope, node)
            return None
        if node.block in stack or len(stack) >= DEEPEST:
            circle = " → ".join([*stack, node.block]) if node.block in stack else f"{DEEPEST} levels"
            self.problems.error(
                f"blocks may not contain themselves or nest too deeply: {circle}.", scope, node
            )
            return None
        unknown = [name for name in node.params if name not in block.params]
        if unknown:
            self.problems.error(
                f"block “{node.block}” has no parameter “{unknown[0]}”.", scope, node, unknown[0]
            )
            return None
        inputs = self.inputs(scope, node, block.inputs, linked)
        times = self.repeats(scope, node)
        if inputs is None or times is None:
            return None
        if not block.outputs:
            self.problems.error(
                f"block “{node.block}” has no Output, so nothing comes out of it.", scope, node
            )
            return None
        if times > 1 and not block.inputs:
            self.problems.error("only a block with an input and an output can repeat.", scope, node)
            return None
        given = dict(zip(block.inputs, inputs, strict=True))
        copies: list[Scope] = []
        for index in range(times):
            child = self.instance(scope, node, given, index, times, stack)
            if child is None:
                return None
            copies.append(child)
            outputs = child.outputs()
            if times > 1:
                if block.outputs[0] not in outputs:
                    break
                given = {**given, block.inputs[0]: outputs[block.outputs[0]]}
        return NodeInfo(
            node,
            None,
            block.inputs,
            inputs,
            copies[-1].outputs(),
            sum(copy.parameters for copy in copies),
            sum(copy.operations for copy in copies),
            tuple(copies),
            copies[0].params,
        )

    def repeats(self, scope: Scope, node: Node) -> int | None:
        try:
            times = self.value("repeat", node.repeat, scope.names)
        except FieldError as error:
            self.problems.error(str(error), scope, node, "repeat")
            return None
        if isinstance(times, float) and times.is_integer():
            times = int(times)
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_REPEATS:
            self.problems.error(
                f"Repeat must be 1 to {MOST_REPEATS:,}, not {times!r}.", scope, node, "repeat"
            )
            return None
        return times

    def instance(
        self,
        scope: Scope,
        node: Node,
        given: Mapping[str, TensorSpec],
        index: int,
        times: int,
        stack: tuple[str, ...],
    ) -> Scope | None:
        block = self.document.blocks[node.block]
        outer: dict[str, Value] = {**scope.names, "i": index}
        params: dict[str, Value] = {}
        for name, default in block.params.items():
            try:
                params[name] = self.value(name, node.params.get(name, default), outer)
            except FieldError as error:
                self.problems.error(str(error), scope, node, name)
                return None
        path = f"{scope.path}{node.id}{f'#{index + 1}' if times > 1 else ''}/"
        names = {**scope.names, **params, "i": index}
        with self.problems.inside(scope, node):
            child = self.scope(node.block, path, block.graph, names, given, (*stack, node.block))
        child.params = params
        return child


def _depends(node: Node) -> bool:
    """Whether a node means something else when variables or datasets change."""
    return node.type == "Dataset" or any(
        is_expression(part)
        for value in node.params.values()
        for part in (value if isinstance(value, tuple) else (value,))
    )


def _share(scope: Scope, id: str, info: NodeInfo, problems: Problems) -> None:
    """A linked copy owns no weights, and must need the same ones as its owner."""
    info.parameters = 0
    owner = scope.infos.get(info.node.linked_to)
    if info.node.linked_to not in scope.graph.nodes:
        problems.error(
            f"it shares the weights of “{info.node.linked_to}”, which does not exist.", scope, info.node
        )
    elif owner is None:
        return
    elif owner.node.linked_to or owner.type != info.type or owner.node.id == id:
        problems.error(
            f"it cannot share the weights of “{owner.node.id}”: not of one kind.", scope, info.node
        )
    elif signature(owner) != signature(info):
        problems.error(
            f"it shares the weights of “{owner.node.id}” but its input or its fields ask for other ones.",
            scope,
            info.node,
        )


def signature(info: NodeInfo) -> object:
    """What decides a node's weights: equal for nodes that could share them. A block's copies share its forward
    pass as well.
    """
    if info.kind is not None:
        arguments = info.kind.arguments(*info.inputs)
        return type(info.kind), tuple(sorted(arguments.items(), key=lambda item: item[0]))
    return tuple(
        tuple((signature(inner), _forward(inner)) for inner in copy.infos.values()) for copy in info.copies
    )


def _forward(info: NodeInfo) -> tuple[str, ...]:
    """The node's lines of the forward pass, by the names of its ports."""
    if info.kind is None:
        return ()
    return tuple(
        info.kind.forward(Call("self", info.ports[: len(info.inputs)], tuple(info.outputs), info.inputs))
    )


def _cycle(scope: Scope, cyclic: list[str], problems: Problems) -> None:
    """Reports one cycle, with the link whose removal opens it."""
    graph = scope.graph
    sources: dict[str, dict[str, Port]] = {}
    for target, source in graph.links.items():
        if target.node in cyclic and source.node in cyclic:
            sources.setdefault(target.node, {})[target.name] = source
    trail = [next(id for id in cyclic if id in sources)]
    while True:
        feeder = next(iter(sources[trail[-1]].values())).node
        if feeder in trail:
            ring = [*trail[trail.index(feeder) :], feeder][::-1]
            break
        trail.append(feeder)
    target = next(Port(ring[1], name) for name, source in sources[ring[1]].items() if source.node == ring[0])
    problems.error(
        f"the links form a cycle: {' → '.join(ring)}.",
        scope,
        graph.nodes[ring[0]],
        "",
        rules.fix(f"Remove the link to {target}", Disconnect(target, scope.where)),
    )


def _collect(scope: Scope, nodes: dict[str, NodeInfo]) -> None:
    for id, info in scope.infos.items():
        nodes[scope.path + id] = info
        for copy in info.copies:
            _collect(copy, nodes)
