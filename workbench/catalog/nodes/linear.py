"""Fully connected and shape layers. Imports catalog.spec and core."""

from math import prod

from workbench.catalog.spec import Call, Ints, NodeType, known, node, param
from workbench.core.errors import ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import TensorSpec


@node("Linear", "nn.Linear", family="layer", aliases=("dense", "fully connected", "fc", "affine"))
class Linear(NodeType):
    """Every output is a weighted sum of all inputs: y = x Wᵀ + b.

    **Shapes** x N×F or N×L×F → y N×out or N×L×out. Parameters: F·out + out.

    **Use when** the inputs are a vector without neighbourhood: table columns, pooled features, the last layer.

    **Alternatives** Conv2d for images, attention for sequences.
    """

    out_features: int = param(64, "Length of the output vector.", min=1, max=10_000_000, required=True)
    bias: bool = param(True, "Add a learned constant to each output. Not needed right before batch norm.")

    def given(self, *specs: TensorSpec) -> dict[str, Value]:
        return {"in_features": known(specs[0].shape[-1])}

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if x.dtype != "float" or x.rank < 2:
            raise ShapeError(f"expects vectors N×F of numbers, got {x}", "x")
        if x.rank > 3:
            raise ShapeError(f"expects vectors N×F or sequences N×L×F, got {x}", "x", insert="Flatten")
        if not isinstance(x.shape[-1], int):
            raise ShapeError(f"needs a known number of features, got {x}", "x")
        return x.with_shape(*x.shape[:-1], self.out_features)

    def parameters(self, *specs: TensorSpec) -> int:
        return (known(specs[0].shape[-1]) + self.bias) * self.out_features

    def operations(self, *specs: TensorSpec) -> int:
        return prod(known(dim) for dim in specs[0].shape[1:]) * self.out_features


@node("Flatten", "nn.Flatten", family="structure", aliases=("vector", "unroll"))
class Flatten(NodeType):
    """Turns each example into one vector.

    **Shapes** x N×A×B×… → y N×(A·B·…).

    **Use when** a Linear layer follows convolutions or images.
    """

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if x.rank < 2 or not all(isinstance(dim, int) for dim in x.shape[1:]):
            raise ShapeError(f"expects examples of known size, got {x}", "x")
        return x.with_shape(x.shape[0], prod(known(dim) for dim in x.shape[1:]))


@node("Reshape", family="structure", aliases=("view", "unflatten"))
class Reshape(NodeType):
    """Gives each example another shape with the same number of elements.

    **Shapes** x N×… → y N×shape.

    **Use when** a vector becomes an image (generators, decoders) or an image becomes a sequence of rows.
    """

    shape: Ints = param((1, 28, 28), "Sizes after the batch, such as 1, 28, 28.", min=1, required=True)

    def infer(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        if not all(isinstance(dim, int) for dim in x.shape[1:]):
            raise ShapeError(f"expects examples of known size, got {x}", "x")
        if prod(known(dim) for dim in x.shape[1:]) != prod(self.shape):
            wanted = "×".join(str(dim) for dim in self.shape)
            raise ShapeError(
                f"cannot make {wanted} ({prod(self.shape)} elements) from {x} "
                f"({prod(known(dim) for dim in x.shape[1:])} elements)",
                "x",
            )
        return x.with_shape(x.shape[0], *self.shape)

    def forward(self, call: Call) -> list[str]:
        sizes = ", ".join(str(dim) for dim in self.shape)
        return [f"{call.outputs[0]} = {call.inputs[0]}.reshape(len({call.inputs[0]}), {sizes})"]
