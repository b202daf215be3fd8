import json

import pytest

from workbench.catalog.schema import KINDS, SAMPLES, Schema, expected, find_schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_survives_json(name: str) -> None:
    schema = SAMPLES[name]
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_declares_what_it_counts(name: str) -> None:
    schema = SAMPLES[name]
    assert schema.id == name
    assert schema.kind in KINDS
    assert schema.items > 0
    assert schema.title and schema.description
    if "classes" in schema.facts:
        assert len(schema.labels) == schema.facts["classes"]
    if schema.kind == "text":
        assert len(schema.labels) == schema.facts["vocabulary"] == len(set(schema.labels))
        assert all(len(label) == 1 for label in schema.labels)


def test_the_outputs_have_the_agreed_shapes() -> None:
    assert SAMPLES["digits"].outputs["image"] == TensorSpec(("N", 1, 8, 8), "float")
    assert SAMPLES["digits"].outputs["label"] == TensorSpec(("N",), "index", 10)
    assert SAMPLES["iris"].outputs["features"] == TensorSpec(("N", 4), "float")
    assert SAMPLES["diabetes"].outputs["target"] == TensorSpec(("N", 1), "float")
    assert SAMPLES["reference-text"].outputs["next"] == TensorSpec(("N", "L"), "index", 96)
    assert SAMPLES["karate"].outputs["x"] == TensorSpec(("V", 34), "float")
    assert SAMPLES["karate"].outputs["edges"] == TensorSpec((2, "E"), "index")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"kind": "smell"}, "smell"),
        ({"id": 3}, '"id"'),
        ({"facts": {"classes": "ten"}}, '"classes"'),
        ({"facts": [1]}, '"facts"'),
        ({"items": 1.5}, '"items"'),
        ({"labels": "abc"}, '"labels"'),
        ({"outputs": {"image": {"shape": [1.5], "dtype": "float"}}}, '"image"'),
        ({"outputs": {"image": {"shape": ["N"], "dtype": "double"}}}, '"image"'),
    ],
)
def test_a_damaged_description_is_refused_with_its_place(change: dict[str, object], place: str) -> None:
    data = {**SAMPLES["digits"].to_json(), **change}
    with pytest.raises(DataError, match=place):
        Schema.from_json(data)


def test_a_dataset_that_is_not_chosen_yet_says_what_is_expected() -> None:
    images = expected("any 3x224×224 in 1000 classes")
    assert images is not None and images.is_expected and images.kind == "image"
    assert images.outputs["image"] == TensorSpec(("N", 3, 224, 224))
    assert images.outputs["label"] == TensorSpec(("N",), "index", 1000)
    assert images.facts == {"classes": 1000, "channels": 3, "height": 224, "width": 224}
    table = expected("any 7")
    assert table is not None and table.outputs["target"] == TensorSpec(("N", 1))
    assert find_schema(SAMPLES, "any 7") is table and find_schema(SAMPLES, "iris") is SAMPLES["iris"]
    assert not SAMPLES["iris"].is_expected


@pytest.mark.parametrize(
    "text", ["", "any", "any 0", "any 3x4", "any 3x4x0", "any 3 in many classes", "any " + "9" * 99]
)
def test_any_other_name_expects_nothing(text: str) -> None:
    assert expected(text) is None


def test_what_was_typed_on_the_way_is_not_kept_for_ever() -> None:
    first = expected("any 3 in 2 classes")
    for number in range(1, 600):
        expected(f"any {number} in 5 classes")
    again = expected("any 3 in 2 classes")
    assert again is not first and again == first
    assert first is not None and first.is_expected and not SAMPLES["iris"].is_expected
