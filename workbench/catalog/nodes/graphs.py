"""Graph convolutions over x V×F and edges 2×E. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType, example, known, node
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_EDGES = TensorSpec((2, "E"), "index")


@form
class _GraphConvolution(NodeType):
    """Nodes exchange messages along edges. `operations` counts the linear part, for one node of the graph."""

    out_channels: int = param(64, "Length of each node's output vector.", min=1, max=1_000_000, required=True)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x, edges = specs
        expect.graph(x, edges)
        return x.with_shape(x.shape[0], self.width)

    @property
    def width(self) -> int:
        return self.out_channels


@node(
    "Graph convolution (GCN)",
    "gnn.GCNConv",
    family="layer",
    inputs=("x", "edges"),
    aliases=("gnn", "graph", "message passing", "spectral"),
    examples=(
        example(("V", 8), _EDGES, out_channels=5),
        example(("V", 8), _EDGES, out_channels=5, bias=False, improved=True, normalize=True),
    ),
)
class GCNConv(_GraphConvolution):
    """Every node takes the mean of its neighbours and itself, weighted by their degrees, through one linear map.

    **Formula** Y = D^(−1/2) (A + I) D^(−1/2) X W + b

    **Shapes** x V×F, edges 2×E → y V×out. Parameters: F·out + out.

    **Use when** nodes of one graph are classified and neighbours tend to be alike (citations, friendships).

    **Alternatives** GATConv weighs neighbours by attention, SAGEConv keeps a node's own features apart.

    **Reference** Kipf and Welling 2017, Semi-supervised classification with graph convolutional networks.
    """

    improved: bool = param(False, "Count a node itself twice.")
    cached: bool = param(
        False, "Compute the degrees only once; only when there is one graph that never changes."
    )
    normalize: bool = param(True, "Weigh neighbours by their degrees.")
    bias: bool = param(True, "Add a learned constant to each output.")

    def parameters(self, *specs: TensorSpec) -> int:
        return (known(specs[0].shape[1]) + self.bias) * self.out_channels

    def operations(self, *specs: TensorSpec) -> int:
        return known(specs[0].shape[1]) * self.out_channels


@node(
    "Graph attention (GAT)",
    "gnn.GATConv",
    family="layer",
    inputs=("x", "edges"),
    aliases=("gnn", "graph", "message passing", "attention"),
    examples=(
        example(("V", 8), _EDGES, out_channels=5, heads=3),
        example(("V", 8), _EDGES, out_channels=5, heads=2, concat=False, dropout=0.6, bias=False),
    ),
)
class GATConv(_GraphConvolution):
    """Every node takes a weighted mean of its neighbours; attention decides the weights.

    **Formula** y_i = Σ_j α_ij W x_j + b with α_ij = softmax_j LeakyReLU(a · W x_i + c · W x_j)

    **Shapes** x V×F, edges 2×E → y V×(heads·out), or V×out without concat. Parameters: heads·out·(F + 2) + outputs.

    **Use when** some neighbours matter more than others.

    **Alternatives** GCNConv is faster and often as good.

    **Reference** Veličković et al. 2018, Graph attention networks.
    """

    heads: int = param(1, "How many times attention is computed side by side.", min=1, max=1000)
    concat: bool = param(True, "Put the heads side by side; off: take their mean.")
    negative_slope: float = param(0.2, "Slope of the leaky ReLU in the attention.", min=0, max=1)
    dropout: float = param(0.0, "Share of the neighbours left out in training.", min=0, max=1)
    add_self_loops: bool = param(True, "Every node is also its own neighbour.")
    bias: bool = param(True, "Add a learned constant to each output.")

    @property
    def width(self) -> int:
        return self.out_channels * self.heads if self.concat else self.out_channels

    def parameters(self, *specs: TensorSpec) -> int:
        return self.heads * self.out_channels * (known(specs[0].shape[1]) + 2) + self.width * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        return known(specs[0].shape[1]) * self.out_channels * self.heads

    def summary(self) -> str:
        return f"{self.out_channels}" + (f" · {self.heads} heads" if self.heads > 1 else "")


@node(
    "GraphSAGE",
    "gnn.SAGEConv",
    family="layer",
    inputs=("x", "edges"),
    aliases=("gnn", "graph", "message passing", "inductive"),
    examples=(
        example(("V", 8), _EDGES, out_channels=5),
        example(
            ("V", 8), _EDGES, out_channels=5, aggr="max", root_weight=False, project=True, normalize=True
        ),
    ),
)
class SAGEConv(_GraphConvolution):
    """Every node joins its own features with the mean of its neighbours, each through a linear map of its own.

    **Formula** y_i = W x_i + U · mean_j x_j + b

    **Shapes** x V×F, edges 2×E → y V×out. Parameters: 2·F·out + out.

    **Use when** the model will see new nodes or new graphs, or neighbours need not be alike.

    **Alternatives** GCNConv, GATConv.

    **Reference** Hamilton et al. 2017, Inductive representation learning on large graphs.
    """

    aggr: str = param("mean", "How neighbours are put together.", choices=("mean", "max", "sum"))
    normalize: bool = param(False, "Give each output vector length 1.")
    root_weight: bool = param(True, "Use the node's own features.")
    project: bool = param(False, "Send neighbours through a further layer first.")
    bias: bool = param(True, "Add a learned constant to each output.")

    def parameters(self, *specs: TensorSpec) -> int:
        features = known(specs[0].shape[1])
        maps = features * self.out_channels * (1 + self.root_weight) + self.out_channels * self.bias
        return maps + (features * features + features) * self.project

    def operations(self, *specs: TensorSpec) -> int:
        features = known(specs[0].shape[1])
        return features * (self.out_channels * (1 + self.root_weight) + features * self.project)
