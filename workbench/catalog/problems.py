"""A problem that the check found, and the edits that would mend it. Standard library and core only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from workbench.core.document import Node
from workbench.core.edits import Edit

Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")
"""Gravest first. An error forbids training; a hint is a thought that may well be wrong."""


_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Fix:
    """One click: an edit and what it does, in words."""

    label: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a node or port. `where` is the block whose graph holds the node; `path` leads to the
    instance from outside ("judge/fc1"), so its first part is the node to mark in the model itself.
    """

    severity: Severity
    message: str
    node: str = ""
    port: str = ""
    fixes: tuple[Fix, ...] = ()
    where: str = ""
    path: str = ""

    def __str__(self) -> str:
        place = self.path or self.node
        if place and self.port:
            place = f"{place}.{self.port}"
        return f"{place}: {self.message}" if place else self.message


class Place(Protocol):
    """Where a node stands: a graph, and the way to it."""

    @property
    def where(self) -> str: ...

    @property
    def path(self) -> str: ...


class Problems:
    """Collects problems; one inside a block is told once, however often the block is used."""

    def __init__(self) -> None:
        self.told = 0  # how often something was said, the same thing again included
        self._found: dict[tuple[object, ...], Problem] = {}
        self._outer: list[str] = []

    def error(
        self,
        message: str,
        scope: Place | None = None,
        node: Node | None = None,
        port: str = "",
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        self._add("error", message, scope, node, port, fixes)

    def warning(
        self,
        message: str,
        scope: Place | None = None,
        node: Node | None = None,
        port: str = "",
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        self._add("warning", message, scope, node, port, fixes)

    def hint(
        self,
        message: str,
        scope: Place | None = None,
        node: Node | None = None,
        port: str = "",
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        self._add("hint", message, scope, node, port, fixes)

    def sorted(self) -> tuple[Problem, ...]:
        """Gravest first, each kind in the order found."""
        return tuple(sorted(self._found.values(), key=lambda problem: SEVERITIES.index(problem.severity)))

    @contextmanager
    def inside(self, scope: Place, node: Node) -> Iterator[None]:
        """Problems found meanwhile belong to the instance `node`."""
        self._outer.append(node.id)
        try:
            yield
        finally:
            self._outer.pop()

    def _add(
        self,
        severity: Severity,
        message: str,
        scope: Place | None,
        node: Node | None,
        port: str,
        fixes: tuple[Fix, ...],
    ) -> None:
        self.told += 1
        if len(message) > _LONGEST:  # it quotes what a file holds, which may be of any length
            message = f"{message[:_LONGEST]}…"
        where = scope.where if scope else ""
        id = node.id if node else ""
        outermost = self._outer[0] if self._outer else ""
        key = (severity, message, where, id, port, outermost)
        path = f"{scope.path}{id}" if scope else id
        self._found.setdefault(key, Problem(severity, message, id, port, fixes, where, path))
