"""Signals, images, volumes of another size: repeated, interpolated, made of channels. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import Pair, param
from workbench.catalog.spec import Call, NodeType, example, node, pair
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import Dim, TensorSpec

_MODES = {  # by how many directions there are, those that interpolate
    1: ("linear",),
    2: ("bilinear", "bicubic"),
    3: ("trilinear",),
}


@node(
    "Resize",
    family="structure",
    aliases=("interpolate", "scale", "zoom", "upsample"),
    examples=(example(("N", 1, 8, 8)), example(("N", 3, 10, 12), size=(5, 6)), example(("N", 1, 28, 28))),
)
class Resize(NodeType):
    """Scales images to a given height and width by bilinear interpolation; images of that size stay as they are.

    **Formula** y[c, i, j] = x at (i · H / height, j · W / width), mixed from the four pixels around

    **Shapes** x N×C×H×W → y N×C×height×width.

    **Use when** a model needs images of one size whatever the dataset has.

    **Alternatives** PadTo, which adds a border instead of scaling; Upsample, which multiplies the size; a
    stride, to get smaller while learning.

    **Reference** torch.nn.functional.interpolate.
    """

    size: int | Pair = param(28, "Height and width of the result.", min=1, max=16384, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.images(x)
        return x.with_shape(*x.shape[:2], *pair(self.size))

    def summary(self) -> str:
        height, width = pair(self.size)
        return f"{height} × {width}"

    def forward(self, call: Call) -> list[str]:
        if call.specs[0].shape[2:] == pair(self.size):
            return [f"{call.outputs[0]} = {call.inputs[0]}"]
        return [
            f'{call.outputs[0]} = F.interpolate({call.inputs[0]}, size={pair(self.size)}, mode="bilinear")',
        ]


@node(
    "Upsample",
    "nn.Upsample",
    family="layer",
    aliases=("enlarge", "resize", "interpolate", "nearest", "bilinear", "trilinear", "decoder", "u-net"),
    examples=(
        example(("N", 3, 5, 6)),
        example(("N", 2, "H", 4), scale_factor=3),
        example(("N", 2, 5, 4), mode="bilinear"),
        example(("N", 2, "L"), mode="linear", align_corners=True),
        example(("N", 2, "D", 3, 4), mode="trilinear"),
    ),
)
class Upsample(NodeType):
    """Enlarges a signal, an image or a volume by repeating its numbers, or by interpolating between them.

    **Formula** y[c, i, j] = x[c, ⌊i / scale⌋, ⌊j / scale⌋]; the other modes interpolate between neighbours

    **Shapes** x N×C×H×W → y N×C×(H·scale)×(W·scale); signals N×C×L and volumes N×C×D×H×W likewise.

    **Use when** a decoder or a U-Net goes back to a larger image; a Conv2d follows.

    **Alternatives** ConvTranspose2d, which learns how to enlarge; PixelShuffle; Resize to a given size.

    **Reference** Odena et al. 2016, Deconvolution and checkerboard artifacts; torch.nn.Upsample.
    """

    scale_factor: int = param(2, "How many times larger.", min=1, max=1000, required=True)
    mode: str = param(
        "nearest",
        "How new numbers are filled: linear for signals, trilinear for volumes.",
        choices=("nearest", "linear", "bilinear", "bicubic", "trilinear"),
    )
    align_corners: bool = param(
        False, "Interpolate so that the numbers in the corners stay where they are.", argument=False
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x, "x", "images N×C×H×W")
        rank = x.rank - 2
        if rank not in _MODES:
            expect.images(x)
        if self.mode != "nearest" and self.mode not in _MODES[rank]:
            words = " or ".join(("nearest", *_MODES[rank]))
            raise ShapeError(
                f"mode {self.mode} is not for {x}, which takes {words}", "", change=("mode", _MODES[rank][0])
            )
        return x.with_shape(*x.shape[:2], *(_larger(dim, self.scale_factor) for dim in x.shape[2:]))

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        corners = {"align_corners": True} if self.align_corners and self.mode != "nearest" else {}
        return {**super().arguments(*specs), **corners}

    def summary(self) -> str:
        return f"×{self.scale_factor}" + ("" if self.mode == "nearest" else f" · {self.mode}")


def _larger(size: Dim, scale: int) -> Dim:
    if isinstance(size, int):
        return size * scale
    return size if scale == 1 else f"{size}·{scale}"


@node(
    "Pixel shuffle",
    "nn.PixelShuffle",
    family="layer",
    aliases=("sub-pixel convolution", "depth to space", "super-resolution", "enlarge", "upsample"),
    examples=(
        example(("N", 8, 5, 6)),
        example(("N", 9, "H", 4), upscale_factor=3),
    ),
)
class PixelShuffle(NodeType):
    """Makes an image larger by laying out groups of its channels as pixels.

    **Formula** y[c, i·r + k, j·r + l] = x[c·r² + k·r + l, i, j]

    **Shapes** x N×(C·r²)×H×W → y N×C×(H·r)×(W·r).

    **Use when** a Conv2d in front computes all pixels of the larger image at the small size (super-resolution).

    **Alternatives** ConvTranspose2d; Upsample and Conv2d.

    **Reference** Shi et al. 2016, Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network.
    """

    upscale_factor: int = param(
        2, "How many times larger, r.", min=1, max=1000, required=True, label="Factor"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, *sizes = expect.images(x)
        scale = self.upscale_factor
        if channels % scale**2:
            raise ShapeError(
                f"expects channels that {scale}² = {scale**2} divides, got {channels} in {x}",
                "x",
                outputs=-(-channels // scale**2) * scale**2,
            )
        return x.with_shape(x.shape[0], channels // scale**2, *(_larger(size, scale) for size in sizes))

    def summary(self) -> str:
        return f"×{self.upscale_factor}"


@node(
    "Pixel unshuffle",
    "nn.PixelUnshuffle",
    family="layer",
    aliases=("space to depth", "downsample", "patches", "invertible"),
    examples=(
        example(("N", 2, 6, 8)),
        example(("N", 1, 9, 12), downscale_factor=3),
    ),
)
class PixelUnshuffle(NodeType):
    """Makes an image smaller without losing anything: the pixels of each square become channels.

    **Formula** y[c·r² + k·r + l, i, j] = x[c, i·r + k, j·r + l]

    **Shapes** x N×C×(H·r)×(W·r) → y N×(C·r²)×H×W.

    **Use when** a network shall work at a smaller size and give back every pixel at the end with PixelShuffle.

    **Alternatives** a Conv2d with a stride; MaxPool2d, which throws away.

    **Reference** Shi et al. 2016, Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network; torch.nn.PixelUnshuffle.
    """

    downscale_factor: int = param(
        2, "How many times smaller, r.", min=1, max=1000, required=True, label="Factor"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, *sizes = expect.images(x)
        scale = self.downscale_factor
        for axis, name in ((2, "rows"), (3, "columns")):
            if isinstance(size := x.shape[axis], int):
                expect.divides(size, "downscale_factor", scale, name, "factor")
        smaller = (size // scale if isinstance(size, int) else _smaller(size, scale) for size in sizes)
        return x.with_shape(x.shape[0], channels * scale**2, *smaller)

    def summary(self) -> str:
        return f"1/{self.downscale_factor}"


def _smaller(size: str, scale: int) -> str:
    if scale == 1:
        return size
    return f"{size}/{scale}" if size.isidentifier() else f"({size})/{scale}"
