"""One vector for each graph of a batch: what the nodes of the catalog construct, beside torch_geometric's functions."""

import pytest
import torch
import torch_geometric.nn as gnn

from tests.programs import analysed, call, live
from workbench.catalog.templates import load
from workbench.codegen.program import generate
from workbench.core.assign import assign
from workbench.engine.data import load_sample


@pytest.mark.parametrize(
    ("made", "theirs"),
    [
        (gnn.MeanAggregation(), gnn.global_mean_pool),
        (gnn.MaxAggregation(), gnn.global_max_pool),
        (gnn.SumAggregation(), gnn.global_add_pool),
    ],
)
def test_a_batch_of_graphs_is_pooled_as_torch_geometric_does(made: torch.nn.Module, theirs: object) -> None:
    batch = next(load_sample("rings").batches("validation", 16))
    assert callable(theirs)
    pooled = made(batch["x"], batch["graph"])
    assert pooled.shape == (16, 8) and torch.equal(pooled, theirs(batch["x"], batch["graph"]))


def test_the_loss_of_a_batch_counts_graphs_and_not_nodes() -> None:
    document = load("graph-classifier")
    assert 'n = len(batch["graphs.label"])' in generate(document, analysed(document))
    program = live(assign(document, "drop.p", 0.0)).eval()
    totals: dict[str, torch.Tensor] = {}
    for batch in load_sample("rings").batches("validation", 32):
        named = {f"graphs.{name}": tensor for name, tensor in batch.items()}
        for name, value in call(program, "evaluate", named).items():
            totals[name] = totals.get(name, torch.zeros_like(value)) + value
    (whole,) = load_sample("rings").batches("validation", 80)
    once = call(program, "evaluate", {f"graphs.{name}": tensor for name, tensor in whole.items()})
    assert totals["loss"][1] == 80
    assert torch.allclose(totals["loss"], once["loss"]) and torch.equal(totals["accuracy"], once["accuracy"])
