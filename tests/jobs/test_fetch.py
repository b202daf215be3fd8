"""Fetching public sets: whole, right by length and hash, by mirrors, with room on the disk, whatever a server does."""

import shutil
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.jobs.downloading import CONTENT, HALF, OTHER, PAGE, Person, digest
from tests.jobs.site import (
    Answer,
    Site,
    babbles,
    chunks,
    gives,
    hangs_up,
    leads,
    status,
    without_length,
)
from workbench.catalog.public import PublicFile
from workbench.core.errors import DataError
from workbench.jobs.downloads import offer_of
from workbench.jobs.fetch import SPARE


def test_a_whole_file_arrives_under_its_name(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT))
    person.download()
    assert person.content() == CONTENT
    found = offer_of(person.set, person.folder)
    assert (found.state, found.have, found.hash) == ("here", len(CONTENT), "pinned")
    assert found.path == person.folder / "tiny"
    assert list((person.folder / ".parts" / "tiny").iterdir()) == []
    events = [said["event"] for said in person.said]
    assert events[0] == "start" and events[-2:] == ["check", "done"] and "progress" in events
    last = [said for said in person.said if said["event"] == "progress"][-1]
    assert (last["done"], last["bytes"], last["all_bytes"]) == (len(CONTENT), len(CONTENT), len(CONTENT))


def test_what_is_here_is_not_asked_for_again(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT))
    person.download()
    person.download()
    (person.folder / "tiny.json").unlink()  # the note is lost, the file speaks for itself
    person.download()
    assert len(site.asked) == 1 and offer_of(person.set, person.folder).state == "here"


def test_a_file_that_was_spoilt_here_is_fetched_again(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT))
    person.download()
    (person.folder / "tiny" / "a.bin").write_bytes(b"spoilt")
    found = offer_of(person.set, person.folder)
    assert found.state == "absent" and found.problem.endswith("a.bin has changed since it was checked.")
    person.download()
    assert person.content() == CONTENT


def test_another_content_is_refused_after_a_second_try(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(bytes(len(CONTENT))))
    text = person.refused("is not a.bin as it is known")
    assert site.url + "a.bin" in text and "nothing was kept" in text
    assert len(site.asked) == 2 and person.left() == 0


def test_the_next_mirror_helps(site: Site, person: Person) -> None:
    site.on("/one/a.bin", status(404))
    site.on("/two/a.bin", gives(bytes(len(CONTENT))))
    site.on("/a.bin", gives(CONTENT))
    person.download([site.url + "one", site.url + "two/"])
    assert person.content() == CONTENT
    assert [path for path, _ in site.asked] == ["/one/a.bin", "/two/a.bin", "/two/a.bin", "/a.bin"]
    assert "does not have the file" in person.notes() and "The next address is tried." in person.notes()


def test_all_mirrors_are_told_of_when_none_helps(site: Site, person: Person) -> None:
    site.on("/a.bin", status(403))
    person.refused(
        r"None of the 2 addresses gives a\.bin.*one/a\.bin does not have.*does not give", [site.url + "one"]
    )


def test_a_fault_that_passes(site: Site, person: Person) -> None:
    site.on("/a.bin", status(500), status(503), gives(CONTENT))
    person.download()
    assert person.content() == CONTENT


def test_another_length_than_the_catalogue_has_is_refused_before_it_is_fetched(
    site: Site, person: Person
) -> None:
    site.on("/a.bin", gives(CONTENT + b"more"))
    person.refused("announces 102,404 bytes for a.bin, which has 102,400")
    assert person.left() == 0


def test_more_than_it_should_be_is_cut_off(site: Site, person: Person) -> None:
    site.on("/a.bin", chunks(CONTENT * 3))
    person.refused("sends more than the 102,400 bytes")


def test_without_a_length_an_end_can_be_no_end(site: Site, person: Person) -> None:
    site.on("/a.bin", without_length(CONTENT[:HALF]))
    person.unpinned().refused("does not say how long a.bin is")


def test_with_a_hash_a_length_is_not_needed(site: Site, person: Person) -> None:
    person.set = replace(person.set, files=(PublicFile("a.bin", 0, digest(CONTENT)),))
    site.on("/a.bin", without_length(CONTENT))
    person.download()
    assert person.content() == CONTENT


def test_the_hash_of_a_first_download_is_kept_and_compared(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT))
    assert offer_of(person.unpinned().set, person.folder).hash_text.startswith(
        "not pinned: the hash of the first"
    )
    person.download()
    assert "not pinned: the hash of the first download is kept" in person.notes()
    assert offer_of(person.set, person.folder).hash == "kept"
    (person.folder / "tiny" / "a.bin").unlink()
    site.on("/a.bin", gives(bytes(reversed(CONTENT))))
    text = person.refused("It has changed since the first download")
    note = person.folder / "tiny.json"
    assert f"delete {note}" in text
    note.unlink()
    person.download()
    assert person.content() == bytes(reversed(CONTENT))


def test_a_full_disk_is_seen_before(site: Site, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    site.on("/a.bin", gives(CONTENT))
    person.refused("bytes free in .*102,400 are still to come", free=lambda folder: SPARE + 1000)
    person.unpinned().refused("The disk has 9 bytes free", free=lambda folder: 9)
    usage = type("Usage", (), {"free": 5000})
    monkeypatch.setattr("workbench.jobs.download.shutil.disk_usage", lambda path: usage)
    person.set = replace(person.set, files=(PublicFile("a.bin", len(CONTENT), digest(CONTENT)),))
    asked = len(site.asked)
    person.refused("Tiny set needs 102,400 bytes and the disk has 5,000 free")
    assert len(site.asked) == asked


_ANSWERS: list[Answer] = [
    status(500), status(404), status(416), hangs_up, babbles, leads("/other"), leads("/a.bin"),
    leads("file:///etc/passwd"), gives(PAGE), gives(PAGE, kind="text/html"), gives(CONTENT), gives(CONTENT, until=1),
    gives(CONTENT, until=HALF), gives(CONTENT, until=HALF, etag='W/"weak"'), gives(CONTENT, until=HALF, etag=""),
    gives(CONTENT, until=HALF, ranges=False), gives(OTHER, until=HALF, etag='"other"'),
    gives(OTHER, etag="", ranges_blindly=True), gives(OTHER, etag='"other"', ranges_blindly=True),
    gives(CONTENT[:HALF], etag='"short"'), gives(CONTENT, announce=HALF), gives(CONTENT, announce=len(CONTENT) + 9),
    chunks(CONTENT), chunks(CONTENT, whole=False), without_length(CONTENT[:HALF]),
    gives(CONTENT, headers={"Content-Range": "bytes 5-9/10"}),
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(st.sampled_from(_ANSWERS), min_size=1, max_size=8), pinned=st.booleans())
def test_whatever_a_server_does_a_file_is_whole_or_not_there(
    site: Site, tmp_path_factory: pytest.TempPathFactory, answers: list[Answer], pinned: bool
) -> None:
    person = Person(site, tmp_path_factory.mktemp("person"))
    right = {CONTENT} if pinned else {CONTENT, OTHER, CONTENT[:HALF]}  # each of them is whole
    if not pinned:
        person.unpinned()
    site.on("/a.bin", *answers)
    site.on("/other", gives(CONTENT))
    for _ in range(3):
        try:
            person.download()
        except DataError:
            assert person.whole() == []
        else:
            assert person.content() in right
            break
    shutil.rmtree(person.folder)
