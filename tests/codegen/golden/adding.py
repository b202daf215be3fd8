"""adding: 23,043 learnable parameters.

The adding problem: two of fifty numbers are marked, and their sum is to be said
at the end. An LSTM and a Transformer learn it, a plain recurrent network of the
same width does not (Hochreiter & Schmidhuber, 1997).
"""

import torch
from torch import Tensor, nn


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class R2Score(nn.Module):
    """1 - (sum of squared differences) / (sum of squared deviations of the target from its mean)."""

    def forward(
        self,
        input: torch.Tensor,
        target: torch.Tensor,
        length: torch.Tensor | None = None,
    ) -> torch.Tensor:
        # Squares of large numbers that lie close together differ in their last digits only.
        wide = torch.float32 if target.device.type == "mps" else torch.float64
        target = target.to(wide)
        error = (input - target).pow(2)
        counts = torch.ones_like(error)
        if length is not None:
            steps = torch.arange(error.shape[1], device=error.device)
            steps = steps < length.unsqueeze(1)
            steps = steps.reshape(*steps.shape, *[1] * (error.dim() - 2))
            counts = counts * steps
        return torch.stack(
            (
                counts.sum(),
                (target * counts).sum(),
                (target.pow(2) * counts).sum(),
                (error * counts).sum(),
            )
        )

    def value(self, total: torch.Tensor) -> torch.Tensor:
        count, summed, squares, error = total
        return (1 - error / (squares - summed.pow(2) / count)).float()


class Layer(nn.Module):
    """Block Layer: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(normalized_shape=32)
        self.attention = nn.MultiheadAttention(
            embed_dim=32, num_heads=4, batch_first=True
        )
        self.norm2 = nn.LayerNorm(normalized_shape=32)
        self.expand = nn.Linear(in_features=32, out_features=64)
        self.act = nn.GELU()
        self.project = nn.Linear(in_features=64, out_features=32)

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
        self.rnn = nn.RNN(input_size=2, hidden_size=32, batch_first=True)
        self.lstm = nn.LSTM(input_size=2, hidden_size=32, batch_first=True)
        self.vectors = nn.Linear(in_features=2, out_features=32)
        self.rnn_sum = nn.Linear(in_features=32, out_features=1)
        self.lstm_sum = nn.Linear(in_features=32, out_features=1)
        self.layers = nn.Sequential(*(Layer() for _ in range(2)))
        self.rnn_loss = nn.MSELoss()
        self.rnn_r2 = R2Score()
        self.lstm_loss = nn.MSELoss()
        self.lstm_r2 = R2Score()
        self.transformer_sum = nn.Linear(in_features=32, out_features=1)
        self.transformer_loss = nn.MSELoss()
        self.transformer_r2 = R2Score()

    def update_rnn(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises rnn_loss; trains rnn, rnn_sum."""
        _, rnn_last = self.rnn(batch["series.x"])
        rnn_last = rnn_last[-1]
        rnn_sum = self.rnn_sum(rnn_last)
        rnn_loss = self.rnn_loss(rnn_sum, batch["series.target"])
        return {"rnn_loss": rnn_loss}

    def update_lstm(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises lstm_loss; trains lstm, lstm_sum."""
        _, (lstm_last, _) = self.lstm(batch["series.x"])
        lstm_last = lstm_last[-1]
        lstm_sum = self.lstm_sum(lstm_last)
        lstm_loss = self.lstm_loss(lstm_sum, batch["series.target"])
        return {"lstm_loss": lstm_loss}

    def update_transformer(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises transformer_loss; trains vectors, layers, transformer_sum."""
        vectors = self.vectors(batch["series.x"])
        layers = self.layers(vectors)
        seen = layers[:, -1]
        transformer_sum = self.transformer_sum(seen)
        transformer_loss = self.transformer_loss(
            transformer_sum, batch["series.target"]
        )
        return {"transformer_loss": transformer_loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        _, rnn_last = self.rnn(batch["series.x"])
        rnn_last = rnn_last[-1]
        _, (lstm_last, _) = self.lstm(batch["series.x"])
        lstm_last = lstm_last[-1]
        vectors = self.vectors(batch["series.x"])
        rnn_sum = self.rnn_sum(rnn_last)
        lstm_sum = self.lstm_sum(lstm_last)
        layers = self.layers(vectors)
        rnn_loss = self.rnn_loss(rnn_sum, batch["series.target"])
        rnn_r2 = self.rnn_r2(rnn_sum, batch["series.target"])
        lstm_loss = self.lstm_loss(lstm_sum, batch["series.target"])
        lstm_r2 = self.lstm_r2(lstm_sum, batch["series.target"])
        seen = layers[:, -1]
        transformer_sum = self.transformer_sum(seen)
        transformer_loss = self.transformer_loss(
            transformer_sum, batch["series.target"]
        )
        transformer_r2 = self.transformer_r2(transformer_sum, batch["series.target"])
        n = len(batch["series.x"])
        return {
            "rnn_loss": weighted(rnn_loss, n),
            "rnn_r2": rnn_r2,
            "lstm_loss": weighted(lstm_loss, n),
            "lstm_r2": lstm_r2,
            "transformer_loss": weighted(transformer_loss, n),
            "transformer_r2": transformer_r2,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "rnn_loss": average(totals["rnn_loss"]),
            "lstm_loss": average(totals["lstm_loss"]),
            "transformer_loss": average(totals["transformer_loss"]),
            "rnn_r2": self.rnn_r2.value(totals["rnn_r2"]).item(),
            "lstm_r2": self.lstm_r2.value(totals["lstm_r2"]).item(),
            "transformer_r2": self.transformer_r2.value(
                totals["transformer_r2"]
            ).item(),
        }

    def optimizer_rnn(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            [*self.rnn.parameters(), *self.rnn_sum.parameters()], lr=0.008
        )

    def optimizer_lstm(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            [*self.lstm.parameters(), *self.lstm_sum.parameters()], lr=0.008
        )

    def optimizer_transformer(self) -> torch.optim.Optimizer:
        weights = [
            *self.vectors.parameters(),
            *self.layers.parameters(),
            *self.transformer_sum.parameters(),
        ]
        return torch.optim.Adam(weights, lr=0.008)
