"""Convolutions over signals and images, and their transposed form. Imports catalog.spec and core."""

from math import prod

from workbench.catalog import expect
from workbench.catalog.forms import Pair, param
from workbench.catalog.spec import NodeType, example, known, node, pair
from workbench.catalog.windows import transposed_size, window_size
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import Dim, TensorSpec

_MODES = ("zeros", "reflect", "replicate", "circular")


def _padded(padding: int | Pair | str, kernel: Pair, dilation: Pair, stride: Pair) -> Pair:
    """Padding as numbers; none for "same", whose sizes are those of the input. Raises ShapeError."""
    if padding == "same":
        if stride != (1, 1):
            raise ShapeError(
                f"padding “same” works with stride 1 only, not {stride[0]}",
                "",
                change=("padding", kernel[0] * dilation[0] // 2),
            )
        return (0, 0)
    assert not isinstance(padding, str), padding
    return pair(padding)


def _check_mode(mode: str, padding: Pair, sizes: tuple[Dim, ...]) -> None:
    """Reflection needs more pixels than it adds; wrapping at least as many."""
    for amount, size in zip(padding, sizes, strict=False):
        most = {"reflect": known(size) - 1, "circular": known(size)}.get(mode)
        if most is not None and isinstance(size, int) and amount > most:
            raise ShapeError(
                f"padding {amount} with {mode} needs a larger image than {size}",
                "x",
                change=("padding", most),
            )


def _face(filters: int, kernel: int | Pair, padding: object, stride: object, unit: str = "filters") -> str:
    """The words on the face of a convolution: 32 filters · 3×3 · stride 2 · same."""
    size = "×".join(map(str, kernel)) if isinstance(kernel, tuple) else str(kernel)
    words = [f"{filters} {unit}", size]
    if stride not in (1, (1, 1)):
        words.append(f"stride {'×'.join(map(str, stride)) if isinstance(stride, tuple) else stride}")
    if padding == "same":
        words.append("same")
    return " · ".join(words)


@node(
    "Convolution (1d)",
    "nn.Conv1d",
    family="layer",
    aliases=("conv", "filter", "signal", "temporal", "kernel", "time series"),
    examples=(
        example(("N", 3, 20), out_channels=8, kernel_size=5),
        example(("N", 4, "L"), out_channels=6, padding="same", bias=False),
        example(("N", 4, 21), out_channels=8, stride=2, padding=2, dilation=2, groups=2),
    ),
)
class Conv1d(NodeType):
    """Slides learned filters along a signal; each filter answers where its pattern occurs.

    **Formula** y[o, t] = b[o] + Σ_c Σ_k W[o, c, k] · x[c, t·stride + k·dilation]

    **Shapes** x N×C×L → y N×out×M with M = ⌊(L + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    Parameters: out·(C / groups)·kernel + out.

    **Use when** neighbouring time steps belong together: sensors, audio, text that has been embedded. Sequences
    N×L×F have their features last: put Permute in front.

    **Alternatives** LSTM or attention when distant steps matter.

    **Reference** Waibel et al. 1989, Phoneme recognition using time-delay neural networks.
    """

    out_channels: int = param(
        32, "Number of filters, and so of output channels.", min=1, max=100_000, required=True
    )
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
    groups: int = param(1, "Splits the channels into groups that do not see each other.", min=1, max=100_000)
    bias: bool = param(True, "Add a learned constant to each filter. Not needed right before batch norm.")
    padding_mode: str = param("zeros", "What the padding is filled with.", choices=_MODES)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, length = expect.signals(x)
        expect.divides_both(channels, self.out_channels, self.groups)
        kernel, dilation = (self.kernel_size, 1), (self.dilation, 1)
        padding, _ = _padded(self.padding, kernel, dilation, (self.stride, 1))
        _check_mode(self.padding_mode, (padding, 0), (length,))
        if self.padding != "same":
            length = window_size(length, self.kernel_size, self.stride, padding, self.dilation)
        return x.with_shape(x.shape[0], self.out_channels, length)

    def parameters(self, *specs: TensorSpec) -> int:
        weights = known(specs[0].shape[1]) // self.groups * self.kernel_size
        return self.out_channels * (weights + self.bias)

    def operations(self, *specs: TensorSpec) -> int:
        weights = known(specs[0].shape[1]) // self.groups * self.kernel_size
        return weights * self.out_channels * known(self.infer(*specs).shape[2])

    def summary(self) -> str:
        return _face(self.out_channels, self.kernel_size, self.padding, self.stride)


@node(
    "Convolution",
    "nn.Conv2d",
    family="layer",
    aliases=("conv", "filter", "cnn", "image", "kernel", "depthwise", "patch"),
    examples=(
        example(("N", 3, 32, 30), out_channels=8, kernel_size=(5, 3)),
        example(("N", 4, "H", 12), out_channels=6, padding="same"),
        example(("N", 4, 17, 16), out_channels=8, stride=(2, 1), padding=(2, 1), groups=4, bias=False),
        example(("N", 2, 9, 9), out_channels=3, padding=2, dilation=2, padding_mode="reflect"),
    ),
)
class Conv2d(NodeType):
    """Slides learned filters over an image; each filter answers where its pattern occurs.

    **Formula** y[o, i, j] = b[o] + Σ_c Σ_k Σ_l W[o, c, k, l] · x[c, i·stride + k·dilation, j·stride + l·dilation]

    **Shapes** x N×C×H×W → y N×out×P×Q with P = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and
    Q likewise. Parameters: out·(C / groups)·kernel² + out.

    **Use when** the input is an image, or anything on a grid where neighbours belong together and a pattern may
    stand anywhere.

    **Alternatives** Linear for vectors, Conv1d for signals, attention over patches for large data sets.

    **Reference** LeCun et al. 1998, Gradient-based learning applied to document recognition.
    """

    out_channels: int = param(
        32, "Number of filters, and so of output channels.", min=1, max=100_000, required=True
    )
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
    groups: int = param(1, "Splits the channels into groups that do not see each other.", min=1, max=100_000)
    bias: bool = param(True, "Add a learned constant to each filter. Not needed right before batch norm.")
    padding_mode: str = param("zeros", "What the padding is filled with.", choices=_MODES)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, *sizes = expect.images(x)
        expect.divides_both(channels, self.out_channels, self.groups)
        kernel, stride, dilation = pair(self.kernel_size), pair(self.stride), pair(self.dilation)
        padding = _padded(self.padding, kernel, dilation, stride)
        _check_mode(self.padding_mode, padding, tuple(sizes))
        if self.padding != "same":
            sizes = list(map(window_size, sizes, kernel, stride, padding, dilation))
        return x.with_shape(x.shape[0], self.out_channels, *sizes)

    def parameters(self, *specs: TensorSpec) -> int:
        weights = known(specs[0].shape[1]) // self.groups * prod(pair(self.kernel_size))
        return self.out_channels * (weights + self.bias)

    def operations(self, *specs: TensorSpec) -> int:
        weights = known(specs[0].shape[1]) // self.groups * prod(pair(self.kernel_size))
        return weights * prod(known(dim) for dim in self.infer(*specs).shape[1:])

    def summary(self) -> str:
        return _face(self.out_channels, pair(self.kernel_size), self.padding, self.stride)


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
class ConvTranspose2d(NodeType):
    """Enlarges an image: every input pixel paints its learned filter into the output.

    **Formula** y[o, i·stride + k, j·stride + l] += W[c, o, k, l] · x[c, i, j], plus b[o]

    **Shapes** x N×C×H×W → y N×out×P×Q with P = (H − 1)·stride − 2·padding + dilation·(kernel − 1) +
    output_padding + 1. kernel 4, stride 2, padding 1 doubles the size. Parameters: C·(out / groups)·kernel² + out.

    **Use when** a decoder or generator grows a small map into an image.

    **Alternatives** Upsample and Conv2d, which paints no checkerboard.

    **Reference** Zeiler et al. 2010, Deconvolutional networks.
    """

    out_channels: int = param(32, "Number of output channels.", min=1, max=100_000, required=True)
    kernel_size: int | Pair = param(4, "Height and width of each filter.", min=1, max=10_000, required=True)
    stride: int | Pair = param(1, "How many times larger the image becomes.", min=1, max=10_000)
    padding: int | Pair = param(0, "Pixels cut off on every side of the result.", min=0, max=10_000)
    output_padding: int | Pair = param(0, "Pixels added at the bottom and right.", min=0, max=10_000)
    groups: int = param(1, "Splits the channels into groups that do not see each other.", min=1, max=100_000)
    bias: bool = param(True, "Add a learned constant to each filter. Not needed right before batch norm.")
    dilation: int | Pair = param(1, "Distance between the pixels that a filter paints.", min=1, max=10_000)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, *sizes = expect.images(x)
        expect.divides_both(channels, self.out_channels, self.groups)
        stride, dilation, extra = pair(self.stride), pair(self.dilation), pair(self.output_padding)
        for added, *limits in zip(extra, stride, dilation, strict=True):
            if added >= max(limits):
                raise ShapeError(
                    f"output_padding {added} must be smaller than the stride or the dilation, {max(limits)}",
                    "",
                    change=("output_padding", max(limits) - 1),
                )
        kernel, padding = pair(self.kernel_size), pair(self.padding)
        found = map(transposed_size, sizes, kernel, stride, padding, extra, dilation)
        return x.with_shape(x.shape[0], self.out_channels, *found)

    def parameters(self, *specs: TensorSpec) -> int:
        weights = known(specs[0].shape[1]) * prod(pair(self.kernel_size)) // self.groups
        return self.out_channels * (weights + self.bias)

    def operations(self, *specs: TensorSpec) -> int:
        painted = self.out_channels // self.groups * prod(pair(self.kernel_size))
        return painted * prod(known(dim) for dim in specs[0].shape[1:])

    def summary(self) -> str:
        return _face(self.out_channels, pair(self.kernel_size), self.padding, self.stride, "channels")
