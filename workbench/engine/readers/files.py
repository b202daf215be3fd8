"""Files as the readers take them: bounded, gzip or plain, with an error that names the file.

Also the fingerprint of a source and the id made of its name.  May import NumPy and the standard library.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers.trees import is_about

MEGABYTE = 2**20

# A dataset lives in memory as a whole; more than this must wait for reading piece by piece.
MAX_BYTES = 4096 * MEGABYTE

# Content that enters a fingerprint: whole files until this much was read, then their ends only.
_HASHED = 256 * MEGABYTE


FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of the errors that say that there is no room left."""


def size_text(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / MEGABYTE:,.0f} MB" if size >= MEGABYTE else f"{size:,} bytes"


def existing(path: Path) -> Path:
    """The absolute path.  Raises DataError when nothing is there."""
    absolute = path.expanduser().absolute()
    if not absolute.exists():
        kind = "file" if absolute.suffix else "file or folder"
        raise DataError(f"There is no {kind} {absolute}.")
    return absolute


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedIOBase]:
    """The content of a file for reading, unpacked when it is a gzip file, whatever its name."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield unpacked
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is a damaged gzip file ({error}). Fetch it again.") from error
    except OSError as error:
        if error.errno in FULL:  # what is read is kept meanwhile
            raise
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The whole content.  Raises DataError when it is empty or, unpacked, larger than `limit`."""
    # In pieces: a read of so many bytes at once would first make room for all of them.
    content = io.BytesIO()
    with opened(path) as stream:
        while content.tell() <= limit and (piece := stream.read(MEGABYTE)):
            content.write(piece)
    data = content.getvalue()
    if len(data) > limit:
        raise DataError(f"{path} has more than {size_text(limit)} of content, too much to read into memory.")
    if not data:
        raise DataError(f"{path} is empty.")
    return data


def read_array(path: Path, stream: io.BufferedIOBase, size: int) -> NDArray[np.uint8]:
    """The next `size` bytes of an open file, which must be its last ones."""
    if size > MAX_BYTES:
        raise DataError(
            f"{path} announces {size:,} bytes of content; up to {size_text(MAX_BYTES)} fit into memory."
        )
    array = np.empty(size, dtype=np.uint8)
    view = array.data
    found = 0
    while found < size and (count := stream.readinto(view[found : found + 16 * MEGABYTE])):
        found += count
    if found < size:
        raise DataError(
            f"{path} is truncated: its header announces {size:,} bytes of content, {found:,} are there."
        )
    if stream.read(1):
        raise DataError(f"{path} has more content than the {size:,} bytes that its header announces.")
    return array


def read_text(path: Path, limit: int, encoding: str = "") -> str:
    """The text of a file: UTF-8 (a byte-order mark is dropped), UTF-16 with mark, or as `encoding` says."""
    return decoded(path, read_bytes(path, limit), encoding)


# Quotes, dashes and the like of Windows-1252 that some program took for Latin-1: control characters in UTF-8.
_WINDOWS = {
    code: sign for code in range(0x80, 0xA0) if (sign := bytes([code]).decode("cp1252", errors="ignore"))
} | {0x91: "'", 0x92: "'"}  # words with an apostrophe are the same words however it is written


# What begins so was given the name of a text by mistake.
_NO_TEXT = {
    b"%PDF-": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
}


def decoded(path: Path, data: bytes, encoding: str = "") -> str:
    """The text of a file's bytes, as `read_text` does it."""
    if not encoding:
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for start, kind in _NO_TEXT.items():
        if data.startswith(start):
            raise DataError(f"{path} is {kind}, whatever its name says. Save what it holds as text or CSV.")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        found = data[error.start]
        raise DataError(
            f"{path} is no {name} text: the byte 0x{found:02x} at position {error.start:,} is wrong. "
            'Save the file as UTF-8, or name its encoding (such as latin-1) in the option "encoding".'
        ) from error
    except LookupError as error:
        raise DataError(f'The option "encoding" names "{encoding}", which Python does not know.') from error
    if "\0" in text:
        raise DataError(f"{path} is no text: it has a zero byte at position {text.index(chr(0)):,}.")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_WINDOWS)


def suffix_of(path: Path) -> str:
    """The ending of a name in lower case, that of a packed file below its .gz."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def members(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files of these kinds directly in a folder, those about the data left out."""
    with os.scandir(folder) as found:  # knows of most entries without a look at each what they are
        names = sorted(entry.name for entry in found if entry.is_file())
    return [f for f in map(folder.joinpath, names) if suffix_of(f) in suffixes and not is_about(f.name)]


def only(path: Path, suffixes: Sequence[str]) -> Path:
    """The file itself, or the only file of its kind in the folder.  Raises DataError naming those there are."""
    if path.is_file():
        return path
    files = members(path, suffixes)
    if len(files) == 1:
        return files[0]
    if not files:
        raise DataError(f"{path} holds no file that ends in {' or '.join(suffixes)}.")
    names = ", ".join(file.name for file in files[:10])
    raise DataError(f"{path} holds several files: {names}. Name one of them.")


def fingerprint(root: Path, files: Iterable[Path | str]) -> str:
    """A hash of names, sizes and content; of many or huge files it takes the ends only.

    Times do not enter, so a copy of the files has the same fingerprint.
    """
    total = hashlib.sha256()
    budget = _HASHED
    # Of tens of thousands of small files, what paths and buffers do takes longer than the reading.
    above = len(str(root)) + 1
    inside = str(root) + os.sep
    for path in sorted(map(str, files), key=_in_folders):
        outside = not path.startswith(inside)
        name = Path(path).relative_to(root).as_posix() if outside else path[above:].replace(os.sep, "/")
        try:
            with open(path, "rb", buffering=0) as stream:
                size = os.fstat(stream.fileno()).st_size
                total.update(f"{name}\0{size}\0".encode())
                if size <= budget:
                    budget -= size
                    while piece := stream.read(min(size + 1, MEGABYTE)):
                        total.update(piece)
                else:
                    end = min(size, 4096)
                    total.update(stream.read(end))
                    stream.seek(-end, 2)
                    total.update(stream.read(end))
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    return total.hexdigest()


def _in_folders(path: str) -> list[str]:
    """By this paths are in the order of Path: folder by folder."""
    return path.split(os.sep)


def slug(path: Path) -> str:
    """An id made of a file's or folder's name: "Fashion MNIST.csv" becomes "fashion-mnist"."""
    plain = unicodedata.normalize("NFKD", _stem(path)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "dataset"


def title(path: Path) -> str:
    """The name of a file or folder as people wrote it, without its ending: "isbi_em.zip" becomes "isbi_em"."""
    name = "".join(sign if sign.isprintable() else " " for sign in unicodedata.normalize("NFC", _stem(path)))
    return " ".join(name.split()) or "Dataset"


def _stem(path: Path) -> str:
    name = path.name
    while path.is_file() and (suffix := Path(name).suffix) and re.fullmatch(r"\.[A-Za-z]\w{0,7}", suffix):
        name = name.removesuffix(suffix)
    return name
