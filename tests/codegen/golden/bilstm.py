"""bilstm: 35,203 learnable parameters.

Framewise phoneme classification with bidirectional LSTM (Graves & Schmidhuber,
2005): two readers, one from each end, of series of any length; the mean of what
they found at every step says the class.
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


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            input_size=2, hidden_size=64, bidirectional=True, batch_first=True
        )
        self.mean = SequencePool(mode="mean")
        self.drop = nn.Dropout(p=0.3)
        self.fc = nn.Linear(in_features=128, out_features=3)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.confusion = ConfusionMatrix(num_classes=3)

    def forward(self, series_x: Tensor, series_length: Tensor) -> Tensor:
        _packed = nn.utils.rnn.pack_padded_sequence(
            series_x,
            series_length.clamp(min=1).cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        _packed, _ = self.lstm(_packed)
        lstm_y, _ = nn.utils.rnn.pad_packed_sequence(
            _packed, batch_first=True, total_length=series_x.size(1)
        )
        lstm_y = lstm_y * (series_length > 0).view(-1, 1, 1)
        mean = self.mean(lstm_y, series_length)  # N×128
        drop = self.drop(mean)  # N×128
        fc = self.fc(drop)  # N×3
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(batch["series.x"], batch["series.length"])
        loss = self.loss(fc, batch["series.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(batch["series.x"], batch["series.length"])
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
        return torch.optim.Adam(self.parameters(), lr=0.005)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=steps, eta_min=0.0
        )
