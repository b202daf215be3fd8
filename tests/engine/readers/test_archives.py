import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.readers import archives, images
from workbench.engine.readers.reader import Reading


def png(level: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (4, 3), level).save(stream, "PNG")
    return stream.getvalue()


PICTURES = {
    f"pets/{label}/{i}.png": png(100 * (label == "dog") + i) for label in ("cat", "dog") for i in range(6)
}


def packed(path: Path, members: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    pack: dict[str, Callable[[bytes], bytes]] = {
        ".tgz": gzip.compress,
        ".gz": gzip.compress,
        ".xz": lzma.compress,
        ".bz2": bz2.compress,
    }
    path.write_bytes(pack.get(path.suffix, bytes)(plain.getvalue()))
    return path


@pytest.mark.parametrize("name", ["p.zip", "p.tar", "p.tar.gz", "p.tgz", "p.tar.xz", "p.tar.bz2"])
def test_pictures_are_read_inside_of_an_archive(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, PICTURES | {"__MACOSX/pets/cat/0.png": b"x", "pets/.hidden.png": b"x"})
    data = detected(path)
    assert (data.reader, data.schema.labels, data.problems) == ("images", ("cat", "dog"), ())
    assert data.tensors["label"].tolist() == (data.tensors["image"][:, 0, 0, 0] >= 100).long().tolist()
    assert data.schema.items == 12
    assert os.listdir(tmp_path) == [name]


def test_what_a_packed_tar_unpacks_to_is_gone_afterwards(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.tar.gz", PICTURES)
    (tmp_path / "copy").mkdir()
    images.read(path, Reading(folder=tmp_path / "copy"))
    assert os.listdir(tmp_path / "copy") == ["image.npy"]


@pytest.mark.parametrize("name", ["p.tar.gz", "p.tar.xz", "p.tar.bz2"])
def test_a_packed_tar_that_is_damaged_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, {f"pets/{i}.png": os.urandom(5_000) for i in range(20)})
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 60] = bytes(60)
    path.write_bytes(damaged)
    with pytest.raises(DataError, match=r"p\.tar\.\w+ is a damaged archive .*Fetch it again"):
        images.read(path, Reading())


@pytest.mark.parametrize("name", ["p.zip", "p.tar"])
def test_names_that_lead_outside_are_left_out(tmp_path: Path, name: str) -> None:
    tricks = ("../cat/a.png", "/cat/b.png", "pets/../../c.png", "C:/cat/d.png", "cat\\..\\e.png")
    path = packed(tmp_path / name, PICTURES | dict.fromkeys(tricks, png(9)))
    data = loaded(images.read, path)
    assert data.schema.items == 12
    assert len(data.problems) == len(tricks)
    assert all("leads out of it" in problem for problem in data.problems)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["p.zip", "p.tar.gz"])
def test_bombs_are_left_out(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_HARMLESS", 100_000)
    path = packed(tmp_path / name, PICTURES | {"pets/cat/bomb.png": bytes(3_000_000)})
    if name == "p.zip":
        data = loaded(images.read, path)
        assert data.schema.items == 12
        assert "bomb.png in" in data.problems[0] and "would unpack from" in data.problems[0]
        return
    with pytest.raises(DataError, match="unpacks to more than"):
        loaded(images.read, path)


def test_links_and_locked_files_are_left_out(tmp_path: Path) -> None:
    with tarfile.open(packed(tmp_path / "p.tar", PICTURES), "a") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("pets/cat/link.png")
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    data = loaded(images.read, tmp_path / "p.tar")
    assert data.schema.items == 12
    assert len(data.problems) == 3 and "link.png in" in data.problems[0] and "is a link" in data.problems[0]
    with zipfile.ZipFile(packed(tmp_path / "p.zip", PICTURES), "a") as archive:
        info = zipfile.ZipInfo("pets/cat/link.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "is a link and left out" in loaded(images.read, tmp_path / "p.zip").problems[0]


@pytest.mark.parametrize("name", ["p.zip", "p.tar", "p.tar.gz", "p.tar.xz"])
def test_damaged_archives_are_named(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / name, PICTURES)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 7])
    with pytest.raises(DataError) as caught:
        loaded(images.read, path)
    assert str(path) in str(caught.value)


def test_a_damaged_member_is_named_and_the_others_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", PICTURES)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("pets/cat/3.png")
    content = bytearray(path.read_bytes())
    content[info.header_offset + 60] ^= 255
    path.write_bytes(content)
    data = loaded(images.read, path)
    assert sum(data.sizes.values()) == 11
    assert "pets/cat/3.png is no readable picture" in data.problems[0]


def test_an_archive_of_something_else_does_not_suit(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", {"a.docx": b"x", "b.docx": b"x", "c.docx": b"y", "d.png": png(1)})
    with pytest.raises(DataError, match="can be read as it is packed"):
        detected(path)
    with pytest.raises(DataError, match="single file; name the folder"):
        loaded(images.read, Path(__file__))


def test_a_member_without_a_name_is_passed_over(tmp_path: Path) -> None:
    path = packed(tmp_path / "p.zip", PICTURES | {"Z": b"x"})
    path.write_bytes(path.read_bytes().replace(b"Z", b"\0"))
    assert detected(path).schema.items == 12
