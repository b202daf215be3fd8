"""Zip and tar archives as trees of files, read where they are: nothing of them is ever written under its own name.

May import core, trees, and what unpacks public sets.  A packed tar is unpacked into one nameless file in the
folder of the reading.
"""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from workbench.core.errors import DataError
from workbench.engine.readers.arrangement import SPLITS, several
from workbench.engine.readers.files import size_text
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.trees import Folder, Tree, hidden
from workbench.jobs.archives import DAMAGE, is_damage, is_inside, packing

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")

MOST_FILES = 2_000_000
# A member, or a whole packed tar, of so many times its packed size is meant to fill memory or disk …
MOST_RATIO = 200
# … unless it is small.
_HARMLESS = 64 * 2**20
_MOST_MEMBER = 2**30
_MOST_BYTES = 64 * 2**30
# Of a packed tar this much is unpacked for a look.
_GLANCE = 256 * 2**20
_CHUNK = 2**20
_DAMAGE = (*DAMAGE, ValueError, OSError)


def is_archive(path: Path) -> bool:
    """Whether the name is that of an archive."""
    return path.name.lower().endswith(SUFFIXES)


@contextmanager
def tree(path: Path, reading: Reading) -> Iterator[Tree]:
    """The files at a path: a folder, or an archive.  Raises DataError when it is neither."""
    if path.is_dir():
        yield Folder(path)
        return
    if not is_archive(path):
        raise DataError(
            f"{path} is a single file; name the folder that holds the files, or an archive of it "
            f"({', '.join(SUFFIXES)})."
        )
    with ExitStack() as stack:
        try:
            packed = _Zip(path, stack) if path.name.lower().endswith(".zip") else _Tar(path, reading, stack)
        except _DAMAGE as error:
            if not is_damage(error):
                raise
            raise DataError(f"{path} is a damaged archive ({error}). Fetch it again.") from error
        for problem in several(packed.problems, "files in it were left out"):
            reading.say(problem)
        yield packed


def names_in(path: Path, most: int) -> list[str]:
    """The first names in an archive, without unpacking more than their list; empty where it is damaged."""
    found: list[str] = []
    try:
        if path.name.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as opened:
                found = [
                    info.filename for info in opened.infolist()[:most] if not info.filename.endswith("/")
                ]
        else:
            with tarfile.open(path, "r:*") as tar:
                for member in tar:
                    if member.isfile():
                        found.append(member.name)
                    if len(found) >= 20 or member.offset > 16 * 2**20:
                        break
    except _DAMAGE:
        return []
    return [name for name in found if is_inside(name) and not _is_hidden(name)]


class _Archive:
    """What both kinds share: members by name, and how they are told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []
        self._above = ""

    def shown(self, name: str) -> str:
        return f"{self.path}/{self._above}{name}"

    def _listed(self, members: Sequence[str]) -> list[str]:
        """Names below the one folder that holds everything, where there is one."""
        names = sorted(members)
        while names and all("/" in name for name in names):
            top = names[0][: names[0].find("/") + 1]
            if top[:-1].lower() in SPLITS or not all(name.startswith(top) for name in names):
                break
            self._above += top
            names = [name[len(top) :] for name in names]
        return names

    def _accepts(self, name: str, size: int, packed: int) -> bool:
        """Whether a member is taken; a sentence says why not."""
        if not is_inside(name):
            self.problems.append(
                f'{self.path} has a file whose name leads out of it, "{name}"; it is left out.'
            )
        elif size > _MOST_MEMBER or size > max(_HARMLESS, packed * MOST_RATIO):
            self.problems.append(
                f"{name} in {self.path} would unpack from {size_text(packed)} to {size_text(size)} and is left out."
            )
        else:
            return not _is_hidden(name)
        return False


class _Zip(_Archive):
    def __init__(self, path: Path, stack: ExitStack) -> None:
        super().__init__(path)
        self._zip = stack.enter_context(zipfile.ZipFile(path))
        infos = [info for info in self._zip.infolist() if info.filename and not info.is_dir()]
        _check_count(path, len(infos))
        members = {}
        for info in infos:
            if info.flag_bits & 1:
                self.problems.append(f"{info.filename} in {path} is locked with a password and left out.")
            elif info.external_attr >> 28 == 0xA:
                self.problems.append(f"{info.filename} in {path} is a link and left out.")
            elif self._accepts(info.filename, info.file_size, info.compress_size):
                members[str(PurePosixPath(info.filename))] = info
        self._names = self._listed(list(members))
        self._members = members

    def names(self) -> list[str]:
        return self._names

    def open(self, name: str) -> BinaryIO:
        info = self._members[self._above + name]
        try:
            with self._zip.open(info) as stream:
                return io.BytesIO(stream.read(info.file_size))
        except _DAMAGE as error:
            raise OSError(f"damaged in the archive: {error}") from error


class _Tar(_Archive):
    def __init__(self, path: Path, reading: Reading, stack: ExitStack) -> None:
        super().__init__(path)
        self._stream = stack.enter_context(_unpacked(path, reading))
        self._lock = threading.Lock()
        members = {}
        with tarfile.open(fileobj=self._stream, mode="r:") as tar:
            end = self._stream.seek(0, 2)
            self._stream.seek(0)
            try:
                for count, member in enumerate(tar):
                    _check_count(path, count)
                    if member.isdir() or member.offset_data + member.size > end:
                        continue
                    if not member.isreg() or member.issparse():
                        self.problems.append(
                            f"{member.name} in {path} is a link or no plain file and left out."
                        )
                    elif self._accepts(member.name, member.size, member.size):
                        members[str(PurePosixPath(member.name))] = (member.offset_data, member.size)
            except tarfile.ReadError:
                if not reading.limit:  # for a look the rest was cut off
                    raise
        self._names = self._listed(list(members))
        self._members = members

    def names(self) -> list[str]:
        return self._names

    def open(self, name: str) -> BinaryIO:
        offset, size = self._members[self._above + name]
        with self._lock:
            self._stream.seek(offset)
            return io.BytesIO(self._stream.read(size))


@contextmanager
def _unpacked(path: Path, reading: Reading) -> Iterator[IO[bytes]]:
    """The plain tar: the file itself, or what it unpacks to in a nameless file that vanishes when it is closed."""
    packed_as = packing(path)
    if packed_as is None:
        with path.open("rb") as raw:
            yield raw
        return
    with packed_as(path) as packed, tempfile.TemporaryFile(dir=reading.folder) as plain:
        size = path.stat().st_size
        room = shutil.disk_usage(reading.folder or tempfile.gettempdir()).free - 2**30
        most = min(_MOST_BYTES, max(size * MOST_RATIO, _HARMLESS), max(room, _HARMLESS))
        while piece := packed.read(_CHUNK):
            plain.write(piece)
            reading.progress("Unpacking", plain.tell(), 0)
            if plain.tell() > most:
                raise DataError(
                    f"{path} has {size_text(size)} and unpacks to more than {size_text(most)}: that is meant to "
                    "fill the disk, or there is no room for it."
                )
            if reading.limit and plain.tell() > _GLANCE:
                break
        plain.seek(0)
        yield plain


def _check_count(path: Path, count: int) -> None:
    if count > MOST_FILES:
        raise DataError(f"{path} holds more than {MOST_FILES:,} files.")


def _is_hidden(name: str) -> bool:
    return any(hidden(part) for part in PurePosixPath(name).parts)
