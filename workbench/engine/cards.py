"""Model cards: what a run is, what it learned from, how well, and with what, as one HTML or Markdown file.

Imports the store, jobs and catalog, not torch. Whatever a name holds, it is text there and nothing else.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.core import text
from workbench.core.document import Document
from workbench.core.errors import WorkbenchError
from workbench.core.files import loads, replacing, write_atomically
from workbench.engine import card_pictures
from workbench.engine.pages import Rows, Section, html, markdown
from workbench.jobs.figures import best_of, split_name
from workbench.jobs.settings import ENVIRONMENT, ESTIMATE
from workbench.store.records import RunRecord
from workbench.store.store import Store

_MOST_SETTINGS: Final = 400
_DRAWN: Final = ("train", "validation")
"""Parts of the data whose curves are drawn."""


def write(store: Store, run: int, file: Path) -> list[Path]:
    """Writes the card; gives its files. HTML holds its pictures, Markdown has them beside it. Raises OSError."""
    record = store.run(run)
    title = f"{text.one_line(record.name)} #{run}"
    sections = _sections(store, record)
    if file.suffix.lower() in (".html", ".htm"):
        write_atomically(file, html(title, sections).encode())
        return [file]
    pictures = {
        file.with_name(f"{file.stem}-{name}.svg"): picture
        for section in sections
        for name, picture in section.pictures
    }
    with ExitStack() as all_or_none:  # the card itself takes its place first
        for place, content in (*pictures.items(), (file, markdown(title, sections, file.stem))):
            all_or_none.enter_context(replacing(place)).write_bytes(content.encode())
    return [file, *pictures]


def _sections(store: Store, record: RunRecord) -> list[Section]:
    params = store.params(record.id)
    document = _document(store, record)
    description = document.description if document else ""
    found = [Section("", description, ("", ""), _about(store, record))]
    if document is not None:
        found.append(_model(document))
    found += [_data(store, record), *_figures(store, record)]
    own = {name: each for name, each in params.items() if not name.startswith((ENVIRONMENT, ESTIMATE))}
    rows = [(name, text.value(each)) for name, each in own.items()]
    found.append(Section("Settings", "", ("Setting", "Value"), rows[:_MOST_SETTINGS]))
    versions = [
        (name.removeprefix(ENVIRONMENT), text.value(each))
        for name, each in params.items()
        if name.startswith(ENVIRONMENT)
    ]
    versions.append(("device", record.used_device or record.device))
    found.append(Section("Environment", "", ("What", "Version"), versions))
    return [each for each in found if each.words or each.rows or each.pictures]


def _document(store: Store, record: RunRecord) -> Document | None:
    """The drawing; None where there is none that can be read, which does not keep the rest from being told."""
    try:
        return loads(store.document_text(record.id), f"run {record.id}")
    except WorkbenchError:
        return None


def _about(store: Store, record: RunRecord) -> Rows:
    marks = store.marks_of(record.id)
    took = record.ended - record.started if record.started and record.ended else 0.0
    rows: list[tuple[str, Any]] = [
        ("Model", text.one_line(record.model)),
        ("State", f"{record.state}. {record.cause}" if record.cause else record.state),
        ("Parameters", text.whole(record.parameters) if record.parameters else ""),
        ("Trained", _trained(record)),
        ("Started", text.moment(record.started)),
        ("Took", text.duration(took) if took else ""),
        ("Seed", "" if record.imported and not record.seed else str(record.seed)),
        ("Tags", ", ".join(marks.tags)),
        ("Notes", marks.notes),
    ]
    rows += [
        (
            f"{each.kind.capitalize()} weights",
            f"epoch {each.epoch}, step {each.step:,}, SHA-256 {each.sha256}",
        )
        for each in store.checkpoints(record.id)
    ]
    return [(name, value) for name, value in rows if value]


def _trained(record: RunRecord) -> str:
    steps = text.plural(record.step, "step")
    return steps if record.imported else f"{record.epoch} of {record.epochs} epochs, {steps}"


def _model(document: Document) -> Section:
    pictures = [("drawing", picture)] if (picture := card_pictures.drawing(document.graph)) else []
    return Section("Drawing", pictures=pictures)


def _data(store: Store, record: RunRecord) -> Section:
    known = {each.id: each for each in store.datasets()}
    rows: Rows = []
    for id in filter(None, record.dataset.split(", ")):
        try:
            schema = Schema.from_json(known[id].schema) if id in known else SAMPLES[id]
        except (KeyError, WorkbenchError):  # taken out of the workspace since
            rows.append((id, "", "no longer in the workspace", ""))
            continue
        outputs = ", ".join(f"{name} {spec}" for name, spec in schema.outputs.items())
        rows.append(
            (schema.title, f"{schema.items:,}", outputs, known[id].fingerprint if id in known else "sample")
        )
    return Section("Data", "", ("Dataset", "Items", "An example", "Fingerprint"), rows)


def _figures(store: Store, record: RunRecord) -> list[Section]:
    summaries = store.summaries([record.id])[record.id]
    rows: Rows = []
    for name, summary in sorted(summaries.items()):
        best, step = best_of(summary)
        rows.append((name, text.number(summary.last), text.number(best), f"{step:,}"))
    charts: dict[str, dict[str, Any]] = {}
    for name in summaries:
        split, bare = split_name(name)
        if split in _DRAWN:
            charts.setdefault(bare, {})[split] = store.curve(record.id, name)
    pictures = []
    for number, (name, curves) in enumerate(charts.items(), start=1):
        if picture := card_pictures.chart(name, curves, _DRAWN):
            pictures.append((f"curve{number}", picture))
    return [
        Section("Metrics", "", ("Metric", "Last", "Best", "at step"), rows),
        Section("Curves", pictures=pictures),
    ]
