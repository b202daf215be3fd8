"""Sizes behind sliding windows, for every small combination of numbers, against what torch gives."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from workbench.catalog.windows import transposed_size, window_size
from workbench.core.errors import ShapeError


def places(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int | None:
    """What torch's pooling gives; None where it refuses."""
    try:
        return F.max_pool1d(torch.zeros(1, 1, size), kernel, stride, padding, dilation, ceil_mode=ceil).shape[
            2
        ]
    except RuntimeError:
        return None


@pytest.mark.parametrize("ceil", [False, True])
def test_every_window_as_torch_places_it(ceil: bool) -> None:
    compared = 0
    for size, kernel, stride, padding, dilation in product(
        range(1, 12), range(1, 5), range(1, 5), range(3), (1, 2)
    ):
        wanted = places(size, kernel, stride, padding, dilation, ceil) if padding <= kernel // 2 else None
        if wanted is None:
            continue
        assert window_size(size, kernel, stride, padding, dilation, ceil=ceil) == wanted
        compared += 1
    assert compared > 500


def test_every_transposed_size_as_torch_computes_it() -> None:
    compared = 0
    weights = {kernel: torch.zeros(1, 1, kernel) for kernel in range(1, 5)}
    for size, kernel, stride, padding, extra, dilation in product(
        range(1, 6), range(1, 5), range(1, 4), range(3), range(2), (1, 2)
    ):
        if extra >= max(stride, dilation):
            continue
        try:
            found: int | str = transposed_size(size, kernel, stride, padding, extra, dilation)
        except ShapeError:
            continue
        image = torch.zeros(1, 1, size)
        made = F.conv_transpose1d(image, weights[kernel], None, stride, padding, extra, 1, dilation)
        assert found == made.shape[2]
        compared += 1
    assert compared > 500


def test_a_window_that_does_not_fit_offers_enough_padding() -> None:
    for size, kernel, dilation in product(range(1, 6), range(1, 9), (1, 2, 3)):
        reach = dilation * (kernel - 1) + 1
        if reach <= size:
            continue
        with pytest.raises(
            ShapeError, match=f"a window of {reach} does not fit into a size of {size}"
        ) as caught:
            window_size(size, kernel, 1, 0, dilation)
        assert caught.value.change is not None and caught.value.change[0] == "padding"
        padding = caught.value.change[1]
        assert isinstance(padding, int)
        assert isinstance(window_size(size, kernel, 1, padding, dilation), int)
