"""Volumes, series and molecules of one's own are made the same numbers as those of training, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from workbench.core.errors import DataError
from workbench.engine.readers import images as image_reader
from workbench.engine.readers import molecules as molecule_reader
from workbench.engine.readers import series as series_reader
from workbench.engine.readers import tables as table_reader
from workbench.engine.readers import text_classes as text_reader
from workbench.engine.readers import volumes as volume_reader
from workbench.engine.readers.content import Content
from workbench.engine.readers.reader import Reading
from workbench.engine.service.preparing import molecules, pictures, series, texts, volumes
from workbench.engine.service.preparing import rows as table_rows
from workbench.engine.service.preparing.given import Given, Prepared, Trained, alone, finished, kind_of

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


def predicted(folder: Path, training: list[str], new: str, **options: object) -> Prepared:
    """What becomes of a table for a model that was trained on another one, as it stands."""
    (file := folder / "training.csv").write_text("\n".join(training) + "\n")
    (other := folder / "new.csv").write_text(new)
    known = trained(table_reader.read, file, "table", **{"standardise": False, "target": "y", **options})
    return table_rows.rows(known, table_rows.source_of(known), given(other))


@pytest.mark.parametrize(
    ("cells", "wish", "numbers", "lost"),
    [
        (("1500", "999"), ("1,234", "1_000", "12"), (1249.5, 1249.5, 12), "“1,234”, “1_000”"),
        (("1,5", "0,5"), ("1,234", "2,25", "12"), (1.234, 2.25, 12), ""),
        (("1,500", "999"), ("1,234", "2,25", "12"), (1234, 1249.5, 12), "“2,25”"),
        (("1,500", "2,500"), ("1,234", "999"), (1.234, 999), ""),
    ],
)
def test_commas_mean_what_they_mean_in_training(
    tmp_path: Path, cells: tuple[str, ...], wish: tuple[str, ...], numbers: tuple[float, ...], lost: str
) -> None:
    training = ["x;y", *(f"{cells[i % 2]};{i}" for i in range(40))]
    found = predicted(tmp_path, training, "\n".join(["x;z", *(f"{cell};1" for cell in wish)]), split="time")
    assert np.allclose(found.arrays["features"][:, 0], numbers)
    assert (lost in found.said[0]) if lost else not found.said


def test_rows_are_named_by_their_number_in_the_file_and_those_left_out_are_told(tmp_path: Path) -> None:
    training = ["x,kind,y", *(f"{i},{'ab'[i % 2]},{i * 3}" for i in range(40))]
    found = predicted(tmp_path, training, "x,kind\n1,a\n\n2,b,oops\n3,b\n4,a\n")
    assert found.names == ("new.csv row 2", "new.csv row 5", "new.csv row 6")
    assert found.arrays["features"][:, 0].tolist() == [1, 3, 4]
    assert found.said == ("Row 4 is left out: it has 3 columns, the first row has 2.",)


def test_texts_of_a_table_are_named_by_their_number_in_the_file(tmp_path: Path) -> None:
    (file := tmp_path / "training.csv").write_text(
        "said,kind\n" + "".join(f"good soup {i % 3},{'ab'[i % 2]}\n" for i in range(20))
    )
    (other := tmp_path / "new.csv").write_text("said,kind\ngood soup,a\nbad soup,a,oops\n,b\nsoup,b\n")
    known = trained(text_reader.read, file, "texts", text=["said"], label="kind")
    found = texts.sentences(known, given(other))
    assert found.names == ("new.csv row 2", "new.csv row 5")
    assert found.said[0].startswith("Row 3 is left out") and "1 row without text" in found.said[1]


def test_what_only_a_programming_language_takes_for_a_number_is_told(tmp_path: Path) -> None:
    training = ["x,kind,y", *(f"{i},{'ab'[i % 2]},{i * 3}" for i in range(40))]
    for cell in ("1_000", "2__0"):
        found = predicted(tmp_path, training, f"x,kind\n{cell},a\n20,b\n")
        assert f"“{cell}” in the column “x” is no number" in found.said[0]
        assert found.names == ("new.csv row 2", "new.csv row 3") and found.arrays["features"][1, 0] == 20


@pytest.mark.parametrize("more", ["", "03/25/2020\n"])
def test_dates_to_predict_have_the_order_of_day_and_month_of_training(tmp_path: Path, more: str) -> None:
    training = ["when,y", *(f"{i % 12 + 1:02}/{i % 9 + 1:02}/{2019 + i % 2},{i * 3}" for i in range(40))]
    found = predicted(tmp_path, training, f"when\n03/04/2020\n{more}")
    april = np.sin(2 * np.pi * 3 / 12), np.cos(2 * np.pi * 3 / 12)
    assert np.allclose(found.arrays["features"][0, 1:3], april, atol=1e-6)
    assert bool(found.said) == bool(more) and (not more or "“03/25/2020”" in found.said[0])


def test_moments_to_predict_are_those_of_a_file_with_types(tmp_path: Path) -> None:
    days = np.datetime64("2020-01-01") + np.arange(40) * 11
    table = pa.table({"when": pa.array(days.astype("datetime64[us]")), "y": pa.array(np.arange(40) * 3.5)})
    pq.write_table(table, file := tmp_path / "training.parquet")
    (other := tmp_path / "new.csv").write_text(f"when\n{days[7]}\n\nsoon\n{days[9]}\n")
    known = trained(table_reader.read, file, "table", target="y", standardise=False)
    found = table_rows.rows(known, table_rows.source_of(known), given(other))
    kept = known.content.arrays["features"]
    assert np.array_equal(found.arrays["features"][[0, 2]], kept[[7, 9]])
    assert "“soon” in the column “when” is no date" in found.said[0] and len(found.said) == 1


@pytest.mark.parametrize(
    ("values", "new"),
    [
        (("True", "False"), ("true", "FALSE")),
        (("true", "false"), ("True", "False")),
        (("1.0", "2.0"), ("1", "2")),
        (("1", "2"), ("1.0", "2.00")),
        (("007", "7"), ("007", "7.0")),
    ],
)
def test_values_are_the_same_however_a_format_writes_them(
    tmp_path: Path, values: tuple[str, str], new: tuple[str, str]
) -> None:
    training = ["flag,y", *(f"{values[i % 2]},{i * 3}" for i in range(40))]
    found = predicted(tmp_path, training, f"flag\n{new[0]}\n{new[1]}\nother\n", categorical=["flag"])
    order = np.eye(2)[[sorted(values).index(value) for value in values]]
    assert np.array_equal(found.arrays["features"][:2], order) and not found.arrays["features"][2].any()
    assert found.said == ("“other” in the column “flag” did not occur in training and counts as missing.",)


def test_a_category_stays_one_below_cells_that_are_all_numbers(tmp_path: Path) -> None:
    training = ["code,y", *(f"{'x' if i % 10 == 0 else i % 3},{i * 3}" for i in range(40))]
    found = predicted(tmp_path, training, "code\n" + "1\n" * 90)
    assert found.arrays["features"].shape == (90, 4) and (found.arrays["features"].argmax(1) == 1).all()
