"""Which kind of dataset in training a reader's content makes.  May import the readers' content and the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.catalog.schema import Schema
from workbench.engine.data.graphs import GraphSet, WholeGraph
from workbench.engine.data.items import ItemSet
from workbench.engine.data.loaded import Loaded
from workbench.engine.data.sequences import TokenStream, Windows
from workbench.engine.readers.content import Content, Layout

_KINDS: Mapping[Layout, type[ItemSet | TokenStream | Windows | WholeGraph | GraphSet]] = {
    "items": ItemSet,
    "stream": TokenStream,
    "windows": Windows,
    "graph": WholeGraph,
    "graphs": GraphSet,
}


def assembled(
    content: Content, schema: Schema | None = None, *, problems: tuple[str, ...] = (), fingerprint: str = ""
) -> Loaded:
    """The dataset of what a reader gave; `schema` is the workspace's own, with the names that people changed."""
    loaded = _KINDS[content.layout].of(content, schema or content.schema)
    return replace(
        loaded, problems=problems, fingerprint=fingerprint, vocabularies=dict(content.vocabularies)
    )
