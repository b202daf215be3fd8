"""Model cards: what a run is, what it learned from, how well, and with what, as one HTML or Markdown file.

Imports the store, jobs and catalog, not torch. Whatever a name holds, it is text there and nothing else.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from workbench import __version__
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.core import text
from workbench.core.document import Document
from workbench.core.errors import WorkbenchError
from workbench.core.files import loads, write_atomically
from workbench.engine import card_pictures
from workbench.jobs.figures import best_of, split_name
from workbench.jobs.settings import ENVIRONMENT, ESTIMATE
from workbench.store.records import RunRecord
from workbench.store.store import Store

_MOST_SETTINGS: Final = 400
Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it: words, a table, pictures."""

    title: str
    words: str = ""
    head: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    pictures: Sequence[tuple[str, str]] = ()
    """Name and SVG of each."""


def write(store: Store, run: int, file: Path) -> list[Path]:
    """Writes the card; gives its files. HTML holds its pictures, Markdown has them beside it. Raises OSError."""
    record = store.run(run)
    title = f"{text.one_line(record.name)} #{run}"
    sections = _sections(store, record)
    if file.suffix.lower() in (".html", ".htm"):
        write_atomically(file, _html(title, sections).encode())
        return [file]
    files = [file]
    for section in sections:
        for name, picture in section.pictures:
            files.append(file.with_name(f"{file.stem}-{name}.svg"))
            write_atomically(files[-1], picture.encode())
    write_atomically(file, _markdown(title, sections, file.stem).encode())
    return files


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
        if split in ("train", "validation"):
            charts.setdefault(bare, {})[split] = store.curve(record.id, name)
    pictures = []
    for number, (name, curves) in enumerate(charts.items(), start=1):
        if picture := card_pictures.chart(name, curves):
            pictures.append((f"curve{number}", picture))
    return [
        Section("Metrics", "", ("Metric", "Last", "Best", "at step"), rows),
        Section("Curves", pictures=pictures),
    ]


# ------------------------------------------------------------------ as HTML

_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:32px auto;padding:0 16px;color:#1c222b;"
    "background:#fff}h1{font-size:26px}h2{font-size:18px;margin-top:32px}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:3px 16px 3px 0;border-bottom:1px solid #e3e7ee;vertical-align:top;"
    "white-space:pre-wrap;overflow-wrap:anywhere}img{max-width:100%;height:auto;margin:0 16px 12px 0}"
    "p{white-space:pre-wrap}footer{margin-top:40px;color:#566070;font-size:13px}"
)


def _html(title: str, sections: Iterable[Section]) -> str:
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
    ]
    for section in sections:
        lines += [f"<h2>{escape(section.title)}</h2>"] if section.title else []
        lines += [f"<p>{escape(section.words)}</p>"] if section.words else []
        if section.rows:
            head = "".join(f"<th>{escape(each)}</th>" for each in section.head)
            lines.append(f"<table><tr>{head}</tr>" if any(section.head) else "<table>")
            for row in section.rows:
                lines.append("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>")
            lines.append("</table>")
        for name, picture in section.pictures:
            data = base64.b64encode(picture.encode()).decode()
            lines.append(f'<img alt="{escape(name)}" src="data:image/svg+xml;base64,{data}">')
    lines.append(f"<footer>Written by Workbench {escape(__version__)}.</footer></body></html>")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------ as Markdown


def _markdown(title: str, sections: Iterable[Section], stem: str) -> str:
    lines = [f"# {_plain(title)}", ""]
    for section in sections:
        lines += [f"## {_plain(section.title)}", ""] if section.title else []
        lines += [*(_plain(line) for line in section.words.splitlines()), ""] if section.words else []
        if section.rows:
            lines.append("| " + " | ".join(map(_plain, section.head)) + " |")
            lines.append("|" + "---|" * len(section.head))
            lines += ["| " + " | ".join(map(_plain, row)) + " |" for row in section.rows]
            lines.append("")
        for name, _ in section.pictures:
            place = re.sub(
                r"[^\w.-]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), stem
            )
            lines += [f"![{name}]({place}-{name}.svg)", ""]
    return "\n".join([*lines, f"Written by Workbench {__version__}.", ""])


def _plain(words: str) -> str:
    """Text that means nothing else in Markdown, in one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$]|^-)", r"\\\1", " ".join(words.split()))
