"""Types that bring a dimension down to one number: mean, sum, largest, smallest, where the largest stands.

Imports catalog.spec and core.
"""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.nodes.shapes import axis_of
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec, same_dim

_PORTS = ("x", "length")
_LENGTH = TensorSpec(("N",), "index")
_EXAMPLES = (
    example(("N", "L", 5)),
    example(("N", 4, 5, 6), dim=-1),
    example(("N", 4, 5), dim=2, keepdim=True),
    example(("N", "L", 5), _LENGTH),
    example(("N", 9, 5), _LENGTH, keepdim=True),
    example(("N", 4), _LENGTH),
    example(("N", 7, 2, 3), _LENGTH),
)


@form
class _Reduction(NodeType):
    """One number for a dimension. Where `length` is linked, only so many steps of each example count."""

    method: ClassVar[str] = ""  # of a tensor
    outside: ClassVar[str] = "0.0"  # what stands in for steps that do not count

    dim: int = param(1, "The dimension that goes away.", min=-5, max=5, required=True)
    keepdim: bool = param(False, "Keep the dimension with size 1.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x, *lengths = specs
        expect.numbers(x)
        axis = axis_of(x, self.dim)
        for length in lengths:
            expect.indices(length, "length", "how many steps count, N")
            if length.rank != 1 or not same_dim(length.shape[0], x.shape[0]):
                raise ShapeError(f"expects one number for each example, N, got {length}", "length")
            if axis != 1:
                raise ShapeError(
                    f"steps are dimension 1 of {x}, so dim is 1 where length is linked", "", change=("dim", 1)
                )
        return x.with_shape(*x.shape[:axis], *(1,) * self.keepdim, *x.shape[axis + 1 :])

    def forward(self, call: Call) -> list[str]:
        y, x = call.outputs[0], call.inputs[0]
        keep = ", keepdim=True" if self.keepdim else ""
        if len(call.inputs) == 1:
            return [f"{y} = {x}.{self.method}({self.dim}{keep})"]
        length, rank = call.inputs[1], call.specs[0].rank
        sizes = ", 1" * (rank - 2)
        return [
            f"{y} = torch.arange({x}.shape[1], device={x}.device)",
            f"{y} = {y} < {length}.clamp(min=1).unsqueeze(1)",
            f"{y} = torch.where({y}{f'.reshape(*{y}.shape{sizes})' if sizes else ''}, {x}, {self.outside})",
            *self.reduced(y, length, rank - 2 + self.keepdim, keep),
        ]

    def reduced(self, y: str, length: str, behind: int, keep: str) -> list[str]:
        """The last lines, where the steps that do not count are already covered."""
        return [f"{y} = {y}.{self.method}({self.dim}{keep})"]

    def summary(self) -> str:
        return f"dimension {self.dim}"


@node(
    "Mean over a dimension",
    family="structure",
    inputs=_PORTS,
    optional=("length",),
    aliases=("average", "pool", "reduce", "sequence mean"),
    examples=_EXAMPLES,
)
class Mean(_Reduction):
    """Takes the mean along a dimension.

    **Formula** y_f = (1 / L) Σ_t x_tf

    **Shapes** x N×L×F → y N×F; with keepdim N×1×F. With length N, only the first steps count, at least one.

    **Use when** a sequence gets one answer and every step counts.

    **Alternatives** Select takes one step; Max what stands out; GlobalAvgPool for images.

    **Reference** torch.mean.
    """

    method: ClassVar[str] = "mean"

    def reduced(self, y: str, length: str, behind: int, keep: str) -> list[str]:
        sizes = f".reshape(-1{', 1' * behind})" if behind else ""
        return [f"{y} = {y}.sum({self.dim}{keep})", f"{y} = {y} / {length}.clamp(min=1){sizes}"]


@node(
    "Sum over a dimension",
    family="structure",
    inputs=_PORTS,
    optional=("length",),
    aliases=("add up", "total", "reduce", "pool", "sequence sum"),
    examples=_EXAMPLES,
)
class Sum(_Reduction):
    """Adds up along a dimension.

    **Formula** y_f = Σ_t x_tf

    **Shapes** x N×L×F → y N×F; with keepdim N×1×F. With length N, only the first steps count, at least one.

    **Use when** weighted steps come together (attention written out), or how much there is matters.

    **Alternatives** Mean, which does not grow with the length; Add for several inputs.

    **Reference** torch.sum.
    """

    method: ClassVar[str] = "sum"


@node(
    "Max over a dimension",
    family="structure",
    inputs=_PORTS,
    optional=("length",),
    aliases=("largest", "amax", "max over time", "reduce", "pool", "text cnn"),
    examples=_EXAMPLES,
)
class Max(_Reduction):
    """Takes the largest number along a dimension.

    **Formula** y_f = max_t x_tf

    **Shapes** x N×L×F → y N×F; with keepdim N×1×F. With length N, only the first steps count, at least one.

    **Use when** it matters whether something is found anywhere in a sequence, as in a CNN for text.

    **Alternatives** Mean; Maximum for several inputs; MaxPool2d for windows of images.

    **Reference** Collobert et al. 2011, Natural language processing (almost) from scratch; torch.amax.
    """

    method: ClassVar[str] = "amax"
    outside: ClassVar[str] = "-torch.inf"


@node(
    "Min over a dimension",
    family="structure",
    inputs=_PORTS,
    optional=("length",),
    aliases=("smallest", "amin", "reduce"),
    examples=_EXAMPLES,
)
class Min(_Reduction):
    """Takes the smallest number along a dimension.

    **Formula** y_f = min_t x_tf

    **Shapes** x N×L×F → y N×F; with keepdim N×1×F. With length N, only the first steps count, at least one.

    **Use when** the weakest of several counts, such as the nearest of several distances.

    **Alternatives** Max; Minimum for several inputs.

    **Reference** torch.amin.
    """

    method: ClassVar[str] = "amin"
    outside: ClassVar[str] = "torch.inf"


@node(
    "Place of the largest (argmax)",
    family="structure",
    aliases=("argmax", "predicted class", "decision", "index", "greedy"),
    examples=(example(("N", 10)), example(("N", "L", 7)), example(("N", 4, 5, 6), dim=1)),
)
class ArgMax(NodeType):
    """Tells which entry along a dimension is the largest. No gradient passes.

    **Formula** y = argmax_i x_i

    **Shapes** x N×C → y N of whole numbers; N×L×C → N×L.

    **Use when** scores become a decision: the class, the next token.

    **Alternatives** Softmax keeps how sure the model is; Max gives the number itself.

    **Reference** torch.argmax.
    """

    dim: int = param(-1, "The dimension that goes away; −1 is the last.", min=-8, max=8)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        axis = axis_of(x, self.dim)
        size = x.shape[axis]
        return TensorSpec(x.shape[:axis] + x.shape[axis + 1 :], "index", size if isinstance(size, int) else 0)

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]}.argmax({self.dim})"]

    def summary(self) -> str:
        return "" if self.dim == -1 else f"dimension {self.dim}"
