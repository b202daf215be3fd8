"""One file over http or https: resumed, tried again, held to what was announced; why not is said in a sentence.

Imports requests, so only the process that downloads imports this.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from workbench import __version__
from workbench.core.errors import DataError
from workbench.jobs.parts import Origin, Part, Wanted, write
from workbench.jobs.refusals import RefusedError, answer, check_kind, number, refusal, shown

CONNECT, SILENCE = 15.0, 30.0  # seconds until a server that does not answer, or stops sending, is given up
WAITS = (1.0, 3.0, 10.0)  # seconds before each further try at the same address
SPARE = 64 * 2**20  # what a download leaves free on the disk
_CHUNK = 2**18
_MOST_REDIRECTS = 10
_MOST_TRIES = 1000
_PROGRESS = 2**20  # a try that brought this much was worth it and is not counted


class Fetcher:
    """Fetches files. `progress` is told how many bytes are there and how many there will be (0: not known)."""

    def __init__(
        self,
        *,
        progress: Callable[[int, int], None],
        note: Callable[[str], None],
        proxy: str = "",
        silence: float = SILENCE,
        waits: Sequence[float] = WAITS,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._progress, self._note, self._free = progress, note, free
        self._patience, self._waits = (min(CONNECT, silence), silence), tuple(waits)
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}

    def fetch(self, url: str, target: Path, wanted: Wanted) -> None:
        """Puts the whole file at `target`. Raises RefusedError, or DataError where the disk does not take it."""
        part = Part(target)
        best, failures = part.size, 0
        for _ in range(_MOST_TRIES):
            try:
                self._try(url, part, wanted)
                return
            except RefusedError as refused:
                failures = 1 if part.size >= best + _PROGRESS else failures + 1
                best = max(best, part.size)
                if not refused.again or failures > len(self._waits):
                    raise
                wait = refused.wait or self._waits[failures - 1]
                self._note(f"{refused} Trying again in {wait:g} s.")
                time.sleep(wait)
        raise RefusedError(f"{shown(url)} breaks off again and again.")

    def _try(self, url: str, part: Part, wanted: Wanted) -> None:
        """Begins or goes on, until the file is whole."""
        origin = part.origin(url, wanted)
        have = part.size
        if not (wanted.size and have == wanted.size):
            with self._asked(url, have, origin, wanted) as response:
                total = self._begin(response, url, part, wanted)
                if part.size != total or not total:
                    self._receive(response, url, part, total, wanted)
        part.finish(url)

    def _asked(self, url: str, have: int, origin: Origin | None, wanted: Wanted) -> requests.Response:
        # Packed on the way, neither lengths nor ranges would be those of the file.
        headers = {"Accept-Encoding": "identity", "User-Agent": f"workbench/{__version__}"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if origin and (mark := origin.etag if not origin.etag.startswith("W/") else origin.modified):
                headers["If-Range"] = mark
        try:
            return self._followed(url, headers, wanted)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise refusal(error, url, self._proxies) from error
        except ValueError as error:  # from an address that only looks like one
            raise RefusedError(f"{shown(url)} leads to something that is no address ({error}).") from error

    def _followed(self, url: str, headers: Mapping[str, str], wanted: Wanted) -> requests.Response:
        """The answer after all redirects, none of which leads out of the web or to an unprotected connection."""
        with requests.Session() as session:
            session.auth = _no_password
            first, seen = url, {url}
            for _ in range(_MOST_REDIRECTS):
                request = session.prepare_request(requests.Request("GET", url, headers=dict(headers)))
                settings = session.merge_environment_settings(url, dict(self._proxies), True, None, None)
                # Not session.get: that reads what comes with a redirect, however much it is, and goes on by itself.
                response = session.get_adapter(url).send(request, timeout=self._patience, **settings)
                if not response.is_redirect:
                    return response
                response.close()
                before, url = url, _target(session, response, first)
                scheme = urlsplit(url).scheme
                if scheme not in ("http", "https"):
                    raise RefusedError(
                        f"{shown(first)} leads on to {url[:200]}; only http and https addresses are followed."
                    )
                if scheme == "http" and urlsplit(before).scheme == "https" and not wanted.hashed:
                    raise RefusedError(
                        f"{shown(first)} leads on to the unprotected address {shown(url)}. "
                        "Without a known hash nobody could tell whether the file was exchanged on the way."
                    )
                if url in seen:
                    raise RefusedError(f"{shown(first)} leads in a circle, by {shown(url)}.")
                seen.add(url)
        raise RefusedError(f"{shown(first)} leads on more than {_MOST_REDIRECTS} times.")

    def _begin(self, response: requests.Response, url: str, part: Part, wanted: Wanted) -> int:
        """Checks what is announced, and makes the part fit to it. Returns the whole length, 0 where not known."""
        status, have = response.status_code, part.size
        if status == 416 and have:
            part.drop()
            raise RefusedError(f"{shown(url)} has another length than before.", again=True)
        if status not in (200, 206):
            raise answer(response, url)
        check_kind(response, url, wanted.name)
        length = number(response.headers.get("Content-Length", ""))
        if status == 206:
            first, total = _range(response.headers.get("Content-Range", ""))
            changed = part.differs(url, response.headers, total)
            if first != have or not have or changed:
                part.drop()
                what = "has changed" if changed else "sends another part than was asked for"
                raise RefusedError(f"{shown(url)} {what}; what was there is dropped.", again=bool(have))
        else:
            if have:
                self._note(f"{shown(url)} sends {wanted.name} from its beginning again.")
            total = length
        if wanted.size and total and total != wanted.size:
            part.drop()
            raise RefusedError(
                f"{shown(url)} announces {total:,} bytes for {wanted.name}, which has {wanted.size:,}: "
                "it is another file."
            )
        chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        if not (total or wanted.size or wanted.hashed or chunked or "Content-Length" in response.headers):
            raise RefusedError(
                f"{shown(url)} does not say how long {wanted.name} is, so nobody could tell whether all came."
            )
        if status == 200:
            part.begin(
                Origin(
                    url, response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""), total
                )
            )
        self._check_room(part, (total or wanted.size) - part.size)
        return total or wanted.size

    def _receive(self, response: requests.Response, url: str, part: Part, total: int, wanted: Wanted) -> None:
        done, checked = part.size, part.size
        self._progress(done, total)
        with part.opened() as file:
            try:
                while chunk := response.raw.read1(_CHUNK, decode_content=False):
                    done += len(chunk)
                    if total and done > total:
                        part.drop()
                        raise RefusedError(
                            f"{shown(url)} sends more than the {total:,} bytes of {wanted.name}."
                        )
                    if done - checked > SPARE // 2:
                        self._check_room(part, total - done)
                        checked = done
                    write(file, chunk, part.path)
                    self._progress(done, total)
            except urllib3.exceptions.ProtocolError as error:
                if not total:
                    raise RefusedError(f"{shown(url)} broke off after {done:,} bytes.", again=True) from error
            except (urllib3.exceptions.HTTPError, requests.RequestException, OSError) as error:
                raise refusal(error, url, self._proxies) from error
        if done < total:
            raise RefusedError(f"{shown(url)} broke off after {done:,} of {total:,} bytes.", again=True)

    def _check_room(self, part: Part, missing: int) -> None:
        free = self._free(part.path.parent)
        if free < max(missing, 0) + SPARE:
            raise DataError(
                f"The disk has {free:,} bytes free in {part.path.parent}; {max(missing, 0):,} are still to come, "
                f"and {SPARE:,} are left free for other programs. Make room and download again; what has come is kept."
            )


def _target(session: requests.Session, response: requests.Response, first: str) -> str:
    """Where an answer leads on to."""
    try:
        url = urljoin(response.url, session.get_redirect_target(response) or "").partition("#")[0]
        urlsplit(url)
    except ValueError as error:  # no address at all, or not in letters that one may have
        raise RefusedError(f"{shown(first)} leads on to something that is no address ({error}).") from error
    return url


def _range(text: str) -> tuple[int, int]:
    """First byte and whole length of a Content-Range, -1 and 0 where it says none."""
    unit, _, rest = text.strip().partition(" ")
    span, _, total = rest.partition("/")
    first = span.partition("-")[0]
    return (int(first) if unit.lower() == "bytes" and first.isdecimal() else -1), number(total)


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from sending what ~/.netrc holds for a host."""
    return request
