"""Labels that no score stands for are told before training, by node and item: on a GPU they would end the process.

Imports torch, the analysis and loaded data.
"""

from collections.abc import Mapping

import torch

from workbench.catalog import expect
from workbench.catalog.check import Analysis
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.nodes.losses_classes import BCELoss, BCEWithLogitsLoss, has_gaps
from workbench.catalog.nodes.losses_hard import MultiMarginLoss
from workbench.catalog.schema import OUTSIDE
from workbench.catalog.scope import NodeInfo
from workbench.core.errors import DataError
from workbench.engine.data import Loaded


def check_labels(analysis: Analysis, loaded: Mapping[str, Loaded]) -> None:
    """Looks at the targets that losses and metrics read from a dataset. Raises DataError for the first that is
    neither a class nor one that does not count.
    """
    for id, info in analysis.root.infos.items():
        source = analysis.root.sources.get(id, {}).get("target")
        classes = _classes(info)
        if source is None or not classes:
            continue
        origin = analysis.root.infos[source.node].kind
        if not isinstance(origin, Dataset) or source.name not in loaded[origin.dataset].tensors:
            continue
        data = loaded[origin.dataset]
        values = data.rows_of(source.name)
        wrong = (values < 0) | (values >= classes)
        if not _needs_all(info):
            wrong &= (values != OUTSIDE) & (values != getattr(info.kind, "ignore_index", OUTSIDE))
        if not wrong.any():
            continue
        place = int(torch.nonzero(wrong)[0, 0])
        value = int(values[wrong][0])
        if value == OUTSIDE:
            raise DataError(
                f"{id}: the target {source} is {value} at {_item(data, place)}, which means that there is none, but "
                f"{info.node.type} needs one of every item. Leave such items out, or use CrossEntropyLoss."
            )
        raise DataError(
            f"{id}: the target {source} is {value} at {_item(data, place)}, but there are scores for {classes} "
            f"classes, 0 to {classes - 1}. Give the last layer {int(values.max()) + 1} outputs, or mend the labels."
        )


def _classes(info: NodeInfo) -> int:
    """How many classes a loss or metric has scores for; 0 where it compares something else."""
    if info.kind is None or info.kind.family not in ("loss", "metric"):
        return 0
    input, target = info.given.get("input"), info.given.get("target")
    if input is None or target is None or input.dtype != "float" or target.dtype != "index":
        return 0
    if input.rank != target.rank + 1:
        return 2 if input.rank == target.rank else 0  # a score for yes
    size = input.shape[expect.class_axis(input)]
    return max(size, 2) if isinstance(size, int) else 0


def _needs_all(info: NodeInfo) -> bool:
    """Whether it is a loss that takes every label of one for each item for a class."""
    target = info.given.get("target")
    return isinstance(info.kind, MultiMarginLoss | BCELoss | BCEWithLogitsLoss) and not (
        target is not None and has_gaps(target)
    )


def _item(data: Loaded, place: int) -> str:
    """Where an item stands: its number in its part, from 1."""
    for name, size in data.sizes.items():
        if place < size:
            return f"item {place + 1} of the {name} part of “{data.schema.title}”"
        place -= size
    return f"item {place + 1} of “{data.schema.title}”"
