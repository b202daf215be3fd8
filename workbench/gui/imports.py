"""What comes into the workspace from a place: it is looked at, shown, and taken in by a process of its own.

Imports session and the process; jobs only once something is imported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from workbench.core import text
from workbench.gui.json_process import Ending, JsonProcess
from workbench.gui.session import Session

BUNDLE: Final = ".zip"
_EVENTS: Final = "tfevents"


@dataclass(slots=True)
class Plan:
    """What lies at a place: a sentence, a row for each run (name, content, what becomes of it), and its metrics."""

    said: str
    rows: list[tuple[str, str, str]]
    button: str
    """What the button says; "" where nothing can come in."""
    metrics: list[str] = field(default_factory=list)
    """Of which a person may say that more is better; none where that is known."""


def takes(paths: Sequence[Path]) -> bool:
    """Whether what is dropped may be runs: one folder, event file or workspace file."""
    return len(paths) == 1 and (
        paths[0].is_dir() or _EVENTS in paths[0].name or paths[0].suffix.lower() == BUNDLE
    )


class Import(QObject):
    """One place: `look`, then `take` or `cancel`."""

    told = Signal(str)
    """What is being done."""
    looked = Signal(object)
    """A Plan."""
    done = Signal(str, int)
    """What came in, and the first run of it, 0 for none."""
    failed = Signal(str)
    title = "Import runs of TensorBoard or MLflow"
    bundle = False

    def __init__(self, session: Session, place: Path) -> None:
        super().__init__(session)
        self.place = place
        self._session = session
        self._process: JsonProcess | None = None
        self._answer: dict[str, Any] = {}
        self._taking = False

    @property
    def busy(self) -> bool:
        """Whether its process is at work."""
        return self._process is not None

    def look(self) -> None:
        """See what lies there."""
        self._start(take=False)

    def take(self, larger: Sequence[str] = ()) -> None:
        """Take it in; of the metrics in `larger` more is better."""
        self._start(take=True, larger=larger)

    def cancel(self) -> None:
        """End it; runs that came in whole stay."""
        if self._process is not None:
            self._process.leave()
            self._process = None

    def _start(self, *, take: bool, larger: Sequence[str] = ()) -> None:
        self._taking, self._answer = take, {}
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        command, request = self._wanted(take, list(larger))
        process.start(command)
        process.ask(request, last=True)

    def _wanted(self, take: bool, larger: list[str]) -> tuple[list[str], dict[str, Any]]:
        from workbench.jobs import imports

        request = {"place": str(self.place), "take": take, "larger": larger, "bundle": self.bundle}
        return imports.command(self._session.path), request

    def _on_said(self, said: dict[str, Any]) -> None:
        if "doing" in said:
            self.told.emit(str(said["doing"]))
        else:
            self._answer = said

    def _on_finished(self, ending: Ending) -> None:
        from workbench.jobs import asking

        self._process = None
        if ending.unstarted:
            self.failed.emit(f"The import could not be started: {ending.unstarted}.")
        elif ending.code or not self._answer:
            self.failed.emit(asking.reason(ending.complaint, ending.code, self._ended()))
        elif self._taking:
            self.done.emit(*self._came(self._answer))
        else:
            self.looked.emit(self._plan(self._answer))

    def _ended(self) -> str:
        from workbench.jobs import imports

        return imports.ENDED

    def _plan(self, answer: dict[str, Any]) -> Plan:
        from workbench.jobs import imports

        found = imports.outcomes(answer)
        fresh = [each for each in found if not each.here and not each.trouble]
        rows = []
        for each in sorted(found, key=lambda each: (not each.trouble, bool(each.here))):
            parts = ((each.values, "value"), (each.settings, "setting"), (each.records, "record"))
            content = ", ".join(text.plural(many, what) for many, what in parts if many)
            fate = each.trouble.replace(f"{self.place}/", "") or (
                f"is here already as #{each.here}" if each.here else "comes in"
            )
            rows.append((text.one_line(each.name), "" if each.trouble else content, text.one_line(fate, 400)))
        here, wrong = (
            sum(bool(each.here) for each in found),
            sum(bool(each.trouble) for each in found),
        )
        said = [f"{text.plural(len(fresh), 'run') if fresh else 'No run'} can come in"]
        said += [f"{here} {'is' if here == 1 else 'are'} here already"] if here else []
        said += [f"{wrong} cannot be read"] if wrong else []
        metrics = list(dict.fromkeys(metric for each in fresh for metric in each.metrics))
        button = f"Import {text.plural(len(fresh), 'run')}" if fresh else ""
        return Plan(". ".join([", ".join(said) + ".", *answer["remarks"]]), rows, button, metrics)

    def _came(self, answer: dict[str, Any]) -> tuple[str, int]:
        from workbench.jobs import imports

        found = imports.outcomes(answer)
        return imports.told(found), next((each.run for each in found if each.run), 0)


class BundleImport(Import):
    """A file that a workspace was written to."""

    title = "Import a workspace file"
    bundle = True

    def _ended(self) -> str:
        return "The import ended with the code {} Nothing came in."

    def _plan(self, answer: dict[str, Any]) -> Plan:
        runs = answer["runs"]
        fresh = sum(not here for *_, here in runs)
        rows = [
            (
                f"{text.one_line(name)} #{id}",
                " · ".join(filter(None, (text.one_line(model), state))),
                f"is here already as #{here}" if here else "comes in under a new number",
            )
            for id, name, model, state, here in runs
        ]
        parts = [text.plural(fresh, "run")] if fresh else []
        parts += [text.plural(answer["models"], "model")] if answer["models"] else []
        if answer["checkpoints"]:
            parts.append(
                text.plural(answer["checkpoints"], "checkpoint") + f" ({text.size(answer['bytes'])})"
            )
        named = ", ".join(parts) or "Nothing new"
        said = [f"{named} can come in; models that are here already are not doubled."]
        if fresh < len(runs):
            many = len(runs) - fresh
            said.append(f"{text.plural(many, 'run')} {'is' if many == 1 else 'are'} here already.")
        if answer["datasets"]:
            named = text.one_line(", ".join(answer["datasets"]))
            said.append(f"It describes the data {named}; the data itself is not in it.")
        some = bool(fresh or answer["models"] or answer["datasets"])
        return Plan(
            " ".join(said), rows, f"Import {text.plural(fresh, 'run')}" if fresh else "Import" if some else ""
        )

    def _came(self, answer: dict[str, Any]) -> tuple[str, int]:
        came = answer["came"]
        span = f" (#{came[0]}" + (f" to #{came[-1]})" if came[1:] else ")") if came else ""
        parts = f"{text.plural(answer['models'], 'model')} and {text.plural(answer['datasets'], 'dataset')}"
        said = [f"{text.plural(len(came), 'run')}{span}, {parts} came in."]
        said += [f"The dataset {old} is called {new} here." for old, new in answer["renamed"].items()]
        return " ".join(said), came[0] if came else 0


def at(session: Session, place: Path) -> Import:
    """The import that fits a place."""
    bundle = place.suffix.lower() == BUNDLE and not place.is_dir()
    return BundleImport(session, place) if bundle else Import(session, place)
