"""Which reader a path needs, registering it as a dataset, and loading datasets.

A dataset is registered, not copied: the record has its path, and loading refuses content that has changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.engine.data import graphs, idx, images, tables, text
from workbench.engine.data.files import existing, fingerprint, opened, slug, title
from workbench.engine.data.loaded import Loaded
from workbench.engine.data.samples import load_sample
from workbench.store.records import DatasetRecord

_TABLES = (".csv", ".tsv", ".tab")
_TEXTS = (".txt", ".md", ".rst", ".text")
# Files that tell about data and are none.
_ABOUT = frozenset(("readme", "license", "licence", "source", "changelog", "copying", "citation"))


@dataclass(frozen=True)
class Reader:
    """One family of files.  `suits` gives the reason why a path looks like it, or nothing."""

    name: str
    title: str
    options: tuple[str, ...]
    suits: Callable[[Path], str]
    files: Callable[[Path, Mapping[str, object]], list[Path]]
    read: Callable[[Path, Mapping[str, object]], Loaded]


@dataclass(frozen=True)
class Registered:
    """What registering gives: the record to keep, the data itself, and what was noticed while reading it."""

    record: DatasetRecord
    loaded: Loaded

    @property
    def problems(self) -> tuple[str, ...]:
        return self.loaded.problems


def detect(path: Path) -> list[tuple[str, str]]:
    """Names of the readers that suit a path with the reason, the likeliest first; may be empty."""
    path = existing(path)
    if path.is_dir() and not any(path.iterdir()):
        raise DataError(f"The folder {path} is empty.")
    if path.is_file() and not path.stat().st_size:
        raise DataError(f"{path} is empty.")
    reasons = ((reader.name, reader.suits(path)) for reader in READERS.values())
    return [(name, reason) for name, reason in reasons if reason]


def register(
    path: str | Path, *, reader: str = "", options: Mapping[str, object] | None = None
) -> Registered:
    """Reads what is at `path` and describes it.  Raises DataError naming the file that cannot be read."""
    source = existing(Path(path))
    found = detect(source)
    if not reader and not found:
        raise DataError(_nothing_suits(source))
    chosen = _reader(reader or found[0][0])
    options = dict(options or {})
    loaded = _read(chosen, source, options)
    mark = _fingerprint(chosen, source, options)
    record = DatasetRecord(
        id=loaded.schema.id,
        title=loaded.schema.title,
        source=str(source),
        reader=chosen.name,
        options=options,
        schema=loaded.schema.to_json(),
        splits=dict(loaded.sizes),
        fingerprint=mark,
        created=time.time(),
    )
    return Registered(record, replace(loaded, fingerprint=mark))


def load(dataset: str | Schema | DatasetRecord, *, options: Mapping[str, object] | None = None) -> Loaded:
    """An embedded sample by id or schema, or a registered dataset by its record.

    `options` replace those of the record.  Raises DataError when the source is gone or has changed.
    """
    if not isinstance(dataset, DatasetRecord):
        return load_sample(dataset if isinstance(dataset, str) else dataset.id)
    reader = _reader(dataset.reader)
    source = Path(dataset.source)
    if not source.exists():
        raise DataError(
            f'The data of "{dataset.title}" is gone: there is no {source}. Bring it back or add it again.'
        )
    mark = _fingerprint(reader, source, dataset.options)
    if mark != dataset.fingerprint:
        raise DataError(
            f'The data of "{dataset.title}" in {source} has changed since it was added. Add it again.'
        )
    loaded = _read(reader, source, {**dataset.options, **(options or {})})
    schema = replace(loaded.schema, id=dataset.id, title=dataset.title)
    return replace(loaded, schema=schema, fingerprint=mark)


def _read(reader: Reader, source: Path, options: Mapping[str, object]) -> Loaded:
    unknown = [name for name in options if name not in reader.options]
    if unknown:
        known = ", ".join(reader.options) or "none"
        raise DataError(f'The reader "{reader.name}" has no option "{unknown[0]}"; it has {known}.')
    loaded = reader.read(source, options)
    return replace(loaded, schema=replace(loaded.schema, id=slug(source), title=title(source)))


def _fingerprint(reader: Reader, source: Path, options: Mapping[str, object]) -> str:
    return fingerprint(source if source.is_dir() else source.parent, reader.files(source, options))


def _reader(name: str) -> Reader:
    if name not in READERS:
        raise DataError(f'There is no reader "{name}"; there are {", ".join(READERS)}.')
    return READERS[name]


def _nothing_suits(source: Path) -> str:
    kinds = ", ".join(reader.title for reader in READERS.values())
    if source.is_dir():
        several = _members(source, _TABLES) + _members(source, _TEXTS)
        if len(several) > 1:
            names = ", ".join(file.name for file in several[:10])
            return f"{source} holds several files that could be meant: {names}. Name one of them."
    return f"No reader suits {source}; known are {kinds}. If it is one of these, name the reader."


def _members(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of these kinds directly in a folder, those about the data left out."""
    files = sorted(file for file in folder.iterdir() if file.is_file())
    return [f for f in files if _suffix(f) in suffixes and f.name.lower().split(".")[0] not in _ABOUT]


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _only(path: Path, suffixes: tuple[str, ...]) -> Path:
    """The file itself, or the only file of its kind in the folder."""
    if path.is_file():
        return path
    files = _members(path, suffixes)
    if len(files) == 1:
        return files[0]
    if not files:
        raise DataError(f"{path} holds no file that ends in {' or '.join(suffixes)}.")
    raise DataError(
        f"{path} holds several files: {', '.join(file.name for file in files[:10])}. Name one of them."
    )


def _suits_planetoid(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    if path.is_file() and not path.name.startswith("ind."):
        return ""
    names = graphs.names_in(folder)
    return f"it has the files ind.{names[0]}.*" if names else ""


def _suits_idx(path: Path) -> str:
    if path.is_file():
        return "it begins as an IDX file does" if idx.is_idx(path) else ""
    files = (file for file in sorted(path.iterdir()) if file.is_file() and "images" in file.name.lower())
    return next((f"{file.name} begins as an IDX file does" for file in files if idx.is_idx(file)), "")


def _suits_images(path: Path) -> str:
    first = next(images.pictures_below(path), None) if path.is_dir() else None
    return f"it has pictures such as {first.relative_to(path)}" if first else ""


def _suits_table(path: Path) -> str:
    if path.is_file():
        return f"its name ends in {_suffix(path)}" if _suffix(path) in _TABLES else ""
    files = _members(path, _TABLES)
    return f"{files[0].name} is its only table" if len(files) == 1 else ""


def _suits_text(path: Path) -> str:
    if path.is_dir():
        files = _members(path, _TEXTS)
        return f"{files[0].name} is its only text" if len(files) == 1 and not _members(path, _TABLES) else ""
    if _suffix(path) in _TEXTS:
        return f"its name ends in {_suffix(path)}"
    with opened(path) as stream:
        head = stream.read(65_536)
    # A character may be cut at the end of the head.
    try:
        head[: max(1, len(head) - 4)].decode()
    except UnicodeDecodeError:
        return ""
    return "" if b"\0" in head else "its content is text"


def _pictures(path: Path, options: Mapping[str, object]) -> list[Path]:
    return images.pictures_in(path)


def _pairs(path: Path, options: Mapping[str, object]) -> list[Path]:
    return [file for pair in idx.pairs(path).values() for file in pair if file is not None]


def _parts(path: Path, options: Mapping[str, object]) -> list[Path]:
    return list(graphs.parts(path, str(options.get("name", ""))).values())


READERS: Mapping[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("planetoid", "Planetoid graph", ("name",), _suits_planetoid, _parts, graphs.read),
        Reader("idx", "IDX images", (), _suits_idx, _pairs, idx.read),
        Reader("images", "folder of pictures", (), _suits_images, _pictures, images.read),
        Reader(
            "table",
            "CSV table",
            ("target", "task", "drop", "categorical", "separator", "header", "encoding"),
            _suits_table,
            lambda path, options: [_only(path, _TABLES)],
            lambda path, options: tables.read(_only(path, _TABLES), options),
        ),
        Reader(
            "text",
            "text file",
            ("encoding",),
            _suits_text,
            lambda path, options: [_only(path, _TEXTS)],
            lambda path, options: text.read(_only(path, _TEXTS), options),
        ),
    )
}
