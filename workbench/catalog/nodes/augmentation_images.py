"""Random crops and flips of training images, for whole batches on the device. Imports catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from workbench.catalog import expect
from workbench.catalog.spec import NodeType, Pair, example, node, pair, param
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
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

    **Alternatives** RandomCrop fills the border with more than zeros and makes images smaller; RandomAffine moves by
    parts of pixels.

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


_PADDINGS = ("constant", "reflect", "replicate")


@node(
    "Random crop",
    "RandomCrop",
    family="augmentation",
    aliases=("cut out", "window", "augment", "translate", "cifar", "image"),
    source='''\
class RandomCrop(nn.Module):
    """Cuts a window out of each image at a random place; in evaluation out of the middle."""

    def __init__(
        self,
        size: tuple[int, int],
        padding: int = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = size
        self.padding = padding
        self.padding_mode = padding_mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = self.size
        if self.padding:
            x = F.pad(x, [self.padding] * 4, self.padding_mode)
        down, right = x.shape[2] - height, x.shape[3] - width
        if not self.training:
            top, left = down // 2, right // 2
            return x[:, :, top : top + height, left : left + width]
        top = torch.randint(0, down + 1, (len(x), 1, 1), device=x.device)
        left = torch.randint(0, right + 1, (len(x), 1, 1), device=x.device)
        rows = top + torch.arange(height, device=x.device).view(1, -1, 1)
        columns = left + torch.arange(width, device=x.device)
        images = torch.arange(len(x), device=x.device).view(-1, 1, 1)
        return x[images, :, rows, columns].permute(0, 3, 1, 2)
''',
    examples=(
        example(("N", 3, 32, 32), size=32, padding=4),
        example(("N", 1, 28, 30), size=(24, 20)),
        example(("N", 3, 9, 8), size=8, padding=2, padding_mode="reflect"),
    ),
)
class RandomCrop(NodeType):
    """Cuts a window out of each training image at a random place; in evaluation it is cut out of the middle.

    **Formula** y[c, i, j] = padded x[c, i + a, j + b] with a, b drawn for each image so that the window lies inside

    **Shapes** x N×C×H×W → y N×C×height×width, at most H + 2·padding by W + 2·padding.

    **Use when** objects may stand anywhere: with as large a window as the image and a padding of 4 on CIFAR, without
    padding to make large photographs smaller.

    **Alternatives** RandomResizedCrop also varies the scale; RandomShift keeps the size and fills with zeros.

    **Reference** Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks;
    He et al. 2016, Deep residual learning for image recognition, section 4.2.
    """

    size: int | Pair = param(32, "Height and width of the window.", min=1, max=100_000, required=True)
    padding: int = param(0, "Pixels added on every side before.", min=0, max=10_000)
    padding_mode: str = param(
        "constant",
        "What the added pixels hold: zeros, the mirrored image, or its border.",
        choices=_PADDINGS,
        label="Padding with",
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, *sides = expect.images(x)
        known = [dim for dim in sides if isinstance(dim, int)]
        if self.padding_mode == "reflect" and known and self.padding >= min(known):
            raise ShapeError(
                f"an image of {x} cannot be mirrored {self.padding} pixels wide",
                "",
                change=("padding", min(known) // 4),
            )
        for wanted, dim in zip(pair(self.size), sides, strict=True):
            if isinstance(dim, int) and wanted > dim + 2 * self.padding:
                border = f" with {self.padding} pixels on each side" if self.padding else ""
                raise ShapeError(
                    f"a window of {_sides(self.size)} does not fit into an image of {x}{border}",
                    "",
                    change=("size", min(dim + 2 * self.padding for dim in known)),
                )
        return x.with_shape(x.shape[0], channels, *pair(self.size))

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "size": pair(self.size)}

    def summary(self) -> str:
        return _sides(self.size) + (f" · pad {self.padding}" if self.padding else "")


@node(
    "Random resized crop",
    "RandomResizedCrop",
    family="augmentation",
    aliases=("inception crop", "scale", "zoom", "imagenet", "augment", "image"),
    source='''\
class RandomResizedCrop(nn.Module):
    """Enlarges a random part of each image to `size`; in evaluation the whole image."""

    def __init__(
        self, size: tuple[int, int], smallest: float = 0.08, stretch: float = 1.3333
    ) -> None:
        super().__init__()
        self.size = size
        self.smallest = smallest
        self.stretch = math.log(stretch)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return F.interpolate(x, self.size, mode="bilinear", antialias=True)
        area, ratio, row, column = torch.rand(4, len(x), dtype=x.dtype, device=x.device)
        return self.cut(x, area, ratio, row, column)

    def cut(
        self,
        x: torch.Tensor,
        area: torch.Tensor,
        ratio: torch.Tensor,
        row: torch.Tensor,
        column: torch.Tensor,
    ) -> torch.Tensor:
        # The parts that numbers in [0, 1] stand for.
        side = (self.smallest + area * (1 - self.smallest)).sqrt()
        ratio = torch.exp((ratio - 0.5) * self.stretch)
        height, width = (side / ratio).clamp(max=1), (side * ratio).clamp(max=1)
        down, right = (2 * row - 1) * (1 - height), (2 * column - 1) * (1 - width)
        zero = torch.zeros_like(side)
        part = torch.stack((width, zero, right, zero, height, down), 1).view(-1, 2, 3)
        grid = F.affine_grid(part, [*x.shape[:2], *self.size], align_corners=False)
        return F.grid_sample(x, grid, padding_mode="border", align_corners=False)
''',
    examples=(
        example(("N", 3, 32, 32), size=24),
        example(("N", 1, "H", "W"), size=(8, 6), smallest=0.5, stretch=1.0),
    ),
)
class RandomResizedCrop(NodeType):
    """Takes a random part of each training image and brings it to one size; in evaluation the whole image.

    **Formula** y = bilinear resize of a part of x whose area is smallest … 1 of the image's and whose sides are in its
    proportions times 1/stretch … stretch

    **Shapes** x N×C×H×W → y N×C×height×width.

    **Use when** the same things are near in some photographs and far in others; the standard for ImageNet.

    **Alternatives** RandomCrop keeps the scale; RandomAffine also turns; Resize without chance.

    **Reference** Szegedy et al. 2015, Going deeper with convolutions; torchvision.transforms.RandomResizedCrop.
    """

    size: int | Pair = param(32, "Height and width of the result.", min=1, max=100_000, required=True)
    smallest: float = param(0.08, "The smallest part that is taken, as a share of the area.", min=1e-4, max=1)
    stretch: float = param(1.3333, "How many times wider than high, or higher than wide.", min=1, max=10)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        channels, *_ = expect.images(x)
        return x.with_shape(x.shape[0], channels, *pair(self.size))

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "size": pair(self.size)}

    def summary(self) -> str:
        return f"{_sides(self.size)} · from {self.smallest:g}"


_FLIPS = (example(("N", 1, 28, 28)), example(("N", 3, "H", 9), p=0.25))


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
    examples=_FLIPS,
)
class RandomHorizontalFlip(NodeType):
    """Mirrors a random share of the training images left to right.

    **Formula** y[c, i, j] = x[c, i, W − 1 − j] with probability p, else x[c, i, j]

    **Shapes** x N×C×H×W → y the same.

    **Use when** a mirrored image is as plausible as the original: animals and clothes, not digits or letters.

    **Alternatives** RandomVerticalFlip, RandomShift.

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
    "Random flip upside down",
    "RandomVerticalFlip",
    family="augmentation",
    aliases=("mirror", "augment", "up down", "vertical flip", "image"),
    source='''\
class RandomVerticalFlip(nn.Module):
    """Mirrors each image top to bottom with probability p; in training only."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < self.p
        return torch.where(chosen, x.flip(2), x)
''',
    examples=_FLIPS,
)
class RandomVerticalFlip(NodeType):
    """Mirrors a random share of the training images top to bottom.

    **Formula** y[c, i, j] = x[c, H − 1 − i, j] with probability p, else x[c, i, j]

    **Shapes** x N×C×H×W → y the same.

    **Use when** there is no up and down, as under a microscope or from a satellite.

    **Alternatives** RandomHorizontalFlip for photographs; RandomRotation for small turns.

    **Reference** Shorten and Khoshgoftaar 2019, A survey on image data augmentation for deep learning.
    """

    p: float = param(
        0.5, "Share of the images that are mirrored.", min=0, max=1, required=True, label="Share"
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.images(specs[0])
        return specs[0]

    def summary(self) -> str:
        return f"{self.p:g}"


def _sides(size: int | Pair) -> str:
    height, width = pair(size)
    return f"{height} × {width}"
