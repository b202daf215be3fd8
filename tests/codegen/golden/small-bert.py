"""small-bert: 120,114 learnable parameters.

BERT: pre-training of deep bidirectional transformers for language understanding
(Devlin et al., 2018), small, with its two heads: one guesses what is hidden, the
other whether the second half of a text belongs to the first.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class Accuracy(nn.Module):
    """Share of the entries whose highest score is the target; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guess = input.argmax(1 if input.dim() > 3 else -1)
        return torch.stack(((guess == target).sum(), (target != -100).sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]


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


class TiedLinear(nn.Module):
    """Scores of tokens by weights that another layer owns: V×F."""

    def __init__(self, out_features: int, bias: bool = False) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return F.linear(x, weight, self.bias)


class Embeddings(nn.Module):
    """Block Embeddings: tokens, segment → y, vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(num_embeddings=48, embedding_dim=64)
        nn.init.normal_(self.words.weight, std=0.02)
        self.parts = nn.Embedding(num_embeddings=2, embedding_dim=64)
        nn.init.normal_(self.parts.weight, std=0.02)
        self.position = PositionEmbedding(features=64, max_length=128)
        self.norm = nn.LayerNorm(normalized_shape=64, eps=1e-12)
        self.drop = nn.Dropout(p=0.1)

    def forward(self, tokens: Tensor, segment: Tensor) -> tuple[Tensor, Tensor]:
        words_y = self.words(tokens)
        words_weight = self.words.weight
        parts = self.parts(segment)
        position = self.position(words_y)
        both = position + parts
        norm = self.norm(both)
        drop = self.drop(norm)
        return drop, words_weight


class FeedForward(nn.Module):
    """Block FeedForward: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Linear(in_features=64, out_features=256)
        nn.init.normal_(self.expand.weight, std=0.02)
        nn.init.zeros_(self.expand.bias)
        self.act = nn.GELU()
        self.project = nn.Linear(in_features=256, out_features=64)
        nn.init.normal_(self.project.weight, std=0.02)
        nn.init.zeros_(self.project.bias)
        self.drop2 = nn.Dropout(p=0.1)

    def forward(self, x: Tensor) -> Tensor:
        expand = self.expand(x)
        act = self.act(expand)
        project = self.project(act)
        drop2 = self.drop2(project)
        return drop2


class EncoderLayer(nn.Module):
    """Block EncoderLayer: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(
            embed_dim=64, num_heads=4, dropout=0.1, batch_first=True
        )
        nn.init.normal_(self.attention.in_proj_weight, std=0.02)
        nn.init.normal_(self.attention.out_proj.weight, std=0.02)
        nn.init.zeros_(self.attention.in_proj_bias)
        nn.init.zeros_(self.attention.out_proj.bias)
        self.drop = nn.Dropout(p=0.1)
        self.norm1 = nn.LayerNorm(normalized_shape=64, eps=1e-12)
        self.feed = FeedForward()
        self.norm2 = nn.LayerNorm(normalized_shape=64, eps=1e-12)

    def forward(self, x: Tensor) -> Tensor:
        attention, _ = self.attention(x, x, x, need_weights=False)
        drop = self.drop(attention)
        both = x + drop
        norm1 = self.norm1(both)
        feed = self.feed(norm1)
        added = norm1 + feed
        norm2 = self.norm2(added)
        return norm2


class WordHead(nn.Module):
    """Block WordHead: x, vectors → y."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(in_features=64, out_features=64)
        nn.init.normal_(self.fc.weight, std=0.02)
        nn.init.zeros_(self.fc.bias)
        self.act = nn.GELU()
        self.norm = nn.LayerNorm(normalized_shape=64, eps=1e-12)
        self.scores = TiedLinear(out_features=48, bias=True)

    def forward(self, x: Tensor, vectors: Tensor) -> Tensor:
        fc = self.fc(x)
        act = self.act(fc)
        norm = self.norm(act)
        scores = self.scores(norm, vectors)
        return scores


class Pooler(nn.Module):
    """Block Pooler: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(in_features=64, out_features=64)
        nn.init.normal_(self.fc.weight, std=0.02)
        nn.init.zeros_(self.fc.bias)
        self.tanh = nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        first = x[:, 0]
        fc = self.fc(first)
        tanh = self.tanh(fc)
        return tanh


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.pairs = SentencePairs(first=45, between=46)
        self.hidden = MaskedTokens(vocabulary=47, mask=47, keep=(0, 45, 46))
        self.embeddings = Embeddings()
        self.layers = nn.Sequential(*(EncoderLayer() for _ in range(2)))
        self.guesses = WordHead()
        self.pooler = Pooler()
        self.words = nn.CrossEntropyLoss()
        self.guessed = Accuracy()
        self.answer = nn.Linear(in_features=64, out_features=2)
        self.follows = nn.CrossEntropyLoss()
        self.right = Accuracy()

    def forward(self, text_tokens: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        pairs_y, pairs_segment, pairs_follows = self.pairs(text_tokens)
        hidden_y, hidden_target = self.hidden(pairs_y)
        embeddings_y, embeddings_vectors = self.embeddings(hidden_y, pairs_segment)
        layers = self.layers(embeddings_y)  # N×19×64
        guesses = self.guesses(layers, embeddings_vectors)  # N×19×48
        pooler = self.pooler(layers)  # N×64
        answer = self.answer(pooler)  # N×2
        return pairs_follows, hidden_target, guesses, answer

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises words + follows; trains everything."""
        pairs_follows, hidden_target, guesses, answer = self(batch["text.tokens"])
        words = self.words(guesses.flatten(0, 1), hidden_target.flatten(0, 1))
        words = words.where((hidden_target != -100).any(), 0.0)
        follows = self.follows(answer, pairs_follows)
        follows = follows.where((pairs_follows != -100).any(), 0.0)
        return {"loss": words + follows, "words": words, "follows": follows}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        pairs_follows, hidden_target, guesses, answer = self(batch["text.tokens"])
        words = self.words(guesses.flatten(0, 1), hidden_target.flatten(0, 1))
        words = words.where((hidden_target != -100).any(), 0.0)
        guessed = self.guessed(guesses, hidden_target)
        follows = self.follows(answer, pairs_follows)
        follows = follows.where((pairs_follows != -100).any(), 0.0)
        right = self.right(answer, pairs_follows)
        count = (hidden_target != -100).sum()
        count_ = (pairs_follows != -100).sum()
        return {
            "words": weighted(words, count),
            "guessed": guessed,
            "follows": weighted(follows, count_),
            "right": right,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["words"]) + average(totals["follows"]),
            "words": average(totals["words"]),
            "follows": average(totals["follows"]),
            "guessed": self.guessed.value(totals["guessed"]).item(),
            "right": self.right.value(totals["right"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=0.003)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.003, total_steps=steps, pct_start=0.2
        )
