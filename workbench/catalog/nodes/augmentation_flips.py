"""Training images mirrored at random, for whole batches on the device. Imports catalog.moving, catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from workbench.catalog.forms import param
from workbench.catalog.moving import PORTS, TARGET_HELP, Moving
from workbench.catalog.spec import example, node

_FLIPS = (
    example(("N", 1, 28, 28)),
    example(("N", 3, "H", 9), p=0.25),
    example(("N", 3, "H", "W"), ("N", 1, "H", "W"), with_target=True),
)


@node(
    "Random flip",
    "RandomHorizontalFlip",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
    aliases=("mirror", "augment", "left right", "horizontal flip", "image"),
    source='''\
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
''',
    examples=_FLIPS,
)
class RandomHorizontalFlip(Moving):
    """Mirrors a random share of the training images left to right.

    **Formula** y[c, i, j] = x[c, i, W − 1 − j] with probability p, else x[c, i, j]

    **Shapes** x N×C×H×W → y the same. A target N×H×W or N×C×H×W moves along.

    **Use when** a mirrored image is as plausible as the original: animals and clothes, not digits or letters.

    **Alternatives** RandomVerticalFlip, RandomShift.

    **Reference** Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks.
    """

    p: float = param(
        0.5, "Share of the images that are mirrored.", min=0, max=1, required=True, label="Share"
    )
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def summary(self) -> str:
        return f"{self.p:g}"


@node(
    "Random flip upside down",
    "RandomVerticalFlip",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
    aliases=("mirror", "augment", "up down", "vertical flip", "image"),
    source='''\
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
''',
    examples=_FLIPS,
)
class RandomVerticalFlip(Moving):
    """Mirrors a random share of the training images top to bottom.

    **Formula** y[c, i, j] = x[c, H − 1 − i, j] with probability p, else x[c, i, j]

    **Shapes** x N×C×H×W → y the same. A target N×H×W or N×C×H×W moves along.

    **Use when** there is no up and down, as under a microscope or from a satellite.

    **Alternatives** RandomHorizontalFlip for photographs; RandomRotation for small turns.

    **Reference** Shorten and Khoshgoftaar 2019, A survey on image data augmentation for deep learning.
    """

    p: float = param(
        0.5, "Share of the images that are mirrored.", min=0, max=1, required=True, label="Share"
    )
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def summary(self) -> str:
        return f"{self.p:g}"
