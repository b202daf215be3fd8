"""Metrics of images and of directions. Imports catalog.spec, catalog's other metrics and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.nodes.metrics import PORTS
from workbench.catalog.spec import NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


@node(
    "Peak signal-to-noise ratio",
    "PSNR",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("psnr", "decibel", "denoising", "super-resolution", "reconstruction"),
    source='''\
class PSNR(nn.Module):
    """10·log10(range² / mean squared error), in decibels."""

    def __init__(self, data_range: float = 1.0) -> None:
        super().__init__()
        self.data_range = data_range

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        error = (input - target).float().pow(2).sum()
        return torch.stack((error, torch.full_like(error, input.numel())))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return 10 * torch.log10(self.data_range**2 * total[1] / total[0])
''',
    examples=(
        example(("N", 3, 8, 9), ("N", 3, 8, 9)),
        example(("N", 1, "H", "W"), ("N", 1, "H", "W"), data_range=2.0),
    ),
)
class PSNR(NodeType):
    """How small the mean squared error of a split is beside the largest possible difference, in decibels.

    **Formula** value = 10 · log₁₀(range² / mean((input − target)²))

    **Shapes** input and target N×… of one shape → value. Larger is better; 30 dB is a fair picture.

    **Use when** images are restored, enlarged or compressed.

    **Alternatives** SSIM, which is closer to what people see; MeanSquaredError.

    **Reference** Huynh-Thu and Ghanbari 2008, Scope of validity of PSNR in image/video quality assessment.
    """

    goal: ClassVar[str] = "max"

    data_range: float = param(
        1.0, "From the darkest to the brightest; 2 for pixels in [−1, 1].", min=1e-9, max=1e9
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.same_shape(*specs)
        return TensorSpec(())


@node(
    "Structural similarity (SSIM)",
    "SSIM",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("ssim", "image quality", "denoising", "super-resolution", "reconstruction"),
    source='''\
class SSIM(nn.Module):
    """Structural similarity of windows of 11×11 pixels with Gaussian weights, the mean over each image."""

    def __init__(self, data_range: float = 1.0) -> None:
        super().__init__()
        self.small = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
        window = torch.exp(-(torch.arange(-5.0, 6.0).pow(2)) / (2 * 1.5**2))
        self.register_buffer("window", window / window.sum(), persistent=False)

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        x, y = input.float().flatten(0, 1), target.float().flatten(0, 1)
        maps = torch.stack((x, y, x * x, y * y, x * y)).flatten(0, 1).unsqueeze(1)
        maps = F.conv2d(maps, self.window.reshape(1, 1, 11, 1))
        maps = F.conv2d(maps, self.window.reshape(1, 1, 1, 11))
        x, y, xx, yy, xy = maps.reshape(5, len(input), -1)
        (a, b), means = self.small, x * y
        alike = (2 * means + a) * (2 * (xy - means) + b)
        most = (x * x + y * y + a) * (xx - x * x + yy - y * y + b)
        each = (alike / most).mean(1)
        return torch.stack((each.sum(), torch.ones_like(each).sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=(
        example(("N", 3, 16, 13), ("N", 3, 16, 13)),
        example(("N", 1, 11, 20), ("N", 1, 11, 20), data_range=2.0),
    ),
)
class SSIM(NodeType):
    """How alike images look: brightness, contrast and structure of small windows.

    **Formula** value = mean (2 μx μy + c₁)(2 σxy + c₂) / ((μx² + μy² + c₁)(σx² + σy² + c₂)), with Gaussian windows of
    11×11 (σ = 1.5), c₁ = (0.01 range)², c₂ = (0.03 range)²

    **Shapes** input and target N×C×H×W of one shape, at least 11×11 → value. Larger is better; 1 is the same image.

    **Use when** images are restored, enlarged or compressed, and should look right.

    **Alternatives** PSNR, MeanSquaredError.

    **Reference** Wang et al. 2004, Image quality assessment: from error visibility to structural similarity.
    """

    goal: ClassVar[str] = "max"

    data_range: float = param(
        1.0, "From the darkest to the brightest; 2 for pixels in [−1, 1].", min=1e-9, max=1e9
    )

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        input, target = specs
        expect.images(input, "input")
        expect.same_shape(input, target)
        if any(known(size, 11) < 11 for size in input.shape[2:]):
            raise ShapeError(f"expects images of at least 11×11 pixels, got {input}", "input")
        return TensorSpec(())

    def operations(self, *specs: TensorSpec) -> int:
        channels, height, width = (known(size, 11) for size in specs[0].shape[1:])
        return 5 * channels * 11 * (height - 10) * (width + width - 10)


@node(
    "Cosine similarity",
    "CosineSimilarity",
    family="metric",
    inputs=PORTS,
    outputs=("value",),
    aliases=("cosine", "angle", "direction", "embedding", "similarity"),
    source='''\
class CosineSimilarity(nn.Module):
    """Mean of the cosines of the angles between vectors."""

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        each = F.cosine_similarity(input.float(), target.float(), dim=-1)
        return torch.stack((each.sum(), torch.ones_like(each).sum()))

    def value(self, total: torch.Tensor) -> torch.Tensor:
        return total[0] / total[1]
''',
    examples=(example(("N", 8), ("N", 8)), example(("N", "L", 8), ("N", "L", 8))),
)
class CosineSimilarity(NodeType):
    """How well the directions of vectors agree.

    **Formula** value = mean input · target / (‖input‖ ‖target‖)

    **Shapes** input and target N×F or N×L×F → value. Larger is better; 1 is the same direction, −1 the opposite.

    **Use when** vectors are predicted of which only the direction counts, such as embeddings.

    **Alternatives** MeanSquaredError.

    **Reference** Salton and McGill 1983, Introduction to modern information retrieval; torch.nn.CosineSimilarity.
    """

    goal: ClassVar[str] = "max"

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        expect.same_shape(*specs)
        if specs[0].rank not in (2, 3):
            raise ShapeError(f"expects vectors N×F or N×L×F, got {specs[0]}", "input")
        return TensorSpec(())
