"""Pooling to a fixed size or to one number a channel, whatever the size of the input. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, Triple, form, param
from workbench.catalog.spec import Call, NodeType, example, node, several
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


@form
class _Adaptive(NodeType):
    """Brings any size to a fixed one; `rank` is how many directions there are, `stem` what the types are named by."""

    rank: ClassVar[int] = 2
    stem: ClassVar[str] = "AdaptiveAvgPool"

    output_size: int | Ints = param(1, "Size of the result.", min=1, max=10_000, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.grid(x, self.rank, self.stem)
        return x.with_shape(*x.shape[:2], *several(self.output_size, self.rank))

    def summary(self) -> str:
        return "×".join(map(str, several(self.output_size, self.rank)))


@node(
    "Adaptive average pooling (1d)",
    "nn.AdaptiveAvgPool1d",
    family="pooling",
    aliases=("mean", "resize", "signal"),
    examples=(example(("N", 3, 20), output_size=5), example(("N", 3, "L"), output_size=3)),
)
class AdaptiveAvgPool1d(_Adaptive):
    """Brings a signal of any length to a fixed length by averaging stretches.

    **Formula** y[c, k] = mean of x[c, t] over the k-th of output_size nearly equal stretches

    **Shapes** x N×C×L → y N×C×output_size.

    **Use when** signals differ in length but a Linear layer needs a fixed number of inputs.

    **Alternatives** GlobalAvgPool, which leaves one number a channel.

    **Reference** torch.nn.AdaptiveAvgPool1d.
    """

    rank = 1

    output_size: int = param(1, "Length of the result.", min=1, max=100_000, required=True)


@node(
    "Adaptive average pooling",
    "nn.AdaptiveAvgPool2d",
    family="pooling",
    aliases=("mean", "resize", "image"),
    examples=(
        example(("N", 3, 20, 17), output_size=(5, 3)),
        example(("N", 3, "H", "W"), output_size=2),
    ),
)
class AdaptiveAvgPool2d(_Adaptive):
    """Brings an image of any size to a fixed size by averaging windows.

    **Formula** y[c, k, l] = mean of x[c, i, j] over the window (k, l) of a grid of nearly equal windows

    **Shapes** x N×C×H×W → y N×C×output_size×output_size.

    **Use when** images differ in size but a Linear layer needs a fixed number of inputs.

    **Alternatives** GlobalAvgPool, which leaves one number a channel.

    **Reference** torch.nn.AdaptiveAvgPool2d.
    """

    output_size: int | Pair = param(1, "Height and width of the result.", min=1, max=10_000, required=True)


@node(
    "Adaptive average pooling (3d)",
    "nn.AdaptiveAvgPool3d",
    family="pooling",
    aliases=("mean", "resize", "volume", "video"),
    examples=(
        example(("N", 3, 6, 7, 8), output_size=(1, 3, 2)),
        example(("N", 3, "D", "H", "W"), output_size=2),
    ),
)
class AdaptiveAvgPool3d(_Adaptive):
    """Brings a volume of any size to a fixed size by averaging windows.

    **Formula** y[c, k] = mean of x[c, p] over the window k of a grid of nearly equal windows

    **Shapes** x N×C×D×H×W → y N×C×output_size×output_size×output_size.

    **Use when** volumes or videos differ in size but a Linear layer needs a fixed number of inputs.

    **Alternatives** GlobalAvgPool, which leaves one number a channel; AdaptiveMaxPool3d.

    **Reference** torch.nn.AdaptiveAvgPool3d.
    """

    rank = 3

    output_size: int | Triple = param(
        1, "Depth, height and width of the result.", min=1, max=1000, required=True
    )


@node(
    "Adaptive max pooling (1d)",
    "nn.AdaptiveMaxPool1d",
    family="pooling",
    aliases=("maximum", "resize", "signal"),
    examples=(example(("N", 3, 20), output_size=5), example(("N", 3, "L"), output_size=3)),
)
class AdaptiveMaxPool1d(_Adaptive):
    """Brings a signal of any size to a fixed size by keeping the largest number of each window.

    **Formula** y[c, k] = max of x[c, p] over the window k of output_size nearly equal windows in each direction

    **Shapes** x N×C×L → y N×C×output_size.

    **Use when** it matters that a pattern occurs, inputs differ in size, and a Linear layer follows.

    **Alternatives** AdaptiveAvgPool1d; GlobalMaxPooling, which leaves one number a channel.

    **Reference** torch.nn.AdaptiveMaxPool1d.
    """

    rank = 1
    stem = "AdaptiveMaxPool"

    output_size: int = param(1, "Length of the result.", min=1, max=100_000, required=True)


@node(
    "Adaptive max pooling",
    "nn.AdaptiveMaxPool2d",
    family="pooling",
    aliases=("maximum", "resize", "image"),
    examples=(example(("N", 3, 20, 17), output_size=(5, 3)), example(("N", 3, "H", "W"), output_size=2)),
)
class AdaptiveMaxPool2d(_Adaptive):
    """Brings an image of any size to a fixed size by keeping the largest number of each window.

    **Formula** y[c, k] = max of x[c, p] over the window k of output_size nearly equal windows in each direction

    **Shapes** x N×C×H×W → y N×C×output_size×output_size.

    **Use when** it matters that a pattern occurs, inputs differ in size, and a Linear layer follows.

    **Alternatives** AdaptiveAvgPool2d; GlobalMaxPooling, which leaves one number a channel.

    **Reference** torch.nn.AdaptiveMaxPool2d.
    """

    stem = "AdaptiveMaxPool"

    output_size: int | Pair = param(1, "Height and width of the result.", min=1, max=10_000, required=True)


@node(
    "Adaptive max pooling (3d)",
    "nn.AdaptiveMaxPool3d",
    family="pooling",
    aliases=("maximum", "resize", "volume"),
    examples=(
        example(("N", 3, 6, 7, 8), output_size=(1, 3, 2)),
        example(("N", 3, "D", "H", "W"), output_size=2),
    ),
)
class AdaptiveMaxPool3d(_Adaptive):
    """Brings a volume of any size to a fixed size by keeping the largest number of each window.

    **Formula** y[c, k] = max of x[c, p] over the window k of output_size nearly equal windows in each direction

    **Shapes** x N×C×D×H×W → y N×C×output_size×output_size×output_size.

    **Use when** it matters that a pattern occurs, inputs differ in size, and a Linear layer follows.

    **Alternatives** AdaptiveAvgPool3d; GlobalMaxPooling, which leaves one number a channel.

    **Reference** torch.nn.AdaptiveMaxPool3d.
    """

    rank = 3
    stem = "AdaptiveMaxPool"

    output_size: int | Triple = param(
        1, "Depth, height and width of the result.", min=1, max=1000, required=True
    )


class _Global(NodeType):
    """Leaves one number a channel; `reduction` is the method of a tensor that finds it."""

    reduction: ClassVar[str] = "mean"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank not in (3, 4, 5):
            raise ShapeError(f"expects signals N×C×L, images N×C×H×W or volumes N×C×D×H×W, got {x}", "x")
        return x.with_shape(*x.shape[:2])

    def forward(self, call: Call) -> list[str]:
        axes = tuple(range(2, call.specs[0].rank))
        return [f"{call.outputs[0]} = {call.inputs[0]}.{self.reduction}({axes})"]


@node(
    "Global average pooling",
    family="pooling",
    aliases=("gap", "mean", "squeeze", "spatial mean"),
    examples=(example(("N", 8, 7, 6)), example(("N", 8, "L")), example(("N", 5, "D", 6, "W"))),
)
class GlobalAvgPool(_Global):
    """Leaves the mean of each channel.

    **Formula** y[c] = mean_{i, j} x[c, i, j]

    **Shapes** x N×C×L, N×C×H×W or N×C×D×H×W → y N×C.

    **Use when** a classifier follows convolutions and the position of what was found does not matter.

    **Alternatives** Flatten, which keeps positions and needs many more weights.

    **Reference** Lin et al. 2014, Network in network.
    """


@node(
    "Global max pooling",
    family="pooling",
    aliases=("gmp", "maximum", "squeeze", "spatial maximum", "max over time"),
    examples=(example(("N", 8, 7, 6)), example(("N", 8, "L")), example(("N", 5, "D", 6, "W"))),
)
class GlobalMaxPooling(_Global):
    """Leaves the largest number of each channel.

    **Formula** y[c] = max_{i, j} x[c, i, j]

    **Shapes** x N×C×L, N×C×H×W or N×C×D×H×W → y N×C.

    **Use when** it matters that a pattern occurs anywhere: words of a text after Conv1d, objects of an image.

    **Alternatives** GlobalAvgPool, which also counts how often; GlobalMaxPool for the nodes of a graph.

    **Reference** Kim 2014, Convolutional neural networks for sentence classification; torch.amax.
    """

    reduction = "amax"
