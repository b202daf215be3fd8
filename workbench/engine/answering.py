"""What processes have in common that do one thing in a workspace: asked on stdin, answering in lines of JSON.

May import the store and core.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.engine import ending
from workbench.store.store import Store

Say = Callable[[str], None]
"""Tells in a few words what is being done."""


def answer(database: str, do: Callable[[Store, str, Say], Mapping[str, Any]], failed: str) -> int:
    """Does what one line on stdin asks, and says {"doing": …} meanwhile and at last what `do` gives; the exit code.

    Where it cannot be done the code is 1, and one line on stderr says why; `failed` is what becomes of a file then.
    Who is told to end takes away what is half written first.
    """
    ending.heed()
    try:
        store = Store(Path(database))
        try:
            asked = sys.stdin.buffer.readline().decode("utf-8", "replace")
            found = do(store, asked, lambda doing: _tell({"doing": doing}))
        finally:
            store.close()
    except WorkbenchError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except OSError as error:
        named, reason = error.filename or "The file", error.strerror or error
        print(f"error: {named} cannot be {failed}: {reason}.", file=sys.stderr)
        return 1
    _tell(found)
    return 0


def _tell(what: Mapping[str, Any]) -> None:
    print(json.dumps(what), flush=True)
