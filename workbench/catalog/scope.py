"""What the check knows of one place of a drawing: a node, and the graph that it stands in. Imports core and spec."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.catalog.spec import NodeType
from workbench.core.document import OUTPUT, Graph, Node, Port
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@dataclass(slots=True)
class NodeInfo:
    """What is known of one node in one place. `kind` is its type with all fields filled in, None for a block,
    whose `copies` are then one scope for each repetition; a loop runs `rounds` times (1 where the data tells).
    `ports` names the inputs that are linked, in their order, `inputs` are their specs.
    """

    node: Node
    kind: NodeType | None = None
    ports: tuple[str, ...] = ()
    inputs: tuple[TensorSpec, ...] = ()
    outputs: dict[str, TensorSpec] = field(default_factory=dict)
    parameters: int = 0
    operations: int = 0
    copies: "tuple[Scope, ...]" = ()
    params: Mapping[str, Value] = field(default_factory=dict)
    rounds: int = 1

    @property
    def type(self) -> str:
        return self.node.type or self.node.block

    @property
    def given(self) -> dict[str, TensorSpec]:
        """What is linked to the inputs, by the name of the input; those left open are missing."""
        return dict(zip(self.ports, self.inputs, strict=True))


@dataclass(slots=True)
class Scope:
    """One graph with its values filled in: the model itself, or one instance of a block.

    `graph` is what counts, `drawn` what stands on the canvas: also the bypassed and muted nodes.
    """

    where: str
    path: str
    graph: Graph
    drawn: Graph
    names: Mapping[str, Value]
    order: list[str] = field(default_factory=list)
    infos: dict[str, NodeInfo] = field(default_factory=dict)
    params: Mapping[str, Value] = field(default_factory=dict)
    sources: dict[str, dict[str, Port]] = field(default_factory=dict)  # by node and input port, what feeds it
    cyclic: list[str] = field(default_factory=list)
    # Of each block without a problem, how many nodes stand in it with all repetitions.
    settled: dict[str, int] = field(default_factory=dict)
    reach: dict[tuple[str, ...], set[str]] = field(default_factory=dict)  # what `gradients.reached` found

    def outputs(self) -> dict[str, TensorSpec]:
        """Specs of a block's outputs, as far as they are known, in the order of its ports."""
        drawn = [id for id, node in self.graph.nodes.items() if node.type == OUTPUT and id in self.infos]
        return {id: self.infos[id].inputs[0] for id in drawn}

    @property
    def parameters(self) -> int:
        return sum(info.parameters for info in self.infos.values())

    @property
    def operations(self) -> int:
        return sum(info.operations for info in self.infos.values())
