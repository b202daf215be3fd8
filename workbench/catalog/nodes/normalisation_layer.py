"""Normalisation of the features of each position. Imports catalog.spec and core."""

from workbench.catalog import expect
from workbench.catalog.forms import param
from workbench.catalog.spec import example, known, node
from workbench.catalog.weights import Scaled, ScaledAndBiased
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


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
class LayerNorm(ScaledAndBiased):
    """Gives the features of each example, at each position, mean 0 and variance 1; then a learned scale and offset.

    **Formula** y = (x − mean) / √(variance + eps) · weight + bias, over the last dimension

    **Shapes** x N×F or N×L×F → y the same. Parameters: 2·F.

    **Use when** building Transformers and recurrent networks; it does not depend on the batch.

    **Alternatives** RMSNorm, which is cheaper; BatchNorm2d for images.

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
    "RMS normalisation",
    "nn.RMSNorm",
    family="normalisation",
    aliases=("rmsnorm", "root mean square", "transformer", "llama"),
    examples=(
        example(("N", "L", 16)),
        example(("N", 8), eps=1e-6),
        example(("N", 8), elementwise_affine=False),
    ),
)
class RMSNorm(Scaled):
    """Divides the features of each example, at each position, by their root mean square; then a learned scale.

    **Formula** y = x / √(mean(x²) + eps) · weight, over the last dimension

    **Shapes** x N×F or N×L×F → y the same. Parameters: F.

    **Use when** building large Transformers: as good as LayerNorm and cheaper, as it takes no mean away.

    **Alternatives** LayerNorm.

    **Reference** Zhang and Sennrich 2019, Root mean square layer normalization.
    """

    eps: float | None = param(
        None, "Added to the mean square; empty: the smallest step of the numbers.", min=1e-12, max=1
    )
    elementwise_affine: bool = param(True, "Learn a scale for each feature.")

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
        return known(specs[0].shape[-1]) * self.elementwise_affine
