"""A report of several runs: what differs between them, how well they did, and whether that is more than chance.

Imports the store, jobs and catalog, not torch. One HTML file that needs nothing else, or the same printed to PDF.
"""

import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from workbench.catalog.goals import judges
from workbench.core import text
from workbench.core.difference_words import words
from workbench.core.document import Document
from workbench.core.errors import JobError, WorkbenchError
from workbench.core.files import loads, write_atomically
from workbench.engine import card_pictures
from workbench.engine.pages import Rows, Section, html
from workbench.jobs.drawings import differences
from workbench.jobs.figures import SPLITS, best_of, rises, split_name
from workbench.jobs.printing import print_pdf
from workbench.jobs.settings import ENVIRONMENT, ESTIMATE
from workbench.jobs.verdict import Question, answer
from workbench.store.records import RunRecord, Summary
from workbench.store.store import Store

MOST_RUNS: Final = 100
_SIDE_BY_SIDE: Final = 6
"""So many runs stand beside one another in a table; the others follow in further ones."""
_MOST_ROWS: Final = 120
_MOST_CHARTS: Final = 40
_MOST_CHANGES: Final = 40
Summaries = Mapping[int, Mapping[str, Summary]]


def write(store: Store, runs: Sequence[int], file: Path) -> list[Path]:
    """Writes the report, to PDF where the file is named so. Raises WorkbenchError or OSError."""
    if len(runs) > MOST_RUNS:
        raise JobError(f"A report tells of {MOST_RUNS} runs at most, not of {len(runs):,}. Choose fewer.")
    records = [store.run(run) for run in runs]
    page = html(_title(records), _sections(store, records)).encode()
    if file.suffix.lower() != ".pdf":
        write_atomically(file, page)
        return [file]
    with tempfile.TemporaryDirectory() as folder:
        source, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_bytes(page)
        print_pdf(source, printed)
        write_atomically(file, printed.read_bytes())
    return [file]


def _title(records: Sequence[RunRecord]) -> str:
    models = list(dict.fromkeys(text.one_line(record.model or record.name, 60) for record in records))
    named = ", ".join(models[:3]) + (f" and {len(models) - 3} more" if models[3:] else "")
    return f"Report of {text.plural(len(records), 'run')}: {named}"


def _sections(store: Store, records: Sequence[RunRecord]) -> list[Section]:
    ids = [record.id for record in records]
    params, summaries = store.params_of(ids), store.summaries(ids)
    written = f"Workspace {store.path.parent.name or store.path}, {text.moment(time.time())}."
    found = [Section("", written, *_overview(store, records))]
    if len(records) > 1:
        found.append(Section("Verdict", _verdict(store, records, params, summaries)))
        found += _settings(records, params)
    found += _metrics(records, summaries)
    found.append(Section("Curves", pictures=_curves(store, records, summaries)))
    found += _drawings(store, records)
    notes = [(f"#{id}", marks.notes) for id in ids if (marks := store.marks_of(id)).notes]
    found.append(Section("Notes", "", ("Run", "Notes"), notes))
    return [each for each in found if each.words or each.rows or each.pictures]


def _overview(store: Store, records: Sequence[RunRecord]) -> tuple[tuple[str, ...], Rows]:
    rows: Rows = []
    for record in records:
        took = record.ended - record.started if record.started and record.ended else 0.0
        epochs = f"{record.epoch} of {record.epochs} epochs" if record.epochs else ""
        rows.append(
            (
                _named(record),
                text.one_line(record.model),
                text.one_line(record.dataset),
                record.state,
                "" if record.imported and not record.seed else str(record.seed),
                text.count(record.parameters) if record.parameters else "",
                epochs or text.plural(record.step, "step"),
                text.duration(took) if took else "",
                text.moment(record.started),
                ", ".join(store.marks_of(record.id).tags),
            )
        )
    head = ("Run", "Model", "Data", "State", "Seed", "Parameters", "Trained", "Took", "Started", "Tags")
    return _filled(head, rows)


def _filled(head: tuple[str, ...], rows: Rows) -> tuple[tuple[str, ...], Rows]:
    """A table without the columns in which nothing stands."""
    kept = [at for at in range(len(head)) if any(row[at] not in ("", text.NONE) for row in rows)]
    return tuple(head[at] for at in kept), [tuple(row[at] for at in kept) for row in rows]


def _verdict(
    store: Store,
    records: Sequence[RunRecord],
    params: Mapping[int, Mapping[str, Any]],
    summaries: Summaries,
) -> str:
    """Whether the runs differ by more than their seeds from the first one, in the figure that tells most."""
    metric = _main(summaries)
    if not metric:
        return ""
    found = {record.id: summaries[record.id].get(metric) for record in records}
    up = rises(one for one in found.values() if one is not None)
    values = {id: one.max if up else one.min for id, one in found.items() if one is not None}
    base = next((id for id, value in values.items() if not math.isnan(value)), records[0].id)
    asked = Question(tuple(records), base, metric, up, values, params)
    return answer(asked, {record.id: store.program_text(record.id) for record in records})


def _main(summaries: Summaries) -> str:
    """The metric that tells most: one that judges, on the split that counts most, of as many runs as can be."""
    counts: dict[str, int] = {}
    judging: set[str] = set()
    for each in summaries.values():
        for name, summary in each.items():
            counts[name] = counts.get(name, 0) + 1
            if judges(summary.type):
                judging.add(name)

    def order(name: str) -> tuple[bool, int, int]:
        split = split_name(name)[0]
        return name not in judging, -counts[name], SPLITS.index(split) if split in SPLITS else len(SPLITS)

    return min(counts, key=order, default="")


# ------------------------------------------------------------------ tables


def _beside(records: Sequence[RunRecord]) -> list[Sequence[RunRecord]]:
    """The runs in groups that fit beside one another."""
    return [records[at : at + _SIDE_BY_SIDE] for at in range(0, len(records), _SIDE_BY_SIDE)]


def _settings(records: Sequence[RunRecord], params: Mapping[int, Mapping[str, Any]]) -> list[Section]:
    names = {name for each in params.values() for name in each if not name.startswith(ESTIMATE)}
    shown = {
        name: {record.id: _setting(params.get(record.id, {}), name) for record in records} for name in names
    }
    differing = sorted(
        (name for name, each in shown.items() if _differs(records, each)),
        key=lambda name: (sum(each == text.NONE for each in shown[name].values()), name),
    )
    found: list[Section] = []
    for title, wanted in (
        ("Settings that differ", [name for name in differing if not name.startswith(ENVIRONMENT)]),
        ("Environment that differs", [name for name in differing if name.startswith(ENVIRONMENT)]),
    ):
        for number, group in enumerate(_beside(records) if wanted else ()):
            head = ("Setting", *map(_named, group))
            rows = [
                (name.removeprefix(ENVIRONMENT), *cells)
                for name in wanted[:_MOST_ROWS]
                if set(cells := [shown[name][record.id] for record in group]) != {text.NONE}
            ]
            more = len(wanted) - _MOST_ROWS
            told = f"{more} more are left out; those that most runs have stand first." if more > 0 else ""
            found.append(Section("" if number else title, "" if number else told, head, rows))
    return found or [Section("Settings that differ", "None: the runs have all settings in common.")]


def _differs(records: Sequence[RunRecord], values: Mapping[int, str]) -> bool:
    """Whether a setting is not the same everywhere; what another program did not record is no difference."""
    return len({values[each.id] for each in records if not each.imported or values[each.id] != text.NONE}) > 1


def _setting(params: Mapping[str, Any], name: str) -> str:
    return text.value(params[name]) if name in params else text.NONE


def _metrics(records: Sequence[RunRecord], summaries: Summaries) -> list[Section]:
    names = sorted({name for each in summaries.values() for name in each})[:_MOST_ROWS]
    found = []
    up = {name: rises(each[name] for each in summaries.values() if name in each) for name in names}
    winners = {name: _winner(name, records, summaries, up[name]) for name in names}
    for number, group in enumerate(_beside(records) if names else ()):
        rows, strong = [], set()
        here = [name for name in names if any(name in summaries[record.id] for record in group)]
        for at, name in enumerate(here):
            cells = [summaries[record.id].get(name) for record in group]
            rows.append((name, *(_figure(cell, up[name]) if cell else text.NONE for cell in cells)))
            strong |= {(at, place) for place, record in enumerate(group, 1) if record.id == winners[name]}
        told = (
            ""
            if number
            else "Of each the best value and its step, the last, and the range from least to largest."
        )
        found.append(
            Section(
                "" if number else "Metrics",
                told,
                ("Metric", *map(_named, group)),
                rows,
                strong=frozenset(strong),
            )
        )
    return found


def _figure(summary: Summary, up: bool) -> str:
    best, step = best_of(summary, up)
    return (
        f"{text.number(best)} at {step:,}\nlast {text.number(summary.last)}\n"
        f"{text.number(summary.min)} … {text.number(summary.max)}"
    )


def _winner(name: str, records: Sequence[RunRecord], summaries: Summaries, up: bool) -> int:
    """The run with the best value of a metric; 0 where several have it, or only one run has the metric."""
    values = {
        record.id: best_of(one, up)[0]
        for record in records
        if (one := summaries[record.id].get(name)) is not None
    }
    known = {id: value for id, value in values.items() if not math.isnan(value)}
    if len(known) < 2:
        return 0
    top = max(known.values()) if up else min(known.values())
    best = [id for id, value in known.items() if value == top]
    return best[0] if len(best) == 1 else 0


def _named(record: RunRecord) -> str:
    return f"#{record.id} {text.one_line(record.name, 40)}"


# ------------------------------------------------------------------ pictures


def _curves(store: Store, records: Sequence[RunRecord], summaries: Summaries) -> list[tuple[str, str]]:
    """Each metric of all runs in one picture; results before losses of training."""

    def order(name: str) -> tuple[int, str]:
        split, bare = split_name(name)
        return (SPLITS.index(split) if split in SPLITS else len(SPLITS), bare)

    names = sorted(
        {name for each in summaries.values() for name, one in each.items() if one.count > 1}, key=order
    )
    found = []
    named = [_named(record) for record in records]
    for number, name in enumerate(names[:_MOST_CHARTS], start=1):
        shown = {
            _named(record): card_pictures.thinned(store.curve(record.id, name))
            for record in records
            if name in summaries[record.id]
        }
        if picture := card_pictures.overlay(name, shown, named):
            found.append((f"curve{number}", picture))
    return found


def _drawings(store: Store, records: Sequence[RunRecord]) -> list[Section]:
    """Every drawing once, with the runs that trained it and what differs from that of the first run."""
    same: dict[str, list[RunRecord]] = {}
    without: list[RunRecord] = []
    for record in records:
        try:
            same.setdefault(store.document_text(record.id), []).append(record)
        except WorkbenchError:
            without.append(record)
    found = []
    base: tuple[RunRecord, Document] | None = None
    for kept, group in same.items():
        title = f"Drawing of {', '.join(f'#{record.id}' for record in group)}"
        try:
            document = loads(kept, f"run {group[0].id}")
        except WorkbenchError as error:
            found.append(Section(title, f"It cannot be shown: {error}"))
            continue
        told = "" if base is None else _changes(*base, group[0], document)
        base = base or (group[0], document)
        picture = card_pictures.drawing(document.graph)
        pictures = [("drawing", picture)] if picture else []
        found.append(Section(title, told, pictures=pictures))
    if without:
        named = ", ".join(f"#{record.id}" for record in without)
        found.append(Section("Without a drawing", f"{named}: from other programs, which keep none."))
    return found


def _changes(base: RunRecord, one: Document, other: RunRecord, two: Document) -> str:
    changes = differences(base, other, one, two).changes
    lines = [words(change) for change in changes[:_MOST_CHANGES]]
    lines += [f"and {len(changes) - _MOST_CHANGES} more"] if len(changes) > _MOST_CHANGES else []
    return "\n".join([f"Against #{base.id}:", *(lines or ["no difference but where nodes stand"])])
