"""Types that change the form of a tensor and keep all that is in it. Imports catalog.spec and core."""

from math import prod

from workbench.catalog.forms import Ints, param
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec


def axis_of(x: TensorSpec, dim: int, field: str = "dim") -> int:
    """The dimension (of a field) counted from the front. Raises ShapeError for the batch and beyond."""
    if not -x.rank <= dim < x.rank or dim % x.rank == 0:
        change = (field, 1) if x.rank > 1 else None  # else there is none
        raise ShapeError(f"{field} {dim} is not a dimension after the batch of {x}", "", change=change)
    return dim % x.rank


def elements(shape: tuple[Dim, ...]) -> int | None:
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
        example(("N", 3, 4, 5), end_dim=2),
        example(("N", 3, 4, 5, 2), start_dim=2, end_dim=-2),
        example(TensorSpec(("N", 4, 5), "index", 10)),
    ),
)
class Flatten(NodeType):
    """Turns each example into one vector.

    **Formula** y[a · B + b] = x[a, b]

    **Shapes** x N×A×B×… → y N×(A·B·…); with start_dim 2, N×A×(B·…); with end_dim 2, N×(A·B)×….

    **Use when** a Linear layer follows convolutions or images; with start_dim 2 and Permute, an image becomes a
    sequence of patches.

    **Alternatives** GlobalAvgPool, which needs fewer weights behind it.

    **Reference** torch.nn.Flatten.
    """

    start_dim: int = param(1, "The first dimension that is joined.", min=1, max=8)
    end_dim: int = param(-1, "The last dimension that is joined; −1 is the last of all.", min=-8, max=8)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if x.rank <= self.start_dim:
            change = ("start_dim", 1) if x.rank > 1 and self.start_dim > 1 else None
            raise ShapeError(
                f"has nothing to join after dimension {self.start_dim} in {x}", "x", change=change
            )
        last = self.end_dim + x.rank if self.end_dim < 0 else self.end_dim
        if not self.start_dim <= last < x.rank:
            raise ShapeError(
                f"cannot join dimensions {self.start_dim} to {self.end_dim} of {x}",
                "",
                change=("end_dim", -1),
            )
        size = elements(x.shape[self.start_dim : last + 1])
        if size is None:
            raise ShapeError(f"expects examples of known size, got {x}", "x")
        return x.with_shape(*x.shape[: self.start_dim], size, *x.shape[last + 1 :])

    def summary(self) -> str:
        if self.end_dim != -1:
            return f"dimensions {self.start_dim} to {self.end_dim}"
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
        size = elements(x.shape[1:])
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
    aliases=("transpose dims", "swap", "reorder", "channels last"),
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
    "Transpose",
    family="structure",
    aliases=("swap dimensions", "swapaxes", "channels first", "permute"),
    examples=(
        example(("N", "L", 5)),
        example(("N", 3, 4, 5), dim0=1, dim1=-1),
        example(TensorSpec(("N", 3, 4), "index", 5)),
    ),
)
class Transpose(NodeType):
    """Swaps two dimensions.

    **Formula** y[n, j, i] = x[n, i, j]

    **Shapes** x N×A×B → y N×B×A.

    **Use when** two dimensions change places, such as N×L×F for a Conv1d, which wants N×F×L.

    **Alternatives** Permute for any order of all dimensions; Reshape when numbers should not be moved.

    **Reference** torch.transpose.
    """

    dim0: int = param(1, "The one dimension.", min=-8, max=8, required=True)
    dim1: int = param(2, "The other dimension.", min=-8, max=8, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        shape = list(x.shape)
        first, second = axis_of(x, self.dim0, "dim0"), axis_of(x, self.dim1, "dim1")
        shape[first], shape[second] = shape[second], shape[first]
        return x.with_shape(*shape)

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]}.transpose({self.dim0}, {self.dim1})"]

    def summary(self) -> str:
        return f"{self.dim0} and {self.dim1}"


@node(
    "Unsqueeze",
    family="structure",
    aliases=("add dimension", "expand dims", "newaxis", "channel"),
    examples=(
        example(("N", 5)),
        example(("N", "L", 5), dim=-1),
        example(TensorSpec(("N", 3), "index", 5), dim=2),
    ),
)
class Unsqueeze(NodeType):
    """Puts in a dimension of size 1.

    **Formula** y[n, 0, i] = x[n, i]

    **Shapes** x N×A → y N×1×A; with dim −1, N×A×1.

    **Use when** a tensor needs one more dimension: a channel of a grey image, a step of a sequence, or sizes that are
    stretched in Add and Multiply.

    **Alternatives** Reshape, when other sizes change too; Squeeze does the opposite.

    **Reference** torch.unsqueeze.
    """

    dim: int = param(1, "Where the new dimension stands; −1 is last.", min=-8, max=8, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        axis = self.dim + x.rank + 1 if self.dim < 0 else self.dim
        if not 1 <= axis <= x.rank:
            change = ("dim", -1) if x.rank else None
            raise ShapeError(f"cannot put dimension {self.dim} behind the batch of {x}", "", change=change)
        return x.with_shape(*x.shape[:axis], 1, *x.shape[axis:])

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]}.unsqueeze({self.dim})"]

    def summary(self) -> str:
        return f"dimension {self.dim}"


@node(
    "Squeeze",
    family="structure",
    aliases=("remove dimension", "drop dimension", "singleton"),
    examples=(
        example(("N", 5, 1)),
        example(("N", 1, "L"), dim=1),
        example(TensorSpec(("N", 3, 1), "index", 5)),
    ),
)
class Squeeze(NodeType):
    """Takes out a dimension of size 1.

    **Formula** y[n, i] = x[n, i, 0]

    **Shapes** x N×A×1 → y N×A.

    **Use when** something has one dimension of size 1 too many, such as the N×1×L of a single channel.

    **Alternatives** Select for one entry of a larger dimension; Unsqueeze does the opposite.

    **Reference** torch.squeeze.
    """

    dim: int = param(-1, "The dimension that goes away; −1 is the last.", min=-8, max=8, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        axis = axis_of(x, self.dim)
        if x.shape[axis] != 1:
            ones = [place for place in range(1, x.rank) if x.shape[place] == 1]
            raise ShapeError(
                f"dimension {self.dim} of {x} has size {x.shape[axis]}, not 1; Select picks one entry",
                "",
                change=("dim", ones[0]) if ones else None,
            )
        return x.with_shape(*x.shape[:axis], *x.shape[axis + 1 :])

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]}.squeeze({self.dim})"]

    def summary(self) -> str:
        return f"dimension {self.dim}"
