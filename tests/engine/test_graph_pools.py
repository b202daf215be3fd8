"""One vector for each graph of a batch: what the nodes of the catalog construct, beside torch_geometric's functions.

Imported where it is needed: it takes seconds, else in every process that collects tests.
"""

import pytest
import torch

from tests.programs import analysed, call, live
from workbench.catalog.templates import load
from workbench.codegen.program import generate
from workbench.core.assign import assign
from workbench.engine.data import load_sample


@pytest.mark.parametrize(
    ("made", "theirs"),
    [
        ("MeanAggregation", "global_mean_pool"),
        ("MaxAggregation", "global_max_pool"),
        ("SumAggregation", "global_add_pool"),
    ],
)
def test_a_batch_of_graphs_is_pooled_as_torch_geometric_does(made: str, theirs: str) -> None:
    import torch_geometric.nn as gnn

    batch = next(load_sample("rings").batches("validation", 16))
    pooled = getattr(gnn, made)()(batch["x"], batch["graph"])
    wanted = getattr(gnn, theirs)(batch["x"], batch["graph"])
    assert pooled.shape == (16, 8) and torch.equal(pooled, wanted)


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
