"""series-conv: 17,187 learnable parameters.

Three convolutions over time, each of which sees a longer stretch, and the mean
over all steps (after Wang, Yan & Oates, 2017).
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


class ConfusionMatrix(nn.Module):
    """Counts of (true class, class with the highest score); targets of -100 do not count."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        size = self.num_classes
        guess = input.argmax(1 if input.dim() > 3 else -1)
        cell = torch.where(target == -100, size * size, target * size + guess).flatten()
        counts = torch.zeros(size * size + 1, dtype=torch.long, device=input.device)
        return counts.scatter_add_(0, cell, torch.ones_like(cell))[:-1].view(size, size)

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(
            in_channels=2, out_channels=32, kernel_size=7, padding=3, bias=False
        )
        self.norm1 = nn.BatchNorm1d(num_features=32)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv1d(
            in_channels=32, out_channels=64, kernel_size=5, padding=2, bias=False
        )
        self.norm2 = nn.BatchNorm1d(num_features=64)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv1d(
            in_channels=64, out_channels=32, kernel_size=3, padding=1, bias=False
        )
        self.norm3 = nn.BatchNorm1d(num_features=32)
        self.relu3 = nn.ReLU()
        self.fc = nn.Linear(in_features=32, out_features=3)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=3)

    def forward(self, series_x: Tensor) -> Tensor:
        turn = series_x.permute(0, 2, 1)  # N×2×64
        conv1 = self.conv1(turn)  # N×32×64
        norm1 = self.norm1(conv1)  # N×32×64
        relu1 = self.relu1(norm1)  # N×32×64
        conv2 = self.conv2(relu1)  # N×64×64
        norm2 = self.norm2(conv2)  # N×64×64
        relu2 = self.relu2(norm2)  # N×64×64
        conv3 = self.conv3(relu2)  # N×32×64
        norm3 = self.norm3(conv3)  # N×32×64
        relu3 = self.relu3(norm3)  # N×32×64
        mean = relu3.mean((2,))  # N×32
        fc = self.fc(mean)  # N×3
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(batch["series.x"])
        loss = self.loss(fc, batch["series.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(batch["series.x"])
        loss = self.loss(fc, batch["series.label"])
        accuracy = self.accuracy(fc, batch["series.label"])
        confusion = self.confusion(fc, batch["series.label"])
        n = len(batch["series.x"])
        return {"loss": weighted(loss, n), "accuracy": accuracy, "confusion": confusion}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.002)
