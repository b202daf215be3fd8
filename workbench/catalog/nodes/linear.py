"""The fully connected layer. Imports catalog.spec and core."""

from math import prod

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import example, known, node
from workbench.catalog.weights import Biased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec
from workbench.core.text import plural


@node(
    "Linear",
    "nn.Linear",
    family="layer",
    aliases=("dense", "fully connected", "fc", "affine", "projection", "perceptron"),
    examples=(
        example(("N", 12), out_features=8),
        example(("N", "L", 6), out_features=5, bias=False),
        example(("V", 4), out_features=3),
        example(("N", 12), out_features=8, weight_init="orthogonal", bias_init="zeros"),
        example(("N", 3, "L", 6), out_features=5, any_rank=True),
    ),
)
class Linear(Biased):
    """Every output is a weighted sum of all inputs.

    **Formula** y = x Wᵀ + b

    **Shapes** x N×F or N×L×F → y N×out or N×L×out; with any_rank, x N×…×F → y N×…×out. Parameters: F·out + out.

    **Use when** the inputs are a vector without neighbourhood: columns of a table, pooled features, the last layer.

    **Alternatives** Conv2d for images, MultiheadAttention for sequences.

    **Reference** Rosenblatt 1958, The perceptron; torch.nn.Linear.
    """

    out_features: int = param(64, "Length of the output vector.", min=1, max=10_000_000, required=True)
    bias: bool = param(True, "Add a learned constant to each output. Not needed right before batch norm.")
    any_rank: bool = param(
        False,
        "Take anything whose last dimension holds features, such as windows N×W×L×F; not images N×C×H×W.",
        label="Any rank",
        argument=False,
    )

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_features": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x, "x", "vectors N×F")
        if x.rank > 3 and not self.any_rank:
            raise ShapeError(f"expects vectors N×F or sequences N×L×F, got {x}", "x", insert="Flatten")
        if x.rank < 2:
            raise ShapeError(f"expects vectors N×F or sequences N×L×F, got {x}", "x")
        expect.sized(x, -1, "features")
        return x.with_shape(*x.shape[:-1], self.out_features)

    def parameters(self, *specs: TensorSpec) -> int:
        return (known(specs[0].shape[-1]) + self.bias) * self.out_features

    def operations(self, *specs: TensorSpec) -> int:
        return prod(known(dim) for dim in specs[0].shape[1:]) * self.out_features

    def summary(self) -> str:
        return plural(self.out_features, "output")
