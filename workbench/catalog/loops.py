"""Blocks that run once for each step of a sequence: what goes in at a step, and what comes out of all of them.

An input of the block's graph that goes step by step makes it a loop; outputs may feed back to inputs. Core only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.core.document import INPUT, Graph
from workbench.core.shapes import Dim, TensorSpec, same_dim


@dataclass(frozen=True, slots=True)
class Loop:
    """One use of a block, `given` the specs at its ports; what is no loop lets everything through as it is."""

    graph: Graph
    given: Mapping[str, TensorSpec]

    @property
    def length(self) -> Dim:
        return self.given[self.graph.steps[0]].shape[1]

    @property
    def rounds(self) -> int:
        """How many steps there are, 1 where only the data tells."""
        return self.length if self.graph.steps and isinstance(self.length, int) else 1

    def refusal(self, repeats: int) -> str:
        """Why it cannot run, "" where it can."""
        steps = self.graph.steps
        if not steps:
            if not self.graph.fed_back:
                return ""
            output, name = next(iter(self.graph.fed_back.items()))
            return (
                f"its output “{output}” feeds back to “{name}”, but no input of the block goes step by step."
            )
        if repeats > 1:
            return (
                "a loop cannot repeat as well: put the repetition into the loop, or several loops in a row."
            )
        for name in steps:
            spec = self.given[name]
            if spec.rank < 2:
                return f"its input “{name}” goes step by step, so it expects a sequence N×L×…, got {spec}."
            if not same_dim(spec.shape[1], self.length):
                return f"“{steps[0]}” has {self.length} steps and “{name}” {spec.shape[1]}; a loop needs as many."
        taken: dict[str, str] = {}
        for output, name in self.graph.fed_back.items():
            inputs = [node.id for node in self.graph.nodes.values() if node.type == INPUT]
            if name not in inputs:
                return f"its output “{output}” feeds back to “{name}”, which is not an input of the block."
            if name in steps:
                return f"its input “{name}” goes step by step, so “{output}” cannot feed back to it."
            if name in taken:
                return f"its outputs “{taken[name]}” and “{output}” both feed back to “{name}”."
            taken[name] = output
        return ""

    def inside(self) -> dict[str, TensorSpec]:
        """Specs of the inputs at one step."""
        steps = self.graph.steps
        return {name: self._at_a_step(spec) if name in steps else spec for name, spec in self.given.items()}

    def changed(self, outputs: Mapping[str, TensorSpec]) -> str:
        """Says so where what is fed back is not what the next step takes, "" where it is."""
        for output, name in self.graph.fed_back.items():
            came, wanted = outputs.get(output), self.given[name]
            if came is not None and (came.shape, came.dtype) != (wanted.shape, wanted.dtype):
                return f"“{output}” feeds {came} back to “{name}”, which began with {wanted}."
        return ""

    def outside(self, outputs: Mapping[str, TensorSpec]) -> dict[str, TensorSpec]:
        """Specs of the outputs after all steps: the last value of what is fed back, else all in a row."""
        last = self.graph.fed_back if self.graph.steps else outputs
        return {name: spec if name in last else self._in_a_row(spec) for name, spec in outputs.items()}

    def _at_a_step(self, spec: TensorSpec) -> TensorSpec:
        return replace(spec, shape=(spec.shape[0], *spec.shape[2:]))

    def _in_a_row(self, spec: TensorSpec) -> TensorSpec:
        return replace(spec, shape=(spec.shape[0], self.length, *spec.shape[1:]))
