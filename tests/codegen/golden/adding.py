"""adding: 5,826 learnable parameters.

The adding problem: two of fifty numbers are marked, and their sum is to be said
at the end. An LSTM learns it, a plain recurrent network of the same width does
not (Hochreiter & Schmidhuber, 1997).
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


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(input_size=2, hidden_size=32, batch_first=True)
        self.lstm = nn.LSTM(input_size=2, hidden_size=32, batch_first=True)
        self.rnn_sum = nn.Linear(in_features=32, out_features=1)
        self.lstm_sum = nn.Linear(in_features=32, out_features=1)
        self.rnn_loss = nn.MSELoss()
        self.rnn_r2 = R2Score()
        self.lstm_loss = nn.MSELoss()
        self.lstm_r2 = R2Score()

    def forward(self, series_x: Tensor) -> tuple[Tensor, Tensor]:
        _, rnn_last = self.rnn(series_x)
        rnn_last = rnn_last[-1]
        _, (lstm_last, _) = self.lstm(series_x)
        lstm_last = lstm_last[-1]
        rnn_sum = self.rnn_sum(rnn_last)  # N×1
        lstm_sum = self.lstm_sum(lstm_last)  # N×1
        return rnn_sum, lstm_sum

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises rnn_loss + lstm_loss; trains everything."""
        rnn_sum, lstm_sum = self(batch["series.x"])
        rnn_loss = self.rnn_loss(rnn_sum, batch["series.target"])
        lstm_loss = self.lstm_loss(lstm_sum, batch["series.target"])
        return {
            "loss": rnn_loss + lstm_loss,
            "rnn_loss": rnn_loss,
            "lstm_loss": lstm_loss,
        }

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        rnn_sum, lstm_sum = self(batch["series.x"])
        rnn_loss = self.rnn_loss(rnn_sum, batch["series.target"])
        rnn_r2 = self.rnn_r2(rnn_sum, batch["series.target"])
        lstm_loss = self.lstm_loss(lstm_sum, batch["series.target"])
        lstm_r2 = self.lstm_r2(lstm_sum, batch["series.target"])
        n = len(batch["series.x"])
        return {
            "rnn_loss": weighted(rnn_loss, n),
            "rnn_r2": rnn_r2,
            "lstm_loss": weighted(lstm_loss, n),
            "lstm_r2": lstm_r2,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["rnn_loss"]) + average(totals["lstm_loss"]),
            "rnn_loss": average(totals["rnn_loss"]),
            "lstm_loss": average(totals["lstm_loss"]),
            "rnn_r2": self.rnn_r2.value(totals["rnn_r2"]).item(),
            "lstm_r2": self.lstm_r2.value(totals["lstm_r2"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.005)
