"""lstm-gates: 19,594 learnable parameters.

The same LSTM drawn gate by gate (Hochreiter and Schmidhuber, 1997): a block that
loops over the rows, and hands its state and memory on.
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


class Cell(nn.Module):
    """Block Cell: x, h, c → y, next_h, next_c."""

    def __init__(self) -> None:
        super().__init__()
        self.now = nn.Linear(in_features=8, out_features=256)
        self.before = nn.Linear(in_features=64, out_features=256)
        self.write = nn.Sigmoid()
        self.keep = nn.Sigmoid()
        self.new = nn.Tanh()
        self.show = nn.Sigmoid()
        self.seen = nn.Tanh()

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        now = self.now(x)
        before = self.before(h)
        both = now + before
        gates_a, gates_b, gates_c, gates_d = torch.chunk(both, 4, dim=-1)
        write = self.write(gates_a)
        keep = self.keep(gates_b)
        new = self.new(gates_c)
        show = self.show(gates_d)
        kept = keep * c
        written = write * new
        memory = kept + written
        seen = self.seen(memory)
        state = show * seen
        return state, state, memory


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.lstm = Cell()
        self.fc = nn.Linear(in_features=64, out_features=10)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()

    def forward(self, digits_image: Tensor) -> tuple[Tensor, Tensor]:
        zeros = torch.full((len(digits_image), 64), 0.0, device=digits_image.device)
        rows = digits_image.reshape(len(digits_image), 8, 8)  # N×8×8
        lstm_y_steps = []
        lstm_next_h = zeros
        c = zeros
        for step in range(rows.size(1)):
            lstm_y, lstm_next_h, c = self.lstm(rows[:, step], lstm_next_h, c)
            lstm_y_steps.append(lstm_y)
        lstm_y = torch.stack(lstm_y_steps, dim=1)
        fc = self.fc(lstm_next_h)  # N×10
        return lstm_y, fc

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        _, fc = self(batch["digits.image"])
        loss = self.loss(fc, batch["digits.label"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        _, fc = self(batch["digits.image"])
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

    @torch.no_grad()
    def states(self, digits_image: Tensor) -> Tensor:
        """From digits_image N×1×8×8 to N×8×64."""
        zeros = torch.full((len(digits_image), 64), 0.0, device=digits_image.device)
        rows = digits_image.reshape(len(digits_image), 8, 8)
        lstm_y_steps = []
        h = zeros
        c = zeros
        for step in range(rows.size(1)):
            lstm_y, h, c = self.lstm(rows[:, step], h, c)
            lstm_y_steps.append(lstm_y)
        lstm_y = torch.stack(lstm_y_steps, dim=1)
        return lstm_y

    @torch.no_grad()
    def digit(self, digits_image: Tensor) -> Tensor:
        """From digits_image N×1×8×8 to N×10."""
        zeros = torch.full((len(digits_image), 64), 0.0, device=digits_image.device)
        rows = digits_image.reshape(len(digits_image), 8, 8)
        lstm_next_h = zeros
        c = zeros
        for step in range(rows.size(1)):
            _, lstm_next_h, c = self.lstm(rows[:, step], lstm_next_h, c)
        fc = self.fc(lstm_next_h)
        return fc

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.005)
