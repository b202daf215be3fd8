"""dlinear: 1,176 learnable parameters.

Are transformers effective for time series forecasting? (Zeng et al., 2023),
DLinear: a moving average splits a series into trend and remainder; one linear
layer each, the same for all variables, says how it goes on. All variables that
are seen are foretold.
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


class MovingAverage(nn.Module):
    """Mean of a window that moves along the steps; beyond the ends the first and last step go on."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.ends = ((kernel_size - 1) // 2, kernel_size // 2)
        self.pool = nn.AvgPool1d(kernel_size, stride=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.pad(x.transpose(1, 2), self.ends, mode="replicate")
        return self.pool(x).transpose(1, 2)


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
        self.trend = MovingAverage(kernel_size=25)
        self.fc1 = nn.Linear(in_features=48, out_features=12)
        self.fc2 = nn.Linear(in_features=48, out_features=12)
        self.loss = nn.MSELoss()
        self.error = MeanAbsoluteError()
        self.r2 = R2Score()

    def forward(self, series_x: Tensor) -> Tensor:
        trend = self.trend(series_x)  # N×48×1
        remainder = series_x - trend  # N×48×1
        turn1 = trend.permute(0, 2, 1)  # N×1×48
        turn2 = remainder.permute(0, 2, 1)  # N×1×48
        fc1 = self.fc1(turn1)  # N×1×12
        fc2 = self.fc2(turn2)  # N×1×12
        both = fc1 + fc2  # N×1×12
        back = both.permute(0, 2, 1)  # N×12×1
        return back

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        back = self(batch["series.x"])
        loss = self.loss(back, batch["series.y"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        back = self(batch["series.x"])
        loss = self.loss(back, batch["series.y"])
        error = self.error(back, batch["series.y"])
        r2 = self.r2(back, batch["series.y"])
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
        back = self(batch["series.x"])
        return back, batch["series.y"], batch["series.x"]

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.005)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.StepLR(
            optimizer, step_size=1 * epoch_steps, gamma=0.5
        )
