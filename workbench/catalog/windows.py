"""Sizes behind sliding windows (convolution, pooling): torch's formulas, for known and unknown lengths; and the words
for such layers. Imports catalog.spec and core.
"""

from workbench.catalog.spec import known, several
from workbench.core.errors import ShapeError
from workbench.core.shapes import Dim

Sizes = tuple[int, ...]
MODES = ("zeros", "reflect", "replicate", "circular")


def convolved(
    sizes: tuple[Dim, ...],
    kernel: int | Sizes,
    stride: int | Sizes,
    padding: int | Sizes | str,
    dilation: int | Sizes,
    mode: str = "zeros",
) -> tuple[Dim, ...]:
    """Sizes behind a convolution, whose settings are one number for all directions or one for each.

    Raises ShapeError when the filters do not fit or padding is impossible.
    """
    count = len(sizes)
    kernels, strides, dilations = several(kernel, count), several(stride, count), several(dilation, count)
    if isinstance(padding, str):  # "same"
        if strides != (1,) * count:
            half = tuple(size * step // 2 for size, step in zip(kernels, dilations, strict=True))
            raise ShapeError(
                f"padding “same” works with stride 1 only, not {_listed(stride)}",
                "",
                change=("padding", half if len(set(half)) > 1 else half[0]),
            )
        added = tuple((size - 1) * step for size, step in zip(kernels, dilations, strict=True))
        _check_mode(mode, tuple(each - each // 2 for each in added), sizes)  # of an odd sum the larger side
        return sizes
    paddings = several(padding, count)
    _check_mode(mode, paddings, sizes)
    return tuple(map(window_size, sizes, kernels, strides, paddings, dilations))


def _check_mode(mode: str, padding: Sizes, sizes: tuple[Dim, ...]) -> None:
    """Reflection needs more pixels than it adds; wrapping at least as many."""
    for amount, size in zip(padding, sizes, strict=True):
        most = {"reflect": known(size) - 1, "circular": known(size)}.get(mode)
        if most is not None and isinstance(size, int) and amount > most:
            raise ShapeError(
                f"padding {amount} with {mode} needs a larger input than {size}",
                "x",
                change=("padding", most),
            )


def face(first: str, kernel: int | Sizes, rank: int, stride: int | Sizes, padding: object = 0) -> str:
    """The words on the face of a convolution: 32 filters · 3×3 · stride 2 · same."""
    words = [first, _listed(several(kernel, rank))]
    if several(stride, rank) != (1,) * rank:
        words.append(f"stride {_listed(stride)}")
    if padding == "same":
        words.append("same")
    return " · ".join(words)


def _listed(value: int | Sizes) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def pooled(
    sizes: tuple[Dim, ...],
    kernel: int | Sizes,
    stride: int | Sizes | None,
    padding: int | Sizes,
    dilation: int | Sizes = 1,
    *,
    ceil: bool = False,
) -> tuple[Dim, ...]:
    """Sizes behind pooling, whose settings are one number for all directions or one for each; without a stride, windows
    touch. Raises ShapeError.
    """
    count = len(sizes)
    kernels = several(kernel, count)
    strides = kernels if stride is None else several(stride, count)
    windows = zip(sizes, kernels, strides, several(padding, count), several(dilation, count), strict=True)
    return tuple(_pooled(*window, ceil) for window in windows)


def _pooled(size: Dim, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> Dim:
    if padding > kernel // 2:
        raise ShapeError(
            f"padding {padding} may be at most half of the window, {kernel // 2}",
            "",
            change=("padding", kernel // 2),
        )
    try:
        return window_size(size, kernel, stride, padding, dilation, ceil=ceil)
    except ShapeError as error:  # padding cannot help as it may not exceed half of the window
        raise ShapeError(
            str(error), "x", change=("kernel_size", size) if isinstance(size, int) else None
        ) from None


def pooled_face(kernel: int | Sizes, stride: int | Sizes | None, rank: int) -> str:
    """The words on the face of pooling: 3×3 · stride 2."""
    size = _listed(several(kernel, rank))
    if stride is None or several(stride, rank) == several(kernel, rank):
        return size
    return f"{size} · stride {_listed(stride)}"


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
