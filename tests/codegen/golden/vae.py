"""vae: 652,824 learnable parameters.

784-400-20: the encoder gives a distribution, the decoder draws from it; the loss
is the negative evidence lower bound in nats per image (Kingma & Welling, 2014).
The decoder stands twice and shares its weights.
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


class Reparameterise(nn.Module):
    """A random point of the normal distribution with this mean and log-variance; in evaluation the mean."""

    def forward(self, mean: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return mean
        return mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)


class Decoder(nn.Module):
    """Block Decoder: z → y."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features=20, out_features=400)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(in_features=400, out_features=784)

    def forward(self, z: Tensor) -> Tensor:
        fc1 = self.fc1(z)
        relu = self.relu(fc1)
        fc2 = self.fc2(relu)
        return fc2


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.sigmoid = nn.Sigmoid()
        self.fc1 = nn.Linear(in_features=784, out_features=400)
        self.relu1 = nn.ReLU()
        self.mean = nn.Linear(in_features=400, out_features=20)
        self.logvar = nn.Linear(in_features=400, out_features=20)
        self.sample = Reparameterise()
        self.decoder = Decoder()
        self.reconstruction = nn.BCEWithLogitsLoss(reduction="sum")

    def forward(self, digits_image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        resize = F.interpolate(digits_image, size=(28, 28), mode="bilinear")
        flatten = self.flatten(resize)  # N×784
        fc1 = self.fc1(flatten)  # N×400
        relu1 = self.relu1(fc1)  # N×400
        mean = self.mean(relu1)  # N×20
        logvar = self.logvar(relu1)  # N×20
        sample = self.sample(mean, logvar)  # N×20
        decoder = self.decoder(sample)  # N×784
        return flatten, mean, logvar, decoder

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises reconstruction + divergence; trains everything."""
        flatten, mean, logvar, decoder = self(batch["digits.image"])
        divergence = -0.5 * (1 + logvar - mean.pow(2) - logvar.exp()).sum() / len(mean)
        reconstruction = self.reconstruction(decoder, flatten) / len(decoder)
        return {
            "loss": reconstruction + divergence,
            "reconstruction": reconstruction,
            "divergence": divergence,
        }

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        flatten, mean, logvar, decoder = self(batch["digits.image"])
        divergence = -0.5 * (1 + logvar - mean.pow(2) - logvar.exp()).sum() / len(mean)
        reconstruction = self.reconstruction(decoder, flatten) / len(decoder)
        n = len(batch["digits.image"])
        return {
            "divergence": weighted(divergence, n),
            "reconstruction": weighted(reconstruction, n),
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["reconstruction"]) + average(totals["divergence"]),
            "divergence": average(totals["divergence"]),
            "reconstruction": average(totals["reconstruction"]),
        }

    @torch.no_grad()
    def probe_new_images(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        noise = torch.randn(
            len(batch["digits.image"]), 20, device=batch["digits.image"].device
        )
        decoder_new = self.decoder(noise)
        sigmoid = self.sigmoid(decoder_new)
        picture = sigmoid.reshape(len(sigmoid), 1, 28, 28)
        return picture

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.002)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=steps, eta_min=0.0
        )
