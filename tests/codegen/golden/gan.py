"""gan: 230,721 learnable parameters.

Two updates over one drawing: the discriminator learns to tell real from drawn,
the generator learns to fool it. The discriminator stands twice and shares its
weights (Goodfellow et al., 2014).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def frozen(*modules: nn.Module) -> Iterator[None]:
    """Lets gradients flow through the modules, but not into their weights."""
    weights = [p for m in modules for p in m.parameters() if p.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class Discriminator(nn.Module):
    """Block Discriminator: x → y."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(in_features=64, out_features=256)
        self.relu1 = nn.LeakyReLU(negative_slope=0.2)
        self.drop1 = nn.Dropout(p=0.3)
        self.fc2 = nn.Linear(in_features=256, out_features=128)
        self.relu2 = nn.LeakyReLU(negative_slope=0.2)
        self.drop2 = nn.Dropout(p=0.3)
        self.fc3 = nn.Linear(in_features=128, out_features=1)

    def forward(self, x: Tensor) -> Tensor:
        flatten = self.flatten(x)
        fc1 = self.fc1(flatten)
        relu1 = self.relu1(fc1)
        drop1 = self.drop1(relu1)
        fc2 = self.fc2(drop1)
        relu2 = self.relu2(fc2)
        drop2 = self.drop2(relu2)
        fc3 = self.fc3(drop2)
        return fc3


class Generator(nn.Module):
    """Block Generator: z → image."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(in_features=64, out_features=256)
        self.relu1 = nn.LeakyReLU(negative_slope=0.2)
        self.fc2 = nn.Linear(in_features=256, out_features=512)
        self.relu2 = nn.LeakyReLU(negative_slope=0.2)
        self.fc3 = nn.Linear(in_features=512, out_features=64)
        self.sigmoid = nn.Sigmoid()

    def forward(self, z: Tensor) -> Tensor:
        fc1 = self.fc1(z)
        relu1 = self.relu1(fc1)
        fc2 = self.fc2(relu1)
        relu2 = self.relu2(fc2)
        fc3 = self.fc3(relu2)
        sigmoid = self.sigmoid(fc3)
        reshape = sigmoid.reshape(len(sigmoid), 1, 8, 8)
        return reshape


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("discriminator", 1, 0.0), ("generator", 1, 0.0))

    def __init__(self) -> None:
        super().__init__()
        self.judge = Discriminator()
        self.generator = Generator()
        self.real_loss = nn.BCEWithLogitsLoss()
        self.fake_loss = nn.BCEWithLogitsLoss()
        self.fool_loss = nn.BCEWithLogitsLoss()

    def update_discriminator(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises real_loss + fake_loss; trains judge."""
        with torch.no_grad():
            noise = torch.randn(
                len(batch["digits.image"]), 64, device=batch["digits.image"].device
            )
            generator = self.generator(noise)
        judge = self.judge(batch["digits.image"])
        real_loss = self.real_loss(judge, torch.full_like(judge, 0.9))
        judge_fake = self.judge(generator)
        fake_loss = self.fake_loss(judge_fake, torch.full_like(judge_fake, 0.0))
        return {
            "discriminator_loss": real_loss + fake_loss,
            "real_loss": real_loss,
            "fake_loss": fake_loss,
        }

    def update_generator(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises fool_loss; trains generator."""
        noise = torch.randn(
            len(batch["digits.image"]), 64, device=batch["digits.image"].device
        )
        generator = self.generator(noise)
        with frozen(self.judge):
            judge_fake = self.judge(generator)
        fool_loss = self.fool_loss(judge_fake, torch.full_like(judge_fake, 1.0))
        return {"fool_loss": fool_loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        noise = torch.randn(
            len(batch["digits.image"]), 64, device=batch["digits.image"].device
        )
        judge = self.judge(batch["digits.image"])
        generator = self.generator(noise)
        real_loss = self.real_loss(judge, torch.full_like(judge, 0.9))
        judge_fake = self.judge(generator)
        fake_loss = self.fake_loss(judge_fake, torch.full_like(judge_fake, 0.0))
        fool_loss = self.fool_loss(judge_fake, torch.full_like(judge_fake, 1.0))
        n = len(batch["digits.image"])
        return {
            "real_loss": weighted(real_loss, n),
            "fake_loss": weighted(fake_loss, n),
            "fool_loss": weighted(fool_loss, n),
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "discriminator_loss": average(totals["real_loss"])
            + average(totals["fake_loss"]),
            "real_loss": average(totals["real_loss"]),
            "fake_loss": average(totals["fake_loss"]),
            "fool_loss": average(totals["fool_loss"]),
        }

    @torch.no_grad()
    def probe_drawn(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        noise = torch.randn(
            len(batch["digits.image"]), 64, device=batch["digits.image"].device
        )
        generator = self.generator(noise)
        return generator

    def optimizer_discriminator(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.judge.parameters(), lr=0.0004, betas=(0.5, 0.999))

    def optimizer_generator(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            self.generator.parameters(), lr=0.0004, betas=(0.5, 0.999)
        )
