"""Where each step of a sequence stands. Imports catalog.spec, weights and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import NodeType, example, known, node
from workbench.catalog.weights import Weighted
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node(
    "Positional encoding",
    "PositionalEncoding",
    family="layer",
    aliases=("sinusoidal", "sine", "transformer", "position"),
    source='''\
class PositionalEncoding(nn.Module):
    """Adds sines and cosines of each position to a sequence N×L×F."""

    encoding: torch.Tensor

    def __init__(self, features: int, max_length: int) -> None:
        super().__init__()
        position = torch.arange(max_length).unsqueeze(1)
        rate = torch.exp(torch.arange(0, features, 2) * (-math.log(10000.0) / features))
        encoding = torch.zeros(max_length, features)
        encoding[:, 0::2] = torch.sin(position * rate)
        encoding[:, 1::2] = torch.cos(position * rate)[:, : features // 2]
        self.register_buffer("encoding", encoding, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.size(1) > len(self.encoding):
            most = len(self.encoding)
            raise ValueError(f"{x.size(1)} steps, but max_length is {most}")
        return x + self.encoding[: x.size(1)]
''',
    examples=(example(("N", "L", 16)), example(("N", 9, 7), max_length=20)),
)
class PositionalEncoding(NodeType):
    """Tells attention where each token stands, by adding sines and cosines of the position.

    **Formula** y[t, 2k] = x[t, 2k] + sin(t / 10000^(2k / F)), y[t, 2k+1] = x[t, 2k+1] + cos(t / 10000^(2k / F))

    **Shapes** x N×L×F → y the same. Nothing to learn.

    **Use when** attention follows and the order matters; sequences may be longer than those seen in training.

    **Alternatives** PositionEmbedding, which learns the positions; RotaryEmbedding and RelativePositionBias for
    distances.

    **Reference** Vaswani et al. 2017, Attention is all you need.
    """

    max_length: int = param(
        5000, "The longest sequence that it can take.", min=1, max=10_000_000, required=True
    )

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"features": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return _positioned(specs[0], self.max_length)

    def summary(self) -> str:
        return "sine and cosine"


@node(
    "Position embedding",
    "PositionEmbedding",
    family="layer",
    aliases=("learned", "transformer", "gpt", "vit", "positional"),
    source='''\
class PositionEmbedding(nn.Module):
    """Adds a learned vector for each position to a sequence N×L×F."""

    def __init__(self, features: int, max_length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_length, features) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.size(1) > len(self.weight):
            most = len(self.weight)
            raise ValueError(f"{x.size(1)} steps, but max_length is {most}")
        return x + self.weight[: x.size(1)]
''',
    examples=(
        example(("N", "L", 16)),
        example(("N", 9, 7), max_length=20, weight_init="truncated normal"),
    ),
)
class PositionEmbedding(Weighted):
    """Tells attention where each token stands, by adding a learned vector for each position.

    **Formula** y[t] = x[t] + W[t]

    **Shapes** x N×L×F → y the same. Parameters: max_length·F.

    **Use when** attention follows, the order matters and no sequence is longer than max_length (GPT, ViT).

    **Alternatives** PositionalEncoding, which learns nothing and takes longer sequences.

    **Reference** Gehring et al. 2017, Convolutional sequence to sequence learning.
    """

    max_length: int = param(
        256, "The longest sequence that it can take.", min=1, max=10_000_000, required=True
    )

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"features": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        return _positioned(specs[0], self.max_length)

    def parameters(self, *specs: TensorSpec) -> int:
        return self.max_length * known(specs[0].shape[-1])

    def summary(self) -> str:
        return f"{self.max_length} positions"


def _positioned(x: TensorSpec, most: int) -> TensorSpec:
    length, _ = expect.sequences(x)
    if isinstance(length, int) and length > most:
        raise ShapeError(
            f"takes sequences of at most {most} steps, got {x}", "x", change=("max_length", length)
        )
    return x
