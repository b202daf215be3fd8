import gzip
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.readings import detected
from workbench.core.errors import DataError
from workbench.engine.readers.detect import READERS, detect, read
from workbench.engine.readers.files import fingerprint, read_text, slug, title
from workbench.engine.readers.reader import Reading

IDX_HEAD = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (10, 2, 2))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "My Flowers.csv"
    file.write_text("x,label\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(20)))
    return file


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for i in range(5):
            Image.new("L", (3, 3), i).save(tmp_path / "pets" / label / f"{i}.png")
    return tmp_path / "pets"


@pytest.mark.parametrize(
    ("name", "content", "reader"),
    [
        ("a.csv", b"x,y\n1,2\n", "table"),
        ("a.TSV", b"x\ty\n1\t2\n", "table"),
        ("a.csv.gz", gzip.compress(b"x,y\n1,2\n", mtime=0), "table"),
        ("a.txt", b"once upon a time", "text"),
        ("story", b"once upon a time", "text"),
        ("story", "no\u00ebl ".encode() * 20_000, "text"),
        ("train-images-idx3-ubyte", IDX_HEAD + bytes(40), "idx"),
        ("digits.bin", gzip.compress(IDX_HEAD + bytes(40), mtime=0), "idx"),
    ],
)
def test_a_file_is_recognised(tmp_path: Path, name: str, content: bytes, reader: str) -> None:
    (tmp_path / name).write_bytes(content)
    found = detect(tmp_path / name)
    assert found[0][0] == reader
    assert found[0][1]


def test_a_text_with_the_name_of_a_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("once upon a time")
    reading = Reading()
    assert read(tmp_path / "notes.png", "", reading).reader == "text"
    assert f"{tmp_path / 'notes.png'} holds plain text, whatever its name says." in reading.problems


def test_a_source_that_is_written_to_while_it_is_read_is_named(tmp_path: Path, pictures: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text("once upon a time")

    def longer(*_: object) -> None:
        file.write_text("once upon another time")

    with pytest.raises(DataError, match=r"story\.txt changed while the data was read\. Wait until"):
        read(file, "text", Reading(on_progress=longer))

    def one_more(*_: object) -> None:
        Image.new("L", (3, 3)).save(pictures / "cat" / "new.png")
        Image.new("L", (3, 3)).save(pictures / "dog" / "0.png")

    with pytest.raises(DataError, match=r"new\.png and 1 more files changed while"):
        read(pictures, "images", Reading(on_progress=one_more))


def test_a_folder_is_recognised(tmp_path: Path, pictures: Path, table: Path) -> None:
    ((reader, reason),) = detect(pictures)
    assert reader == "images"
    assert reason.startswith("it has pictures such as ")
    (tmp_path / "README.txt").write_text("about")
    (tmp_path / "pets").rename(tmp_path / ".hidden")
    assert detect(tmp_path) == [("table", "My Flowers.csv is its only table")]
    graph = tmp_path / "graph"
    graph.mkdir()
    (graph / "ind.toy.graph").write_bytes(pickle.dumps({}))
    assert detect(graph) == [("planetoid", "it has the files ind.toy.*")]


def refused(path: Path, reader: str = "", options: dict[str, object] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        detected(path, reader=reader, options=options)
    return str(caught.value)


def test_datasets_inside_a_folder_are_named(tmp_path: Path, table: Path) -> None:
    for name in ("first", "second", "empty"):
        (tmp_path / "archive" / name).mkdir(parents=True)
    for name in ("first", "second"):
        (tmp_path / "archive" / name / f"{name}_TRAIN.ts").write_text(
            "@problemName a\n@classLabel true a\n@data\n1,2:a\n"
        )
    reading = Reading()
    with pytest.raises(DataError, match="several folders that are datasets of their own: first, second"):
        read(tmp_path / "archive", "", reading)
    assert reading.choices["inside"] == tuple(
        str(tmp_path / "archive" / name) for name in ("first", "second")
    )


def test_what_cannot_be_data_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.csv") == f"There is no file {tmp_path / 'none.csv'}."
    assert refused(tmp_path / "none") == f"There is no file or folder {tmp_path / 'none'}."
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == f"The folder {tmp_path / 'empty'} is empty."
    (tmp_path / "empty.csv").touch()
    (tmp_path / "nothing" / "cat").mkdir(parents=True)
    assert refused(tmp_path / "nothing").endswith("nothing holds no files, only empty folders.")
    assert refused(tmp_path / "empty.csv") == f"{tmp_path / 'empty.csv'} is empty."
    with zipfile.ZipFile(tmp_path / "tables.zip", "w") as archive:
        archive.writestr("a.csv", "x,label\n1,a\n")
    assert refused(tmp_path / "tables.zip").endswith("Unpack it, and choose what came out.")
    (tmp_path / "program").write_bytes(bytes(range(256)))
    assert refused(tmp_path / "program").startswith(
        f"No reader suits {tmp_path / 'program'}; known are Planetoid"
    )
    assert 'no reader "guess"; there are planetoid,' in refused(tmp_path / "program", reader="guess")


def test_several_candidates_in_a_folder_are_listed(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n")
    assert "could be meant: a.csv, b.csv. Name one of them" in refused(tmp_path)
    assert "several files: a.csv, b.csv" in refused(tmp_path, reader="table")
    assert "no file that ends in .txt" in refused(tmp_path, reader="text")


def test_unknown_options_are_refused(table: Path) -> None:
    assert 'The reader "table" has no option "colour"; it has target, task' in refused(
        table, options={"colour": "red"}
    )


def test_classes_of_one_example_are_named(tmp_path: Path) -> None:
    rows = [f"{n},{'praise' if n % 2 else 'complaint'}\n" for n in range(20)]
    (tmp_path / "reviews.csv").write_text("".join(["score,label\n", *rows, "7,Praise\n"]))
    reading = Reading({"target": "label"})
    read(tmp_path / "reviews.csv", "", reading)
    (said,) = (problem for problem in reading.problems if "single example" in problem)
    assert said == "The class “Praise” has a single example, which cannot be trained on and tested as well."


def test_another_reader_can_be_demanded(table: Path) -> None:
    assert detected(table, reader="text").schema.kind == "text"


def test_a_copy_has_the_same_fingerprint_and_another_name_has_not(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        name = "x" if folder != "c" else "y"
        (tmp_path / folder / name).write_bytes(b"content")
        os.utime(tmp_path / folder / name, (1, ord(folder)))
    marks = [fingerprint(tmp_path / f, list((tmp_path / f).iterdir())) for f in ("a", "b", "c")]
    assert marks[0] == marks[1] != marks[2]


def test_the_ends_of_huge_files_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.engine.readers.files._HASHED", 10_000)
    file = tmp_path / "huge"
    marks = set()
    for change in (None, 0, 49_999):
        content = bytearray(50_000)
        if change is not None:
            content[change] = 1
        file.write_bytes(content)
        marks.add(fingerprint(tmp_path, [file]))
    assert len(marks) == 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Fashion_MNIST", ("fashion-mnist", "Fashion_MNIST")),
        ("Ärzte & Café", ("arzte-cafe", "Ärzte & Café")),
        ("東京", ("dataset", "東京")),
        ("v1.5 data", ("v1-5-data", "v1.5 data")),
    ],
)
def test_ids_and_titles_come_from_the_name(tmp_path: Path, name: str, expected: tuple[str, str]) -> None:
    assert (slug(tmp_path / name), title(tmp_path / name)) == expected


def test_every_reader_refuses_another_kind_of_file_with_its_name(table: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.bin"
    junk.write_bytes(np.random.default_rng(0).bytes(5_000))
    for reader in READERS:
        assert str(tmp_path) in refused(junk, reader=reader)


@pytest.mark.parametrize(
    ("name", "reader", "items"),
    [("fashion_mnist", "idx", 70_000), ("cora", "planetoid", 2_708), ("tinyshakespeare", "text", 1_115_394)],
)
def test_public_folders(shared_data: Path, name: str, reader: str, items: int) -> None:
    found = detected(shared_data / name)
    assert (found.reader, found.schema.items, found.problems) == (reader, items, ())


def test_signs_of_windows_that_were_taken_for_latin_1_are_read_as_meant(tmp_path: Path) -> None:
    file = tmp_path / "sms.txt"
    file.write_text("that\x92s \x93fine\x94 \x96 \x80 5\x81, naïve", encoding="utf-8")
    assert read_text(file, 1_000) == "that's “fine” – € 5\x81, naïve"
    file.write_bytes("that\x92s".encode("latin-1"))
    assert read_text(file, 1_000, "latin-1") == "that's"
