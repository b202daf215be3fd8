"""Texts with classes in two tables, one to train and one to test."""

from pathlib import Path

import pytest

from tests.engine.readers import published_texts
from tests.readings import loaded
from workbench.core.errors import DataError
from workbench.engine.readers import text_classes
from workbench.engine.readers.reader import Reading

COLUMNS = {"text": "column2, column3", "label": "column1", "tokens": "words"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    published_texts.ag_news(tmp_path)
    return tmp_path


def test_the_files_say_which_texts_test(folder: Path) -> None:
    found = loaded(text_classes.read, folder, COLUMNS)
    assert found.sizes == {"train": 52, "validation": 8, "test": 20}
    assert found.tensors["label"][-20:].tolist() == [number % 4 for number in range(20)]


def test_several_columns_make_one_text(folder: Path) -> None:
    reading = Reading(COLUMNS)
    content = text_classes.read(folder, reading)
    entries = content.vocabularies["tokens"].entries
    words = [entries[token] for token in content.arrays["tokens"][0] if entries[token].isalnum()]
    assert words[:6] == ["Title", "0", "the", "while", "won", "chips"]
    assert reading.understood["text"] == "column2, column3"


def test_without_a_choice_the_longest_column_is_the_text(folder: Path) -> None:
    reading = Reading()
    text_classes.read(folder, reading)
    assert (reading.understood["text"], reading.understood["label"]) == ("column3", "column1")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"text": "column2, title"},
            r"names the column \"title\"; .*train\.csv has column1, column2, column3",
        ),
        ({"text": "column2,column1", "label": "column1"}, r"both the column “column1”: choose two"),
    ],
)
def test_columns_that_cannot_be_are_told(folder: Path, options: dict[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        loaded(text_classes.read, folder, options)


@pytest.mark.parametrize("name", ["label", "kind"])
def test_a_column_may_name_the_split(tmp_path: Path, name: str) -> None:
    file = tmp_path / "texts.csv"
    rows = [f"word{i} is here again,{'abc'[i % 3]},{'train' if i < 20 else 'test'}" for i in range(30)]
    file.write_text("\n".join([f"text,{name},split", *rows]))
    data = loaded(text_classes.read, file)
    assert data.schema.labels == ("a", "b", "c")
    assert data.splits["test"].tolist() == list(range(20, 30)) and data.rows[20:].tolist() == list(
        range(20, 30)
    )
    assert loaded(text_classes.read, file, {"label": "split"}).schema.labels == ("test", "train")
    file.write_text(file.read_text().replace("again,b,test", "again,b,"))
    with pytest.raises(DataError, match=r"“split” of .* but is empty in 3 rows"):
        loaded(text_classes.read, file)
    assert loaded(text_classes.read, file, {"split": "random"}).schema.labels == ("a", "b", "c")


def test_a_class_that_counts_as_missing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "stances.csv"
    rows = [f"word{i} is here again,{('FAVOR', 'AGAINST', 'NONE')[i % 3]}" for i in range(30)]
    file.write_text("\n".join(["text,label", *rows]))
    data = loaded(text_classes.read, file)
    assert data.schema.labels == ("AGAINST", "FAVOR")
    assert "without a label. Also “NONE” counts as no value: write another word" in data.problems[0]


def test_a_damaged_table_is_named(folder: Path) -> None:
    (folder / "test.csv").write_bytes(b"")
    with pytest.raises(DataError, match=r"test\.csv is empty"):
        loaded(text_classes.read, folder, COLUMNS)


def test_the_fingerprint_takes_both(folder: Path) -> None:
    assert sorted(file.name for file in text_classes.READER.files(folder, Reading())) == [
        "test.csv",
        "train.csv",
    ]
