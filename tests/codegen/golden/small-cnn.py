"""small-cnn: 65,834 learnable parameters.

Two pairs of 3×3 convolutions with batch normalisation, each pair halving the
picture; then the mean of each channel decides.
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


class Convolutions(nn.Module):
    """Block Convolutions: x → y."""

    def __init__(self, conv1_in_channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels=conv1_in_channels,
            out_channels=width,
            kernel_size=3,
            padding=1,
            bias=False,
        )
        self.norm1 = nn.BatchNorm2d(num_features=width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(
            in_channels=width, out_channels=width, kernel_size=3, padding=1, bias=False
        )
        self.norm2 = nn.BatchNorm2d(num_features=width)
        self.relu2 = nn.ReLU()
        self.pool = nn.MaxPool2d(kernel_size=2)
        self.drop = nn.Dropout(p=0.1)

    def forward(self, x: Tensor) -> Tensor:
        conv1 = self.conv1(x)
        norm1 = self.norm1(conv1)
        relu1 = self.relu1(norm1)
        conv2 = self.conv2(relu1)
        norm2 = self.norm2(conv2)
        relu2 = self.relu2(norm2)
        pool = self.pool(relu2)
        drop = self.drop(pool)
        return drop


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.Sequential(
            Convolutions(conv1_in_channels=1, width=32),
            Convolutions(conv1_in_channels=32, width=64),
        )
        self.fc = nn.Linear(in_features=64, out_features=10)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()

    def forward(self, data_image: Tensor) -> Tensor:
        stages = self.stages(data_image)  # N×64×2×2
        mean = stages.mean((2, 3))  # N×64
        fc = self.fc(mean)  # N×10
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(batch["data.image"])
        loss = self.loss(fc, batch["data.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(batch["data.image"])
        loss = self.loss(fc, batch["data.label"])
        accuracy = self.accuracy(fc, batch["data.label"])
        n = len(batch["data.image"])
        return {"loss": weighted(loss, n), "accuracy": accuracy}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    @torch.no_grad()
    def scores(self, data_image: Tensor) -> Tensor:
        """From data_image N×1×8×8 to N×10."""
        fc = self(data_image)
        return fc

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=0.004)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.004, total_steps=steps, pct_start=0.3
        )
