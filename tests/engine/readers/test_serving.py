"""A window's questions are answered page by page; what cannot be answered is said, and the next one is answered."""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema, image_outputs, text_outputs
from workbench.core.errors import DataError
from workbench.engine.readers import serving, show
from workbench.engine.readers.content import Content, write
from workbench.engine.readers.samples import sample


def asked(folder: str, *requests: dict[str, Any], labels: list[str] | None = None) -> list[dict[str, Any]]:
    """All answers, the first one to no request."""
    said: list[dict[str, Any]] = []
    serving.serve(
        folder,
        io.StringIO("".join(json.dumps(r) + "\n" for r in requests)),
        lambda **a: said.append(a),
        labels,
    )
    answers: list[dict[str, Any]] = json.loads(json.dumps(said))
    return answers


def page(first: int = 0, end: int = 5, **more: str) -> dict[str, Any]:
    return {"split": "train", "places": [first, end], **more}


def images(folder: Path, side: int = 4) -> Content:
    schema = Schema("x", "X", image_outputs(3, side, side, classes=2), {}, "image", 10, ("cat", "dog"))
    label = np.array([0, 1] * 5)
    pixels = np.zeros((10, 3, side, side), np.uint8)
    content = Content(
        schema, {"image": pixels, "label": label}, {"train": np.arange(8), "test": np.arange(8, 10)}
    )
    folder.mkdir()
    write(content, folder)
    return content


def test_the_first_answer_tells_parts_and_classes(tmp_path: Path) -> None:
    images(tmp_path / "copy")
    (hello,) = asked(str(tmp_path / "copy"))
    assert hello["splits"] == hello["counts"] == {"train": 8, "test": 2}
    assert hello["classes"]["train"] == {"cat": 4, "dog": 4}
    assert hello["layout"] == "items"


def test_pages_and_classes(tmp_path: Path) -> None:
    images(tmp_path / "copy")
    _, whole, dogs, beyond = asked(
        str(tmp_path / "copy"), page(2, 4), page(1, 100, label="dog"), page(50, 60)
    )
    assert [item["place"] for item in whole["items"]] == [2, 3]
    assert whole["count"] == 8
    assert [item["place"] for item in dogs["items"]] == [3, 5, 7]
    assert {item["label"] for item in dogs["items"]} == {"dog"}
    assert dogs["count"] == 4
    assert beyond["items"] == []


def test_words_are_found_in_classes_and_rows() -> None:
    _, kinds, both, none = asked(
        "sample:iris", page(query="VIRGIN"), page(query="virginica -1.28"), page(query="tulip")
    )
    assert kinds["count"] == 30
    assert kinds["whole"]
    assert {item["label"] for item in kinds["items"]} == {"virginica"}
    assert both["count"] < kinds["count"]
    assert none["count"] == 0


def test_a_long_text_is_shown_in_pages_and_searched() -> None:
    hello, first, found = asked("sample:reference-text", page(0, 2), page(query="lambda"))
    assert hello["counts"]["train"] < hello["splits"]["train"] / 300
    assert [item["place"] for item in first["items"]] == [0, show.PAGE]
    assert 0 < found["count"] < hello["counts"]["train"]
    assert all("lambda" in item["parts"][0]["text"].lower() for item in found["items"])


def test_texts_kept_to_be_looked_at_are_searched(tmp_path: Path) -> None:
    schema = Schema("x", "X", text_outputs(3), {}, "text", 3, ("a", "b", "c"))
    content = Content(
        schema, {"tokens": np.zeros((3, 2), np.int64), "raw": np.array(["win cash", "hello", "cash back"])},
        {"train": np.arange(3)},
    )  # fmt: skip
    (tmp_path / "copy").mkdir()
    write(content, tmp_path / "copy")
    _, found = asked(str(tmp_path / "copy"), page(query="Cash"))
    assert [item["place"] for item in found["items"]] == [0, 2]


def test_classes_have_the_names_that_a_person_gave(tmp_path: Path) -> None:
    images(tmp_path / "copy")
    hello, found = asked(str(tmp_path / "copy"), page(label="Hund"), labels=["Katze", "Hund"])
    assert hello["classes"]["test"] == {"Katze": 1, "Hund": 1}
    assert {item["label"] for item in found["items"]} == {"Hund"}
    (hello,) = asked(str(tmp_path / "copy"), labels=["too few"])
    assert hello["classes"]["test"] == {"cat": 1, "dog": 1}


def test_several_classes_an_item(tmp_path: Path) -> None:
    content = images(tmp_path / "old")
    several = np.zeros((10, 2), np.float32)
    several[[1, 4], 1] = 1
    (tmp_path / "copy").mkdir()
    write(replace(content, arrays={"image": content.arrays["image"], "labels": several}), tmp_path / "copy")
    hello, found = asked(str(tmp_path / "copy"), page(label="dog"))
    assert hello["classes"]["train"] == {"cat": 0, "dog": 2}
    assert [item["place"] for item in found["items"]] == [1, 4]


def test_what_cannot_be_answered_is_said_and_the_next_one_answered(tmp_path: Path) -> None:
    images(tmp_path / "copy")
    _, wrong, right = asked(str(tmp_path / "copy"), {**page(), "split": "exam"}, page())
    assert wrong["error"] == "There is no exam part; there are train, test."
    assert len(right["items"]) == 5
    _, classless = asked("sample:diabetes", page(label="ill"))
    assert "no classes" in classless["error"]


def test_a_copy_whose_parts_do_not_fit_together_is_said_to_be_damaged(tmp_path: Path) -> None:
    images(tmp_path / "copy")
    np.save(tmp_path / "copy" / "split-train.npy", np.array([0, 77]))
    _, right, wrong = asked(str(tmp_path / "copy"), page(0, 1), page(1, 2))
    assert len(right["items"]) == 1
    assert "damaged" in wrong["error"]


def test_a_copy_that_is_cut_off_is_said_to_be_damaged(tmp_path: Path) -> None:
    images(tmp_path / "copy")
    file = tmp_path / "copy" / "image.npy"
    file.write_bytes(file.read_bytes()[:150])
    with pytest.raises(DataError, match="damaged"):
        asked(str(tmp_path / "copy"))


def test_looking_for_words_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PATIENCE", -1.0)
    _, found = asked("sample:iris", page(query="setosa"))
    assert not found["whole"]


def test_pictures_are_bright_and_no_larger_than_shown() -> None:
    _, digits = asked("sample:digits", page(0, 1))
    (part,) = digits["items"][0]["parts"]
    with Image.open(io.BytesIO(base64.b64decode(part["png"]))) as picture:
        low, high = picture.getextrema()
        assert (low, high) == (0, 239)  # 15 of 16 levels
    large = show.png(np.zeros((1, 1000, 2000), np.uint8))
    with Image.open(io.BytesIO(base64.b64decode(large))) as picture:
        assert picture.size == (384, 192)
    assert SAMPLES["digits"].items == 1797


def test_windows_are_shown_side_by_side_and_say_what_they_are() -> None:
    hello, first = asked("sample:tides", page(0, 3))
    window = sample("tides").window
    assert [item["place"] for item in first["items"]] == [0, window, 2 * window]
    assert hello["counts"]["train"] == first["count"] == -(-hello["splits"]["train"] // window)
    seen, wanted = (part["title"] for part in first["items"][0]["parts"])
    assert seen == f"x: {window} steps that the model sees" and wanted.endswith("steps to foretell")
