"""A web server on this machine that answers as it is told: rightly, and in every way in which servers fail."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


class Site:
    """`on` says how a path answers, one answer for each request; the last one stays."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()
        self._answers: dict[str, list[Answer]] = {}
        site = self

        class Bound(Handler):
            def __init__(self, *arguments: Any) -> None:
                self.site = site
                super().__init__(*arguments)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def on(self, path: str, *answers: Answer) -> None:
        self._answers[path] = list(answers)

    def answer(self, path: str) -> Answer:
        answers = self._answers.get(path, [status(404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def ranges(self, path: str) -> list[str]:
        """The `Range` of each request for the path."""
        return [headers.get("Range", "") for asked, headers in self.asked if asked == path]

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def served() -> Iterator[Site]:
    site = Site()
    try:
        yield site
    finally:
        site.close()


class Handler(BaseHTTPRequestHandler):
    """One connection for each request, as servers that fail have it."""

    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        self.close_connection = True
        self.site.asked.append((self.path, dict(self.headers)))
        self.site.answer(self.path)(self)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def begin(self, code: int, headers: dict[str, str], kind: str = "application/octet-stream") -> None:
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Connection": "close", **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()


def gives(
    content: bytes,
    *,
    etag: str = '"one"',
    ranges: bool = True,
    ranges_blindly: bool = False,
    until: int | None = None,
    stall: bool = False,
    kind: str = "application/octet-stream",
    code: int = 200,
    announce: int | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """The content, or what of it is asked for; `until` ends it early, `stall` keeps the line open then.

    With `ranges_blindly` a range is given whatever If-Range says.
    """

    def answer(handler: Handler) -> None:
        wanted = handler.headers.get("Range", "")
        condition = handler.headers.get("If-Range", etag)
        start, more = 0, dict(headers or {})
        if wanted and ranges and (condition == etag or ranges_blindly):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            more["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        length = str(len(content) - start if announce is None else announce)
        handler.begin(206 if start else code, {"Content-Length": length, "ETag": etag, **more}, kind)
        handler.wfile.write(content[start : len(content) if until is None else until])
        handler.wfile.flush()
        if stall:
            handler.site.closing.wait(20)

    return answer


def chunks(content: bytes, *, whole: bool = True) -> Answer:
    """In pieces whose sum is not announced; not `whole` leaves out the sign of the end."""

    def answer(handler: Handler) -> None:
        handler.begin(200, {"Transfer-Encoding": "chunked"})
        handler.wfile.write(
            b"%x\r\n%s\r\n" % (len(content), content) + (b"0\r\n\r\n" if whole else b"ff\r\nhalf")
        )

    return answer


def without_length(content: bytes) -> Answer:
    def answer(handler: Handler) -> None:
        handler.begin(200, {})
        handler.wfile.write(content)

    return answer


def hangs_up(handler: Handler) -> None:
    """Says nothing at all."""


def babbles(handler: Handler) -> None:
    """Says something that is no HTTP."""
    handler.wfile.write(b"220 smtp.example ready\r\n" * 5)


def leads(to: str, code: int = 302) -> Answer:
    return lambda handler: handler.begin(code, {"Location": to, "Content-Length": "0"})


def status(code: int, **headers: str) -> Answer:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.begin(code, {"Content-Length": "0", **more})
