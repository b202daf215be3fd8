"""Volumes, series and molecules of one's own are made the same numbers as those of training, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.errors import DataError
from workbench.engine.readers import images as image_reader
from workbench.engine.readers import molecules as molecule_reader
from workbench.engine.readers import series as series_reader
from workbench.engine.readers import volumes as volume_reader
from workbench.engine.readers.content import Content
from workbench.engine.readers.reader import Reading
from workbench.engine.service.preparing import molecules, pictures, series, volumes
from workbench.engine.service.preparing.given import Given, Trained, alone, finished, kind_of

Read = Callable[[Path, Reading], Content]


def trained(read: Read, path: Path, reader: str, **options: object) -> Trained:
    """What the process is told of a dataset that was read so."""
    reading = Reading(options)
    return Trained(read(path, reading), "Mine", reader, options, reading.understood, path)


def given(file: Path) -> Given:
    return Given(file.name, file)


@pytest.mark.parametrize("values", ["", "standard", "raw"])
def test_a_volume_is_made_as_in_training(tmp_path: Path, values: str) -> None:
    make = np.random.default_rng(3)
    (folder := tmp_path / "set").mkdir()
    for number, shape in enumerate([(4, 5, 6), (6, 5, 4), (4, 5, 6)]):
        np.save(folder / f"scan{number}.npy", make.normal(size=shape).astype(np.float32))
    known = trained(volume_reader.read, folder, "volumes", values=values, size="4x4x8")
    assert kind_of(known.content, "volumes") == "volume" and kind_of(known.content, "arrays") == ""
    for number in range(3):
        part = volumes.volume(known, given(folder / f"scan{number}.npy"))
        kept = known.content.arrays["volume"][number : number + 1]
        assert part.arrays["volume"].dtype == kept.dtype
        assert np.array_equal(part.arrays["volume"], kept)
    np.save(tmp_path / "two.npy", make.normal(size=(2, 4, 5, 6)))
    with pytest.raises(DataError, match="2 channels, and the volumes of training 1"):
        volumes.volume(known, given(tmp_path / "two.npy"))
    (tmp_path / "bad.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match="no volume that can be used"):
        volumes.volume(known, given(tmp_path / "bad.npy"))
    (tmp_path / "scan.txt").write_text("1")
    with pytest.raises(DataError, match=r"is no volume; \.nii"):
        volumes.volume(known, given(tmp_path / "scan.txt"))


def test_a_deep_picture_is_made_as_in_training(tmp_path: Path) -> None:
    make = np.random.default_rng(3)
    (folder := tmp_path / "set").mkdir()
    for number in range(5):
        Image.fromarray(make.integers(0, 4096, (6, 8)).astype(np.uint16)).save(folder / f"{number}.png")
    known = trained(image_reader.read, folder, "images")
    for number in range(5):
        part = pictures.image(known, given(folder / f"{number}.png"))
        assert np.array_equal(part.arrays["image"][0], known.content.arrays["image"][number])
    assert known.content.arrays["image"].max() > 200


def rows(first: int, end: int) -> str:
    lines = [
        f"2024-01-{1 + n // 24:02d} {n % 24:02d}:00,{np.sin(n) * 10:.4f},{n * n}" for n in range(first, end)
    ]
    return "\n".join(["date,level,load", *lines]) + "\n"


def test_the_last_rows_of_a_series_are_measured_by_those_of_training(tmp_path: Path) -> None:
    (file := tmp_path / "tide.csv").write_text(rows(0, 200))
    known = trained(
        series_reader.read, file, "series", window=8, horizon=2, targets=["level"], time_features=True
    )
    assert kind_of(known.content, "series") == "series" and kind_of(known.content, "") == ""
    source = series.source_of(known)
    for end in (40, 200):
        (own := tmp_path / "own.csv").write_text(rows(end - 20, end))
        part = series.window(known, source, given(own))
        assert np.array_equal(part.arrays["x"][0], known.content.arrays["x"][end - 8 : end])
    ready = finished(known, [part, part])
    assert ready.layout == "items" and ready.arrays["x"].shape[:2] == (2, 8) and not ready.arrays["y"].any()
    own.write_text(rows(0, 5))
    with pytest.raises(DataError, match="has 5 rows with a time; the model sees 8"):
        series.window(known, source, given(own))
    own.write_text("date,level\n2024-01-01,3\n")
    with pytest.raises(DataError, match="no column “load”, which the model sees; it has date, level"):
        series.window(known, source, given(own))
    file.unlink()
    with pytest.raises(DataError, match="is gone, by whose rows"):
        series.source_of(known)


def test_molecules_are_made_of_the_elements_of_training(tmp_path: Path) -> None:
    pytest.importorskip("rdkit")
    (file := tmp_path / "set.csv").write_text("smiles,active\nCCO,yes\nc1ccccc1,no\n[NH4+],yes\nCC(=O)O,no\n")
    known = trained(molecule_reader.read, file, "molecules")
    assert kind_of(known.content, "molecules") == "molecule"
    part = molecules.graphs(known, given(file))
    assert len(part.names) == 4 and part.said == ()
    for name in ("x", "edges", "nodes", "links", "_kinds"):
        assert np.array_equal(part.arrays[name], known.content.arrays[name]), name
    typed = molecules.graphs(known, Given("text", text=" CCO\n"))
    ready = finished(known, [part, typed])
    assert ready.layout == "graphs" and ready.arrays["nodes"].tolist()[-2:] == [14, 17]
    assert len(ready.arrays["label"]) == 5 == len(ready.splits["given"])
    (other := tmp_path / "other.csv").write_text("smiles\nCCBr\nCO\nhello\n")
    found = molecules.graphs(known, given(other))
    assert found.names == ("other.csv row 2",) and len(found.said) == 2
    assert "has Br, of which the model has learned nothing" in found.said[0]
    with pytest.raises(DataError, match="“hello” is no molecule"):
        molecules.graphs(known, Given("text", text="hello"))


def test_what_cannot_be_made_says_why(tmp_path: Path) -> None:
    (file := tmp_path / "tide.csv").write_text(rows(0, 60))
    known = trained(series_reader.read, file, "series").content
    assert "“Tides” came with Workbench" in alone(known, "Tides", "")
    assert "how the nodes of other graphs would be described" in alone(
        replace(known, layout="graphs"), "Rings and stars", ""
    )
    assert "is one graph" in alone(replace(known, layout="graph"), "Cora", "planetoid")
