"""Files below a folder or inside an archive, under one way to list and to open them.

May import core and the other readers' files.  See archives.py for what is packed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

# Of files looked at to find out what a folder is.
_GLANCE = 5_000

# Names of files that tell about data, and what systems leave behind.
_ABOUT = frozenset(("readme", "license", "licence", "source", "changelog", "copying", "citation", "thumbs"))


class Tree(Protocol):
    """Files by their names below a root; names have "/" between folders, and none leads outside."""

    path: Path

    def names(self) -> list[PurePosixPath]:
        """All files in the order of their names, hidden ones left out."""
        ...

    def open(self, name: PurePosixPath) -> BinaryIO:
        """The content of a file, to be closed by whoever opens it.  May be called by several threads."""
        ...

    def shown(self, name: PurePosixPath) -> str:
        """Where the file is, for a sentence."""
        ...


class Folder:
    """The files below a folder of the disk; links to folders are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[PurePosixPath]:
        return sorted(files_below(self.path))

    def open(self, name: PurePosixPath) -> BinaryIO:
        return (self.path / name).open("rb")

    def shown(self, name: PurePosixPath) -> str:
        return str(self.path / name)


def files_below(folder: Path) -> Iterator[PurePosixPath]:
    """Names of the files below a folder as they are found, hidden ones left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not hidden(name))
        above = PurePosixPath(Path(place).relative_to(folder).as_posix())
        yield from (above / name for name in files if not hidden(name))


def hidden(name: str) -> bool:
    """Whether a file or folder is none of the person's."""
    return name.startswith(".") or name in ("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini")


def is_about(name: PurePosixPath) -> bool:
    """Whether a file tells about data and is none."""
    return name.name.lower().split(".")[0] in _ABOUT


def glanced(folder: Path, suffixes: frozenset[str]) -> tuple[int, int, PurePosixPath | None]:
    """Of the first files below a folder: how many end so, how many there are, and the first that does."""
    names = [name for name in islice(files_below(folder), _GLANCE) if not is_about(name)]
    fitting = [name for name in names if ends(name, suffixes)]
    return len(fitting), len(names), min(fitting, default=None)


def ends(name: PurePosixPath, suffixes: frozenset[str]) -> bool:
    """Whether a name ends in one of the suffixes, such as .png or .nii.gz."""
    lower = name.name.lower()
    return any(suffix in suffixes for suffix in (_last(lower), _last(lower.removesuffix(".gz")) + ".gz"))


def stem(name: PurePosixPath) -> str:
    """The name without folders and suffix."""
    plain = name.name.removesuffix(".gz") if name.name.lower().endswith(".nii.gz") else name.name
    return PurePosixPath(plain).stem


def _last(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:] if dot > 0 else ""
