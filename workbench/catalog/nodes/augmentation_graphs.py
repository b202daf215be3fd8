"""Training graphs with fewer edges or hidden features. Imports catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


@node(
    "Edge drop",
    "EdgeDrop",
    family="augmentation",
    inputs=("edges",),
    outputs=("edges",),
    aliases=("dropedge", "graph", "sparsify", "augment", "gnn"),
    source='''\
class EdgeDrop(nn.Module):
    """Leaves out a share of the edges, others at every step; in training only."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, edges: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return edges
        count = edges.shape[1]
        order = torch.randperm(count, device=edges.device)
        return edges[:, order[: count - int(self.p * count + 0.5)]]
''',
    examples=(
        example(TensorSpec((2, "E"), "index")),
        example(TensorSpec((2, "E"), "index"), p=0.5),
    ),
)
class EdgeDrop(NodeType):
    """Leaves out a random share of the edges of the graph at every training step.

    **Formula** the edges without p · E of them, which are drawn anew at every step

    **Shapes** edges 2×E → edges 2×(E − p·E), the number rounded; in evaluation 2×E.

    **Use when** a graph network overfits, or becomes worse with more layers.

    **Alternatives** FeatureMask; Dropout on the features of the nodes.

    **Reference** Rong et al. 2020, DropEdge: towards deep graph convolutional networks on node classification.
    """

    p: float = param(0.2, "Share of the edges that are left out.", min=0, max=1, required=True, label="Share")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (edges,) = specs
        expect.indices(edges, "edges", "edges 2×E")
        if edges.rank != 2 or edges.shape[0] != 2:
            raise ShapeError(f"expects edges 2×E, got {edges}", "edges")
        return TensorSpec((2, f"E·{1 - self.p:g}"), "index", edges.bound)

    def summary(self) -> str:
        return f"{self.p:g}"


@node(
    "Feature mask",
    "FeatureMask",
    family="augmentation",
    aliases=("hide features", "graph", "table", "augment", "gnn", "contrastive"),
    source='''\
class FeatureMask(nn.Module):
    """Sets a share of the features to zero for all nodes or rows alike; in training only."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        hidden = torch.rand(x.shape[-1], device=x.device) < self.p
        return x.masked_fill(hidden, 0.0)
''',
    examples=(
        example(("V", 8)),
        example(("N", 4), p=0.5),
        example(("N", "L", 6)),
    ),
)
class FeatureMask(NodeType):
    """Hides a random share of the features, the same ones in all nodes of the graph, at every training step.

    **Formula** y[v, f] = 0 with probability p for each feature f, x[v, f] otherwise

    **Shapes** x V×F or N×F → y the same.

    **Use when** a model should not hang on single columns: bags of words, measurements that may be missing.

    **Alternatives** Dropout hides each number by itself and scales the others up; EdgeDrop.

    **Reference** You et al. 2020, Graph contrastive learning with augmentations; Zhu et al. 2020, Deep graph
    contrastive representation learning.
    """

    p: float = param(
        0.2, "Share of the features that are hidden.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank < 2:
            raise ShapeError(f"expects features, V×F or N×F, got {x}", "x")
        return x

    def summary(self) -> str:
        return f"{self.p:g}"
