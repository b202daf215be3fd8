"""Arithmetic of several inputs, and inputs side by side. Imports catalog.spec and core."""

from math import prod
from string import ascii_lowercase

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.nodes.merge import Merge, broadcast, same_rank
from workbench.catalog.spec import Call, NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec, same_dim

_PAIR = (
    example(("N", 8), ("N", 8)),
    example(("N", 4, "H", 6), ("N", 4, 1, 1)),
    example(("N", "L", 1), ("N", "L", 5)),
    example((), ()),
)


def _stretched(specs: tuple[TensorSpec, ...]) -> TensorSpec:
    same_rank(specs)
    result = specs[0]
    for port, spec in zip(ascii_lowercase[1:], specs[1:], strict=False):
        result = broadcast(result, spec, port, -1)
    return result


@form
class _Pair(NodeType):
    """Two inputs, number by number; sizes of 1 are stretched."""

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return _stretched(specs)


@node(
    "Subtract",
    family="merge",
    inputs=("a", "b"),
    aliases=("minus", "difference", "residual", "season"),
    examples=_PAIR,
)
class Subtract(_Pair):
    """Takes b from a, element by element.

    **Formula** y = a − b

    **Shapes** a, b of one shape → y the same. Sizes of 1 are stretched.

    **Use when** something known is taken away: the trend of a series, the mean.

    **Alternatives** Add with a Scale of −1 for more inputs.

    **Reference** torch.sub.
    """

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]} - {call.inputs[1]}"]


@node(
    "Divide",
    family="merge",
    inputs=("a", "b"),
    aliases=("quotient", "ratio", "fraction", "normalise"),
    examples=_PAIR,
)
class Divide(_Pair):
    """Divides a by b, element by element. Dividing by 0 gives infinity, which ends a training: Clip b first.

    **Formula** y = a / b

    **Shapes** a, b of one shape → y the same. Sizes of 1 are stretched.

    **Use when** something is seen in relation to something else, such as weights to their sum.

    **Alternatives** Multiply; Scale for a constant; LayerNorm to bring numbers to one scale.

    **Reference** torch.div.
    """

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]} / {call.inputs[1]}"]


_SEVERAL = (*_PAIR, example(("N", 8), ("N", 8), ("N", 1), count=3))


@form
class _Extreme(Merge):
    """The one of several inputs that goes furthest."""

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return _stretched(specs)

    def folded(self, call: Call, function: str) -> list[str]:
        """A line for each input after the first."""
        first, second, *rest = call.inputs
        y = call.outputs[0]
        lines = [f"{y} = torch.{function}({first}, {second})"]
        return lines + [f"{y} = torch.{function}({y}, {name})" for name in rest]


@node(
    "Maximum",
    family="merge",
    aliases=("largest of", "elementwise max", "maxout", "or"),
    examples=_SEVERAL,
)
class Maximum(_Extreme):
    """The largest of its inputs, element by element.

    **Formula** y = max(a, b, …)

    **Shapes** all inputs of one shape → y the same. Sizes of 1 are stretched.

    **Use when** the strongest of several branches counts (Maxout).

    **Alternatives** Add, Minimum; Max along a dimension of one input.

    **Reference** Goodfellow et al. 2013, Maxout networks; torch.maximum.
    """

    def forward(self, call: Call) -> list[str]:
        return self.folded(call, "maximum")


@node(
    "Minimum",
    family="merge",
    aliases=("smallest of", "elementwise min", "and", "double critic"),
    examples=_SEVERAL,
)
class Minimum(_Extreme):
    """The smallest of its inputs, element by element.

    **Formula** y = min(a, b, …)

    **Shapes** all inputs of one shape → y the same. Sizes of 1 are stretched.

    **Use when** the weakest of several branches counts.

    **Alternatives** Maximum; Min along a dimension of one input.

    **Reference** torch.minimum.
    """

    def forward(self, call: Call) -> list[str]:
        return self.folded(call, "minimum")


@node(
    "Matrix product",
    family="merge",
    inputs=("a", "b"),
    aliases=("matmul", "dot product", "bmm", "einsum", "similarity", "attention scores", "gram matrix"),
    examples=(
        example(("N", 4, 5), ("N", 5, 6)),
        example(("N", "L", 5), ("N", 7, 5), transpose=True),
        example(("N", 2, 4, 5), ("N", 2, 5, 3)),
    ),
)
class MatMul(NodeType):
    """The matrix product of two inputs, for each example.

    **Formula** y[n, i, j] = Σ_k a[n, i, k] · b[n, k, j]

    **Shapes** a N×L×K, b N×K×M → y N×L×M; with transpose, b is N×M×K.

    **Use when** everything is compared with everything: the scores of attention drawn by hand, similarities.

    **Alternatives** Multiply, element by element; Linear, whose matrix is learned; MultiheadAttention.

    **Reference** torch.matmul.
    """

    transpose: bool = param(False, "Swap the last two dimensions of b.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        a, b = specs
        expect.numbers(a, "a")
        expect.numbers(b, "b")
        if a.rank < 3:
            raise ShapeError(f"expects matrices N×L×K, got {a}", "a")
        if b.rank != a.rank:
            raise ShapeError(f"expects as many dimensions as a, {a}, has, got {b}", "b")
        for x, y in zip(a.shape[:-2], b.shape[:-2], strict=True):
            if not same_dim(x, y):
                raise ShapeError(f"expects the sizes of a, {a}, in front of its matrices, got {b}", "b")
        rows, columns = b.shape[-2:] if not self.transpose else b.shape[:-3:-1]
        if not same_dim(a.shape[-1], rows):
            fits = same_dim(a.shape[-1], columns)
            raise ShapeError(
                f"expects {a.shape[-1]} rows, as many as a, {a}, has columns, got {b}",
                "b",
                change=("transpose", not self.transpose) if fits else None,
            )
        return a.with_shape(*a.shape[:-1], columns)

    def operations(self, *specs: TensorSpec) -> int:
        a, b = specs
        columns = b.shape[-2] if self.transpose else b.shape[-1]
        return prod(known(dim) for dim in a.shape[1:]) * known(columns)

    def forward(self, call: Call) -> list[str]:
        a, b = call.inputs
        turned = ".transpose(-2, -1)" if self.transpose else ""
        return [f"{call.outputs[0]} = {a} @ {b}{turned}"]

    def summary(self) -> str:
        return "b transposed" if self.transpose else ""


@node(
    "Stack",
    family="merge",
    aliases=("new dimension", "side by side", "combine", "steps", "channels"),
    examples=(
        example(("N", 8), ("N", 8)),
        example(("N", 4, "H"), ("N", 4, "H"), ("N", 4, "H"), count=3, dim=-1),
        example(TensorSpec(("N",), "index", 4), TensorSpec(("N",), "index", 6)),
    ),
)
class Stack(Merge):
    """Puts its inputs side by side in a dimension of their own.

    **Formula** y[n, 0] = a[n], y[n, 1] = b[n], …

    **Shapes** all inputs N×… of one shape → y N×inputs×….

    **Use when** several vectors become a sequence, or several pictures become channels.

    **Alternatives** Concatenate along a dimension that is there.

    **Reference** torch.stack.
    """

    dim: int = param(1, "Where the new dimension stands; −1 is last.", min=-8, max=8)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        first = specs[0]
        for port, spec in zip(ascii_lowercase, specs, strict=False):
            equal = spec.rank == first.rank and all(map(same_dim, spec.shape, first.shape))
            if not equal or spec.dtype != first.dtype:
                raise ShapeError(f"expects the shape of a, {first}, got {spec}", port)
        axis = self.dim + first.rank + 1 if self.dim < 0 else self.dim
        if not 1 <= axis <= first.rank:
            change = ("dim", -1) if first.rank else None
            raise ShapeError(
                f"cannot put dimension {self.dim} behind the batch of {first}", "", change=change
            )
        shape = [
            next((size for size in sizes if isinstance(size, int)), sizes[0])
            for sizes in zip(*(spec.shape for spec in specs), strict=True)
        ]
        bounds = [spec.bound for spec in specs]
        return TensorSpec(
            (*shape[:axis], self.count, *shape[axis:]), first.dtype, max(bounds) if all(bounds) else 0
        )

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = torch.stack(({', '.join(call.inputs)}), dim={self.dim})"]

    def summary(self) -> str:
        words = [f"{self.count} inputs"] if self.count > 2 else []
        return " · ".join([*words, f"dimension {self.dim}"])
