import zipfile
from pathlib import Path

import pytest

from tests.readings import detected
from workbench.core.errors import DataError
from workbench.engine.readers import text_classes
from workbench.engine.readers.detect import detect
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.show import items

LINES = [("ham", 'see you at "six" o\'clock'), ("spam", "win a prize now"), ("ham", "how are you")] * 10


def file_of_lines(tmp_path: Path, text: str | None = None) -> Path:
    file = tmp_path / "messages"
    file.write_text(text if text is not None else "".join(f"{label}\t{text}\n" for label, text in LINES))
    return file


def folder_of_texts(tmp_path: Path) -> Path:
    root = tmp_path / "reviews"
    for part, count in (("train", 6), ("test", 2)):
        for label in ("neg", "pos"):
            (root / part / label).mkdir(parents=True)
            for i in range(count):
                (root / part / label / f"{i}.txt").write_text(f"a {label} film")
    return root


def test_labelled_lines(tmp_path: Path) -> None:
    file = file_of_lines(tmp_path)
    assert detect(file)[0] == ("texts", "its lines are a class, a tab and a text")
    reading = Reading({"min_count": 1})
    data = text_classes.read(file, reading)
    assert data.schema.labels == ("ham", "spam") and data.schema.items == 30
    assert (
        data.sizes == {"train": 18, "validation": 6, "test": 6}
        and reading.understood["split"] == "stratified"
    )
    known = data.vocabularies["tokens"]
    pieces = known.pieces(data.arrays["tokens"][0])
    assert pieces == ["see", "you", "at", '"', "six", '"', "o'clock"]
    assert known.pieces(data.arrays["tokens"][2])[3:] == ["<pad>"] * 4
    assert data.arrays["length"].tolist()[:3] == [7, 4, 3] and data.arrays["label"].tolist()[:3] == [0, 1, 0]
    shown = items(data, "train", [0])[0]
    assert shown["label"] == "ham" and shown["parts"][0]["text"] == 'see you at " six " o\'clock'


def test_bad_lines_are_named_and_left_out(tmp_path: Path) -> None:
    good = "".join(f"{label}\t{text}\n" for label, text in LINES)
    file = file_of_lines(
        tmp_path, "label\ttext\n" + good + "no tab here\n\n\tno class\nham\t\n" + "ham\t" + "x" * 10**6
    )
    reading = Reading({})
    data = text_classes.read(file, reading)
    assert data.schema.items == 31 and data.schema.labels == ("ham", "spam")
    assert reading.problems[:3] == [
        f"Line 32 of {file} has no tab and is left out.",
        f"Line 34 of {file} has no class and is left out.",
        f"Line 35 of {file} has no text and is left out.",
    ]


def test_one_class_or_as_many_as_texts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"The 4 texts of .* are all of the class “a”"):
        text_classes.read(file_of_lines(tmp_path, "a\tx y\n" * 4), Reading({}))
    many = "".join(f"class {i}\tsome text\n" for i in range(30))
    with pytest.raises(DataError, match="has 30 classes for 30 texts"):
        text_classes.read(file_of_lines(tmp_path, many), Reading({}))
    with pytest.raises(DataError, match="no line with a class, a tab and a text"):
        text_classes.read(file_of_lines(tmp_path, "just text\n" * 9), Reading({}))


def test_a_folder_for_each_class_below_train_and_test(tmp_path: Path) -> None:
    root = folder_of_texts(tmp_path)
    (root / "train" / "neg" / "empty.txt").write_text("")
    (root / "train" / "neg" / "binary.txt").write_bytes(b"a\0b")
    (root / "train" / "neg" / "latin.txt").write_bytes(b"caf\xe9")
    assert detect(root)[0] == ("texts", "it has texts in folders, such as test/neg/0.txt")
    reading = Reading({"validation": None})
    data = text_classes.read(root, reading)
    assert data.schema.labels == ("neg", "pos") and data.sizes["test"] == 4
    assert data.sizes["train"] + data.sizes["validation"] == 12
    told = " ".join(reading.problems)
    assert "empty.txt has no text and is left out" in told and "binary.txt is no text" in told
    assert "latin.txt is no UTF-8 text" in told and len(reading.problems) == 3


def test_folders_of_texts_in_an_archive(tmp_path: Path) -> None:
    root = folder_of_texts(tmp_path)
    packed = tmp_path / "reviews.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(root.rglob("*.txt")):
            archive.write(file, file.relative_to(root).as_posix())
    found = detect(packed)
    assert "texts" in [name for name, _ in found]
    assert detected(packed, reader="texts").schema.items == 16


def test_columns_of_a_table(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    rows = "".join(f'{i},"good, really ""good"" film {i}",{"pos" if i % 2 else "neg"}\n' for i in range(20))
    file.write_text("id,review,sentiment\n" + rows + "21,,pos\n")
    reading = Reading({})
    data = detected(file, reader="texts")
    assert data.schema.labels == ("neg", "pos") and data.schema.items == 20
    content = text_classes.read(file, reading)
    assert (reading.understood["text"], reading.understood["label"]) == ("review", "sentiment")
    assert reading.choices["columns"] == ("id", "review", "sentiment")
    assert "1 row is left out, without a review or without a sentiment." in reading.problems
    assert (
        content.vocabularies["tokens"]
        .decode(content.arrays["tokens"][0])
        .startswith('good, really " good " film')
    )
    with pytest.raises(DataError, match='names the column "stars"'):
        text_classes.read(file, Reading({"label": "stars"}))
    with pytest.raises(DataError, match="both the column “review”"):
        text_classes.read(file, Reading({"label": "review"}))


def test_sms_spam(shared_data: Path) -> None:
    data = detected(shared_data / "sms_spam")
    assert data.reader == "texts" and data.schema.items == sum(data.sizes.values()) == 5_574
    assert data.schema.labels == ("ham", "spam")
    assert data.tensors["label"].bincount().tolist() == [4_827, 747]
