"""Probes that let a model write: texts, and translations with their score. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import Call, NodeType, example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


@node(
    "Text samples",
    family="probe",
    inputs=("input",),
    outputs=(),
    aliases=("generate", "language model", "write", "look", "record", "characters", "nucleus"),
    examples=(
        example(("N", "L", 96)),
        example(("N", 64, 96), prompt="The ", temperature=0.5, top_k=20, top_p=0.9),
    ),
)
class TextSamples(NodeType):
    """Lets the model write after every epoch, one token after the other, and records the text.

    **Formula** next token ~ softmax(scores of the last position / temperature), again and again

    **Shapes** input N×L×V: scores of the next token at each position.

    **Use when** a language model is trained: reading tells more than the loss. Of the same weights and seed it
    records the same text.

    **Alternatives** the metric Perplexity; Translations for pairs of sentences.

    **Reference** Radford et al. 2019, Language models are unsupervised multitask learners; Holtzman et al. 2020, The
    curious case of neural text degeneration.
    """

    length: int = param(200, "How many tokens are written.", min=1, max=100_000)
    temperature: float = param(
        0.8, "Below 1 more careful, above 1 more daring; 0 always the likeliest.", min=0, max=10
    )
    top_k: int = param(
        0, "Draw from so many of the likeliest tokens only.", min=0, unset="all", label="Top k"
    )
    top_p: float = param(
        1.0, "Draw from the likeliest tokens that together have this share.", min=0.01, max=1, label="Top p"
    )
    prompt: str = param("", "What the text begins with.")
    count: int = param(1, "How many texts.", min=1, max=64)

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        next_token_scores(specs[0])
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return f"{self.length} tokens"


@node(
    "Translations",
    family="probe",
    inputs=("input",),
    outputs=(),
    aliases=("bleu", "beam search", "greedy", "decoding", "sentence pairs", "sequence to sequence", "record"),
    examples=(
        example(("N", "L", 96)),
        example(("N", 12, 96), search="beam", width=5, penalty=0.6),
        example(("N", 12, 96), search="sampled", temperature=0.7, top_k=10),
    ),
)
class Translations(NodeType):
    """Lets the model translate held-back sentences after every epoch, records them and scores them with BLEU.

    **Formula** greedy: the likeliest token each time; beam: the `width` best beginnings each time, in the end the
    text of the highest log P(text) / ((5 + tokens) / 6)^penalty.
    BLEU = 100 · min(1, exp(1 − r/c)) · (p₁ p₂ p₃ p₄)^¼ with pₙ the share of the n-grams that the reference has

    **Shapes** input N×L×V: scores of a decoder that is fed with `target` of a dataset of sentence pairs.

    **Use when** a model translates or answers: teacher forcing flatters the loss, this is what the model does by
    itself. BLEU stands beside the metrics, for the held-back part after an epoch and for the test part in the end.
    What reads only the source runs once, the rest of the model for each token: a beam over many sentences takes its
    time.

    **Alternatives** TextSamples for language models; the metrics Perplexity and Accuracy, which cost less.

    **Reference** Papineni et al. 2002, BLEU: a method for automatic evaluation of machine translation; Wu et al. 2016,
    Google's neural machine translation system.
    """

    goal = "max"
    figure = "BLEU"

    search: str = param("greedy", "How each translation is found.", choices=("greedy", "beam", "sampled"))
    width: int = param(4, "How many beginnings beam search keeps.", min=1, max=64, label="Beam width")
    penalty: float = param(
        0.6,
        "Of beam search: 0 favours short sentences, more favours longer ones.",
        min=0,
        max=5,
        label="Length penalty",
    )
    temperature: float = param(
        1.0, "Of sampling: below 1 more careful, above 1 more daring.", min=0.01, max=10
    )
    top_k: int = param(
        0, "Of sampling: draw from so many of the likeliest tokens.", min=0, unset="all", label="Top k"
    )
    top_p: float = param(
        1.0, "Of sampling: draw from the likeliest tokens of this share.", min=0.01, max=1, label="Top p"
    )
    length: int = param(
        0, "How many tokens a translation has at most.", min=0, unset="as in the dataset", label="Most tokens"
    )
    count: int = param(8, "How many translations are shown.", min=1, max=64)
    sentences: int = param(200, "How many held-back pairs BLEU is computed of.", min=1, max=100_000)

    def infer(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        next_token_scores(specs[0])
        return ()

    def forward(self, call: Call) -> list[str]:
        return []

    def summary(self) -> str:
        return f"beam of {self.width}" if self.search == "beam" else self.search


def next_token_scores(input: TensorSpec) -> None:
    """Raises unless it has a score for each token at each position."""
    expect.numbers(input, "input", "scores N×L×V")
    if input.rank != 3:
        raise ShapeError(f"expects scores of the next token, N×L×V, got {input}", "input")
    expect.sized(input, 2, "tokens", "input")
