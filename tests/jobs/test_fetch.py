"""Fetching public sets from servers that fail in every way: a clear sentence, and nothing half that looks whole."""

import hashlib
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.jobs.site import Site, chunks, gives, leads, served, status, without_length
from workbench.catalog.public import PublicFile, PublicSet
from workbench.core.errors import DataError
from workbench.jobs.download import Download, Reporter
from workbench.jobs.downloads import offer_of
from workbench.jobs.fetch import SPARE, Fetcher
from workbench.jobs.parts import Part, Wanted

CONTENT = bytes(range(256)) * 400  # 102,400 bytes
HALF = len(CONTENT) // 2
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


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # Whatever would leave this machine ends at a port where nobody listens.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    with served() as site:
        yield site


@pytest.fixture
def person(site: Site, tmp_path: Path) -> Person:
    return Person(site, tmp_path)


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


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(site: Site, person: Person, code: int) -> None:
    site.on("/a.bin", leads("/elsewhere", code))
    site.on("/elsewhere", gives(CONTENT))
    person.download()
    assert person.content() == CONTENT


def test_a_redirect_keeps_the_place_where_to_go_on(site: Site, person: Person) -> None:
    site.on("/a.bin", leads("/elsewhere"))
    site.on("/elsewhere", gives(CONTENT, until=HALF), gives(CONTENT))
    person.download()
    assert person.content() == CONTENT and site.ranges("/elsewhere") == ["", f"bytes={HALF}-"]


def test_a_circle_of_redirects_ends(site: Site, person: Person) -> None:
    site.on("/a.bin", leads("/b"))
    site.on("/b", leads("/a.bin"))
    person.refused("leads in a circle")
    assert len(site.asked) == 2


def test_an_endless_row_of_redirects_ends(site: Site, person: Person) -> None:
    site.on("/a.bin", leads("/0"))
    for number in range(30):
        site.on(f"/{number}", leads(f"/{number + 1}"))
    person.refused("leads on more than 10 times")


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:text/plain,a", "javascript:1"]
)
def test_a_redirect_out_of_the_web_is_refused(site: Site, person: Person, to: str) -> None:
    site.on("/a.bin", leads(to))
    text = person.refused("only http and https addresses are followed")
    assert to in text and len(site.asked) == 1


@pytest.mark.parametrize("hashed", [False, True])
def test_a_redirect_to_an_unprotected_address_needs_a_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hashed: bool
) -> None:
    def get(session: requests.Session, url: str, **options: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.raw = 404, url, None
        if url.startswith("https:"):
            response.status_code = 302
            response.headers["Location"] = "http://example.org/a"
        return response

    monkeypatch.setattr(requests.Session, "get", get)
    monkeypatch.setattr(requests.Response, "close", lambda response: None)
    fetcher = Fetcher(progress=lambda *_: None, note=lambda _: None)
    words = (
        "example.org/a does not have|example.org/b does not have"
        if hashed
        else "unprotected address http://example"
    )
    with pytest.raises(DataError, match=words):
        fetcher.fetch("https://example.org/b", tmp_path / "a", Wanted("a", 3, hashed))


def test_nobody_at_the_address(site: Site, person: Person) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    person.set = replace(person.set, mirrors=(f"http://127.0.0.1:{port}/",))
    person.refused(rf"127\.0\.0\.1:{port} refuses the connection \(Connection refused\)\.")
    assert person.notes().count("Trying again in 0 s.") == 2


def test_an_unknown_name(site: Site, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*arguments: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    person.set = replace(person.set, mirrors=("http://data.example/",))
    person.refused("The name data.example is not known; is this computer online?")


@pytest.mark.parametrize(
    ("code", "words", "tries"),
    [
        (401, "wants a password", 1),
        (403, "does not give the file out", 1),
        (404, r"does not have the file \(answer 404 Not Found\)", 1),
        (410, "any more", 1),
        (418, "refuses", 1),
        (429, "asked too often", 3),
        (500, "has a fault of its own", 3),
        (503, "has a fault of its own", 3),
        (204, "refuses", 1),
    ],
)
def test_answers_other_than_the_file(site: Site, person: Person, code: int, words: str, tries: int) -> None:
    site.on("/a.bin", status(code))
    person.refused(words)
    assert len(site.asked) == tries


def test_a_fault_that_passes(site: Site, person: Person) -> None:
    site.on("/a.bin", status(500), status(503), gives(CONTENT))
    person.download()
    assert person.content() == CONTENT


def test_a_server_that_wants_an_hour_is_not_waited_for(site: Site, person: Person) -> None:
    site.on("/a.bin", status(503, Retry_After="3600"))
    person.refused("has a fault of its own")
    assert len(site.asked) == 1


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
@pytest.mark.parametrize("pinned", [False, True])
def test_a_page_is_not_taken_for_the_file(site: Site, person: Person, kind: str, pinned: bool) -> None:
    if not pinned:
        person.unpinned()
    else:
        person.set = replace(person.set, files=(PublicFile("a.bin", 0, digest(CONTENT)),))
    site.on("/a.bin", gives(PAGE, kind=kind))
    person.refused("answers with a web page instead of the file")
    assert person.left() == 0


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


def test_pieces_that_end_without_the_sign_of_the_end(site: Site, person: Person) -> None:
    site.on("/a.bin", chunks(CONTENT[:HALF], whole=False))
    person.unpinned().refused(r"broke off after 51,204 bytes\.")
    site.on("/a.bin", chunks(CONTENT))
    person.download()
    assert person.content() == CONTENT


def test_an_answer_that_was_packed_on_the_way_is_refused(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT, headers={"Content-Encoding": "gzip"}))
    person.refused("packed")
    assert site.asked[0][1]["Accept-Encoding"] == "identity"


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_fills_up_meanwhile(site: Site, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    site.on("/a.bin", gives(CONTENT))
    monkeypatch.setattr(Part, "opened", lambda part: Path("/dev/full").open("wb", buffering=0))  # noqa: SIM115
    person.refused("The disk is full: .* Make room")


def test_a_person_s_proxy_is_used(site: Site, person: Person) -> None:
    site.on("http://data.example/a.bin", gives(CONTENT))
    person.set = replace(person.set, mirrors=("http://data.example/",))
    person.download(proxy=site.url)
    assert person.content() == CONTENT


def test_the_proxy_of_the_environment_is_used(
    site: Site, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", site.url)
    site.on("http://data.example/a.bin", gives(CONTENT))
    person.set = replace(person.set, mirrors=("http://data.example/",))
    person.download()
    assert person.content() == CONTENT


def test_a_proxy_that_is_not_there(site: Site, person: Person) -> None:
    person.set = replace(person.set, mirrors=("http://data.example/",))
    person.refused(r"The proxy does not let data\.example through", proxy="http://me:secret@127.0.0.1:9/")
    assert "secret" not in person.notes()


def test_passwords_are_neither_shown_nor_taken_from_elsewhere(
    site: Site, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    site.on("/a.bin", status(404))
    person.refused("does not have the file")
    assert "Authorization" not in site.asked[0][1]
    address = site.url.replace("http://", "http://me:hidden@")
    assert "hidden" not in person.refused("None of the 2 addresses", [address])


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
