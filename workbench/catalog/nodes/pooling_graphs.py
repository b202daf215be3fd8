"""Pooling of the nodes of graphs: one vector for each graph. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


class _GraphPool(NodeType):
    """One vector for each graph. Without a link to `batch` all nodes are one graph."""

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x, *batch = specs
        expect.numbers(x, "x", "node features V×F")
        if x.rank != 2 or x.shape[0] == "N":
            raise ShapeError(f"expects node features V×F, got {x}", "x")
        if not batch:
            return x.with_shape(1, x.shape[1])
        expect.indices(batch[0], "batch", "the graph number of each node")
        if batch[0].rank != 1:
            raise ShapeError(f"expects the graph number of each node, V, got {batch[0]}", "batch")
        return x.with_shape("N", x.shape[1])


@node(
    "Mean of a graph's nodes",
    "gnn.MeanAggregation",
    family="pooling",
    inputs=("x", "batch"),
    optional=("batch",),
    aliases=("graph", "gnn", "readout", "global_mean_pool", "average"),
    examples=(
        example(("V", 8), TensorSpec(("V",), "index")),
        example(("V", 5)),
    ),
)
class GlobalMeanPool(_GraphPool):
    """Describes each graph by the mean of its nodes.

    **Formula** y = (1 / |V|) Σ_v x_v

    **Shapes** x V×F, batch V (the graph number of each node) → y N×F; without batch one graph, 1×F.

    **Use when** whole graphs are classified (molecules) and their size should not matter.

    **Alternatives** GlobalAddPool counts, GlobalMaxPool finds.

    **Reference** Xu et al. 2019, How powerful are graph neural networks?;
    torch_geometric.nn.global_mean_pool.
    """


@node(
    "Maximum of a graph's nodes",
    "gnn.MaxAggregation",
    family="pooling",
    inputs=("x", "batch"),
    optional=("batch",),
    aliases=("graph", "gnn", "readout", "global_max_pool"),
    examples=(
        example(("V", 8), TensorSpec(("V",), "index")),
        example(("V", 5)),
    ),
)
class GlobalMaxPool(_GraphPool):
    """Describes each graph by the largest value of each feature among its nodes.

    **Formula** y = max_v x_v

    **Shapes** x V×F, batch V (the graph number of each node) → y N×F; without batch one graph, 1×F.

    **Use when** whole graphs are classified and one telling node is enough.

    **Alternatives** GlobalMeanPool, GlobalAddPool.

    **Reference** Xu et al. 2019, How powerful are graph neural networks?;
    torch_geometric.nn.global_max_pool.
    """


@node(
    "Sum of a graph's nodes",
    "gnn.SumAggregation",
    family="pooling",
    inputs=("x", "batch"),
    optional=("batch",),
    aliases=("graph", "gnn", "readout", "global_add_pool"),
    examples=(
        example(("V", 8), TensorSpec(("V",), "index")),
        example(("V", 5)),
    ),
)
class GlobalAddPool(_GraphPool):
    """Describes each graph by the sum of its nodes.

    **Formula** y = Σ_v x_v

    **Shapes** x V×F, batch V (the graph number of each node) → y N×F; without batch one graph, 1×F.

    **Use when** whole graphs are classified and it matters how many nodes of a kind they have.

    **Alternatives** GlobalMeanPool when graphs differ much in size.

    **Reference** Xu et al. 2019, How powerful are graph neural networks?
    """
