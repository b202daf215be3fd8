"""Types that change the form of a tensor, or pick from it, without learning. Imports catalog.spec and core."""

from math import prod

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, param
from workbench.catalog.spec import Call, NodeType, example, known, node, pair
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec


def _axis(x: TensorSpec, dim: int) -> int:
    """The dimension counted from the front. Raises ShapeError for the batch and beyond."""
    if not -x.rank <= dim < x.rank or dim % x.rank == 0:
        change = ("dim", 1) if x.rank > 1 else None  # else there is none
        raise ShapeError(f"dim {dim} is not a dimension after the batch of {x}", "", change=change)
    return dim % x.rank


def _elements(shape: tuple[Dim, ...]) -> int | None:
    """Number of elements; None when a size is not known."""
    return prod(map(known, shape)) if all(isinstance(dim, int) for dim in shape) else None


@node(
    "Flatten",
    "nn.Flatten",
    family="structure",
    aliases=("vector", "unroll", "patches"),
    examples=(
        example(("N", 3, 4, 5)),
        example(("N", 3, 4, 5), start_dim=2),
        example(("N", "L", 4, 5), start_dim=2),
        example(TensorSpec(("N", 4, 5), "index", 10)),
    ),
)
class Flatten(NodeType):
    """Turns each example into one vector.

    **Formula** y[a · B + b] = x[a, b]

    **Shapes** x N×A×B×… → y N×(A·B·…); with start_dim 2, N×A×(B·…).

    **Use when** a Linear layer follows convolutions or images; with start_dim 2 and Permute, an image becomes a
    sequence of patches.

    **Alternatives** GlobalAvgPool, which needs fewer weights behind it.

    **Reference** torch.nn.Flatten.
    """

    start_dim: int = param(1, "The first dimension that is joined.", min=1, max=8)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if x.rank <= self.start_dim:
            change = ("start_dim", 1) if x.rank > 1 and self.start_dim > 1 else None
            raise ShapeError(
                f"has nothing to join after dimension {self.start_dim} in {x}", "x", change=change
            )
        size = _elements(x.shape[self.start_dim :])
        if size is None:
            raise ShapeError(f"expects examples of known size, got {x}", "x")
        return x.with_shape(*x.shape[: self.start_dim], size)

    def summary(self) -> str:
        return "" if self.start_dim == 1 else f"from dimension {self.start_dim}"


@node(
    "Reshape",
    family="structure",
    aliases=("view", "unflatten", "rows"),
    examples=(
        example(("N", 24), shape=(2, 3, 4)),
        example(("N", 1, 8, 8), shape=(-1, 8)),
        example(TensorSpec(("N", 12), "index"), shape=(3, 4)),
    ),
)
class Reshape(NodeType):
    """Gives each example another shape with the same number of elements.

    **Formula** y has the numbers of x in the same order, the last dimension counted first

    **Shapes** x N×… → y N×shape; one size may be −1 and is then what remains.

    **Use when** a vector becomes an image (generators, decoders) or an image becomes a sequence of rows.

    **Alternatives** Flatten for one vector, Permute to change the order of dimensions.

    **Reference** torch.reshape.
    """

    shape: Ints = param((1, 28, 28), "Sizes after the batch, such as 1, 28, 28.", min=-1, required=True)

    def sizes(self, x: TensorSpec) -> tuple[int, ...]:
        """The new sizes after the batch. Raises ShapeError."""
        size = _elements(x.shape[1:])
        if size is None or not x.rank:
            raise ShapeError(f"expects examples of known size, got {x}", "x")
        open_sizes = self.shape.count(-1)
        wanted = prod(dim for dim in self.shape if dim != -1)
        if 0 in self.shape or open_sizes > 1 or not self.shape:
            raise ShapeError("needs sizes of at least 1, of which one may be −1", "")
        if size != wanted if not open_sizes else size % wanted:
            text = "×".join("…" if dim == -1 else str(dim) for dim in self.shape)
            raise ShapeError(
                f"cannot make {text} ({wanted} elements) from {x} ({size} elements)",
                "x",
                change=("shape", self._nearest(size)),
            )
        return tuple(size // wanted if dim == -1 else dim for dim in self.shape)

    def _nearest(self, size: int) -> tuple[int, ...]:
        """A shape that fits: the last sizes kept as far as they divide, the rest in front."""
        kept: list[int] = []
        for dim in reversed(self.shape[1:]):
            if dim < 1 or size % (prod(kept) * dim):
                break
            kept.insert(0, dim)
        return (size // prod(kept), *kept)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        sizes = self.sizes(x)
        return x.with_shape(x.shape[0], *sizes)

    def forward(self, call: Call) -> list[str]:
        sizes = ", ".join(map(str, self.sizes(call.specs[0])))
        return [f"{call.outputs[0]} = {call.inputs[0]}.reshape(len({call.inputs[0]}), {sizes})"]

    def summary(self) -> str:
        return "×".join("…" if dim == -1 else str(dim) for dim in self.shape)


@node(
    "Permute",
    family="structure",
    aliases=("transpose dims", "swap", "reorder", "channels last", "transpose"),
    examples=(
        example(("N", "L", 5)),
        example(("N", 3, 4, 5), dims=(0, 2, 3, 1)),
        example(TensorSpec(("N", 3, 4), "index", 5)),
    ),
)
class Permute(NodeType):
    """Puts the dimensions into another order; the batch stays first.

    **Formula** y[i, k, j] = x[i, j, k] with dims 0, 2, 1

    **Shapes** x N×A×B → y N×B×A with dims 0, 2, 1.

    **Use when** a sequence N×L×F goes into a Conv1d, which wants N×F×L, or channels stand last.

    **Alternatives** Reshape when numbers should be regrouped without being moved.

    **Reference** torch.permute.
    """

    dims: Ints = param((0, 2, 1), "The new order, counted from 0 for the batch.", min=0, max=8, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if sorted(self.dims) != list(range(x.rank)) or self.dims[0] != 0:
            order = (0, *reversed(range(1, x.rank)))
            raise ShapeError(
                f"needs each dimension of {x} once, the batch (0) first, got {', '.join(map(str, self.dims))}",
                "",
                change=("dims", order),
            )
        return x.with_shape(*(x.shape[dim] for dim in self.dims))

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]}.permute({', '.join(map(str, self.dims))})"]

    def summary(self) -> str:
        return ", ".join(map(str, self.dims))


@node(
    "Pad to size",
    family="structure",
    aliases=("zero padding", "pad", "lenet", "border", "image"),
    examples=(
        example(("N", 1, 28, 28)),
        example(("N", 3, 9, 40), size=(16, 20)),
        example(("N", 1, 32, 33)),
    ),
)
class PadTo(NodeType):
    """Adds a border of zeros so that an image has at least a given size; a larger image stays as it is.

    **Formula** y[c, i + top, j + left] = x[c, i, j], and 0 elsewhere

    **Shapes** x N×C×H×W → y N×C×max(H, height)×max(W, width). An odd pixel goes to the right and the bottom.

    **Use when** a network was made for larger images: LeNet takes digits padded to 32×32.

    **Alternatives** the padding of Conv2d; Upsample to enlarge what is seen.

    **Reference** LeCun et al. 1998, Gradient-based learning applied to document recognition;
    torch.nn.functional.pad.
    """

    size: int | Pair = param(32, "Height and width that are reached.", min=1, max=100_000, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.images(x)
        sizes = (expect.sized(x, 2, "rows"), expect.sized(x, 3, "columns"))
        return x.with_shape(*x.shape[:2], *map(max, sizes, pair(self.size)))

    def forward(self, call: Call) -> list[str]:
        (x,) = call.specs
        height, width = self.infer(x).shape[2:]
        rows, columns = known(height) - known(x.shape[2]), known(width) - known(x.shape[3])
        border = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
        value = f"F.pad({call.inputs[0]}, {border})" if any(border) else call.inputs[0]
        return [f"{call.outputs[0]} = {value}"]

    def summary(self) -> str:
        return "×".join(map(str, pair(self.size)))


@node(
    "Upsample",
    "nn.Upsample",
    family="layer",
    aliases=("enlarge", "resize", "interpolate", "nearest", "bilinear", "decoder", "u-net"),
    examples=(
        example(("N", 3, 5, 6)),
        example(("N", 2, "H", 4), scale_factor=3),
        example(("N", 2, 5, 4), mode="bilinear"),
    ),
)
class Upsample(NodeType):
    """Enlarges an image by repeating its pixels, or by interpolating between them.

    **Formula** y[c, i, j] = x[c, ⌊i / scale⌋, ⌊j / scale⌋]; the other modes interpolate between
    neighbours

    **Shapes** x N×C×H×W → y N×C×(H·scale)×(W·scale).

    **Use when** a decoder or a U-Net goes back to a larger image; a Conv2d follows.

    **Alternatives** ConvTranspose2d, which learns how to enlarge.

    **Reference** Odena et al. 2016, Deconvolution and checkerboard artifacts; torch.nn.Upsample.
    """

    scale_factor: int = param(2, "How many times larger.", min=1, max=1000, required=True)
    mode: str = param("nearest", "How new pixels are filled.", choices=("nearest", "bilinear", "bicubic"))

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.images(x)
        return x.with_shape(*x.shape[:2], *(self._larger(dim) for dim in x.shape[2:]))

    def _larger(self, size: Dim) -> Dim:
        if isinstance(size, int):
            return size * self.scale_factor
        return size if self.scale_factor == 1 else f"{size}·{self.scale_factor}"

    def summary(self) -> str:
        return f"×{self.scale_factor}" + ("" if self.mode == "nearest" else f" · {self.mode}")


@node(
    "Select step",
    family="structure",
    aliases=("last step", "index", "pick", "slice", "first token", "cls"),
    examples=(
        example(("N", "L", 5)),
        example(("N", 4, 5, 6), dim=2, index=3),
        example(TensorSpec(("N", 7), "index", 9), index=0),
    ),
)
class Select(NodeType):
    """Picks one entry along a dimension, such as the last step of a sequence.

    **Formula** y_f = x[index, f]

    **Shapes** x N×L×F → y N×F.

    **Use when** a sequence gets one answer: the last step of a recurrent layer, the first token of a Transformer.

    **Alternatives** Mean over all steps; the `last` output of LSTM.

    **Reference** Devlin et al. 2019, BERT, reads its answer at the first token; torch.select.
    """

    index: int = param(
        -1, "Which entry; 0 is the first, −1 the last.", min=-1_000_000, max=1_000_000, required=True
    )
    dim: int = param(1, "The dimension that goes away.", min=-5, max=5)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        axis = _axis(x, self.dim)
        size = x.shape[axis]
        if isinstance(size, int) and not -size <= self.index < size:
            raise ShapeError(f"has no entry {self.index} among the {size} of {x}", "", change=("index", -1))
        return x.with_shape(*x.shape[:axis], *x.shape[axis + 1 :])

    def forward(self, call: Call) -> list[str]:
        places = [":"] * _axis(call.specs[0], self.dim)
        return [f"{call.outputs[0]} = {call.inputs[0]}[{', '.join([*places, str(self.index)])}]"]

    def summary(self) -> str:
        return {-1: "last", 0: "first"}.get(self.index, str(self.index))


@node(
    "Mean over a dimension",
    family="structure",
    aliases=("average", "pool", "reduce", "sequence mean"),
    examples=(
        example(("N", "L", 5)),
        example(("N", 4, 5, 6), dim=-1),
        example(("N", 4, 5), dim=2, keepdim=True),
    ),
)
class Mean(NodeType):
    """Takes the mean along a dimension.

    **Formula** y_f = (1 / L) Σ_t x_tf

    **Shapes** x N×L×F → y N×F; with keepdim N×1×F.

    **Use when** a sequence gets one answer and every step counts.

    **Alternatives** Select takes one step; GlobalAvgPool for images.

    **Reference** torch.mean.
    """

    dim: int = param(1, "The dimension that goes away.", min=-5, max=5, required=True)
    keepdim: bool = param(False, "Keep the dimension with size 1.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        axis = _axis(x, self.dim)
        return x.with_shape(*x.shape[:axis], *(1,) * self.keepdim, *x.shape[axis + 1 :])

    def forward(self, call: Call) -> list[str]:
        keep = ", keepdim=True" if self.keepdim else ""
        return [f"{call.outputs[0]} = {call.inputs[0]}.mean({self.dim}{keep})"]

    def summary(self) -> str:
        return f"dimension {self.dim}"


@node(
    "Scale",
    family="structure",
    aliases=("multiply by constant", "shift", "rescale", "normalise", "arithmetic", "weight"),
    examples=(
        example(("N", 5)),
        example(("N", 1, "H", 4), factor=2.0, offset=-1.0),
        example((), factor=0.5),
    ),
)
class Scale(NodeType):
    """Multiplies by a number and adds another.

    **Formula** y = factor · x + offset

    **Shapes** x any → y the same.

    **Use when** pixels in [0, 1] should lie in [−1, 1] (factor 2, offset −1), or one of several losses weighs less.

    **Alternatives** BatchNorm2d or LayerNorm, which learn scale and offset.

    **Reference** torch.mul, torch.add.
    """

    factor: float = param(1.0, "What every number is multiplied by.", min=-1e9, max=1e9)
    offset: float = param(0.0, "What is added to every number.", min=-1e9, max=1e9)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]

    def forward(self, call: Call) -> list[str]:
        product = call.inputs[0] if self.factor == 1 else f"{float(self.factor)!r} * {call.inputs[0]}"
        sign = "-" if self.offset < 0 else "+"
        added = f" {sign} {abs(float(self.offset))!r}" if self.offset else ""
        return [f"{call.outputs[0]} = {product}{added}"]

    def summary(self) -> str:
        return f"× {self.factor:g}" + (f" {self.offset:+g}" if self.offset else "")


@node(
    "Stop gradient",
    family="structure",
    aliases=("detach", "freeze", "no grad", "target network"),
    examples=(
        example(("N", 5)),
        example(("N", "L", 4)),
        example(
            (),
        ),
    ),
)
class StopGradient(NodeType):
    """Passes the value on and lets no gradient back.

    **Formula** y = x with ∂y / ∂x = 0

    **Shapes** x any → y the same.

    **Use when** what comes before must not be trained by the losses that follow (teachers, targets, commitments).

    **Alternatives** the list of trained parts of an update, which a GAN uses; Scale, which weakens a
    value together with its gradient.

    **Reference** Chen and He 2021, Exploring simple Siamese representation learning; torch.Tensor.detach.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0]

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]}.detach()"]
