"""Normalisation of each example by itself: instances, groups, neighbouring channels. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType, example, known, node
from workbench.catalog.weights import ScaledAndBiased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class _InstanceNorm(ScaledAndBiased):
    """What all instance normalisations share; `rank` is how many directions the input has."""

    rank: ClassVar[int] = 2

    eps: float = param(1e-5, "Added to the variance, against division by zero.", min=1e-12, max=1)
    momentum: float = param(0.1, "Share of the newest batch in the running averages.", min=0, max=1)
    affine: bool = param(False, "Learn a scale and an offset for each channel.")
    track_running_stats: bool = param(
        False, "In evaluation take running averages instead.", label="Running averages"
    )

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_features": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        _, sizes = expect.grid(x, self.rank, "InstanceNorm")
        if all(size == 1 for size in sizes):
            raise ShapeError(f"expects more than one number a channel to take the variance of, got {x}", "x")
        return x

    def parameters(self, *specs: TensorSpec) -> int:
        return 2 * known(specs[0].shape[1]) * self.affine


@node(
    "Instance normalisation (1d)",
    "nn.InstanceNorm1d",
    family="normalisation",
    aliases=("instancenorm", "standardise", "signal", "time series"),
    examples=(example(("N", 8, 5)), example(("N", 4, "L"), affine=True)),
)
class InstanceNorm1d(_InstanceNorm):
    """Gives each channel of each signal by itself mean 0 and variance 1.

    **Formula** y = (x − mean) / √(variance + eps), over the signal alone; with affine · weight + bias

    **Shapes** x N×C×L → y the same. Parameters: none, with affine 2·C.

    **Use when** signals differ in level and scale, and only their form matters.

    **Alternatives** BatchNorm1d, GroupNorm.

    **Reference** Ulyanov et al. 2016, Instance normalization: the missing ingredient for fast stylization.
    """

    rank = 1


@node(
    "Instance normalisation",
    "nn.InstanceNorm2d",
    family="normalisation",
    aliases=("instancenorm", "standardise", "style transfer", "image"),
    examples=(
        example(("N", 8, 5, 5)),
        example(("N", 4, "H", "W"), affine=True, eps=0.001),
        example(("N", 4, 5, 6), track_running_stats=True, momentum=0.2),
    ),
)
class InstanceNorm2d(_InstanceNorm):
    """Gives each channel of each image by itself mean 0 and variance 1.

    **Formula** y = (x − mean) / √(variance + eps), over the image alone; with affine · weight + bias

    **Shapes** x N×C×H×W → y the same. Parameters: none, with affine 2·C.

    **Use when** the contrast of an image should not matter: style transfer, image-to-image GANs.

    **Alternatives** BatchNorm2d, GroupNorm.

    **Reference** Ulyanov et al. 2016, Instance normalization: the missing ingredient for fast stylization.
    """


@node(
    "Instance normalisation (3d)",
    "nn.InstanceNorm3d",
    family="normalisation",
    aliases=("instancenorm", "standardise", "volume", "nnu-net"),
    examples=(example(("N", 4, 3, 4, 5)), example(("N", 4, "D", "H", "W"), affine=True)),
)
class InstanceNorm3d(_InstanceNorm):
    """Gives each channel of each volume by itself mean 0 and variance 1.

    **Formula** y = (x − mean) / √(variance + eps), over the volume alone; with affine · weight + bias

    **Shapes** x N×C×D×H×W → y the same. Parameters: none, with affine 2·C.

    **Use when** volumes are segmented: scans differ in brightness, and batches are small.

    **Alternatives** BatchNorm3d, GroupNorm.

    **Reference** Ulyanov et al. 2016, Instance normalization: the missing ingredient for fast stylization.
    """

    rank = 3


@node(
    "Group normalisation",
    "nn.GroupNorm",
    family="normalisation",
    aliases=("groupnorm", "diffusion", "standardise"),
    examples=(
        example(("N", 16, 5, 5)),
        example(("N", 6, "L"), num_groups=3, affine=False),
        example(("N", 4, "H", 6), num_groups=4),
    ),
)
class GroupNorm(ScaledAndBiased):
    """Gives groups of channels of each example mean 0 and variance 1; then a learned scale and offset.

    **Formula** y = (x − mean) / √(variance + eps) · weight + bias, over each group of channels

    **Shapes** x N×C×… → y the same. Parameters: 2·C.

    **Use when** batches are small, or in U-Nets and diffusion models. As many groups as channels is instance
    normalisation.

    **Alternatives** BatchNorm2d when batches have 16 images or more.

    **Reference** Wu and He 2018, Group normalization.
    """

    num_groups: int = param(8, "How many groups the channels form.", min=1, max=100_000, required=True)
    eps: float = param(1e-5, "Added to the variance, against division by zero.", min=1e-12, max=1)
    affine: bool = param(True, "Learn a scale and an offset for each channel.")

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_channels": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank < 2:
            raise ShapeError(f"expects N×C×…, got {x}", "x")
        expect.divides(expect.sized(x, 1, "channels"), "num_groups", self.num_groups, "channels")
        return x

    def parameters(self, *specs: TensorSpec) -> int:
        return 2 * known(specs[0].shape[1]) * self.affine

    def summary(self) -> str:
        return f"{self.num_groups} groups"


@node(
    "Local response normalisation",
    "nn.LocalResponseNorm",
    family="normalisation",
    aliases=("lrn", "lateral inhibition", "alexnet", "googlenet", "brightness"),
    examples=(example(("N", 8, 5, 6)), example(("N", 4, "L"), size=3, alpha=0.001, beta=0.5, k=2.0)),
)
class LocalResponseNorm(NodeType):
    """Divides each number by how strong the same place is in the neighbouring channels.

    **Formula** y_c = x_c / (k + alpha / size · Σ x_j²)^beta, over the size channels j around c

    **Shapes** x N×C×L, N×C×H×W or N×C×D×H×W → y the same.

    **Use when** rebuilding AlexNet or GoogLeNet as published.

    **Alternatives** BatchNorm2d, which has taken its place.

    **Reference** Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks.
    """

    size: int = param(5, "Number of neighbouring channels.", min=1, max=100_000, required=True)
    alpha: float = param(1e-4, "How much the neighbours count.", min=0, max=1000)
    beta: float = param(0.75, "The power of the divisor.", min=0, max=100)
    k: float = param(1.0, "What the divisor begins with.", min=1e-6, max=1000)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank not in (3, 4, 5):
            raise ShapeError(f"expects signals N×C×L, images N×C×H×W or volumes N×C×D×H×W, got {x}", "x")
        return x

    def summary(self) -> str:
        return f"{self.size} channels"
