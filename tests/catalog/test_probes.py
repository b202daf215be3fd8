"""What probes refuse to look at: named before training, with the port."""

from typing import Any

import pytest

from workbench.catalog.forms import fill
from workbench.catalog.spec import node_types
from workbench.core.errors import FieldError, ShapeError
from workbench.core.expressions import Value
from workbench.core.shapes import Dim, TensorSpec


def numbers(*shape: Dim) -> TensorSpec:
    return TensorSpec(shape)


def tokens(*shape: Dim) -> TensorSpec:
    return TensorSpec(shape, "index")


WRONG = [
    ("TextSamples", {"input": numbers("N", 7)}, "input", "N×L×V"),
    ("Translations", {"input": tokens("N", 7, 9)}, "input", "N×L×V"),
    ("Translations", {"input": numbers("N", 7, "V")}, "input", "number of tokens"),
    ("AttentionMap", {"input": numbers("N", 7)}, "input", "N×heads×L×S"),
    ("AttentionMap", {"input": numbers("N", 7, 5), "query": tokens("N", 5)}, "query", "tokens N×7"),
    ("AttentionMap", {"input": numbers("N", 7, 5), "key": tokens("N", 7)}, "key", "tokens N×5"),
    ("AttentionMap", {"input": numbers("N", 7, 5), "key": numbers("N", 5)}, "key", "whole numbers"),
    ("Forecast", {"input": numbers("N", 12, 1), "target": numbers("N", 24, 1)}, "input", "target"),
    ("Forecast", {"input": numbers("N", 1, 8, 8), "target": numbers("N", 1, 8, 8)}, "input", "N×H×G"),
    (
        "Forecast",
        {"input": numbers("N", 3), "target": numbers("N", 3), "context": numbers("N", 1, 8, 8)},
        "context",
        "N×L×G",
    ),
    (
        "Overlay",
        {"image": numbers("N", 2, 8, 8), "input": numbers("N", 3, 8, 8), "target": tokens("N", 8, 8)},
        "image",
        "1 (grey) or 3 (colour)",
    ),
    (
        "Overlay",
        {"image": numbers("N", 1, 8, 8), "input": numbers("N", 3, 4, 4), "target": tokens("N", 8, 8)},
        "input",
        "each class and pixel",
    ),
    (
        "Overlay",
        {"image": numbers("N", 1, 8, 8), "input": numbers("N", 3, 8, 8), "target": tokens("N",)},
        "target",
        "a class for each pixel",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("type", "inputs", "port", "words"), WRONG)
def test_what_does_not_fit_is_named(type: str, inputs: dict[str, TensorSpec], port: str, words: str) -> None:
    cls = node_types()[type]
    given: dict[str, Any] = {"linked": tuple(inputs)} if cls.optional else {}
    with pytest.raises(ShapeError) as caught:
        fill(cls, {}, **given).infer(*inputs.values())
    assert caught.value.port == port and words in str(caught.value)


@pytest.mark.parametrize(
    ("type", "field", "value"),
    [("TextSamples", "top_p", 0), ("Translations", "search", "wide"), ("Translations", "width", 0),
     ("LayerHistograms", "bins", 1)],
)  # fmt: skip
def test_fields_have_their_limits(type: str, field: str, value: Value) -> None:
    with pytest.raises(FieldError, match="(?i)" + field.replace("_", ".")):
        fill(node_types()[type], {field: value})
