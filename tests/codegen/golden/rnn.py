"""rnn: 5,386 learnable parameters.

Finding structure in time (Elman, 1990): the plain recurrent layer reads each row
of a picture as one step of a sequence; its last state names the class. The model
lstm does the same with a memory.
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
    UPDATES = (("train", 1, 1.0),)

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(input_size=8, hidden_size=64, batch_first=True)
        nn.init.orthogonal_(self.rnn.weight_hh_l0)
        self.fc = nn.Linear(in_features=64, out_features=10)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()

    def forward(self, digits_image: Tensor) -> Tensor:
        rows = digits_image.reshape(len(digits_image), 8, 8)  # N×8×8
        _, rnn_last = self.rnn(rows)
        rnn_last = rnn_last[-1]
        fc = self.fc(rnn_last)  # N×10
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
        n = len(batch["digits.image"])
        return {"loss": weighted(loss, n), "accuracy": accuracy}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
        }

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.005)
