"""Unpacks an archive of a public set beside its place, then gives it its name: never half, never outside, bounded.

Standard library only.
"""

import bz2
import gzip
import lzma
import os
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from workbench.core.errors import DataError

MOST_FILES = 500_000
MOST_BYTES = 64 * 2**30
MOST_RATIO = 200  # a member, or all, of so much more than what it is packed to is meant to fill the disk
_SMALL = 100 * 2**20  # ... which packs of this size may do without harm
_DEEPEST = 16
_CHUNK = 2**20
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError
)  # fmt: skip
"""What a damaged archive makes of those who unpack it, beside an OSError without a number, see `is_damage`."""


def unpack(
    archive: Path,
    target: Path,
    *,
    progress: Callable[[int, int], None],
    spare: int,
    most_files: int = MOST_FILES,
    most_bytes: int = MOST_BYTES,
) -> None:
    """Makes `target` a folder of what a zip or tar archive holds; what was there before is replaced.

    Where all lies in one folder, that is left out. `progress` is told files and bytes. `spare` bytes stay free on
    the disk. Raises DataError; `target` is then as it was.
    """
    new = target.with_name(target.name + ".new")
    old = target.with_name(target.name + ".old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        _unpack(archive, new, progress, spare, most_files, most_bytes)
        content = list(new.iterdir())
        inner = content[0] if len(content) == 1 and content[0].is_dir() else new
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        inner.rename(target)
    except (*DAMAGE, OSError) as error:
        if not is_damage(error):
            raise
        raise DataError(f"{archive.name} is a damaged archive ({error}). Download it again.") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _unpack(
    archive: Path,
    into: Path,
    progress: Callable[[int, int], None],
    spare: int,
    most_files: int,
    most_bytes: int,
) -> None:
    packed = archive.stat().st_size
    most = min(most_bytes, max(packed * MOST_RATIO, _SMALL))
    files, written, checked = 0, 0, 0
    for name, stream in _members(archive):
        files += 1
        if files > most_files:
            raise DataError(f"{archive.name} holds more than {most_files:,} files; nothing of it was kept.")
        path = _inside(into, name, archive)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = path.open("xb")
        except FileExistsError as error:
            raise DataError(f"{archive.name} holds {name} twice; nothing of it was kept.") from error
        with file, stream:
            while chunk := stream.read(_CHUNK):
                written += len(chunk)
                if written > most:
                    raise DataError(
                        f"{archive.name} unpacks to more than {most:,} bytes from {packed:,}; nothing of it was kept."
                    )
                if written - checked > spare // 2 or not checked:
                    checked = written
                    if shutil.disk_usage(into).free < spare:
                        raise DataError(
                            f"The disk is nearly full: {into.parent}. {archive.name} could not be unpacked."
                        )
                file.write(chunk)
            progress(files, written)
    if not files:
        raise DataError(f"{archive.name} holds no file.")


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive with their content, in its order."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                if entry.is_dir():
                    continue
                if entry.flag_bits & 1:
                    raise DataError(f"{archive.name} is locked with a password.")
                if (entry.external_attr >> 28) not in (0, 8):  # the kind of file, as Unix counts them
                    raise DataError(_special(archive, entry.filename))
                yield entry.filename, zipped.open(entry)
        return
    packed_as = packing(archive)
    with cast(IO[bytes], packed_as(archive)) if packed_as else archive.open("rb") as raw:
        try:
            tar = tarfile.open(fileobj=raw, mode="r|")  # noqa: SIM115 - what it reads from is closed above
        except tarfile.ReadError as error:
            raise DataError(f"{archive.name} is neither a zip nor a tar archive, or is damaged.") from error
        for member in tar:
            if member.isdir():
                continue
            stream = tar.extractfile(member) if member.isreg() else None
            if stream is None:
                raise DataError(_special(archive, member.name))
            yield member.name, stream
        while raw.read(_CHUNK):  # the check sum stands at the very end
            pass


def packing(archive: Path) -> type[gzip.GzipFile] | type[bz2.BZ2File] | type[lzma.LZMAFile] | None:
    """What opens a packed file as what is packed in it, by its first bytes; None where it is not packed."""
    with archive.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile
    if head.startswith(b"BZh"):
        return bz2.BZ2File
    return lzma.LZMAFile if head == b"\xfd7zXZ\x00" else None


def is_damage(error: Exception) -> bool:
    """Whether an error in unpacking comes from what is packed: gzip and bz2 raise an OSError without a number."""
    return not isinstance(error, OSError) or error.errno is None


def is_inside(name: str) -> bool:
    """Whether the name of a member stays below the folder that it is unpacked to, on every system."""
    path = PurePosixPath(name)
    tricky = "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name) or (os.name == "nt" and ":" in name)
    return not (path.is_absolute() or ".." in path.parts or tricky or not path.parts)


def _special(archive: Path, name: str) -> str:
    return f"{archive.name} holds {name}, which is a link or no plain file; nothing of it was kept."


def _inside(folder: Path, name: str, archive: Path) -> Path:
    """Where a member goes. Raises DataError where that would not be below the folder."""
    parts = [part for part in PurePosixPath(name).parts if part != "."]
    if not is_inside(name) or not parts or len(parts) > _DEEPEST or max(map(len, parts)) > 200:
        raise DataError(f"{archive.name} wants to write to “{name[:200]}”; nothing of it was kept.")
    return folder.joinpath(*parts)
