"""Reads damaged files one after the other, for test_fuzz.py, and says how each ended.

Run as a program: each line on stdin is a folder or file; each answer is "ok", "refused" and the sentence, or the
name of what should never come out of a reader. More than SECONDS for one of them ends the program, and so does
memory beyond the limit that the environment gives.
"""

import faulthandler
import resource
import signal
import sys
import traceback
import warnings
from pathlib import Path

from workbench.core.errors import DataError
from workbench.engine.readers import detect, limits, show
from workbench.engine.readers.figures import figures_of
from workbench.engine.readers.reader import Reading

SECONDS = 10


def tried(source: Path, reader: str) -> str:
    """How reading ends."""
    try:
        reading = Reading({})
        found = detect.read(source, reader, reading)
        figures_of(found.content)
        show.first_items(found.content)
        for problem in reading.problems:
            assert "\n" not in problem, problem
    except DataError as error:
        text = str(error)
        return (
            f"refused {text}" if text.strip() and "\n" not in text else f"WRONG a message of no use: {text!r}"
        )
    except MemoryError:
        return "refused for its memory"
    except Exception:
        return "WRONG " + traceback.format_exc().replace("\n", " | ")
    return "ok"


def peak() -> int:
    """Megabytes of memory at most. On Linux getrusage counts what the parent had when it started this program."""
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    limits.apply()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        reader, path = line.rstrip("\n").split("\t")
        signal.alarm(SECONDS)  # nobody catches it: the program ends
        answer = tried(Path(path), reader)
        signal.alarm(0)
        print(f"{peak()}\t{answer}", flush=True)


if __name__ == "__main__":
    main()
