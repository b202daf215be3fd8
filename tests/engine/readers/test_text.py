import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.readings import Read, loaded
from workbench.core.errors import DataError
from workbench.engine.data import assembled
from workbench.engine.readers import text, text_items
from workbench.engine.readers.content import opened, write
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.show import items


def written(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "story.txt"
    file.write_bytes(content)
    return file


def decoded(data: Read) -> str:
    return "".join(data.schema.labels[token] for token in data.tensors["tokens"].tolist())


def test_the_tokens_spell_the_text(tmp_path: Path) -> None:
    story = "Naïve café – 東京 😀\n" * 50
    data = loaded(text.read, written(tmp_path, story.encode()), {})
    assert decoded(data) == story
    assert list(data.schema.labels) == sorted(set(story))
    assert data.schema.facts["vocabulary"] == len(set(story))
    assert data.sizes == {"train": 810, "validation": 45, "test": 45}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfabc\ndef\n",
        b"abc\r\ndef\r\n",
        "abc\ndef\n".encode("utf-16"),
        gzip.compress(b"abc\ndef\n", mtime=0),
    ],
    ids=["byte-order mark", "carriage returns", "utf-16", "gzip"],
)
def test_habits_of_other_programs(tmp_path: Path, content: bytes) -> None:
    assert decoded(loaded(text.read, written(tmp_path, content), {})) == "abc\ndef\n"


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        loaded(text.read, path, {})
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"a", "too few to learn from"),
        (b"abc\xff" + b"d" * 9, "no UTF-8 text: the byte 0xff at position 3 is wrong"),
        (b"%PDF-1.4 \xe2\xe3", "is a PDF document, whatever its name says"),
        (b"abc\0def", "a zero byte at position 3"),
        (gzip.compress(b"abc" * 100, mtime=0)[:-9], "damaged gzip"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in refused(written(tmp_path, content))


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_TEXT", 2**20)
    assert "more than 1 MB of content" in refused(written(tmp_path, gzip.compress(b"\0" * 2**26, mtime=0)))


def test_words_and_byte_pairs_of_a_text(tmp_path: Path) -> None:
    story = "The naïve cat sat, the dog sat. " * 40
    words = Reading({"tokens": "words"})
    content = text.read(written(tmp_path, story.encode()), words)
    known = content.vocabularies["tokens"]
    assert content.schema.labels == () and content.schema.facts["vocabulary"] == len(known) == 9
    assert content.schema.outputs["tokens"].bound == 9 and content.arrays["tokens"].dtype == np.uint8
    assert known.decode(content.arrays["tokens"]) == story.strip()
    pairs = Reading({"tokens": "bpe", "vocabulary": 270})
    content = text.read(tmp_path / "story.txt", pairs)
    assert content.vocabularies["tokens"].decode(content.arrays["tokens"]) == story
    assert content.arrays["tokens"].dtype == np.int16 and pairs.understood["vocabulary"] == 270
    bars = next(figure for figure in pairs.figures if figure.kind == "bars")
    most = int(np.bincount(content.arrays["tokens"]).argmax())
    assert bars.names[0] == content.vocabularies["tokens"].pieces([most])[0]
    assert list(bars.values) == sorted(bars.values, key=float, reverse=True)


def test_rare_characters_and_words_are_counted(tmp_path: Path) -> None:
    reading = Reading({"min_count": 2})
    content = text.read(written(tmp_path, b"abcabcabcz"), reading)
    assert content.schema.labels == ("<unk>", "a", "b", "c")
    assert reading.problems == [
        "1 of 10 characters (10.0%) are not in the vocabulary of 4, which the part to train on gives, and become <unk>."
    ]
    with pytest.raises(DataError, match="No token occurs 50 times"):
        text.read(tmp_path / "story.txt", Reading({"min_count": 50}))


def test_a_character_that_only_held_back_parts_have_is_not_known(tmp_path: Path) -> None:
    reading = Reading({"validation": 0.2, "test": 0.2})
    content = text.read(written(tmp_path, b"abcabcabZQ"), reading)
    assert content.schema.labels == ("<unk>", "a", "b", "c") and content.schema.facts["vocabulary"] == 4
    assert content.arrays["tokens"].tolist() == [1, 2, 3, 1, 2, 3, 1, 2, 0, 0]
    assert "2 of 10 characters (20.0%) are not in the vocabulary of 4" in reading.problems[0]
    lower = Reading({"validation": 0.2, "test": 0.2, "lower": True})
    assert text.read(written(tmp_path, b"abcabcabCA"), lower).schema.labels == ("a", "b", "c")
    assert lower.problems == []


def test_shares_held_back_and_lower_case(tmp_path: Path) -> None:
    file = written(tmp_path, b"aB" * 50)
    content = text.read(file, Reading({"validation": 0.2, "test": 0.1, "lower": True}))
    assert content.sizes == {"train": 70, "validation": 20, "test": 10}
    assert [list(content.splits[name]) for name in content.splits] == [[0, 70], [70, 90], [90, 100]]
    assert content.schema.labels == ("a", "b")
    with pytest.raises(DataError, match="leave nothing to train on"):
        text.read(file, Reading({"validation": 0.5, "test": 0.5}))


def test_the_copy_keeps_the_vocabulary_and_shows_the_text(tmp_path: Path) -> None:
    story = "The naïve cat sat. " * 100
    content = text.read(written(tmp_path, story.encode()), Reading({"tokens": "bpe", "vocabulary": 300}))
    folder = tmp_path / "copy"
    folder.mkdir()
    write(content, folder)
    copy = opened(folder)
    assert copy.vocabularies == content.vocabularies and copy.sizes == content.sizes
    shown = items(copy, "train", [0])[0]["parts"][0]
    assert shown["kind"] == "text" and shown["text"].startswith("The naïve cat sat. The")
    assert "".join(shown["tokens"]) == shown["text"] and "naïve" in "".join(shown["tokens"][:6])
    windows = assembled(copy).batches("validation", 2, length=7)
    batch = next(windows)
    assert batch["tokens"].dtype == torch.int64
    assert batch["next"][0, :-1].tolist() == batch["tokens"][0, 1:].tolist()


def test_a_look_reads_the_beginning_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_items, "_LOOK", 1001)
    file = written(tmp_path, "é".encode() * 100_000)
    content = text.read(file, Reading({}, limit=10))
    assert content.schema.items == 500 and content.schema.labels == ("é",)
    written(tmp_path, ("line ü\n" * 10_000).encode("utf-16"))
    content = text.read(file, Reading({}, limit=10))
    assert content.vocabularies["tokens"].decode(content.arrays["tokens"]).startswith("line ü\nline ü\n")
    written(tmp_path, "naïve ".encode("latin-1") * 1000)
    assert "no UTF-8 text" in refused(file)
    with pytest.raises(DataError, match="no UTF-8 text"):
        text.read(file, Reading({}, limit=10))
    assert text.read(file, Reading({"encoding": "latin-1"}, limit=10)).schema.items == 1001


def test_tiny_shakespeare(shared_data: Path) -> None:
    data = loaded(text.read, shared_data / "tinyshakespeare" / "input.txt", {})
    assert data.schema.facts["vocabulary"] == 65
    assert data.sizes["train"] == 1_003_854
    assert sum(data.sizes.values()) == 1_115_394
