"""The check of a whole document: shapes of everything, problems with one-click fixes, figures. Pure; no torch.

`analyse` fills in every field, follows the shapes through blocks and repetitions, and keeps going after a problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.catalog import advice
from workbench.catalog.modes import active
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.penalties import check_penalties
from workbench.catalog.problems import Problem, Problems
from workbench.catalog.schema import Schema
from workbench.catalog.scope import NodeInfo, Scope
from workbench.catalog.training import Settings
from workbench.catalog.updates import Step, check_goal, resolve_settings, resolve_updates
from workbench.catalog.walk import Walk
from workbench.core.document import Document
from workbench.core.expressions import FUNCTIONS
from workbench.core.nesting import below, circles


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that the check found. `nodes` maps a path ("conv1", "judge/fc1", "stack#2/fc1") to what is known there."""

    root: Scope
    problems: tuple[Problem, ...]
    nodes: Mapping[str, NodeInfo]
    settings: Settings
    updates: tuple[Step, ...]
    document: Document
    active: Document  # what counts of the document: without bypassed and muted nodes
    complete: bool  # whether all nodes were looked at; a model of far too many is not

    @property
    def ok(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def unchosen(self) -> tuple[str, ...]:
        """Dataset nodes that only say what they expect: the model fits, but cannot train yet."""
        kinds = {id: info.kind for id, info in self.root.infos.items() if isinstance(info.kind, Dataset)}
        return tuple(id for id, kind in kinds.items() if kind.schema is not None and kind.schema.is_expected)

    @property
    def parameters(self) -> int:
        return self.root.parameters

    @property
    def operations(self) -> int:
        return self.root.operations


def analyse(document: Document, schemas: Mapping[str, Schema], before: Analysis | None = None) -> Analysis:
    """Checks a document against the datasets that are known. Never raises for what a document may contain.

    `before`, the analysis of an earlier version, saves the work on nodes that an edit left alone.
    """
    problems = Problems()
    if before is not None and not before.complete:
        before = None
    counting = active(document, before.active if before else None)
    walk = Walk(
        counting, document, schemas, problems, before is not None and _same_blocks(before, document, counting)
    )
    root = walk.root(before.root if before else None)
    _endless(document, problems)
    _called_like_functions(document, problems)
    _short_texts(root, problems)
    advice.warn(document, root, problems)
    settings = resolve_settings(document, root.names, problems)
    check_penalties(root, problems)
    updates = resolve_updates(document, root, problems)
    check_goal(settings, root, updates, problems)
    nodes: dict[str, NodeInfo] = {}
    _collect(root, nodes)
    return Analysis(root, problems.sorted(), nodes, settings, updates, document, counting, walk.complete)


def _same_blocks(before: Analysis, document: Document, counting: Document) -> bool:
    """Whether no block was touched since an earlier analysis."""
    pairs = ((before.document.blocks, document.blocks), (before.active.blocks, counting.blocks))
    return all(
        old is new or (old.keys() == new.keys() and all(old[name] is new[name] for name in new))
        for old, new in pairs
    )


def _endless(document: Document, problems: Problems) -> None:
    """Tells of blocks that contain themselves and that stand nowhere: the walk tells of the others."""
    if not document.blocks:
        return
    reached = below(document.graph, document.blocks)
    for circle in circles(document.blocks):
        if circle[0] not in reached:
            problems.error(f"Block “{circle[0]}” may not contain itself: {' → '.join(circle)}.")


def _called_like_functions(document: Document, problems: Problems) -> None:
    """Models of earlier versions may have such variables: pick(…) means the function, pick alone the variable."""
    places = {"": document.variables, **{name: block.params for name, block in document.blocks.items()}}
    for place, values in places.items():
        for name in sorted(values.keys() & FUNCTIONS):
            what = f"Parameter “{name}” of block “{place}”" if place else f"Variable “{name}”"
            problems.warning(
                f"{what} has the name of a function, so expressions may take one for the other. Rename it."
            )


def _short_texts(root: Scope, problems: Problems) -> None:
    """Tells of texts that are no longer than a window. How much of one is for training is not known here."""
    for id, info in root.infos.items():
        kind = info.kind
        if not isinstance(kind, Dataset) or kind.schema is None or kind.schema.kind != "text":
            continue
        if 0 < kind.schema.items <= kind.length:
            said = f"the text has {kind.schema.items:,} characters in all, too few for windows of {kind.length:,}."
            problems.error(said, root, root.graph.nodes[id], "length")


def _collect(scope: Scope, nodes: dict[str, NodeInfo]) -> None:
    for id, info in scope.infos.items():
        nodes[scope.path + id] = info
        for copy in info.copies:
            _collect(copy, nodes)
