"""Spreads work over processes forked from this one: threads of small steps wait for one another inside Python.

May import the readers' limits and core.  What the processes make must be in files mapped into memory by all of them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from workbench.core.errors import DataError
from workbench.engine.readers import limits

_PROCESSES = min(8, os.cpu_count() or 1)
# Items that a process takes at a time; the next ones are another's.
_BLOCK = 32
# Of a sentence: in UTF-8 it is still written to the pipe in one piece.
_LONGEST = 900
_DONE, _OTHER, _MEMORY, _BROKEN = "done", "other", "memory", "broken"


def possible() -> bool:
    """Whether this process may fork: no thread of it must be in the middle of something."""
    return sys.platform == "linux" and _PROCESSES > 1 and threading.active_count() == 1


def in_processes(
    do: Callable[[int], str],
    count: int,
    name: Callable[[int], str],
    on_progress: Callable[[int], None],
    other: type[Exception],
) -> list[str]:
    """What `do` gives for 0 … count - 1, in their order.  `name` calls an item in a sentence.

    Raises `other` and MemoryError as `do` does, and DataError where an item ended its process.  The processes
    have limits of their own, and end when this one does, however that happens.
    """
    read, write = os.pipe()
    said: list[str | None] = [None] * count
    children: list[int] = []
    with os.fdopen(read, encoding="utf-8", errors="surrogateescape") as told:
        try:
            for place in range(_PROCESSES):
                pid = os.fork()
                if not pid:
                    _work(do, range(place * _BLOCK, count, _PROCESSES * _BLOCK), count, other, read, write)
                children.append(pid)
            os.close(write)
            for done, line in enumerate(told):
                number, text, outcome = json.loads(line)
                if outcome != _DONE:
                    raise {_OTHER: other, _MEMORY: MemoryError}.get(outcome, RuntimeError)(text)
                said[number] = text
                on_progress(done)
        finally:
            for pid in children:
                os.kill(pid, signal.SIGKILL)  # those that have ended wait to be asked how
                os.waitpid(pid, 0)
    results = [each for each in said if each is not None]
    if len(results) < count:
        raise DataError(
            f"Reading {name(said.index(None))} ended the process that did it. Take it away from the others, or look "
            "whether the computer ran out of memory."
        )
    return results


def _work(
    do: Callable[[int], str], starts: range, count: int, other: type[Exception], read: int, write: int
) -> NoReturn:
    """One process, from its fork to its end; nothing of what its parent still had to do happens here."""
    code = 1
    try:
        os.close(read)
        limits.apply(max(limits.MEMORY // _PROCESSES, limits.LEAST))
        for start in starts:
            for number in range(start, min(start + _BLOCK, count)):
                outcome = _DONE
                try:
                    text = do(number)
                except other:
                    text, outcome = "", _OTHER
                except MemoryError:
                    text, outcome = "", _MEMORY
                except Exception as error:
                    text, outcome = f"{type(error).__name__}: {error}", _BROKEN
                line = json.dumps([number, text[:_LONGEST], outcome], ensure_ascii=False) + "\n"
                # Nobody reads any more when the parent was ended: then this fails, and so ends this process.
                os.write(write, line.encode("utf-8", "surrogateescape"))
        code = 0
    finally:
        os._exit(code)
