"""Inputs that a node cannot take: the message says what was expected and what came, and offers a way out that works."""

from typing import Any

import pytest

from workbench.catalog.forms import Kind, convert, fields_of, fill
from workbench.catalog.spec import node_types
from workbench.core.errors import FieldError, ShapeError
from workbench.core.shapes import Shape, TensorSpec


def spec(shape: Shape | TensorSpec) -> TensorSpec:
    return shape if isinstance(shape, TensorSpec) else TensorSpec(shape)


def refusal(type: str, params: dict[str, Any], *shapes: Shape | TensorSpec) -> ShapeError:
    kind = fill(node_types()[type], params)
    with pytest.raises(ShapeError) as caught:
        kind.infer(*map(spec, shapes))
    return caught.value


def index(*shape: int | str, bound: int = 0) -> TensorSpec:
    return TensorSpec(shape, "index", bound)


INSERTS: list[tuple[str, dict[str, Any], list[Shape | TensorSpec], str, str, dict[str, Any]]] = [
    ("Conv2d", {}, [("N", 784)], "x", "Reshape", {"shape": (1, 28, 28)}),
    ("Conv2d", {}, [("N", 3072)], "x", "Reshape", {"shape": (3, 32, 32)}),
    ("Conv2d", {}, [("N", 28, 28)], "x", "Reshape", {"shape": (1, 28, 28)}),
    ("MaxPool2d", {}, [("N", 64)], "x", "Reshape", {"shape": (1, 8, 8)}),
    ("Conv1d", {}, [("N", 100)], "x", "Reshape", {"shape": (1, 100)}),
    ("Conv1d", {}, [("N", "L", 8)], "x", "Permute", {}),
    ("Conv3d", {}, [("N", 9, 8, 7)], "x", "Reshape", {"shape": (1, 9, 8, 7)}),
    ("MaxPool3d", {}, [("N", 9, 8, 7)], "x", "Reshape", {"shape": (1, 9, 8, 7)}),
    ("DepthwiseConv1d", {}, [("N", "L", 8)], "x", "Permute", {}),
    ("Linear", {}, [("N", 3, 4, 4)], "x", "Flatten", {}),
    ("Linear", {}, [index("N", "L", bound=9)], "x", "Embedding", {}),
    ("LSTM", {}, [("N", 1, 8, 8)], "x", "Reshape", {"shape": (8, 8)}),
    ("LSTM", {}, [("N", 6)], "x", "Reshape", {"shape": (6, 1)}),
    ("GRU", {}, [index("N", "L", bound=9)], "x", "Embedding", {}),
    ("Add", {}, [("N", 64, 8, 8), ("N", 32, 8, 8)], "b", "Conv2d", {"out_channels": 64, "kernel_size": 1}),
    (
        "Add",
        {},
        [("N", 32, 16, 16), ("N", 64, 8, 8)],
        "a",
        "Conv2d",
        {"out_channels": 64, "kernel_size": 1, "stride": 2},
    ),
    ("Add", {}, [("N", 1, 8, 8), ("N", 64, 8, 8)], "a", "Conv2d", {"out_channels": 64, "kernel_size": 1}),
    ("Add", {}, [("N", 8), ("N", 5)], "b", "Linear", {"out_features": 8}),
    ("Add", {}, [("N", "L", 5), ("N", "L", 8)], "a", "Linear", {"out_features": 8}),
    ("CrossEntropyLoss", {}, [("N", 10, 1, 1), index("N")], "input", "Flatten", {}),
    ("CrossEntropyLoss", {}, [("N", "L", 10), index("N")], "input", "SequencePool", {}),
    ("MSELoss", {}, [("N", 4), ("N", 1)], "input", "Linear", {"out_features": 1}),
    ("MSELoss", {}, [("N", 1, 2, 2), ("N", 4)], "input", "Flatten", {}),
]


@pytest.mark.parametrize(("type", "params", "shapes", "port", "insert", "fields"), INSERTS)
def test_an_inserted_node_makes_it_fit(
    type: str,
    params: dict[str, Any],
    shapes: list[Shape | TensorSpec],
    port: str,
    insert: str,
    fields: dict[str, Any],
) -> None:
    error = refusal(type, params, *shapes)
    assert (error.port, error.insert, dict(error.fields)) == (port, insert, fields)
    kind = fill(node_types()[type], params)
    place = kind.input_ports().index(port)
    specs = list(map(spec, shapes))
    mended = fill(node_types()[insert], dict(fields)).infer(specs[place])
    assert isinstance(mended, TensorSpec)
    specs[place] = mended
    kind.infer(*specs)


CHANGES = [
    ("Conv2d", {"kernel_size": 5}, [("N", 1, 3, 3)]),
    ("Conv2d", {"kernel_size": 3, "dilation": 4}, [("N", 1, 4, 4)]),
    ("Conv2d", {"padding": "same", "stride": 2}, [("N", 1, 8, 8)]),
    ("Conv2d", {"groups": 4}, [("N", 6, 8, 8)]),
    ("Conv2d", {"padding": 9, "padding_mode": "reflect"}, [("N", 3, 8, 8)]),
    ("Conv1d", {"kernel_size": 9}, [("N", 3, 4)]),
    ("Conv3d", {"kernel_size": (1, 5, 5)}, [("N", 1, 8, 3, 8)]),
    ("Conv3d", {"padding": "same", "stride": (1, 2, 2)}, [("N", 1, 8, 8, 8)]),
    ("Conv3d", {"padding": "same", "kernel_size": (1, 3, 5), "stride": 2}, [("N", 1, 8, 8, 8)]),
    ("Conv3d", {"groups": 3}, [("N", 4, 8, 8, 8)]),
    ("DepthwiseConv2d", {"kernel_size": 7}, [("N", 3, 4, 4)]),
    ("DepthwiseConv2d", {"padding": "same", "stride": 2}, [("N", 3, 8, 8)]),
    ("SeparableConv1d", {"kernel_size": 9}, [("N", 3, 4)]),
    ("ConvTranspose1d", {"output_padding": 3, "stride": 2}, [("N", 3, 4)]),
    ("ConvTranspose3d", {"groups": 3}, [("N", 4, 8, 8, 8)]),
    ("MaxPool3d", {}, [("N", 1, 1, 8, 8)]),
    ("AvgPool1d", {"padding": 2}, [("N", 3, 8)]),
    ("AvgPool3d", {"kernel_size": (3, 2, 2)}, [("N", 1, 2, 8, 8)]),
    ("LPPool2d", {"kernel_size": 5}, [("N", 1, 4, 8)]),
    ("Upsample", {"mode": "trilinear"}, [("N", 3, 4, 4)]),
    ("Upsample", {"mode": "bilinear"}, [("N", 3, 4)]),
    ("PixelUnshuffle", {"downscale_factor": 3}, [("N", 3, 4, 6)]),
    ("GLU", {"dim": 0}, [("N", 4)]),
    ("Hardtanh", {"min_val": 3.0}, [("N", 4)]),
    ("ConvTranspose2d", {"output_padding": 1}, [("N", 3, 4, 4)]),
    ("ConvTranspose2d", {"padding": 9}, [("N", 3, 4, 4)]),
    ("MaxPool2d", {}, [("N", 3, 1, 1)]),
    ("MaxPool2d", {"padding": 2}, [("N", 3, 8, 8)]),
    ("GroupNorm", {"num_groups": 5}, [("N", 6, 2, 2)]),
    ("MultiheadAttention", {"num_heads": 5}, [("N", "L", 12)]),
    ("MultiheadAttention", {"causal": True}, [("N", 4, 12), ("N", 5, 12)]),
    ("LSTM", {"dropout": 0.5}, [("N", "L", 4)]),
    ("Embedding", {"num_embeddings": 5}, [index("N", bound=9)]),
    ("Embedding", {"padding_idx": 9}, [index("N", bound=9)]),
    ("PositionEmbedding", {"max_length": 5}, [("N", 9, 4)]),
    ("Reshape", {"shape": (3, 8, 8)}, [("N", 64)]),
    ("Reshape", {"shape": (7, 9)}, [("N", 64)]),
    ("Permute", {}, [("N", 2, 3, 4)]),
    ("Softmax", {"dim": 0}, [("N", 4)]),
    ("Select", {"dim": 4}, [("N", 4, 5)]),
    ("Select", {"index": 7}, [("N", 4, 5)]),
    ("Mean", {"dim": 0}, [("N", 4)]),
    ("Flatten", {"start_dim": 3}, [("N", 4, 5)]),
    ("Concatenate", {"dim": 3}, [("N", 4), ("N", 4)]),
    ("TopKAccuracy", {"k": 7}, [("N", 4), index("N")]),
    ("RandomShift", {"pixels": 8}, [("N", 1, 8, 8)]),
]


@pytest.mark.parametrize(("type", "params", "shapes"), CHANGES)
def test_a_changed_field_makes_it_fit(
    type: str, params: dict[str, Any], shapes: list[Shape | TensorSpec]
) -> None:
    error = refusal(type, params, *shapes)
    assert error.change is not None, error
    name, value = error.change
    fill(node_types()[type], {**params, name: value}).infer(*map(spec, shapes))


SAID = [
    ("Conv2d", {}, [("N", 50)], "expects images N×C×H×W, got N×50"),
    ("Conv2d", {}, [index("N", "L")], "which are labels or tokens"),
    ("Conv2d", {}, [("N", "C", 8, 8)], "number of channels"),
    ("Conv1d", {}, [("N", 3, 8, 8)], "expects signals N×C×L, got N×3×8×8; images take Conv2d"),
    ("Conv2d", {}, [("N", 3, 8, 8, 8)], "expects images N×C×H×W, got N×3×8×8×8; volumes take Conv3d"),
    ("Conv3d", {}, [("N", 3, 8, 8)], "expects volumes N×C×D×H×W, got N×3×8×8; images take Conv2d"),
    ("Conv3d", {}, [("N", "C", 8, 8, 8)], "number of channels"),
    ("DepthwiseConv2d", {}, [("N", 3, 8, 8, 8)], "volumes take Conv3d"),
    ("SeparableConv2d", {}, [("N", 3, 8)], "signals take SeparableConv1d"),
    ("ConvTranspose1d", {}, [("N", 3, 8, 8)], "images take ConvTranspose2d"),
    ("MaxPool1d", {}, [("N", 3, 8, 8)], "images take MaxPool2d"),
    ("AvgPool2d", {}, [("N", 3, 8)], "signals take AvgPool1d"),
    ("AdaptiveAvgPool2d", {}, [("N", 3, 8, 8, 8)], "volumes take AdaptiveAvgPool3d"),
    ("AdaptiveMaxPool3d", {}, [("N", 3, 8, 8)], "images take AdaptiveMaxPool2d"),
    ("MaxUnpool2d", {}, [("N", 3, 4, 4), ("N", 3, 4, 4)], "the places that MaxPool2d gives"),
    ("MaxUnpool2d", {}, [("N", 3, 4, 4), index("N", 3, 4, 5)], "a place for each number of x"),
    ("MaxUnpool2d", {}, [("N", 3, 4, 4), index("N", 3, 4, 4), ("N", 3, 4, 4)], "about the size 8"),
    ("GlobalMaxPooling", {}, [("N", 5)], "signals N×C×L, images N×C×H×W or volumes"),
    ("PixelShuffle", {}, [("N", 6, 4, 4)], "expects channels that 2² = 4 divides, got 6"),
    ("InstanceNorm2d", {}, [("N", 3, 8)], "signals take InstanceNorm1d"),
    ("InstanceNorm2d", {}, [("N", 3, 1, 1)], "more than one number a channel"),
    ("BatchNorm3d", {}, [("N", 3, 8, 8)], "images take BatchNorm2d"),
    ("BatchNorm3d", {}, [("N", 3)], "vectors take BatchNorm1d"),
    ("BatchNorm1d", {}, [("N", 3, 8, 8, 8)], "volumes take BatchNorm3d"),
    ("Dropout2d", {}, [("N", 3, 8)], "signals take Dropout1d"),
    ("RMSNorm", {}, [("N", "L")], "number of features"),
    ("SqueezeExcitation", {}, [("N", "L", 4)], "number of channels"),
    ("GLU", {}, [("N", 5)], "an even number of features to halve, got 5"),
    ("BatchNorm2d", {}, [("N", 5)], "BatchNorm1d"),
    ("BatchNorm1d", {}, [("N", 5, 4, 4)], "BatchNorm2d"),
    ("BatchNorm1d", {}, [("N", "L", 4)], "LayerNorm"),
    ("Embedding", {}, [("N", 5)], "got N×5 with fractions"),
    ("Embedding", {}, [index("N")], "set num_embeddings"),
    ("GCNConv", {}, [("V", 5), ("N", 5)], "expects edges 2×E"),
    ("GCNConv", {}, [("V", 5), index(3, "E")], "expects edges 2×E, got 3×E"),
    ("GCNConv", {}, [("N", 5, 2), index(2, "E")], "expects node features V×F"),
    ("GlobalMeanPool", {}, [("V", 5), ("V",)], "graph number of each node"),
    ("CrossEntropyLoss", {}, [("N", 10), index("N", bound=4)], "has 10 outputs but the target has 4 classes"),
    ("CrossEntropyLoss", {}, [("N", 10), ("N", 1)], "use MSELoss"),
    ("CrossEntropyLoss", {}, [("N", 10), index("N", 3)], "10 scores each"),
    ("CrossEntropyLoss", {}, [("N", "L", 10), index("N", "L", bound=9)], "= classes"),
    ("Accuracy", {}, [("N", 10), index("N", bound=4)], "= classes"),
    ("MSELoss", {}, [("N", 1), index("N", bound=10)], "use CrossEntropyLoss"),
    ("MSELoss", {}, [("N", 1), ("N",)], "the target is N, the input N×1"),
    ("BCEWithLogitsLoss", {}, [("N", 3), index("N", bound=3)], "CrossEntropyLoss"),
    ("BCEWithLogitsLoss", {}, [("N", 3), index("N", bound=2)], "one score for each yes/no label"),
    ("KLDivergenceNormal", {}, [("N", 3), ("N", 4)], "one shape"),
    ("Reparameterise", {}, [("N", 3), ("N", 4)], "one shape"),
    ("Add", {}, [("N", 3), ("N", 3, 4)], "expects the shape of a, N×3, got N×3×4"),
    ("Add", {}, [("N", 3, 8, 8), ("N", 3, 7, 8)], "got a N×3×8×8 and b N×3×7×8"),
    ("Multiply", {}, [("N", 3), index("N", 3)], "labels or tokens"),
    ("Concatenate", {}, [("N", 3, 8, 8), ("N", 3, 7, 8)], "in all but dimension 1, got N×3×7×8"),
    ("PadTo", {}, [("N", 3, "H", "W")], "number of rows"),
    ("Reshape", {"shape": (0, 8)}, [("N", 8)], "sizes of at least 1"),
    ("Reshape", {"shape": (-1, -1)}, [("N", 8)], "one may be −1"),
    ("Reshape", {}, [("N", "L")], "examples of known size"),
    ("Flatten", {}, [("N", "L", 4)], "examples of known size"),
    ("MultiheadAttention", {}, [("N", 4, 8), ("N", 5, 8), ("N", 6, 8)], "as many steps as the key"),
    ("Images", {}, [("N", 5, 8, 8)], "1 (grey) or 3 (colour)"),
    (
        "Conv2d",
        {"kernel_size": 7, "padding": "same", "padding_mode": "reflect"},
        [("N", 4, 3, 3)],
        "padding 3 with reflect",
    ),
    (
        "Conv1d",
        {"kernel_size": 6, "padding": "same", "padding_mode": "circular"},
        [("N", 4, 2)],
        "padding 3 with circular",
    ),
    ("AvgPool3d", {"kernel_size": 3, "stride": 1, "padding": 1}, [("N", 1, 2, 8, 8)], "a window of 3"),
    ("CosineSimilarity", {}, [("N", 3, 4, 4), ("N", 3, 4, 4)], "expects vectors N×F or N×L×F"),
    ("TextSamples", {}, [("N", 5)], "N×L×V"),
]


@pytest.mark.parametrize(("type", "params", "shapes", "said"), SAID)
def test_the_message_says_what_came(
    type: str, params: dict[str, Any], shapes: list[Shape | TensorSpec], said: str
) -> None:
    assert said in str(refusal(type, params, *shapes))


def test_no_shapes_break_a_type() -> None:
    """Any combination of inputs is either taken or refused with a ShapeError: never anything else."""
    pool = [
        TensorSpec(()),
        *map(TensorSpec, [("N",), ("N", 1), ("N", 12), ("N", "L"), ("V", 4), ("N", 3, 5), ("N", "L", 4)]),
        *map(TensorSpec, [("N", "C", "L"), ("N", 3, 1, 1), ("N", 3, "H", 7), ("N", 2, 3, 4, 5), (2, "E")]),
        *(index(*shape, bound=bound) for shape in [("N",), ("N", "L"), (2, "E")] for bound in (0, 4)),
        TensorSpec(("N", 3), "bool"),
    ]
    taken, refused = 0, []
    for cls in node_types().values():
        for example in cls.examples:
            names = {entry.name for entry in fields_of(cls)}
            kind = fill(cls, {name: value for name, value in example.params.items() if name in names})
            count = len(example.inputs)
            for a in pool if count else ():
                for b in pool if count > 1 else pool[:1]:
                    specs = (a, b, *example.inputs[2:])[:count]
                    try:
                        kind.infer(*specs)
                        assert kind.parameters(*specs) >= 0 and kind.operations(*specs) >= 0
                        kind.arguments(*specs)
                        taken += 1
                    except ShapeError as error:
                        refused.append((kind, error.with_traceback(None)))
    assert taken > 500 and len(refused) > 500
    insertable = {"", *node_types()}
    for kind, said in refused:
        assert str(said) and not str(said).endswith(".")
        assert said.port in ("", *kind.input_ports())
        assert said.insert in insertable


@pytest.mark.parametrize(
    ("type", "field", "value", "said"),
    [
        ("Linear", "out_features", 0, "must be at least 1"),
        ("Linear", "out_features", 2.5, "must be a whole number"),
        ("Linear", "out_features", "many", "must be a whole number, not 'many'"),
        ("Linear", "out_features", True, "must be a whole number"),
        ("Linear", "bias", 1, "must be on or off"),
        ("Dropout", "p", 2, "must be at most 1"),
        ("Dropout", "p", "half", "must be a number"),
        ("Conv2d", "kernel_size", (3, 3, 3), "one number or two (height, width), not 3"),
        ("Conv3d", "kernel_size", (3, 3), "one number or three (depth, height, width), not 2"),
        ("Conv3d", "stride", (1, 0, 1), "must be at least 1"),
        ("Conv2d", "padding", "full", "must be a whole number"),
        ("Conv2d", "padding_mode", "none", "must be one of zeros"),
        ("Conv2d", "filters", 3, "There is no field “filters” here"),
        ("TextSamples", "prompt", 3, "must be text"),
    ],
)
def test_fields_say_what_they_take(type: str, field: str, value: Any, said: str) -> None:
    with pytest.raises(FieldError) as caught:
        fill(node_types()[type], {field: value})
    assert said in str(caught.value) and caught.value.field == field


def test_words_and_numbers_in_one_field() -> None:
    """padding takes a number, two numbers or "same"."""
    padding = next(entry for entry in fields_of(node_types()["Conv2d"]) if entry.name == "padding")
    kind: Kind = "pair"
    assert padding.kind == kind and padding.choices == ("same",)
    assert [convert(padding, value) for value in (2, (1, 2), 3.0, "same")] == [2, (1, 2), 3, "same"]


def test_merges_have_as_many_ports_as_asked() -> None:
    for name in ("Add", "Multiply", "Concatenate"):
        ports = [fill(node_types()[name], {"count": count}).input_ports() for count in (2, 16)]
        assert ports == [("a", "b"), tuple("abcdefghijklmnop")]


def test_a_constant_target_takes_the_port_away() -> None:
    loss = node_types()["BCEWithLogitsLoss"]
    assert loss().input_ports() == ("input", "target")
    assert fill(loss, {"target": 1}).input_ports() == ("input",)


def test_unknown_sizes_keep_their_names() -> None:
    types = node_types()

    def shape(type: str, x: Shape, **params: Any) -> Shape:
        found = fill(types[type], params).infer(TensorSpec(x))
        assert isinstance(found, TensorSpec)
        return found.shape

    assert shape("Conv1d", ("N", 3, "L"), padding="same", out_channels=5) == ("N", 5, "L")
    assert shape("Conv1d", ("N", 3, "L"), padding=1, out_channels=5) == ("N", 5, "L")
    assert shape("Conv1d", ("N", 3, "L"), out_channels=5) == ("N", 5, "L-2")
    assert shape("Conv1d", ("N", 3, "L"), stride=2, out_channels=5) == ("N", 5, "L/2")
    assert shape("Conv3d", ("N", 3, "D", "H", 8), stride=(1, 2, 2), padding=1, out_channels=5) == (
        "N", 5, "D", "H/2", 4
    )  # fmt: skip
    assert shape("ConvTranspose3d", ("N", 3, "D", 8, 8), kernel_size=2, stride=2, out_channels=5) == (
        "N", 5, "D·2", 16, 16
    )  # fmt: skip
    assert shape("PixelUnshuffle", ("N", 3, "H", 8)) == ("N", 12, "H/2", 4)
    assert shape("MaxPool2d", ("N", 3, "H", 8)) == ("N", 3, "H/2", 4)
    assert shape("Upsample", ("N", 3, "H/2", 4)) == ("N", 3, "H/2·2", 8)
    assert shape("Linear", ("N", "L", 3), out_features=4) == ("N", "L", 4)
