"""Lets the parts of a program that do not see what is being written run once for a whole text, such as an encoder.

Imports torch and the catalog's scope.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from workbench.catalog.scope import Scope
from workbench.core.document import Port


class Once:
    """`rows` says which examples of the batch the next pass is for; the first pass of a batch is for all, in order."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self._modules = modules
        self.rows = torch.zeros(0, dtype=torch.long)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Inside, what these parts gave first is what they give, for the examples asked for."""
        try:
            for module in self._modules:
                self._keep(module)
            yield
        finally:
            for module in self._modules:
                vars(module).pop("forward", None)

    def _keep(self, module: nn.Module) -> None:
        forward, kept = module.forward, list[Tensor | tuple[Tensor, ...]]()

        def once(*inputs: Any, **named: Any) -> Any:
            if not kept:
                found: Any = forward(*inputs, **named)
                values = found if isinstance(found, tuple) else (found,)
                if any(not isinstance(value, Tensor) or len(value) != len(self.rows) for value in values):
                    return found
                kept.append(found)
                return found
            if isinstance(kept[0], Tensor):
                return kept[0].index_select(0, self.rows)
            return tuple(value.index_select(0, self.rows) for value in kept[0])

        vars(module)["forward"] = once


def untouched(program: nn.Module, root: Scope, written: Collection[Port]) -> list[nn.Module]:
    """Modules of nodes that nothing written leads to and that give out examples one after the other.

    None that a pass calls several times (the block of a loop), and no recurrent layers: the first dimension of their
    states are layers, of which there can be as many as there are examples.
    """
    seen: set[str] = set()
    for id in root.order:
        sources = root.sources.get(id, {}).values()
        if any(source in written or source.node in seen for source in sources):
            seen.add(id)
    shared = {node.linked_to for node in root.graph.nodes.values()}
    found: list[nn.Module] = []
    for id, module in program.named_children():
        info = root.infos.get(id)
        if info is None or id in seen | shared or isinstance(module, nn.RNNBase):
            continue
        outputs, loops = info.outputs.values(), any(copy.graph.steps for copy in info.copies)
        if outputs and not loops and all(spec.shape[:1] == ("N",) for spec in outputs):
            found += module if isinstance(module, nn.ModuleList) else [module]
    return found
