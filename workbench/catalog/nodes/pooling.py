"""Pooling: fewer, stronger numbers out of neighbourhoods. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import Pair, param
from workbench.catalog.spec import Call, NodeType, example, node, pair
from workbench.catalog.windows import window_size
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec


def _pooled(size: Dim, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> Dim:
    if padding > kernel // 2:
        raise ShapeError(
            f"padding {padding} may be at most half of the window, {kernel // 2}",
            "",
            change=("padding", kernel // 2),
        )
    try:
        return window_size(size, kernel, stride, padding, dilation, ceil=ceil)
    except ShapeError as error:  # padding cannot help as it may not exceed half of the window
        raise ShapeError(
            str(error), "x", change=("kernel_size", size) if isinstance(size, int) else None
        ) from None


def _steps(kernel: Pair, stride: int | Pair | None) -> Pair:
    return kernel if stride is None else pair(stride)


def _face(kernel: int | Pair, stride: int | Pair | None) -> str:
    size = "×".join(map(str, kernel)) if isinstance(kernel, tuple) else str(kernel)
    if stride is None or stride == kernel:
        return size
    return f"{size} · stride {'×'.join(map(str, stride)) if isinstance(stride, tuple) else stride}"


@node(
    "Max pooling (1d)",
    "nn.MaxPool1d",
    family="pooling",
    aliases=("downsample", "subsample", "signal"),
    examples=(
        example(("N", 3, 20)),
        example(("N", 3, 21), kernel_size=3, stride=2, padding=1, ceil_mode=True),
        example(("N", 2, "L"), kernel_size=3, stride=1, padding=1),
    ),
)
class MaxPool1d(NodeType):
    """Keeps the largest number of each stretch of a signal.

    **Formula** y[c, t] = max_k x[c, t·stride + k]

    **Shapes** x N×C×L → y N×C×M with M = ⌊(L + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    **Use when** it matters that a pattern occurs, not exactly where; also to make a signal shorter.

    **Alternatives** a Conv1d with stride 2, which learns what to keep.

    **Reference** Collobert et al. 2011, Natural language processing (almost) from scratch;
    torch.nn.MaxPool1d.
    """

    kernel_size: int = param(2, "Length of the stretch.", min=1, max=100_000, required=True)
    stride: int | None = param(
        None, "Steps between stretches; empty: as long as a stretch.", min=1, max=100_000
    )
    padding: int = param(0, "What is added at both ends.", min=0, max=100_000)
    dilation: int = param(1, "Distance between the numbers of a stretch.", min=1, max=100_000)
    ceil_mode: bool = param(False, "Keep a last stretch that is not full.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, length = expect.signals(x)
        stride = self.stride or self.kernel_size
        length = _pooled(length, self.kernel_size, stride, self.padding, self.dilation, self.ceil_mode)
        return x.with_shape(*x.shape[:2], length)

    def summary(self) -> str:
        return _face(self.kernel_size, self.stride)


@node(
    "Max pooling",
    "nn.MaxPool2d",
    family="pooling",
    aliases=("downsample", "subsample", "image"),
    examples=(
        example(("N", 3, 28, 27)),
        example(("N", 3, 21, 20), kernel_size=(3, 2), stride=2, padding=1, ceil_mode=True),
        example(("N", 2, "H", 8), kernel_size=3, stride=1, padding=1),
    ),
)
class MaxPool2d(NodeType):
    """Keeps the largest number of each window of an image.

    **Formula** y[c, i, j] = max_{k, l} x[c, i·stride + k, j·stride + l]

    **Shapes** x N×C×H×W → y N×C×P×Q with P = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    **Use when** it matters that a pattern occurs, not exactly where; halves the image with its default.

    **Alternatives** AvgPool2d, or a Conv2d with stride 2, which learns what to keep.

    **Reference** Scherer et al. 2010, Evaluation of pooling operations in convolutional architectures;
    torch.nn.MaxPool2d.
    """

    kernel_size: int | Pair = param(2, "Height and width of the window.", min=1, max=10_000, required=True)
    stride: int | Pair | None = param(
        None, "Pixels between windows; empty: as large as a window.", min=1, max=10_000
    )
    padding: int | Pair = param(0, "Pixels added on every side.", min=0, max=10_000)
    dilation: int | Pair = param(1, "Distance between the pixels of a window.", min=1, max=10_000)
    ceil_mode: bool = param(False, "Keep windows at the edge that are not full.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, *sizes = expect.images(x)
        kernel = pair(self.kernel_size)
        stride, padding, dilation = _steps(kernel, self.stride), pair(self.padding), pair(self.dilation)
        ceil = (self.ceil_mode, self.ceil_mode)
        return x.with_shape(*x.shape[:2], *map(_pooled, sizes, kernel, stride, padding, dilation, ceil))

    def summary(self) -> str:
        return _face(pair(self.kernel_size), self.stride)


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
class AvgPool2d(NodeType):
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
    ceil_mode: bool = param(False, "Keep windows at the edge that are not full.")
    count_include_pad: bool = param(True, "Count the padding as zeros of the mean.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, *sizes = expect.images(x)
        kernel = pair(self.kernel_size)
        stride, padding = _steps(kernel, self.stride), pair(self.padding)
        ceil = (self.ceil_mode, self.ceil_mode)
        return x.with_shape(*x.shape[:2], *map(_pooled, sizes, kernel, stride, padding, (1, 1), ceil))

    def summary(self) -> str:
        return _face(pair(self.kernel_size), self.stride)


@node(
    "Adaptive average pooling (1d)",
    "nn.AdaptiveAvgPool1d",
    family="pooling",
    aliases=("mean", "resize", "signal"),
    examples=(example(("N", 3, 20), output_size=5), example(("N", 3, "L"), output_size=3)),
)
class AdaptiveAvgPool1d(NodeType):
    """Brings a signal of any length to a fixed length by averaging stretches.

    **Formula** y[c, k] = mean of x[c, t] over the k-th of output_size nearly equal stretches

    **Shapes** x N×C×L → y N×C×output_size.

    **Use when** signals differ in length but a Linear layer needs a fixed number of inputs.

    **Alternatives** GlobalAvgPool, which leaves one number a channel.

    **Reference** torch.nn.AdaptiveAvgPool1d.
    """

    output_size: int = param(1, "Length of the result.", min=1, max=100_000, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.signals(x)
        return x.with_shape(*x.shape[:2], self.output_size)


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
class AdaptiveAvgPool2d(NodeType):
    """Brings an image of any size to a fixed size by averaging windows.

    **Formula** y[c, k, l] = mean of x[c, i, j] over the window (k, l) of a grid of nearly equal windows

    **Shapes** x N×C×H×W → y N×C×output_size×output_size.

    **Use when** images differ in size but a Linear layer needs a fixed number of inputs.

    **Alternatives** GlobalAvgPool, which leaves one number a channel.

    **Reference** torch.nn.AdaptiveAvgPool2d.
    """

    output_size: int | Pair = param(1, "Height and width of the result.", min=1, max=10_000, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.images(x)
        return x.with_shape(*x.shape[:2], *pair(self.output_size))

    def summary(self) -> str:
        return "×".join(map(str, pair(self.output_size)))


@node(
    "Global average pooling",
    family="pooling",
    aliases=("gap", "mean", "squeeze", "spatial mean"),
    examples=(example(("N", 8, 7, 6)), example(("N", 8, "L")), example(("N", 5, "H", "W"))),
)
class GlobalAvgPool(NodeType):
    """Leaves the mean of each channel.

    **Formula** y[c] = mean_{i, j} x[c, i, j]

    **Shapes** x N×C×H×W or N×C×L → y N×C.

    **Use when** a classifier follows convolutions and the position of what was found does not matter.

    **Alternatives** Flatten, which keeps positions and needs many more weights.

    **Reference** Lin et al. 2014, Network in network.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank not in (3, 4, 5):
            raise ShapeError(f"expects images N×C×H×W or signals N×C×L, got {x}", "x")
        return x.with_shape(*x.shape[:2])

    def forward(self, call: Call) -> list[str]:
        axes = ", ".join(str(axis) for axis in range(2, call.specs[0].rank))
        return [f"{call.outputs[0]} = {call.inputs[0]}.mean(({axes}{',' if len(axes) == 1 else ''}))"]


class _GraphPool(NodeType):
    """One vector for each graph. Without a link to `batch` all nodes are one graph."""

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x, *batch = specs
        expect.numbers(x, "x", "node features V×F")
        if x.rank != 2 or x.shape[0] == "N":
            raise ShapeError(f"expects node features V×F, got {x}", "x")
        if not batch:
            return x.with_shape(1, x.shape[1])
        expect.indices(batch[0], "batch", "the graph number of each node")
        if batch[0].rank != 1:
            raise ShapeError(f"expects the graph number of each node, V, got {batch[0]}", "batch")
        return x.with_shape("N", x.shape[1])


@node(
    "Mean of a graph's nodes",
    "gnn.MeanAggregation",
    family="pooling",
    inputs=("x", "batch"),
    optional=("batch",),
    aliases=("graph", "gnn", "readout", "global_mean_pool", "average"),
    examples=(
        example(("V", 8), TensorSpec(("V",), "index")),
        example(("V", 5)),
    ),
)
class GlobalMeanPool(_GraphPool):
    """Describes each graph by the mean of its nodes.

    **Formula** y = (1 / |V|) Σ_v x_v

    **Shapes** x V×F, batch V (the graph number of each node) → y N×F; without batch one graph, 1×F.

    **Use when** whole graphs are classified (molecules) and their size should not matter.

    **Alternatives** GlobalAddPool counts, GlobalMaxPool finds.

    **Reference** Xu et al. 2019, How powerful are graph neural networks?;
    torch_geometric.nn.global_mean_pool.
    """


@node(
    "Maximum of a graph's nodes",
    "gnn.MaxAggregation",
    family="pooling",
    inputs=("x", "batch"),
    optional=("batch",),
    aliases=("graph", "gnn", "readout", "global_max_pool"),
    examples=(
        example(("V", 8), TensorSpec(("V",), "index")),
        example(("V", 5)),
    ),
)
class GlobalMaxPool(_GraphPool):
    """Describes each graph by the largest value of each feature among its nodes.

    **Formula** y = max_v x_v

    **Shapes** x V×F, batch V (the graph number of each node) → y N×F; without batch one graph, 1×F.

    **Use when** whole graphs are classified and one telling node is enough.

    **Alternatives** GlobalMeanPool, GlobalAddPool.

    **Reference** Xu et al. 2019, How powerful are graph neural networks?;
    torch_geometric.nn.global_max_pool.
    """


@node(
    "Sum of a graph's nodes",
    "gnn.SumAggregation",
    family="pooling",
    inputs=("x", "batch"),
    optional=("batch",),
    aliases=("graph", "gnn", "readout", "global_add_pool"),
    examples=(
        example(("V", 8), TensorSpec(("V",), "index")),
        example(("V", 5)),
    ),
)
class GlobalAddPool(_GraphPool):
    """Describes each graph by the sum of its nodes.

    **Formula** y = Σ_v x_v

    **Shapes** x V×F, batch V (the graph number of each node) → y N×F; without batch one graph, 1×F.

    **Use when** whole graphs are classified and it matters how many nodes of a kind they have.

    **Alternatives** GlobalMeanPool when graphs differ much in size.

    **Reference** Xu et al. 2019, How powerful are graph neural networks?
    """
