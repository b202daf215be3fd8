"""Adds files as a dataset, and keeps its decoded copy beside the workspace.

A process of its own reads them: neither window nor trainer decodes what strangers made.  The copies are a
cache: each can be taken away and is made again from the source when it is needed.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.catalog.schema import COPY_FORMAT
from workbench.core import stamps
from workbench.core.errors import DataError
from workbench.jobs import reading
from workbench.jobs.reading import Progress
from workbench.store.records import DatasetRecord
from workbench.store.store import Store

FOLDER = "data"
"""Of the copies, in the folder of the workspace's files."""

_NEW = ".new-"
# Beside a copy: of which state its source's files were.
_STAMP = "source.stamp"
_ABANDONED = 24 * 3600
"""Seconds after which an unfinished copy is one that nobody writes any more."""

LIMIT_SETTING = "data_cache_gb"
DEFAULT_LIMIT_GB = 20.0


@dataclass(frozen=True, slots=True)
class Added:
    """A dataset that was added, and what was noticed while reading it."""

    record: DatasetRecord
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """What the command line tells of it."""
        record = self.record
        return {
            "id": record.id,
            "reader": record.reader,
            "items": record.schema["items"],
            "splits": record.splits,
            "outputs": record.schema["outputs"],
            "facts": record.schema["facts"],
            "problems": list(self.problems),
        }


@dataclass(frozen=True, slots=True)
class Copy:
    """The kept copy of a dataset."""

    folder: Path
    problems: tuple[str, ...]


def add_dataset(
    store: Store,
    path: Path,
    reader: str = "",
    options: Mapping[str, object] | None = None,
    *,
    name: str = "",
    on_progress: Progress | None = None,
) -> Added:
    """Reads what is at `path`, keeps its description and a copy. Takes as long as reading does.

    Raises DataError as the reader says it. The same source keeps its id, so that what was read before under
    this name is replaced; another source of that name gets a number.
    """
    source = path.expanduser().absolute()
    folder = begin(store)
    try:
        found = _read(source, reader, options or {}, folder, on_progress, name)
        return finish(store, source, options or {}, folder, found)
    finally:
        abandon(folder)


def begin(store: Store) -> Path:
    """An empty folder for the copy of a dataset that is about to be read; `finish` or `abandon` takes it."""
    root = store.files / FOLDER
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=_NEW, dir=root))


def finish(
    store: Store,
    source: Path,
    options: Mapping[str, object],
    folder: Path,
    found: Mapping[str, Any],
    again: str = "",
) -> Added:
    """Keeps what the readers' process wrote into `folder`, of which it told `found`, as a dataset.

    `again` is the id of the one that was read anew: it stays that one, and so do the names that a person gave to
    those of its classes that are still there.
    """
    record = _record(source, dict(options), found)
    _keep(store, folder, record, found)
    before = next((each for each in store.datasets() if each.id == again), None)
    if before is None:
        record = store.register_dataset(replace(record, id=again or record.id))
    else:
        record = _as_before(before, record)
        store.add_dataset(record)
    return Added(record, tuple(found["problems"]))


def _as_before(before: DatasetRecord, record: DatasetRecord) -> DatasetRecord:
    schema = {**record.schema, "id": before.id, "title": record.title}
    # By what the reader calls them: other classes may have taken their places.
    read, own = before.details.get("labels"), before.schema.get("labels")
    if isinstance(read, list) and isinstance(own, list) and len(read) == len(own):
        given = dict(zip(read, own, strict=True))
        labels = [given.get(label, label) for label in schema.get("labels") or []]
        if len(set(labels)) == len(labels):
            schema["labels"] = labels
    return replace(record, id=before.id, schema=schema)


def abandon(folder: Path) -> None:
    """Removes the folder of a reading that came to nothing; one that was kept is no longer there."""
    shutil.rmtree(folder, ignore_errors=True)


def kept(store: Store, record: DatasetRecord, on_progress: Progress | None = None) -> Copy:
    """The decoded copy of a dataset, made anew where it was cleared away.

    Raises DataError when the source has changed since it was added, or is gone and there is no copy.
    """
    place = copy_folder(store, record)
    source = Path(record.source)
    there = (place / "content.json").is_file()
    if not source.exists():
        if not there:
            raise DataError(
                f'The data of "{record.title}" is gone: there is no {source}. Bring it back or add it again.'
            )
        _touch(place)
        gone = f'The source of "{record.title}", {source}, is gone; the copy in the workspace is used.'
        return Copy(place, (*_problems(record), gone))
    if not unchanged(store, record):
        raise DataError(
            f'The data of "{record.title}" in {source} has changed since it was added. Add it again.'
        )
    if there:
        _touch(place)
        return Copy(place, _problems(record))
    folder = begin(store)
    try:
        found = _read(source, record.reader, record.options, folder, on_progress)
        if found["fingerprint"] != record.fingerprint:
            raise DataError(f'The data of "{record.title}" in {source} changed while it was read.')
        if found["schema"]["outputs"] != record.schema.get("outputs") or _measured_otherwise(
            found["schema"], record.schema
        ):
            raise DataError(
                f'The data of "{record.title}" is read in another way by this Workbench than when it was added: '
                "models made for it may not fit. Read it anew to go on with it."
            )
        _keep(store, folder, record, found)
    finally:
        abandon(folder)
    return Copy(place, _problems(record))


def _measured_otherwise(found: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether what leads numbers back to the units of the data has become another, more than by rounding."""
    now = _scales(found)
    return any(
        abs(mean - now[name][0]) > std / 1_000 or abs(std - now[name][1]) > std / 1_000
        for name, (mean, std) in _scales(before).items()
        if name in now
    )


def _scales(schema: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    facts = schema.get("facts", {})
    target = {"": (facts["target_mean"], facts["target_std"])} if "target_std" in facts else {}
    return {**target, **{name: (mean, std) for name, (mean, std) in schema.get("scales", {}).items()}}


def first_items(store: Store, dataset: str, split: str, count: int) -> list[dict[str, Any]]:
    """The first items of a split of a dataset or sample, as the readers' process shows them."""
    record = next((each for each in store.datasets() if each.id == dataset), None)
    folder = f"sample:{dataset}" if record is None else str(kept(store, record).folder)
    asked = {"split": split, "places": [0, count]}
    answer = reading.ask({"do": "show", "path": dataset, "folder": folder, "ask": [asked]})
    if "error" in answer:
        raise DataError(str(answer["error"]))
    return list(answer["items"])


def unchanged(store: Store, record: DatasetRecord) -> bool:
    """Whether a dataset's source is what it was when it was read.

    Its content is looked at only where its files are others, or have other times, than when that was last done.
    """
    stamp = copy_folder(store, record) / _STAMP
    known = ""
    with suppress(OSError, UnicodeDecodeError):  # there is none
        known = stamp.read_text("utf-8")
    if stamps.holds(known):
        return True
    request = {"do": "mark", "path": record.source, "reader": record.reader, "options": record.options}
    said = reading.ask({**request, "stamp": known})
    if said["mark"] not in ("", record.fingerprint):
        return False
    _note(stamp, said)
    return True


def _note(stamp: Path, said: Mapping[str, Any]) -> None:
    # Where there is no copy, or it may only be read, the content is looked at each time.
    with suppress(OSError):
        stamp.write_text(str(said.get("stamp", "")), "utf-8")


def copy_folder(store: Store, record: DatasetRecord) -> Path:
    """Where the decoded copy of a dataset is, or would be."""
    facts = [COPY_FORMAT, record.fingerprint, record.reader, record.options]
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]
    return store.files / FOLDER / key


def cache_size(store: Store) -> int:
    """Bytes that the decoded copies take."""
    return sum(size for _, size, _ in _copies(store))


def remove_copy(store: Store, record: DatasetRecord) -> int:
    """Removes the decoded copy of one dataset and gives the bytes set free; it is made again when it is needed."""
    folder = copy_folder(store, record)
    before = copy_size(store, record)
    _drop(folder)
    return before - copy_size(store, record)


def copy_size(store: Store, record: DatasetRecord) -> int:
    """Bytes of the decoded copy of one dataset; 0 where there is none."""
    folder = copy_folder(store, record)
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:  # there is none, or it is being cleared at this moment
        return 0


def clear_cache(store: Store, down_to: int = 0) -> int:
    """Removes decoded copies, those unused for longest first, until they take at most so many bytes.

    Gives the number of bytes set free.  Sources stay untouched; a run that uses a copy keeps it open.
    """
    copies = sorted(_copies(store))
    total = sum(size for _, size, _ in copies)
    freed = 0
    for _, size, folder in copies:
        if total - freed <= down_to:
            break
        _drop(folder)
        freed += size if not folder.exists() else 0
    return freed


def _copies(store: Store) -> list[tuple[float, int, Path]]:
    """When each copy was last used, its bytes, its folder."""
    root = store.files / FOLDER
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        with suppress(OSError):  # another process may be clearing
            used = folder.stat().st_mtime
            if folder.name.startswith(_NEW) and time.time() - used < _ABANDONED:
                continue  # somebody is reading into it
            found.append((used, sum(file.stat().st_size for file in folder.iterdir()), folder))
    return found


def _keep(store: Store, folder: Path, record: DatasetRecord, found: Mapping[str, Any]) -> None:
    """Gives a finished copy its name; another process may have been faster with the same one."""
    _note(folder / _STAMP, found)
    place = copy_folder(store, record)
    if place.exists():
        _drop(place)
    with suppress(OSError):
        folder.rename(place)
    if not (place / "content.json").is_file():
        raise DataError(f"The copy of the data could not be kept in {place}.")
    _touch(place)  # reading took its time: the copies used meanwhile are not newer than this one
    limit = store.setting(LIMIT_SETTING, DEFAULT_LIMIT_GB)
    size = float(limit) if isinstance(limit, int | float) else DEFAULT_LIMIT_GB
    own = sum(file.stat().st_size for file in place.iterdir())
    clear_cache(store, max(own, int(size * 2**30)))


def _drop(copy: Path) -> None:
    """Removes a copy.  Its name goes first: ended in the middle, this leaves no half copy that looks whole."""
    with suppress(OSError):  # there is none, another process was faster, or on Windows a run has it open
        nameless = copy.with_name(f"{_NEW}{uuid.uuid4().hex}")
        copy.rename(nameless)
        shutil.rmtree(nameless, ignore_errors=True)


def _touch(place: Path) -> None:
    with suppress(OSError):  # a workspace that can only be read is used all the same
        os.utime(place)


def _problems(record: DatasetRecord) -> tuple[str, ...]:
    problems = record.details.get("problems")
    return tuple(str(problem) for problem in problems) if isinstance(problems, list) else ()


def _record(source: Path, options: dict[str, Any], found: Mapping[str, Any]) -> DatasetRecord:
    return DatasetRecord(
        id=found["id"],
        title=found["title"],
        source=str(source),
        reader=found["reader"],
        options=options,
        schema=found["schema"],
        splits=found["splits"],
        fingerprint=found["fingerprint"],
        created=time.time(),
        # Classes as the reader names them: by these the names that people give are found again.
        details={
            **{key: found[key] for key in ("problems", "figures", "understood", "choices", "layout")},
            "labels": found["schema"].get("labels"),
            # As a form shows them: what was noticed and understood is told in these words.
            "options": found.get("options", []),
        },
    )


def _read(
    source: Path,
    reader: str,
    options: Mapping[str, object],
    folder: Path,
    on_progress: Progress | None,
    name: str = "",
) -> dict[str, Any]:
    request = {"do": "read", "path": str(source), "reader": reader, "options": dict(options)}
    return reading.ask({**request, "into": str(folder), "name": name}, on_progress)
