"""gru: 24,178 learnable parameters.

Learning phrase representations using RNN encoder–decoder (Cho et al., 2014): a
gated recurrent layer reads a sentence word by word, up to its own length; its
last state says the class.
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


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(
            num_embeddings=45, embedding_dim=48, padding_idx=0
        )
        self.gru = nn.GRU(input_size=48, hidden_size=64, batch_first=True)
        self.drop = nn.Dropout(p=0.3)
        self.fc = nn.Linear(in_features=64, out_features=2)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()

    def forward(self, sentences_tokens: Tensor, sentences_length: Tensor) -> Tensor:
        embedding = self.embedding(sentences_tokens)  # N×16×48
        _y, _ = self.gru(embedding)
        _steps = torch.arange(embedding.size(1), device=embedding.device)
        _y = _y * (_steps < sentences_length.unsqueeze(1)).unsqueeze(2)
        _rows = torch.arange(_y.size(0), device=_y.device)
        gru_last = _y[_rows, sentences_length.clamp(min=1) - 1]
        drop = self.drop(gru_last)  # N×64
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
        n = len(batch["sentences.tokens"])
        return {"loss": weighted(loss, n), "accuracy": accuracy}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.003)
