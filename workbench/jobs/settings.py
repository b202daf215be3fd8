"""A model's settings as one flat table, for comparing runs. Pure."""

from collections.abc import Iterator
from typing import Any

from workbench.catalog.check import Analysis
from workbench.catalog.spec import Form, fields_of


def flatten(analysis: Analysis) -> dict[str, Any]:
    """All settings as they count, with defaults and expressions filled in.

    Such as {"training.epochs": 3, "training.updates.train.lr": 0.001, "conv1.out_channels": 64}. What shares its
    settings with something else, as repetitions and linked copies do, stands once.
    """
    flat = dict(_values("training", analysis.settings))
    for step in analysis.updates:
        place = f"training.updates.{step.name}"
        flat |= {f"{place}.optimizer": type(step.optimizer).__name__, **dict(_values(place, step.optimizer))}
        flat |= {f"{place}.schedule": type(step.schedule).__name__, **dict(_values(place, step.schedule))}
        flat |= {f"{place}.minimise.{loss}": weight for loss, weight in step.losses.items()}
        flat |= {f"{place}.every": step.every, f"{place}.clip": step.clip}
    root = analysis.root.infos
    for path, info in analysis.nodes.items():
        owner = root.get(path.split("/")[0])
        if "#" in path or info.node.linked_to or (owner and owner.node.linked_to):
            continue
        if info.kind is None:
            flat |= {f"{path}.block": info.node.block, f"{path}.repeat": len(info.copies)}
            flat |= {f"{path}.{name}": value for name, value in info.params.items()}
        else:
            flat |= {f"{path}.type": info.node.type, **dict(_values(path, info.kind))}
    return flat


def _values(place: str, form: Form) -> Iterator[tuple[str, Any]]:
    for field in fields_of(type(form)):
        if field.kind != "hidden":
            yield f"{place}.{field.name}", getattr(form, field.name)
