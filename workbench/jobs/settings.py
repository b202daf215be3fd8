"""A model's settings as one flat table, for comparing runs. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.catalog.check import Analysis
from workbench.catalog.forms import Form, fields_of
from workbench.catalog.goals import figure_of
from workbench.catalog.spec import node_types
from workbench.core.document import Document

ESTIMATE = "estimate."
"""What was expected of a run stands with its settings under names that begin so; it is no setting to compare by."""
ENVIRONMENT = "environment."
"""Versions and the state of data that a run found where it was queued stand there under names that begin so."""

_MINIMISED = ".minimise."


def flatten(document: Document, analysis: Analysis) -> dict[str, Any]:
    """All settings as they count, with defaults and expressions filled in.

    Such as {"training.epochs": 3, "training.updates.train.lr": 0.001, "conv1.out_channels": 64}. What shares its
    settings with something else, as repetitions and linked copies do, stands once.
    """
    flat = dict(_values("training", analysis.settings))
    if not analysis.settings.ema_decay:
        del flat["training.ema_decay"]  # so that runs of before there was averaging differ in nothing
    flat |= {f"variables.{name}": analysis.root.names.get(name) for name in document.variables}
    for step in analysis.updates:
        place = f"training.updates.{step.name}"
        flat |= {f"{place}.optimizer": type(step.optimizer).__name__, **dict(_values(place, step.optimizer))}
        flat |= {f"{place}.schedule": type(step.schedule).__name__, **dict(_values(place, step.schedule))}
        flat |= {f"{place}{_MINIMISED}{loss}": weight for loss, weight in step.losses.items()}
        flat |= {f"{place}.rates.{part}": rate for part, rate in step.rates.items()}
        flat |= {f"{place}.rates.{part}": 0.0 for part in step.frozen}
        flat |= {f"{place}.every": step.every, f"{place}.clip": step.clip}
    root = analysis.root.infos
    for whole, info in analysis.nodes.items():
        path = whole.replace("#1/", "/")  # the first repetition speaks for all
        top = path.split("/")[0]
        if path in root and info.kind is not None and info.kind.goal:
            # By it a figure knows which way it should go, that of a linked copy too.
            flat[f"{figure_of(path, root)}.type"] = info.node.type
        if "#" in path or (top in root and root[top].node.linked_to):
            continue
        if info.kind is None:
            flat |= {f"{path}.block": info.node.block, f"{path}.repeat": len(info.copies)}
            flat |= {f"{path}.{name}": value for name, value in info.params.items()}
        else:
            flat |= {f"{path}.type": info.node.type, **dict(_values(path, info.kind))}
    return flat


def best_by(flat: Mapping[str, Any]) -> str:
    """The figure that decided which state of a run was best, told from its settings; "" where they do not say it."""
    if named := flat.get("training.monitor"):
        return str(named)
    for path, value in flat.items():
        name, _, field = path.rpartition(".")
        kind = node_types().get(str(value)) if field == "type" and "/" not in name else None
        if kind is not None and kind.family == "metric":
            return name
    losses = {path.partition(_MINIMISED)[2]: weight for path, weight in flat.items() if _MINIMISED in path}
    return next(iter(losses)) if list(losses.values()) == [1] else "loss" if losses else ""


def _values(place: str, form: Form) -> Iterator[tuple[str, Any]]:
    for field in fields_of(type(form)):
        if field.kind != "hidden":
            yield f"{place}.{field.name}", getattr(form, field.name)
