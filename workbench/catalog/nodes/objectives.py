"""Exercises made of plain texts: hidden tokens to guess, sentences that follow or not. Imports catalog.spec, core."""

from workbench.catalog import expect
from workbench.catalog.forms import Ints, param
from workbench.catalog.spec import NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import Dim, TensorSpec


@node(
    "Masked tokens",
    "MaskedTokens",
    family="structure",
    outputs=("y", "target"),
    aliases=("bert", "mlm", "masked language model", "cloze", "hide", "denoising", "text"),
    source='''\
class MaskedTokens(nn.Module):
    """Hides a share of the tokens N×L; the target has them where they are to be guessed, else -100.

    Of those to be guessed most become the token `mask`, a tenth another one, and a tenth stay.
    Those to keep, such as padding, are neither hidden nor put in place of others.
    In evaluation the same places are hidden every time.
    """

    def __init__(
        self, vocabulary: int, mask: int, p: float = 0.15, keep: tuple[int, ...] = ()
    ) -> None:
        super().__init__()
        self.special = [t for t in range(vocabulary) if t in (*keep, mask)]
        self.ordinary = vocabulary - len(self.special)
        self.mask = mask
        self.p = p
        self.keep = keep

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.training:
            place, how = torch.rand((2, *x.shape), device=x.device)
            other = torch.randint_like(x, self.ordinary)
        else:
            again = torch.Generator().manual_seed(0)
            place, how = torch.rand((2, *x.shape), generator=again).to(x.device)
            other = torch.randint(self.ordinary, x.shape, generator=again).to(x.device)
        for token in self.special:  # the numbers of ordinary tokens step over them
            other = other + (other >= token)
        hidden = place < self.p
        for token in self.keep:
            hidden = hidden & (x != token)
        shown = torch.where(how < 0.8, self.mask, torch.where(how < 0.9, other, x))
        return torch.where(hidden, shown, x), torch.where(hidden, x, -100)
''',
    examples=(
        example(TensorSpec(("N", "L"), "index", 50)),
        example(TensorSpec(("N", 9), "index", 50), p=0.5, mask=3, keep=(0, 1)),
    ),
)
class MaskedTokens(NodeType):
    """Hides some tokens of a text, and gives as target what they were: a model that sees both sides guesses them.

    **Formula** with probability p a token counts: y is the mask in 8 of 10 cases, a random token in one, x in one, and
    target = x; all others have y = x and target = −100. Neither the mask nor what is kept is drawn as random token.

    **Shapes** x N×L of tokens → y N×L, target N×L; a mask that is no token of the text makes the vocabulary larger.

    **Use when** a model of both directions learns a language by itself (BERT). Link `target` to the losses and
    metrics, which leave −100 out.

    **Alternatives** TokenMask, which only disturbs; the `next` of a dataset, for models that read from left to right.

    **Reference** Devlin et al. 2019, BERT: pre-training of deep bidirectional transformers for language understanding.
    """

    p: float = param(0.15, "Share of the tokens that are to be guessed.", min=0, max=1, label="Share")
    mask: int | None = param(
        None, "The token that stands for a hidden one; empty: one more than there are.", min=0, max=10_000_000
    )
    keep: Ints = param((), "Tokens that are never hidden nor put in, such as padding.", min=0)

    def _mask(self, x: TensorSpec) -> int:
        return x.bound if self.mask is None else self.mask

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"vocabulary": specs[0].bound, "mask": self._mask(specs[0])}

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        x = _tokens(specs[0])
        special = {token for token in (*self.keep, self._mask(x)) if token < x.bound}
        if len(special) == x.bound:
            raise ShapeError("has no token left that could be hidden: all are kept", "x", change=("keep", ()))
        y = TensorSpec(x.shape, "index", max(x.bound, self._mask(x) + 1))
        return y, y

    def summary(self) -> str:
        return f"{self.p:.0%}"


@node(
    "Sentence pairs",
    "SentencePairs",
    family="structure",
    outputs=("y", "segment", "follows"),
    aliases=("bert", "nsp", "next sentence", "segment", "cls", "sep", "coherence", "text"),
    source='''\
class SentencePairs(nn.Module):
    """Makes pairs of texts N×L: in half of them the second part is that of another example.

    Gives [first, part, between, part, between] N×(L+3), which part each token belongs to, and 1
    where the second part follows. In evaluation every second example is exchanged.
    """

    def __init__(self, first: int, between: int) -> None:
        super().__init__()
        self.first = first
        self.between = between

    def forward(
        self, x: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        half = x.size(1) // 2
        one, two = x[:, :half], x[:, half:]
        if self.training:
            foreign = torch.rand(len(x), device=x.device) < 0.5
        else:
            foreign = torch.arange(len(x), device=x.device) % 2 == 1
        if len(x) == 1:
            foreign = torch.zeros_like(foreign)
        two = torch.where(foreign.unsqueeze(1), two.roll(1, 0), two)
        first, between = (
            torch.full_like(x[:, :1], token) for token in (self.first, self.between)
        )
        y = torch.cat((first, one, between, two, between), 1)
        segment = (torch.arange(y.size(1), device=x.device) >= half + 2).long()
        return y, segment.expand_as(y), (~foreign).long()
''',
    examples=(
        example(TensorSpec(("N", 9), "index", 50)),
        example(TensorSpec(("N", "L"), "index", 50), first=1, between=2),
    ),
)
class SentencePairs(NodeType):
    """Makes an exercise of plain text: whether its second part follows the first or is from somewhere else.

    **Formula** y = [first, a, between, b, between] with a and b the halves of x, and b of another example in half of
    the cases; segment is 0 up to the first `between` and 1 behind it; follows = 1 where b was not exchanged

    **Shapes** x N×L of tokens → y N×(L+3), segment N×(L+3), follows N.

    **Use when** a model learns how sentences hang together, beside MaskedTokens (BERT): its first vector answers.

    **Alternatives** a dataset of pairs of its own; MaskedTokens alone, which is often enough (Liu et al. 2019).

    **Reference** Devlin et al. 2019, BERT: pre-training of deep bidirectional transformers for language understanding.
    """

    first: int | None = param(
        None, "The token in front; empty: one more than there are.", min=0, max=10_000_000
    )
    between: int | None = param(
        None, "The token behind each part; empty: one more than there are.", min=0, max=10_000_000
    )

    def _special(self, x: TensorSpec) -> tuple[int, int]:
        first = x.bound if self.first is None else self.first
        return first, max(x.bound, first + 1) if self.between is None else self.between

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        first, between = self._special(specs[0])
        return {"first": first, "between": between}

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        x = _tokens(specs[0])
        length = x.shape[1]
        longer: Dim = length + 3 if isinstance(length, int) else f"{length}+3"
        shape = (x.shape[0], longer)
        highest = max(x.bound, *(token + 1 for token in self._special(x)))
        return (
            TensorSpec(shape, "index", highest),
            TensorSpec(shape, "index", 2),
            TensorSpec(x.shape[:1], "index", 2),
        )


def _tokens(x: TensorSpec) -> TensorSpec:
    """Texts of which it is known how many different tokens there are. Raises ShapeError."""
    expect.indices(x, "x", "tokens N×L")
    if x.rank != 2:
        raise ShapeError(f"expects texts N×L, got {x}", "x")
    if not x.bound:
        raise ShapeError("needs to know how many different tokens there are; link a dataset of texts", "x")
    return x
