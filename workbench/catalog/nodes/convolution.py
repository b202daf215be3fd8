"""Convolutions over signals, images and volumes. Imports catalog.spec and core."""

from math import prod
from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, Triple, form, param
from workbench.catalog.spec import example, known, node, several
from workbench.catalog.weights import Biased
from workbench.catalog.windows import MODES, convolved, face
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class _Convolution(Biased):
    """What all convolutions share; `rank` is how many directions the filters slide along."""

    rank: ClassVar[int] = 2

    out_channels: int = param(
        32, "Number of filters, and so of output channels.", min=1, max=100_000, required=True
    )
    kernel_size: int | Ints = param(3, "Size of each filter.", min=1, max=10_000, required=True)
    stride: int | Ints = param(1, "Steps from one place of the filter to the next.", min=1, max=10_000)
    padding: int | Ints | str = param(
        0, "What is added on every side; “same” keeps the size.", min=0, max=10_000, choices=("same",)
    )
    dilation: int | Ints = param(1, "Distance between the points that a filter looks at.", min=1, max=10_000)
    groups: int = param(1, "Splits the channels into groups that do not see each other.", min=1, max=100_000)
    bias: bool = param(True, "Add a learned constant to each filter. Not needed right before batch norm.")
    padding_mode: str = param("zeros", "What the padding is filled with.", choices=MODES)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, sizes = expect.grid(x, self.rank, "Conv")
        expect.divides_both(channels, self.out_channels, self.groups)
        found = convolved(
            sizes, self.kernel_size, self.stride, self.padding, self.dilation, self.padding_mode
        )
        return x.with_shape(x.shape[0], self.out_channels, *found)

    def _weights(self, x: TensorSpec) -> int:
        """How many weights a filter has."""
        return known(x.shape[1]) // self.groups * prod(several(self.kernel_size, self.rank))

    def parameters(self, *specs: TensorSpec) -> int:
        return self.out_channels * (self._weights(specs[0]) + self.bias)

    def operations(self, *specs: TensorSpec) -> int:
        return self._weights(specs[0]) * prod(known(dim) for dim in self.infer(*specs).shape[1:])

    def summary(self) -> str:
        return face(f"{self.out_channels} filters", self.kernel_size, self.rank, self.stride, self.padding)


@node(
    "Convolution (1d)",
    "nn.Conv1d",
    family="layer",
    aliases=("conv", "filter", "signal", "temporal", "kernel", "time series", "grouped", "dilated"),
    examples=(
        example(("N", 3, 20), out_channels=8, kernel_size=5),
        example(("N", 4, "L"), out_channels=6, padding="same", bias=False),
        example(("N", 4, 21), out_channels=8, stride=2, padding=2, dilation=2, groups=2),
    ),
)
class Conv1d(_Convolution):
    """Slides learned filters along a signal; each filter answers where its pattern occurs.

    **Formula** y[o, t] = b[o] + Σ_c Σ_k W[o, c, k] · x[c, t·stride + k·dilation]

    **Shapes** x N×C×L → y N×out×M with M = ⌊(L + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    Parameters: out·(C / groups)·kernel + out.

    **Use when** neighbouring time steps belong together: sensors, audio, text that has been embedded. Sequences
    N×L×F have their features last: put Permute in front.

    **Alternatives** LSTM or attention when distant steps matter.

    **Reference** Waibel et al. 1989, Phoneme recognition using time-delay neural networks.
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
    "Convolution",
    "nn.Conv2d",
    family="layer",
    aliases=("conv", "filter", "cnn", "image", "kernel", "patch", "grouped", "dilated", "atrous"),
    examples=(
        example(("N", 3, 32, 30), out_channels=8, kernel_size=(5, 3)),
        example(("N", 4, "H", 12), out_channels=6, padding="same"),
        example(("N", 4, 17, 16), out_channels=8, stride=(2, 1), padding=(2, 1), groups=4, bias=False),
        example(("N", 2, 9, 9), out_channels=3, padding=2, dilation=2, padding_mode="reflect"),
    ),
)
class Conv2d(_Convolution):
    """Slides learned filters over an image; each filter answers where its pattern occurs.

    **Formula** y[o, i, j] = b[o] + Σ_c Σ_k Σ_l W[o, c, k, l] · x[c, i·stride + k·dilation, j·stride + l·dilation]

    **Shapes** x N×C×H×W → y N×out×P×Q with P = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and
    Q likewise. Parameters: out·(C / groups)·kernel² + out.

    **Use when** the input is an image, or anything on a grid where neighbours belong together and a pattern may
    stand anywhere.

    **Alternatives** Linear for vectors, Conv1d for signals, attention over patches for large data sets.

    **Reference** LeCun et al. 1998, Gradient-based learning applied to document recognition.
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


@node(
    "Convolution (3d)",
    "nn.Conv3d",
    family="layer",
    aliases=("conv", "filter", "cnn", "volume", "video", "kernel", "voxel", "scan", "grouped", "dilated"),
    examples=(
        example(("N", 1, 8, 9, 10), out_channels=4),
        example(("N", 4, "D", "H", 6), out_channels=6, kernel_size=(1, 3, 3), padding="same", bias=False),
        example(("N", 4, 9, 8, 7), out_channels=8, stride=(1, 2, 2), padding=(2, 1, 1), groups=2, dilation=2),
    ),
)
class Conv3d(_Convolution):
    """Slides learned filters through a volume or a video; each filter answers where its pattern occurs.

    **Formula** y[o, p] = b[o] + Σ_c Σ_k W[o, c, k] · x[c, p·stride + k·dilation], with p and k places in depth, height
    and width

    **Shapes** x N×C×D×H×W → y N×out×O×P×Q with O = ⌊(D + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and P
    and Q likewise. Parameters: out·(C / groups)·kernel³ + out.

    **Use when** the input is a scan of slices, or a video whose frames are the depth, and a pattern may stand anywhere.

    **Alternatives** Conv2d on each slice, which needs far less memory; two of these with kernels 1×3×3 and 3×1×1.

    **Reference** Ji et al. 2013, 3D convolutional neural networks for human action recognition.
    """

    rank = 3

    kernel_size: int | Triple = param(
        3, "Depth, height and width of each filter.", min=1, max=1000, required=True
    )
    stride: int | Triple = param(1, "Voxels from one place of the filter to the next.", min=1, max=1000)
    padding: int | Triple | str = param(
        0,
        "Voxels added on every side; “same” keeps the size.",
        min=0,
        max=1000,
        kind="triple",
        choices=("same",),
    )
    dilation: int | Triple = param(1, "Distance between the voxels that a filter looks at.", min=1, max=1000)
