"""seq2seq-lstm: 150,081 learnable parameters.

Effective approaches to attention-based neural machine translation (Luong et al.,
2015): one LSTM reads a sentence, another begins where it ended and writes the
translation; at every word it looks at what was read.
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


class Perplexity(nn.Module):
    """Exponential of the mean cross-entropy; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if input.dim() == 3:
            input, target = input.flatten(0, 1), target.flatten()
        loss = F.cross_entropy(input.float(), target, reduction="sum")
        return torch.stack((loss, (target != -100).sum().to(loss)))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return (total[0] / total[1]).exp()


class ScaledDotProductAttention(nn.Module):
    """A weighted mean of values N×S×E (or N×H×S×E), by how well each key fits the query.

    `length` says how many keys of each example count. `mask` must spread over N×H×L×S:
    numbers are added to the scores, and False forbids.
    """

    def __init__(
        self,
        num_heads: int = 1,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        need_weights: bool = False,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout_p = dropout_p
        self.is_causal = is_causal
        self.scale = scale
        self.need_weights = need_weights

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        length: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        joined = query.dim() == 3
        if joined:
            query, key, value = (self.heads(x) for x in (query, key, value))
        mask = self.bias(query, key, length, mask)
        causal = self.is_causal and mask is None
        dropout = self.dropout_p if self.training else 0.0
        weights = None
        if self.need_weights:
            scale = query.size(-1) ** -0.5 if self.scale is None else self.scale
            scores = query @ key.transpose(-2, -1) * scale
            weights = (scores if mask is None else scores + mask).softmax(-1)
            y = F.dropout(weights, dropout) @ value
        else:
            y = F.scaled_dot_product_attention(
                query, key, value, mask, dropout, causal, scale=self.scale
            )
        y = y.transpose(1, 2).flatten(2) if joined else y
        return y if weights is None else (y, weights)

    def heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(2, (self.num_heads, -1)).transpose(1, 2)

    def bias(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        length: torch.Tensor | None,
        mask: torch.Tensor | None,
    ) -> torch.Tensor | None:
        # All that is added to the scores; None for nothing.
        if mask is not None and mask.dtype == torch.bool:
            mask = torch.where(mask, 0.0, torch.finfo(query.dtype).min / 2)
        alone = mask is None and length is None and not self.need_weights
        if self.is_causal and not alone:
            size = query.size(-2)
            later = torch.full((size, size), -torch.inf, device=query.device).triu(1)
            mask = later if mask is None else mask + later
        if length is not None:
            steps = torch.arange(key.size(-2), device=key.device)
            padding = steps >= length.clamp(min=1).view(-1, 1, 1, 1)
            beyond = torch.where(padding, -torch.inf, 0.0)
            mask = beyond if mask is None else mask + beyond
        return None if mask is None else mask.to(query.dtype)


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 5.0),)

    def __init__(self) -> None:
        super().__init__()
        self.words1 = nn.Embedding(num_embeddings=30, embedding_dim=64, padding_idx=0)
        self.words2 = nn.Embedding(num_embeddings=33, embedding_dim=64, padding_idx=0)
        self.reader = nn.LSTM(input_size=64, hidden_size=96, batch_first=True)
        self.writer = nn.LSTM(input_size=64, hidden_size=96, batch_first=True)
        self.attention = ScaledDotProductAttention(scale=1.0, need_weights=True)
        self.fc1 = nn.Linear(in_features=192, out_features=96, bias=False)
        self.tanh = nn.Tanh()
        self.drop = nn.Dropout(p=0.2)
        self.fc2 = nn.Linear(in_features=96, out_features=33)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.perplexity = Perplexity()

    def forward(
        self, pairs_source: Tensor, pairs_source_length: Tensor, pairs_target: Tensor
    ) -> tuple[Tensor, Tensor]:
        words1 = self.words1(pairs_source)  # N×6×64
        words2 = self.words2(pairs_target)  # N×6×64
        _packed = nn.utils.rnn.pack_padded_sequence(
            words1,
            pairs_source_length.clamp(min=1).cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        _packed, (_state, reader_cell) = self.reader(_packed)
        _state = _state * (pairs_source_length > 0).view(1, -1, 1)
        reader_cell = reader_cell * (pairs_source_length > 0).view(1, -1, 1)
        reader_state = _state.squeeze(0)
        reader_cell = reader_cell.squeeze(0)
        reader_y, _ = nn.utils.rnn.pad_packed_sequence(
            _packed, batch_first=True, total_length=words1.size(1)
        )
        reader_y = reader_y * (pairs_source_length > 0).view(-1, 1, 1)
        _state = reader_state.unsqueeze(0)
        _cell = reader_cell.unsqueeze(0)
        writer_y, _ = self.writer(words2, (_state, _cell))
        attention_y, attention_weights = self.attention(
            writer_y, reader_y, reader_y, pairs_source_length
        )
        join = torch.cat((attention_y, writer_y), dim=-1)  # N×6×192
        fc1 = self.fc1(join)  # N×6×96
        tanh = self.tanh(fc1)  # N×6×96
        drop = self.drop(tanh)  # N×6×96
        fc2 = self.fc2(drop)  # N×6×33
        return attention_weights, fc2

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        _, fc2 = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        loss = self.loss(fc2.flatten(0, 1), batch["pairs.next"].flatten(0, 1))
        loss = loss.where((batch["pairs.next"] != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        _, fc2 = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        loss = self.loss(fc2.flatten(0, 1), batch["pairs.next"].flatten(0, 1))
        loss = loss.where((batch["pairs.next"] != -100).any(), 0.0)
        accuracy = self.accuracy(fc2, batch["pairs.next"])
        perplexity = self.perplexity(fc2, batch["pairs.next"])
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
    def probe_look(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What this probe looks at."""
        words1 = self.words1(batch["pairs.source"])
        words2 = self.words2(batch["pairs.target"])
        _packed = nn.utils.rnn.pack_padded_sequence(
            words1,
            batch["pairs.source_length"].clamp(min=1).cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        _packed, (_state, reader_cell) = self.reader(_packed)
        _state = _state * (batch["pairs.source_length"] > 0).view(1, -1, 1)
        reader_cell = reader_cell * (batch["pairs.source_length"] > 0).view(1, -1, 1)
        reader_state = _state.squeeze(0)
        reader_cell = reader_cell.squeeze(0)
        reader_y, _ = nn.utils.rnn.pad_packed_sequence(
            _packed, batch_first=True, total_length=words1.size(1)
        )
        reader_y = reader_y * (batch["pairs.source_length"] > 0).view(-1, 1, 1)
        _state = reader_state.unsqueeze(0)
        _cell = reader_cell.unsqueeze(0)
        writer_y, _ = self.writer(words2, (_state, _cell))
        _, attention_weights = self.attention(
            writer_y, reader_y, reader_y, batch["pairs.source_length"]
        )
        return attention_weights, batch["pairs.target"], batch["pairs.source"]

    @torch.no_grad()
    def probe_translations(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        _, fc2 = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        return fc2

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.003)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=steps, eta_min=0.0
        )
