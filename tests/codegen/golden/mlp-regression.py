"""mlp-regression: 385 learnable parameters.

A small network for numbers instead of classes. The target is standardised by the
training examples: an error of 1 is one standard deviation.
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
        self.fc1 = nn.Linear(in_features=10, out_features=32)
        self.relu1 = nn.ReLU()
        self.dropout = nn.Dropout(p=0.2)
        self.fc2 = nn.Linear(in_features=32, out_features=1)
        self.loss = nn.MSELoss()
        self.error = MeanAbsoluteError()
        self.r2 = R2Score()

    def forward(self, patients_features: Tensor) -> Tensor:
        fc1 = self.fc1(patients_features)  # N×32
        relu1 = self.relu1(fc1)  # N×32
        dropout = self.dropout(relu1)  # N×32
        fc2 = self.fc2(dropout)  # N×1
        return fc2

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc2 = self(batch["patients.features"])
        loss = self.loss(fc2, batch["patients.target"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc2 = self(batch["patients.features"])
        loss = self.loss(fc2, batch["patients.target"])
        error = self.error(fc2, batch["patients.target"])
        r2 = self.r2(fc2, batch["patients.target"])
        n = len(batch["patients.features"])
        return {"loss": weighted(loss, n), "error": error, "r2": r2}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "error": self.error.value(totals["error"]).item(),
            "r2": self.r2.value(totals["r2"]).item(),
        }

    @torch.no_grad()
    def progression(self, patients_features: Tensor) -> Tensor:
        """From patients_features N×10 to N×1."""
        fc2 = self(patients_features)
        return fc2

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.003, weight_decay=0.001)
