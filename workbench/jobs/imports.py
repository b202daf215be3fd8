"""Asking for runs of other programs: what is wanted, the process that takes them in, and what became of each.

Standard library only.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workbench.core import text
from workbench.jobs import asking, processes
from workbench.jobs.asking import Progress

MOST_NAMED = 5
ENDED = "The import ended with the code {} Runs that came in before are here."


@dataclass(frozen=True, slots=True)
class Request(asking.Asked):
    """What is asked. Without `take` it is only looked at; of the metrics in `larger` more is better."""

    what = "an import"
    place: str
    take: bool = True
    larger: list[str] = field(default_factory=list)
    bundle: bool = False
    """Whether the place is a file that `workspace export` wrote."""


@dataclass(slots=True)
class Outcome:
    """One run of the place: what is in it, and what became of it."""

    name: str
    origin: str = ""
    values: int = 0
    metrics: list[str] = field(default_factory=list)
    settings: int = 0
    records: int = 0
    """Pictures, texts and sounds."""
    here: int = 0
    """The run that it became when it was taken in before."""
    run: int = 0
    """The run that it is now."""
    trouble: str = ""
    """Why it cannot come in."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def command(database: Path) -> list[str]:
    """The process that takes a request as a line on its stdin and says in JSON what it does."""
    return processes.python("workbench.engine.importing", str(database))


def take_in(
    database: Path, request: Request, on_progress: Progress | None = None
) -> tuple[list[Outcome], list[str]]:
    """Runs an import to its end; gives what became of each run, and remarks. Raises JobError with the reason."""
    said = asking.ask(command(database), request.to_json(), on_progress, answer="runs", ended=ENDED)
    return outcomes(said), [str(each) for each in said["remarks"]]


def outcomes(said: dict[str, Any]) -> list[Outcome]:
    """What the last line of the process tells."""
    return [Outcome(**each) for each in said["runs"]]


def told(found: Sequence[Outcome]) -> str:
    """What became of all runs, in a sentence or two."""
    came = [each for each in found if each.run]
    here = [each for each in found if each.here]
    wrong = [each for each in found if each.trouble]
    if came:
        span = f"#{came[0].run}" + (f" to #{came[-1].run}" if came[1:] else "")
        said = [f"{text.plural(len(came), 'run')} came in ({span})."]
    else:
        said = ["No run came in."]
    if here:
        first = f"{here[0].name} as #{here[0].here}"
        said.append(f"{text.plural(len(here), 'run')} {'is' if len(here) == 1 else 'are'} here already: {first}" +
                    (f" and {len(here) - 1} more." if here[1:] else "."))  # fmt: skip
    if wrong:
        said.append(f"{text.plural(len(wrong), 'run')} cannot be read: {wrong[0].trouble}")
    return " ".join(said)
