"""vit-small: 102,666 learnable parameters.

An image is worth 16×16 words (Dosovitskiy et al., 2020), small: squares of a
picture become a sequence, and a learned token gathers from them what the picture
shows.
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


class ClassToken(nn.Module):
    """Puts one learned vector in front of every sequence N×L×F."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 1, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((self.weight.expand(x.size(0), -1, -1), x), dim=1)


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


class PatchEmbedding(nn.Module):
    """Cuts images N×C×H×W into squares, each a vector: N×L×F, row after row."""

    def __init__(
        self, in_channels: int, embedding_dim: int, patch_size: int, bias: bool = True
    ) -> None:
        super().__init__()
        self.projection = nn.Conv2d(
            in_channels, embedding_dim, patch_size, stride=patch_size, bias=bias
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.projection(x).flatten(2).transpose(1, 2)


class PositionEmbedding(nn.Module):
    """Adds a learned vector for each position to a sequence N×L×F."""

    def __init__(self, features: int, max_length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_length, features) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.size(1) > len(self.weight):
            most = len(self.weight)
            raise ValueError(f"{x.size(1)} steps, but max_length is {most}")
        return x + self.weight[: x.size(1)]


class FeedForward(nn.Module):
    """Block FeedForward: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Linear(in_features=64, out_features=128)
        self.act = nn.GELU()
        self.drop1 = nn.Dropout(p=0.1)
        self.project = nn.Linear(in_features=128, out_features=64)
        self.drop2 = nn.Dropout(p=0.1)

    def forward(self, x: Tensor) -> Tensor:
        expand = self.expand(x)
        act = self.act(expand)
        drop1 = self.drop1(act)
        project = self.project(drop1)
        drop2 = self.drop2(project)
        return drop2


class EncoderLayer(nn.Module):
    """Block EncoderLayer: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(normalized_shape=64)
        self.attention = nn.MultiheadAttention(
            embed_dim=64, num_heads=4, dropout=0.1, batch_first=True
        )
        self.drop = nn.Dropout(p=0.1)
        self.norm2 = nn.LayerNorm(normalized_shape=64)
        self.feed = FeedForward()

    def forward(self, x: Tensor) -> Tensor:
        norm1 = self.norm1(x)
        attention, _ = self.attention(norm1, norm1, norm1, need_weights=False)
        drop = self.drop(attention)
        both = x + drop
        norm2 = self.norm2(both)
        feed = self.feed(norm2)
        result = both + feed
        return result


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.patches = PatchEmbedding(in_channels=1, embedding_dim=64, patch_size=2)
        self.token = ClassToken(features=64)
        self.position = PositionEmbedding(features=64, max_length=17)
        self.layers = nn.Sequential(*(EncoderLayer() for _ in range(3)))
        self.norm = nn.LayerNorm(normalized_shape=64)
        self.fc = nn.Linear(in_features=64, out_features=10)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=10)

    def forward(self, digits_image: Tensor) -> Tensor:
        patches = self.patches(digits_image)  # N×16×64
        token = self.token(patches)  # N×17×64
        position = self.position(token)  # N×17×64
        layers = self.layers(position)  # N×17×64
        norm = self.norm(layers)  # N×17×64
        first = norm[:, 0]  # N×64
        fc = self.fc(first)  # N×10
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(batch["digits.image"])
        loss = self.loss(fc, batch["digits.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(batch["digits.image"])
        loss = self.loss(fc, batch["digits.label"])
        accuracy = self.accuracy(fc, batch["digits.label"])
        confusion = self.confusion(fc, batch["digits.label"])
        n = len(batch["digits.image"])
        return {"loss": weighted(loss, n), "accuracy": accuracy, "confusion": confusion}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=0.003, weight_decay=0.05)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.003, total_steps=steps, pct_start=0.2
        )
