"""cnn1d-sound: 134,147 learnable parameters.

Convolutions along time over a spectrogram whose bands are the channels, and the
mean over all steps (after Dieleman & Schrauwen, 2014).
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


class MaskStripes(nn.Module):
    """Overwrites stretches of random place and length along one axis of each example; in training only."""

    def __init__(self, size: int, count: int, dim: int, fill: float = 0.0) -> None:
        super().__init__()
        self.size = size
        self.count = count
        self.dim = dim
        self.fill = fill

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        length = x.shape[self.dim]
        drawn, place = torch.rand(2, len(x), self.count, 1, device=x.device)
        size = (drawn * (min(self.size, length) + 1)).floor()  # 0 … size, all alike
        start = (place * (length - size + 1)).floor()
        places = torch.arange(length, device=x.device)
        hidden = ((places >= start) & (places < start + size)).any(1)
        shape = [1] * x.dim()
        shape[0], shape[self.dim] = len(x), length
        return x.masked_fill(hidden.view(shape), self.fill)


class Convolution(nn.Module):
    """Block Convolution: x → y."""

    def __init__(self, conv_in_channels: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            in_channels=conv_in_channels,
            out_channels=width,
            kernel_size=5,
            padding=2,
            bias=False,
        )
        self.norm = nn.BatchNorm1d(num_features=width)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool1d(kernel_size=2)

    def forward(self, x: Tensor) -> Tensor:
        conv = self.conv(x)
        norm = self.norm(conv)
        relu = self.relu(norm)
        pool = self.pool(relu)
        return pool


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.mask = MaskStripes(size=6, count=1, dim=-1)
        self.convs = nn.Sequential(
            Convolution(conv_in_channels=32, width=64),
            Convolution(conv_in_channels=64, width=128),
            Convolution(conv_in_channels=128, width=128),
        )
        self.mean = nn.AdaptiveAvgPool1d(output_size=1)
        self.flatten = nn.Flatten()
        self.drop = nn.Dropout(p=0.3)
        self.fc = nn.Linear(in_features=128, out_features=3)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=3)

    def forward(self, sounds_mel: Tensor) -> Tensor:
        mask = self.mask(sounds_mel)  # N×1×32×40
        bands = mask.reshape(len(mask), 32, 40)  # N×32×40
        convs = self.convs(bands)  # N×128×5
        mean = self.mean(convs)  # N×128×1
        flatten = self.flatten(mean)  # N×128
        drop = self.drop(flatten)  # N×128
        fc = self.fc(drop)  # N×3
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(batch["sounds.mel"])
        loss = self.loss(fc, batch["sounds.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(batch["sounds.mel"])
        loss = self.loss(fc, batch["sounds.label"])
        accuracy = self.accuracy(fc, batch["sounds.label"])
        confusion = self.confusion(fc, batch["sounds.label"])
        n = len(batch["sounds.mel"])
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
