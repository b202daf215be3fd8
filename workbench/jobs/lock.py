"""A lock that the operating system holds for a process and drops with it, however it ends. Standard library only."""

import os
import sys
from pathlib import Path

from workbench.core.errors import JobError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Lock:
    """One holder at a time on this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1

    def acquire(self) -> bool:
        """Takes the lock if nobody has it; never waits. Raises JobError where the file cannot be made."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise JobError(f"{self.path} cannot be made: {error.strerror or error}.") from error
        try:
            if sys.platform == "win32":
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Gives the lock back; the file stays, since deleting it could hand two processes the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
