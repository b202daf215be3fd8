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


def test_a_damaged_table_is_named(folder: Path) -> None:
    (folder / "test.csv").write_bytes(b"")
    with pytest.raises(DataError, match=r"test\.csv is empty"):
        loaded(text_classes.read, folder, COLUMNS)


def test_the_fingerprint_takes_both(folder: Path) -> None:
    assert sorted(file.name for file in text_classes.READER.files(folder, Reading())) == [
        "test.csv",
        "train.csv",
    ]
