"""Dropout of numbers, channels and whole branches. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.shapes import TensorSpec


@node(
    "Dropout",
    "nn.Dropout",
    family="normalisation",
    aliases=("regularisation", "overfitting"),
    examples=(example(("N", 8)), example(("N", "L", 5), p=0.1)),
)
class Dropout(NodeType):
    """Sets a random share of the numbers to zero during training, so that no unit relies on a single other.

    **Formula** y = x · mask / (1 − p) in training, y = x in evaluation

    **Shapes** x any → y the same.

    **Use when** the training metric is much better than the validation metric.

    **Alternatives** more data, augmentation, weight decay; Dropout2d between convolutions.

    **Reference** Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting.
    """

    p: float = param(
        0.5, "Share of the numbers that become zero.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]


@node(
    "Alpha dropout",
    "nn.AlphaDropout",
    family="normalisation",
    aliases=("selu", "self-normalising", "regularisation", "overfitting"),
    examples=(example(("N", 8)), example(("N", "L", 5), p=0.1)),
)
class AlphaDropout(NodeType):
    """Replaces a random share of the numbers during training so that mean and variance stay as they are.

    **Formula** y = a · (x where kept, −1.7581 elsewhere) + b in training, y = x in evaluation

    **Shapes** x any → y the same.

    **Use when** the activations are SELU: Dropout would spoil the mean and variance that these keep.

    **Alternatives** Dropout after any other activation.

    **Reference** Klambauer et al. 2017, Self-normalizing neural networks.
    """

    p: float = param(
        0.5, "Share of the numbers that are replaced.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]


@node(
    "Channel dropout (1d)",
    "nn.Dropout1d",
    family="normalisation",
    aliases=("spatial dropout", "regularisation", "overfitting", "signal"),
    examples=(example(("N", 8, 5)), example(("N", 3, "L"), p=0.1)),
)
class Dropout1d(NodeType):
    """Sets a random share of whole channels of a signal to zero during training.

    **Formula** y = x · mask / (1 − p) in training with one mask value a channel, y = x in evaluation

    **Shapes** x N×C×L → y the same.

    **Use when** convolutions over signals or embedded text overfit: neighbouring steps are so alike that Dropout hardly
    acts on them.

    **Alternatives** Dropout.

    **Reference** Tompson et al. 2015, Efficient object localization using convolutional networks.
    """

    p: float = param(
        0.5, "Share of the channels that become zero.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.grid(specs[0], 1, "Dropout")
        return specs[0]


@node(
    "Channel dropout",
    "nn.Dropout2d",
    family="normalisation",
    aliases=("spatial dropout", "regularisation", "overfitting", "image"),
    examples=(example(("N", 8, 5, 5)), example(("N", 3, "H", 5), p=0.1)),
)
class Dropout2d(NodeType):
    """Sets a random share of whole channels to zero during training.

    **Formula** y = x · mask / (1 − p) in training with one mask value a channel, y = x in evaluation

    **Shapes** x N×C×H×W → y the same.

    **Use when** convolutions overfit: neighbouring pixels are so alike that Dropout hardly acts on them.

    **Alternatives** Dropout, augmentation.

    **Reference** Tompson et al. 2015, Efficient object localization using convolutional networks.
    """

    p: float = param(
        0.5, "Share of the channels that become zero.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.grid(specs[0], 2, "Dropout")
        return specs[0]


@node(
    "Channel dropout (3d)",
    "nn.Dropout3d",
    family="normalisation",
    aliases=("spatial dropout", "regularisation", "overfitting", "volume"),
    examples=(example(("N", 8, 3, 4, 5)), example(("N", 3, "D", "H", 5), p=0.1)),
)
class Dropout3d(NodeType):
    """Sets a random share of whole channels of a volume to zero during training.

    **Formula** y = x · mask / (1 − p) in training with one mask value a channel, y = x in evaluation

    **Shapes** x N×C×D×H×W → y the same.

    **Use when** convolutions over volumes or videos overfit.

    **Alternatives** Dropout, augmentation.

    **Reference** Tompson et al. 2015, Efficient object localization using convolutional networks.
    """

    p: float = param(
        0.5, "Share of the channels that become zero.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.grid(specs[0], 3, "Dropout")
        return specs[0]


@node(
    "Stochastic depth (drop path)",
    "DropPath",
    family="normalisation",
    aliases=("droppath", "drop connect", "residual", "regularisation", "layer dropout"),
    source='''\
class DropPath(nn.Module):
    """Sets whole examples to zero at random while training, which leaves out a residual branch."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask = x.new_ones((x.size(0),) + (1,) * (x.dim() - 1))
        return x * F.dropout(mask, self.p, self.training)
''',
    examples=(
        example(("N", 8, 5, 5)),
        example(("N", "L", 6), p=0.3),
        example(("N", 4, "D", 5, 6), p=0.0),
    ),
)
class DropPath(NodeType):
    """Leaves out a branch for a random share of the examples during training.

    **Formula** y = x · mask / (1 − p) in training with one mask value an example, y = x in evaluation

    **Shapes** x N×… → y the same.

    **Use when** a residual network is deep: put it at the end of a branch, right before the Add. The share usually
    grows from block to block, from 0 to about 0.2.

    **Alternatives** Dropout, which leaves out single numbers.

    **Reference** Huang et al. 2016, Deep networks with stochastic depth.
    """

    p: float = param(
        0.1, "Share of the examples that go without the branch.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]
