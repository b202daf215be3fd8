import gzip
from pathlib import Path

import pytest

from tests.readings import Read, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import text


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
        (b"abc\0def", "a zero byte at position 3"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 2001))).encode(), "2,001 different characters"),
        (gzip.compress(b"abc" * 100, mtime=0)[:-9], "damaged gzip"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in refused(written(tmp_path, content))


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_TEXT", 2**20)
    assert "more than 1 MB of content" in refused(written(tmp_path, gzip.compress(b"\0" * 2**26, mtime=0)))


def test_tiny_shakespeare(shared_data: Path) -> None:
    data = loaded(text.read, shared_data / "tinyshakespeare" / "input.txt", {})
    assert data.schema.facts["vocabulary"] == 65
    assert data.sizes["train"] == 1_003_854
    assert sum(data.sizes.values()) == 1_115_394
