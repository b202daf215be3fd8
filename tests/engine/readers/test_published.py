"""Every set of the catalogue, as a tiny copy of its published files, becomes a dataset by what the catalogue says."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.engine.readers import published, published_texts
from workbench.catalog.public import public_sets
from workbench.engine.readers.detect import detect, read
from workbench.engine.readers.reader import Reading


@dataclass(frozen=True)
class Expected:
    """How a tiny copy is made, and what must come of it: `known` are items to learn from (training and validation
    together, where nothing is published of the latter); of series these are rows."""

    make: Callable[[Path], object]
    kind: str
    known: int
    test: int = 0
    labels: tuple[str, ...] = ()
    validation: int = 0
    items: int = 0


def numbers(first: int, count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(first, first + count))


def medmnist(name: str, kind: str, classes: int, *size: int) -> Expected:
    make = partial(_medmnist, name, classes, size)
    return Expected(make, kind, 3 * classes, 2 * classes, numbers(0, classes), classes)


def _medmnist(name: str, classes: int, size: tuple[int, ...], folder: Path) -> None:
    published.medmnist(folder, name, *size, classes=classes)


def planetoid(name: str, classes: int) -> Expected:
    make = partial(published_texts.planetoid, name=name, nodes=42, classes=classes)
    return Expected(make, "graph", 2 * classes, 6, numbers(0, classes), 36 - 2 * classes, items=42)


def molecules(name: str, *labels: int) -> Expected:
    make = partial(published_texts.tudataset, name=name, labels=labels, each=10)
    return Expected(make, "graph", 10 * len(labels), 0, tuple(str(label) for label in sorted(labels)))


def ett(name: str, minutes: int) -> Expected:
    rows = 14_500 * 60 // minutes
    return Expected(partial(published_texts.ett, name=name, minutes=minutes, rows=rows), "series", rows)


def labelled(name: str, classes: int, dimensions: int = 1, equal: bool = True) -> Expected:
    make = partial(
        published_texts.labelled_series, name=name, classes=classes, dimensions=dimensions, equal=equal
    )
    return Expected(make, "series", 4 * classes, 3 * classes, numbers(1, classes))


STL_10 = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
SETS = {
    "mnist": Expected(published.idx, "image", 30, 20, numbers(0, 10)),
    "fashion-mnist": Expected(published.idx, "image", 30, 20, numbers(0, 10)),
    "kmnist": Expected(published.idx, "image", 30, 20, numbers(0, 10)),
    "cifar10": Expected(published.cifar10, "image", 100, 20, tuple(published.CIFAR_10)),
    "cifar100": Expected(published.cifar100, "image", 200, 100, tuple(f"thing_{n}" for n in range(100))),
    "svhn": Expected(published.svhn, "image", 30, 20, numbers(1, 10)),
    "stl10": Expected(published.stl10, "image", 20, 30, STL_10),
    "pneumoniamnist": medmnist("pneumoniamnist", "image", 2, 28, 28),
    "bloodmnist": medmnist("bloodmnist", "image", 8, 28, 28, 3),
    "breastmnist": medmnist("breastmnist", "image", 2, 28, 28),
    "pathmnist": medmnist("pathmnist", "image", 9, 28, 28, 3),
    "organmnist3d": medmnist("organmnist3d", "volume", 11, 28, 28, 28),
    "cora": planetoid("cora", 7),
    "citeseer": planetoid("citeseer", 6),
    "pubmed": planetoid("pubmed", 3),
    "mutag": molecules("MUTAG", 1, -1),
    "proteins": molecules("PROTEINS", 1, 2),
    "enzymes": molecules("ENZYMES", 6, 5, 4, 3, 2, 1),
    "tiny-shakespeare": Expected(published_texts.shakespeare, "text", 3_100),
    "names": Expected(published_texts.names, "sentences", 100),
    "multi30k": Expected(published_texts.multi30k, "sentences", 30, 8, validation=6),
    "sms-spam": Expected(published_texts.sms_spam, "sentences", 60, 0, ("ham", "spam")),
    "ag-news": Expected(published_texts.ag_news, "sentences", 60, 20, numbers(1, 4)),
    "ett-h1": ett("ETTh1", 60),
    "ett-h2": ett("ETTh2", 60),
    "ett-m1": ett("ETTm1", 15),
    "ett-m2": ett("ETTm2", 15),
    "airline-passengers": Expected(
        partial(published_texts.monthly, file="airline-passengers.csv", column="Passengers", first=1949), "series", 96
    ),
    "sunspots": Expected(
        partial(published_texts.monthly, file="monthly-sunspots.csv", column="Sunspots", first=1749), "series", 96
    ),
    "gunpoint": labelled("GunPoint", 2),
    "italy-power-demand": labelled("ItalyPowerDemand", 2),
    "japanese-vowels": labelled("JapaneseVowels", 9, 12, equal=False),
    "titanic": Expected(published_texts.titanic, "table", 60, 0, ("0", "1")),
    "wine-quality-red": Expected(published_texts.wine, "table", 80),
    "speech-commands": Expected(published_texts.speech_commands, "audio", 18, 3, ("no", "up", "yes"), 3),
}  # fmt: skip


def test_every_set_of_the_catalogue_is_here() -> None:
    assert list(SETS) == list(public_sets())


@pytest.mark.parametrize("id", SETS)
def test_a_published_set_becomes_a_dataset(id: str, tmp_path: Path) -> None:
    expected, one = SETS[id], public_sets()[id]
    folder = tmp_path / id
    folder.mkdir()
    expected.make(folder)
    for file in one.members or one.files:
        assert (folder / file.name).is_file(), f"{id} is published with {file.name}"
    # Two tables of texts may be tables of anything: there the catalogue knows better.
    assert id == "ag-news" or one.reader in [name for name, _ in detect(folder)]
    reading = Reading(one.options)
    content = read(folder, one.reader, reading, one.title).content
    assert (content.schema.kind, content.schema.title) == (expected.kind, one.title)
    sizes = content.sizes
    if content.layout == "windows":
        assert len(content.arrays["x"]) == expected.known
    elif expected.validation:
        assert sizes == {"train": expected.known, "validation": expected.validation, "test": expected.test}
    elif expected.test:
        assert (sizes["train"] + sizes["validation"], sizes["test"]) == (expected.known, expected.test)
    else:
        assert sum(sizes.values()) == expected.known
    if expected.items:
        assert content.schema.items == expected.items
    if expected.labels:
        assert content.schema.labels == expected.labels
        assert set(np.unique(content.arrays["label"])) == set(range(len(expected.labels)))
    assert all(name in content.schema.labels or id in ("cifar10", "stl10") for name in one.classes)


@pytest.mark.parametrize(("id", "month"), [("ett-h1", 720), ("ett-m2", 2_880)])
def test_the_series_of_transformers_are_split_by_months_as_it_is_usual(
    id: str, month: int, tmp_path: Path
) -> None:
    SETS[id].make(tmp_path)
    reading = Reading(public_sets()[id].options)
    content = read(tmp_path, "series", reading).content
    foretold = {
        split: (first[0] + content.window, first[-1] + content.window + content.horizon)
        for split, first in content.splits.items()
    }
    assert foretold["train"][1] == 12 * month
    assert foretold["validation"] == (12 * month, 16 * month)
    assert foretold["test"] == (16 * month, 20 * month)
