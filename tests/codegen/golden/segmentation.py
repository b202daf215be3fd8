"""segmentation: 57,955 learnable parameters.

A small U-Net: halved twice, widened twice, with the finer pictures joined on the
way back (after Ronneberger, Fischer & Brox, 2015).
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


class F1Score(nn.Module):
    """Mean over the classes that occur of 2·precision·recall / (precision + recall); -100 does not count."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guess = input.argmax(1 if input.dim() > 3 else -1)
        spare = (
            self.num_classes
        )  # a bin for what does not count, so that no size depends on the data
        right = torch.where(guess == target, target, spare)
        guess = torch.where(target == -100, spare, guess)
        bins = torch.stack(
            (right, guess, torch.where(target == -100, spare, target))
        ).flatten(1)
        counts = torch.zeros(3, spare + 1, dtype=torch.long, device=input.device)
        return counts.scatter_add_(1, bins, torch.ones_like(bins))[:, :-1]

    def value(self, total: torch.Tensor) -> torch.Tensor:
        right, guessed, actual = total
        occurs = guessed + actual > 0
        return (2 * right / (guessed + actual).clamp(min=1)).sum() / occurs.sum()


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(in_channels=1, out_channels=16, kernel_size=3, padding=1)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(kernel_size=2)
        self.down2 = nn.Conv2d(
            in_channels=16, out_channels=32, kernel_size=3, padding=1
        )
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(kernel_size=2)
        self.middle = nn.Conv2d(
            in_channels=32, out_channels=64, kernel_size=3, padding=1
        )
        self.relu3 = nn.ReLU()
        self.wide2 = nn.Upsample(scale_factor=2)
        self.up2 = nn.Conv2d(in_channels=96, out_channels=32, kernel_size=3, padding=1)
        self.relu4 = nn.ReLU()
        self.wide1 = nn.Upsample(scale_factor=2)
        self.up1 = nn.Conv2d(in_channels=48, out_channels=16, kernel_size=3, padding=1)
        self.relu5 = nn.ReLU()
        self.scores = nn.Conv2d(in_channels=16, out_channels=3, kernel_size=1)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.f1 = F1Score(num_classes=3)

    def forward(self, pictures_image: Tensor) -> Tensor:
        down1 = self.down1(pictures_image)  # N×16×32×32
        relu1 = self.relu1(down1)  # N×16×32×32
        pool1 = self.pool1(relu1)  # N×16×16×16
        down2 = self.down2(pool1)  # N×32×16×16
        relu2 = self.relu2(down2)  # N×32×16×16
        pool2 = self.pool2(relu2)  # N×32×8×8
        middle = self.middle(pool2)  # N×64×8×8
        relu3 = self.relu3(middle)  # N×64×8×8
        wide2 = self.wide2(relu3)  # N×64×16×16
        join2 = torch.cat((relu2, wide2), dim=1)  # N×96×16×16
        up2 = self.up2(join2)  # N×32×16×16
        relu4 = self.relu4(up2)  # N×32×16×16
        wide1 = self.wide1(relu4)  # N×32×32×32
        join1 = torch.cat((relu1, wide1), dim=1)  # N×48×32×32
        up1 = self.up1(join1)  # N×16×32×32
        relu5 = self.relu5(up1)  # N×16×32×32
        scores = self.scores(relu5)  # N×3×32×32
        return scores

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        scores = self(batch["pictures.image"])
        loss = self.loss(scores, batch["pictures.mask"])
        loss = loss.where((batch["pictures.mask"] != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        scores = self(batch["pictures.image"])
        loss = self.loss(scores, batch["pictures.mask"])
        loss = loss.where((batch["pictures.mask"] != -100).any(), 0.0)
        accuracy = self.accuracy(scores, batch["pictures.mask"])
        f1 = self.f1(scores, batch["pictures.mask"])
        return {
            "loss": weighted(loss, (batch["pictures.mask"] != -100).sum()),
            "accuracy": accuracy,
            "f1": f1,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
            "f1": self.f1.value(totals["f1"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.002)
