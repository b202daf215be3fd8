"""Asks the process that makes files ready, starts it again after a file that ended it, and says which one it was.

Imports jobs and the data.
"""

import base64
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, JobError
from workbench.core.text import plural
from workbench.engine.readers import audio_files, images, tables, text_items, tudataset, video, volumes
from workbench.engine.readers.content import Content, opened
from workbench.engine.readers.trees import ends, files_below, is_about
from workbench.engine.service.asked import Stopped
from workbench.engine.service.data import Source
from workbench.engine.service.preparing.given import kind_of
from workbench.jobs import processes
from workbench.jobs.datasets import copy_folder, unchanged
from workbench.store.store import Store

_MODULE = "workbench.engine.service.preparing"
_ENDINGS: Mapping[str, frozenset[str]] = {
    "image": images.SUFFIXES,
    "video": video.SUFFIXES,
    "audio": audio_files.SUFFIXES,
    "text": frozenset(text_items.SUFFIXES + tables.SUFFIXES),
    "table": frozenset(tables.SUFFIXES),
    "volume": volumes.SUFFIXES,
    "series": frozenset(tables.SUFFIXES),
    "graphs": frozenset((".txt",)),
    "molecule": frozenset((".csv", ".tsv", ".smi", ".tab")),
}
_LONGEST = 300.0
"""Seconds after which a single input is given up."""
_OFTEN = 0.2
"""Seconds between two looks at whether the answer is still wanted."""
Wanted = Callable[[], object]
"""Raises Stopped where nobody wants the answer any more."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What became of some inputs: a content with the split “given”, of which items there are none where all failed.

    `items` holds for each item the number of its input and a name, `errors` why an input came to nothing.
    """

    content: Content | None
    items: tuple[tuple[int, str], ...]
    errors: Mapping[int, str]
    said: Mapping[int, str]
    given: frozenset[str] = frozenset()
    """The outputs of the dataset that were made of the inputs; all others are 0."""


class Preparation:
    """The process, which lives as long as the service, and is started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ready(
        self, trained: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]], into: Path, wanted: Wanted
    ) -> Ready:
        """Makes some inputs ready. Raises DataError where nothing can be made ready for such a model, and Stopped."""
        errors: dict[int, str] = {}
        waiting = list(range(len(inputs)))
        while True:
            asked = {"trained": trained, "inputs": [inputs[n] for n in waiting], "into": str(into)}
            answer, at = self._ask(asked, wanted)
            if answer is not None:
                break
            # It ended at one of them: that one is left out, the others are tried again.
            if at is None:
                raise DataError("The program that reads files cannot be started. Is the installation whole?")
            bad = waiting.pop(at)
            errors[bad] = (
                f"{inputs[bad]['name']} ended the program that reads it, or kept it busy for too long: it is damaged."
            )
            if not waiting:
                return Ready(None, (), errors, {})
        if "refused" in answer:
            raise DataError(str(answer["refused"]))
        errors |= {waiting[number]: why for number, why in answer["errors"]}
        items = tuple((waiting[number], name) for number, name in answer["items"])
        said: dict[int, str] = {}
        for number, sentence in answer["said"]:
            said[waiting[number]] = " ".join(filter(None, (said.get(waiting[number], ""), sentence)))
        made = frozenset(answer["given"])
        return Ready(opened(into) if items else None, items, errors, said, made)

    def columns(self, trained: Mapping[str, Any], wanted: Wanted) -> list[str]:
        """The columns of a table that features were made of. Raises DataError, and Stopped."""
        answer, _ = self._ask({"trained": trained, "inputs": [], "into": ""}, wanted)
        if answer is None or "refused" in answer:
            raise DataError(str(answer["refused"]) if answer else "The table cannot be read any more.")
        return [str(name) for name in answer["columns"]]

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _ask(self, request: Mapping[str, Any], wanted: Wanted) -> tuple[dict[str, Any] | None, int | None]:
        """The answer; None where the process ended, and then at which input it was. Raises Stopped."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                processes.python(_MODULE),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        process, at = self._process, None
        with suppress(BrokenPipeError):  # it is gone, and says no more
            assert process.stdin is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        for said in _lines(process, wanted):
            if "at" not in said:
                return said, at
            at = int(said["at"])
        self.close()
        wanted()
        return None, at


def _lines(process: "subprocess.Popen[str]", wanted: Wanted) -> Iterator[dict[str, Any]]:
    """What the process says; it is ended where nothing is heard of it for too long, or it works for nobody."""
    assert process.stdout is not None
    while True:
        heard = threading.Event()
        threading.Thread(target=_watch, args=(process, heard, wanted), daemon=True).start()
        try:
            line = process.stdout.readline()
        finally:
            heard.set()
        if not line:
            return
        with suppress(ValueError):  # what some library printed
            found = json.loads(line)
            if isinstance(found, dict):
                yield found


def _watch(process: "subprocess.Popen[str]", heard: threading.Event, wanted: Wanted) -> None:
    """Ends a process of which nothing is heard for too long, or whose answer is not wanted any more."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        if heard.wait(_OFTEN):
            return
        try:
            wanted()
        except Stopped:
            break
    process.kill()


def trained_with(store: Store, source: Source) -> dict[str, Any]:
    """What the process has to know of the dataset of a run. Raises DataError for a source that has changed."""
    record = source.record
    if record is None:
        sample = source.content.schema.id
        return {
            "folder": f"sample:{sample}", "title": source.content.schema.title, "reader": "", "options": {},
            "understood": {}, "source": "",
        }  # fmt: skip
    # Rows and nodes are measured by those of the source; of everything else the copy tells all that there is to know.
    kind = kind_of(source.content, record.reader)
    if kind in ("table", "series", "graphs") and not unchanged(store, record):
        raise DataError(
            f"The source of “{record.title}”, {record.source}, has changed since it was added, and what is new would "
            "be measured by another one than in training. Bring the old one back, or read it anew and train again."
        )
    understood = record.details.get("understood")
    return {
        "folder": str(copy_folder(store, record)),
        "title": record.title,
        "reader": record.reader,
        "options": dict(record.options),
        "understood": dict(understood) if isinstance(understood, dict) else {},
        "source": record.source,
    }


def files_in(places: Iterable[str], endings: frozenset[str]) -> tuple[list[str], int]:
    """Files as they are; of folders those files below that end so, or all where none does, in the order of their names.

    Also how many files of folders were left out. Raises DataError for a folder with nothing in it.
    """
    found: list[str] = []
    left_out = 0
    for place in places:
        path = Path(place)
        if not path.is_dir():
            found.append(place)
            continue
        inside = [name for name in sorted(files_below(path)) if not is_about(name.rpartition("/")[2])]
        if not inside:
            raise DataError(f"The folder {path} has no files in it.")
        fitting = [name for name in inside if ends(name, endings)] or inside
        found += [str(path / name) for name in fitting]
        left_out += len(inside) - len(fitting)
    return found, left_out


def listed(inputs: object, folder: Path, kind: str) -> tuple[list[dict[str, Any]], str]:
    """What {"files": […]}, {"picture": base64}, {"text"} or {"row": {…}} names, one by one.

    Of folders the files of that kind are taken (see `kind_of`), and a sentence tells how many others there are. A
    drawn picture is written into the folder, since pictures are only decoded by a process of their own.
    Raises JobError or DataError.
    """
    match dict(inputs) if isinstance(inputs, Mapping) else {}:
        case {"files": list(files)} if files and all(isinstance(file, str) for file in files):
            found, others = files_in(files, _ENDINGS.get(kind, frozenset()))
            if kind == "graphs":  # a set is several files, of which one stands for all
                sets = dict.fromkeys(str(tudataset.set_file(Path(file)) or "") for file in found)
                found = [file for file in sets if file] or found
            said = f"{plural(others, 'file')} of another kind in the folder left out." if others else ""
            return [{"name": file, "file": file} for file in found], said
        case {"text": str(words)}:
            return [{"name": "text", "text": words}], ""
        case {"row": dict(row)}:
            return [{"name": "row", "row": row}], ""
        case {"picture": str(content)}:
            drawn = folder / "drawn.png"
            try:
                drawn.write_bytes(base64.b64decode(content, validate=True))
            except ValueError as error:
                raise JobError("The drawn picture is no base64 text.") from error
            return [{"name": "drawing", "file": str(drawn)}], ""
    raise JobError("“inputs” has files, a picture, a text or a row.")
