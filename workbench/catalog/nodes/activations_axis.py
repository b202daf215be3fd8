"""Activations that look along a dimension: scores to probabilities, gates. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


@form
class _AlongAxis(NodeType):
    """Works along one dimension."""

    dim: int = param(-1, "The dimension that sums to one; −1 is the last.", min=-5, max=5, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if not -x.rank <= self.dim < x.rank or self.dim % x.rank == 0:
            raise ShapeError(
                f"dim {self.dim} is not a dimension after the batch of {x}", "", change=("dim", -1)
            )
        return x

    def summary(self) -> str:
        return ""


@node(
    "Softmax",
    "nn.Softmax",
    family="activation",
    aliases=("probabilities", "normalised exponential", "distribution"),
    examples=(example(("N", 8)), example(("N", 3, "H", 5), dim=1), example(("N", "L", 5))),
)
class Softmax(_AlongAxis):
    """Turns scores into probabilities that sum to one.

    **Formula** y_i = e^(x_i) / Σ_j e^(x_j)

    **Shapes** x any → y the same.

    **Use when** a prediction should be read as probabilities, or as weights of a mixture.

    **Alternatives** for training leave it out: CrossEntropyLoss takes the scores and contains it.

    **Reference** Bridle 1990, Probabilistic interpretation of feedforward classification network outputs;
    torch.nn.Softmax.
    """


@node(
    "Log-softmax",
    "nn.LogSoftmax",
    family="activation",
    aliases=("log probabilities", "log likelihood"),
    examples=(example(("N", 8)), example(("N", 3, "H", 5), dim=1)),
)
class LogSoftmax(_AlongAxis):
    """Turns scores into logarithms of probabilities, exact where the probabilities are tiny.

    **Formula** y_i = x_i − ln Σ_j e^(x_j)

    **Shapes** x any → y the same.

    **Use when** log-likelihoods are added up or compared.

    **Alternatives** Softmax; CrossEntropyLoss contains it.

    **Reference** Bishop 2006, Pattern recognition and machine learning, section 4.3.4;
    torch.nn.LogSoftmax.
    """


@node(
    "Softmin",
    "nn.Softmin",
    family="activation",
    aliases=("probabilities", "distances", "nearest", "distribution"),
    examples=(example(("N", 8)), example(("N", 3, "H", 5), dim=1)),
)
class Softmin(_AlongAxis):
    """Turns distances into probabilities that sum to one: the smallest distance gets the largest share.

    **Formula** y_i = e^(−x_i) / Σ_j e^(−x_j)

    **Shapes** x any → y the same.

    **Use when** numbers say how far something is, such as distances to prototypes.

    **Alternatives** Softmax.

    **Reference** Snell et al. 2017, Prototypical networks for few-shot learning; torch.nn.Softmin.
    """


@node(
    "Gated linear unit (GLU)",
    "nn.GLU",
    family="activation",
    aliases=("gate", "gated convolution", "wavenet", "conformer", "nonlinearity"),
    examples=(example(("N", 8)), example(("N", 6, "H", 5), dim=1), example(("N", "L", 4))),
)
class GLU(_AlongAxis):
    """Lets the second half of the features decide how much of the first half passes.

    **Formula** y = a · sigmoid(b), with a and b the two halves of x along dim

    **Shapes** x N×…×2F → y N×…×F: half as many along dim.

    **Use when** a convolution or a Linear layer shall gate its own output: give it twice as many outputs.

    **Alternatives** GELU or SiLU; Multiply with a Sigmoid for a gate of its own.

    **Reference** Dauphin et al. 2017, Language modeling with gated convolutional networks.
    """

    dim: int = param(-1, "The dimension that is halved; −1 is the last.", min=-5, max=5)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x = super().infer(*specs)
        axis = self.dim % x.rank
        size = expect.sized(x, axis, "features along dim")
        if size % 2:
            raise ShapeError(
                f"expects an even number of features to halve, got {size} in {x}", "x", outputs=size + 1
            )
        return x.with_shape(*x.shape[:axis], size // 2, *x.shape[axis + 1 :])
