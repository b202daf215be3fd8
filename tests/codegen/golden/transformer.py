"""transformer: 237,504 learnable parameters.

Attention is all you need (Vaswani et al., 2017), small: an encoder reads the
sentence, a decoder writes its translation and looks at all of it.
"""

import math

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


class Perplexity(nn.Module):
    """Exponential of the mean cross-entropy; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if input.dim() == 3:
            input, target = input.flatten(0, 1), target.flatten()
        loss = F.cross_entropy(input.float(), target, reduction="sum")
        return torch.stack((loss, (target != -100).sum().to(loss)))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return (total[0] / total[1]).exp()


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


class TiedLinear(nn.Module):
    """Scores of tokens by weights that another layer owns: V×F."""

    def __init__(self, out_features: int, bias: bool = False) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return F.linear(x, weight, self.bias)


class FeedForward(nn.Module):
    """Block FeedForward: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Linear(in_features=64, out_features=256)
        nn.init.xavier_uniform_(self.expand.weight, gain=1.0)
        self.act = nn.ReLU()
        self.drop1 = nn.Dropout(p=0.1)
        self.project = nn.Linear(in_features=256, out_features=64)
        nn.init.xavier_uniform_(self.project.weight, gain=1.0)
        self.drop2 = nn.Dropout(p=0.1)

    def forward(self, x: Tensor) -> Tensor:
        expand = self.expand(x)
        act = self.act(expand)
        drop1 = self.drop1(act)
        project = self.project(drop1)
        drop2 = self.drop2(project)
        return drop2


class EncoderLayer(nn.Module):
    """Block EncoderLayer: x, length → y."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(
            embed_dim=64, num_heads=4, dropout=0.1, batch_first=True
        )
        nn.init.xavier_uniform_(self.attention.in_proj_weight, gain=1.0)
        nn.init.xavier_uniform_(self.attention.out_proj.weight, gain=1.0)
        nn.init.zeros_(self.attention.in_proj_bias)
        nn.init.zeros_(self.attention.out_proj.bias)
        self.drop = nn.Dropout(p=0.1)
        self.norm1 = nn.LayerNorm(normalized_shape=64)
        self.feed = FeedForward()
        self.norm2 = nn.LayerNorm(normalized_shape=64)

    def forward(self, x: Tensor, length: Tensor) -> Tensor:
        _steps = torch.arange(x.size(1), device=x.device)
        _padding = _steps >= length.clamp(min=1).unsqueeze(1)
        attention, _ = self.attention(
            x, x, x, key_padding_mask=_padding, need_weights=False
        )
        drop = self.drop(attention)
        both = x + drop
        norm1 = self.norm1(both)
        feed = self.feed(norm1)
        added = norm1 + feed
        norm2 = self.norm2(added)
        return norm2


class DecoderLayer(nn.Module):
    """Block DecoderLayer: x, memory, memory_length → y."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(
            embed_dim=64, num_heads=4, dropout=0.1, batch_first=True
        )
        nn.init.xavier_uniform_(self.attention.in_proj_weight, gain=1.0)
        nn.init.xavier_uniform_(self.attention.out_proj.weight, gain=1.0)
        nn.init.zeros_(self.attention.in_proj_bias)
        nn.init.zeros_(self.attention.out_proj.bias)
        self.drop1 = nn.Dropout(p=0.1)
        self.norm1 = nn.LayerNorm(normalized_shape=64)
        self.cross = nn.MultiheadAttention(
            embed_dim=64, num_heads=4, dropout=0.1, batch_first=True
        )
        nn.init.xavier_uniform_(self.cross.in_proj_weight, gain=1.0)
        nn.init.xavier_uniform_(self.cross.out_proj.weight, gain=1.0)
        nn.init.zeros_(self.cross.in_proj_bias)
        nn.init.zeros_(self.cross.out_proj.bias)
        self.drop2 = nn.Dropout(p=0.1)
        self.norm2 = nn.LayerNorm(normalized_shape=64)
        self.feed = FeedForward()
        self.norm3 = nn.LayerNorm(normalized_shape=64)

    def forward(self, x: Tensor, memory: Tensor, memory_length: Tensor) -> Tensor:
        _mask = nn.Transformer.generate_square_subsequent_mask(
            x.size(1), device=x.device
        )
        attention, _ = self.attention(
            x, x, x, attn_mask=_mask, is_causal=True, need_weights=False
        )
        drop1 = self.drop1(attention)
        both = x + drop1
        norm1 = self.norm1(both)
        _steps = torch.arange(memory.size(1), device=memory.device)
        _padding = _steps >= memory_length.clamp(min=1).unsqueeze(1)
        cross, _ = self.cross(
            norm1, memory, memory, key_padding_mask=_padding, need_weights=False
        )
        drop2 = self.drop2(cross)
        mixed = norm1 + drop2
        norm2 = self.norm2(mixed)
        feed = self.feed(norm2)
        added = norm2 + feed
        norm3 = self.norm3(added)
        return norm3


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.words1 = nn.Embedding(num_embeddings=30, embedding_dim=64, padding_idx=0)
        nn.init.normal_(self.words1.weight, std=0.125)
        nn.init.zeros_(self.words1.weight[0])
        self.words2 = nn.Embedding(num_embeddings=33, embedding_dim=64, padding_idx=0)
        nn.init.normal_(self.words2.weight, std=0.125)
        nn.init.zeros_(self.words2.weight[0])
        self.places1 = PositionalEncoding(features=64, max_length=5000)
        self.places2 = PositionalEncoding(features=64, max_length=5000)
        self.drop1 = nn.Dropout(p=0.1)
        self.drop2 = nn.Dropout(p=0.1)
        self.encoder = nn.ModuleList(EncoderLayer() for _ in range(2))
        self.decoder = nn.ModuleList(DecoderLayer() for _ in range(2))
        self.head = TiedLinear(out_features=33)
        self.loss = nn.CrossEntropyLoss(label_smoothing=0.1)
        self.accuracy = Accuracy()
        self.perplexity = Perplexity()

    def forward(
        self, pairs_source: Tensor, pairs_source_length: Tensor, pairs_target: Tensor
    ) -> Tensor:
        words1 = self.words1(pairs_source)  # N×6×64
        words2_y = self.words2(pairs_target)
        words2_weight = self.words2.weight.index_fill(
            0, torch.tensor([0], device=self.words2.weight.device), 0.0
        )
        larger1 = 8.0 * words1  # N×6×64
        larger2 = 8.0 * words2_y  # N×6×64
        places1 = self.places1(larger1)  # N×6×64
        places2 = self.places2(larger2)  # N×6×64
        drop1 = self.drop1(places1)  # N×6×64
        drop2 = self.drop2(places2)  # N×6×64
        encoder = drop1
        for layer in self.encoder:
            encoder = layer(encoder, pairs_source_length)
        decoder = drop2
        for layer in self.decoder:
            decoder = layer(decoder, encoder, pairs_source_length)
        head = self.head(decoder, words2_weight)  # N×6×33
        return head

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        head = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        loss = self.loss(head.flatten(0, 1), batch["pairs.next"].flatten(0, 1))
        loss = loss.where((batch["pairs.next"] != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        head = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        loss = self.loss(head.flatten(0, 1), batch["pairs.next"].flatten(0, 1))
        loss = loss.where((batch["pairs.next"] != -100).any(), 0.0)
        accuracy = self.accuracy(head, batch["pairs.next"])
        perplexity = self.perplexity(head, batch["pairs.next"])
        count = (batch["pairs.next"] != -100).sum()
        return {
            "loss": weighted(loss, count),
            "accuracy": accuracy,
            "perplexity": perplexity,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
            "perplexity": self.perplexity.value(totals["perplexity"]).item(),
        }

    @torch.no_grad()
    def probe_translations(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        head = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        return head

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.003, betas=(0.9, 0.98))

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.003, total_steps=steps, pct_start=0.1
        )
