"""gcn: 594 learnable parameters.

Two graph convolutions with 16 hidden units and dropout; most nodes have no label
(Kipf & Welling, 2017).
"""

import torch
import torch_geometric.nn as gnn
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
        self.drop1 = nn.Dropout(p=0.5)
        self.gcn1 = gnn.GCNConv(in_channels=34, out_channels=16)
        self.relu = nn.ReLU()
        self.drop2 = nn.Dropout(p=0.5)
        self.gcn2 = gnn.GCNConv(in_channels=16, out_channels=2)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=2)

    def forward(self, club_x: Tensor, club_edges: Tensor) -> Tensor:
        drop1 = self.drop1(club_x)  # V×34
        gcn1 = self.gcn1(drop1, club_edges)  # V×16
        relu = self.relu(gcn1)  # V×16
        drop2 = self.drop2(relu)  # V×16
        gcn2 = self.gcn2(drop2, club_edges)  # V×2
        return gcn2

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        gcn2 = self(batch["club.x"], batch["club.edges"])
        loss = self.loss(gcn2, batch["club.label"])
        loss = loss.where((batch["club.label"] != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        gcn2 = self(batch["club.x"], batch["club.edges"])
        loss = self.loss(gcn2, batch["club.label"])
        loss = loss.where((batch["club.label"] != -100).any(), 0.0)
        accuracy = self.accuracy(gcn2, batch["club.label"])
        confusion = self.confusion(gcn2, batch["club.label"])
        count = (batch["club.label"] != -100).sum()
        return {
            "loss": weighted(loss, count),
            "accuracy": accuracy,
            "confusion": confusion,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.01, weight_decay=0.0005)
