"""Tiny copies of public sets of graphs, texts, series, tables and sounds, as their files are published."""

import gzip
import pickle
import wave
from pathlib import Path

import numpy as np
import scipy.sparse

WORDS = "the market rose while a team won and new chips were sold in many towns".split()


def planetoid(folder: Path, name: str, nodes: int = 24, classes: int = 3) -> None:
    """Pickles of Python 2; the last six nodes test, and are listed in another order."""
    features = np.random.default_rng(0).integers(0, 2, (nodes, 5)).astype(np.float32)
    one_hot = np.eye(classes, dtype=np.int32)[np.arange(nodes) % classes]
    test = list(range(nodes - 1, nodes - 7, -1))
    known, others = slice(0, classes * 2), slice(0, nodes - 6)
    parts: dict[str, object] = {
        "x": scipy.sparse.csr_matrix(features[known]), "y": one_hot[known],
        "allx": scipy.sparse.csr_matrix(features[others]), "ally": one_hot[others],
        "tx": scipy.sparse.csr_matrix(features[test]), "ty": one_hot[test],
        "graph": {node: [(node + 1) % nodes, (node - 1) % nodes] for node in range(nodes)},
    }  # fmt: skip
    for part, value in parts.items():
        (folder / f"ind.{name}.{part}").write_bytes(pickle.dumps(value, 2))
    (folder / f"ind.{name}.test.index").write_text("".join(f"{node}\n" for node in test))


def tudataset(folder: Path, name: str, labels: tuple[int, ...], each: int = 5) -> None:
    """Rings of three to five nodes; numbers of nodes and graphs begin at one."""
    edges, indicator, nodes = [], [], 0
    graphs = [labels[number % len(labels)] for number in range(each * len(labels))]
    for number in range(len(graphs)):
        size = 3 + number % 3
        for place in range(size):
            a, b = nodes + place + 1, nodes + (place + 1) % size + 1
            edges += [f"{a}, {b}", f"{b}, {a}"]
        indicator += [str(number + 1)] * size
        nodes += size
    for part, lines in (
        ("A", edges),
        ("graph_indicator", indicator),
        ("graph_labels", [str(label) for label in graphs]),
        ("node_labels", [str(place % 3) for place in range(nodes)]),
    ):
        (folder / f"{name}_{part}.txt").write_text("\n".join(lines) + "\n")
    (folder / "README.txt").write_text("README for dataset " + name)


def shakespeare(folder: Path) -> None:
    (folder / "input.txt").write_text(
        "First Citizen:\nBefore we proceed any further, hear me speak.\n\n" * 50
    )


def names(folder: Path) -> None:
    (folder / "names.txt").write_text("\n".join(["emma", "olivia", "ava", "isabella", "sophia"] * 20))


def multi30k(folder: Path) -> None:
    for part, count in (("train", 30), ("val", 6), ("test_2016_flickr", 8)):
        for language in ("en", "de", "fr"):
            lines = "".join(f"{_sentence(number)} ({language})\n" for number in range(count))
            (folder / f"{part}.{language}.gz").write_bytes(gzip.compress(lines.encode()))


def sms_spam(folder: Path) -> None:
    rows = [f"{'spam' if number % 4 == 0 else 'ham'}\t{_sentence(number)}\n" for number in range(60)]
    (folder / "SMSSpamCollection").write_text("".join(rows))
    (folder / "readme").write_text("SMS Spam Collection v.1\n")


def ag_news(folder: Path) -> None:
    """No header: class from 1 to 4, title, description; quotation marks are doubled."""
    for part, count in (("train", 60), ("test", 20)):
        rows = [
            f'"{number % 4 + 1}","Title {number}","{_sentence(number)}, ""so"" they say\\$ {number}"\n'
            for number in range(count)
        ]
        (folder / f"{part}.csv").write_text("".join(rows))


def ett(folder: Path, name: str, minutes: int, rows: int) -> None:
    """A row an hour, or one every 15 minutes, of twenty months and a little more."""
    steps = np.datetime64("2016-07-01T00:00:00") + np.arange(rows) * np.timedelta64(minutes, "m")
    values = [
        f"{number % 24 / 7:.15f},2.0,{number % 96}.5,0.4,4.2,1.3,{number % 11}.25" for number in range(rows)
    ]
    times = (str(step).replace("T", " ") for step in steps)
    lines = (f"{when},{row}\n" for when, row in zip(times, values, strict=True))
    (folder / f"{name}.csv").write_text("date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n" + "".join(lines))


def monthly(folder: Path, file: str, column: str, first: int, rows: int = 96) -> None:
    lines = [f'"Month","{column}"']
    lines += [
        f'"{first + number // 12}-{number % 12 + 1:02}",{100 + number % 12 + number}'
        for number in range(rows)
    ]
    (folder / file).write_text("\n".join(lines) + "\n")


def labelled_series(
    folder: Path, name: str, classes: int, dimensions: int = 1, length: int = 12, equal: bool = True
) -> None:
    """Headers as the archive of time series classification has them."""
    head = [f"@problemName {name}", "@timeStamps false", "@missing false"]
    head += ["@univariate true"] if dimensions == 1 else ["@univariate false", f"@dimensions {dimensions}"]
    head += ["@equalLength true", f"@seriesLength {length}"] if equal else ["@equalLength false"]
    head += [f"@classLabel true {' '.join(str(number + 1) for number in range(classes))}", "@data"]
    generator = np.random.default_rng(0)
    for part, count in (("TRAIN", 4 * classes), ("TEST", 3 * classes)):
        rows = []
        for number in range(count):
            steps = length if equal else length - number % 4
            values = generator.normal(size=(dimensions, steps))
            channels = (",".join(f"{value:.6f}" for value in channel) for channel in values)
            rows.append(":".join([*channels, str(number % classes + 1)]))
        (folder / f"{name}_{part}.ts").write_text("\n".join([*head, *rows]) + "\n")


def titanic(folder: Path) -> None:
    rows = ["PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked"]
    for number in range(60):
        age = "" if number % 7 == 0 else str(20 + number % 40)
        sex = "male" if number % 3 else "female"
        rows.append(
            f'{number + 1},{number % 2},{number % 3 + 1},"Braund, Mr. Owen {number}",{sex},'
            f"{age},{number % 2},0,A/5 {21171 + number},{7.25 + number},,{'SCQ'[number % 3]}"
        )
    (folder / "train.csv").write_text("\n".join(rows) + "\n")


def wine(folder: Path) -> None:
    """Without a header; the quality stands last."""
    generator = np.random.default_rng(0)
    rows = [
        ",".join([*(f"{value:.3g}" for value in generator.uniform(0.1, 9, 11)), str(3 + number % 6)])
        for number in range(80)
    ]
    (folder / "winequality-red.csv").write_text("\n".join(rows) + "\n")


def speech_commands(folder: Path) -> None:
    """A folder a word; two lists name the recordings that validate and that test; noise is no word."""
    held: dict[str, list[str]] = {"validation": [], "testing": []}
    for word in ("yes", "no", "up"):
        (folder / word).mkdir()
        for number in range(8):
            name = f"{word}/{number:08x}_nohash_0.wav"
            _sound(folder / name, 0.5, number)
            if number in (6, 7):
                held["validation" if number == 6 else "testing"].append(name)
    (folder / "_background_noise_").mkdir()
    _sound(folder / "_background_noise_" / "white_noise.wav", 2.0, 99)
    for part, listed in held.items():
        (folder / f"{part}_list.txt").write_text("".join(f"{name}\n" for name in listed))
    (folder / "README.md").write_text("# Speech Commands Data Set v0.02\n")
    (folder / "LICENSE").write_text("Creative Commons\n")


def _sound(path: Path, seconds: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0, 3000, int(16_000 * seconds)).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(values.tobytes())


def _sentence(number: int) -> str:
    return " ".join(WORDS[(number + 3 * place) % len(WORDS)] for place in range(4 + number % 5))
