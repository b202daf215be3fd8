"""lenet5: 61,706 learnable parameters.

LeNet-5 for 1×32×32 images: two convolutions with tanh and average pooling, then
three fully connected layers (LeCun, Bottou, Bengio & Haffner, 1998; all 16 maps
of C3 see all 6 of S2, linear output). Images are scaled to 28×28 and padded with
a border, as in the paper.
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
        self.conv1 = nn.Conv2d(in_channels=1, out_channels=6, kernel_size=5)
        self.tanh1 = nn.Tanh()
        self.pool1 = nn.AvgPool2d(kernel_size=2)
        self.conv2 = nn.Conv2d(in_channels=6, out_channels=16, kernel_size=5)
        self.tanh2 = nn.Tanh()
        self.pool2 = nn.AvgPool2d(kernel_size=2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(in_features=400, out_features=120)
        self.tanh3 = nn.Tanh()
        self.fc2 = nn.Linear(in_features=120, out_features=84)
        self.tanh4 = nn.Tanh()
        self.fc3 = nn.Linear(in_features=84, out_features=10)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=10)

    def forward(self, digits_image: Tensor) -> Tensor:
        resize = F.interpolate(digits_image, size=(28, 28), mode="bilinear")
        pad = F.pad(resize, (2, 2, 2, 2))  # N×1×32×32
        conv1 = self.conv1(pad)  # N×6×28×28
        tanh1 = self.tanh1(conv1)  # N×6×28×28
        pool1 = self.pool1(tanh1)  # N×6×14×14
        conv2 = self.conv2(pool1)  # N×16×10×10
        tanh2 = self.tanh2(conv2)  # N×16×10×10
        pool2 = self.pool2(tanh2)  # N×16×5×5
        flatten = self.flatten(pool2)  # N×400
        fc1 = self.fc1(flatten)  # N×120
        tanh3 = self.tanh3(fc1)  # N×120
        fc2 = self.fc2(tanh3)  # N×84
        tanh4 = self.tanh4(fc2)  # N×84
        fc3 = self.fc3(tanh4)  # N×10
        return fc3

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc3 = self(batch["digits.image"])
        loss = self.loss(fc3, batch["digits.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc3 = self(batch["digits.image"])
        loss = self.loss(fc3, batch["digits.label"])
        accuracy = self.accuracy(fc3, batch["digits.label"])
        confusion = self.confusion(fc3, batch["digits.label"])
        n = len(batch["digits.image"])
        return {"loss": weighted(loss, n), "accuracy": accuracy, "confusion": confusion}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    @torch.no_grad()
    def digit(self, digits_image: Tensor) -> Tensor:
        """From digits_image N×1×8×8 to N×10."""
        fc3 = self(digits_image)
        return fc3

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.002)
