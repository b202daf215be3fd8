"""Windows that are replaced by their mean, or by another power mean. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, Triple, form, param
from workbench.catalog.spec import NodeType, example, node
from workbench.catalog.windows import pooled, pooled_face
from workbench.core.shapes import TensorSpec


@form
class _AvgPool(NodeType):
    """What all average poolings share; `rank` is how many directions a window has."""

    rank: ClassVar[int] = 2

    kernel_size: int | Ints = param(2, "Size of the window.", min=1, max=10_000, required=True)
    stride: int | Ints | None = param(
        None, "Steps between windows; empty: a whole window.", min=1, max=10_000
    )
    padding: int | Ints = param(0, "What is added on every side.", min=0, max=10_000)
    ceil_mode: bool = param(False, "Keep windows at the edge that are not full.")
    count_include_pad: bool = param(True, "Count the padding as zeros of the mean.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, sizes = expect.grid(x, self.rank, "AvgPool")
        if self.rank == 3:  # here torch does not let the padding make up for a volume that is too small
            pooled(sizes, self.kernel_size, 1, 0)
        found = pooled(sizes, self.kernel_size, self.stride, self.padding, ceil=self.ceil_mode)
        return x.with_shape(*x.shape[:2], *found)

    def summary(self) -> str:
        return pooled_face(self.kernel_size, self.stride, self.rank)


@node(
    "Average pooling (1d)",
    "nn.AvgPool1d",
    family="pooling",
    aliases=("mean", "downsample", "subsample", "signal", "moving average", "trend"),
    examples=(
        example(("N", 3, 20)),
        example(("N", 3, 21), kernel_size=3, stride=2, padding=1, ceil_mode=True),
        example(("N", 2, "L"), kernel_size=5, stride=1, padding=2, count_include_pad=False),
    ),
)
class AvgPool1d(_AvgPool):
    """Replaces each stretch of a signal by its mean.

    **Formula** y[c, t] = mean_k x[c, t·stride + k]

    **Shapes** x N×C×L → y N×C×M with M = ⌊(L + 2·padding − kernel) / stride⌋ + 1.

    **Use when** a signal should become shorter and smoother; with stride 1 it is a moving average.

    **Alternatives** MaxPool1d, which keeps peaks.

    **Reference** torch.nn.AvgPool1d.
    """

    rank = 1

    kernel_size: int = param(2, "Length of the stretch.", min=1, max=100_000, required=True)
    stride: int | None = param(
        None, "Steps between stretches; empty: as long as a stretch.", min=1, max=100_000
    )
    padding: int = param(0, "What is added at both ends.", min=0, max=100_000)
    ceil_mode: bool = param(False, "Keep a last stretch that is not full.")


@node(
    "Average pooling",
    "nn.AvgPool2d",
    family="pooling",
    aliases=("mean", "downsample", "subsample", "image"),
    examples=(
        example(("N", 3, 28, 27)),
        example(("N", 3, 21, 20), kernel_size=(3, 2), stride=2, padding=1, ceil_mode=True),
        example(("N", 2, "H", 8), kernel_size=3, stride=1, padding=1, count_include_pad=False),
    ),
)
class AvgPool2d(_AvgPool):
    """Replaces each window of an image by its mean.

    **Formula** y[c, i, j] = mean_{k, l} x[c, i·stride + k, j·stride + l]

    **Shapes** x N×C×H×W → y N×C×P×Q with P = ⌊(H + 2·padding − kernel) / stride⌋ + 1.

    **Use when** an image should become smaller and smoother (LeNet, DenseNet).

    **Alternatives** MaxPool2d, which keeps edges sharper.

    **Reference** LeCun et al. 1998, Gradient-based learning applied to document recognition;
    torch.nn.AvgPool2d.
    """

    kernel_size: int | Pair = param(2, "Height and width of the window.", min=1, max=10_000, required=True)
    stride: int | Pair | None = param(
        None, "Pixels between windows; empty: as large as a window.", min=1, max=10_000
    )
    padding: int | Pair = param(0, "Pixels added on every side.", min=0, max=10_000)


@node(
    "Average pooling (3d)",
    "nn.AvgPool3d",
    family="pooling",
    aliases=("mean", "downsample", "subsample", "volume", "video", "voxel"),
    examples=(
        example(("N", 3, 6, 8, 9)),
        example(("N", 2, 5, 8, 9), kernel_size=(1, 3, 2), stride=2, padding=(0, 1, 1), ceil_mode=True),
        example(("N", 2, "D", "H", 8), kernel_size=3, stride=1, padding=1, count_include_pad=False),
    ),
)
class AvgPool3d(_AvgPool):
    """Replaces each window of a volume or a video by its mean.

    **Formula** y[c, p] = mean_k x[c, p·stride + k], with p and k places in depth, height and width

    **Shapes** x N×C×D×H×W → y N×C×O×P×Q with O = ⌊(D + 2·padding − kernel) / stride⌋ + 1, and P and Q likewise.

    **Use when** a volume should become smaller and smoother.

    **Alternatives** MaxPool3d, which keeps edges sharper.

    **Reference** torch.nn.AvgPool3d.
    """

    rank = 3

    kernel_size: int | Triple = param(
        2, "Depth, height and width of the window.", min=1, max=1000, required=True
    )
    stride: int | Triple | None = param(
        None, "Voxels between windows; empty: as large as a window.", min=1, max=1000
    )
    padding: int | Triple = param(0, "Voxels added on every side.", min=0, max=1000)


@node(
    "Power-average pooling",
    "nn.LPPool2d",
    family="pooling",
    aliases=("lp pooling", "norm", "l2", "downsample", "image"),
    examples=(
        example(("N", 3, 12, 11)),
        example(("N", 2, "H", 8), norm_type=3.0, kernel_size=(3, 2), stride=1),
        example(("N", 2, 9, 8), norm_type=1.0, kernel_size=2, ceil_mode=True),
    ),
)
class LPPool2d(NodeType):
    """Replaces each window of an image by the p-norm of its numbers: between the sum (p = 1) and the maximum (large p).

    **Formula** y[c, i, j] = (Σ_{k, l} x[c, i·stride + k, j·stride + l]^p)^(1/p)

    **Shapes** x N×C×H×W → y N×C×P×Q with P = ⌊(H − kernel) / stride⌋ + 1.

    **Use when** large numbers should count more than small ones, but not alone; x should not be negative.

    **Alternatives** MaxPool2d, AvgPool2d.

    **Reference** Sermanet et al. 2012, Convolutional neural networks applied to house numbers digit classification;
    torch.nn.LPPool2d.
    """

    norm_type: float = param(2.0, "The power p.", min=0.1, max=100, required=True, label="Power")
    kernel_size: int | Pair = param(2, "Height and width of the window.", min=1, max=10_000, required=True)
    stride: int | Pair | None = param(
        None, "Pixels between windows; empty: as large as a window.", min=1, max=10_000
    )
    ceil_mode: bool = param(
        False, "Keep windows at the edge that are not full; what is in them counts as much as in full ones."
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, sizes = expect.grid(x, 2)
        return x.with_shape(
            *x.shape[:2], *pooled(sizes, self.kernel_size, self.stride, 0, ceil=self.ceil_mode)
        )

    def summary(self) -> str:
        return f"p {self.norm_type:g} · {pooled_face(self.kernel_size, self.stride, 2)}"
