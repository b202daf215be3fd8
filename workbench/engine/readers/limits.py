"""How much memory and time a process that reads strangers' files may take.  Standard library only."""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MEMORY = int(os.environ.get("WORKBENCH_READER_MEMORY", 4 * 2**30))
MEMORY_TEXT = f"{MEMORY / 2**30:.3g} GB"

# The largest picture that is looked at, and what is made of it on the way, fits into this.
LEAST = min(MEMORY, 2 * 2**30)


def apply(memory: int = MEMORY) -> None:
    """Limits this process: a bomb ends it and not the machine.

    Counted is what is really its own (RLIMIT_DATA); files mapped into memory, such as large arrays on the
    way to the disk, are not.  Windows has no such limit.
    """
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = memory if most == resource.RLIM_INFINITY else min(memory, most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def processor(seconds: float) -> Iterator[None]:
    """What is done inside may keep the processor busy for so long; then a signal ends the process.

    No exception could: what strangers make of Python's own objects may keep a single call of it busy for years.
    Whoever started the process tells why it ended.  Windows has no such limit.
    """
    if sys.platform == "win32":
        yield
        return
    import resource

    before, most = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    fits = most == resource.RLIM_INFINITY or until < most
    resource.setrlimit(resource.RLIMIT_CPU, (until if fits else most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (before, most))
