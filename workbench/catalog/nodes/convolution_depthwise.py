"""Convolutions whose filters see one channel each. Imports catalog.spec and core."""

from math import prod
from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, form, param
from workbench.catalog.spec import example, known, node, several
from workbench.catalog.weights import Biased
from workbench.catalog.windows import MODES, convolved, face
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class _Depthwise(Biased):
    """One filter, or `multiplier` of them, for each channel; `rank` is how many directions they slide along."""

    rank: ClassVar[int] = 2

    kernel_size: int | Ints = param(3, "Size of each filter.", min=1, max=10_000, required=True)
    stride: int | Ints = param(1, "Steps from one place of the filter to the next.", min=1, max=10_000)
    padding: int | Ints | str = param(
        0, "What is added on every side; “same” keeps the size.", min=0, max=10_000, choices=("same",)
    )
    dilation: int | Ints = param(1, "Distance between the points that a filter looks at.", min=1, max=10_000)
    multiplier: int = param(1, "Filters for each channel.", min=1, max=1000, argument=False)
    bias: bool = param(True, "Add a learned constant to each filter. Not needed right before batch norm.")
    padding_mode: str = param("zeros", "What the padding is filled with.", choices=MODES)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        channels = known(specs[0].shape[1])
        return {"in_channels": channels, "out_channels": channels * self.multiplier, "groups": channels}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, sizes = expect.grid(x, self.rank, "DepthwiseConv" if x.rank < 5 else "Conv")
        found = convolved(
            sizes, self.kernel_size, self.stride, self.padding, self.dilation, self.padding_mode
        )
        return x.with_shape(x.shape[0], channels * self.multiplier, *found)

    def parameters(self, *specs: TensorSpec) -> int:
        weights = prod(several(self.kernel_size, self.rank))
        return known(specs[0].shape[1]) * self.multiplier * (weights + self.bias)

    def operations(self, *specs: TensorSpec) -> int:
        weights = prod(several(self.kernel_size, self.rank))
        return weights * prod(known(dim) for dim in self.infer(*specs).shape[1:])

    def summary(self) -> str:
        first = "a channel each" if self.multiplier == 1 else f"{self.multiplier} a channel"
        return face(first, self.kernel_size, self.rank, self.stride, self.padding)


@node(
    "Depthwise convolution (1d)",
    "nn.Conv1d",
    family="layer",
    aliases=("depthwise", "conv", "filter", "signal", "channelwise", "grouped", "conformer"),
    examples=(
        example(("N", 6, 20), kernel_size=5, padding="same"),
        example(("N", 4, "L"), stride=2, padding=1, bias=False),
        example(("N", 3, 21), multiplier=2, dilation=2, padding=2, padding_mode="replicate"),
    ),
)
class DepthwiseConv1d(_Depthwise):
    """Slides a learned filter of its own along each channel of a signal; channels do not mix.

    **Formula** y[c, t] = b[c] + Σ_k W[c, k] · x[c, t·stride + k·dilation]

    **Shapes** x N×C×L → y N×(C·multiplier)×M with M = ⌊(L + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    Parameters: C·multiplier·(kernel + 1).

    **Use when** few weights must do, or long filters are wanted; a Conv1d of kernel size 1 behind it mixes the
    channels.

    **Alternatives** Conv1d, which mixes channels too; SeparableConv1d, which is both steps in one.

    **Reference** Gulati et al. 2020, Conformer; Howard et al. 2017, MobileNets.
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
    "Depthwise convolution",
    "nn.Conv2d",
    family="layer",
    aliases=(
        "depthwise",
        "conv",
        "filter",
        "image",
        "channelwise",
        "grouped",
        "mobilenet",
        "inverted residual",
    ),
    examples=(
        example(("N", 6, 12, 11), padding=1, bias=False),
        example(("N", 4, "H", 12), kernel_size=(5, 3), padding="same"),
        example(("N", 3, 9, 8), multiplier=2, stride=2, padding=(1, 0), dilation=(2, 1)),
    ),
)
class DepthwiseConv2d(_Depthwise):
    """Slides a learned filter of its own over each channel of an image; channels do not mix.

    **Formula** y[c, i, j] = b[c] + Σ_k Σ_l W[c, k, l] · x[c, i·stride + k·dilation, j·stride + l·dilation]

    **Shapes** x N×C×H×W → y N×(C·multiplier)×P×Q with P = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1,
    and Q likewise. Parameters: C·multiplier·(kernel² + 1).

    **Use when** a network must be small and fast (MobileNet, EfficientNet, ConvNeXt); a Conv2d of kernel size 1 behind
    it mixes the channels.

    **Alternatives** Conv2d, which mixes channels too; SeparableConv2d, which is both steps in one.

    **Reference** Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision
    applications.
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
