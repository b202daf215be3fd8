"""translation-gru: 106,753 learnable parameters.

One GRU reads a sentence, another writes its translation and hears what was read
at every word (after Cho et al., 2014).
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


class Perplexity(nn.Module):
    """Exponential of the mean cross-entropy; targets of -100 do not count."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if input.dim() == 3:
            input, target = input.flatten(0, 1), target.flatten()
        loss = F.cross_entropy(input.float(), target, reduction="sum")
        return torch.stack((loss, (target != -100).sum().to(loss)))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return (total[0] / total[1]).exp()


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.words1 = nn.Embedding(num_embeddings=30, embedding_dim=64)
        self.words2 = nn.Embedding(num_embeddings=33, embedding_dim=64)
        self.reader = nn.GRU(input_size=64, hidden_size=96, batch_first=True)
        self.thought = nn.Linear(in_features=96, out_features=64)
        self.writer = nn.GRU(input_size=64, hidden_size=96, batch_first=True)
        self.fc = nn.Linear(in_features=96, out_features=33)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.perplexity = Perplexity()

    def forward(
        self, pairs_source: Tensor, pairs_source_length: Tensor, pairs_target: Tensor
    ) -> Tensor:
        words1 = self.words1(pairs_source)  # N×6×64
        words2 = self.words2(pairs_target)  # N×6×64
        _y, _ = self.reader(words1)
        _steps = torch.arange(words1.size(1), device=words1.device)
        _y = _y * (_steps < pairs_source_length.unsqueeze(1)).unsqueeze(2)
        _rows = torch.arange(_y.size(0), device=_y.device)
        reader_last = _y[_rows, pairs_source_length.clamp(min=1) - 1]
        thought = self.thought(reader_last)  # N×64
        row = thought.reshape(len(thought), 1, 64)  # N×1×64
        joined = words2 + row  # N×6×64
        writer_y, _ = self.writer(joined)
        fc = self.fc(writer_y)  # N×6×33
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        loss = self.loss(fc.flatten(0, 1), batch["pairs.next"].flatten(0, 1))
        loss = loss.where((batch["pairs.next"] != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(
            batch["pairs.source"], batch["pairs.source_length"], batch["pairs.target"]
        )
        loss = self.loss(fc.flatten(0, 1), batch["pairs.next"].flatten(0, 1))
        loss = loss.where((batch["pairs.next"] != -100).any(), 0.0)
        accuracy = self.accuracy(fc, batch["pairs.next"])
        perplexity = self.perplexity(fc, batch["pairs.next"])
        return {
            "loss": weighted(loss, (batch["pairs.next"] != -100).sum()),
            "accuracy": accuracy,
            "perplexity": perplexity,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
            "perplexity": self.perplexity.value(totals["perplexity"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.005)
