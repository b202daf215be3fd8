"""How much memory a process that reads strangers' files may take.  Standard library only."""

import os
import sys

MEMORY = int(os.environ.get("WORKBENCH_READER_MEMORY", 4 * 2**30))
MEMORY_TEXT = f"{MEMORY / 2**30:.3g} GB"


def apply() -> None:
    """Limits this process: a bomb ends it and not the machine.

    Counted is what is really its own (RLIMIT_DATA); files mapped into memory, such as large arrays on the
    way to the disk, are not.  Windows has no such limit.
    """
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
