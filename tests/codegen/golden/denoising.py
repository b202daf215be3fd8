"""denoising: 10,369 learnable parameters.

Three convolutions find what has to be added to a picture to make it its pair
(after Zhang, Zuo, Chen, Meng & Zhang, 2017).
"""

import torch
from torch import Tensor, nn


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class MeanAbsoluteError(nn.Module):
    """Mean of the absolute differences."""

    def forward(
        self,
        input: torch.Tensor,
        target: torch.Tensor,
        length: torch.Tensor | None = None,
    ) -> torch.Tensor:
        error = (input - target).float().abs()
        counts = torch.ones_like(error)
        if length is not None:
            steps = torch.arange(error.shape[1], device=error.device)
            steps = steps < length.unsqueeze(1)
            steps = steps.reshape(*steps.shape, *[1] * (error.dim() - 2))
            counts = counts * steps
        return torch.stack(((error * counts).sum(), counts.sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels=1, out_channels=32, kernel_size=5, padding=2)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(
            in_channels=32, out_channels=32, kernel_size=3, padding=1
        )
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(in_channels=32, out_channels=1, kernel_size=3, padding=1)
        self.loss = nn.MSELoss()
        self.error = MeanAbsoluteError()

    def forward(self, pictures_image: Tensor) -> Tensor:
        conv1 = self.conv1(pictures_image)  # N×32×32×32
        relu1 = self.relu1(conv1)  # N×32×32×32
        conv2 = self.conv2(relu1)  # N×32×32×32
        relu2 = self.relu2(conv2)  # N×32×32×32
        conv3 = self.conv3(relu2)  # N×1×32×32
        joined = pictures_image + conv3  # N×1×32×32
        return joined

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        joined = self(batch["pictures.image"])
        loss = self.loss(joined, batch["pictures.target"])
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        joined = self(batch["pictures.image"])
        loss = self.loss(joined, batch["pictures.target"])
        error = self.error(joined, batch["pictures.target"])
        n = len(batch["pictures.image"])
        return {"loss": weighted(loss, n), "error": error}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "error": self.error.value(totals["error"]).item(),
        }

    @torch.no_grad()
    def probe_images(self, batch: dict[str, Tensor]) -> Tensor:
        """What this probe looks at."""
        joined = self(batch["pictures.image"])
        return joined

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.002)
