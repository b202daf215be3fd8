"""`python -m workbench.engine.importing DATABASE`: takes in what lies at the place that a request on stdin names.

Says what it is doing in lines of JSON on stdout, the last one with what became of each run; one line on stderr and
the code 1 where that failed. Imports the store and what reads the files, not torch.
"""

import struct
import sys
import zlib
from pathlib import Path
from typing import Any, Final

from workbench.catalog.goals import LARGER
from workbench.core import text
from workbench.core.errors import JobError, StoreError
from workbench.engine import places
from workbench.engine.answering import Say, answer
from workbench.engine.readers import limits
from workbench.jobs import bundles
from workbench.jobs.imports import Outcome, Request
from workbench.jobs.lock import Lock
from workbench.store.arrivals import Arrival, known, take_in
from workbench.store.store import Store

_STRANGE: Final = (
    ArithmeticError, AttributeError, EOFError, LookupError, RecursionError, TypeError, struct.error, zlib.error,
)  # fmt: skip
"""What reading a file of somebody else may raise where it holds what nobody thought of."""


def main(arguments: list[str]) -> int:
    """0 when looked through, whatever became of single runs; 1 with one line on stderr otherwise."""
    limits.apply()

    def do(store: Store, asked: str, say: Say) -> dict[str, Any]:
        request = Request.from_json(asked)
        try:
            if request.bundle:
                return import_bundle(store, request, say)
            found, remarks = import_runs(store, request, say)
        except MemoryError as error:
            raise JobError(f"{request.place} holds more than {limits.MEMORY_TEXT} can hold.") from error
        return {"runs": [each.to_json() for each in found], "remarks": remarks}

    return answer(arguments[0], do, "read")


def import_bundle(store: Store, request: Request, say: Say) -> dict[str, Any]:
    """Takes in a file that `workspace export` wrote, or only looks into it. Raises WorkbenchError."""
    file = Path(request.place)
    if request.take:
        merged = bundles.unpack(store, file, say)
        return {
            "came": sorted(merged.runs.values()),
            "here": len(merged.here),
            "models": merged.models,
            "datasets": merged.datasets,
            "renamed": merged.renamed,
        }
    found = bundles.look(store, file, say)
    rows = [[id, name, model, state, found.here.get(id, 0)] for id, name, model, state in found.held.runs]
    held = {"models": len(found.held.models), "datasets": list(found.held.datasets)}
    return {"runs": rows, **held, "checkpoints": found.checkpoints, "bytes": found.bytes}


def import_runs(store: Store, request: Request, say: Say) -> tuple[list[Outcome], list[str]]:
    """Takes in each run that can be read, or only looks; gives what became of each. Raises WorkbenchError, OSError."""
    lock = Lock(store.files / "import.lock")
    if not lock.acquire():
        raise JobError("Something else is being taken into this workspace. Wait until that is done.")
    try:
        say("Looking through the folder")
        place = places.look(Path(request.place))
        there = known(store)
        outcomes = []
        for number, found in enumerate(place.runs, start=1):
            say(f"Reading {found.name} ({number} of {len(place.runs)})")
            outcomes.append(_one(store, found, request, there))
        names = {metric for each in outcomes for metric in each.metrics}
        names |= {metric.rpartition("/")[2] for metric in names}
        missing = [f"No run has the metric “{metric}”." for metric in request.larger if metric not in names]
        return outcomes, [*place.remarks, *missing]
    finally:
        lock.release()


def _one(store: Store, found: places.Found, request: Request, there: dict[str, int]) -> Outcome:
    """Reads one run and, where that is wanted, adds it; what is wrong with it keeps no other from coming in."""
    try:
        run = found.read()
        if not (run.count or run.params or run.media):
            raise ValueError(f"{found.name} holds neither values nor settings.")
    except (ValueError, OSError) as error:
        reason = f"{error.filename}: {error.strerror}." if isinstance(error, OSError) else str(error)
        return Outcome(found.name, trouble=" ".join(reason.split()))
    except _STRANGE as error:
        reason = f"{found.name} cannot be read, something in it is not as it should be"
        return Outcome(
            found.name, trouble=f"{reason} ({type(error).__name__}: {text.one_line(str(error), 200)})."
        )
    outcome = Outcome(run.name, run.origin, run.count, list(run.series), len(run.params), len(run.media))
    if before := there.get(run.mark):
        outcome.here = before
        return outcome
    if request.take:
        _judge(run, request.larger)
        try:
            outcome.run = there[run.mark] = take_in(store, run)
        except StoreError as error:
            outcome.trouble = str(error)
    return outcome


def _judge(run: Arrival, larger: list[str]) -> None:
    """Of the metrics that are named, with or without what stands before their last part, more is better."""
    for metric in run.series:
        if metric in larger or metric.rpartition("/")[2] in larger:
            run.types[metric] = LARGER


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
