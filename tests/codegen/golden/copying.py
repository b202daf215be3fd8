"""copying: 113,304 learnable parameters.

The copying problem: four letters, a long wait, then the letters are asked for. An
LSTM and a Transformer learn to keep them, a plain recurrent network of the same
width does not (Hochreiter & Schmidhuber, 1997).
"""

import torch
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


class Layer(nn.Module):
    """Block Layer: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(normalized_shape=64)
        self.attention = nn.MultiheadAttention(
            embed_dim=64, num_heads=4, batch_first=True
        )
        self.norm2 = nn.LayerNorm(normalized_shape=64)
        self.expand = nn.Linear(in_features=64, out_features=128)
        self.act = nn.GELU()
        self.project = nn.Linear(in_features=128, out_features=64)

    def forward(self, x: Tensor) -> Tensor:
        norm1 = self.norm1(x)
        _mask = nn.Transformer.generate_square_subsequent_mask(
            norm1.size(1), device=norm1.device
        )
        attention, _ = self.attention(
            norm1, norm1, norm1, attn_mask=_mask, is_causal=True, need_weights=False
        )
        both = x + attention
        norm2 = self.norm2(both)
        expand = self.expand(norm2)
        act = self.act(expand)
        project = self.project(act)
        result = both + project
        return result


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("rnn", 1, 1.0), ("lstm", 1, 1.0), ("transformer", 1, 1.0))

    def __init__(self) -> None:
        super().__init__()
        self.rnn_vectors = nn.Embedding(num_embeddings=10, embedding_dim=64)
        self.lstm_vectors = nn.Embedding(num_embeddings=10, embedding_dim=64)
        self.vectors = nn.Embedding(num_embeddings=10, embedding_dim=64)
        self.rnn = nn.RNN(input_size=64, hidden_size=64, batch_first=True)
        self.lstm = nn.LSTM(input_size=64, hidden_size=64, batch_first=True)
        self.position = PositionEmbedding(features=64, max_length=20)
        self.rnn_letter = nn.Linear(in_features=64, out_features=8)
        self.lstm_letter = nn.Linear(in_features=64, out_features=8)
        self.layers = nn.Sequential(*(Layer() for _ in range(2)))
        self.rnn_loss = nn.CrossEntropyLoss()
        self.rnn_right = Accuracy()
        self.lstm_loss = nn.CrossEntropyLoss()
        self.lstm_right = Accuracy()
        self.transformer_letter = nn.Linear(in_features=64, out_features=8)
        self.transformer_loss = nn.CrossEntropyLoss()
        self.transformer_right = Accuracy()

    def update_rnn(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises rnn_loss; trains rnn_vectors, rnn, rnn_letter."""
        rnn_vectors = self.rnn_vectors(batch["letters.tokens"])
        rnn_y, _ = self.rnn(rnn_vectors)
        rnn_letter = self.rnn_letter(rnn_y)
        rnn_loss = self.rnn_loss(
            rnn_letter.flatten(0, 1), batch["letters.target"].flatten(0, 1)
        )
        rnn_loss = rnn_loss.where((batch["letters.target"] != -100).any(), 0.0)
        return {"rnn_loss": rnn_loss}

    def update_lstm(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises lstm_loss; trains lstm_vectors, lstm, lstm_letter."""
        lstm_vectors = self.lstm_vectors(batch["letters.tokens"])
        lstm_y, _ = self.lstm(lstm_vectors)
        lstm_letter = self.lstm_letter(lstm_y)
        lstm_loss = self.lstm_loss(
            lstm_letter.flatten(0, 1), batch["letters.target"].flatten(0, 1)
        )
        lstm_loss = lstm_loss.where((batch["letters.target"] != -100).any(), 0.0)
        return {"lstm_loss": lstm_loss}

    def update_transformer(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises transformer_loss; trains vectors, position, layers,
        transformer_letter.
        """
        vectors = self.vectors(batch["letters.tokens"])
        position = self.position(vectors)
        layers = self.layers(position)
        transformer_letter = self.transformer_letter(layers)
        transformer_loss = self.transformer_loss(
            transformer_letter.flatten(0, 1), batch["letters.target"].flatten(0, 1)
        )
        transformer_loss = transformer_loss.where(
            (batch["letters.target"] != -100).any(), 0.0
        )
        return {"transformer_loss": transformer_loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        rnn_vectors = self.rnn_vectors(batch["letters.tokens"])
        lstm_vectors = self.lstm_vectors(batch["letters.tokens"])
        vectors = self.vectors(batch["letters.tokens"])
        rnn_y, _ = self.rnn(rnn_vectors)
        lstm_y, _ = self.lstm(lstm_vectors)
        position = self.position(vectors)
        rnn_letter = self.rnn_letter(rnn_y)
        lstm_letter = self.lstm_letter(lstm_y)
        layers = self.layers(position)
        rnn_loss = self.rnn_loss(
            rnn_letter.flatten(0, 1), batch["letters.target"].flatten(0, 1)
        )
        rnn_loss = rnn_loss.where((batch["letters.target"] != -100).any(), 0.0)
        rnn_right = self.rnn_right(rnn_letter, batch["letters.target"])
        lstm_loss = self.lstm_loss(
            lstm_letter.flatten(0, 1), batch["letters.target"].flatten(0, 1)
        )
        lstm_loss = lstm_loss.where((batch["letters.target"] != -100).any(), 0.0)
        lstm_right = self.lstm_right(lstm_letter, batch["letters.target"])
        transformer_letter = self.transformer_letter(layers)
        transformer_loss = self.transformer_loss(
            transformer_letter.flatten(0, 1), batch["letters.target"].flatten(0, 1)
        )
        transformer_loss = transformer_loss.where(
            (batch["letters.target"] != -100).any(), 0.0
        )
        transformer_right = self.transformer_right(
            transformer_letter, batch["letters.target"]
        )
        count = (batch["letters.target"] != -100).sum()
        count_ = (batch["letters.target"] != -100).sum()
        count__ = (batch["letters.target"] != -100).sum()
        return {
            "rnn_loss": weighted(rnn_loss, count),
            "rnn_right": rnn_right,
            "lstm_loss": weighted(lstm_loss, count_),
            "lstm_right": lstm_right,
            "transformer_loss": weighted(transformer_loss, count__),
            "transformer_right": transformer_right,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "rnn_loss": average(totals["rnn_loss"]),
            "lstm_loss": average(totals["lstm_loss"]),
            "transformer_loss": average(totals["transformer_loss"]),
            "rnn_right": self.rnn_right.value(totals["rnn_right"]).item(),
            "lstm_right": self.lstm_right.value(totals["lstm_right"]).item(),
            "transformer_right": self.transformer_right.value(
                totals["transformer_right"]
            ).item(),
        }

    def optimizer_rnn(self) -> torch.optim.Optimizer:
        weights = [
            *self.rnn_vectors.parameters(),
            *self.rnn.parameters(),
            *self.rnn_letter.parameters(),
        ]
        return torch.optim.Adam(weights, lr=0.006)

    def optimizer_lstm(self) -> torch.optim.Optimizer:
        weights = [
            *self.lstm_vectors.parameters(),
            *self.lstm.parameters(),
            *self.lstm_letter.parameters(),
        ]
        return torch.optim.Adam(weights, lr=0.006)

    def optimizer_transformer(self) -> torch.optim.Optimizer:
        weights = [
            *self.vectors.parameters(),
            *self.position.parameters(),
            *self.layers.parameters(),
            *self.transformer_letter.parameters(),
        ]
        return torch.optim.Adam(weights, lr=0.006)
