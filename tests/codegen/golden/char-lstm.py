"""char-lstm: 222,816 learnable parameters.

A recurrent language model over characters (after Karpathy, 2015).
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
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_embeddings=96, embedding_dim=64)
        self.lstm1 = nn.LSTM(input_size=64, hidden_size=192, batch_first=True)
        self.fc = nn.Linear(in_features=192, out_features=96)
        self.loss = nn.CrossEntropyLoss()
        self.perplexity = Perplexity()

    def forward(self, text_tokens: Tensor) -> Tensor:
        embedding = self.embedding(text_tokens)  # N×64×64
        lstm1_y, _ = self.lstm1(embedding)
        fc = self.fc(lstm1_y)  # N×64×96
        return fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        fc = self(batch["text.tokens"])
        loss = self.loss(fc.flatten(0, 1), batch["text.next"].flatten(0, 1))
        loss = loss.where((batch["text.next"] != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        fc = self(batch["text.tokens"])
        loss = self.loss(fc.flatten(0, 1), batch["text.next"].flatten(0, 1))
        loss = loss.where((batch["text.next"] != -100).any(), 0.0)
        perplexity = self.perplexity(fc, batch["text.next"])
        count = (batch["text.next"] != -100).sum()
        return {"loss": weighted(loss, count), "perplexity": perplexity}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "perplexity": self.perplexity.value(totals["perplexity"]).item(),
        }

    @torch.no_grad()
    def probe_samples(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        fc = self(batch["text.tokens"])
        return fc

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.004)
