"""Files below a folder or inside an archive, under one way to list and to open them.

May import core and the other readers' files.  See archives.py for what is packed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

# Of files looked at to find out what a folder is.
_GLANCE = 5_000

_GLANCES: ContextVar[dict[Path, list[str]] | None] = ContextVar("glances", default=None)

# Names of files that tell about data, and what systems leave behind.
_ABOUT = frozenset(("readme", "license", "licence", "source", "changelog", "copying", "citation", "thumbs"))


class Tree(Protocol):
    """Files by their names below a root; names have "/" between folders, and none leads outside."""

    path: Path

    def names(self) -> list[str]:
        """All files in the order of their names, hidden ones left out."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The content of a file, to be closed by whoever opens it.  May be called by several threads."""
        ...

    def shown(self, name: str) -> str:
        """Where the file is, for a sentence."""
        ...


class Folder:
    """The files below a folder of the disk; links to folders are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        return sorted(files_below(self.path))

    def open(self, name: str) -> BinaryIO:
        return open(f"{self.path}/{name}", "rb")  # joining paths takes as long as reading a small file

    def shown(self, name: str) -> str:
        return str(self.path / name)


def files_below(folder: Path) -> Iterator[str]:
    """Names of the files below a folder as they are found, hidden ones left out."""
    root = len(str(folder)) + 1
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not hidden(name))
        above = Path(place[root:]).as_posix() + "/" if place[root:] else ""
        yield from (above + name for name in files if not hidden(name))


def files_of(path: Path, kinds: frozenset[str]) -> list[Path]:
    """The files of some kinds below a folder; what is none, such as an archive, is itself the only one."""
    if not path.is_dir():
        return [path]
    return [Path(f"{path}/{name}") for name in Folder(path).names() if ends(name, kinds)]


def folders_below(folder: Path) -> Iterator[str]:
    """A folder and the folders in it and in these, hidden ones left out."""
    for place, folders, _ in os.walk(folder):
        folders[:] = [name for name in folders if not hidden(name)]
        yield place


def hidden(name: str) -> bool:
    """Whether a file or folder is none of the person's."""
    return name.startswith(".") or name in ("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini")


def is_about(name: str) -> bool:
    """Whether a file tells about data and is none."""
    return last(name).lower().split(".")[0] in _ABOUT


@contextmanager
def glances_kept() -> Iterator[None]:
    """Meanwhile a folder is listed once, however many readers glance at it."""
    token = _GLANCES.set({})
    try:
        yield
    finally:
        _GLANCES.reset(token)


def glanced(folder: Path, suffixes: frozenset[str]) -> tuple[int, int, str | None]:
    """Of the first files below a folder: how many end so, how many there are, and the first that does."""
    known = _GLANCES.get()
    names = known.get(folder) if known is not None else None
    if names is None:
        names = [name for name in islice(files_below(folder), _GLANCE) if not is_about(name)]
        if known is not None:
            known[folder] = names
    fitting = [name for name in names if ends(name, suffixes)]
    return len(fitting), len(names), min(fitting, default=None)


def ends(name: str, suffixes: frozenset[str]) -> bool:
    """Whether a name ends in one of the suffixes, such as .png or .nii.gz."""
    lower = last(name).lower()
    suffix = _suffix(lower)
    return suffix in suffixes or (suffix == ".gz" and _suffix(lower[:-3]) + ".gz" in suffixes)


def last(name: str) -> str:
    """The name without folders."""
    return name[name.rfind("/") + 1 :]


def stem(name: str) -> str:
    """The name without folders and suffix."""
    plain = last(name)
    if plain.lower().endswith(".nii.gz"):
        return plain[:-7]
    return plain.removesuffix(_suffix(plain))


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:] if dot > 0 else ""
