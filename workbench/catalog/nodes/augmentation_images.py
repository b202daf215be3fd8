"""Random shifts and crops of training images, for whole batches on the device. Imports catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from workbench.catalog import expect
from workbench.catalog.forms import Pair, param
from workbench.catalog.moving import PORTS, TARGET_HELP, Moving
from workbench.catalog.spec import example, node, pair
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node(
    "Random shift",
    "RandomShift",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
    aliases=("translate", "crop", "augment", "jitter", "move", "image"),
    source='''\
class RandomShift(nn.Module):
    """Moves each image by up to `pixels` in both directions, filling with zeros; in training only."""

    def __init__(self, pixels: int) -> None:
        super().__init__()
        self.pixels = pixels

    def forward(
        self, x: torch.Tensor, target: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if not self.training:
            return x if target is None else (x, target)
        count, _, height, width = x.shape
        top, left = torch.randint(
            0, 2 * self.pixels + 1, (2, count, 1, 1), device=x.device
        )
        rows = top + torch.arange(height, device=x.device).view(1, -1, 1)
        columns = left + torch.arange(width, device=x.device)
        places = (torch.arange(count, device=x.device).view(-1, 1, 1), rows, columns)
        border = [self.pixels] * 4
        x = F.pad(x, border).movedim(1, 3)[places].movedim(3, 1)
        if target is None:
            return x
        if target.dim() == 4:
            return x, F.pad(target, border).movedim(1, 3)[places].movedim(3, 1)
        return x, F.pad(target, border, value=-100)[places]  # which does not count
''',
    examples=(
        example(("N", 1, 28, 28)),
        example(("N", 3, "H", 9), pixels=4),
        example(("N", 3, 12, 9), TensorSpec(("N", 12, 9), "index", 4), with_target=True),
    ),
)
class RandomShift(Moving):
    """Moves each training image by a random number of pixels; what comes in is zero.

    **Formula** y[c, i, j] = x[c, i + a, j + b] with a, b drawn from −pixels … pixels for each image

    **Shapes** x N×C×H×W → y the same. A target N×H×W or N×C×H×W moves along.

    **Use when** it does not matter where in the image something stands.

    **Alternatives** RandomCrop fills the border with more than zeros and makes images smaller; RandomAffine moves by
    parts of pixels.

    **Reference** Simard et al. 2003, Best practices for convolutional neural networks applied to visual
    document analysis.
    """

    pixels: int = param(2, "How far at most.", min=0, max=10_000, required=True)
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        x, (height, width) = specs[0], self.sides(specs)
        size = min([dim for dim in (height, width) if isinstance(dim, int)], default=None)
        if size is not None and self.pixels >= size:
            raise ShapeError(
                f"{self.pixels} pixels would move an image of {x} out of sight",
                "",
                change=("pixels", size // 4),
            )
        return self.moved(specs, height, width)

    def summary(self) -> str:
        return f"± {self.pixels} px"


_PADDINGS = ("constant", "reflect", "replicate")


@node(
    "Random crop",
    "RandomCrop",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
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

    def forward(
        self, x: torch.Tensor, target: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        height, width = self.size
        down = x.shape[2] + 2 * self.padding - height
        right = x.shape[3] + 2 * self.padding - width
        if self.training:
            top = torch.randint(0, down + 1, (len(x), 1, 1), device=x.device)
            left = torch.randint(0, right + 1, (len(x), 1, 1), device=x.device)
        else:
            top = left = torch.zeros(len(x), 1, 1, dtype=torch.long, device=x.device)
            top, left = top + down // 2, left + right // 2
        rows = top + torch.arange(height, device=x.device).view(1, -1, 1)
        columns = left + torch.arange(width, device=x.device)
        y = self.taken(x, rows, columns)
        return y if target is None else (y, self.taken(target, rows, columns))

    def taken(
        self, x: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor
    ) -> torch.Tensor:
        images = torch.arange(len(x), device=x.device).view(-1, 1, 1)
        border, mode = [self.padding] * 4, self.padding_mode
        if x.dim() == 4:
            padded = F.pad(x, border, mode) if self.padding else x
            return padded.movedim(1, 3)[images, rows, columns].movedim(3, 1)
        marks = x + 100.0  # of classes; what is outside is -100, which does not count
        padded = F.pad(marks, border, mode) if self.padding else marks
        return padded[images, rows, columns].long() - 100
''',
    examples=(
        example(("N", 3, 32, 32), size=32, padding=4),
        example(("N", 1, 28, 30), size=(24, 20)),
        example(("N", 3, 9, 8), size=8, padding=2, padding_mode="reflect"),
        example(("N", 3, 9, 8), TensorSpec(("N", 9, 8), "index", 4), size=8, with_target=True),
    ),
)
class RandomCrop(Moving):
    """Cuts a window out of each training image at a random place; in evaluation it is cut out of the middle.

    **Formula** y[c, i, j] = padded x[c, i + a, j + b] with a, b drawn for each image so that the window lies inside

    **Shapes** x N×C×H×W → y N×C×height×width, at most H + 2·padding by W + 2·padding.
    A target N×H×W or N×C×H×W moves along.

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
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        x, sides = specs[0], self.sides(specs)
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
        return self.moved(specs, *pair(self.size))

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "size": pair(self.size)}

    def summary(self) -> str:
        return _sides(self.size) + (f" · pad {self.padding}" if self.padding else "")


@node(
    "Random resized crop",
    "RandomResizedCrop",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
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

    def forward(
        self, x: torch.Tensor, target: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if not self.training:
            y = self.scaled(x)
            return y if target is None else (y, self.scaled(target))
        grid = self.parts(x, torch.rand(4, len(x), dtype=x.dtype, device=x.device))
        y = self.cut(x, grid)
        return y if target is None else (y, self.cut(target, grid))

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() == 4:
            return F.interpolate(x, self.size, mode="bilinear", antialias=True)
        classes = F.interpolate(x.unsqueeze(1).float(), self.size, mode="nearest-exact")
        return classes.squeeze(1).long()

    def cut(self, x: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        border = {"padding_mode": "border", "align_corners": False}
        if x.dim() == 4:
            return F.grid_sample(x, grid, **border)
        classes = x.unsqueeze(1).to(grid.dtype)
        return F.grid_sample(classes, grid, "nearest", **border).squeeze(1).long()

    def parts(self, x: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
        area, ratio, row, column = drawn
        side = (self.smallest + area * (1 - self.smallest)).sqrt()
        ratio = torch.exp((ratio - 0.5) * self.stretch)
        height, width = (side / ratio).clamp(max=1), (side * ratio).clamp(max=1)
        down, right = (2 * row - 1) * (1 - height), (2 * column - 1) * (1 - width)
        zero = torch.zeros_like(side)
        part = torch.stack((width, zero, right, zero, height, down), 1).view(-1, 2, 3)
        return F.affine_grid(part, [*x.shape[:2], *self.size], align_corners=False)
''',
    examples=(
        example(("N", 3, 32, 32), size=24),
        example(("N", 1, "H", "W"), size=(8, 6), smallest=0.5, stretch=1.0),
        example(("N", 3, 9, 8), TensorSpec(("N", 9, 8), "index", 4), size=6, with_target=True),
    ),
)
class RandomResizedCrop(Moving):
    """Takes a random part of each training image and brings it to one size; in evaluation the whole image.

    **Formula** y = bilinear resize of a part of x whose area is smallest … 1 of the image's and whose sides are in its
    proportions times 1/stretch … stretch

    **Shapes** x N×C×H×W → y N×C×height×width.
    A target N×H×W or N×C×H×W moves along.

    **Use when** the same things are near in some photographs and far in others; the standard for ImageNet.

    **Alternatives** RandomCrop keeps the scale; RandomAffine also turns; Resize without chance.

    **Reference** Szegedy et al. 2015, Going deeper with convolutions; torchvision.transforms.RandomResizedCrop.
    """

    size: int | Pair = param(32, "Height and width of the result.", min=1, max=100_000, required=True)
    smallest: float = param(0.08, "The smallest part that is taken, as a share of the area.", min=1e-4, max=1)
    stretch: float = param(1.3333, "How many times wider than high, or higher than wide.", min=1, max=10)
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        expect.images(specs[0])
        return self.moved(specs, *pair(self.size))

    def arguments(self, *specs: TensorSpec) -> dict[str, Value]:
        return {**super().arguments(*specs), "size": pair(self.size)}

    def summary(self) -> str:
        return f"{_sides(self.size)} · from {self.smallest:g}"


def _sides(size: int | Pair) -> str:
    height, width = pair(size)
    return f"{height} × {width}"
