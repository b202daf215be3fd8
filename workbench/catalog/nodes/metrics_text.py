"""Metrics of written sequences: BLEU and the rate of edits. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.nodes.losses import lengths
from workbench.catalog.nodes.metrics import PORTS
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

_TOKENS = (
    example(TensorSpec(("N", "L"), "index", 9), TensorSpec(("N", "S"), "index", 9)),
    example(TensorSpec(("N", 8), "index", 5), TensorSpec(("N", 6), "index", 5), end=0),
)


@form
class _Written(NodeType):
    """Compares tokens that were written with those that should have been."""

    end: int = param(
        -1, "The token that ends a sequence: it and all behind it do not count.", min=-1, unset="none"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        for port, x in zip(PORTS, specs[:2], strict=True):
            expect.indices(x, port, "tokens N×L")
            if x.rank != 2:
                raise ShapeError(f"expects tokens N×L, got {x}", port)
        for length in specs[2:]:
            lengths(length, specs[0])
        return TensorSpec(())

    def summary(self) -> str:
        return f"end {self.end}" if self.end >= 0 else ""


@node(
    "BLEU",
    "BLEU",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("translation", "n-grams", "machine translation", "text", "papineni"),
    source='''\
class BLEU(nn.Module):
    """BLEU of a whole corpus, 0 to 100, with n-grams up to 4 and without smoothing."""

    def __init__(self, end: int = -1) -> None:
        super().__init__()
        self.end = end

    def counted(self, tokens: torch.Tensor) -> torch.Tensor:
        # Which tokens count: those before the end that are not -100.
        return (tokens != -100) & ((tokens == self.end).cumsum(1) == 0)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        said, meant = self.counted(input), self.counted(target)
        same = input.unsqueeze(2) == input.unsqueeze(1)
        same = same & said.unsqueeze(2) & said.unsqueeze(1)
        found = input.unsqueeze(2) == target.unsqueeze(1)
        found = found & said.unsqueeze(2) & meant.unsqueeze(1)
        # n-grams at two places are equal where those of n - 1 and the tokens behind are.
        again, right, state = same, found, [said.sum(), meant.sum()]
        for n in range(1, 5):
            total = (said.sum(1) - n + 1).clamp(min=0).sum()
            often = again.sum(2).clamp(min=1)
            clipped = torch.minimum(right.sum(2), often) / often
            state += [clipped.sum(1).round().sum(), total]
            again = again[:, :-1, :-1] & same[:, n:, n:]
            right = right[:, :-1, :-1] & found[:, n:, n:]
        wide = torch.float32 if input.device.type == "mps" else torch.float64
        return torch.stack([each.to(wide) for each in state])

    def value(self, total: torch.Tensor) -> torch.Tensor:
        said, meant, counts = total[0], total[1], total[2:].reshape(4, 2)
        precision = counts[:, 0] / counts[:, 1].clamp(min=1)
        brevity = (1 - meant / said.clamp(min=1)).clamp(max=0).exp()
        return (100 * brevity * precision.log().mean().exp()).float()
''',
    examples=_TOKENS,
)
class BLEU(_Written):
    """How many pieces of one to four tokens of what was written stand in the reference too, 0 to 100.

    **Formula** value = 100 · min(1, e^(1 − reference / written)) · (p₁ p₂ p₃ p₄)^¼, with pₙ the share of n-grams found,
    none more often than in the reference; counted over the whole split

    **Shapes** input N×L and target N×S of tokens → value. Larger is better. Targets of −100 do not count.

    **Use when** a model translates: link what it writes by itself, token after token. The highest scores while it is
    shown the right words so far (ArgMax of the training's scores) are no translation and give too high a figure.

    **Alternatives** Perplexity while it is shown the right words; SequenceErrorRate where order is everything.

    **Reference** Papineni et al. 2002, BLEU: a method for automatic evaluation of machine translation; sacrebleu with
    smooth_method “none” on the same tokens.
    """

    goal: ClassVar[str] = "max"


@node(
    "Error rate of sequences",
    "SequenceErrorRate",
    family="metric",
    inputs=(*PORTS, "length"),
    optional=("length",),
    outputs=("value",),
    aliases=("edit distance", "levenshtein", "word error rate", "character error rate", "wer", "cer", "ctc"),
    source='''\
class SequenceErrorRate(nn.Module):
    """Edits (put in, left out, exchanged) for each token of the targets."""

    def __init__(self, end: int = -1, blank: int = -1) -> None:
        super().__init__()
        self.end, self.blank = end, blank

    def counted(self, tokens: torch.Tensor) -> torch.Tensor:
        # Which tokens count: those before the end that are not -100.
        return (tokens != -100) & ((tokens == self.end).cumsum(1) == 0)

    def forward(
        self,
        input: torch.Tensor,
        target: torch.Tensor,
        length: torch.Tensor | None = None,
    ) -> torch.Tensor:
        keep, meant = self.counted(input), self.counted(target)
        if length is not None:
            steps = torch.arange(input.shape[1], device=input.device)
            keep = keep & (steps < length.unsqueeze(1))
        if self.blank >= 0:  # of equal neighbours one stays, then blanks go
            keep = keep & (input != self.blank)
            keep[:, 1:] &= input[:, 1:] != input[:, :-1]
        order = (~keep).to(torch.uint8).argsort(dim=1, stable=True)
        said, left = input.gather(1, order), keep.sum(1)
        place = torch.arange(target.shape[1] + 1, device=target.device)
        row = place.expand(len(target), -1)
        final = row
        for step in range(said.shape[1]):
            wrong = (said[:, step : step + 1] != target).long()
            least = torch.minimum(row[:, 1:] + 1, row[:, :-1] + wrong)
            least = torch.cat((row[:, :1] + 1, least), 1)
            row = (least - place).cummin(1).values + place
            final = torch.where((left > step).unsqueeze(1), row, final)
        edits = final.gather(1, meant.sum(1, keepdim=True))
        return torch.stack((edits.sum(), meant.sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=(
        *_TOKENS,
        example(*_TOKENS[0].inputs, blank=0),
        example(*_TOKENS[0].inputs, TensorSpec(("N",), "index"), blank=0),
    ),
)
class SequenceErrorRate(_Written):
    """How many edits turn what was written into the target: of letters CER, of words WER.

    **Formula** value = Σ (tokens put in + left out + exchanged) / Σ tokens of the targets

    **Shapes** input N×L and target N×S of tokens → value; with length N, only the first steps of the input count.
    Smaller is better. Targets of −100, at the end, do not count.

    **Use when** speech or handwriting is read; with CTCLoss link the ArgMax of the scores, what
    CTCLoss has as input_length, and set blank.

    **Alternatives** BLEU, which forgives another order; Accuracy where both are laid side by side.

    **Reference** Levenshtein 1966, Binary codes capable of correcting deletions, insertions and reversals.
    """

    goal: ClassVar[str] = "min"

    blank: int = param(-1, "CTC's blank: equal neighbours become one, then blanks go.", min=-1, unset="none")
