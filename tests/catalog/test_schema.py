import json

import pytest

from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import KINDS, Schema, expected, find_schema
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
        ({"scales": {"load": [1.5]}}, '"load"'),
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
    ("text", "kind", "outputs", "facts"),
    [
        (
            "any 1x572x572 with a mask of 2 classes",
            "image",
            {
                "image": TensorSpec(("N", 1, 572, 572)),
                "mask": TensorSpec(("N", 572, 572), "index", 2),
            },
            {"classes": 2, "channels": 1, "height": 572, "width": 572},
        ),
        (
            "any image 3×8×9",
            "image",
            {"image": TensorSpec(("N", 3, 8, 9))},
            {"channels": 3, "height": 8, "width": 9},
        ),
        (
            "any volume 1×32×48×40 with a mask of 3 classes",
            "volume",
            {
                "volume": TensorSpec(("N", 1, 32, 48, 40)),
                "mask": TensorSpec(("N", 32, 48, 40), "index", 3),
            },
            {"classes": 3, "channels": 1, "depth": 32, "height": 48, "width": 40},
        ),
        (
            "any clip 3x16x112x112 in 400 classes",
            "video",
            {
                "video": TensorSpec(("N", 3, 16, 112, 112)),
                "label": TensorSpec(("N",), "index", 400),
            },
            {"classes": 400, "channels": 3, "frames": 16, "height": 112, "width": 112},
        ),
        (
            "any wave 1x8000 in 35 classes",
            "audio",
            {
                "wave": TensorSpec(("N", 1, 8000)),
                "label": TensorSpec(("N",), "index", 35),
            },
            {"classes": 35, "channels": 1, "samples": 8000},
        ),
        (
            "any text of 50257 tokens",
            "text",
            {
                "tokens": TensorSpec(("N", "L"), "index", 50257),
                "next": TensorSpec(("N", "L"), "index", 50257),
            },
            {"vocabulary": 50257},
        ),
        (
            "any pairs of sequences of 512 features",
            "series",
            {
                "source": TensorSpec(("N", "S", 512)),
                "source_length": TensorSpec(("N",), "index"),
                "target": TensorSpec(("N", "L", 512)),
                "next": TensorSpec(("N", "L", 512)),
            },
            {"features": 512},
        ),
    ],
)
def test_pictures_with_masks_volumes_clips_texts_and_waves_can_be_expected(
    text: str, kind: str, outputs: dict[str, TensorSpec], facts: dict[str, int]
) -> None:
    found = expected(text)
    assert found is not None and found.is_expected and found.kind == kind
    assert (found.outputs, found.facts) == (outputs, facts)


@pytest.mark.parametrize(
    "text",
    [
        "any wave 8000",
        "any clip 3x112x112",
        "any volume 1x2x3",
        "any sound 1x3",
        "any wave 1x8000 with a mask of 2 classes",
        "any 7 with a mask of 2 classes",
        "any 1x8x8 with a mask of 0 classes",
        "any 1x8x8 with a mask",
        "any text of 0 tokens",
        "any text of 5",
        "any pairs of sequences of 0 features",
    ],
)
def test_sizes_that_do_not_suit_the_kind_of_data_expect_nothing(text: str) -> None:
    assert expected(text) is None


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
