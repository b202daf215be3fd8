"""How shapes are written and compared."""

import pytest

from workbench.core.shapes import Dim, TensorSpec, same_dim


def test_shapes_are_written_as_people_do() -> None:
    assert str(TensorSpec(("N", 1, 28, 28))) == "N×1×28×28"
    assert str(TensorSpec(("N", "L"), "index", 96)) == "N×L index"
    assert str(TensorSpec(())) == "scalar"


@pytest.mark.parametrize(("a", "b", "same"), [(3, 3, True), (3, 4, False), ("L", 4, True), ("L", "M", True)])
def test_an_unknown_size_may_be_any(a: Dim, b: Dim, same: bool) -> None:
    assert same_dim(a, b) is same and same_dim(b, a) is same


def test_a_changed_shape_keeps_dtype_and_bound() -> None:
    spec = TensorSpec(("N", "L"), "index", 7).with_shape("N")
    assert (spec.shape, spec.dtype, spec.bound, spec.rank) == (("N",), "index", 7, 1)
