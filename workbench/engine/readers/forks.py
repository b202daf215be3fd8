"""Spreads work over processes forked from this one: threads of small steps wait for one another inside Python.

May import the readers' limits and core.  What the processes make must be in files mapped into memory by all of them.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from workbench.core.errors import DataError
from workbench.engine.readers import limits

_PROCESSES = min(8, os.cpu_count() or 1)
# Items that a process takes at a time, and tells of as one; the next ones are another's.
_BLOCK = 32
# Of a sentence: whatever its signs are, as JSON it is still written to the pipe in one piece.
_LONGEST = 600
_SAID, _BLOCK_DONE, _OTHER, _MEMORY, _BROKEN = "said", "done", "other", "memory", "broken"
_NUMBER = 8  # bytes


def possible() -> bool:
    """Whether this process may fork: no thread of it must be in the middle of something."""
    return sys.platform == "linux" and _PROCESSES > 1 and threading.active_count() == 1


@contextmanager
def beside(do: Callable[[], str]) -> Iterator[Callable[[], str]]:
    """Meanwhile a process of its own makes the text that `do` gives; what this gives waits for it.

    Where that process came to nothing, or none may be forked, `do` is done when the text is asked for.
    """
    if not possible():
        yield do
        return
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(read)
            os.write(write, do().encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        try:
            yield lambda: told.read() or do()
        finally:
            os.kill(pid, signal.SIGKILL)  # of no use any more; one that has ended waits to be asked how
            os.waitpid(pid, 0)


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
    said = [""] * count
    missing = count
    children: list[int] = []
    with (
        mmap.mmap(-1, _PROCESSES * _NUMBER) as shared,
        os.fdopen(read, encoding="utf-8", errors="surrogateescape") as told,
    ):
        try:
            for place in range(_PROCESSES):
                at = memoryview(shared)[place * _NUMBER : (place + 1) * _NUMBER].cast("q")
                at[0] = place * _BLOCK
                pid = os.fork()
                if not pid:
                    _work(
                        do, range(place * _BLOCK, count, _PROCESSES * _BLOCK), count, other, read, write, at
                    )
                at.release()
                children.append(pid)
            os.close(write)
            for line in told:
                number, text, outcome = json.loads(line)
                if outcome == _SAID:
                    said[number] = text
                elif outcome == _BLOCK_DONE:
                    missing -= min(_BLOCK, count - number)
                    on_progress(count - missing)
                else:
                    raise {_OTHER: other, _MEMORY: MemoryError}.get(outcome, RuntimeError)(text)
        finally:
            for pid in children:
                os.kill(pid, signal.SIGKILL)  # those that have ended wait to be asked how
            ends = [os.waitpid(pid, 0)[1] for pid in children]
        if missing:
            with memoryview(shared).cast("q") as at:
                ended = next(at[place] for place, end in enumerate(ends) if end)
            raise DataError(
                f"Reading {name(ended)} ended the process that did it. Take it away from the others, or look "
                "whether the computer ran out of memory."
            )
    return said


def _work(
    do: Callable[[int], str],
    starts: range,
    count: int,
    other: type[Exception],
    read: int,
    write: int,
    at: memoryview,
) -> NoReturn:
    """One process, from its fork to its end; nothing of what its parent still had to do happens here.

    `at` is where it says which item it is at: a process that is ended says nothing any more.
    """
    code = 1

    def tell(number: int, text: str, outcome: str) -> None:
        # Nobody reads any more when the parent was ended: then this fails, and so ends this process.
        line = json.dumps([number, text[:_LONGEST], outcome], ensure_ascii=False) + "\n"
        os.write(write, line.encode("utf-8", "surrogateescape"))

    try:
        os.close(read)
        limits.apply(max(limits.MEMORY // _PROCESSES, limits.LEAST))
        for start in starts:
            for number in range(start, min(start + _BLOCK, count)):
                at[0] = number
                try:
                    if text := do(number):
                        tell(number, text, _SAID)
                except other:
                    tell(number, "", _OTHER)
                except MemoryError:
                    tell(number, "", _MEMORY)
                except Exception as error:
                    tell(number, f"{type(error).__name__}: {error}", _BROKEN)
            tell(start, "", _BLOCK_DONE)
        code = 0
    finally:
        os._exit(code)
