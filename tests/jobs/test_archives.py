"""Archives of public sets: unpacked whole or not at all, never outside their folder, bounded in size and number."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from workbench.core.errors import DataError
from workbench.jobs.archives import unpack

Make = Callable[[Path, Mapping[str, bytes]], None]


def zipped(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def tarred(path: Path, files: Mapping[str, bytes], packed: str = "gz") -> None:
    with tarfile.open(path, cast("Any", f"w:{packed}")) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def tarred_bz2(path: Path, files: Mapping[str, bytes]) -> None:
    tarred(path, files, "bz2")


def tarred_xz(path: Path, files: Mapping[str, bytes]) -> None:
    tarred(path, files, "xz")


def opened(archive: Path, target: Path, **limits: int) -> None:
    unpack(archive, target, progress=lambda files, written: None, spare=2**20, **limits)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "place" / "set"


def refused(archive: Path, target: Path, words: str, **limits: int) -> None:
    """Is refused with these words, and leaves what was there, and nothing else anywhere."""
    target.mkdir(parents=True)
    (target / "before").write_bytes(b"kept")
    around = set(target.parent.parent.rglob("*"))
    with pytest.raises(DataError, match=words):
        opened(archive, target, **limits)
    assert tree(target) == {"before": b"kept"}
    assert set(target.parent.parent.rglob("*")) == around


@pytest.mark.parametrize("make", [zipped, tarred, tarred_bz2, tarred_xz])
def test_what_lies_in_one_folder_comes_without_it(tmp_path: Path, target: Path, make: Make) -> None:
    make(tmp_path / "a", {"SET/a.txt": b"1", "SET/deep/b.txt": b"22"})
    seen: list[tuple[int, int]] = []
    unpack(tmp_path / "a", target, progress=lambda *counts: seen.append(counts), spare=2**20)
    assert tree(target) == {"a.txt": b"1", "deep/b.txt": b"22"} and seen == [(1, 1), (2, 3)]
    assert [path.name for path in target.parent.iterdir()] == ["set"]


@pytest.mark.parametrize("make", [zipped, tarred])
def test_what_was_there_before_is_replaced(tmp_path: Path, target: Path, make: Make) -> None:
    make(tmp_path / "a", {"./a.txt": b"1", "b/c.txt": b"2"})
    target.mkdir(parents=True)
    (target / "old").touch()
    opened(tmp_path / "a", target)
    assert tree(target) == {"a.txt": b"1", "b/c.txt": b"2"}


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize(
    "name", ["../out", "a/../../out", "/tmp/out", "a/../b", "x\\..\\out", "n" * 201, "/".join("a" * 20)]
)
def test_tricks_with_paths(tmp_path: Path, target: Path, make: Make, name: str) -> None:
    make(tmp_path / "a", {"good.txt": b"1", name: b"out"})
    refused(tmp_path / "a", target, "wants to write to")


@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_bomb(tmp_path: Path, target: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.jobs.archives._SMALL", 2**20)
    make(tmp_path / "a", {"a": bytes(4 * 2**20)})
    refused(tmp_path / "a", target, r"unpacks to more than 1,0\d\d,\d\d\d bytes from \d,\d\d\d")


@pytest.mark.parametrize("make", [zipped, tarred])
def test_too_many_files(tmp_path: Path, target: Path, make: Make) -> None:
    make(tmp_path / "a", {str(number): b"" for number in range(12)})
    refused(tmp_path / "a", target, "more than 10 files", most_files=10)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_no_file_at_all(tmp_path: Path, target: Path, make: Make) -> None:
    make(tmp_path / "a", {})
    refused(tmp_path / "a", target, "holds no file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_stands_there_twice(tmp_path: Path, target: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    refused(tmp_path / "a", target, "holds a twice")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar(tmp_path: Path, target: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "a", "w") as archive:
        entry = tarfile.TarInfo("link")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    refused(tmp_path / "a", target, "holds link, which is a link or no plain file")


def test_a_link_in_a_zip(tmp_path: Path, target: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    refused(tmp_path / "a", target, "holds link, which is a link")


@pytest.mark.parametrize("make", [zipped, tarred, tarred_bz2, tarred_xz])
def test_a_damaged_archive(tmp_path: Path, target: Path, make: Make) -> None:
    noise = bytes(number * number % 251 for number in range(50_000))
    make(tmp_path / "a", {"a": noise, "b": noise[::-1]})
    content = bytearray((tmp_path / "a").read_bytes())
    content[len(content) // 3 : len(content) // 3 + 60] = bytes(60)
    (tmp_path / "a").write_bytes(content)
    refused(tmp_path / "a", target, r"damaged archive|is damaged")


@pytest.mark.parametrize("make", [zipped, tarred, tarred_bz2, tarred_xz])
def test_a_cut_off_archive(tmp_path: Path, target: Path, make: Make) -> None:
    make(tmp_path / "a", {"a": bytes(number * number % 251 for number in range(50_000)), "b": b"2"})
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(content[: len(content) * 2 // 3])
    refused(tmp_path / "a", target, r"damaged")


def test_what_is_no_archive(tmp_path: Path, target: Path) -> None:
    (tmp_path / "a").write_bytes(b"just text")
    refused(tmp_path / "a", target, "neither a zip nor a tar archive")


def test_a_full_disk(tmp_path: Path, target: Path) -> None:
    zipped(tmp_path / "a", {"a": b"1"})
    target.parent.mkdir()
    with pytest.raises(DataError, match=r"The disk is nearly full: .*place\. a could not be unpacked"):
        unpack(tmp_path / "a", target, progress=lambda files, written: None, spare=2**60)
    assert list(target.parent.iterdir()) == []
