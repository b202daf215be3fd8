"""lstm-forecast: 10,380 learnable parameters.

An LSTM reads a window of a series; one linear layer says the steps that follow
(Hochreiter & Schmidhuber, 1997).
"""

import torch
from torch import Tensor, nn


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class MeanAbsoluteError(nn.Module):
    """Mean of the absolute differences."""

    def forward(
        self,
        input: torch.Tensor,
        target: torch.Tensor,
        length: torch.Tensor | None = None,
    ) -> torch.Tensor:
        error = (input - target).float().abs()
        counts = torch.ones_like(error)
        if length is not None:
            steps = torch.arange(error.shape[1], device=error.device)
            steps = steps < length.unsqueeze(1)
            steps = steps.reshape(*steps.shape, *[1] * (error.dim() - 2))
            counts = counts * steps
        return torch.stack(((error * counts).sum(), counts.sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]


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
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=48, batch_first=True)
        self.fc = nn.Linear(in_features=48, out_features=12)
        self.loss = nn.MSELoss()
        self.error = MeanAbsoluteError()
        self.r2 = R2Score()

    def forward(self, series_x: Tensor) -> Tensor:
        _, (lstm_last, _) = self.lstm(series_x)
        lstm_last = lstm_last[-1]
        fc = self.fc(lstm_last)  # N×12
        shape = fc.reshape(len(fc), 12, 1)  # N×12×1
        return shape

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        shape = self(batch["series.x"])
        loss = self.loss(shape, batch["series.y"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        shape = self(batch["series.x"])
        loss = self.loss(shape, batch["series.y"])
        error = self.error(shape, batch["series.y"])
        r2 = self.r2(shape, batch["series.y"])
        n = len(batch["series.x"])
        return {"loss": weighted(loss, n), "error": error, "r2": r2}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "error": self.error.value(totals["error"]).item(),
            "r2": self.r2.value(totals["r2"]).item(),
        }

    @torch.no_grad()
    def probe_forecast(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What this probe looks at."""
        shape = self(batch["series.x"])
        return shape, batch["series.y"], batch["series.x"]

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.005)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=steps, eta_min=0.0
        )
