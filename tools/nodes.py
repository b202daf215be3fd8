"""Writes docs/nodes.md, the reference of all node types, from their declarations: `python -m tools.nodes`.

Imports the catalog only. Exits with 1 under --check where the file is not what the catalog says.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.catalog.forms import Field, fields_of
from workbench.catalog.pages import SECTIONS, page_of, with_types
from workbench.catalog.spec import FAMILIES, NodeType, node_types

FILE = Path(__file__).resolve().parent.parent / "docs" / "nodes.md"
TITLES = {
    "data": "Data",
    "augmentation": "Augmentation",
    "layer": "Layers",
    "normalisation": "Normalisation",
    "activation": "Activation",
    "pooling": "Pooling",
    "merge": "Merge",
    "structure": "Structure",
    "loss": "Losses",
    "metric": "Metrics",
    "probe": "Probes",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the file, or with --check only looks whether it is current; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.nodes", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say whether the file is current")
    options = parser.parse_args(arguments)
    text = reference()
    if options.check:
        current = FILE.exists() and FILE.read_text(encoding="utf-8") == text
        print(f"{FILE.name} is {'current' if current else 'out of date; run python -m tools.nodes'}")
        return 0 if current else 1
    FILE.write_text(text, encoding="utf-8")
    print(f"{FILE}  {len(node_types())} node types")
    return 0


def reference() -> str:
    """The whole page."""
    lines = [
        "# Node types",
        "",
        "Everything that can stand on the canvas, by family. This page is written by `python -m tools.nodes` from the",
        "declarations under `workbench/catalog/nodes/`; the same texts are the help in the window. Sizes: N batch,",
        "C channels, H and W height and width, L length, F features, V graph nodes, E edges.",
        "",
    ]
    for family in FAMILIES:
        kinds = {name: cls for name, cls in node_types().items() if cls.family == family}
        lines += [f"- **{TITLES[family]}**: {', '.join(f'[{name}](#{name.lower()})' for name in kinds)}"]
    for family in FAMILIES:
        lines += ["", f"## {TITLES[family]}"]
        for name, cls in node_types().items():
            if cls.family == family:
                lines += _entry(name, cls)
    return "\n".join(lines) + "\n"


def _entry(name: str, cls: type[NodeType]) -> Iterator[str]:
    yield from ("", f"### {name}", "")
    known = f" · `{cls.torch}`" if cls.torch.startswith(("nn.", "gnn.")) else ""
    page = page_of(cls)
    yield from (f"*{cls.title}*{known} · {_ports(cls)}", "", page.about)
    for name in SECTIONS:
        text = page.sections[name]
        yield from ("", f"**{name}** {_linked(text) if name == 'Alternatives' else text}")
    entries = fields_of(cls)
    for title in dict.fromkeys(entry.section for entry in entries):
        if title:
            yield from ("", f"*{title}*")
        yield from ("", "| field | default | meaning |", "|---|---|---|")
        yield from (_row(entry) for entry in entries if entry.section == title)


def _linked(text: str) -> str:
    """With a link at every node type that is named."""
    return "".join(f"[{piece}](#{type.lower()})" if type else piece for piece, type in with_types(text))


def _ports(cls: type[NodeType]) -> str:
    inputs = ", ".join(f"{port} (optional)" if port in cls.optional else port for port in cls.inputs)
    own = cls.output_ports is not NodeType.output_ports
    return f"{inputs or '–'} → {', '.join(cls.outputs) or ('as the dataset has' if own else '–')}"


def _row(entry: Field) -> str:
    default = "–" if entry.default in (None, "") else f"`{entry.default}`"
    choices = f" One of {', '.join(entry.choices)}." if entry.kind == "choice" else ""
    return f"| `{entry.name}` | {default} | {(entry.help + choices).replace('|', '/')} |"


if __name__ == "__main__":
    sys.exit(main())
