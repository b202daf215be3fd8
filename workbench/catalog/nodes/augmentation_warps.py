"""Training images turned, scaled, sheared, bent and moved by parts of pixels. Imports catalog.spec and core.

They act in training only; the class in `source` is part of the generated program.
"""

from workbench.catalog.forms import param
from workbench.catalog.moving import PORTS, TARGET_HELP, Moving
from workbench.catalog.spec import example, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

_BORDERS = ("zeros", "border", "reflection")
_BORDER_HELP = "What comes in from outside: zeros, the image's border, or its mirror image."
_SHARE_HELP = "Share of the images it is done to. It takes some of their sharpness; the others keep it."
_MOVED = """
    def moved(self, x: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        outside = {"padding_mode": self.padding_mode, "align_corners": False}
        if x.dim() == 4:
            return F.grid_sample(x, grid, **outside)
        marks = (x + 100).unsqueeze(1).to(grid.dtype)
        marks = F.grid_sample(marks, grid, "nearest", **outside).squeeze(1)
        return marks.long() - 100  # of classes: zeros outside do not count
"""
_AFFINE = '''\
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
'''
_ELASTIC = '''\
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
'''


@node(
    "Random rotation",
    "RandomAffine",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
    aliases=("turn", "rotate", "angle", "augment", "image", "degrees"),
    source=_AFFINE + _MOVED,
    examples=(
        example(("N", 1, 28, 28)),
        example(("N", 3, "H", 9), degrees=90.0, padding_mode="border"),
        example(("N", 3, 12, 9), TensorSpec(("N", 12, 9), "index", 4), with_target=True),
    ),
)
class RandomRotation(Moving):
    """Turns each training image about its middle by a random angle.

    **Formula** y(p) = x(R⁻¹ p) with p from the middle of the image and R a turn by −degrees … degrees; bilinear

    **Shapes** x N×C×H×W → y the same. A target N×H×W or N×C×H×W moves along.

    **Use when** things are seldom upright to the degree: 10 – 15 for photographs and digits (6 and 9 change places at
    180), 180 where there is no up.

    **Alternatives** RandomAffine also moves, scales and shears; RandomVerticalFlip.

    **Reference** Simard et al. 2003, Best practices for convolutional neural networks applied to visual
    document analysis; torchvision.transforms.RandomRotation.
    """

    degrees: float = param(15.0, "How far at most, either way.", min=0, max=180, required=True)
    padding_mode: str = param("zeros", _BORDER_HELP, choices=_BORDERS, label="Outside")
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def summary(self) -> str:
        return f"± {self.degrees:g}°"


@node(
    "Random affine",
    "RandomAffine",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
    aliases=("rotate", "scale", "zoom", "shear", "translate", "warp", "augment", "image"),
    source=_AFFINE + _MOVED,
    examples=(
        example(("N", 1, 28, 28)),
        example(("N", 3, 9, 12), degrees=45.0, translate=0.25, smallest=0.5, largest=2.0, shear=20.0),
        example(("N", 3, "H", "W"), padding_mode="reflection"),
    ),
)
class RandomAffine(Moving):
    """Shears, turns, scales and moves each training image by random amounts, in one step.

    **Formula** y(p) = x(A⁻¹ (p − t)) with A = zoom · turn · shear, p from the middle of the image, t within
    ± translate · (W, H); bilinear

    **Shapes** x N×C×H×W → y the same. A target N×H×W or N×C×H×W moves along.

    **Use when** things are seen from other places and angles than in training, such as handwriting.

    **Alternatives** RandomRotation turns only, RandomShift moves by whole pixels, RandomResizedCrop zooms in.

    **Reference** Simard et al. 2003, Best practices for convolutional neural networks applied to visual
    document analysis; torchvision.transforms.RandomAffine.
    """

    degrees: float = param(10.0, "How far it is turned at most, either way.", min=0, max=180, required=True)
    translate: float = param(
        0.1,
        "How far it is moved at most, as a share of width and height.",
        min=0,
        max=1,
        required=True,
        label="Move",
    )
    smallest: float = param(0.9, "The smallest zoom.", min=0.01, max=100, required=True)
    largest: float = param(1.1, "The largest zoom.", min=0.01, max=100, required=True)
    shear: float = param(0.0, "By how many degrees it is slanted at most, either way.", min=0, max=80)
    padding_mode: str = param("zeros", _BORDER_HELP, choices=_BORDERS, label="Outside")
    p: float = param(1.0, _SHARE_HELP, min=0, max=1, label="Share")
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def infer(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        if self.smallest > self.largest:
            raise ShapeError(
                f"smallest = {self.smallest:g} is more than largest = {self.largest:g}",
                "",
                change=("smallest", self.largest),
            )
        return self.moved(specs, *self.sides(specs))

    def summary(self) -> str:
        moved = f"± {self.degrees:g}° · ± {100 * self.translate:g} %"
        return f"{moved} · × {self.smallest:g} – {self.largest:g}"


@node(
    "Random elastic",
    "RandomElastic",
    family="augmentation",
    inputs=PORTS[0],
    outputs=PORTS[1],
    aliases=("deform", "bend", "rubber", "warp", "distort", "augment", "image", "u-net"),
    source=_ELASTIC + _MOVED,
    examples=(
        example(("N", 1, 28, 28)),
        example(("N", 3, "H", 12), pixels=1.0, points=3, padding_mode="reflection"),
        example(("N", 3, 12, 9), TensorSpec(("N", 12, 9), "index", 4), with_target=True),
    ),
)
class RandomElastic(Moving):
    """Bends each training image as if it were drawn on rubber.

    **Formula** y(p) = x(p + d(p)); d is N(0, pixels²) to the right and down at points × points places, cubic between
    them; bilinear

    **Shapes** x N×C×H×W → y the same. A target N×H×W or N×C×H×W moves along.

    **Use when** things have no fixed form, such as cells, tissue and handwriting, above all where few images have
    masks. Where pixels is more than a third of the way from one point to the next, the image folds over itself.

    **Alternatives** RandomAffine keeps straight lines straight.

    **Reference** Simard et al. 2003, Best practices for convolutional neural networks applied to visual
    document analysis; Ronneberger, Fischer and Brox 2015, U-Net: 3 × 3 points, 10 pixels.
    """

    pixels: float = param(
        2.0, "How far a point is moved: the standard deviation, in pixels.", min=0, max=1000, required=True
    )
    points: int = param(
        4, "How many points there are along each side: more bend it more finely.", min=2, max=64
    )
    padding_mode: str = param("zeros", _BORDER_HELP, choices=_BORDERS, label="Outside")
    p: float = param(1.0, _SHARE_HELP, min=0, max=1, label="Share")
    with_target: bool = param(False, TARGET_HELP, argument=False)

    def summary(self) -> str:
        return f"± {self.pixels:g} px · {self.points} × {self.points}"
