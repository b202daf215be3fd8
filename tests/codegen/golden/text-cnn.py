"""text-cnn: 80,582 learnable parameters.

Convolutional neural networks for sentence classification (Kim, 2014): filters
over three, four and five words, each of which keeps the strongest answer of the
sentence.
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


class SequencePool(nn.Module):
    """One vector of each sequence N×L×F; only its first `length` steps count, at least one."""

    def __init__(self, mode: str = "mean") -> None:
        super().__init__()
        self.mode = mode

    def forward(
        self, x: torch.Tensor, length: torch.Tensor | None = None
    ) -> torch.Tensor:
        if self.mode == "first":
            return x[:, 0]
        steps = torch.arange(x.size(1), device=x.device)
        if length is None:
            length = torch.full((x.size(0),), x.size(1), device=x.device)
        counted = length.clamp(min=1).unsqueeze(1)
        if self.mode == "last":
            last = (counted - 1).unsqueeze(2).expand(-1, 1, x.size(2))
            return x.gather(1, last).squeeze(1)
        inside = (steps < counted).unsqueeze(2)
        if self.mode == "max":
            return x.masked_fill(~inside, -torch.inf).amax(1)
        return x.masked_fill(~inside, 0.0).sum(1) / counted


class Filters(nn.Module):
    """Block Filters: x, length → y."""

    def __init__(self, words: int, conv_padding: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            in_channels=64, out_channels=100, kernel_size=words, padding=conv_padding
        )
        self.relu = nn.ReLU()
        self.most = SequencePool(mode="max")

    def forward(self, x: Tensor, length: Tensor) -> Tensor:
        turn = x.permute(0, 2, 1)
        conv = self.conv(turn)
        relu = self.relu(conv)
        back = relu.permute(0, 2, 1)
        most = self.most(back, length)
        return most


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(
            num_embeddings=45, embedding_dim=64, padding_idx=0
        )
        self.three = Filters(words=3, conv_padding=1)
        self.four = Filters(words=4, conv_padding=2)
        self.five = Filters(words=5, conv_padding=2)
        self.drop = nn.Dropout(p=0.5)
        self.fc = nn.Linear(in_features=300, out_features=2)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=2)

    def forward(self, sentences_tokens: Tensor, sentences_length: Tensor) -> Tensor:
        embedding = self.embedding(sentences_tokens)  # N×16×64
        three = self.three(embedding, sentences_length)  # N×100
        four = self.four(embedding, sentences_length)  # N×100
        five = self.five(embedding, sentences_length)  # N×100
        join = torch.cat((three, four, five), dim=1)  # N×300
        drop = self.drop(join)  # N×300
        fc = self.fc(drop)  # N×2
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(batch["sentences.tokens"], batch["sentences.length"])
        loss = self.loss(fc, batch["sentences.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(batch["sentences.tokens"], batch["sentences.length"])
        loss = self.loss(fc, batch["sentences.label"])
        accuracy = self.accuracy(fc, batch["sentences.label"])
        confusion = self.confusion(fc, batch["sentences.label"])
        n = len(batch["sentences.tokens"])
        return {"loss": weighted(loss, n), "accuracy": accuracy, "confusion": confusion}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.001)
