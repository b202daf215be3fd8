"""Convolutions taken apart: a filter for each channel, then a mix of the channels. Imports catalog.spec and core."""

from math import prod
from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, form, param
from workbench.catalog.spec import example, known, node, several
from workbench.catalog.weights import Biased
from workbench.catalog.windows import convolved, face
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec

_SOURCE = '''\
class SeparableConv{rank}d(nn.Module):
    """A filter for each channel, then a convolution of kernel size 1 that mixes the channels."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: {number},
        stride: {number} = 1,
        padding: {number} | str = 0,
        dilation: {number} = 1,
        multiplier: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        inner, groups = in_channels * multiplier, in_channels
        window = (kernel_size, stride, padding, dilation)
        self.depthwise = nn.Conv{rank}d(in_channels, inner, *window, groups, bias=False)
        self.pointwise = nn.Conv{rank}d(inner, out_channels, 1, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise(self.depthwise(x))
'''


@form
class _Separable(Biased):
    """What both separable convolutions share; `rank` is how many directions the filters slide along."""

    rank: ClassVar[int] = 2
    weights = ("depthwise.weight", "pointwise.weight")
    biases = ("pointwise.bias",)

    out_channels: int = param(
        32, "Number of mixes, and so of output channels.", min=1, max=100_000, required=True
    )
    kernel_size: int | Ints = param(3, "Size of each filter.", min=1, max=10_000, required=True)
    stride: int | Ints = param(1, "Steps from one place of the filter to the next.", min=1, max=10_000)
    padding: int | Ints | str = param(
        0, "What is added on every side; “same” keeps the size.", min=0, max=10_000, choices=("same",)
    )
    dilation: int | Ints = param(1, "Distance between the points that a filter looks at.", min=1, max=10_000)
    multiplier: int = param(1, "Filters for each channel.", min=1, max=1000)
    bias: bool = param(True, "Add a learned constant to each output. Not needed right before batch norm.")

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, sizes = expect.grid(x, self.rank, "SeparableConv" if x.rank < 5 else "Conv")
        found = convolved(sizes, self.kernel_size, self.stride, self.padding, self.dilation)
        return x.with_shape(x.shape[0], self.out_channels, *found)

    def _filters(self, x: TensorSpec) -> tuple[int, int]:
        """How many filters there are before the mix, and the weights of each."""
        return known(x.shape[1]) * self.multiplier, prod(several(self.kernel_size, self.rank))

    def parameters(self, *specs: TensorSpec) -> int:
        filters, weights = self._filters(specs[0])
        return filters * weights + (filters + self.bias) * self.out_channels

    def operations(self, *specs: TensorSpec) -> int:
        filters, weights = self._filters(specs[0])
        places = prod(known(dim) for dim in self.infer(*specs).shape[2:])
        return filters * (weights + self.out_channels) * places

    def summary(self) -> str:
        return face(f"{self.out_channels} mixes", self.kernel_size, self.rank, self.stride, self.padding)


@node(
    "Separable convolution (1d)",
    "SeparableConv1d",
    family="layer",
    aliases=("depthwise separable", "pointwise", "signal", "quartznet", "time series"),
    source=_SOURCE.format(rank=1, number="int"),
    examples=(
        example(("N", 3, 20), out_channels=8, kernel_size=5, padding="same"),
        example(("N", 4, "L"), out_channels=6, stride=2, padding=1, bias=False),
        example(("N", 3, 21), out_channels=4, multiplier=2, dilation=2),
    ),
)
class SeparableConv1d(_Separable):
    """Filters each channel of a signal by itself and then mixes the channels: a convolution with far fewer weights.

    **Formula** y[o, t] = b[o] + Σ_c V[o, c] · Σ_k W[c, k] · x[c, t·stride + k·dilation]

    **Shapes** x N×C×L → y N×out×M with M = ⌊(L + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1. Parameters:
    C·multiplier·kernel + C·multiplier·out + out.

    **Use when** long filters over many channels would need too many weights, as in speech recognition.

    **Alternatives** Conv1d; DepthwiseConv1d when something shall stand between the two steps.

    **Reference** Kriman et al. 2020, QuartzNet; Kaiser et al. 2018, Depthwise separable convolutions for neural machine
    translation.
    """

    rank = 1

    kernel_size: int = param(3, "Length of each filter.", min=1, max=100_000, required=True)
    stride: int = param(1, "Steps from one place of the filter to the next.", min=1, max=100_000)
    padding: int | str = param(
        0,
        "What is added at both ends; “same” keeps the length.",
        min=0,
        max=100_000,
        kind="int",
        choices=("same",),
    )
    dilation: int = param(1, "Distance between the points that a filter looks at.", min=1, max=100_000)


@node(
    "Separable convolution",
    "SeparableConv2d",
    family="layer",
    aliases=("depthwise separable", "pointwise", "image", "xception", "mobilenet"),
    source=_SOURCE.format(rank=2, number="int | tuple[int, int]"),
    examples=(
        example(("N", 3, 12, 11), out_channels=8, padding=1),
        example(("N", 4, "H", 12), out_channels=6, kernel_size=(5, 3), padding="same", bias=False),
        example(("N", 3, 9, 8), out_channels=4, multiplier=2, stride=(2, 1), dilation=2),
    ),
)
class SeparableConv2d(_Separable):
    """Filters each channel of an image by itself and then mixes the channels: a convolution with far fewer weights.

    **Formula** y[o, i, j] = b[o] + Σ_c V[o, c] · Σ_k Σ_l W[c, k, l] · x[c, i·stride + k·dilation,
    j·stride + l·dilation]

    **Shapes** x N×C×H×W → y N×out×P×Q with P = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and Q
    likewise. Parameters: C·multiplier·kernel² + C·multiplier·out + out.

    **Use when** a network for images must be small and fast, or deep with few weights (Xception).

    **Alternatives** Conv2d; DepthwiseConv2d when a normalisation shall stand between the two steps.

    **Reference** Chollet 2017, Xception: deep learning with depthwise separable convolutions.
    """

    kernel_size: int | Pair = param(3, "Height and width of each filter.", min=1, max=10_000, required=True)
    stride: int | Pair = param(1, "Pixels from one place of the filter to the next.", min=1, max=10_000)
    padding: int | Pair | str = param(
        0,
        "Pixels added on every side; “same” keeps the size.",
        min=0,
        max=10_000,
        kind="pair",
        choices=("same",),
    )
    dilation: int | Pair = param(1, "Distance between the pixels that a filter looks at.", min=1, max=10_000)
