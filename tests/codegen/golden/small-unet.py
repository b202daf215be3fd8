"""small-unet: 482,483 learnable parameters.

A small U-Net (after Ronneberger, Fischer & Brox, 2015) with instance
normalisation, which does the same in training and afterwards however few pictures
a step takes: halved three times, enlarged three times, with the finer pictures
joined on the way back. Each picture is first brought to mean 0 and variance 1, so
that a darker one is read as the others are. In training pictures are mirrored,
turned by up to *turn* degrees and bent by about *bend* pixels; where few pictures
are there to learn from, *noise* and *dropout* keep it from learning them by
heart. Of large pictures it can fold squares of pixels into channels (fold 2 or 4)
and unfold the scores again, which takes a quarter of the time or less. Where all
masks lie a little above or a little below what they mark, set upside_down to 0:
pictures turned over would teach the other side.
"""

import math

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


class F1Score(nn.Module):
    """2·precision·recall / (precision + recall) of the classes that occur; -100 does not count."""

    def __init__(self, num_classes: int, average: str = "macro") -> None:
        super().__init__()
        self.num_classes, self.average = num_classes, average

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
        right, guessed, actual = total
        if self.average == "micro":
            right, guessed, actual = right.sum(), guessed.sum(), actual.sum()
        each = 2 * right / (guessed + actual).clamp(min=1)
        share = ((guessed + actual) > 0).float()
        if self.average == "weighted":
            share = actual.float()
        return (each * share).sum() / share.sum()


class GaussianNoise(nn.Module):
    """Adds normal noise with this standard deviation; in training only."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


class RandomAffine(nn.Module):
    """Turns, scales, shears and moves each image by random amounts; in training only."""

    def __init__(
        self,
        degrees: float,
        translate: float = 0.0,
        smallest: float = 1.0,
        largest: float = 1.0,
        shear: float = 0.0,
        padding_mode: str = "zeros",
        p: float = 1.0,
    ) -> None:
        super().__init__()
        self.degrees = degrees
        self.translate = translate
        self.smallest, self.largest = math.log(smallest), math.log(largest)
        self.shear = shear
        self.padding_mode = padding_mode
        self.p = p

    def forward(
        self, x: torch.Tensor, target: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if not self.training:
            return x if target is None else (x, target)
        drawn = torch.rand(6, len(x), dtype=x.dtype, device=x.device)
        some = drawn[5] < self.p  # the others stay as they are
        turn, shear, right, down = (2 * drawn[:4] - 1) * some
        zoom = (self.smallest + drawn[4] * (self.largest - self.smallest)) * some
        grid = self.grid(
            x,
            torch.deg2rad(turn * self.degrees),
            zoom.exp(),
            torch.deg2rad(shear * self.shear),
            right * self.translate,
            down * self.translate,
        )
        y = self.moved(x, grid)
        return y if target is None else (y, self.moved(target, grid))

    def grid(
        self,
        x: torch.Tensor,
        turn: torch.Tensor,
        zoom: torch.Tensor,
        shear: torch.Tensor,
        right: torch.Tensor,
        down: torch.Tensor,
    ) -> torch.Tensor:
        # By angles (against the clock), a factor, and shares of width and height.
        shape = x.shape[2] / x.shape[3]
        cos, sin, slant = turn.cos() / zoom, turn.sin() / zoom, shear.tan()
        # The way back, from a place in the result to one in x; both run from -1 to 1.
        a, b = cos - slant * sin, -(sin + slant * cos) * shape
        c, d = sin / shape, cos
        right, down = 2 * right, 2 * down
        rows = (a, b, -a * right - b * down, c, d, -c * right - d * down)
        matrix = torch.stack(rows, 1).view(-1, 2, 3)
        return F.affine_grid(matrix, list(x.shape), align_corners=False)

    def moved(self, x: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        outside = {"padding_mode": self.padding_mode, "align_corners": False}
        if x.dim() == 4:
            return F.grid_sample(x, grid, **outside)
        marks = (x + 100).unsqueeze(1).to(grid.dtype)
        marks = F.grid_sample(marks, grid, "nearest", **outside).squeeze(1)
        return marks.long() - 100  # of classes: zeros outside do not count


class RandomElastic(nn.Module):
    """Bends each image like a sheet of rubber by random amounts; in training only."""

    def __init__(
        self,
        pixels: float,
        points: int = 4,
        padding_mode: str = "zeros",
        p: float = 1.0,
    ) -> None:
        super().__init__()
        self.pixels = pixels
        self.points = points
        self.padding_mode = padding_mode
        self.p = p

    def forward(
        self, x: torch.Tensor, target: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if not self.training:
            return x if target is None else (x, target)
        shape = len(x), 2, self.points, self.points
        drawn = torch.randn(shape, dtype=x.dtype, device=x.device)
        some = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        grid = self.grid(x, self.pixels * drawn * some)
        y = self.moved(x, grid)
        return y if target is None else (y, self.moved(target, grid))

    def grid(self, x: torch.Tensor, shifts: torch.Tensor) -> torch.Tensor:
        # By pixels to the right and down, at points from corner to corner.
        sides = x.new_tensor([x.shape[3], x.shape[2]]).view(1, 2, 1, 1) / 2
        shifts = F.interpolate(
            shifts / sides, x.shape[2:], mode="bicubic", align_corners=True
        )
        still = torch.eye(2, 3, dtype=x.dtype, device=x.device).expand(len(x), 2, 3)
        still = F.affine_grid(still, list(x.shape), align_corners=False)
        return still + shifts.permute(0, 2, 3, 1)

    def moved(self, x: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        outside = {"padding_mode": self.padding_mode, "align_corners": False}
        if x.dim() == 4:
            return F.grid_sample(x, grid, **outside)
        marks = (x + 100).unsqueeze(1).to(grid.dtype)
        marks = F.grid_sample(marks, grid, "nearest", **outside).squeeze(1)
        return marks.long() - 100  # of classes: zeros outside do not count


class RandomHorizontalFlip(nn.Module):
    """Mirrors each image left to right with probability p; in training only."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(
        self, x: torch.Tensor, target: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if not self.training:
            return x if target is None else (x, target)
        chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        y = torch.where(chosen, x.flip(3), x)
        if target is None:
            return y
        of_target = chosen.view(-1, *[1] * (target.dim() - 1))
        return y, torch.where(of_target, target.flip(-1), target)


class RandomVerticalFlip(nn.Module):
    """Mirrors each image top to bottom with probability p; in training only."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(
        self, x: torch.Tensor, target: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if not self.training:
            return x if target is None else (x, target)
        chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        y = torch.where(chosen, x.flip(2), x)
        if target is None:
            return y
        of_target = chosen.view(-1, *[1] * (target.dim() - 1))
        return y, torch.where(of_target, target.flip(-2), target)


class Double(nn.Module):
    """Block Double: x → y."""

    def __init__(self, conv1_in_channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels=conv1_in_channels,
            out_channels=width,
            kernel_size=3,
            padding=1,
            bias=False,
        )
        self.norm1 = nn.InstanceNorm2d(num_features=width, affine=True)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(
            in_channels=width, out_channels=width, kernel_size=3, padding=1, bias=False
        )
        self.norm2 = nn.InstanceNorm2d(num_features=width, affine=True)
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
        self.grow = nn.ConvTranspose2d(
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
        self.mirror = RandomHorizontalFlip(p=0.5)
        self.flip = RandomVerticalFlip(p=0.5)
        self.warp = RandomAffine(
            degrees=5.0,
            translate=0.0,
            smallest=0.95,
            largest=1.05,
            shear=2.5,
            padding_mode="reflection",
            p=0.5,
        )
        self.bend = RandomElastic(
            pixels=0.5, points=16, padding_mode="reflection", p=0.5
        )
        self.level = nn.InstanceNorm2d(num_features=1)
        self.grain = GaussianNoise(std=0.0)
        self.fold = nn.PixelUnshuffle(downscale_factor=1)
        self.down1 = Double(conv1_in_channels=1, width=16)
        self.pool1 = nn.MaxPool2d(kernel_size=2)
        self.down2 = Double(conv1_in_channels=16, width=32)
        self.pool2 = nn.MaxPool2d(kernel_size=2)
        self.down3 = Double(conv1_in_channels=32, width=64)
        self.thin3 = nn.Dropout2d(p=0.0)
        self.pool3 = nn.MaxPool2d(kernel_size=2)
        self.bottom = Double(conv1_in_channels=64, width=128)
        self.thin4 = nn.Dropout2d(p=0.0)
        self.up3 = Up(grow_in_channels=128, width=64)
        self.up2 = Up(grow_in_channels=64, width=32)
        self.up1 = Up(grow_in_channels=32, width=16)
        self.scores = nn.Conv2d(in_channels=16, out_channels=3, kernel_size=1)
        self.unfold = nn.PixelShuffle(upscale_factor=1)
        self.loss = nn.CrossEntropyLoss()
        self.accuracy = Accuracy()
        self.f1 = F1Score(num_classes=3)

    def forward(
        self, data_image: Tensor, data_mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        mirror_y, mirror_target = self.mirror(data_image, data_mask)
        flip_y, flip_target = self.flip(mirror_y, mirror_target)
        warp_y, warp_target = self.warp(flip_y, flip_target)
        bend_y, bend_target = self.bend(warp_y, warp_target)
        level = self.level(bend_y)  # N×1×32×32
        grain = self.grain(level)  # N×1×32×32
        fold = self.fold(grain)  # N×1×32×32
        down1 = self.down1(fold)  # N×16×32×32
        pool1 = self.pool1(down1)  # N×16×16×16
        down2 = self.down2(pool1)  # N×32×16×16
        pool2 = self.pool2(down2)  # N×32×8×8
        down3 = self.down3(pool2)  # N×64×8×8
        thin3 = self.thin3(down3)  # N×64×8×8
        pool3 = self.pool3(thin3)  # N×64×4×4
        bottom = self.bottom(pool3)  # N×128×4×4
        thin4 = self.thin4(bottom)  # N×128×4×4
        up3 = self.up3(thin4, thin3)  # N×64×8×8
        up2 = self.up2(up3, down2)  # N×32×16×16
        up1 = self.up1(up2, down1)  # N×16×32×32
        scores = self.scores(up1)  # N×3×32×32
        unfold = self.unfold(scores)  # N×3×32×32
        return bend_y, bend_target, unfold

    def update_train(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Minimises loss; trains everything."""
        _, bend_target, unfold = self(batch["data.image"], batch["data.mask"])
        loss = self.loss(unfold, bend_target)
        loss = loss.where((bend_target != -100).any(), 0.0)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Sums over a batch; add them up and give them to `summarise`."""
        _, bend_target, unfold = self(batch["data.image"], batch["data.mask"])
        loss = self.loss(unfold, bend_target)
        loss = loss.where((bend_target != -100).any(), 0.0)
        accuracy = self.accuracy(unfold, bend_target)
        f1 = self.f1(unfold, bend_target)
        count = (bend_target != -100).sum()
        return {"loss": weighted(loss, count), "accuracy": accuracy, "f1": f1}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        """Losses and metrics from summed states."""
        return {
            "loss": average(totals["loss"]),
            "accuracy": self.accuracy.value(totals["accuracy"]).item(),
            "f1": self.f1.value(totals["f1"]).item(),
        }

    @torch.no_grad()
    def probe_overlay(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What this probe looks at."""
        bend_y, bend_target, unfold = self(batch["data.image"], batch["data.mask"])
        return bend_y, unfold, bend_target

    @torch.no_grad()
    def mask(self, data_image: Tensor, data_mask: Tensor) -> Tensor:
        """From data_image N×1×32×32, data_mask N×32×32 index to N×3×32×32."""
        _, _, unfold = self(data_image, data_mask)
        return unfold

    def optimizer_train(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=0.002)

    def schedule_train(
        self, optimizer: torch.optim.Optimizer, steps: int, epoch_steps: int
    ) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.002, total_steps=steps, pct_start=0.3
        )
