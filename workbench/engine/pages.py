"""Headings, words, tables and pictures as one HTML or Markdown file.

Standard library only. Whatever a name holds, it is text there and nothing else.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from workbench import __version__

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
    strong: frozenset[tuple[int, int]] = frozenset()
    """Cells, as (row, column), that stand out."""


_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:32px auto;padding:0 16px;color:#1c222b;"
    "background:#fff}h1{font-size:26px}h2{font-size:18px;margin-top:32px}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:3px 16px 3px 0;border-bottom:1px solid #e3e7ee;vertical-align:top;"
    "white-space:pre-wrap;overflow-wrap:anywhere}img{max-width:100%;height:auto;margin:0 16px 12px 0}"
    "p{white-space:pre-wrap}footer{margin-top:40px;color:#566070;font-size:13px}"
)


def html(title: str, sections: Iterable[Section]) -> str:
    """A page that needs nothing else and runs nothing."""
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
            lines.append(f"<table><thead><tr>{head}</tr></thead>" if any(section.head) else "<table>")
            for at, row in enumerate(section.rows):
                cells = (_cell(each, (at, column) in section.strong) for column, each in enumerate(row))
                lines.append(f"<tr>{''.join(cells)}</tr>")
            lines.append("</table>")
        for name, picture in section.pictures:
            data = base64.b64encode(picture.encode()).decode()
            lines.append(f'<img alt="{escape(name)}" src="data:image/svg+xml;base64,{data}">')
    lines.append(f"<footer>Written by Workbench {escape(__version__)}.</footer></body></html>")
    return "\n".join(lines) + "\n"


def _cell(words: str, strong: bool) -> str:
    return f"<td><b>{escape(words)}</b></td>" if strong else f"<td>{escape(words)}</td>"


# ------------------------------------------------------------------ as Markdown


def markdown(title: str, sections: Iterable[Section], stem: str) -> str:
    """A page whose pictures stand beside it as STEM-NAME.svg."""
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
