"""Examples before and after a node: what the process answers, and what it says where it cannot."""

import base64
import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.drawing import draw
from workbench.catalog.schema import Schema
from workbench.core.document import Document
from workbench.core.files import dumps
from workbench.core.looks import SetMode
from workbench.engine.preview import Preview
from workbench.jobs.datasets import add_dataset
from workbench.jobs.processes import python
from workbench.store.store import Store

FLIPS = "digits Dataset\nflip RandomVerticalFlip p=0.5 < digits.image\nnoise GaussianNoise std=0.5 < flip"


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    return Preview(tmp_path / "experiments.db", tmp_path)


def ask(preview: Preview, document: Document, node: str, *, seed: int = 1, count: int = 6) -> Any:
    request = {"id": 1, "document": dumps(document), "node": node, "seed": seed, "count": count}
    return preview.answer(json.loads(json.dumps(request)))


def samples(preview: Preview, text: str, node: str, **options: int) -> list[dict[str, Any]]:
    answer = ask(preview, draw(text), node, **options)
    assert "error" not in answer, answer
    found: list[dict[str, Any]] = answer["samples"]
    return found


def pixels(part: dict[str, Any]) -> NDArray[np.uint8]:
    assert part["kind"] == "image"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(part["png"]))))


def test_images_before_and_after(preview: Preview) -> None:
    found = samples(preview, FLIPS, "flip", count=8)
    assert len(found) == 8
    flipped = 0
    for sample in found:
        before, after = pixels(sample["before"]), pixels(sample["after"])
        assert before.shape == (8, 8) and (sample["caption"] in list("0123456789"))
        turned = (after == before[::-1]).all()
        flipped += int(turned)
        assert turned or (after == before).all()
    assert 0 < flipped < 8


def test_a_seed_decides_and_another_one_shows_others(preview: Preview) -> None:
    one, same, other = (samples(preview, FLIPS, "noise", seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert [each["before"] for each in one] != [each["before"] for each in other]


def test_what_leads_to_a_node_is_in_what_stands_before_it(preview: Preview) -> None:
    flipped = [each["after"] for each in samples(preview, FLIPS, "flip")]
    assert [each["before"] for each in samples(preview, FLIPS, "noise")] == flipped


def test_mixed_labels_are_told(preview: Preview) -> None:
    text = "digits Dataset\nmix MixUp alpha=5 < digits.image digits.label"
    captions = [each["caption"] for each in samples(preview, text, "mix")]
    assert any(": " in caption and "," in caption for caption in captions)
    for caption in captions:
        assert 96 <= sum(int(part.split(": ")[1].rstrip("%")) for part in caption.split(", ")) <= 104


def test_text_marks_what_was_replaced(preview: Preview) -> None:
    text = "words Dataset dataset=reference-text length=40\ngaps TokenMask p=0.3 mask=96 < words.tokens"
    for sample in samples(preview, text, "gaps"):
        before, after = sample["before"]["text"], sample["after"]["text"]
        assert len(before) == len(after) == 40
        marks = sample["after"]["marks"]
        assert [after[a:b] for a, b in marks] == ["▢"] * len(marks)
        marked = {a for a, _ in marks}
        assert all(
            (one == other) == (place not in marked)
            for place, (one, other) in enumerate(zip(before, after, strict=True))
        )


def test_graphs_and_tables(preview: Preview) -> None:
    club = "club Dataset dataset=karate\nsome EdgeDrop p=0.25 < club.edges\nhidden FeatureMask p=0.5 < club.x"
    (edges,) = samples(preview, club, "some")
    assert (edges["before"]["text"], edges["after"]["text"]) == ("156 edges", "117 edges")
    (features,) = samples(preview, club, "hidden")
    assert pixels(features["before"]).shape == (34, 34)
    assert (pixels(features["after"]) <= pixels(features["before"])).all()
    rows = samples(preview, "iris Dataset dataset=iris\nnoise GaussianNoise < iris.features", "noise")
    assert pixels(rows[0]["before"]).shape == (1, 4) and rows[0]["caption"] in (
        "setosa",
        "versicolor",
        "virginica",
    )


def test_noise_and_networks_may_stand_before_it(preview: Preview) -> None:
    text = (
        "digits Dataset\nconv Conv2d out_channels=5 padding=1 < digits.image\nz Noise size=64\n"
        "shaped Reshape shape='(1, 8, 8)' < z\nall Concatenate < conv shaped\nturn RandomRotation < all"
    ).replace("'(1, 8, 8)'", "[1,8,8]")
    found = samples(preview, text, "turn")
    assert pixels(found[0]["before"]).shape == (8, 8)


def test_bypassed_nodes_change_nothing(preview: Preview) -> None:
    answer = ask(preview, SetMode(("noise",), "bypass").apply(draw(FLIPS)), "noise")
    assert all(each["before"] == each["after"] for each in answer["samples"])


@pytest.mark.parametrize(
    ("text", "node", "mode", "said"),
    [
        ("digits Dataset\nflip RandomVerticalFlip", "flip", "", "Nothing is linked to it"),
        ("z Noise\nnoise GaussianNoise < z", "noise", "", "No dataset leads to it"),
        (FLIPS, "digits", "", "Nothing is linked to it"),
        (FLIPS, "other", "", "There is no node other"),
        (FLIPS, "noise", "mute", "A muted node"),
        ("digits Dataset\ncrop RandomCrop < digits.image", "crop", "", "does not fit into an image"),
        (
            "gone Dataset dataset=nowhere\nnoise GaussianNoise < gone.image",
            "noise",
            "",
            "no dataset “nowhere”",
        ),
    ],
)
def test_why_there_is_nothing_to_show(preview: Preview, text: str, node: str, mode: str, said: str) -> None:
    if "nowhere" in text:
        document = draw(text.replace("dataset=nowhere", ""))
        data = document.graph.nodes["gone"]
        nodes = {**document.graph.nodes, "gone": replace(data, params={"dataset": "nowhere"})}
        document = replace(document, graph=replace(document.graph, nodes=nodes))
    else:
        document = draw(text)
    if mode:
        document = SetMode((node,), mode).apply(document)
    answer = ask(preview, document, node)
    assert said in answer["error"] and answer["error"].endswith("."), answer


def test_a_damaged_document_is_said(preview: Preview) -> None:
    answer = preview.answer({"id": 1, "document": "{", "node": "x", "seed": 1, "count": 4})
    assert "not valid JSON" in answer["error"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


@pytest.mark.usefixtures("reads_here")
def test_the_process_answers_line_by_line_and_ends_with_its_input(tmp_path: Path, store: Store) -> None:
    """With a dataset of the person's own."""
    for name in ("dog", "cat"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(6):
            colour = (200, 10 * number, 0) if name == "dog" else (0, 10 * number, 200)
            Image.new("RGB", (300, 280), colour).save(tmp_path / "pets" / name / f"{number}.png")
    record = add_dataset(store, tmp_path / "pets").record
    document = draw(
        f"pets Dataset dataset={record.id}\njitter ColorJitter brightness=0.5 < pets.image",
        schemas={record.id: Schema.from_json(record.schema)},
    )
    request = {"document": dumps(document), "node": "jitter", "seed": 3, "count": 4}
    lines = "".join(json.dumps({"id": id, **request}) + "\n" for id in (7, 8))
    done = subprocess.run(
        python("workbench.engine.preview", str(store.path)),
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["id"], second["id"]) == (7, 8) and first["samples"] == second["samples"]
    for sample in first["samples"]:
        before = pixels(sample["before"])
        assert max(before.shape) == 256, "large pictures come small"
        assert sample["caption"] == ("dog" if before[0, 0, 0] else "cat")
