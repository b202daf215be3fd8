"""Random changes to training images, computed for whole batches on the device. Imports catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from workbench.catalog import expect
from workbench.catalog.spec import NodeType, example, node, param
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


@node(
    "Random shift",
    "RandomShift",
    family="augmentation",
    aliases=("translate", "crop", "augment", "jitter", "move", "image"),
    source='''\
class RandomShift(nn.Module):
    """Moves each image by up to `pixels` in both directions, filling with zeros; in training only."""

    def __init__(self, pixels: int) -> None:
        super().__init__()
        self.pixels = pixels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        count, _, height, width = x.shape
        top, left = torch.randint(
            0, 2 * self.pixels + 1, (2, count, 1, 1), device=x.device
        )
        rows = top + torch.arange(height, device=x.device).view(1, -1, 1)
        columns = left + torch.arange(width, device=x.device)
        images = torch.arange(count, device=x.device).view(-1, 1, 1)
        padded = F.pad(x, (self.pixels, self.pixels, self.pixels, self.pixels))
        return padded[images, :, rows, columns].permute(0, 3, 1, 2)
''',
    examples=(example(("N", 1, 28, 28)), example(("N", 3, "H", 9), pixels=4)),
)
class RandomShift(NodeType):
    """Moves each training image by a random number of pixels; what comes in is zero.

    **Formula** y[c, i, j] = x[c, i + a, j + b] with a, b drawn from −pixels … pixels for each image

    **Shapes** x N×C×H×W → y the same.

    **Use when** it does not matter where in the image something stands.

    **Alternatives** RandomHorizontalFlip, GaussianNoise; more training data, where it can be had.

    **Reference** Simard et al. 2003, Best practices for convolutional neural networks applied to visual
    document analysis.
    """

    pixels: int = param(2, "How far at most.", min=0, max=10_000, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, height, width = expect.images(x)
        size = min([dim for dim in (height, width) if isinstance(dim, int)], default=None)
        if size is not None and self.pixels >= size:
            raise ShapeError(
                f"{self.pixels} pixels would move an image of {x} out of sight",
                "",
                change=("pixels", size // 4),
            )
        return x

    def summary(self) -> str:
        return f"± {self.pixels} px"


@node(
    "Random flip",
    "RandomHorizontalFlip",
    family="augmentation",
    aliases=("mirror", "augment", "left right", "horizontal flip", "image"),
    source='''\
class RandomHorizontalFlip(nn.Module):
    """Mirrors each image left to right with probability p; in training only."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        return torch.where(chosen, x.flip(3), x)
''',
    examples=(example(("N", 1, 28, 28)), example(("N", 3, "H", 9), p=0.25)),
)
class RandomHorizontalFlip(NodeType):
    """Mirrors a random share of the training images left to right.

    **Formula** y[c, i, j] = x[c, i, W − 1 − j] with probability p, else x[c, i, j]

    **Shapes** x N×C×H×W → y the same.

    **Use when** a mirrored image is as plausible as the original: animals and clothes, not digits or letters.

    **Alternatives** RandomShift.

    **Reference** Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks.
    """

    p: float = param(
        0.5, "Share of the images that are mirrored.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.images(specs[0])
        return specs[0]

    def summary(self) -> str:
        return f"{self.p:g}"


@node(
    "Gaussian noise",
    "GaussianNoise",
    family="augmentation",
    aliases=("augment", "jitter", "denoising", "random"),
    source='''\
class GaussianNoise(nn.Module):
    """Adds normal noise with this standard deviation; in training only."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
''',
    examples=(example(("N", 1, 28, 28)), example(("N", "L", 9), std=0.5), example(("N", 4))),
)
class GaussianNoise(NodeType):
    """Adds normally distributed noise to every number of the training examples.

    **Formula** y = x + std · ε with ε standard normal

    **Shapes** x any → y the same.

    **Use when** small differences should not matter, or an autoencoder should learn to remove noise.

    **Alternatives** Dropout.

    **Reference** Bishop 1995, Training with noise is equivalent to Tikhonov regularization.
    """

    std: float = param(
        0.1, "Standard deviation of the noise.", min=0, max=1000, required=True, label="Deviation"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.numbers(specs[0])
        return specs[0]

    def summary(self) -> str:
        return f"± {self.std:g}"
