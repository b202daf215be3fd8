"""Noise on anything, and gaps in training sequences, spectrograms and texts. Imports catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from workbench.catalog import expect
from workbench.catalog.forms import Ints, form, param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node(
    "Gaussian noise",
    "GaussianNoise",
    family="augmentation",
    aliases=("augment", "jitter", "denoising", "random"),
    source='''\
class GaussianNoise(nn.Module):
    """Adds normal noise with this standard deviation; in training only."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
''',
    examples=(example(("N", 1, 28, 28)), example(("N", "L", 9), std=0.5), example(("N", 4))),
)
class GaussianNoise(NodeType):
    """Adds normally distributed noise to every number of the training examples.

    **Formula** y = x + std · ε with ε standard normal

    **Shapes** x any → y the same.

    **Use when** small differences should not matter, or an autoencoder should learn to remove noise.

    **Alternatives** Dropout.

    **Reference** Bishop 1995, Training with noise is equivalent to Tikhonov regularization.
    """

    std: float = param(
        0.1, "Standard deviation of the noise.", min=0, max=1000, required=True, label="Deviation"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]

    def summary(self) -> str:
        return f"± {self.std:g}"


_STRIPES = '''\
class MaskStripes(nn.Module):
    """Overwrites stretches of random place and length along one axis of each example; in training only."""

    def __init__(self, size: int, count: int, dim: int, fill: float = 0.0) -> None:
        super().__init__()
        self.size = size
        self.count = count
        self.dim = dim
        self.fill = fill

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        length = x.shape[self.dim]
        drawn, place = torch.rand(2, len(x), self.count, 1, device=x.device)
        size = (drawn * (min(self.size, length) + 1)).floor()  # 0 … size, all alike
        start = (place * (length - size + 1)).floor()
        places = torch.arange(length, device=x.device)
        hidden = ((places >= start) & (places < start + size)).any(1)
        shape = [1] * x.dim()
        shape[0], shape[self.dim] = len(x), length
        return x.masked_fill(hidden.view(shape), self.fill)
'''


@form
class _Stripes(NodeType):
    """Gaps along one axis."""

    size: int = param(10, "Longest gap; each has a random length from 0 to this.", min=0, required=True)
    count: int = param(1, "Gaps in each example.", min=1, max=1000, required=True)
    dim: int = param(-1, "The axis, counted from the end: −1 is the last.", min=-8, max=8, required=True)
    fill: float = param(0.0, "What the gap holds.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        axis = self.dim + x.rank if self.dim < 0 else self.dim
        if not 0 < axis < x.rank:
            said = f"has no axis {self.dim} beside the examples in {x}"
            raise ShapeError(said, "", change=("dim", -1) if x.rank > 1 else None)
        length = x.shape[axis]
        if isinstance(length, int) and self.size > length:
            raise ShapeError(
                f"a gap of {self.size} is longer than axis {self.dim} of {x}",
                "",
                change=("size", max(1, length // 4)),
            )
        return x

    def summary(self) -> str:
        return f"{self.count} × {self.size}"


@node(
    "Time mask",
    "MaskStripes",
    family="augmentation",
    aliases=("specaugment", "gap", "spectrogram", "audio", "speech", "time series", "augment"),
    source=_STRIPES,
    examples=(
        example(("N", 1, 16, 40)),
        example(("N", "L", 12), size=5, count=2, dim=1),
        example(("N", 3, 20), fill=-1.0),
    ),
)
class TimeMask(_Stripes):
    """Hides stretches of time of random place and length in each training example.

    **Formula** y = fill where start ≤ t < start + length, x elsewhere, for each of `count` gaps

    **Shapes** x N×C×F×T or N×C×T with the axis −1, or N×L×F with the axis 1 → y the same.

    **Use when** sounds or series should be told by more than one short moment.

    **Alternatives** FrequencyMask; RandomErasing for images.

    **Reference** Park et al. 2019, SpecAugment: a simple data augmentation method for automatic speech recognition.
    """


@node(
    "Frequency mask",
    "MaskStripes",
    family="augmentation",
    aliases=("specaugment", "band", "spectrogram", "audio", "speech", "mel", "augment"),
    source=_STRIPES,
    examples=(
        example(("N", 1, 16, 40)),
        example(("N", "L", 12), size=5, count=2, dim=-1),
    ),
)
class FrequencyMask(_Stripes):
    """Hides bands of frequencies of random place and width in each training spectrogram.

    **Formula** y = fill where start ≤ f < start + width, x elsewhere, for each of `count` bands

    **Shapes** x N×C×F×T with the axis −2, or N×L×F with the axis −1 → y the same.

    **Use when** voices or microphones differ.

    **Alternatives** TimeMask; FeatureMask hides single features.

    **Reference** Park et al. 2019, SpecAugment: a simple data augmentation method for automatic speech recognition.
    """

    size: int = param(4, "Widest band; each has a random width from 0 to this.", min=0, required=True)
    dim: int = param(
        -2, "The axis, counted from the end: −2 is the last but one.", min=-8, max=8, required=True
    )


@node(
    "Token mask",
    "TokenMask",
    family="augmentation",
    aliases=("word dropout", "bert", "masking", "text", "corrupt", "augment"),
    source='''\
class TokenMask(nn.Module):
    """Replaces a share of the tokens by one token, or by random ones; in training only."""

    def __init__(
        self, p: float, vocabulary: int, mask: int = -1, keep: tuple[int, ...] = ()
    ) -> None:
        super().__init__()
        self.p = p
        self.vocabulary = vocabulary
        self.mask = mask
        self.keep = keep

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        hidden = torch.rand(x.shape, device=x.device) < self.p
        for token in self.keep:
            hidden = hidden & (x != token)
        if self.mask >= 0:
            return x.masked_fill(hidden, self.mask)
        return torch.where(hidden, torch.randint_like(x, self.vocabulary), x)
''',
    examples=(
        example(TensorSpec(("N", "L"), "index", 50)),
        example(TensorSpec(("N", 9), "index", 50), p=0.5, mask=50, keep=(0, 1)),
        example(TensorSpec(("N", "L"), "index"), mask=3),
    ),
)
class TokenMask(NodeType):
    """Replaces a random share of the tokens of training texts by a mask token, or by random tokens.

    **Formula** y = mask (or a random token) with probability p, x otherwise and for tokens that are kept

    **Shapes** x N×L of tokens → y the same; a mask that is no token of the text makes the vocabulary larger.

    **Use when** a text model should not hang on single words or letters.

    **Alternatives** Dropout behind the Embedding.

    **Reference** Bowman et al. 2016, Generating sentences from a continuous space (word dropout); Devlin et al. 2019,
    BERT.
    """

    p: float = param(
        0.1, "Share of the tokens that are replaced.", min=0, max=1, required=True, label="Share"
    )
    mask: int = param(
        -1, "The token that stands for a hidden one; −1 takes random tokens.", min=-1, max=10_000_000
    )
    keep: Ints = param((), "Tokens that are never replaced, such as padding.", min=0)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.indices(x, "x", "tokens")
        if self.mask < 0 and not x.bound:
            raise ShapeError("needs to know how many tokens there are; set mask to a token of its own", "x")
        return TensorSpec(x.shape, "index", max(x.bound, self.mask + 1) if x.bound else 0)

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"vocabulary": specs[0].bound}

    def summary(self) -> str:
        return f"{self.p:g}" + (f" → {self.mask}" if self.mask >= 0 else " · random")
