"""Whether files and folders are still what they were, told by their sizes, times and numbers alone.

Standard library only.  A change that leaves all of these as they were is none that a person makes.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping

# Of a file or folder: size, when its content and when anything about it changed last in nanoseconds, its number.
State = tuple[int, int, int, int]
# Seconds in which a disk may give two changes the same time: two of the FAT file system.
_TICK = 2.0


def states(paths: Iterable[str]) -> dict[str, State | None]:
    """What tells at no cost that a file was written to or replaced; None where there is none."""
    return {path: _state(path) for path in paths}


def _state(path: str) -> State | None:
    try:
        found = os.stat(path)
    except OSError:  # told by whoever reads it
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def stamp_of(files: Mapping[str, State | None], folders: Mapping[str, State | None], since: float) -> str:
    """A text by which is found out later whether any of these files changed; `since` is when looking at them began.

    The folders tell of files that came or went.  Empty where a change could stay unseen: where something is
    gone, or so new at `since` (seconds since 1970) that the clock of its disk may not have gone on before.
    """
    last = (since - _TICK) * 1e9
    both = [*files.values(), *folders.values()]
    if not both or any(state is None or max(state[1:3]) > last for state in both):
        return ""
    above = os.path.commonpath([os.path.dirname(path) for path in (*files, *folders)])
    known = {
        "above": above,
        "files": _hash(files),
        "folders": _hash(folders),
        "names": [[path[len(above) :].lstrip(os.sep) for path in paths] for paths in (files, folders)],
    }
    return json.dumps(known)


def holds(stamp: str) -> bool:
    """Whether all is as it was when the stamp was made; not where it is no stamp."""
    try:
        known = json.loads(stamp)
        inside = os.path.join(known["above"], "")
        files, folders = (states(inside + name for name in names) for names in known["names"])
        return bool(known["files"] == _hash(files) and known["folders"] == _hash(folders))
    except (ValueError, TypeError, KeyError):
        return False


def holds_for(stamp: str, files: Mapping[str, State | None]) -> bool:
    """Whether these are the very files of a stamp, as they were then, whatever else came into their folders."""
    try:
        return bool(files and json.loads(stamp)["files"] == _hash(files))
    except (ValueError, TypeError, KeyError):
        return False


def _hash(found: Mapping[str, State | None]) -> str:
    return hashlib.sha256(repr(sorted(found.items())).encode("utf-8", "surrogateescape")).hexdigest()
