"""graph-classifier: 5,826 learnable parameters.

Three GraphSAGE layers that add up what neighbours say, then the sum of all nodes
of a graph (after Xu, Hu, Leskovec & Jegelka, 2019).
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
        self.conv1 = gnn.SAGEConv(in_channels=8, out_channels=32, aggr="sum")
        self.relu1 = nn.ReLU()
        self.conv2 = gnn.SAGEConv(in_channels=32, out_channels=32, aggr="sum")
        self.relu2 = nn.ReLU()
        self.conv3 = gnn.SAGEConv(in_channels=32, out_channels=32, aggr="sum")
        self.relu3 = nn.ReLU()
        self.pool = gnn.MeanAggregation()
        self.fc1 = nn.Linear(in_features=32, out_features=32)
        self.relu4 = nn.ReLU()
        self.drop = nn.Dropout(p=0.2)
        self.fc2 = nn.Linear(in_features=32, out_features=2)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=2)

    def forward(
        self, graphs_x: Tensor, graphs_edges: Tensor, graphs_graph: Tensor
    ) -> Tensor:
        conv1 = self.conv1(graphs_x, graphs_edges)  # V×32
        relu1 = self.relu1(conv1)  # V×32
        conv2 = self.conv2(relu1, graphs_edges)  # V×32
        relu2 = self.relu2(conv2)  # V×32
        conv3 = self.conv3(relu2, graphs_edges)  # V×32
        relu3 = self.relu3(conv3)  # V×32
        pool = self.pool(relu3, graphs_graph)  # N×32
        fc1 = self.fc1(pool)  # N×32
        relu4 = self.relu4(fc1)  # N×32
        drop = self.drop(relu4)  # N×32
        fc2 = self.fc2(drop)  # N×2
        return fc2

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc2 = self(batch["graphs.x"], batch["graphs.edges"], batch["graphs.graph"])
        loss = self.loss(fc2, batch["graphs.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc2 = self(batch["graphs.x"], batch["graphs.edges"], batch["graphs.graph"])
        loss = self.loss(fc2, batch["graphs.label"])
        accuracy = self.accuracy(fc2, batch["graphs.label"])
        confusion = self.confusion(fc2, batch["graphs.label"])
        n = len(batch["graphs.label"])
        return {"loss": weighted(loss, n), "accuracy": accuracy, "confusion": confusion}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.003)
