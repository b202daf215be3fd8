import gzip
from pathlib import Path

import pytest

from tests.readings import detected
from workbench.core.errors import DataError
from workbench.engine.readers import text_pairs
from workbench.engine.readers.detect import detect, mark
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.show import items


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, count in (("train", 30), ("val", 4), ("test_2016", 5)):
        lines = [f"a dog {'runs' if i % 2 else 'sits quietly'}." for i in range(count)]
        theirs = [f"ein Hund {'rennt' if i % 2 else 'sitzt'}." for i in range(count)]
        (tmp_path / f"{name}.en").write_text("\n".join(lines) + "\n")
        (tmp_path / f"{name}.de.gz").write_bytes(gzip.compress(("\n".join(theirs) + "\n").encode()))
    (tmp_path / "README.md").write_text("about")
    return tmp_path


def test_pairs_of_files_are_found_and_split_as_they_are_called(folder: Path) -> None:
    assert detect(folder)[0] == ("pairs", "it has test_2016 in the languages de, en")
    reading = Reading({"min_count": 1})
    data = text_pairs.read(folder, reading)
    assert data.sizes == {"train": 30, "validation": 4, "test": 5} and data.schema.items == 39
    assert (reading.understood["source"], reading.understood["target"]) == ("de", "en")
    assert reading.choices["columns"] == ("de", "en")
    row = int(data.splits["train"][0])
    source, target = data.vocabularies["source"], data.vocabularies["target"]
    assert source.pieces(data.arrays["source"][row]) == ["ein", "Hund", "sitzt", "."]
    assert target.pieces(data.arrays["target"][row]) == ["<s>", "a", "dog", "sits", "quietly", "."]
    assert target.pieces(data.arrays["next"][row]) == ["a", "dog", "sits", "quietly", ".", "</s>"]
    odd = row + 1
    assert target.pieces(data.arrays["target"][odd]) == ["<s>", "a", "dog", "runs", ".", "<pad>"]
    assert data.arrays["next"][odd].tolist()[4:] == [target.special("</s>"), -100]
    assert int(data.arrays["source_length"][row]) == 4
    assert data.schema.facts["source_vocabulary"] == len(source) == 4 + 5
    first, second = items(data, "train", [0])[0]["parts"]
    assert (first["name"], first["text"]) == ("source", "ein Hund sitzt.")
    assert (second["name"], second["text"]) == ("target", "a dog sits quietly.")


def test_the_other_way_round_and_in_byte_pairs(folder: Path) -> None:
    data = text_pairs.read(
        folder, Reading({"source": "en", "target": "de", "tokens": "bpe", "vocabulary": 300})
    )
    source, target = data.vocabularies["source"], data.vocabularies["target"]
    assert source.kind == target.kind == "bpe" and len(source) <= 300
    assert source.decode(data.arrays["source"][0]).startswith("a dog")
    assert data.schema.description == "Sentences in en with their translation to de."


def test_a_missing_line_is_told_with_its_place(folder: Path) -> None:
    (folder / "val.en").write_text("a dog runs.\n" * 3)
    with pytest.raises(
        DataError, match=r"val.de.gz has 4 lines and val.en 3: from line 4 on, the lines of val.de.gz"
    ):
        text_pairs.read(folder, Reading({}))


def test_an_empty_side_leaves_out_its_pair(folder: Path) -> None:
    (folder / "val.en").write_text("a\n\nb\nc\n")
    reading = Reading({"min_count": 1})
    assert text_pairs.read(folder, reading).sizes["validation"] == 3
    assert f"Line 2 of {folder / 'val.en'} is empty; the pair is left out." in reading.problems


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "xx"}, 'names the language "xx"; .* has de, en'),
        ({"source": "de", "target": "de"}, "Source and target are both de"),
    ],
)
def test_languages_that_are_not_there(folder: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        text_pairs.read(folder, Reading(options))


def test_without_named_parts_a_share_is_held_back(tmp_path: Path) -> None:
    for language in ("en", "fr"):
        (tmp_path / f"lines.{language}").write_text("".join(f"line {i % 7}\n" for i in range(20)))
    data = text_pairs.read(tmp_path, Reading({}))
    assert data.sizes == {"train": 12, "validation": 4, "test": 4}
    (tmp_path / "lines.fr").unlink()
    with pytest.raises(DataError, match="no two files with the same name in two languages"):
        text_pairs.read(tmp_path, Reading({}))


def test_only_the_two_languages_enter_the_fingerprint(folder: Path) -> None:
    options = {"source": "de", "target": "en"}
    before = mark(folder, "pairs", options).fingerprint
    (folder / "train.fr").write_text("x\n")
    assert mark(folder, "pairs", options).fingerprint == before
    (folder / "val.en").write_text("other\n")
    assert mark(folder, "pairs", options).fingerprint != before


def test_multi30k(shared_data: Path) -> None:
    data = detected(shared_data / "multi30k", options={"source": "en", "target": "fr"})
    assert data.reader == "pairs"
    assert data.sizes == {"train": 29_000, "validation": 1_014, "test": 1_000}
