"""Why an address does not give a file, in a sentence. Imports requests: only for the process that downloads."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from workbench.core.errors import DataError

_LONGEST_WAIT = 60.0
_LATER = frozenset((408, 425, 429, 500, 502, 503, 504))
_STATUS = {
    401: "wants a password",
    403: "does not give the file out",
    404: "does not have the file",
    407: "is behind a proxy that wants a password",
    410: "does not have the file any more",
    429: "is asked too often",
}


class RefusedError(DataError):
    """An address that does not give the file. `again` says whether the same one may do so later, after `wait` s."""

    def __init__(self, text: str, *, again: bool = False, wait: float = 0.0) -> None:
        super().__init__(text)
        self.again = again
        self.wait = wait


def check_kind(response: requests.Response, url: str, name: str) -> None:
    """Raises RefusedError where what is sent is no such file, but a page, or packed."""
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml") and not name.endswith((".html", ".htm")):
        raise web_page(url)
    packed = response.headers.get("Content-Encoding", "identity").lower()
    # Some servers say “gzip” of a file that is a .gz itself.
    if packed not in ("", "identity") and not name.endswith((".gz", ".tgz")):
        raise RefusedError(f"{shown(url)} sends {name} packed ({packed}), though it was asked not to.")


def web_page(url: str) -> RefusedError:
    """What is said of a login page, or of “not found” in somebody's own words."""
    return RefusedError(
        f"{shown(url)} answers with a web page instead of the file: the file has moved, or this network wants a "
        "login first. Open the address in a browser to see."
    )


def answer(response: requests.Response, url: str) -> RefusedError:
    """The refusal that a status says."""
    status = response.status_code
    what = _STATUS.get(status) or ("has a fault of its own" if status >= 500 else "refuses")
    wait = float(number(response.headers.get("Retry-After", "")))
    again = status in _LATER and wait <= _LONGEST_WAIT
    return RefusedError(
        f"{shown(url)} {what} (answer {status} {response.reason or ''}".rstrip() + ").",
        again=again,
        wait=wait,
    )


def refusal(error: Exception, url: str, proxies: Mapping[str, str]) -> RefusedError:
    """The sentence for an error of the network."""
    if isinstance(error, RefusedError):
        return error
    host = urlsplit(url).netloc.rpartition("@")[2]
    text, again = f"{shown(url)}: the connection broke ({_cause(error)}).", True
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        text, again = f"{host} does not prove who it is ({_cause(error)}); nothing was fetched.", False
    elif isinstance(error, requests.exceptions.ProxyError):
        proxy = shown(proxies.get("https", "")) or "the proxy of the environment"
        text = f"The proxy does not let {host} through ({proxy}: {_cause(error)})."
    elif isinstance(error, requests.exceptions.ConnectTimeout):
        text = f"{host} does not answer."
    elif isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        text = f"{shown(url)} has stopped sending."
    elif isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        text, again = f"{shown(url)} cannot be used as an address ({_cause(error)}).", False
    elif isinstance(error, requests.exceptions.ConnectionError):
        if _has(error, urllib3.exceptions.NameResolutionError):
            text = f"The name {host} is not known; is this computer online?"
        elif _has(error, urllib3.exceptions.NewConnectionError):
            text = f"{host} refuses the connection ({_cause(error)})."
    return RefusedError(text, again=again)


def _has(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether such an error is the reason, however deep it is wrapped."""
    reason = error.args[0] if error.args else None
    return isinstance(error, kind) or any(
        isinstance(inner, BaseException) and inner is not error and _has(inner, kind)
        for inner in (reason, getattr(reason, "reason", None))
    )


def _cause(error: BaseException) -> str:
    """The innermost reason, in the system's words."""
    for inner in (getattr(error, "reason", None), *error.args[::-1], error.__cause__, error.__context__):
        if isinstance(inner, BaseException) and inner is not error:
            return _cause(inner)
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    return text.rsplit("] ", 1)[-1].strip(" .") or type(error).__name__


def number(text: str) -> int:
    """A whole number of a header; 0 where it is none."""
    return int(text) if text.strip().isdecimal() else 0


def shown(url: str) -> str:
    """An address without passwords and keys."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else url
