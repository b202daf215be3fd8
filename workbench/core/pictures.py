"""Models inside pictures: a PNG that Workbench wrote holds the drawn model as a text of its own.

Only the chunks of the file are read, never its pixels: no decoder sees what a stranger made. Standard library only.
"""

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from workbench.core.document import Document
from workbench.core.errors import DocumentError
from workbench.core.files import LARGEST_BYTES, loads, read

KEYWORD = "workbench"
"""The name of the text that is the model."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MOST_CHUNKS = 1_000_000


def read_any(path: Path) -> Document:
    """The model in a model file or in a picture. Raises DocumentError."""
    try:
        with path.open("rb") as file:
            found = file.read(len(SIGNATURE)) == SIGNATURE
            text = _model_text(file, path) if found else ""
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}.") from error
    if found:
        return loads(text, f"the model in {path}")
    if path.suffix.lower() == ".png":
        raise DocumentError(f"{path} is not a PNG picture, whatever its name says.")
    return read(path)


def _model_text(file: BinaryIO, path: Path) -> str:
    """The model's text in a PNG file whose signature was read."""
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            raise DocumentError(f"{path} is cut off: the picture ends too early.")
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            break
        if kind not in _TEXTS:
            file.seek(length + 4, 1)
            continue
        if length > LARGEST_BYTES:
            raise DocumentError(f"{path} holds a text of more than {LARGEST_BYTES >> 20} MB, too large.")
        data, sum = file.read(length), file.read(4)
        if len(sum) < 4:
            raise DocumentError(f"{path} is cut off: the picture ends too early.")
        keyword, _, rest = data.partition(b"\0")
        if keyword == KEYWORD.encode():
            if struct.unpack(">I", sum)[0] != zlib.crc32(kind + data):
                raise DocumentError(f"{path} is damaged: the model in it is not what was written.")
            return _text(kind, rest, path)
    raise DocumentError(
        f"{path} holds no model. A picture does if it was exported from a drawing and not changed since."
    )


def _text(kind: bytes, rest: bytes, path: Path) -> str:
    """What a text chunk says after its keyword."""
    try:
        if kind == b"tEXt":
            return rest.decode("latin-1")
        if kind == b"zTXt":
            return _inflated(rest[1:], path).decode("latin-1")
        packed, rest = rest[:1], rest[2:]
        _, _, rest = rest.partition(b"\0")  # the language
        _, _, rest = rest.partition(b"\0")  # the keyword in that language
        return (_inflated(rest, path) if packed == b"\1" else rest).decode("utf-8")
    except (zlib.error, UnicodeDecodeError) as error:
        raise DocumentError(f"{path} is damaged: the model in it cannot be unpacked.") from error


def _inflated(data: bytes, path: Path) -> bytes:
    """Unpacked, but never more than a model file may be: a small text can be packed to say very much."""
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, LARGEST_BYTES + 1)
    if len(text) > LARGEST_BYTES:
        raise DocumentError(f"{path} holds a model of more than {LARGEST_BYTES >> 20} MB, too large.")
    if not unpacker.eof:
        raise DocumentError(f"{path} is damaged: the model in it is cut off.")
    return text
