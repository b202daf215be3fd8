"""Channels that are weighed by what the whole input shows. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import example, known, node
from workbench.catalog.weights import Biased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node(
    "Squeeze and excitation",
    "SqueezeExcitation",
    family="layer",
    aliases=("senet", "channel attention", "gate", "recalibration", "efficientnet", "mobilenet"),
    source='''\
class SqueezeExcitation(nn.Module):
    """Weighs each channel by a gate between 0 and 1 that the means of all channels decide."""

    def __init__(
        self,
        channels: int,
        ratio: int = 16,
        squeeze_channels: int = 0,
        activation: str = "relu",
        gate: str = "sigmoid",
    ) -> None:
        super().__init__()
        squeezed = squeeze_channels or max(1, channels // ratio)
        self.squeeze = nn.Linear(channels, squeezed)
        self.excite = nn.Linear(squeezed, channels)
        self.activation = {"relu": F.relu, "silu": F.silu}[activation]
        self.gate = {"sigmoid": torch.sigmoid, "hardsigmoid": F.hardsigmoid}[gate]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        middle = self.activation(self.squeeze(x.flatten(2).mean(2)))
        gates = self.gate(self.excite(middle))
        return x * gates.view(gates.shape + (1,) * (x.dim() - 2))
''',
    examples=(
        example(("N", 32, 5, 6)),
        example(("N", 6, "L"), ratio=4, activation="silu"),
        example(("N", 8, "D", 5, "W"), ratio=2, gate="hardsigmoid"),
        example(("N", 8, 5, 6), squeeze_channels=3),
    ),
)
class SqueezeExcitation(Biased):
    """Looks at the mean of every channel and decides how much each channel counts.

    **Formula** y[c, p] = x[c, p] · g[c] with g = gate(V · act(W · m)) and m the mean of each channel

    **Shapes** x N×C×L, N×C×H×W or N×C×D×H×W → y the same. Parameters: 2·C·S + S + C with S = C / ratio, at
    least 1, or squeeze_channels.

    **Use when** a convolutional network should gain accuracy for a few weights more: at the end of a residual branch
    (SENet), or behind a depthwise convolution (MobileNetV3 with a hard sigmoid, EfficientNet with SiLU).

    **Alternatives** nothing: a Conv2d with more channels; MultiheadAttention, which also weighs places.

    **Reference** Hu et al. 2018, Squeeze-and-excitation networks.
    """

    weights = ("squeeze.weight", "excite.weight")
    biases = ("squeeze.bias", "excite.bias")

    ratio: int = param(16, "How many times fewer numbers the middle has than channels.", min=1, max=10_000)
    squeeze_channels: int = param(
        0, "How many numbers the middle has, in place of a ratio.", min=0, max=1_000_000, unset="by ratio"
    )
    activation: str = param("relu", "What stands in the middle.", choices=("relu", "silu"))
    gate: str = param(
        "sigmoid", "What brings the weights between 0 and 1.", choices=("sigmoid", "hardsigmoid")
    )

    def _squeezed(self, x: TensorSpec) -> int:
        return self.squeeze_channels or max(1, known(x.shape[1]) // self.ratio)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank not in (3, 4, 5):
            raise ShapeError(f"expects signals N×C×L, images N×C×H×W or volumes N×C×D×H×W, got {x}", "x")
        expect.sized(x, 1, "channels")
        return x

    def parameters(self, *specs: TensorSpec) -> int:
        (x,) = specs
        squeezed, channels = self._squeezed(x), known(x.shape[1])
        return 2 * channels * squeezed + channels + squeezed

    def operations(self, *specs: TensorSpec) -> int:
        return 2 * known(specs[0].shape[1]) * self._squeezed(specs[0])

    def summary(self) -> str:
        return (
            f"{self.squeeze_channels} in the middle"
            if self.squeeze_channels
            else f"1/{self.ratio} of the channels"
        )
