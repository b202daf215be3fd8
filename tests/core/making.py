"""Blocks for tests: made of nodes, unpacked, and what a document comes to."""

from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.spec import NodeType, node_types
from workbench.core.blocks import MakeBlock
from workbench.core.document import Document
from workbench.core.unpack import UnpackBlock

OWNING = frozenset(name for name, cls in node_types().items() if cls.parameters is not NodeType.parameters)


def figures(document: Document) -> tuple[int, int, list[str], dict[str, str]]:
    """Parameters, multiply-adds, problems, and what arrives at every loss and metric."""
    analysis = analyse(document, SAMPLES)
    arriving = {
        id: " ".join(str(spec) for spec in info.inputs)
        for id, info in analysis.root.infos.items()
        if info.kind is not None and info.kind.family in ("loss", "metric")
    }
    return analysis.parameters, analysis.operations, [str(p) for p in analysis.problems], arriving


def made(document: Document, *ids: str, name: str = "Made", where: str = "") -> Document:
    return MakeBlock(ids, name, "made", where).apply(document)


def unpacked(document: Document, id: str = "made", where: str = "") -> Document:
    return UnpackBlock(id, where, OWNING).apply(document)
