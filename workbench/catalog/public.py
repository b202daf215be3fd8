"""The public data sets that Workbench knows where to fetch: what they are, whose, and what their files must be.

Reads `resources/catalogue.json`, or a list of the same form. Nothing here opens a connection.
Standard library only.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from workbench.core.errors import DataError
from workbench.core.resources import resource

FORMAT = 1
_HASH = re.compile(r"(?:sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})?")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file. `hash` is "sha256:…" or "md5:…", "" where nobody has pinned it; `bytes` is 0 where not known."""

    name: str
    bytes: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class PublicSet:
    """One data set and how it is fetched.

    `mirrors` are addresses that end in “/” and under which the files lie. `members` are files that must be in what
    the one archive unpacks to; a set without members is read as it is. `reader` is "" where it is to be detected.
    `classes` are the names of classes that the files only number, by these numbers.
    """

    id: str
    title: str
    kind: str
    items: str
    description: str
    licence: str
    citation: str
    page: str
    files: tuple[PublicFile, ...]
    mirrors: tuple[str, ...]
    members: tuple[PublicFile, ...] = ()
    reader: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    about: int = 0

    @property
    def bytes(self) -> int:
        """What is to be fetched: exact where every file's size is known, else about that; 0 where nobody knows."""
        return sum(file.bytes for file in self.files) if self.exact else self.about

    @property
    def exact(self) -> bool:
        """Whether the size of every file is known."""
        return all(file.bytes for file in self.files)

    @property
    def pinned(self) -> bool:
        """Whether the content of every file is known beforehand."""
        return all(file.hash for file in self.files)

    def addresses(self, file: PublicFile, mirrors: Sequence[str] = ()) -> tuple[str, ...]:
        """Where a file can be had, the person's own `mirrors` first."""
        bases = dict.fromkeys((*(mirror_base(mirror) for mirror in mirrors), *self.mirrors))
        return tuple(base + quote(file.name, safe="/+") for base in bases)


def mirror_base(address: str) -> str:
    """The address of a mirror with its closing “/”. Raises DataError where it is no http or https address."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_fits = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_fits:
        raise DataError(
            f"“{address}” is no address of a mirror; write it as https://example.org/folder/. "
            "Files that are on this machine already are taken as a local copy (--from)."
        )
    if parts.query or parts.fragment:
        raise DataError(f"The address of a mirror is a folder, without “?” and “#”: {address}.")
    return address if address.endswith("/") else address + "/"


def public_sets(path: Path | None = None) -> Mapping[str, PublicSet]:
    """The catalogue by id, in its order; `path` names another list of the same form.

    Raises DataError with what is wrong in the list.
    """
    return _read(path or resource("catalogue.json"))


def find_public(id: str, path: Path | None = None) -> PublicSet:
    """The data set of that id, in whatever case it is written. Raises DataError with the ids that there are."""
    sets = public_sets(path)
    wanted = re.sub(r"[\s_]+", "-", id.strip().lower())
    plain = {name.replace("-", ""): name for name in sets}
    name = wanted if wanted in sets else plain.get(wanted.replace("-", ""), "")
    if not name:
        raise DataError(f"The catalogue has no “{id}”; it has {', '.join(sets)}.")
    return sets[name]


@cache
def _read(path: Path) -> Mapping[str, PublicSet]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"The catalogue {path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise DataError(f"The catalogue {path} is no JSON: {error}.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("sets"), list):
        raise DataError(f"{path} is no catalogue of format {FORMAT}: it needs “format” and a list “sets”.")
    found: dict[str, PublicSet] = {}
    for number, entry in enumerate(data["sets"][:_MOST], 1):
        place = f"{path}, set {number}"
        if not isinstance(entry, dict):
            raise DataError(f"{place} is no table of names and values.")
        one = _set(entry, place)
        if one.id in found:
            raise DataError(f"{place}: the id “{one.id}” stands there twice.")
        found[one.id] = one
    return found


def _set(entry: Mapping[str, Any], place: str) -> PublicSet:
    texts = {
        name: _text(entry, name, place)
        for name in ("id", "title", "kind", "items", "description", "licence", "citation", "page")
    }
    if not _ID.fullmatch(texts["id"]):
        raise DataError(f"{place}: the id “{texts['id']}” may have small letters, digits and “-” only.")
    place = f"{place} ({texts['id']})"
    files = _files(entry.get("files"), "files", place)
    members = _files(entry.get("members", []), "members", place)
    if not files or (members and len(files) > 1):
        raise DataError(f"{place} needs files, and exactly one, an archive, where it has members.")
    options, classes = entry.get("options", {}), entry.get("classes", {})
    about = entry.get("about", 0)
    mirrors = entry.get("mirrors")
    if not isinstance(options, dict) or not isinstance(about, int) or not isinstance(mirrors, list):
        raise DataError(f"{place}: “options” is a table, “about” a number of bytes, “mirrors” a list.")
    if not isinstance(classes, dict) or not all(
        isinstance(name, str) and name.strip() for name in classes.values()
    ):
        raise DataError(
            f"{place}: “classes” is a table of the numbers in the files and the names of classes."
        )
    return PublicSet(
        **texts,
        files=files,
        mirrors=tuple(mirror_base(str(mirror)) for mirror in mirrors),
        members=members,
        reader=str(entry.get("reader", "")),
        options={str(name): str(value) for name, value in options.items()},
        classes=classes,
        about=about,
    )


def _files(entries: object, what: str, place: str) -> tuple[PublicFile, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DataError(f"{place}: “{what}” is not a list of files.")
    files = tuple(
        PublicFile(_text(entry, "name", place), _size(entry, place), str(entry.get("hash", "")))
        for entry in entries
    )
    for file in files:
        path = PurePosixPath(file.name)
        if (
            path.is_absolute()
            or any(part in ("", ".", "..") for part in file.name.split("/"))
            or "\\" in file.name
        ):
            raise DataError(f"{place}: “{file.name}” is no name of a file inside the set.")
        if not _HASH.fullmatch(file.hash):
            raise DataError(f"{place}: the hash of {file.name} is neither sha256:… nor md5:….")
    if len({file.name.lower() for file in files}) < len(files):
        raise DataError(f"{place}: a file stands twice in “{what}”.")
    return files


def _size(entry: Mapping[str, Any], place: str) -> int:
    size = entry.get("bytes", 0)
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise DataError(f"{place}: the size of {entry.get('name')} is no number of bytes.")
    return size


def _text(entry: Mapping[str, Any], name: str, place: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"{place} lacks the text “{name}”.")
    return value
