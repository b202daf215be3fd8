"""What stands beside a wire."""

import pytest

from workbench.core.shapes import DType, TensorSpec
from workbench.gui.design.style import spec_text


@pytest.mark.parametrize(
    ("port", "shape", "dtype", "text"),
    [
        ("label", ("N",), "index", "N labels"),
        ("length", ("N",), "index", "N lengths"),
        ("source_length", ("N",), "index", "N lengths"),
        ("tokens", ("N", 64), "index", "N×64 tokens"),
        ("edges", (2, "E"), "index", "2×E edges"),
        ("length", ("N", 3), "float", "N×3"),
        ("", ("N", 4), "bool", "N×4 mask"),
    ],
)
def test_what_flows_is_said_with_its_name(
    port: str, shape: tuple[int | str, ...], dtype: DType, text: str
) -> None:
    assert spec_text(TensorSpec(shape, dtype), port) == text


def test_an_output_of_any_name_carries_lengths_into_an_input_for_lengths() -> None:
    assert spec_text(TensorSpec(("N",), "index"), "x", "length") == "N lengths"
