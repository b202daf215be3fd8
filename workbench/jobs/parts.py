"""What has arrived of a file: NAME.part, and NAME.part.json, which tells whether it can be continued."""

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError
from workbench.jobs.refusals import web_page


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a file beforehand. `size` is 0 where it is not; `hashed`: its content is checked afterwards."""

    name: str
    size: int = 0
    hashed: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the beginning of a file came from."""

    url: str
    etag: str
    modified: str
    size: int


class Part:
    """What has arrived of a file, and from where."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self._about = target.with_name(target.name + ".part.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def origin(self, url: str, wanted: Wanted) -> Origin | None:
        """Whence the part came if the same address can continue it; drops a part that cannot be continued."""
        origin = self._read()
        size = self.size
        if origin and origin.url == url and (origin.etag or origin.modified):
            fits = size <= (wanted.size or origin.size or size)
        else:  # only the hash can tell whether the two pieces belong together
            fits = wanted.hashed and size <= (wanted.size or size)
            origin = None
        if not fits:
            self.drop()
        return origin if fits else None

    def differs(self, url: str, headers: Mapping[str, str], total: int) -> bool:
        """Whether what the address gives now may not be what the part is the beginning of.

        One that had a mark of its content and gives none any more has not looked at it.
        """
        origin = self._read()
        if origin is None or origin.url != url:
            return False
        if total and origin.size and total != origin.size:
            return True
        if origin.etag:
            return headers.get("ETag", "") != origin.etag
        return headers.get("Last-Modified", "") != origin.modified

    def begin(self, origin: Origin) -> None:
        self.drop()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._about.write_text(json.dumps(asdict(origin)), encoding="utf-8")
        self.path.touch()

    def opened(self) -> Any:
        # Without a buffer, what was received is on the disk however this process ends.
        return self.path.open("ab", buffering=0)

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def finish(self, url: str) -> None:
        """Gives the whole file its name."""
        with self.path.open("rb") as file:
            head = file.read(256).lstrip().lower()
            os.fsync(file.fileno())
        if head.startswith((b"<!doctype html", b"<html")):
            self.drop()
            raise web_page(url)
        self.path.replace(self.target)
        self._about.unlink(missing_ok=True)

    def _read(self) -> Origin | None:
        try:
            data = json.loads(self._about.read_text(encoding="utf-8"))
            return Origin(str(data["url"]), str(data["etag"]), str(data["modified"]), int(data["size"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None


def write(file: Any, chunk: bytes, path: Path) -> None:
    """Writes all of it, or raises DataError."""
    view = memoryview(chunk)
    while view:
        try:
            view = view[file.write(view) :]
        except OSError as error:
            raise disk_error(error, path) from error


def disk_error(error: OSError, path: Path) -> DataError:
    """The sentence for a disk that does not take more."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DataError(
            f"The disk is full: {path.parent}. Make room and download again; what has come is kept."
        )
    return DataError(f"{path} cannot be written: {error.strerror or error}.")
