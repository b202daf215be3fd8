"""Sequences of unequal length, padded at the end: what a node asks of `length`, and lines that leave padding out.

Imports core only.
"""

from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec


def check_length(length: TensorSpec, x: TensorSpec, of: str = "x") -> None:
    """Raises unless `length` may be the number of steps that count of each sequence at the input `of`."""
    steps = x.shape[-2]
    if length.dtype != "index" or length.shape != x.shape[:1]:
        raise ShapeError(
            f"expects how many steps of each sequence count, N as whole numbers, got {length}; link the length of "
            "the dataset",
            "length",
        )
    if length.bound and isinstance(steps, int) and length.bound - 1 > steps:
        raise ShapeError(
            f"expects the lengths of the sequences at {of}, which have {steps} steps, got lengths of up to "
            f"{length.bound - 1}; link the length of the same sequences",
            "length",
        )


def steps_line(x: str) -> str:
    """The line that numbers the steps of a batch of sequences."""
    return f"_steps = torch.arange({x}.size(1), device={x}.device)"
