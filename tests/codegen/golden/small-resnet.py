"""small-resnet: 173,842 learnable parameters.

A residual network for small pictures (after He et al., 2015): three pairs of
convolutions, each beside a shortcut.
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


class Residual(nn.Module):
    """Block Residual: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels=24, out_channels=24, kernel_size=3, padding=1, bias=False
        )
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        self.norm1 = nn.BatchNorm2d(num_features=24)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(
            in_channels=24, out_channels=24, kernel_size=3, padding=1, bias=False
        )
        nn.init.kaiming_normal_(self.conv2.weight, mode="fan_out", nonlinearity="relu")
        self.norm2 = nn.BatchNorm2d(num_features=24)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        conv1 = self.conv1(x)
        norm1 = self.norm1(conv1)
        relu1 = self.relu1(norm1)
        conv2 = self.conv2(relu1)
        norm2 = self.norm2(conv2)
        both = norm2 + x
        relu2 = self.relu2(both)
        return relu2


class Projection(nn.Module):
    """Block Projection: x → y."""

    def __init__(self, conv1_in_channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels=conv1_in_channels,
            out_channels=width,
            kernel_size=3,
            stride=2,
            padding=1,
            bias=False,
        )
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        self.shortcut = nn.Conv2d(
            in_channels=conv1_in_channels,
            out_channels=width,
            kernel_size=1,
            stride=2,
            bias=False,
        )
        nn.init.kaiming_normal_(
            self.shortcut.weight, mode="fan_out", nonlinearity="relu"
        )
        self.norm1 = nn.BatchNorm2d(num_features=width)
        self.norm3 = nn.BatchNorm2d(num_features=width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(
            in_channels=width, out_channels=width, kernel_size=3, padding=1, bias=False
        )
        nn.init.kaiming_normal_(self.conv2.weight, mode="fan_out", nonlinearity="relu")
        self.norm2 = nn.BatchNorm2d(num_features=width)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        conv1 = self.conv1(x)
        shortcut = self.shortcut(x)
        norm1 = self.norm1(conv1)
        norm3 = self.norm3(shortcut)
        relu1 = self.relu1(norm1)
        conv2 = self.conv2(relu1)
        norm2 = self.norm2(conv2)
        both = norm2 + norm3
        relu2 = self.relu2(both)
        return relu2


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(
            in_channels=1, out_channels=24, kernel_size=3, padding=1, bias=False
        )
        nn.init.kaiming_normal_(self.stem.weight, mode="fan_out", nonlinearity="relu")
        self.norm = nn.BatchNorm2d(num_features=24)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(kernel_size=2)
        self.keep = Residual()
        self.shrink = nn.Sequential(
            Projection(conv1_in_channels=24, width=48),
            Projection(conv1_in_channels=48, width=96),
        )
        self.fc = nn.Linear(in_features=96, out_features=10)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()

    def forward(self, data_image: Tensor) -> Tensor:
        stem = self.stem(data_image)  # N×24×8×8
        norm = self.norm(stem)  # N×24×8×8
        relu = self.relu(norm)  # N×24×8×8
        pool = self.pool(relu)  # N×24×4×4
        keep = self.keep(pool)  # N×24×4×4
        shrink = self.shrink(keep)  # N×96×1×1
        mean = shrink.mean((2, 3))  # N×96
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
        return torch.optim.SGD(
            self.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.0005
        )

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.1, total_steps=steps, pct_start=0.3
        )
