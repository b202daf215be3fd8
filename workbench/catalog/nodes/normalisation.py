"""Batch normalisation. Imports catalog.spec and core."""

from typing import ClassVar

from workbench.catalog import expect
from workbench.catalog.forms import form, param
from workbench.catalog.spec import example, known, node
from workbench.catalog.weights import ScaledAndBiased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@form
class _BatchNorm(ScaledAndBiased):
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

    **Alternatives** InstanceNorm3d or GroupNorm: volumes are large, and so batches of them small.

    **Reference** Ioffe and Szegedy 2015, Batch normalization; torch.nn.BatchNorm3d.
    """

    rank = 3
