"""Normalisation. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import NodeType, example, known, node
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class _BatchNorm(NodeType):
    """Images, or volumes where `rank` is 3."""

    rank: ClassVar[int] = 2

    eps: float = param(1e-5, "Added to the variance, against division by zero.", min=1e-12, max=1)
    momentum: float = param(0.1, "Share of the newest batch in the running averages.", min=0, max=1)
    affine: bool = param(True, "Learn a scale and an offset for each channel.")

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"num_features": known(specs[0].shape[1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if x.rank == 2 and x.dtype == "float":
            raise ShapeError(
                f"expects {'images N×C×H×W' if self.rank == 2 else 'volumes N×C×D×H×W'}, got {x}; "
                "vectors take BatchNorm1d",
                "x",
            )
        expect.grid(x, self.rank, "BatchNorm")
        return x

    def parameters(self, *specs: TensorSpec) -> int:
        return 2 * known(specs[0].shape[1]) * self.affine


@node(
    "Batch normalisation (1d)",
    "nn.BatchNorm1d",
    family="normalisation",
    aliases=("batchnorm", "bn", "standardise"),
    examples=(example(("N", 8)), example(("N", 4, "L"), affine=False), example(("V", 6), momentum=0.2)),
)
class BatchNorm1d(_BatchNorm):
    """Gives each feature mean 0 and variance 1 over the batch, then a learned scale and offset.

    **Formula** y = (x − mean) / √(variance + eps) · weight + bias; in evaluation with running averages.

    **Shapes** x N×F or N×C×L → y the same. Parameters: 2·F.

    **Use when** a deep network of Linear or Conv1d layers trains slowly; put it before the activation.

    **Alternatives** LayerNorm for sequences N×L×F and for small batches.

    **Reference** Ioffe and Szegedy 2015, Batch normalization.
    """

    affine: bool = param(True, "Learn a scale and an offset for each feature.")

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank not in (2, 3):
            other = {4: "; images take BatchNorm2d", 5: "; volumes take BatchNorm3d"}.get(x.rank, "")
            raise ShapeError(f"expects vectors N×F or signals N×C×L, got {x}{other}", "x")
        if not isinstance(x.shape[1], int):
            raise ShapeError(f"needs to know the number of channels in N×C×L, got {x}; use LayerNorm", "x")
        return x


@node(
    "Batch normalisation",
    "nn.BatchNorm2d",
    family="normalisation",
    aliases=("batchnorm", "bn", "standardise", "image"),
    examples=(example(("N", 8, 5, 5)), example(("N", 4, "H", "W"), affine=False, eps=0.001)),
)
class BatchNorm2d(_BatchNorm):
    """Gives each channel mean 0 and variance 1 over the batch, then a learned scale and offset.

    **Formula** y = (x − mean) / √(variance + eps) · weight + bias; in evaluation with running averages.

    **Shapes** x N×C×H×W → y the same. Parameters: 2·C.

    **Use when** convolutions are stacked deep; put it between convolution (without bias) and activation.

    **Alternatives** GroupNorm when batches are small or in generative models.

    **Reference** Ioffe and Szegedy 2015, Batch normalization.
    """


@node(
    "Batch normalisation (3d)",
    "nn.BatchNorm3d",
    family="normalisation",
    aliases=("batchnorm", "bn", "standardise", "volume", "video"),
    examples=(example(("N", 4, 3, 4, 5)), example(("N", 4, "D", "H", "W"), affine=False, momentum=0.01)),
)
class BatchNorm3d(_BatchNorm):
    """Gives each channel mean 0 and variance 1 over the batch, then a learned scale and offset.

    **Formula** y = (x − mean) / √(variance + eps) · weight + bias; in evaluation with running averages.

    **Shapes** x N×C×D×H×W → y the same. Parameters: 2·C.

    **Use when** convolutions over volumes or videos are stacked deep.

    **Alternatives** GroupNorm: volumes are large, and so batches of them small.

    **Reference** Ioffe and Szegedy 2015, Batch normalization; torch.nn.BatchNorm3d.
    """

    rank = 3


@node(
    "Layer normalisation",
    "nn.LayerNorm",
    family="normalisation",
    aliases=("layernorm", "ln", "transformer", "standardise"),
    examples=(
        example(("N", "L", 16)),
        example(("N", 8), bias=False),
        example(("N", 8), elementwise_affine=False),
    ),
)
class LayerNorm(NodeType):
    """Gives the features of each example, at each position, mean 0 and variance 1; then a learned scale and offset.

    **Formula** y = (x − mean) / √(variance + eps) · weight + bias, over the last dimension

    **Shapes** x N×F or N×L×F → y the same. Parameters: 2·F.

    **Use when** building Transformers and recurrent networks; it does not depend on the batch.

    **Alternatives** BatchNorm2d for images.

    **Reference** Ba et al. 2016, Layer normalization.
    """

    eps: float = param(1e-5, "Added to the variance, against division by zero.", min=1e-12, max=1)
    elementwise_affine: bool = param(True, "Learn a scale and an offset for each feature.")
    bias: bool = param(True, "Learn the offset too.")

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"normalized_shape": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        expect.numbers(x)
        if x.rank < 2:
            raise ShapeError(f"expects vectors N×F or sequences N×L×F, got {x}", "x")
        expect.sized(x, -1, "features")
        return x

    def parameters(self, *specs: TensorSpec) -> int:
        return known(specs[0].shape[-1]) * (1 + self.bias) * self.elementwise_affine


@node(
    "Group normalisation",
    "nn.GroupNorm",
    family="normalisation",
    aliases=("groupnorm", "instance normalisation", "diffusion", "standardise"),
    examples=(
        example(("N", 16, 5, 5)),
        example(("N", 6, "L"), num_groups=3, affine=False),
        example(("N", 4, "H", 6), num_groups=4),
    ),
)
class GroupNorm(NodeType):
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
