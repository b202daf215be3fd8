"""Which way the figures of a run should go, and which of them decides what was best. Standard library only.

A node type declares it (`goal`), and a recorded figure knows its node type: nothing goes by the name of a figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workbench.catalog.check import Analysis
from workbench.catalog.scope import NodeInfo
from workbench.catalog.spec import node_types
from workbench.catalog.updates import total_name

LARGER: Final = "larger is better"
"""Stands in place of a node type where a person said so of a figure that another program recorded."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What decides which epoch was best: a validation figure ("" for none) and whether it should rise or fall."""

    metric: str
    rising: bool

    def better(self, value: float, best: float | None) -> bool:
        """NaN is never better, and anything is better than nothing."""
        if value != value:
            return False
        return best is None or (value > best if self.rising else value < best)


def rising(type: str) -> bool:
    """Whether a larger figure of this node type is the better one; a sum of losses, which is of none, should fall."""
    kind = node_types().get(type)
    return type == LARGER or (kind is not None and kind.goal == "max")


def judges(type: str) -> bool:
    """Whether a node of this type says how good a model is: a metric, or a probe with a figure, but no loss."""
    kind = node_types().get(type)
    return type == LARGER or (kind is not None and bool(kind.goal) and kind.family != "loss")


def figure_of(id: str, infos: Mapping[str, NodeInfo]) -> str:
    """Under which name a node's figure is recorded: a loss or metric by its own, a probe by what it measures.

    Where several would have that name, the node's own stands before it.
    """
    kind = infos[id].kind
    if kind is None or not kind.figure:
        return id
    name = kind.figure
    others = {other: info.kind for other, info in infos.items() if other != id and info.kind is not None}
    taken = any(name.lower() == other.lower() or kind.figure == name for other, kind in others.items())
    return f"{id} {name}" if taken else name


def metrics_of(analysis: Analysis) -> tuple[str, ...]:
    """Names of the drawing's metrics, in its order."""
    infos = analysis.root.infos
    return tuple(id for id, info in infos.items() if info.kind is not None and info.kind.family == "metric")


def goal_of(analysis: Analysis) -> Goal:
    """What decides which epoch is best: the monitored figure, else the first metric, else what is minimised.

    Several updates without a metric (a GAN) have no best epoch: their losses pull against each other.
    """
    metric = analysis.settings.monitor or next(iter(metrics_of(analysis)), "")
    if not metric and len(analysis.updates) == 1:
        metric = total_name(analysis.root, analysis.updates, analysis.updates[0])
    found = analysis.root.infos.get(metric)
    return Goal(metric, found is not None and rising(found.node.type))
