"""A report tells of several runs in one file that needs nothing else, in HTML or PDF."""

import html
import math
import re
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.samples import SAMPLES
from workbench.core.errors import JobError
from workbench.engine import report
from workbench.engine.exporting_runs import export_runs
from workbench.jobs.exports import OF_SEVERAL, Request
from workbench.jobs.queue import enqueue
from workbench.store.arrivals import Arrival, Series, take_in
from workbench.store.records import Point
from workbench.store.store import Store

EVIL = '<script>alert(1)</script> & "x"\n🙂'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


def add(store: Store, seed: int, batch: int, result: float, name: str = "lenet") -> int:
    document = draw(CLASSIFIER, batch_size=batch)
    run = enqueue(store, document, schemas=SAMPLES, device="cpu", seed=seed, name=name).id
    points = [Point("validation/accuracy", n, n, result - 0.1 * (3 - n), 1.0) for n in (1, 2, 3)]
    points += [
        Point("train/loss", n, 1, value, 1.0) for n, value in enumerate((math.inf, 2.0, math.nan, 1.0))
    ]
    store.log_points(run, points)
    store.set_state(run, "running")
    store.set_state(run, "completed")
    return run


def words_of(file: Path) -> str:
    page = file.read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2]))


def test_what_stands_in_it(store: Store, tmp_path: Path) -> None:
    runs = [
        add(store, seed, batch, 0.7 + batch / 100 + seed / 1000) for batch in (1, 11) for seed in (1, 2, 3)
    ]
    odd = add(store, 1, 1, math.nan, EVIL)
    series = Series(array("q", [1, 2]), array("d", [0.5, 0.6]), array("d", [1.0, 2.0]))
    foreign = take_in(store, Arrival("m", "MLflow", "foreign", series={"validation/accuracy": series}))
    store.set_notes(runs[0], "Look <here>")
    file = tmp_path / "ö report.html"
    assert report.write(store, [*runs, odd, foreign], file) == [file]
    page, words = file.read_text(encoding="utf-8"), words_of(file)
    assert "<script" not in page and "http:" not in re.sub(r'"data:[^"]*"', "", page)
    assert "Report of 8 runs: " in words and "training.batch_size" in words and "training.epochs" not in words
    assert "#4, #5 and #6 are better than #1, #2 and #3 with every seed: validation/accuracy" in words
    assert "0.8130 at 3" in words and f"#{odd} <script>alert(1)</script>" in words
    assert page.count("<img") == 4  # two metrics, two drawings
    assert "Without a drawing" in words and f"#{foreign}: from other programs" in words
    assert "Against #1:" in words and "Look <here>" in words
    assert re.search(r"<td><b>0\.8130 at 3", page) and "∞" in words


def test_runs_that_are_the_same_and_runs_without_values(store: Store, tmp_path: Path) -> None:
    one = enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu", seed=1).id
    two = enqueue(store, draw(CLASSIFIER), schemas=SAMPLES, device="cpu", seed=1).id
    report.write(store, [one, two], tmp_path / "a.html")
    words = words_of(tmp_path / "a.html")
    assert "the runs have all settings in common" in words and f"Drawing of #{one}, #{two}" in words
    assert "Metrics" not in words and "Verdict" not in words
    with pytest.raises(JobError, match="100 runs at most, not of 101"):
        report.write(store, [one] * 101, tmp_path / "b.html")


def test_a_run_of_another_program_goes_the_way_of_the_others(store: Store, tmp_path: Path) -> None:
    series = Series(array("q", [1, 2, 3]), array("d", [0.2, 0.95, 0.1]), array("d", [1.0, 2.0, 3.0]))
    foreign = take_in(store, Arrival("m", "MLflow", "foreign", series={"validation/accuracy": series}))
    report.write(store, [foreign, add(store, 1, 1, 0.7), add(store, 2, 1, 0.9)], tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert re.findall(r"<b>(0\.\d+ at \d)", page) == ["0.9500 at 2"]


def test_as_pdf_and_what_goes_wrong(store: Store, tmp_path: Path) -> None:
    runs = [add(store, seed, 1, 0.8) for seed in (1, 2)]
    report.write(store, runs, tmp_path / "a.pdf")
    content = (tmp_path / "a.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and content.count(b"/Type /Page\n") >= 2
    streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    drawn = b"".join(zlib.decompressobj().decompress(each) for each in streams if each[:1] == b"\x78")
    assert drawn.count(b" l\n") > 20 and b"/Subtype /Image" not in content  # curves are lines, not dots
    with pytest.raises(OSError, match="there is no folder"):
        report.write(store, runs, tmp_path / "nowhere" / "a.html")


def test_the_window_asks_for_every_kind(store: Store, tmp_path: Path) -> None:
    runs = (add(store, 1, 1, 0.8), add(store, 2, 1, 0.9))
    said: list[str] = []
    for kind, name in zip(OF_SEVERAL, ("r.html", "m.parquet", "tb", "ml", "w.zip"), strict=True):
        words = export_runs(store, Request(kind, str(tmp_path / name), runs=runs), said.append)
        assert words.startswith(f"Written to {tmp_path / name}: ") and (tmp_path / name).exists()
    assert said[:4] == ["Reading 2 runs"] * 4 and said[-1] == "Packing the database"
    for wrong, reason in (
        (Request("onnx", "x", runs=runs), "“onnx” is not known"),
        (Request("report", "x"), "No run is named"),
        (Request("report", str(tmp_path), runs=runs), "is a folder"),
    ):
        with pytest.raises(JobError, match=reason):
            export_runs(store, wrong, said.append)
