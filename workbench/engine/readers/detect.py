"""Which reader a path needs, and reading it.

A dataset is registered, not copied: its source stays where it is, and a fingerprint tells when it changes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.errors import DataError
from workbench.core.stamps import State, holds_for, stamp_of, states
from workbench.engine.readers import (
    arrays,
    audio,
    audio_files,
    binaries,
    edge_lists,
    graphml,
    idx,
    images,
    matlab,
    molecules,
    planetoid,
    series,
    tables,
    text,
    text_classes,
    text_items,
    text_lines,
    text_pairs,
    ts,
    tudataset,
    video,
    volumes,
)
from workbench.engine.readers.archives import is_archive
from workbench.engine.readers.arrangement import several
from workbench.engine.readers.content import Content
from workbench.engine.readers.files import existing, fingerprint, members, slug, title
from workbench.engine.readers.forks import beside
from workbench.engine.readers.reader import Reader, Reading
from workbench.engine.readers.trees import folders_below, glances_kept

# So many folders in a folder are looked into for datasets.
_MOST_FOLDERS = 20
# More than these are fingerprinted by a process of their own, while they are read.
_MANY_FILES, _MANY_BYTES = 1000, 2**24
# Endings that no text has.
_NO_TEXTS = tuple(images.SUFFIXES | audio_files.SUFFIXES | video.SUFFIXES | volumes.SUFFIXES)


@dataclass(frozen=True)
class Mark:
    """What tells whether a source has changed: by its content, and by its files' times (see `core.stamps`)."""

    fingerprint: str = ""
    stamp: str = ""


@dataclass(frozen=True)
class Found:
    """A source as it was read."""

    reader: str
    content: Content
    mark: Mark


def detect(path: Path) -> list[tuple[str, str]]:
    """Names of the readers that suit a path with the reason, the likeliest first; may be empty."""
    path = existing(path)
    if path.is_dir() and not any(path.iterdir()):
        raise DataError(f"The folder {path} is empty.")
    if path.is_file() and not path.stat().st_size:
        raise DataError(f"{path} is empty.")
    with glances_kept():
        reasons = [(reader.name, reader.suits(path)) for reader in READERS.values()]
    found = [(name, reason) for name, reason in reasons if reason]
    if not found and path.is_dir() and not any(files for _, _, files in os.walk(path)):
        raise DataError(f"The folder {path} holds no files, only empty folders.")
    return found


def read(path: str | Path, reader: str, reading: Reading, name: str = "") -> Found:
    """Reads what is at `path` with the reader of that name, or with the one that suits it best.

    The dataset is called `name`, or as its file or folder is.

    Raises DataError naming the file that cannot be read.
    """
    source = existing(Path(path))
    found = [] if reader else detect(source)
    if not reader and not found:
        inside = _inside(source)
        reading.choices["inside"] = tuple(str(path) for path in inside)
        raise DataError(_nothing_suits(source, inside))
    chosen = reader_named(reader or found[0][0])
    options = [option.name for option in chosen.options]
    unknown = [name for name in reading.options if name not in options]
    if unknown:
        raise DataError(
            f'The reader "{chosen.name}" has no option "{unknown[0]}"; it has {", ".join(options) or "none"}.'
        )
    # Of a look nothing is kept, and all files of a large folder take seconds.
    if reading.limit:
        content, marked = chosen.read(source, reading), Mark()
    else:
        before = _Files.of(source, chosen, reading.options)
        done = beside if before.are_much else nullcontext
        with done(before.fingerprint) as fingerprinted:
            content = chosen.read(source, reading)
            marked = before.mark(fingerprinted())
    if chosen is text.READER and source.is_file() and source.name.lower().endswith(_NO_TEXTS):
        reading.say(f"{source} holds plain text, whatever its name says.")
    if not reading.limit:
        reading.problems += several(_lone(content), "classes have a single example")
    # Whatever the files hold that a sentence quotes, it is one line.
    reading.problems[:] = [" ".join(problem.splitlines()) for problem in reading.problems]
    return Found(
        chosen.name, content.named(slug(Path(name) if name else source), name or title(source)), marked
    )


def _lone(content: Content) -> list[str]:
    """Classes of one example where most have more: often a slip of the pen, or a sign for “unknown”."""
    names, label = content.schema.labels, content.arrays.get("label")
    if label is None or label.ndim != 1 or len(names) < 2 or label.dtype.kind not in "iu":
        return []
    known = label.astype(np.int64)
    counts = np.bincount(known[known >= 0], minlength=len(names))[: len(names)]
    if 2 * int((counts == 1).sum()) >= len(names):
        return []
    return [
        f"The class “{names[place]}” has a single example, which cannot be trained on and tested as well."
        for place in np.flatnonzero(counts == 1)
    ]


@dataclass(frozen=True)
class _Files:
    """The files of a source and the folders around them, as they were from a moment on (seconds since 1970)."""

    source: Path
    reader: Reader
    options: Mapping[str, object]
    since: float
    folders: Mapping[str, State | None]
    files: Mapping[str, State | None]

    @classmethod
    def of(cls, source: Path, reader: Reader, options: Mapping[str, object]) -> _Files:
        since = time.time()
        # Before the listing: a file that comes meanwhile changes its folder's time.
        around = states(folders_below(source)) if source.is_dir() else {}
        files = _paths(source, reader, options)
        around |= states({os.path.dirname(file) for file in files} - around.keys())
        return cls(source, reader, options, since, around, states(files))

    @property
    def are_much(self) -> bool:
        """Whether a look at their content takes longer than a process for it does."""
        sizes = [state[0] for state in self.files.values() if state is not None]
        return len(sizes) > _MANY_FILES or sum(sizes) > _MANY_BYTES

    def fingerprint(self) -> str:
        """What tells them from others by their content."""
        return fingerprint(_root(self.source), self.files)

    def mark(self, content: str) -> Mark:
        """Their mark, with the fingerprint.  Raises DataError where one was changed since then, or others came."""
        after = states(self.files)
        if states(self.folders) != self.folders:
            after = states(_paths(self.source, self.reader, self.options))
        if after != self.files:
            changed = [file for file in {**self.files, **after} if self.files.get(file) != after.get(file)]
            more = f" and {len(changed) - 1:,} more files" if len(changed) > 1 else ""
            raise DataError(
                f"{min(changed)}{more} changed while the data was read. Wait until all of it is written, then read "
                "it again."
            )
        return Mark(content, stamp_of(self.files, self.folders, self.since))


def _paths(source: Path, reader: Reader, options: Mapping[str, object]) -> list[str]:
    return [str(file) for file in reader.files(source, Reading(options))]


def _root(source: Path) -> Path:
    return source if source.is_dir() else source.parent


def mark(source: Path, reader: str, options: Mapping[str, object], stamp: str = "") -> Mark:
    """The mark of the files that a reader takes from a source.  Raises DataError when one is gone.

    Where a `stamp` still holds for them their content is not looked at: then there is no fingerprint.
    """
    found = _Files.of(source, reader_named(reader), options)
    if holds_for(stamp, found.files):
        return Mark(stamp=stamp_of(found.files, found.folders, found.since))
    return found.mark(found.fingerprint())


def reader_named(name: str) -> Reader:
    """The reader of that name.  Raises DataError when there is none."""
    if name not in READERS:
        raise DataError(f'There is no reader "{name}"; there are {", ".join(READERS)}.')
    return READERS[name]


def _inside(source: Path) -> list[Path]:
    """Files, or else folders, right in a folder that could be meant instead of it."""
    if not source.is_dir():
        return []
    several = members(source, tables.SUFFIXES) + members(source, text_items.SUFFIXES)
    if len(several) > 1:
        return several
    folders = sorted(path for path in source.iterdir() if path.is_dir() and not path.is_symlink())
    folders = [path for path in folders if not path.name.startswith(".")][:_MOST_FOLDERS]
    return [path for path in folders if any(path.iterdir()) and detect(path)]


def _nothing_suits(source: Path, inside: Sequence[Path]) -> str:
    kinds = ", ".join(reader.title for reader in READERS.values())
    if inside:
        names = ", ".join(path.name for path in inside[:10])
        if len(inside) == 1:
            return f"{source} is no dataset itself, but the folder {names} in it may be one. Name that."
        what = "folders that are datasets of their own" if inside[0].is_dir() else "files that could be meant"
        return f"{source} holds several {what}: {names}. Name one of them."
    if is_archive(source):
        return (
            f"Nothing in {source} can be read as it is packed; pictures, sounds, volumes, videos and texts in "
            "folders of classes can. Unpack it, and choose what came out."
        )
    return f"No reader suits {source}; known are {kinds}. If it is one of these, name the reader."


READERS: Mapping[str, Reader] = {
    reader.name: reader
    for reader in (
        planetoid.READER,
        tudataset.READER,
        edge_lists.READER,
        graphml.READER,
        molecules.READER,
        idx.READER,
        arrays.READER,
        binaries.READER,
        matlab.READER,
        text_pairs.READER,
        audio.READER,
        images.READER,
        volumes.READER,
        video.READER,
        text_classes.READER,
        series.READER,
        ts.READER,
        tables.READER,
        text_lines.READER,
        text.READER,
    )
}
