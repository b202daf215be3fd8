"""The help page of a node type, taken apart: what it does, and the five sections of its docstring.

Imports the declarations of node types.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.catalog.forms import help_text
from workbench.catalog.spec import NodeType, node_types

SECTIONS = ("Formula", "Shapes", "Use when", "Alternatives", "Reference")
"""What every page says, in this order; a docstring marks each as **Formula** at the start of a paragraph."""

_SECTION = re.compile(r"\*\*(.+?)\*\*\s*(.*)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]\w*")
_PAGES: "dict[type[NodeType], Page]" = {}


@dataclass(frozen=True, slots=True)
class Page:
    """One help page. `about` is what the node does, `sections` maps each of SECTIONS to its text in one line."""

    about: str
    sections: dict[str, str]


def page_of(cls: type[NodeType]) -> Page:
    """The page of a node type; a section that its docstring lacks is not in it."""
    if cls not in _PAGES:
        _PAGES[cls] = _read(cls)
    return _PAGES[cls]


def _read(cls: type[NodeType]) -> Page:
    about: list[str] = []
    sections: dict[str, str] = {}
    for paragraph in help_text(cls).split("\n\n"):
        line = " ".join(paragraph.split())
        found = _SECTION.fullmatch(line)
        if found and found[1] in SECTIONS:
            sections[found[1]] = found[2]
        elif line:
            about.append(line)
    return Page(" ".join(about), sections)


def alternatives(cls: type[NodeType]) -> tuple[str, ...]:
    """The node types that the page offers instead, in its order."""
    text = page_of(cls).sections.get("Alternatives", "")
    found = [name for word, name in with_types(text) if name and name != cls.__name__]
    return tuple(dict.fromkeys(found))


def with_types(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the node type that it names or "": what becomes a link and what does not."""
    known = node_types()
    end = 0
    for match in _WORD.finditer(text):
        if match[0] in known:
            if match.start() > end:
                yield text[end : match.start()], ""
            yield match[0], match[0]
            end = match.end()
    if end < len(text):
        yield text[end:], ""
