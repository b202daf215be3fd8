"""The estimate of memory is held against what torch really keeps for the backward pass."""

import pytest
import torch
from torch import Tensor, nn

from tests.programs import analysed, call, live, tensor
from workbench.catalog.costs import estimate, sizes_of
from workbench.catalog.templates import load
from workbench.core.document import Document


def kept(document: Document) -> int:
    """Bytes of all different tensors, weights aside, that the largest update of one step saves."""
    analysis, program = analysed(document), live(document).train()
    generator = torch.Generator().manual_seed(0)
    sizes = sizes_of(analysis)
    batch = {
        f"{id}.{port}": tensor(spec, generator, sizes)
        for id, info in analysis.root.infos.items()
        if info.node.type == "Dataset"
        for port, spec in info.outputs.items()
    }
    weights = {weight.untyped_storage().data_ptr() for weight in program.parameters()}
    return max(_saved(program, f"update_{step.name}", batch, weights) for step in analysis.updates)


def _saved(program: nn.Module, update: str, batch: dict[str, Tensor], weights: set[int]) -> int:
    sizes: dict[int, int] = {}
    alive: list[Tensor] = []  # so that no storage is used twice

    def pack(saved: Tensor) -> Tensor:
        storage = saved.untyped_storage()
        alive.append(saved)
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return saved

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved):
        call(program, update, batch)
    return sum(sizes.values())


@pytest.mark.parametrize("template", ["lenet5", "char-gpt", "char-lstm", "lstm", "vae", "gcn"])
def test_the_estimate_is_within_a_factor_of_two(template: str) -> None:
    document = load(template)
    found = estimate(analysed(document))
    assert found is not None
    really = kept(document)
    assert really / 2 <= found.activations <= 2 * really, (really, found.activations)
