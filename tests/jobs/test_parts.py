"""Downloads that break off: taken up where they ended, and never pieced together from two contents."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.jobs.downloading import CONTENT, HALF, Person
from tests.jobs.site import Site, chunks, gives, leads, status
from workbench.jobs.downloads import offer_of
from workbench.jobs.parts import Part


@pytest.mark.parametrize("stall", [False, True])
def test_a_broken_or_stalled_line_is_taken_up_where_it_ended(site: Site, person: Person, stall: bool) -> None:
    site.on("/a.bin", gives(CONTENT, until=HALF, stall=stall), gives(CONTENT))
    person.download()
    assert person.content() == CONTENT
    assert site.ranges("/a.bin") == ["", f"bytes={HALF}-"]
    assert site.asked[1][1]["If-Range"] == '"one"'
    assert (
        "stopped sending" if stall else f"broke off after {HALF:,} of {len(CONTENT):,} bytes"
    ) in person.notes()


def test_a_server_that_stalls_for_good_leaves_a_part_for_next_time(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT, until=HALF, stall=True), gives(CONTENT, until=HALF, stall=True))
    person.refused("a.bin has stopped sending")
    found = offer_of(person.set, person.folder)
    assert (found.state, found.have) == ("partly", HALF) and person.left() == HALF
    site.on("/a.bin", gives(CONTENT))
    person.download()
    assert person.content() == CONTENT and site.ranges("/a.bin")[-1] == f"bytes={HALF}-"


def test_a_server_that_always_breaks_off_is_given_up(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT, until=HALF, ranges=False))
    person.refused("broke off after")
    assert len(site.asked) == 3 and "from its beginning again" in person.notes()


def test_a_server_without_ranges_begins_again(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT, until=HALF), gives(CONTENT, ranges=False))
    person.download()
    assert person.content() == CONTENT


@pytest.mark.parametrize("blindly", [False, True])
def test_what_changed_meanwhile_is_not_pieced_together(site: Site, person: Person, blindly: bool) -> None:
    other = bytes(reversed(CONTENT))
    site.on(
        "/a.bin",
        gives(other, etag='"old"', until=HALF),
        gives(CONTENT, etag='"new"', ranges_blindly=blindly),
        gives(CONTENT, etag='"new"'),
    )
    person.unpinned().download()
    assert person.content() == CONTENT


def test_a_server_that_forgets_the_mark_of_the_content_is_not_trusted(site: Site, person: Person) -> None:
    site.on(
        "/a.bin",
        gives(CONTENT, until=HALF),
        gives(bytes(len(CONTENT)), etag="", ranges_blindly=True),
        gives(CONTENT),
    )
    person.unpinned().download()
    assert person.content() == CONTENT and "has changed; what was there is dropped" in person.notes()


def test_a_part_from_one_mirror_goes_on_at_the_next_where_a_hash_is_known(site: Site, person: Person) -> None:
    site.on("/one/a.bin", gives(CONTENT, etag='"there"', until=HALF), status(404))
    site.on("/a.bin", gives(CONTENT))
    person.download([site.url + "one"])
    assert person.content() == CONTENT and site.ranges("/a.bin") == [f"bytes={HALF}-"]


def test_a_part_from_one_mirror_is_dropped_at_the_next_where_none_is_known(
    site: Site, person: Person
) -> None:
    site.on("/one/a.bin", gives(CONTENT, etag='"there"', until=HALF), status(404))
    site.on("/a.bin", gives(CONTENT))
    person.unpinned().download([site.url + "one"])
    assert person.content() == CONTENT and site.ranges("/a.bin") == [""]


def test_without_a_mark_of_the_content_only_a_hash_allows_to_go_on(site: Site, person: Person) -> None:
    def broken_then_whole() -> None:
        site.asked.clear()
        site.on("/a.bin", gives(CONTENT, etag="", until=HALF), gives(CONTENT, etag=""))
        person.download()
        assert person.content() == CONTENT

    broken_then_whole()
    assert site.ranges("/a.bin") == ["", f"bytes={HALF}-"]
    for path in (person.folder / "tiny" / "a.bin", person.folder / "tiny.json"):
        path.unlink()
    person.unpinned()
    broken_then_whole()
    assert site.ranges("/a.bin") == ["", ""]


def test_pieces_that_do_not_fit_are_found_by_the_hash_and_fetched_anew(site: Site, person: Person) -> None:
    other = bytes(reversed(CONTENT))
    site.on("/a.bin", gives(other, etag="", until=HALF), gives(CONTENT, etag=""))
    person.download()
    assert person.content() == CONTENT and site.ranges("/a.bin") == ["", f"bytes={HALF}-", ""]


def test_a_redirect_keeps_the_place_where_to_go_on(site: Site, person: Person) -> None:
    site.on("/a.bin", leads("/elsewhere"))
    site.on("/elsewhere", gives(CONTENT, until=HALF), gives(CONTENT))
    person.download()
    assert person.content() == CONTENT and site.ranges("/elsewhere") == ["", f"bytes={HALF}-"]


def test_pieces_that_end_without_the_sign_of_the_end(site: Site, person: Person) -> None:
    site.on("/a.bin", chunks(CONTENT[:HALF], whole=False))
    person.unpinned().refused(r"broke off after 51,204 bytes\.")
    site.on("/a.bin", chunks(CONTENT))
    person.download()
    assert person.content() == CONTENT


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_fills_up_meanwhile(site: Site, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    site.on("/a.bin", gives(CONTENT))
    monkeypatch.setattr(Part, "opened", lambda part: Path("/dev/full").open("wb", buffering=0))  # noqa: SIM115
    person.refused("The disk is full: .* Make room")


@pytest.mark.parametrize(
    "spoil", [lambda part: part.unlink(), lambda part: part.write_bytes(bytes(len(CONTENT) * 2))]
)
def test_a_part_that_cannot_be_right_is_dropped(
    site: Site, person: Person, spoil: Callable[[Path], None]
) -> None:
    site.on("/a.bin", gives(CONTENT, until=HALF, stall=True))
    person.refused("stopped sending", waits=())
    spoil(person.folder / ".parts" / "tiny" / "a.bin.part")
    (person.folder / ".parts" / "tiny" / "tmpx1").write_bytes(b"left by a killed process")
    site.on("/a.bin", gives(CONTENT))
    person.download()
    assert person.content() == CONTENT and site.ranges("/a.bin")[-1] == ""
    assert os.listdir(person.folder / ".parts" / "tiny") == []
