"""autoencoder: 9,416 learnable parameters.

What the network draws is compared with what it saw; the bottleneck forces it to
find what matters (Hinton & Salakhutdinov, 2006).
"""

import torch
from torch import Tensor, nn


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class Encoder(nn.Module):
    """Block Encoder: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features=64, out_features=64)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(in_features=64, out_features=8)

    def forward(self, x: Tensor) -> Tensor:
        fc1 = self.fc1(x)
        relu = self.relu(fc1)
        fc2 = self.fc2(relu)
        return fc2


class Decoder(nn.Module):
    """Block Decoder: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features=8, out_features=64)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(in_features=64, out_features=64)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        fc1 = self.fc1(x)
        relu = self.relu(fc1)
        fc2 = self.fc2(relu)
        sigmoid = self.sigmoid(fc2)
        return sigmoid


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.encoder = Encoder()
        self.decoder = Decoder()
        self.loss = nn.MSELoss()

    def forward(self, digits_image: Tensor) -> Tensor:
        flatten = self.flatten(digits_image)  # N×64
        encoder = self.encoder(flatten)  # N×8
        decoder = self.decoder(encoder)  # N×64
        image = decoder.reshape(len(decoder), 1, 8, 8)  # N×1×8×8
        return image

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        image = self(batch["digits.image"])
        loss = self.loss(image, batch["digits.image"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        image = self(batch["digits.image"])
        loss = self.loss(image, batch["digits.image"])
        n = len(batch["digits.image"])
        return {"loss": weighted(loss, n)}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {"loss": average(totals["loss"])}

    @torch.no_grad()
    def probe_seen(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        return batch["digits.image"]

    @torch.no_grad()
    def probe_drawn(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        image = self(batch["digits.image"])
        return image

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.003)
