"""Types that add entries at the ends, or move and smooth along a sequence. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import Ints, Pair, param
from workbench.catalog.spec import Call, NodeType, example, known, node, pair
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim, TensorSpec


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
    "Pad",
    "Pad",
    family="structure",
    aliases=("border", "reflect", "replicate", "circular", "zero padding", "extend", "margin"),
    source='''\
class Pad(nn.Module):
    """Adds entries at the ends of the last dimensions; two numbers for each, the last dimension first."""

    def __init__(
        self, pad: tuple[int, ...], mode: str = "constant", value: float = 0.0
    ) -> None:
        super().__init__()
        self.pad, self.mode, self.fill = pad, mode, value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.mode == "constant":
            return F.pad(x, self.pad, value=self.fill)
        for dim, before in enumerate(self.pad[::2]):
            size, after = x.shape[-1 - dim], self.pad[2 * dim + 1]
            place = torch.arange(-before, size + after, device=x.device)
            if self.mode == "reflect":
                place = size - 1 - (size - 1 - place.abs()).abs()
            elif self.mode == "circular":
                place = place % size
            else:
                place = place.clamp(0, size - 1)
            x = x.index_select(-1 - dim, place)
        return x
''',
    examples=(
        example(("N", 5)),
        example(("N", 3, "H", 6), pad=(1, 2, 3, 0), mode="reflect"),
        example(("N", "L", 4), pad=(0, 0, 2, 1), mode="replicate"),
        example(("N", 2, 6), pad=(2, 3), mode="circular"),
        example(TensorSpec(("N", 4), "index", 10), pad=(1, 0), value=3.0),
    ),
)
class Pad(NodeType):
    """Adds entries before and after along the last dimensions.

    **Formula** y[…, i + before] = x[…, i]; beyond the ends stands the value, or what the mode says

    **Shapes** x N×…×A → y N×…×(before + A + after); with four numbers the last two dimensions grow, and so on.

    **Use when** a border is needed that a layer cannot add itself, or a sequence gets a first token.

    **Alternatives** the padding of Conv2d; PadTo to reach a size; Shift to move a sequence.

    **Reference** torch.nn.functional.pad.
    """

    pad: Ints = param(
        (1, 1),
        "Before and after, the last dimension first: left, right, top, bottom.",
        min=0,
        max=1_000_000,
        required=True,
    )
    mode: str = param(
        "constant",
        "What stands there: the value, a mirror image, the last entry, or the other end.",
        choices=("constant", "reflect", "replicate", "circular"),
    )
    value: float = param(0.0, "What is put in, with the mode constant.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if not self.pad or len(self.pad) % 2 or len(self.pad) // 2 >= x.rank:
            most = 2 * (x.rank - 1)
            raise ShapeError(
                f"needs two numbers for each dimension of {x}, at most {most}, got {len(self.pad)}",
                "",
                change=("pad", (1,) * min(max(len(self.pad), 2), most)) if most else None,
            )
        shape = list(x.shape)
        for dim, (before, after) in enumerate(zip(self.pad[::2], self.pad[1::2], strict=True)):
            size = shape[-1 - dim]
            shape[-1 - dim] = _longer(size, before + after)
            most = {"reflect": known(size, 10**9) - 1, "circular": known(size, 10**9)}.get(self.mode, 10**9)
            if max(before, after) > most:
                raise ShapeError(
                    f"cannot take {max(before, after)} entries of dimension {-1 - dim} of {x} ({self.mode})",
                    "",
                    change=("mode", "replicate"),
                )
        return x.with_shape(*shape)

    def summary(self) -> str:
        words = ", ".join(map(str, self.pad))
        return words if self.mode == "constant" else f"{words} · {self.mode}"


def _longer(size: Dim, by: int) -> Dim:
    if isinstance(size, int):
        return size + by
    return f"{size}+{by}" if by else size


@node(
    "Shift",
    family="structure",
    aliases=("lag", "delay", "roll", "teacher forcing", "previous step", "causal"),
    examples=(
        example(("N", "L", 4)),
        example(("N", 6, 2), steps=-2, value=1.0),
        example(TensorSpec(("N", 5), "index", 9), value=3.0),
    ),
)
class Shift(NodeType):
    """Moves a sequence along its steps; what comes in at the end is a constant.

    **Formula** y_t = x_(t − steps), and the value where that is not there

    **Shapes** x N×L×… → y the same.

    **Use when** a step should see the one before: the decoder of a translator reads the target moved by one step.

    **Alternatives** Slice, which makes the sequence shorter; Pad.

    **Reference** Sutskever et al. 2014, Sequence to sequence learning with neural networks.
    """

    steps: int = param(
        1, "How far: 1 shows the step before, −1 the next.", min=-100_000, max=100_000, required=True
    )
    value: float = param(0.0, "What comes in: a number, or the first token.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if x.rank < 2:
            raise ShapeError(f"expects sequences N×L×F or N×L, got {x}", "x")
        length = x.shape[1]
        if not self.steps or (isinstance(length, int) and abs(self.steps) >= length):
            raise ShapeError(
                f"cannot move the {length} steps of {x} by {self.steps}", "", change=("steps", 1)
            )
        if x.dtype == "index" and x.bound and not (self.value == -100 or 0 <= self.value < x.bound):
            raise ShapeError(
                f"value = {self.value:g} is not one of the {x.bound} that x can have", "", change=("value", 0)
            )
        return x

    def forward(self, call: Call) -> list[str]:
        x, (spec,) = call.inputs[0], call.specs
        kept = f"{x}[:, :-{self.steps}]" if self.steps > 0 else f"{x}[:, {-self.steps}:]"
        pad = (0, 0) * (spec.rank - 2) + (max(self.steps, 0), max(-self.steps, 0))
        value = f", value={float(self.value) if spec.dtype == 'float' else int(self.value)!r}"
        return [f"{call.outputs[0]} = F.pad({kept}, {pad}{value if self.value else ''})"]

    def summary(self) -> str:
        return f"{self.steps:+d}"


@node(
    "Moving average",
    "MovingAverage",
    family="structure",
    aliases=("smooth", "trend", "rolling mean", "decomposition", "dlinear", "autoformer", "low-pass"),
    source='''\
class MovingAverage(nn.Module):
    """Mean of a window that moves along the steps; beyond the ends the first and last step go on."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.ends = ((kernel_size - 1) // 2, kernel_size // 2)
        self.pool = nn.AvgPool1d(kernel_size, stride=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.pad(x.transpose(1, 2), self.ends, mode="replicate")
        return self.pool(x).transpose(1, 2)
''',
    examples=(
        example(("N", "L", 3), kernel_size=5),
        example(("N", 30, 2)),
        example(("N", 9, 1), kernel_size=4),
    ),
)
class MovingAverage(NodeType):
    """Smooths a sequence: each step becomes the mean of a window around it.

    **Formula** y_t = (1 / k) Σ x_s over the k steps around t; the first and last step are repeated beyond the ends

    **Shapes** x N×L×F → y the same.

    **Use when** a series is split into its trend (y) and the season around it (Subtract: x − y), as DLinear does.

    **Alternatives** Conv1d, which learns its weights and may make the sequence shorter.

    **Reference** Wu et al. 2021, Autoformer; Zeng et al. 2023, Are transformers effective for time series forecasting?
    """

    kernel_size: int = param(25, "Length of the window in steps.", min=1, max=100_000, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.sequences(specs[0])
        return specs[0]

    def summary(self) -> str:
        return f"{self.kernel_size} steps"
