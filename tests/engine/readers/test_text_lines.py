from pathlib import Path

import numpy as np
import pytest

from tests.readings import detected
from workbench.core.errors import DataError
from workbench.engine.data import assembled
from workbench.engine.readers import text_lines
from workbench.engine.readers.content import Content
from workbench.engine.readers.detect import detect
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.show import items

NAMES = ["emma", "olivia", "ava", "jo", "isabella"] * 10


def content(tmp_path: Path, lines: list[str], reading: Reading | None = None) -> Content:
    file = tmp_path / "names.txt"
    file.write_text("\n".join(lines) + "\n")
    return text_lines.read(file, reading or Reading({}))


def test_each_line_is_an_item_from_its_start_to_its_end(tmp_path: Path) -> None:
    data = content(tmp_path, NAMES)
    known = data.vocabularies["tokens"]
    assert known.entries[:4] == ("<pad>", "<unk>", "<s>", "</s>") and known.entries[4:] == tuple("abeijlmosv")
    place = NAMES.index("ava")
    tokens, after = data.arrays["tokens"][place], data.arrays["next"][place]
    assert known.pieces(tokens) == ["<s>", "a", "v", "a", *["<pad>"] * 5]
    assert known.pieces(after[:4]) == ["a", "v", "a", "</s>"] and set(after[4:].tolist()) == {-100}
    assert int(data.arrays["length"][place]) == 4
    assert data.schema.outputs["tokens"].shape == ("N", 9) and data.schema.facts["vocabulary"] == len(known)
    assert data.schema.items == 50 and data.sizes == {"train": 30, "validation": 10, "test": 10}
    (part,) = items(data, "train", [0])[0]["parts"]
    assert part["kind"] == "text" and part["text"] in NAMES and part["tokens"][0] == "<s>"
    batch = next(assembled(data).batches("validation", 5))
    assert str(batch["tokens"].dtype) == str(batch["next"].dtype) == "torch.int64"
    assert (batch["tokens"] >= 0).all()


def test_long_lines_are_cut_and_counted(tmp_path: Path) -> None:
    reading = Reading({"length": 3})
    data = content(tmp_path, NAMES, reading)
    place = NAMES.index("emma")
    known = data.vocabularies["tokens"]
    assert known.pieces(data.arrays["tokens"][place]) == ["<s>", "e", "m", "m"]
    assert reading.problems == [
        "30 of 50 lines are longer than 3 tokens and are cut there; the option “length” keeps more."
    ]
    histogram = next(figure for figure in reading.figures if figure.kind == "histogram")
    assert sum(map(float, histogram.values)) == 50 and histogram.edges[-1] == 9  # one more than the longest


def test_empty_lines_and_unseen_characters(tmp_path: Path) -> None:
    reading = Reading({"validation": 0.1, "test": 0.1, "split": "time"})
    data = content(tmp_path, [*["ab"] * 8, "", "ab", "zz", "  "], reading)
    assert data.schema.items == 10
    assert reading.problems == [
        "2 empty lines are left out.",
        "2 of 20 characters (10.0%) are not in the vocabulary of 6 and become <unk>.",
    ]
    assert data.arrays["tokens"][9].tolist() == [2, 1, 1]


def test_words_of_lines(tmp_path: Path) -> None:
    data = content(tmp_path, ["a cat", "a dog", "a cat"] * 20, Reading({"tokens": "words"}))
    assert set(data.vocabularies["tokens"].entries[4:]) == {"a", "cat", "dog"}
    assert data.arrays["length"].max() == 3


def test_too_few_lines(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has 2 lines with text, too few"):
        content(tmp_path, ["a", "b"])


def test_short_lines_are_told_from_running_text(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("\n".join(NAMES))
    assert detect(file)[0] == ("lines", "its lines are short, such as “emma”")
    file.write_text("It was a bright cold day in April, and the clocks were striking.\n\n" * 30)
    assert [name for name, _ in detect(file)] == ["text"]


def test_names(shared_data: Path) -> None:
    data = detected(shared_data / "names")
    assert data.reader == "lines" and data.schema.items == sum(data.sizes.values()) == 32_033
    assert data.schema.facts["vocabulary"] == 30
    assert np.isclose(data.sizes["test"] / 32_033, 0.1, atol=0.01)
