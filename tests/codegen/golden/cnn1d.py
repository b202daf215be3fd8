"""cnn1d: 67,395 learnable parameters.

Time series classification from scratch with deep neural networks (Wang, Yan &
Oates, 2017): three convolutions along time, and the mean over all steps.
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


class Convolution(nn.Module):
    """Block Convolution: x → y."""

    def __init__(
        self, conv_in_channels: int, width: int, kernel: int, conv_padding: int
    ) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            in_channels=conv_in_channels,
            out_channels=width,
            kernel_size=kernel,
            padding=conv_padding,
            bias=False,
        )
        self.norm = nn.BatchNorm1d(num_features=width)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        conv = self.conv(x)
        norm = self.norm(conv)
        relu = self.relu(norm)
        return relu


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = Convolution(conv_in_channels=2, width=64, kernel=9, conv_padding=4)
        self.conv2 = Convolution(
            conv_in_channels=64, width=128, kernel=5, conv_padding=2
        )
        self.conv3 = Convolution(
            conv_in_channels=128, width=64, kernel=3, conv_padding=1
        )
        self.mean = nn.AdaptiveAvgPool1d(output_size=1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(in_features=64, out_features=3)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=3)

    def forward(self, series_x: Tensor) -> Tensor:
        turn = series_x.permute(0, 2, 1)  # N×2×64
        conv1 = self.conv1(turn)  # N×64×64
        conv2 = self.conv2(conv1)  # N×128×64
        conv3 = self.conv3(conv2)  # N×64×64
        mean = self.mean(conv3)  # N×64×1
        flatten = self.flatten(mean)  # N×64
        fc = self.fc(flatten)  # N×3
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
        return torch.optim.Adam(self.parameters(), lr=0.003)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=steps, eta_min=0.0
        )
