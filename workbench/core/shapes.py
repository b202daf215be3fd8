"""Shapes of tensors as people read them: sizes, named unknowns (N batch, L length) and a dtype."""

from dataclasses import dataclass
from typing import Literal

Dim = int | str
Shape = tuple[Dim, ...]
DType = Literal["float", "index", "bool"]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What flows along a link. `shape` includes the batch dimension: ("N", 1, 28, 28) is a batch of images.

    `bound` is how many different values an index can take (classes, vocabulary); 0 when that is not known.
    """

    shape: Shape
    dtype: DType = "float"
    bound: int = 0

    def __str__(self) -> str:
        text = "×".join(str(dim) for dim in self.shape) or "scalar"
        return text if self.dtype == "float" else f"{text} {self.dtype}"

    @property
    def rank(self) -> int:
        return len(self.shape)

    def with_shape(self, *shape: Dim) -> "TensorSpec":
        return TensorSpec(shape, self.dtype, self.bound)


def same_dim(a: Dim, b: Dim) -> bool:
    """Two sizes may be equal: equal numbers, or an unknown that only the data will tell."""
    return a == b or isinstance(a, str) or isinstance(b, str)
