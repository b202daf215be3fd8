"""Servers, networks and proxies that give no file: a clear sentence, and nothing half that looks whole."""

import io
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.jobs.downloading import CONTENT, PAGE, Person, digest
from tests.jobs.site import (
    Answer,
    Site,
    babbles,
    gives,
    hangs_up,
    leads,
    status,
)
from workbench.catalog.public import PublicFile
from workbench.core.errors import DataError
from workbench.jobs.fetch import Fetcher
from workbench.jobs.parts import Wanted
from workbench.jobs.refusals import refusal


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(site: Site, person: Person, code: int) -> None:
    site.on("/a.bin", leads("/elsewhere", code))
    site.on("/elsewhere", gives(CONTENT))
    person.download()
    assert person.content() == CONTENT


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


@pytest.mark.parametrize(
    "to", ["http://[::1", "http://\xff\xfe/", "http://a b/", "http://:0/", "http://a..b/"]
)
def test_a_redirect_to_nowhere_is_refused(site: Site, person: Person, to: str) -> None:
    site.on("/a.bin", leads(to))
    person.refused("is no address|cannot be used as an address|the connection broke|The proxy")


@pytest.mark.parametrize("answer", [hangs_up, babbles])
def test_an_answer_that_is_none(site: Site, person: Person, answer: Answer) -> None:
    site.on("/a.bin", answer)
    person.refused(r"a\.bin: the connection broke \(.+\)\.")
    assert len(site.asked) == 3
    site.on("/a.bin", answer, gives(CONTENT))
    person.download()
    assert person.content() == CONTENT


@pytest.mark.parametrize("hashed", [False, True])
def test_a_redirect_to_an_unprotected_address_needs_a_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hashed: bool
) -> None:
    def send(adapter: object, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.raw = 404, str(request.url), io.BytesIO()
        if response.url.startswith("https:"):
            response.status_code = 302
            response.headers["Location"] = "http://example.org/a"
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
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


def test_an_answer_that_was_packed_on_the_way_is_refused(site: Site, person: Person) -> None:
    site.on("/a.bin", gives(CONTENT, headers={"Content-Encoding": "gzip"}))
    person.refused("packed")
    assert site.asked[0][1]["Accept-Encoding"] == "identity"


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


@pytest.mark.parametrize(
    ("error", "words", "again"),
    [
        (requests.exceptions.SSLError(ssl.SSLError(1, "[SSL] certificate has expired (_ssl.c:1)")),
         "x.test does not prove who it is (certificate has expired (_ssl.c:1)); nothing was fetched.", False),
        (requests.exceptions.ConnectTimeout(), "x.test does not answer.", True),
        (requests.exceptions.ReadTimeout(), "https://x.test/a has stopped sending.", True),
        (ConnectionResetError(104, "Connection reset by peer"),
         "https://x.test/a: the connection broke (Connection reset by peer).", True),
        (requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."),
         "https://x.test/a cannot be used as an address (Missing dependencies for SOCKS support).", False),
    ],
)  # fmt: skip
def test_errors_of_the_network_are_sentences(error: Exception, words: str, again: bool) -> None:
    refused = refusal(error, "https://me:secret@x.test/a?key=1", {})
    assert (str(refused), refused.again) == (words, again)


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
