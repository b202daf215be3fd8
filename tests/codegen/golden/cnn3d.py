"""cnn3d: 85,195 learnable parameters.

A small U-Net for volumes (after Çiçek et al., 2016) with batch normalisation; the
loss counts voxels and overlap alike.
"""

import torch
from torch import Tensor, nn


def weighted(mean: Tensor, count: Tensor | int) -> Tensor:
    """A mean over `count` entries as a sum that adds up over batches."""
    return torch.stack([mean.detach() * count, torch.zeros_like(mean) + count])


def average(total: Tensor) -> float:
    """The mean of what `weighted` summed up."""
    return (total[0] / total[1]).item() if total[1] else 0.0


class DiceLoss(nn.Module):
    """1 - 2·overlap / (both areas), the mean over the classes; entries of -100 do not count."""

    def __init__(self, smooth: float = 1.0, background: bool = True) -> None:
        super().__init__()
        self.smooth, self.background = smooth, background

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        dim = 1 if input.dim() > 3 else -1
        share = input.softmax(dim).movedim(dim, 0).flatten(1)
        target = target.flatten()
        counts = target != -100
        classes = torch.arange(len(share), device=target.device).unsqueeze(1)
        truth = (target == classes).to(share)
        share = torch.where(counts, share, 0.0)
        overlap, area = (share * truth).sum(1), share.sum(1) + truth.sum(1)
        dice = (2 * overlap + self.smooth) / (area + self.smooth)
        dice = dice if self.background else dice[1:]
        return (1 - dice.mean()) * counts.any()


class DiceScore(nn.Module):
    """2·overlap / (both areas) of the classes that occur; -100 does not count."""

    def __init__(self, num_classes: int, background: bool = True) -> None:
        super().__init__()
        self.num_classes, self.background = num_classes, background

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guess = input.argmax(1 if input.dim() > 3 else -1)
        # A bin for what does not count, so that no size depends on the data.
        spare = self.num_classes
        right = torch.where(guess == target, target, spare)
        guess = torch.where(target == -100, spare, guess)
        bins = torch.stack(
            (right, guess, torch.where(target == -100, spare, target))
        ).flatten(1)
        counts = torch.zeros(3, spare + 1, dtype=torch.long, device=input.device)
        return counts.scatter_add_(1, bins, torch.ones_like(bins))[:, :-1]

    def value(self, total: torch.Tensor) -> torch.Tensor:
        right, guessed, actual = total if self.background else total[:, 1:]
        occurs = guessed + actual > 0
        each = 2 * right / (guessed + actual).clamp(min=1)
        return (each * occurs).sum() / occurs.sum()


class Double(nn.Module):
    """Block Double: x → y."""

    def __init__(self, conv1_in_channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(
            in_channels=conv1_in_channels,
            out_channels=width,
            kernel_size=3,
            padding=1,
            bias=False,
        )
        self.norm1 = nn.BatchNorm3d(num_features=width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv3d(
            in_channels=width, out_channels=width, kernel_size=3, padding=1, bias=False
        )
        self.norm2 = nn.BatchNorm3d(num_features=width)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        conv1 = self.conv1(x)
        norm1 = self.norm1(conv1)
        relu1 = self.relu1(norm1)
        conv2 = self.conv2(relu1)
        norm2 = self.norm2(conv2)
        relu2 = self.relu2(norm2)
        return relu2


class Up(nn.Module):
    """Block Up: x, skip → y."""

    def __init__(self, grow_in_channels: int, width: int) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose3d(
            in_channels=grow_in_channels, out_channels=width, kernel_size=2, stride=2
        )
        self.convs = Double(conv1_in_channels=grow_in_channels, width=width)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        grow = self.grow(x)
        join = torch.cat((skip, grow), dim=1)
        convs = self.convs(join)
        return convs


class Program(nn.Module):
    """The model and its training step, as drawn."""

    # The updates of a step in their order: name, every how many steps, gradient clipping.
    UPDATES = (("train", 1, 0.0),)

    def __init__(self) -> None:
        super().__init__()
        self.down1 = Double(conv1_in_channels=1, width=8)
        self.pool1 = nn.MaxPool3d(kernel_size=2)
        self.down2 = Double(conv1_in_channels=8, width=16)
        self.pool2 = nn.MaxPool3d(kernel_size=2)
        self.bottom = Double(conv1_in_channels=16, width=32)
        self.up2 = Up(grow_in_channels=32, width=16)
        self.up1 = Up(grow_in_channels=16, width=8)
        self.scores = nn.Conv3d(in_channels=8, out_channels=3, kernel_size=1)
        self.loss = nn.CrossEntropyLoss()
        self.overlap = DiceLoss(background=False)
        self.dice = DiceScore(num_classes=3, background=False)

    def forward(self, data_volume: Tensor) -> Tensor:
        down1 = self.down1(data_volume)  # N×8×16×24×24
        pool1 = self.pool1(down1)  # N×8×8×12×12
        down2 = self.down2(pool1)  # N×16×8×12×12
        pool2 = self.pool2(down2)  # N×16×4×6×6
        bottom = self.bottom(pool2)  # N×32×4×6×6
        up2 = self.up2(bottom, down2)  # N×16×8×12×12
        up1 = self.up1(up2, down1)  # N×8×16×24×24
        scores = self.scores(up1)  # N×3×16×24×24
        return scores

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss + overlap; trains everything."""
        scores = self(batch["data.volume"])
        loss = self.loss(scores, batch["data.mask"])
        loss = loss.where((batch["data.mask"] != -100).any(), 0.0)
        overlap = self.overlap(scores, batch["data.mask"])
        return {"total_loss": loss + overlap, "loss": loss, "overlap": overlap}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        scores = self(batch["data.volume"])
        loss = self.loss(scores, batch["data.mask"])
        loss = loss.where((batch["data.mask"] != -100).any(), 0.0)
        overlap = self.overlap(scores, batch["data.mask"])
        dice = self.dice(scores, batch["data.mask"])
        count = (batch["data.mask"] != -100).sum()
        n = len(batch["data.volume"])
        return {
            "loss": weighted(loss, count),
            "overlap": weighted(overlap, n),
            "dice": dice,
        }

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "total_loss": average(totals["loss"]) + average(totals["overlap"]),
            "loss": average(totals["loss"]),
            "overlap": average(totals["overlap"]),
            "dice": self.dice.value(totals["dice"]).item(),
        }

    @torch.no_grad()
    def probe_overlay(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What this probe looks at."""
        scores = self(batch["data.volume"])
        return batch["data.volume"], scores, batch["data.mask"]

    @torch.no_grad()
    def mask(self, data_volume: Tensor) -> Tensor:
        """From data_volume N×1×16×24×24 to N×3×16×24×24."""
        scores = self(data_volume)
        return scores

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=0.01)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.01, total_steps=steps, pct_start=0.3
        )
