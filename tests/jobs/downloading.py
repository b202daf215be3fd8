"""A person who downloads a set of one file from a server on this machine."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.site import (
    Site,
)
from workbench.catalog.public import PublicFile, PublicSet
from workbench.core.errors import DataError
from workbench.jobs.download import Download, Reporter
from workbench.jobs.downloads import offer_of
from workbench.jobs.fetch import Fetcher

CONTENT = bytes(range(256)) * 400  # 102,400 bytes
HALF = len(CONTENT) // 2
OTHER = bytes(len(CONTENT))
PAGE = b"<!DOCTYPE html><title>Log in</title>" * 9


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Person:
    """Asks for a set of one file `a.bin`, and keeps what was said meanwhile."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.folder = folder / "downloads"
        self.set = PublicSet(
            "tiny", "Tiny set", "table", "3 rows", "Rows.", "MIT", "Nobody.", "https://example.org/",
            (PublicFile("a.bin", len(CONTENT), digest(CONTENT)),), (site.url,),
        )  # fmt: skip
        self.said: list[dict[str, Any]] = []

    def unpinned(self, size: int = 0) -> "Person":
        self.set = replace(self.set, files=(PublicFile("a.bin", size),))
        return self

    def download(self, mirrors: Sequence[str] = (), **options: Any) -> None:
        reporter = Reporter(self.said.append)
        fetcher = Fetcher(
            progress=reporter.progress, note=reporter.note, **{"silence": 0.4, "waits": (0.0, 0.0), **options}
        )
        Download(self.set, self.folder, reporter, fetcher).run(mirrors)

    def refused(self, words: str, mirrors: Sequence[str] = (), **options: Any) -> str:
        """Downloads, is refused with these words, and nothing has the name of a whole file."""
        with pytest.raises(DataError, match=words) as caught:
            self.download(mirrors, **options)
        assert self.whole() == [] and offer_of(self.set, self.folder).state != "here"
        text = str(caught.value)
        assert text[-1] in ".?" and "Error(" not in text and "object at" not in text and "urllib3" not in text
        return text

    def whole(self) -> list[str]:
        """Whatever a reader would find."""
        return [path.name for path in (self.folder / "tiny").rglob("*") if path.is_file()]

    def content(self) -> bytes:
        assert self.whole() == ["a.bin"]
        return (self.folder / "tiny" / "a.bin").read_bytes()

    def left(self) -> int:
        """Bytes that the next download needs not fetch."""
        part = self.folder / ".parts" / "tiny" / "a.bin.part"
        return part.stat().st_size if part.exists() else 0

    def notes(self) -> str:
        return " ".join(said["text"] for said in self.said if said["event"] == "note")
