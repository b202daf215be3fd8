"""Training images in other colours, out of focus, or with holes. Imports catalog.spec and core.

They act in training only; the classes in `source` are part of the generated program.
"""

from math import ceil

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


@node(
    "Colour jitter",
    "ColorJitter",
    family="augmentation",
    aliases=("color jitter", "brightness", "contrast", "saturation", "hue", "augment", "image"),
    source='''\
class ColorJitter(nn.Module):
    """Changes brightness, contrast, saturation and hue of each image; in training only."""

    def __init__(
        self,
        brightness: float,
        contrast: float,
        saturation: float = 0.0,
        hue: float = 0.0,
    ) -> None:
        super().__init__()
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        drawn = 2 * torch.rand(4, len(x), 1, 1, 1, dtype=x.dtype, device=x.device) - 1
        if self.brightness:
            x = self.bright(x, 1 + self.brightness * drawn[0])
        if self.contrast:
            x = self.contrasted(x, 1 + self.contrast * drawn[1])
        if self.saturation and x.shape[1] == 3:
            x = self.saturated(x, 1 + self.saturation * drawn[2])
        if self.hue and x.shape[1] == 3:
            x = self.hued(x, self.hue * drawn[3])
        return x

    def bright(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        return (factor * x).clamp(0, 1)

    def contrasted(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        grey = self.grey(x).mean((1, 2, 3), keepdim=True)
        return (grey + factor * (x - grey)).clamp(0, 1)

    def saturated(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        grey = self.grey(x)
        return (grey + factor * (x - grey)).clamp(0, 1)

    def grey(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[1] != 3:
            return x
        return 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]

    def hued(self, x: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
        # By shares of the colour circle: to hue, saturation and value, and back.
        red, green, blue = x.split(1, 1)
        value = torch.maximum(torch.maximum(red, green), blue)
        chroma = value - torch.minimum(torch.minimum(red, green), blue)
        scale = 1 / chroma.clamp(min=1e-8)
        hue = torch.where(
            value == green, 2 + (blue - red) * scale, 4 + (red - green) * scale
        )
        hue = torch.where(value == red, (green - blue) * scale, hue) + 6 * turn
        place = torch.tensor((5.0, 3.0, 1.0), dtype=x.dtype, device=x.device)
        ramp = (place.view(1, 3, 1, 1) + hue) % 6
        return value - chroma * torch.minimum(ramp, 4 - ramp).clamp(0, 1)
''',
    examples=(
        example(("N", 3, 32, 32)),
        example(("N", 3, "H", 9), brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
        example(("N", 1, 28, 28), saturation=0.0),
    ),
)
class ColorJitter(NodeType):
    """Changes brightness, contrast, saturation and hue of each training image by random amounts, in this order.

    **Formula** y = b · x; then m + c · (x − m) with m the mean grey; then g + s · (x − g) with g the grey of each
    pixel; then the hue turned by −hue … hue of the colour circle; b, c, s from 1 ± the field; each within [0, 1]

    **Shapes** x N×C×H×W in [0, 1], as datasets give them → y the same. Saturation and hue take 3 channels.

    **Use when** light and cameras differ. Place it before Normalise.

    **Alternatives** GaussianNoise; a BatchNorm2d at the start evens out brightness.

    **Reference** Howard 2013, Some improvements on deep convolutional neural network based image classification;
    torchvision.transforms.ColorJitter.
    """

    brightness: float = param(0.2, "How much brighter or darker at most.", min=0, max=1, required=True)
    contrast: float = param(0.2, "How much more or less contrast at most.", min=0, max=1, required=True)
    saturation: float = param(0.0, "How much more or less colourful at most.", min=0, max=1)
    hue: float = param(0.0, "How far round the colour circle at most; 0.5 is all of it.", min=0, max=0.5)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        channels, *_ = expect.images(specs[0])
        for name in ("saturation", "hue"):
            if channels != 3 and getattr(self, name):
                raise ShapeError(
                    f"{name} needs images of 3 channels (red, green, blue), got {specs[0]}",
                    "x",
                    change=(name, 0.0),
                )
        return specs[0]

    def summary(self) -> str:
        shown = (self.brightness, self.contrast, self.saturation, self.hue)
        return " · ".join(f"{value:g}" for value in shown)


@node(
    "Gaussian blur",
    "GaussianBlur",
    family="augmentation",
    aliases=("defocus", "smooth", "unsharp", "augment", "image", "filter"),
    source='''\
class GaussianBlur(nn.Module):
    """Blurs each image by a random width with probability p; in training only."""

    def __init__(self, smallest: float, largest: float, p: float = 0.5) -> None:
        super().__init__()
        self.smallest = smallest
        self.largest = largest
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        chance, drawn = torch.rand(2, len(x), 1, dtype=x.dtype, device=x.device)
        width = self.smallest + drawn * (self.largest - self.smallest)
        blurred = self.blurred(x, width)
        return torch.where(chance.view(-1, 1, 1, 1) < self.p, blurred, x)

    def blurred(self, x: torch.Tensor, width: torch.Tensor) -> torch.Tensor:
        # By a standard deviation for each image, in pixels; the border goes on outside.
        reach = math.ceil(3 * self.largest)
        places = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
        bell = torch.softmax(-0.5 * (places / width) ** 2, 1)
        bell = bell.repeat_interleave(x.shape[1], 0).unsqueeze(1)
        flat = x.flatten(0, 1).unsqueeze(
            0
        )  # one channel for each channel of each image
        padded = F.pad(flat, (0, 0, reach, reach), "replicate")
        flat = F.conv2d(padded, bell.unsqueeze(3), groups=len(bell))
        padded = F.pad(flat, (reach, reach, 0, 0), "replicate")
        return F.conv2d(padded, bell.unsqueeze(2), groups=len(bell)).view_as(x)
''',
    examples=(
        example(("N", 1, 28, 28)),
        example(("N", 3, 9, 12), smallest=0.5, largest=1.0, p=1.0),
    ),
)
class GaussianBlur(NodeType):
    """Blurs a random share of the training images by random amounts.

    **Formula** y = x smoothed by exp(−(i² + j²) / 2σ²), normed to a sum of 1, with σ from smallest … largest

    **Shapes** x N×C×H×W → y the same.

    **Use when** some pictures are out of focus, or features should not hang on single pixels.

    **Alternatives** ColorJitter; AvgPool2d smooths always.

    **Reference** Chen et al. 2020, A simple framework for contrastive learning of visual representations.
    """

    smallest: float = param(0.1, "The weakest blur, in pixels.", min=0.01, max=50, required=True)
    largest: float = param(2.0, "The strongest blur, in pixels.", min=0.01, max=50, required=True)
    p: float = param(0.5, "Share of the images that are blurred.", min=0, max=1, label="Share")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.images(specs[0])
        if self.smallest > self.largest:
            raise ShapeError(
                f"smallest = {self.smallest:g} is more than largest = {self.largest:g}",
                "",
                change=("smallest", self.largest),
            )
        return specs[0]

    def operations(self, *specs: TensorSpec) -> int:
        numbers = 1
        for dim in specs[0].shape[1:]:
            numbers *= known(dim)
        return 2 * numbers * (2 * ceil(3 * self.largest) + 1)

    def summary(self) -> str:
        return f"{self.smallest:g} – {self.largest:g} px · {self.p:g}"


@node(
    "Random erasing",
    "RandomErasing",
    family="augmentation",
    aliases=("cutout", "hole", "occlusion", "augment", "image", "rectangle"),
    source='''\
class RandomErasing(nn.Module):
    """Overwrites a rectangle of each image with probability p; in training only."""

    def __init__(
        self,
        p: float,
        smallest: float = 0.02,
        largest: float = 0.33,
        stretch: float = 3.3,
        fill: str = "zeros",
    ) -> None:
        super().__init__()
        self.p = p
        self.smallest = smallest
        self.largest = largest
        self.stretch = math.log(stretch)
        self.fill = fill

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        count, _, height, width = x.shape
        chance, area, ratio, top, left = torch.rand(5, count, 1, 1, 1, device=x.device)
        side = (self.smallest + area * (self.largest - self.smallest)).sqrt()
        ratio = torch.exp((ratio - 0.5) * self.stretch)
        high = (side / ratio * height).round().clamp(max=height)
        wide = (side * ratio * width).round().clamp(max=width)
        top, left = (top * (height - high)).round(), (left * (width - wide)).round()
        rows = torch.arange(height, device=x.device).view(-1, 1)
        columns = torch.arange(width, device=x.device)
        hole = (rows >= top) & (rows < top + high)
        hole = hole & (columns >= left) & (columns < left + wide) & (chance < self.p)
        filling = torch.rand_like(x) if self.fill == "noise" else torch.zeros_like(x)
        return torch.where(hole, filling, x)
''',
    examples=(
        example(("N", 3, 32, 32)),
        example(("N", 1, "H", 9), p=1.0, smallest=0.25, largest=0.25, stretch=1.0, fill="noise"),
    ),
)
class RandomErasing(NodeType):
    """Overwrites one rectangle in a random share of the training images.

    **Formula** y = 0 (or uniform noise) inside a rectangle with an area of smallest … largest, x outside; with
    probability p for each image

    **Shapes** x N×C×H×W → y the same.

    **Use when** things may be half hidden; with p = 1 and one square size this is Cutout. After Normalise zeros are
    the mean colour.

    **Alternatives** CutMix fills the hole with another image; Dropout2d hides whole channels.

    **Reference** Zhong et al. 2020, Random erasing data augmentation; DeVries and Taylor 2017, Improved regularization
    of convolutional neural networks with cutout.
    """

    p: float = param(0.5, "Share of the images with a hole.", min=0, max=1, required=True, label="Share")
    smallest: float = param(0.02, "Smallest hole, as a share of the area.", min=0, max=1)
    largest: float = param(0.33, "Largest hole, as a share of the area.", min=0, max=1)
    stretch: float = param(3.3, "How many times wider than high, or higher than wide.", min=1, max=100)
    fill: str = param("zeros", "What the hole holds.", choices=("zeros", "noise"))

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.images(specs[0])
        if self.smallest > self.largest:
            raise ShapeError(
                f"smallest = {self.smallest:g} is more than largest = {self.largest:g}",
                "",
                change=("smallest", self.largest),
            )
        return specs[0]

    def summary(self) -> str:
        return f"{self.p:g} · area {self.smallest:g} – {self.largest:g}"
