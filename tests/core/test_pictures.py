"""Models in PNG files: every way in which the text may stand there, and files that strangers made."""

import struct
import zlib
from pathlib import Path

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench.core import pictures
from workbench.core.errors import DocumentError
from workbench.core.files import dumps, write
from workbench.core.pictures import SIGNATURE, read_any

DOCUMENT = draw(CLASSIFIER, name="digits")
TEXT = dumps(DOCUMENT)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, end: bool = True) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return SIGNATURE + head + b"".join(chunks) + (chunk(b"IEND", b"") if end else b"")


def itxt(text: str, *, packed: bool) -> bytes:
    body = text.encode()
    body = zlib.compress(body) if packed else body
    return chunk(b"iTXt", b"workbench\0" + (b"\1" if packed else b"\0") + b"\0en\0Modell\0" + body)


@pytest.mark.parametrize(
    "content",
    [
        png(chunk(b"tEXt", b"workbench\0" + TEXT.encode("latin-1"))),
        png(chunk(b"zTXt", b"workbench\0\0" + zlib.compress(TEXT.encode("latin-1")))),
        png(itxt(TEXT, packed=False)),
        png(chunk(b"IDAT", b"no pixels at all"), itxt(TEXT, packed=True)),
        png(chunk(b"tEXt", b"Author\0somebody"), itxt(TEXT, packed=True)),
    ],
    ids=["plain", "packed", "unicode", "unicode packed", "after other texts"],
)
def test_the_model_is_found_wherever_it_may_stand(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "drawing.png").write_bytes(content)
    assert read_any(tmp_path / "drawing.png") == DOCUMENT


def test_a_picture_is_known_by_its_content_and_a_model_file_is_read_as_before(tmp_path: Path) -> None:
    (tmp_path / "drawing.json").write_bytes(png(itxt(TEXT, packed=True)))
    assert read_any(tmp_path / "drawing.json") == DOCUMENT
    write(tmp_path / "model.json", DOCUMENT)
    assert read_any(tmp_path / "model.json") == DOCUMENT


def test_letters_beyond_latin_survive(tmp_path: Path) -> None:
    document = draw(CLASSIFIER, name="ζ → 数字")
    (tmp_path / "drawing.png").write_bytes(png(itxt(dumps(document), packed=True)))
    assert read_any(tmp_path / "drawing.png").name == "ζ → 数字"


BROKEN = {
    "no text": (png(), "holds no model"),
    "another text": (png(chunk(b"tEXt", b"Comment\0" + TEXT.encode())), "holds no model"),
    "after the end": (png() + itxt(TEXT, packed=True), "holds no model"),
    "no end": (png(end=False), "ends too early"),
    "cut in the text": (png(itxt(TEXT, packed=True))[:-40], "ends too early"),
    "changed": (png(itxt(TEXT, packed=False)).replace(b"digits", b"digitz"), "not what was written"),
    "not packed": (png(chunk(b"zTXt", b"workbench\0\0" + TEXT.encode())), "cannot be unpacked"),
    "half packed": (
        png(chunk(b"zTXt", b"workbench\0\0" + zlib.compress(TEXT.encode())[:-20])),
        "cut off",
    ),
    "no letters": (png(chunk(b"iTXt", b"workbench\0\0\0\0\0\xff\xfe")), "cannot be unpacked"),
    "no model": (png(itxt("[1, 2]", packed=True)), "the model in"),
    "empty": (png(itxt("", packed=False)), "the model in"),
    "another file": (b"GIF89a", "is not a PNG picture"),
    "nothing": (b"", "is not a PNG picture"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN)
def test_a_stranger_s_picture_is_refused_in_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "drawing.png"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=said) as caught:
        read_any(path)
    assert str(path) in str(caught.value)


def test_a_small_text_cannot_unpack_to_a_huge_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGEST_BYTES", 1 << 20)
    bomb = zlib.compress(b" " * (64 << 20), 9)
    assert len(bomb) < 1 << 20
    (tmp_path / "bomb.png").write_bytes(png(chunk(b"zTXt", b"workbench\0\0" + bomb)))
    with pytest.raises(DocumentError, match="more than 1 MB"):
        read_any(tmp_path / "bomb.png")
    (tmp_path / "long.png").write_bytes(png(chunk(b"tEXt", b"workbench\0" + b" " * (2 << 20))))
    with pytest.raises(DocumentError, match="more than 1 MB"):
        read_any(tmp_path / "long.png")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        read_any(tmp_path / "gone.png")
