"""Transposed convolutions, which enlarge signals, images and volumes. Imports catalog.spec and core."""

from math import prod
from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, Triple, form, param
from workbench.catalog.spec import example, known, node, several
from workbench.catalog.weights import Biased
from workbench.catalog.windows import face, transposed_size
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class _Transposed(Biased):
    """What all transposed convolutions share; `rank` is how many directions they enlarge."""

    rank: ClassVar[int] = 2

    out_channels: int = param(32, "Number of output channels.", min=1, max=100_000, required=True)
    kernel_size: int | Ints = param(4, "Size of each filter.", min=1, max=10_000, required=True)
    stride: int | Ints = param(1, "How many times larger the result is.", min=1, max=10_000)
    padding: int | Ints = param(0, "What is cut off on every side of the result.", min=0, max=10_000)
    output_padding: int | Ints = param(0, "What is added at the far ends.", min=0, max=10_000)
    groups: int = param(1, "Splits the channels into groups that do not see each other.", min=1, max=100_000)
    bias: bool = param(True, "Add a learned constant to each filter. Not needed right before batch norm.")
    dilation: int | Ints = param(1, "Distance between the points that a filter paints.", min=1, max=10_000)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, sizes = expect.grid(x, self.rank, "ConvTranspose")
        expect.divides_both(channels, self.out_channels, self.groups)
        stride, dilation, extra = (
            several(value, self.rank) for value in (self.stride, self.dilation, self.output_padding)
        )
        for added, *limits in zip(extra, stride, dilation, strict=True):
            if added >= max(limits):
                raise ShapeError(
                    f"output_padding {added} must be smaller than the stride or the dilation, {max(limits)}",
                    "",
                    change=("output_padding", max(limits) - 1),
                )
        kernel, padding = several(self.kernel_size, self.rank), several(self.padding, self.rank)
        found = map(transposed_size, sizes, kernel, stride, padding, extra, dilation)
        return x.with_shape(x.shape[0], self.out_channels, *found)

    def parameters(self, *specs: TensorSpec) -> int:
        weights = known(specs[0].shape[1]) * prod(several(self.kernel_size, self.rank)) // self.groups
        return self.out_channels * (weights + self.bias)

    def operations(self, *specs: TensorSpec) -> int:
        painted = self.out_channels // self.groups * prod(several(self.kernel_size, self.rank))
        return painted * prod(known(dim) for dim in specs[0].shape[1:])

    def summary(self) -> str:
        return face(f"{self.out_channels} channels", self.kernel_size, self.rank, self.stride)


@node(
    "Transposed convolution (1d)",
    "nn.ConvTranspose1d",
    family="layer",
    aliases=("deconvolution", "upconvolution", "upsampling", "signal", "audio", "generator", "decoder"),
    examples=(
        example(("N", 8, 9), out_channels=4, kernel_size=4, stride=2, padding=1),
        example(("N", 4, "L"), out_channels=6, kernel_size=3, padding=1, bias=False),
        example(("N", 4, 5), out_channels=2, stride=3, output_padding=2, groups=2, dilation=2),
    ),
)
class ConvTranspose1d(_Transposed):
    """Makes a signal longer: every step paints its learned filter into the output.

    **Formula** y[o, t·stride + k·dilation] += W[c, o, k] · x[c, t], plus b[o]

    **Shapes** x N×C×L → y N×out×M with M = (L − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1.
    kernel 4, stride 2, padding 1 doubles the length. Parameters: C·(out / groups)·kernel + out.

    **Use when** a decoder or generator grows a short code into a signal (audio, series).

    **Alternatives** Upsample and Conv1d, which paints no pattern of its own.

    **Reference** Zeiler et al. 2010, Deconvolutional networks; torch.nn.ConvTranspose1d.
    """

    rank = 1

    kernel_size: int = param(4, "Length of each filter.", min=1, max=100_000, required=True)
    stride: int = param(1, "How many times longer the signal becomes.", min=1, max=100_000)
    padding: int = param(0, "Steps cut off at both ends of the result.", min=0, max=100_000)
    output_padding: int = param(0, "Steps added at the end.", min=0, max=100_000)
    dilation: int = param(1, "Distance between the steps that a filter paints.", min=1, max=100_000)


@node(
    "Transposed convolution",
    "nn.ConvTranspose2d",
    family="layer",
    aliases=("deconvolution", "upconvolution", "upsampling", "fractionally strided", "generator", "decoder"),
    examples=(
        example(("N", 8, 7, 7), out_channels=4, kernel_size=4, stride=2, padding=1),
        example(("N", 4, 5, "W"), out_channels=6, kernel_size=3, padding=1, bias=False),
        example(("N", 4, 5, 6), out_channels=2, stride=(3, 2), output_padding=(2, 1), groups=2, dilation=2),
    ),
)
class ConvTranspose2d(_Transposed):
    """Enlarges an image: every input pixel paints its learned filter into the output.

    **Formula** y[o, i·stride + k, j·stride + l] += W[c, o, k, l] · x[c, i, j], plus b[o]

    **Shapes** x N×C×H×W → y N×out×P×Q with P = (H − 1)·stride − 2·padding + dilation·(kernel − 1) +
    output_padding + 1. kernel 4, stride 2, padding 1 doubles the size. Parameters: C·(out / groups)·kernel² + out.

    **Use when** a decoder or generator grows a small map into an image.

    **Alternatives** Upsample and Conv2d, which paints no checkerboard.

    **Reference** Zeiler et al. 2010, Deconvolutional networks.
    """

    kernel_size: int | Pair = param(4, "Height and width of each filter.", min=1, max=10_000, required=True)
    stride: int | Pair = param(1, "How many times larger the image becomes.", min=1, max=10_000)
    padding: int | Pair = param(0, "Pixels cut off on every side of the result.", min=0, max=10_000)
    output_padding: int | Pair = param(0, "Pixels added at the bottom and right.", min=0, max=10_000)
    dilation: int | Pair = param(1, "Distance between the pixels that a filter paints.", min=1, max=10_000)


@node(
    "Transposed convolution (3d)",
    "nn.ConvTranspose3d",
    family="layer",
    aliases=("deconvolution", "upconvolution", "upsampling", "volume", "voxel", "generator", "decoder"),
    examples=(
        example(("N", 4, 3, 4, 5), out_channels=2, kernel_size=2, stride=2),
        example(("N", 4, "D", 5, "W"), out_channels=6, kernel_size=3, padding=1, bias=False),
        example(
            ("N", 4, 3, 4, 5),
            out_channels=2,
            kernel_size=(1, 3, 3),
            stride=(1, 2, 2),
            output_padding=(0, 1, 1),
            groups=2,
        ),
    ),
)
class ConvTranspose3d(_Transposed):
    """Enlarges a volume: every input voxel paints its learned filter into the output.

    **Formula** y[o, p·stride + k·dilation] += W[c, o, k] · x[c, p], plus b[o], with p and k places in depth, height and
    width

    **Shapes** x N×C×D×H×W → y N×out×O×P×Q with O = (D − 1)·stride − 2·padding + dilation·(kernel − 1) +
    output_padding + 1, and P and Q likewise. kernel 2, stride 2 doubles the size. Parameters:
    C·(out / groups)·kernel³ + out.

    **Use when** a decoder goes back to a whole volume, as in a U-Net for scans.

    **Alternatives** Upsample and Conv3d, which paints no checkerboard.

    **Reference** Çiçek et al. 2016, 3D U-Net; torch.nn.ConvTranspose3d.
    """

    rank = 3

    kernel_size: int | Triple = param(
        4, "Depth, height and width of each filter.", min=1, max=1000, required=True
    )
    stride: int | Triple = param(1, "How many times larger the volume becomes.", min=1, max=1000)
    padding: int | Triple = param(0, "Voxels cut off on every side of the result.", min=0, max=1000)
    output_padding: int | Triple = param(0, "Voxels added at the far sides.", min=0, max=1000)
    dilation: int | Triple = param(1, "Distance between the voxels that a filter paints.", min=1, max=1000)
