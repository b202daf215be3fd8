"""What makes sequences of images and vectors of sequences. Imports catalog.spec, weights, padding and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.padding import check_length
from workbench.catalog.spec import Call, Open, example, known, node
from workbench.catalog.weights import Biased, Weighted
from workbench.catalog.windows import window_size
from workbench.core.expressions import Value
from workbench.core.shapes import Dim, TensorSpec


@node(
    "Patch embedding",
    "PatchEmbedding",
    family="layer",
    aliases=("vit", "vision transformer", "patches", "tokens", "image", "mlp-mixer"),
    source='''\
class PatchEmbedding(nn.Module):
    """Cuts images N×C×H×W into squares, each a vector: N×L×F, row after row."""

    def __init__(
        self, in_channels: int, embedding_dim: int, patch_size: int, bias: bool = True
    ) -> None:
        super().__init__()
        self.projection = nn.Conv2d(
            in_channels, embedding_dim, patch_size, stride=patch_size, bias=bias
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.projection(x).flatten(2).transpose(1, 2)
''',
    examples=(
        example(("N", 3, 8, 12), embedding_dim=10, patch_size=4),
        example(("N", 1, 6, 6), embedding_dim=5, patch_size=2, bias=False, weight_init="truncated normal"),
        example(("N", 3, "H", "W"), embedding_dim=4, patch_size=1),
    ),
)
class PatchEmbedding(Biased):
    """Makes a sequence of an image: each square becomes a vector, as if it were a word.

    **Formula** y_t = W · [pixels of the t-th square] + b, squares row after row

    **Shapes** x N×C×H×W → y N×L×F with L = (H / patch) · (W / patch). Parameters: F·C·patch² + F.

    **Use when** attention is to look at images. ClassToken and PositionEmbedding follow (ViT).

    **Alternatives** Conv2d and Reshape, with patches that overlap.

    **Reference** Dosovitskiy et al. 2021, An image is worth 16×16 words.
    """

    embedding_dim: int = param(192, "Length of each vector.", min=1, max=1_000_000, required=True)
    patch_size: int = param(
        4, "Height and width of a square; must divide those of the image.", min=1, required=True
    )
    bias: bool = param(True, "Add a learned constant to each output.")

    weights = ("projection.weight",)
    biases = ("projection.bias",)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, *sizes = expect.images(x)
        for size, name in zip(sizes, ("rows", "columns"), strict=True):
            if isinstance(size, int):
                expect.divides(size, "patch_size", self.patch_size, name)
        rows, columns = (window_size(size, self.patch_size, self.patch_size, 0) for size in sizes)
        known_sizes = isinstance(rows, int) and isinstance(columns, int)
        length: Dim = known(rows) * known(columns) if known_sizes else f"{rows}·{columns}"
        return x.with_shape(x.shape[0], length, self.embedding_dim)

    def _weights(self, x: TensorSpec) -> int:
        return self.embedding_dim * known(x.shape[1]) * self.patch_size**2

    def parameters(self, *specs: TensorSpec) -> int:
        return self._weights(specs[0]) + self.embedding_dim * self.bias

    def operations(self, *specs: TensorSpec) -> int:
        rows, columns = (known(size) // self.patch_size for size in specs[0].shape[2:])
        return self._weights(specs[0]) * rows * columns

    def summary(self) -> str:
        return f"{self.patch_size}×{self.patch_size} → {self.embedding_dim}"


@node(
    "Class token",
    "ClassToken",
    family="layer",
    aliases=("cls", "vit", "prepend", "learned token", "vision transformer"),
    source='''\
class ClassToken(nn.Module):
    """Puts one learned vector in front of every sequence N×L×F."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 1, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((self.weight.expand(x.size(0), -1, -1), x), dim=1)
''',
    examples=(
        example(("N", "L", 6)),
        example(("N", 9, 4), weight_init="normal"),
        example(("N", "L", 6), TensorSpec(("N",), "index", 6), padded=True),
    ),
)
class ClassToken(Weighted):
    """Puts a learned vector in front of a sequence, in which attention gathers what describes the whole.

    **Formula** y = [c, x_1, …, x_L], with c learned and zero at first

    **Shapes** x N×L×F → y N×(L+1)×F; with `padded` also length N → length N, one more. Parameters: F.

    **Use when** a transformer gives one answer for a whole sequence: Select takes the token at 0 behind it (ViT).
    Turn on `padded` for sequences of unequal length, and link `length` from here to the attention that follows.

    **Alternatives** SequencePool, which takes the mean of all steps and learns nothing.

    **Reference** Dosovitskiy et al. 2021, An image is worth 16×16 words; Devlin et al. 2019, BERT.
    """

    padded: bool = param(
        False, "The sequences are padded: take how many steps count, and give on one more.", argument=False
    )

    def input_ports(self) -> tuple[str, ...]:
        return ("x", "length") if self.padded else ("x",)

    def output_ports(self) -> tuple[str, ...]:
        return ("y", "length") if self.padded else ("y",)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"features": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        x = specs[0]
        steps, features = expect.sequences(x)
        longer: Dim = steps + 1 if isinstance(steps, int) else f"{steps}+1"
        y = x.with_shape(x.shape[0], longer, features)
        if not self.padded:
            return y
        length = specs[1]
        check_length(length, x)
        return y, TensorSpec(length.shape, "index", length.bound + 1 if length.bound else 0)

    def forward(self, call: Call) -> list[str]:
        if not self.padded:
            return super().forward(call)
        (x, length), (y, longer) = call.inputs, call.outputs
        lines = [f"{y} = {call.module}({x})", f"{longer} = {length} + 1"]
        return [line for line, name in zip(lines, call.outputs, strict=True) if name != "_"]

    def parameters(self, *specs: TensorSpec) -> int:
        return known(specs[0].shape[-1])


@node(
    "Sequence pooling",
    "SequencePool",
    family="pooling",
    inputs=("x", "length"),
    optional=("length",),
    aliases=("mean", "average", "max", "last", "first", "padding", "sentence vector", "cls", "text"),
    source='''\
class SequencePool(nn.Module):
    """One vector of each sequence N×L×F; only its first `length` steps count, at least one."""

    def __init__(self, mode: str = "mean") -> None:
        super().__init__()
        self.mode = mode

    def forward(
        self, x: torch.Tensor, length: torch.Tensor | None = None
    ) -> torch.Tensor:
        if self.mode == "first":
            return x[:, 0]
        steps = torch.arange(x.size(1), device=x.device)
        if length is None:
            length = torch.full((x.size(0),), x.size(1), device=x.device)
        counted = length.clamp(min=1).unsqueeze(1)
        if self.mode == "last":
            last = (counted - 1).unsqueeze(2).expand(-1, 1, x.size(2))
            return x.gather(1, last).squeeze(1)
        inside = (steps < counted).unsqueeze(2)
        if self.mode == "max":
            return x.masked_fill(~inside, -torch.inf).amax(1)
        return x.masked_fill(~inside, 0.0).sum(1) / counted
''',
    examples=(
        example(("N", "L", 6), TensorSpec(("N",), "index", 6)),
        example(("N", 9, 4), mode="max"),
        example(("N", 9, 4), TensorSpec(("N",), "index", 10), mode="last"),
        example(("N", "L", 4), mode="first"),
    ),
)
class SequencePool(Open):
    """Makes one vector of each sequence: the mean, the largest, the first or the last step, without the padding.

    **Formula** mean: y = (1 / length) Σ_{t < length} x_t; max: y_f = max_{t < length} x_tf; first: x_0;
    last: x_{length − 1}

    **Shapes** x N×L×F, length N → y N×F.

    **Use when** a sequence gets one answer. Link `length` where sequences are padded: of an empty one the first step
    counts.

    **Alternatives** Mean, Max and Select for any dimension; ClassToken, which learns what to gather.

    **Reference** Collobert et al. 2011, Natural language processing (almost) from scratch.
    """

    mode: str = param(
        "mean", "What is taken of the steps.", choices=("mean", "max", "first", "last"), required=True
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        x = specs[0]
        expect.sequences(x)
        if len(specs) > 1:
            check_length(specs[1], x)
        return x.with_shape(x.shape[0], x.shape[2])

    def summary(self) -> str:
        return self.mode
