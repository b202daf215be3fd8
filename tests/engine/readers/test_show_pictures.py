import base64
import io

import numpy as np
import pytest
from PIL import Image

from workbench.catalog.schema import OUTSIDE, Schema, image_outputs
from workbench.core.shapes import TensorSpec
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.show import first_items


def picture(png: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))


def shown(content: Content) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = first_items(content)[0]["parts"]
    return parts


def test_masks_have_a_colour_for_each_class() -> None:
    outputs = image_outputs(1, 2, 2, classes=0) | {"mask": TensorSpec(("N", 2, 2), "index", 3)}
    schema = Schema("m", "M", outputs, kind="image", items=1, labels=("0", "1", "2"))
    mask = np.array([[[0, 1], [2, OUTSIDE]]], dtype=np.int16)
    image = np.full((1, 1, 2, 2), 7, dtype=np.uint8)
    parts = shown(
        Content(schema, {"image": image, "mask": mask}, {"train": np.arange(1)}, divisors={"image": 255})
    )
    assert [part["name"] for part in parts] == ["image", "mask"]
    assert set(picture(str(parts[0]["png"])).ravel().tolist()) == {7}
    colours = picture(str(parts[1]["png"])).reshape(4, 3)
    assert colours[0].tolist() == [0, 0, 0] and colours[3].tolist() == [127] * 3
    assert len({tuple(colour) for colour in colours.tolist()}) == 4


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-2, 2), (0, 1000)])
def test_floats_use_the_whole_range(low: float, high: float) -> None:
    schema = Schema("f", "F", image_outputs(1, 1, 3, classes=0), kind="image", items=1)
    image = np.array([[[[low, (low + high) / 2, high]]]], dtype=np.float32)
    (part,) = shown(Content(schema, {"image": image}, {"train": np.arange(1)}))
    assert picture(str(part["png"])).ravel().tolist() == [0, 128, 255]


def test_several_labels_are_named() -> None:
    outputs = image_outputs(1, 2, 2, classes=0) | {"labels": TensorSpec(("N", 3), "float")}
    schema = Schema("l", "L", outputs, kind="image", items=1, labels=("red", "round", "large"))
    arrays: dict[str, Array] = {
        "image": np.zeros((1, 1, 2, 2), np.uint8),
        "labels": np.array([[1, 0, 1]], np.float32),
    }
    assert shown(Content(schema, arrays, {"train": np.arange(1)}))[1]["text"] == "red, large"


@pytest.mark.parametrize(("kind", "axis", "depth"), [("volume", "depth", 5), ("video", "time", 100)])
def test_volumes_and_videos_have_slices(kind: str, axis: str, depth: int) -> None:
    outputs = {
        kind: TensorSpec(("N", 1, depth, 3, 4), "float"),
        "mask": TensorSpec(("N", depth, 3, 4), "index", 2),
    }
    schema = Schema("v", "V", outputs, kind=kind, items=1, labels=("a", "b"))
    values = np.zeros((1, 1, depth, 3, 4), dtype=np.float16)
    values[0, 0, -1] = 1
    arrays = {kind: values, "mask": (values[:, 0] > 0).astype(np.int16)}
    volume, mask = shown(Content(schema, arrays, {"train": np.arange(1)}))
    assert (volume["kind"], volume["axis"], volume["name"]) == ("volume", axis, kind)
    slices, places = volume["slices"], volume["places"]
    assert isinstance(slices, list) and isinstance(places, list)
    assert len(slices) == len(places) == min(depth, 32)
    assert (places[0], places[-1]) == (0, depth - 1)
    assert [picture(slices[i]).max() for i in (0, -1)] == [0, 255]
    assert picture(slices[0]).shape == (3, 4)
    assert mask["kind"] == "volume"
