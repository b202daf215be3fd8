"""Reads files in a process of its own, with limits, and answers in JSON lines.  Documented for whoever starts it.

`python -m workbench.engine.readers` takes one request as JSON on stdin:
{"do": "detect", "path": P}, {"do": "mark", "path": P, "reader": R, "options": {}},
{"do": "read", "path": P, "reader": "", "options": {}, "limit": 0, "into": FOLDER or "", "name": ""}
or {"do": "show", "folder": FOLDER or "sample:ID", "labels": […] or null}; see `serving`,
which reads its questions from stdin, or from "ask": […] in the request.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError
from workbench.core.left_out import leave_out
from workbench.engine.readers import content, detect, files, limits, serving, show
from workbench.engine.readers.figures import figures_of
from workbench.engine.readers.reader import Reading, figures_as_json, options_as_json

# Progress more often than this is of no use to anybody.
_EVERY = 0.1


def main() -> int:
    """Exit code 0, or 1 with one line on stderr where the data cannot be read."""
    limits.apply()
    try:
        request = json.loads(sys.stdin.readline())
        do = _REQUESTS[request["do"]]
        do(request)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    except MemoryError:
        print(f"Reading it needs more than {limits.MEMORY_TEXT} of memory.", file=sys.stderr)
        return 1
    except OSError as error:  # a source that vanishes, a disk that is full: never a traceback for people
        full = "The disk is full: the copy of the data could not be written. Make room and read it again."
        named = f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}."
        print(full if error.errno in files.FULL else named, file=sys.stderr)
        return 1
    return 0


def _say(**answer: object) -> None:
    print(json.dumps(answer, ensure_ascii=False), flush=True)


def _detect(request: Mapping[str, Any]) -> None:
    """{"readers": [{"name", "title", "reason"}…], "all": [{"name", "title", "options"}…]}.

    Those that suit, likeliest first, and all there are with their options as a form shows them.
    """
    found = detect.detect(Path(request["path"]))
    _say(
        readers=[
            {"name": name, "title": detect.READERS[name].title, "reason": reason} for name, reason in found
        ],
        all=[
            {"name": reader.name, "title": reader.title, "options": options_as_json(reader.options)}
            for reader in detect.READERS.values()
        ],
    )


def _read(request: Mapping[str, Any]) -> None:
    """{"progress": [what, done, total]} while it reads, then one line with all that a record needs.

    That line has id, title, reader, fingerprint, stamp, schema, splits, layout, options (as a form shows them),
    understood, choices, problems, figures and items (the first ones, as readers/show.py gives them).
    Where the data cannot be read, the last line has what came to light before: understood, choices, problems.
    """
    folder = Path(request["into"]) if request.get("into") else None
    reading = Reading(dict(request.get("options") or {}), int(request.get("limit") or 0), folder, _progress())
    try:
        found = detect.read(request["path"], request.get("reader") or "", reading, request.get("name") or "")
    except DataError:
        if reading.understood or reading.choices or reading.problems:
            _say(understood=reading.understood, choices=reading.choices, problems=reading.problems)
        raise
    if folder is not None:
        content.write(found.content, folder)
    schema = found.content.schema
    _say(
        id=schema.id,
        title=schema.title,
        reader=found.reader,
        fingerprint=found.mark.fingerprint,
        stamp=found.mark.stamp,
        schema=schema.to_json(),
        splits=found.content.sizes,
        layout=found.content.layout,
        options=options_as_json(detect.READERS[found.reader].options),
        understood=reading.understood,
        choices=reading.choices,
        problems=reading.problems,
        figures=figures_as_json([*figures_of(found.content), *reading.figures]),
        items=show.first_items(found.content),
    )


def _mark(request: Mapping[str, Any]) -> None:
    """{"mark": the fingerprint of the source as it is now, "stamp": …}; no mark while the known `stamp` holds."""
    path, known = Path(request["path"]), str(request.get("stamp") or "")
    mark = detect.mark(path, request["reader"], request["options"], known)
    _say(mark=mark.fingerprint, stamp=mark.stamp)


def _progress() -> Callable[[str, int, int], None]:
    last = 0.0

    def tell(what: str, done: int, total: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= _EVERY:
            last = now
            _say(progress=[what, done, total])

    return tell


def _show(request: Mapping[str, Any]) -> None:
    asked = request.get("ask")
    lines = sys.stdin if asked is None else io.StringIO("".join(json.dumps(each) + "\n" for each in asked))
    serving.serve(str(request["folder"]), lines, _say, request.get("labels"))


_REQUESTS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "detect": _detect,
    "mark": _mark,
    "read": _read,
    "show": _show,
}

if __name__ == "__main__":
    # Where it is installed pyarrow imports it for any table, which takes as long as all the rest, and gains nothing.
    leave_out("pandas")
    sys.exit(main())
