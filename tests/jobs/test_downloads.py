"""Which public sets are here, whence, and how the person's own copies and archives become such."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engine.readers import published
from tests.jobs.site import gives, served
from workbench.catalog.public import PublicFile, PublicSet, find_public, public_sets
from workbench.core.errors import DataError
from workbench.jobs.download import Download, Reporter
from workbench.jobs.downloads import (
    Record,
    add_downloaded,
    downloads_folder,
    fetched,
    offer,
    offer_of,
    offers,
    set_folder,
    write_record,
)
from workbench.jobs.fetch import Fetcher
from workbench.store.store import Store

FILES = {"x.csv": b"a,b\n1,2\n", "y.csv": b"a,b\n3,4\n"}

Run = Callable[..., list[dict[str, Any]]]


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def pinned(files: dict[str, bytes]) -> tuple[PublicFile, ...]:
    return tuple(PublicFile(name, len(content), sha256(content)) for name, content in files.items())


TINY = PublicSet(
    "tiny",
    "Tiny set",
    "table",
    "3 rows",
    "Rows.",
    "MIT",
    "Nobody.",
    "https://example.org/",
    pinned(FILES),
    (),
)
ONE = replace(TINY, files=pinned({"x.csv": FILES["x.csv"]}))
LOOSE = replace(TINY, files=(PublicFile("x.csv"), PublicFile("y.csv")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


@pytest.fixture
def run(folder: Path) -> Run:
    """Takes a local copy, or downloads, in this process; gives what was said."""

    def run(one: PublicSet, local: Path | None = None, mirrors: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        reporter = Reporter(said.append)
        fetcher = Fetcher(progress=reporter.progress, note=reporter.note, waits=(), silence=2)
        Download(one, folder, reporter, fetcher).run(mirrors, local)
        return said

    return run


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The person's own folder."""
    place = tmp_path / "mine"
    place.mkdir()
    for name, content in FILES.items():
        (place / name).write_bytes(content)
    return place


def test_nothing_is_here_at_first(folder: Path) -> None:
    found = offers(folder)
    assert [each.set.id for each in found] == list(public_sets())
    assert {each.state for each in found} == {"absent"} and not folder.exists()
    assert {each.set.id for each in found if each.hash == ""} == {"mutag", "proteins", "enzymes"}


def test_the_folder_is_the_persons_and_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert downloads_folder() == Path(os.environ["XDG_DATA_HOME"]) / "workbench" / "downloads"
    monkeypatch.setenv("WORKBENCH_DOWNLOADS", str(tmp_path))
    assert downloads_folder() == tmp_path


def test_asking_what_is_here_needs_no_network_library_and_no_database() -> None:
    code = (
        "import sys, workbench.jobs.downloads as d; d.offers(); "
        "print([m for m in ('requests', 'urllib3', 'pooch', 'torch', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_some_files_of_several_are_a_part(folder: Path) -> None:
    place = set_folder(folder, TINY)
    place.mkdir(parents=True)
    (place / "x.csv").write_bytes(FILES["x.csv"])
    assert offer_of(TINY, folder).state == "absent"  # nobody has checked it
    write_record(folder, TINY, Record({"x.csv": fetched(place / "x.csv", "00")}))
    found = offer_of(TINY, folder)
    assert (found.state, found.have, found.problem) == ("partly", 8, "")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"files": {"x": 1}}', '{"files": [], "hashes": {}, "local": ""}']
)
def test_a_note_that_cannot_be_understood_is_no_note(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "tiny.json").write_text(text, encoding="utf-8")
    assert offer_of(TINY, folder).state == "absent"


def test_a_local_folder_is_checked_and_used_where_it_is(folder: Path, own: Path, run: Run) -> None:
    said = run(TINY, own)
    found = offer_of(TINY, folder)
    assert (found.state, found.path, found.local, found.have) == ("here", own, True, 16)
    assert said[-1]["path"] == str(own) and [said["event"] for said in said] == [
        "start",
        "check",
        "check",
        "done",
    ]
    assert sorted(path.name for path in folder.iterdir()) == [".parts", "tiny.json"]  # nothing was copied


def test_a_local_file_is_used_where_it_is_under_any_name(folder: Path, own: Path, run: Run) -> None:
    (own / "x.csv").rename(own / "renamed.csv")
    run(ONE, own / "renamed.csv")
    found = offer_of(ONE, folder)
    assert (found.state, found.path) == ("here", own / "renamed.csv")


def test_one_file_in_a_folder_with_others_is_the_file(folder: Path, own: Path, run: Run) -> None:
    run(ONE, own)
    assert offer_of(ONE, folder).path == own / "x.csv"


def test_a_copy_is_found_where_other_tools_put_it(folder: Path, own: Path, run: Run) -> None:
    (own / "Tiny" / "raw").mkdir(parents=True)
    for name in FILES:
        (own / name).rename(own / "Tiny" / "raw" / name)
    run(TINY, own)
    assert offer_of(TINY, folder).path == own / "Tiny" / "raw"


def test_a_copy_with_another_content_is_refused_and_left(folder: Path, own: Path, run: Run) -> None:
    (own / "y.csv").write_bytes(b"a,b\n3,5\n")
    words = (
        r"mine/y\.csv is not y\.csv of Tiny set: its SHA-256 is [0-9a-f]{64}, but [0-9a-f]{64} is expected"
    )
    with pytest.raises(DataError, match=words):
        run(TINY, own)
    assert (own / "y.csv").read_bytes() == b"a,b\n3,5\n" and offer_of(TINY, folder).state == "absent"


def test_a_copy_of_another_size_is_refused_without_reading_it(own: Path, run: Run) -> None:
    (own / "y.csv").write_bytes(b"a")
    with pytest.raises(DataError, match=r"y\.csv has 1 bytes; y\.csv of Tiny set has 8"):
        run(TINY, own)


def test_an_md5_is_compared_where_that_is_what_is_pinned(folder: Path, own: Path, run: Run) -> None:
    md5 = hashlib.md5(FILES["x.csv"], usedforsecurity=False).hexdigest()
    one = replace(ONE, files=(PublicFile("x.csv", 0, f"md5:{md5}"),))
    run(one, own)
    assert offer_of(one, folder).state == "here"
    (own / "x.csv").write_bytes(b"other")
    with pytest.raises(DataError, match=f"its MD5 is [0-9a-f]{{32}}, but {md5} is expected"):
        run(one, own)


def test_what_a_copy_lacks_is_named(own: Path, run: Run, tmp_path: Path) -> None:
    (own / "y.csv").unlink()
    with pytest.raises(DataError, match=r"mine does not hold y\.csv, which Tiny set needs"):
        run(TINY, own)
    with pytest.raises(DataError, match=r"There is no file or folder .*nowhere"):
        run(TINY, tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"Tiny set is 2 files \(x\.csv, y\.csv\); name the folder"):
        run(TINY, own / "x.csv")


def test_what_is_here_as_a_copy_needs_no_download(folder: Path, own: Path, run: Run) -> None:
    run(TINY, own)
    assert [said["event"] for said in run(TINY)] == ["start", "done"]
    (own / "x.csv").unlink()
    with pytest.raises(DataError, match=r"The catalogue has no address for x\.csv; name one with --mirror"):
        run(TINY)


def test_a_copy_that_goes_or_changes_is_noticed(folder: Path, own: Path, run: Run) -> None:
    run(TINY, own)
    (own / "x.csv").write_bytes(b"a,b\n9,9\n")
    found = offer_of(TINY, folder)
    assert found.state == "partly" and found.problem == f"{own / 'x.csv'} has changed since it was checked."
    for name in FILES:
        (own / name).unlink()
    found = offer_of(TINY, folder)
    assert found.state == "absent" and found.problem == f"{own / 'x.csv'} is not there any more."


def test_a_copy_that_nobody_pinned_is_taken_as_it_is_and_remembered(
    folder: Path, own: Path, run: Run
) -> None:
    said = run(LOOSE, own)
    assert sum("taken as it is" in each.get("text", "") for each in said) == 2
    assert offer_of(LOOSE, folder).hash == "kept"
    (own / "x.csv").write_bytes(b"other")
    with pytest.raises(DataError, match=r"is not x\.csv of Tiny set"):
        run(LOOSE, own)


ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as _zip:
    for _name, _content in FILES.items():
        _zip.writestr(f"TINY/{_name}", _content)
PACKED = replace(
    TINY,
    files=pinned({"tiny.zip": ARCHIVE.getvalue()}),
    members=(PublicFile("x.csv", 0, sha256(FILES["x.csv"])), PublicFile("y.csv")),
)


def test_an_archive_is_fetched_unpacked_and_not_kept(folder: Path, run: Run) -> None:
    with served() as site:
        site.on("/tiny.zip", gives(ARCHIVE.getvalue()))
        run(PACKED, None, (site.url,))
        run(PACKED, None, (site.url,))
        assert len(site.asked) == 1
    found = offer_of(PACKED, folder)
    assert (found.state, found.path) == ("here", folder / "tiny")
    assert sorted(path.name for path in (folder / "tiny").iterdir()) == ["x.csv", "y.csv"]
    assert list((folder / ".parts" / "tiny").iterdir()) == []


def test_an_archive_that_nobody_pinned_and_that_is_damaged_is_fetched_anew(folder: Path, run: Run) -> None:
    loose = replace(PACKED, files=(PublicFile("tiny.zip"),))
    with served() as site:
        site.on("/tiny.zip", gives(b"PK" + bytes(300)), gives(ARCHIVE.getvalue(), etag='"two"'))
        with pytest.raises(DataError, match=r"tiny\.zip is neither a zip nor a tar archive, or is damaged"):
            run(loose, None, (site.url,))
        assert offer_of(loose, folder).state == "absent" and offer_of(loose, folder).hash == ""
        run(loose, None, (site.url,))
    assert offer_of(loose, folder).state == "here" and offer_of(loose, folder).hash == "kept"


@pytest.mark.parametrize("by_folder", [False, True])
def test_a_local_archive_is_unpacked_into_the_folder_of_downloads(
    folder: Path, tmp_path: Path, run: Run, by_folder: bool
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "tiny.zip").write_bytes(ARCHIVE.getvalue())
    run(PACKED, mine if by_folder else mine / "tiny.zip")
    found = offer_of(PACKED, folder)
    assert (found.state, found.path, found.local) == ("here", folder / "tiny", False)
    assert (mine / "tiny.zip").exists()


def test_an_unpacked_local_copy_is_used_where_it_is(folder: Path, own: Path, run: Run) -> None:
    run(PACKED, own)
    assert offer_of(PACKED, folder).path == own
    (own / "x.csv").write_bytes(b"other")
    with pytest.raises(DataError, match=r"is not x\.csv of Tiny set"):
        run(PACKED, own)


def test_an_archive_without_what_the_set_needs_is_another_one(folder: Path, own: Path, run: Run) -> None:
    wanting = replace(PACKED, members=(PublicFile("z.csv"),))
    with served() as site:
        site.on("/tiny.zip", gives(ARCHIVE.getvalue()))
        with pytest.raises(DataError, match=r"tiny\.zip lacks z\.csv: it is another archive"):
            run(wanting, None, (site.url,))
    assert not (folder / "tiny").exists() and offer_of(wanting, folder).state != "here"


def test_a_set_that_is_here_becomes_a_dataset(
    folder: Path, tmp_path: Path, own: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, store = find_public("titanic"), Store(tmp_path / "experiments.db")
    content = b"Survived,Age\n1,2\n"
    with pytest.raises(
        DataError, match=r"Titanic is not on this computer\. Fetch it with: workbench data download titanic"
    ):
        add_downloaded(store, "titanic", folder)
    place = set_folder(folder, names)
    place.mkdir(parents=True)
    (place / "train.csv").write_bytes(content)
    write_record(folder, names, Record({"train.csv": fetched(place / "train.csv", "00")}))
    added: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        "workbench.jobs.datasets.add_dataset", lambda *arguments, name: added.append((*arguments, name))
    )
    add_downloaded(store, "Titanic", folder)
    assert added == [(store, place, "table", {"target": "Survived"}, "Titanic")]
    store.close()


def test_classes_that_the_files_only_number_get_their_names(folder: Path, tmp_path: Path) -> None:
    one, store = find_public("fashion-mnist"), Store(tmp_path / "experiments.db")
    place = set_folder(folder, one)
    place.mkdir(parents=True)
    published.idx(place)
    files = {file.name: fetched(place / file.name, "00") for file in one.files}
    write_record(folder, one, Record(files))
    added = add_downloaded(store, "fashion-mnist", folder)
    assert added.record.title == "Fashion-MNIST" and added.record.splits["test"] == 20
    assert added.record == store.dataset(added.record.id)
    labels = added.record.schema["labels"]
    assert isinstance(labels, list) and labels[0] == "T-shirt/top" and labels[9] == "Ankle boot"
    assert add_downloaded(store, "fashion-mnist", folder).record.schema["labels"] == labels
    store.close()


def test_one_set_is_asked_for_by_its_name(folder: Path) -> None:
    assert offer("MNIST", folder).set.title == "MNIST"
