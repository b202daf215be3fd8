"""Sizes behind sliding windows (convolution, pooling): torch's formulas, for known and unknown lengths. Core only."""

from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim


def window_size(
    size: Dim, kernel: int, stride: int, padding: int, dilation: int = 1, *, ceil: bool = False
) -> Dim:
    """Number of places of a window: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    An unknown size that the window keeps stays itself. Raises ShapeError when the window does not fit.
    """
    reach = dilation * (kernel - 1) + 1
    if isinstance(size, str):
        return _unknown(size, reach - 1 - 2 * padding, stride)
    room = size + 2 * padding - reach
    places = (-(-room // stride) if ceil else room // stride) + 1
    if ceil and (places - 1) * stride >= size + padding:  # the last window must start inside the image
        places -= 1
    if places < 1:
        raise ShapeError(
            f"a window of {reach} does not fit into a size of {size}"
            + (f" with padding {padding}" if padding else ""),
            "x",
            change=("padding", max(padding, -(-(reach - size) // 2), kernel // 2)),
        )
    return places


def transposed_size(
    size: Dim, kernel: int, stride: int, padding: int, output_padding: int, dilation: int
) -> Dim:
    """Size behind a transposed convolution. Raises ShapeError when nothing is left."""
    grown = dilation * (kernel - 1) - 2 * padding + output_padding + 1
    if isinstance(size, str):
        unchanged = stride == 1 and grown == 1
        return size if unchanged else f"{size}·{stride}" if stride > 1 else _shifted(size, 1 - grown)
    result = (size - 1) * stride + grown
    if result < 1:
        raise ShapeError(f"padding {padding} leaves nothing of a size of {size}", "x", change=("padding", 0))
    return result


def _unknown(size: str, lost: int, stride: int) -> str:
    if stride > 1:
        return f"{size}/{stride}" if size.isidentifier() else f"({size})/{stride}"
    return _shifted(size, lost)


def _shifted(size: str, lost: int) -> str:
    if lost == 0:
        return size
    return f"{size}{-lost:+d}" if size.isidentifier() else f"({size}){-lost:+d}"
