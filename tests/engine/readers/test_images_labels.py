from pathlib import Path

import pytest
import torch
from PIL import Image

from tests.readings import Read, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import images
from workbench.engine.readers.reader import Reading


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(12):
        Image.new("L", (4, 3), i * 10).save(tmp_path / f"p{i}.png")
    return tmp_path


def table(folder: Path, *rows: str, name: str = "labels.csv") -> Path:
    (folder / name).write_text("\n".join(rows) + "\n")
    return folder


def numbers(data: Read) -> list[int]:
    """Which pictures were read, in the order of the items."""
    return [int(level) // 10 for level in data.tensors["image"][:, 0, 0, 0]]


def test_a_table_names_the_class_of_each_picture(folder: Path) -> None:
    data = loaded(images.read, table(folder, "file,label", *(f"p{i}.png,{'ab'[i % 2]}" for i in range(12))))
    assert data.schema.labels == ("a", "b")
    assert data.tensors["label"].tolist() == [i % 2 for i in numbers(data)]
    assert data.problems == ()


@pytest.mark.parametrize("written", ["P{}", "./p{}.png", "sub\\..\\p{}.png", "p{}.PNG"])
def test_names_may_lack_the_suffix_or_have_folders(folder: Path, written: str) -> None:
    path = table(folder, "id,class", *(f"{written.format(i)},{i % 3}" for i in range(12)))
    if ".." in written:
        assert "label" not in loaded(images.read, path).tensors
        return
    data = loaded(images.read, path)
    assert data.tensors["label"].tolist() == [i % 3 for i in numbers(data)]


def test_a_table_without_a_header(folder: Path) -> None:
    data = loaded(images.read, table(folder, *(f"p{i}.png\t{'ab'[i % 2]}" for i in range(12)), name="l.tsv"))
    assert data.tensors["label"].tolist() == [i % 2 for i in numbers(data)]


def test_names_of_columns_may_have_blanks(folder: Path) -> None:
    rows = [f"p{i}.png,{'ab'[i % 2]}" for i in range(12)]
    data = loaded(images.read, table(folder, "image file name,class label", *rows))
    assert data.tensors["label"].tolist() == [i % 2 for i in numbers(data)]
    cells = [f"p{i}.png {('red,round', 'red', 'round')[i % 3]}" for i in range(12)]
    data = loaded(images.read, table(folder, *cells))
    assert data.schema.labels == ("red", "round")


def test_letters_of_other_encodings_stay_apart(folder: Path) -> None:
    rows = [f"p{i}.png,{('Bär', 'Bör')[i % 2]}" for i in range(12)]
    for encoding in ("cp1252", "utf-8", "utf-8-sig", "utf-16"):
        (folder / "labels.csv").write_text("\n".join(["file,label", *rows]), encoding=encoding)
        data = loaded(images.read, folder)
        assert data.schema.labels == ("Bär", "Bör")
        assert ("is read as Western European" in "".join(data.problems)) == (encoding == "cp1252")


def test_a_cell_may_hold_several_labels(folder: Path) -> None:
    cells = {0: "", 1: "red", 2: "red|round", 3: "round"}
    data = loaded(images.read, table(folder, "file,tags", *(f"p{i}.png,{cells[i % 4]}" for i in range(12))))
    assert data.schema.labels == ("red", "round")
    assert data.schema.outputs["labels"].shape == ("N", 2)
    wanted = [[float(i % 4 in (1, 2)), float(i % 4 in (2, 3))] for i in numbers(data)]
    assert torch.equal(data.tensors["labels"], torch.tensor(wanted))


def test_columns_of_yes_and_no_are_several_labels(folder: Path) -> None:
    rows = [f"p{i}.png,{i % 2},{int(i > 5)}" for i in range(12)]
    data = loaded(images.read, table(folder, "image,odd,large", *rows))
    assert data.schema.labels == ("odd", "large")
    assert data.tensors["labels"].tolist() == [[i % 2, i > 5] for i in numbers(data)]


def test_numbers_are_a_target(folder: Path) -> None:
    data = loaded(images.read, table(folder, "file,age", *(f"p{i}.png,{i + 0.5}" for i in range(12))))
    assert data.schema.outputs["target"].shape == ("N", 1)
    assert data.tensors["target"].flatten().tolist() == [i + 0.5 for i in numbers(data)]


def test_numbers_stay_classes_where_one_is_missing(folder: Path) -> None:
    rows = [f"p{i}.png,{'' if i == 4 else i % 3}" for i in range(12)]
    data = loaded(images.read, table(folder, "file,label", *rows))
    assert data.schema.labels == ("0", "1", "2") and 4 not in numbers(data)
    assert data.tensors["label"].tolist() == [i % 3 for i in numbers(data)]


def test_rows_that_differ_about_a_picture_are_told(folder: Path) -> None:
    rows = [f"p{i}.png,{'ab'[i % 2]},{i}" for i in range(12)]
    data = loaded(images.read, table(folder, "file,label,box", *rows, "p0.png,b,12", "p2.png,a,13"))
    assert sorted(numbers(data)) == list(range(1, 12))
    assert data.tensors["label"].tolist() == [i % 2 for i in numbers(data)]
    assert data.problems == (f"{folder}/p0.png has several rows in labels.csv that differ and is left out.",)
    with pytest.raises(
        DataError, match=r"one row for each file; several labels of a picture stand in one cell"
    ):
        loaded(images.read, table(folder, "file,label", *(f"p{i}.png,{x}" for i in range(12) for x in "ab")))


def test_a_column_may_name_the_split(folder: Path) -> None:
    rows = [f"p{i}.png,{'ab'[i % 2]},{'train' if i < 6 else 'val' if i < 9 else 'test'}" for i in range(12)]
    data = loaded(images.read, table(folder, "file,label,split", *rows))
    assert data.sizes == {"train": 6, "validation": 3, "test": 3}
    assert set(numbers(data)[:6]) == set(range(6)) and set(numbers(data)[9:]) == {9, 10, 11}


def test_a_split_that_leaves_one_open_is_told(folder: Path) -> None:
    rows = [f"p{i}.png,{'ab'[i % 2]},{'train' if i < 6 else 'eval'}" for i in range(12)]
    assert loaded(images.read, table(folder, "file,kind,split", *rows)).sizes["validation"] == 6
    for cell, message in (("", "is empty in 1 row"), ("somewhere", "says “somewhere”")):
        path = table(folder, "file,kind,split", *rows[:-1], f"p11.png,b,{cell}")
        with pytest.raises(DataError, match=f"“split” of labels.csv .* {message}"):
            loaded(images.read, path)
        assert loaded(images.read, path, {"split": "random"}).schema.labels == ("a", "b")


def test_the_column_can_be_chosen(folder: Path) -> None:
    rows = [f"p{i}.png,{'ab'[i % 2]},{'xyz'[i % 3]}" for i in range(12)]
    path = table(folder, "file,label,other", *rows)
    reading = Reading({"target": ["other"]})
    assert images.read(path, reading).schema.labels == ("x", "y", "z")
    assert reading.choices["columns"] == ("label", "other")
    assert reading.understood["labels"] == "labels.csv"
    with pytest.raises(DataError, match='no column "none"; it has label, other'):
        loaded(images.read, path, {"target": "none"})


def test_rows_and_pictures_without_each_other_are_named(folder: Path) -> None:
    rows = [f"p{i}.png,{'ab'[i % 2]}" for i in range(10)]
    data = loaded(images.read, table(folder, "file,label", *rows, "none.png,a", "p10.png,", "p11.png"))
    assert len(data.tensors["image"]) == 10
    path = folder / "labels.csv"
    assert data.problems == (
        f"Row 12 of {path} names no picture that is there (none.png) and is left out.",
        f"Row 14 of {path} is too short and is left out.",
        f"{folder / 'p11.png'} has no row in labels.csv and is left out.",
        f"{folder / 'p10.png'} has no label in labels.csv and is left out.",
    )


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    """Pictures of the same names in two folders, lighter in the second one."""
    for place, folder in enumerate(("left", "right")):
        (tmp_path / folder).mkdir()
        for i in range(6):
            Image.new("L", (4, 3), (6 * place + i) * 10).save(tmp_path / folder / f"p{i}.png")
    return tmp_path


def test_pictures_of_the_same_name_are_told_apart_by_their_folders(twins: Path) -> None:
    rows = [f"{side}/p{i}.png,{'ab'[i % 2]}{side}" for side in ("left", "right") for i in range(6)]
    data = loaded(images.read, table(twins, "file,label", *rows), {"kind": "labels"})
    assert data.schema.labels == ("aleft", "aright", "bleft", "bright") and data.problems == ()
    assert data.tensors["label"].tolist() == [i % 2 * 2 + i // 6 for i in numbers(data)]


def test_a_name_that_several_pictures_have_is_named_and_left_out(twins: Path) -> None:
    Image.new("L", (4, 3), 250).save(twins / "p9.png")
    rows = [f"{side}/p{i}.png,{'ab'[i % 2]}" for side in ("left", "right") for i in range(1, 6)]
    path = table(twins, "file,label", "p0.png,a", "p9.png,b", *rows)
    data = loaded(images.read, path, {"kind": "labels"})
    assert sorted(numbers(data)) == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 25]
    assert "may mean left/p0.png or right/p0.png (p0.png: name the folder too)" in data.problems[0]
    table(twins, "file,label", *(f"p{i}.png,{i % 2}" for i in range(6)))
    with pytest.raises(DataError, match=r"has no column that names pictures .* may mean left/p0"):
        images.read(twins, Reading({"labels": "labels.csv"}))


def test_a_table_in_a_folder_means_the_pictures_beside_it(twins: Path) -> None:
    (twins / "left" / "p0.png").rename(twins / "p0.png")
    rows = [f"p{i}.png,{'ab'[i % 2]}" for i in range(6)]
    path = table(twins, "file,label", *rows, name="right/labels.csv")
    data = loaded(images.read, path, {"kind": "labels"})
    assert sorted(numbers(data)) == [6, 7, 8, 9, 10, 11]


def test_a_table_of_something_else_is_no_table_of_labels(folder: Path) -> None:
    table(folder, "a,b", *(f"{i},{i}" for i in range(12)), name="other.csv")
    assert list(loaded(images.read, folder).tensors) == ["image"]
    with pytest.raises(DataError, match=r"has no column that names pictures"):
        loaded(images.read, folder, {"labels": "other.csv"})
    with pytest.raises(DataError, match=r'There is no file "none\.csv"'):
        loaded(images.read, folder, {"labels": "none.csv"})
    with pytest.raises(DataError, match="no table in which most of its pictures are named"):
        loaded(images.read, folder, {"kind": "labels"})


def test_one_class_in_the_table_is_refused(folder: Path) -> None:
    table(folder, "file,label", *(f"p{i}.png,a" for i in range(12)))
    with pytest.raises(DataError, match='The column "label" says "a" of all pictures'):
        loaded(images.read, folder)
