"""Windows of which the largest number stays, and the way back. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, Triple, form, param
from workbench.catalog.spec import Call, NodeType, example, node, several
from workbench.catalog.windows import pooled, pooled_face, transposed_size
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec


@form
class _MaxPool(NodeType):
    """What all max poolings share; `rank` is how many directions a window has."""

    rank: ClassVar[int] = 2

    kernel_size: int | Ints = param(2, "Size of the window.", min=1, max=10_000, required=True)
    stride: int | Ints | None = param(
        None, "Steps between windows; empty: a whole window.", min=1, max=10_000
    )
    padding: int | Ints = param(0, "What is added on every side.", min=0, max=10_000)
    dilation: int | Ints = param(1, "Distance between the points of a window.", min=1, max=10_000)
    ceil_mode: bool = param(False, "Keep windows at the edge that are not full.")
    return_indices: bool = param(
        False, "Also give the place of each largest number, for MaxUnpool2d.", label="Places"
    )

    def output_ports(self) -> tuple[str, ...]:
        return ("y", "indices") if self.return_indices else ("y",)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        (x,) = specs
        _, sizes = expect.grid(x, self.rank, "MaxPool")
        found = pooled(sizes, self.kernel_size, self.stride, self.padding, self.dilation, ceil=self.ceil_mode)
        y = x.with_shape(*x.shape[:2], *found)
        return (y, TensorSpec(y.shape, "index")) if self.return_indices else y

    def summary(self) -> str:
        return pooled_face(self.kernel_size, self.stride, self.rank)


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
class MaxPool1d(_MaxPool):
    """Keeps the largest number of each stretch of a signal.

    **Formula** y[c, t] = max_k x[c, t·stride + k]

    **Shapes** x N×C×L → y N×C×M with M = ⌊(L + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    **Use when** it matters that a pattern occurs, not exactly where; also to make a signal shorter.

    **Alternatives** a Conv1d with stride 2, which learns what to keep.

    **Reference** Collobert et al. 2011, Natural language processing (almost) from scratch;
    torch.nn.MaxPool1d.
    """

    rank = 1

    kernel_size: int = param(2, "Length of the stretch.", min=1, max=100_000, required=True)
    stride: int | None = param(
        None, "Steps between stretches; empty: as long as a stretch.", min=1, max=100_000
    )
    padding: int = param(0, "What is added at both ends.", min=0, max=100_000)
    dilation: int = param(1, "Distance between the numbers of a stretch.", min=1, max=100_000)
    ceil_mode: bool = param(False, "Keep a last stretch that is not full.")


@node(
    "Max pooling",
    "nn.MaxPool2d",
    family="pooling",
    aliases=("downsample", "subsample", "image", "overlapping", "segnet", "argmax"),
    examples=(
        example(("N", 3, 28, 27)),
        example(("N", 3, 21, 20), kernel_size=(3, 2), stride=2, padding=1, ceil_mode=True),
        example(("N", 2, "H", 8), kernel_size=3, stride=1, padding=1),
        example(("N", 2, "H", 8), return_indices=True),
    ),
)
class MaxPool2d(_MaxPool):
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


@node(
    "Max pooling (3d)",
    "nn.MaxPool3d",
    family="pooling",
    aliases=("downsample", "subsample", "volume", "video", "voxel"),
    examples=(
        example(("N", 3, 6, 8, 9)),
        example(("N", 2, 5, 8, 9), kernel_size=(1, 3, 2), stride=2, padding=(0, 1, 1), ceil_mode=True),
        example(("N", 2, "D", "H", 8), kernel_size=3, stride=1, padding=1, return_indices=True),
    ),
)
class MaxPool3d(_MaxPool):
    """Keeps the largest number of each window of a volume or a video.

    **Formula** y[c, p] = max_k x[c, p·stride + k], with p and k places in depth, height and width

    **Shapes** x N×C×D×H×W → y N×C×O×P×Q with O = ⌊(D + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    **Use when** it matters that a pattern occurs, not exactly where; halves a volume with its default. A kernel of
    1×2×2 keeps the frames of a video.

    **Alternatives** AvgPool3d, or a Conv3d with stride 2, which learns what to keep.

    **Reference** Tran et al. 2015, Learning spatiotemporal features with 3D convolutional networks; torch.nn.MaxPool3d.
    """

    rank = 3

    kernel_size: int | Triple = param(
        2, "Depth, height and width of the window.", min=1, max=1000, required=True
    )
    stride: int | Triple | None = param(
        None, "Voxels between windows; empty: as large as a window.", min=1, max=1000
    )
    padding: int | Triple = param(0, "Voxels added on every side.", min=0, max=1000)
    dilation: int | Triple = param(1, "Distance between the voxels of a window.", min=1, max=1000)


@node(
    "Max unpooling",
    "nn.MaxUnpool2d",
    family="pooling",
    inputs=("x", "indices", "like"),
    optional=("like",),
    aliases=("unpool", "segnet", "decoder", "enlarge", "image"),
    examples=(
        example(("N", 3, 4, 5), TensorSpec(("N", 3, 4, 5), "index", 20)),
        example(
            ("N", 2, "H", 5), TensorSpec(("N", 2, "H", 5), "index", 20), kernel_size=3, stride=2, padding=1
        ),
        example(("N", 2, 4, 5), TensorSpec(("N", 2, 4, 5), "index", 20), ("N", 7, 9, 11)),
    ),
)
class MaxUnpool2d(NodeType):
    """Puts each number back where MaxPool2d found it, and zeros everywhere else.

    **Formula** y[c, indices[c, i, j]] = x[c, i, j], and 0 elsewhere

    **Shapes** x N×C×P×Q and indices N×C×P×Q → y N×C×H×W with H = (P − 1)·stride − 2·padding + kernel. What is linked to
    `like` says the height and width instead; needed where pooling dropped a row.

    **Use when** a decoder goes back step by step to where the encoder found its edges (SegNet). Switch Places on in the
    MaxPool2d and link its indices here; the fields are those of the MaxPool2d.

    **Alternatives** Upsample or ConvTranspose2d, which need no indices.

    **Reference** Badrinarayanan et al. 2017, SegNet; Zeiler and Fergus 2014, Visualizing and understanding
    convolutional networks; torch.nn.MaxUnpool2d.
    """

    kernel_size: int | Pair = param(2, "Height and width of the window.", min=1, max=10_000, required=True)
    stride: int | Pair | None = param(
        None, "Pixels between windows; empty: as large as a window.", min=1, max=10_000
    )
    padding: int | Pair = param(0, "Pixels that the pooling added on every side.", min=0, max=10_000)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x, indices, *like = specs
        _, sizes = expect.grid(x, 2)
        expect.indices(indices, "indices", "the places that MaxPool2d gives")
        if indices.shape != x.shape:
            raise ShapeError(f"expects a place for each number of x, {x}, got {indices}", "indices")
        kernel = several(self.kernel_size, 2)
        stride = kernel if self.stride is None else several(self.stride, 2)
        padding, none = several(self.padding, 2), (0, 0)
        found = tuple(map(transposed_size, sizes, kernel, stride, padding, none, (1, 1)))
        if like:
            _, wanted = expect.grid(like[0], 2, port="like")
            for size, whole, step in zip(found, wanted, stride, strict=True):
                _near(size, whole, step, like[0])
            found = wanted
        return x.with_shape(*x.shape[:2], *found)

    def forward(self, call: Call) -> list[str]:
        arguments = list(call.inputs[:2])
        if len(call.inputs) > 2:
            arguments.append(f"output_size={call.inputs[2]}.shape[2:]")
        return [f"{call.outputs[0]} = {call.module}({', '.join(arguments)})"]

    def summary(self) -> str:
        return pooled_face(self.kernel_size, self.stride, 2)


def _near(size: Dim, wanted: Dim, step: int, like: TensorSpec) -> None:
    """Pooling drops less than a step, so no other size can have been pooled."""
    if isinstance(size, int) and isinstance(wanted, int) and not size - step < wanted < size + step:
        raise ShapeError(
            f"expects something of about the size {size} that the windows cover, got {like}; link what went into the "
            "MaxPool2d",
            "like",
        )
