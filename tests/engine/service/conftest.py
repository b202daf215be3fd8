"""A workspace with datasets of files, runs that were trained on them, and a context that answers about these."""

import csv
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.drawing import draw
from tests.engine.conftest import Trained
from workbench.engine.service.context import Context
from workbench.engine.service.serving import Requests, Service
from workbench.jobs.datasets import add_dataset
from workbench.store.store import Store

Ask = Callable[..., dict[str, Any]]
PICTURES = """
    data Dataset dataset=scans
    flat Flatten < data.image
    fc Linear out_features='= classes' < flat
    loss CrossEntropyLoss < fc data.label
"""
TEXTS = """
    data Dataset dataset=notes
    words Embedding embedding_dim=4 num_embeddings='= vocabulary' < data.tokens
    reader LSTM hidden_size=5 < words length:data.length
    fc Linear out_features='= classes' < reader.last
    loss CrossEntropyLoss < fc data.label
"""
TABLE = """
    data Dataset dataset=houses
    fc Linear out_features=1 < data.features
    loss MSELoss < fc data.target
"""
SOUNDS = """
    data Dataset dataset=calls
    flat Flatten < data.mel
    fc Linear out_features='= classes' < flat
    loss CrossEntropyLoss < fc data.label
"""
SERIES = """
    data Dataset dataset=weather
    flat Flatten < data.x
    fc Linear out_features=6 < flat
    shape Reshape shape=[3,2] < fc
    loss MSELoss < shape data.y
"""
GRAPHS = """
    data Dataset dataset=rings
    conv GCNConv out_channels=4 < data.x edges:data.edges
    pool GlobalMeanPool < conv data.graph
    fc Linear out_features='= classes' < pool
    loss CrossEntropyLoss < fc data.label
"""


class Workplace:
    """The workspace of a module: its store, its trained runs by name, and what answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "experiments.db")
        self.trained = Trained(self.store)
        (folder / "warm").mkdir()
        self.context = Context(self.store, folder / "warm", torch.device("cpu"))
        self.service = Service(self.context, Requests(), lambda said: self.said.append(dict(said)))
        self.said: list[dict[str, Any]] = []
        self.runs: dict[str, int] = {}

    def train(self, name: str, text: str, **settings: Any) -> int:
        """A run of one epoch, by its name."""
        if name not in self.runs:
            run = self.trained.run(draw(text, name=name, **{"epochs": 1, "batch_size": 8, **settings}))
            assert run.state == "completed", run.cause
            self.runs[name] = run.id
        return self.runs[name]

    def ask(self, do: str, run: int, **more: Any) -> dict[str, Any]:
        """The result; an error is a failure of the test."""
        answer = self.service.answer({"id": 1, "do": do, "run": run, **more})
        assert "result" in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    def refused(self, do: str, run: int, **more: Any) -> str:
        """The sentence with which it is refused."""
        answer = self.service.answer({"id": 1, "do": do, "run": run, **more})
        assert "error" in answer, answer
        return str(answer["error"])

    def close(self) -> None:
        self.context.close()
        self.store.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    made = Workplace(tmp_path_factory.mktemp("service"))
    yield made
    made.close()
    torch.set_num_threads(threads)


def scans(place: Workplace) -> int:
    """Pictures of three sizes and modes in two classes, stretched to 6×5 grey ones."""
    random = np.random.RandomState(1)
    for number in range(24):
        size = [(6, 5), (9, 7), (20, 16)][number % 3]
        pixels = random.randint(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        file = place.folder / "scans" / ("bright", "dark")[number % 2] / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels)
        (picture if number % 4 else picture.convert("L")).save(file)
    _add(place, "scans", size="6x5", colour="grey")
    return place.train("scans", PICTURES)


def notes(place: Workplace) -> int:
    """Texts of two classes in files."""
    words = "good fine great bad poor awful soup bread tea cake".split()
    random = np.random.RandomState(2)
    for number in range(24):
        said = [words[at] for at in random.randint(0, 10, 3 + number % 5)]
        file = place.folder / "notes" / ("no", "yes")[number % 2] / f"{number:02}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{'The ' if number % 3 else ''}{' '.join(said)}!\n", "utf-8")
    _add(place, "notes", reader="texts", min_count=1)
    return place.train("notes", TEXTS)


def houses(place: Workplace) -> int:
    """A table with gaps, categories, dates and a number to predict."""
    random = np.random.RandomState(3)
    with (place.folder / "houses.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "town", "built", "rooms", "price"])
        for number in range(40):
            size = "" if number % 9 == 4 else f"{random.uniform(40, 200):.1f}"
            town = "" if number % 11 == 5 else ("Ulm", "Bern", "Graz")[random.randint(3)]
            built = f"{random.randint(1950, 2020)}-{random.randint(1, 13):02}-{random.randint(1, 28):02}"
            writer.writerow([size, town, built, random.randint(1, 9), f"{random.uniform(1e5, 9e5):.2f}"])
    _add(place, "houses.csv", reader="table", target="price")
    return place.train("houses", TABLE)


def calls(place: Workplace) -> int:
    """Sounds of two rates and several lengths as spectrograms."""
    random = np.random.RandomState(4)
    for number in range(16):
        rate = (4_000, 8_000)[number % 4 == 3]
        time = np.arange(int(rate * (0.1 + 0.02 * (number % 5)))) / rate
        tone = 0.4 * np.sin(2 * np.pi * (300 + 500 * (number % 2)) * time) + 0.05 * random.randn(len(time))
        file = place.folder / "calls" / ("low", "high")[number % 2] / f"{number:02}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as opened:
            opened.setnchannels(1)
            opened.setsampwidth(2)
            opened.setframerate(rate)
            opened.writeframes((tone * 32_000).astype("<i2").tobytes())
    _add(place, "calls", reader="audio", mels=8, label_from="folder")
    return place.train("calls", SOUNDS)


def weather(place: Workplace) -> int:
    """Rows in the order of time, three columns in units far from each other; two of them are foretold."""
    random = np.random.RandomState(5)
    hours = np.arange(60)
    columns = (
        20 + 5 * np.sin(hours / 4),
        101_300 + 400 * np.cos(hours / 7) + 20 * random.randn(60),
        random.rand(60),
    )
    with (place.folder / "weather.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["hour", "heat", "pressure", "wind"])
        writer.writerows([hour, *(f"{column[hour]:.4f}" for column in columns)] for hour in hours)
    options = {
        "window": 6,
        "horizon": 3,
        "targets": ["pressure", "heat"],
        "time": "hour",
        "rows": "36, 12, 12",
    }
    _add(place, "weather.csv", reader="series", **options)
    return place.train("weather", SERIES)


def rings(place: Workplace) -> int:
    """Graphs in TU form in two classes, rings and stars, whose nodes have a number and one of two kinds."""
    folder = place.folder / "rings"
    folder.mkdir(exist_ok=True)
    random = np.random.RandomState(6)
    edges, owners, first = [], [], 1
    for graph in range(24):
        size = 3 + graph % 4
        nodes = [first + at for at in range(size)]
        pairs = (
            zip(nodes, nodes[1:] + nodes[:1], strict=True) if graph % 2 else ((first, n) for n in nodes[1:])
        )
        edges += [line for a, b in pairs for line in (f"{a}, {b}", f"{b}, {a}")]
        owners += [graph + 1] * size
        first += size
    written = {
        "A": edges,
        "graph_indicator": owners,
        "graph_labels": [graph % 2 for graph in range(24)],
        "node_labels": random.randint(0, 2, len(owners)).tolist(),
        "node_attributes": [f"{value:.3f}" for value in 40 + 9 * random.randn(len(owners))],
    }
    for part, lines in written.items():
        (folder / f"R_{part}.txt").write_text("\n".join(map(str, lines)) + "\n", encoding="utf-8")
    _add(place, "rings")
    return place.train("rings", GRAPHS)


def _add(place: Workplace, name: str, *, reader: str = "", **options: Any) -> None:
    added = add_dataset(place.store, place.folder / name, reader, options)
    assert added.record.id == name.partition(".")[0]
