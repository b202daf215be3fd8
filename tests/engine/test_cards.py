"""Model cards tell all of a run, in files that hold text and pictures only."""

import math
import re
from array import array
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Graph
from workbench.engine import cards
from workbench.engine.card_pictures import chart, drawing
from workbench.jobs.queue import enqueue
from workbench.store.records import Curve, Point
from workbench.store.store import Store

EVIL = "<script>alert(1)</script> | `x` [a](javascript:b) \n# z 🙂"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


def run_of(store: Store, name: str = "mine", document: str = "") -> int:
    run = enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu", name=name).id
    store.claim(run, "cpu")
    for step, value in enumerate([2.0, math.nan, 0.5, math.inf]):
        store.log_points(
            run, [Point("train/loss", step, 1, value, 1.0), Point("validation/loss", step, 1, 1, 1.0)]
        )
    store.change_tags(add=[(run, "paper")])
    store.add_checkpoint(run, 3, 1, "best", f"runs/{run}/best-3.safetensors", "abc123", 7, 0.5)
    return run


class Reader(HTMLParser):
    """Names of the elements of a page, its words, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.words: list[str] = []
        self.places: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.places += [value or "" for name, value in attrs if name in ("src", "href")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_page_that_holds_everything(store: Store, tmp_path: Path) -> None:
    run = run_of(store, EVIL)
    assert cards.write(store, run, tmp_path / "card.html") == [tmp_path / "card.html"]
    page = Reader()
    page.feed((tmp_path / "card.html").read_text(encoding="utf-8"))
    words = " ".join(page.words)
    for wanted in (
        "alert(1)",
        "paper",
        "abc123",
        "Handwritten digits",
        "training.epochs",
        "torch",
        "train/loss",
    ):
        assert wanted in words
    assert set(page.elements) <= set(
        "html head meta title style body h1 h2 p table thead tr th td img footer".split()
    )
    assert len(page.places) == 2 and all(
        place.startswith("data:image/svg+xml;base64,") for place in page.places
    )


def test_markdown_with_its_pictures_beside_it(store: Store, tmp_path: Path) -> None:
    run = run_of(store, EVIL)
    files = cards.write(store, run, tmp_path / "my card.md")
    assert [file.name for file in files] == ["my card.md", "my card-drawing.svg", "my card-curve1.svg"]
    content = files[0].read_text(encoding="utf-8")
    assert "![drawing](my%20card-drawing.svg)" in content and "| train/loss | ∞ | 0.5000 | 2 |" in content
    assert "<script>" not in content and re.search(r"(?<!\\)\[a", content) is None
    assert len([line for line in content.splitlines() if line.startswith("# ")]) == 1
    for file in files[1:]:
        ElementTree.parse(file)


def test_what_cannot_be_told_keeps_nothing_else_from_it(store: Store, tmp_path: Path) -> None:
    run = store.add_run(
        "a", "m", '{"format": 99}', "", device="cpu", seed=0, epochs=1, parameters=1, dataset="gone, digits", params={}
    ).id  # fmt: skip
    cards.write(store, run, tmp_path / "card.md")
    content = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert (
        "no longer in the workspace" in content
        and "Handwritten digits" in content
        and "## Drawing" not in content
    )


def curve(values: list[float]) -> Curve:
    count = len(values)
    return Curve(
        array("q", range(count)), array("q", [0] * count), array("d", values), array("d", [0.0] * count), 0
    )


def test_gaps_stay_gaps_and_peaks_are_kept() -> None:
    values = [math.sin(n / 50) for n in range(9000)]
    values[4321], values[100], values[6000] = 9.0, math.nan, -math.inf
    picture = ElementTree.fromstring(chart("a < b", {"train": curve(values)}, ["train"]))
    lines = [each.get("points", "") for each in picture.iter("{http://www.w3.org/2000/svg}polyline")]
    assert len(lines) == 3 and len(" ".join(lines).split()) < 700
    heights = [float(point.split(",")[1]) for point in " ".join(lines).split()]
    assert min(heights) == 30.0 and "9.000" in "".join(picture.itertext())
    assert chart("none", {"train": curve([math.nan])}, ["train"]) == "" == drawing(Graph({}, {}))
    assert chart("none", {}, ["train"]) == ""
    assert "polyline" in chart("one", {"train": curve([3.0])}, ["train"])


def test_a_name_has_one_color_in_all_charts() -> None:
    names = ("train", "validation")

    def colors(*shown: str) -> dict[str, str | None]:
        picture = ElementTree.fromstring(chart("loss", {name: curve([1.0, 2.0]) for name in shown}, names))
        texts = picture.iter("{http://www.w3.org/2000/svg}text")
        return {each.text: each.get("fill") for each in texts if each.text in names}

    both = colors("train", "validation")
    assert len(set(both.values())) == 2
    assert colors("validation", "train") == both
    assert colors("validation") == {"validation": both["validation"]}
