"""Settings by name, as typed on a command line: "conv1.out_channels" = 64, "training.epochs" = 3, "width" = 128."""

import json
from dataclasses import replace

from workbench.core.document import Document, Training, Update
from workbench.core.edits import SetParam, SetRepeat, SetTraining
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.values import check_value
from workbench.core.variables import SetVariable


def parse(text: str) -> tuple[str, Value]:
    """Splits "name=value"; the value is a number, true, false, null or a list as in JSON, else text.

    Raises EditError.
    """
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise EditError(f"“{text}” is not of the form name=value.")
    try:
        data = json.loads(value)
    except ValueError:
        return name.strip(), value.strip()
    if isinstance(data, list) and not any(isinstance(part, list | dict) for part in data):
        return name.strip(), check_value(tuple(data))
    if isinstance(data, dict | list):
        raise EditError(f"“{value}” is not a value that a field can take.")
    return name.strip(), check_value(data)


def assign(document: Document, name: str, value: Value) -> Document:
    """The document with one setting changed. Names are

    `training.epochs`, `training.updates.UPDATE.lr`, `training.updates.UPDATE.schedule.gamma`, `NODE.FIELD`,
    `NODE.repeat`, `BLOCK/NODE.FIELD`, or a variable. Raises EditError that says what there is instead.
    """
    parts = name.split(".")
    if parts[0] == "training" and len(parts) > 1:
        return SetTraining(_training(document, parts[1:], value, name)).apply(document)
    if len(parts) == 1:
        if name not in document.variables:
            known = ", ".join(document.variables) or "none"
            raise EditError(f"There is no variable “{name}” (variables: {known}). A field is NODE.FIELD.")
        return SetVariable(name, value).apply(document)
    place, field = ".".join(parts[:-1]), parts[-1]
    where, _, node = place.rpartition("/")
    if field == "repeat" and document.graph_of(where).node(node).block:
        return SetRepeat(node, value, where).apply(document)
    graph = document.graph_of(where)
    for other in graph.sharing(graph.node(node)):  # linked copies have the fields of their owner
        document = SetParam(other.id, field, value, where).apply(document)
    return document


def _training(document: Document, parts: list[str], value: Value, name: str) -> Training:
    training = document.training
    if parts[0] != "updates":
        return replace(training, settings={**training.settings, ".".join(parts): value})
    if len(parts) != 3 and (len(parts) != 4 or parts[2] not in ("rates", "schedule")):
        raise EditError(
            f"“{name}” is not a setting of an update; write training.updates.UPDATE.FIELD, "
            "training.updates.UPDATE.schedule.FIELD or training.updates.UPDATE.rates.PART."
        )
    if not training.updates:
        raise EditError(
            "This model has the one default update; add updates to it before setting their fields."
        )
    names = [update.name for update in training.updates]
    if parts[1] not in names:
        raise EditError(f"There is no update “{parts[1]}” (updates: {', '.join(names)}).")
    updates = [
        _update(update, ".".join(parts[2:]), value) if update.name == parts[1] else update
        for update in training.updates
    ]
    return replace(training, updates=tuple(updates))


def _update(update: Update, field: str, value: Value) -> Update:
    if field.startswith("rates."):
        return replace(update, rates={**update.rates, field.removeprefix("rates."): value})
    if field.startswith("schedule."):
        return replace(update, schedule={**update.schedule, field.removeprefix("schedule."): value})
    if field == "rates":
        raise EditError("“rates” is set part by part; write training.updates.UPDATE.rates.PART.")
    if field == "every":
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise EditError(f"“every” is a whole number of at least 1, not {value!r}.")
        return replace(update, every=value)
    if field == "clip":
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise EditError(f"“clip” is a number of at least 0, not {value!r}.")
        return replace(update, clip=float(value))
    if field == "optimizer":
        return replace(update, optimizer={"type": value})
    if field == "schedule":
        return replace(update, schedule={"type": value})
    return replace(update, optimizer={**update.optimizer, field: value})
