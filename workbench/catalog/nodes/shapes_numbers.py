"""Types that change every number by itself, or write it another way. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.nodes.shapes import axis_of
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

_FUNCTIONS = (
    "abs", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "reciprocal", "neg", "sin", "cos", "sign",
    "floor", "round",
)  # fmt: skip


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


@node(
    "Function of each number",
    family="structure",
    aliases=(*_FUNCTIONS, "logarithm", "exponential", "square root", "absolute value", "inverse", "negative"),
    examples=(
        example(("N", 5)),
        *(example(("N", "L", 4), function=name) for name in _FUNCTIONS[1:]),
        example((), function="log"),
    ),
)
class Function(NodeType):
    """Applies a function to every number: exp, log, sqrt, abs and the like.

    **Formula** y = f(x), number by number

    **Shapes** x any → y the same.

    **Use when** numbers are brought into another scale, or a formula is drawn by hand.

    **Alternatives** Power for any exponent, Clip for limits, Sigmoid and Tanh to bring numbers into a range.

    **Reference** torch.exp, torch.log and the others of these names.
    """

    function: str = param(
        "abs",
        "Which one. log and sqrt of negative numbers are not numbers; sign, floor, round pass no gradient.",
        choices=_FUNCTIONS,
        required=True,
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = torch.{self.function}({call.inputs[0]})"]


@node(
    "Power",
    family="structure",
    aliases=("pow", "exponent", "square", "cube", "root"),
    examples=(example(("N", 5)), example(("N", "L", 4), exponent=0.5), example((), exponent=-1.0)),
)
class Power(NodeType):
    """Raises every number to a power.

    **Formula** y = x^exponent

    **Shapes** x any → y the same.

    **Use when** squares or roots are needed.

    **Alternatives** Function has square, sqrt and reciprocal; Multiply for the product of two inputs.

    **Reference** torch.pow.
    """

    exponent: float = param(2.0, "The power; 0.5 is the square root.", min=-100, max=100, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]

    def forward(self, call: Call) -> list[str]:
        return [f"{call.outputs[0]} = {call.inputs[0]}.pow({float(self.exponent)!r})"]

    def summary(self) -> str:
        return f"x^{self.exponent:g}"


@node(
    "Clip",
    family="structure",
    aliases=("clamp", "limit", "saturate", "bound", "range"),
    examples=(
        example(("N", 5)),
        example(("N", "L", 4), min=None, max=0.5),
        example(("N", 3), min=-1.0, max=None),
    ),
)
class Clip(NodeType):
    """Keeps every number between two limits. No gradient passes where a limit holds.

    **Formula** y = min(max(x, lowest), highest)

    **Shapes** x any → y the same.

    **Use when** pixels must stay in [0, 1], or a logarithm must not get 0.

    **Alternatives** Sigmoid and Tanh, which are smooth; Scale to bring numbers into a range.

    **Reference** torch.clamp.
    """

    min: float | None = param(0.0, "The lowest number; none for no limit.", label="Lowest")
    max: float | None = param(1.0, "The highest number; none for no limit.", label="Highest")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ShapeError(
                f"the lowest number {self.min:g} is above the highest {self.max:g}",
                "",
                change=("max", self.min),
            )
        return specs[0]

    def forward(self, call: Call) -> list[str]:
        limits = {"min": self.min, "max": self.max}
        text = ", ".join(f"{name}={float(limit)!r}" for name, limit in limits.items() if limit is not None)
        value = f"{call.inputs[0]}.clamp({text})" if text else call.inputs[0]
        return [f"{call.outputs[0]} = {value}"]

    def summary(self) -> str:
        return " to ".join("…" if limit is None else f"{limit:g}" for limit in (self.min, self.max))


@node(
    "Repeat along a dimension",
    family="structure",
    aliases=("tile", "expand", "broadcast", "copy", "stretch"),
    examples=(
        example(("N", 1, 5), times=4),
        example(("N", 3, "L"), dim=2),
        example(TensorSpec(("N", 3), "index", 5), times=3),
    ),
)
class Tile(NodeType):
    """Repeats a tensor along a dimension.

    **Formula** y[n, i] = x[n, i mod A]

    **Shapes** x N×A×… → y N×(times · A)×….

    **Use when** one vector goes to every step of a sequence (Unsqueeze first), or a pattern is continued.

    **Alternatives** Add and Multiply stretch sizes of 1 by themselves; Upsample for images.

    **Reference** torch.tile.
    """

    times: int = param(2, "How many times.", min=1, max=1_000_000, required=True)
    dim: int = param(1, "The dimension that grows; −1 is the last.", min=-8, max=8)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        axis = axis_of(x, self.dim)
        size = x.shape[axis]
        grown = size * self.times if isinstance(size, int) else f"{size}·{self.times}"
        return x.with_shape(*x.shape[:axis], grown, *x.shape[axis + 1 :])

    def forward(self, call: Call) -> list[str]:
        (x,) = call.specs
        axis = axis_of(x, self.dim)
        times = ", ".join(str(self.times if place == axis else 1) for place in range(x.rank))
        return [f"{call.outputs[0]} = {call.inputs[0]}.repeat({times})"]

    def summary(self) -> str:
        return f"× {self.times}" + ("" if self.dim == 1 else f" along dimension {self.dim}")
