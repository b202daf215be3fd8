"""What ports take and give, found by trying the shape rules, is held against the examples of the node types."""

import pytest

from workbench.catalog.forms import fill
from workbench.catalog.spec import node_types
from workbench.core.shapes import TensorSpec
from workbench.gui.design.sorts import Sort, sort_of, suits, takes, tried


@pytest.mark.parametrize("name", [name for name, cls in node_types().items() if cls.inputs])
def test_a_type_takes_its_examples(name: str) -> None:
    cls = node_types()[name]
    for example in cls.examples:
        kind = cls(**example.params)  # with what the check fills in, too
        ports = example.params.get("linked") or kind.input_ports()
        for port, spec in zip(ports, example.inputs, strict=False):
            assert takes(kind, port, spec.dtype), (port, spec)


@pytest.mark.parametrize(
    ("name", "port", "shape", "dtype", "wanted"),
    [
        ("Conv2d", "x", ("N", 3, 8, 8), "float", True),
        ("Conv2d", "x", ("N", 64), "float", False),
        ("Conv2d", "x", ("N", 3, 8, 8, 8), "float", False),
        ("Conv3d", "x", ("N", 3, 8, 8, 8), "float", True),
        ("Conv3d", "x", ("N", 3, 8, 8), "float", False),
        ("ReLU", "x", ("N", 3, 8, 8, 8), "float", True),
        ("GroupNorm", "x", ("N", 3, 8, 8, 8), "float", True),
        ("Linear", "x", ("N", 64), "float", True),
        ("Linear", "x", ("N", 64), "index", False),
        ("Embedding", "x", ("N", 8), "index", True),
        ("GRU", "length", ("N",), "index", True),
        ("GRU", "length", ("N", 8), "float", False),
        ("LSTM", "cell", ("N", 8), "float", True),
        ("MultiheadAttention", "length", ("N",), "index", True),
        ("MultiheadAttention", "length", ("N", 4, 8), "float", False),
        ("MultiheadAttention", "mask", (2, 6, 6), "float", True),
        ("MultiheadAttention", "key", ("N",), "index", False),
        ("Embedding", "x", ("N", 8), "float", False),
        ("CrossEntropyLoss", "target", ("N",), "index", True),
        ("Accuracy", "input", ("N",), "index", False),
        ("GCNConv", "x", ("V", 8), "float", True),
        ("ReLU", "x", ("N", 2, 3, 4, 5), "float", True),
    ],
)
def test_values_suit_a_port_or_not(
    name: str, port: str, shape: tuple[int | str, ...], dtype: str, wanted: bool
) -> None:
    spec = TensorSpec(shape, dtype, 8 if dtype == "index" else 0)  # type: ignore[arg-type]
    assert suits(node_types()[name](), port, spec) is wanted


def test_numbers_in_fields_are_not_tried_again() -> None:
    cls = node_types()["Linear"]
    one, other = fill(cls, {"out_features": 3}), fill(cls, {"out_features": 5})
    assert tried(one) is tried(other)


def test_what_a_type_gives() -> None:
    _, given = tried(node_types()["Embedding"]())
    assert {sort.dtype for sort in given["y"]} == {"float"}
    assert sort_of(TensorSpec(("N", 4))) == Sort("float", 2, "N")
    assert sort_of(TensorSpec((2, "E"), "index", 8)) == Sort("index", 2, "")
