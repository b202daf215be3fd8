"""Fills in a document's updates: which losses each minimises, which nodes it trains, with which optimiser."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from workbench.catalog.forms import fill
from workbench.catalog.gradients import reached
from workbench.catalog.penalties import penalised
from workbench.catalog.problems import Fix, Problems
from workbench.catalog.rates import owner_of, rates_of
from workbench.catalog.rules import fix, loss_fixes, train_fixes
from workbench.catalog.scope import Scope
from workbench.catalog.spec import node_types
from workbench.catalog.starts import run_of
from workbench.catalog.training import Optimizer, Schedule, Settings, optimizer, schedule
from workbench.core.document import Document, Graph, Update
from workbench.core.edits import SetTraining
from workbench.core.errors import ExpressionError, FieldError
from workbench.core.expressions import Value, evaluate
from workbench.core.looks import SetMode


@dataclass(frozen=True, slots=True)
class Step:
    """One update with everything decided. `trains` are owners of weights, in the order of the drawing.

    `everything`: they are all that is not frozen. `rates` are the factors of the learning rate that are not 1.
    """

    name: str
    losses: Mapping[str, float]
    trains: tuple[str, ...]
    everything: bool
    optimizer: Optimizer
    schedule: Schedule
    every: int
    clip: float
    rates: Mapping[str, float] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    """Owners of weights that this update freezes and that no update trains: they stay as they are."""


def default_update(losses: list[str]) -> Update:
    """What a model without a list of updates does: all losses train everything."""
    return Update("train", dict.fromkeys(losses, 1.0), (), {"type": "Adam"})


def losses_of(document: Document) -> list[str]:
    """Ids of the losses of the drawing."""
    return list(_of(document.graph, "loss"))


def updates_of(document: Document) -> tuple[Update, ...]:
    """The document's updates, or the default one."""
    return document.training.updates or (default_update(losses_of(document)),)


def resolve_settings(document: Document, names: Mapping[str, Value], problems: Problems) -> Settings:
    """The training form, filled; problems name the setting."""
    try:
        values = {name: evaluate(value, names) for name, value in document.training.settings.items()}
        settings = fill(Settings, values)
        run_of(settings.weights)
        return settings
    except FieldError as error:
        problems.error(f"training, {error.field}: {error}")
    except ExpressionError as error:
        problems.error(f"training: {error}")
    return fill(Settings, {})


def resolve_updates(document: Document, root: Scope, problems: Problems) -> tuple[Step, ...]:
    """The updates in their order; those that cannot work become problems and are left out."""
    infos = root.infos
    drawn = _of(root.graph, "loss")
    losses = [id for id in root.order if id in infos and id in drawn]
    owners = [id for id in root.graph.nodes if id in infos and infos[id].parameters]
    if not document.graph.nodes:
        return ()  # an empty canvas is told as such
    idle = _of(document.graph, "loss")
    if not drawn and idle:
        message = "Every loss is bypassed or muted, or needs a node that is, so nothing is minimised."
        problems.error(message, fixes=_use_again(document, idle))
        return ()
    if not drawn:
        problems.error(
            "There is no loss, so nothing to minimise. Add one, such as Cross-entropy, and link it.",
            fixes=loss_fixes(root),
        )
        return ()
    updates = document.training.updates
    if not updates:
        updates = (default_update(losses),) if len(losses) == len(drawn) else ()
    for id in drawn:
        if updates and not any(id in update.minimise for update in updates):
            problems.warning("no update minimises this loss.", root, root.graph.nodes[id])
    found = [_step(document, update, root, losses, owners, problems) for update in updates]
    steps = [step for step in found if step is not None]
    trained = {id for step in steps for id in step.trains}
    steps = [replace(step, frozen=tuple(id for id in step.frozen if id not in trained)) for step in steps]
    frozen = {id for step in steps for id in step.frozen}
    return tuple(replace(step, everything={*step.trains} == {*owners} - frozen) for step in steps)


def _step(
    document: Document, update: Update, root: Scope, losses: list[str], owners: list[str], problems: Problems
) -> Step | None:
    place = f"Update “{update.name}”"
    fine = True
    if update.every < 1:
        problems.error(f"{place}: “every” must be a whole number of at least 1, not {update.every!r}.")
        fine = False
    if not 0 <= update.clip < math.inf:
        problems.error(f"{place}: “clip” must be a number of at least 0, not {update.clip!r}.")
        fine = False
    for id in dict.fromkeys((*update.minimise, *update.train, *update.rates)):
        if id not in document.graph.nodes:
            uses = ((update.minimise, "minimises"), (update.train, "trains"))
            what = next((word for ids, word in uses if id in ids), "has a rate for")
            problems.error(
                f"{place} {what} “{id}”, which does not exist.", fixes=_without(document, update, id)
            )
            fine = False
    weights, known = _weights(document, update, root, problems)
    rates = rates_of(document, update, root, owners, problems)
    try:
        rule = optimizer({name: evaluate(value, root.names) for name, value in update.optimizer.items()})
        course = schedule({name: evaluate(value, root.names) for name, value in update.schedule.items()})
    except (FieldError, ExpressionError) as error:
        problems.error(f"{place}: {error}")
        return None
    if not fine or not known or rates is None or any(id not in losses for id in weights):
        return None
    if not weights:
        why = "choose at least one loss"
        if update.minimise:
            why = f"its losses ({', '.join(update.minimise)}) are bypassed or muted, or need a node that is"
        problems.error(f"{place} minimises nothing: {why}.", fixes=_use_again(document, update.minimise))
        return None
    within = reached(root, weights) | penalised(root, weights)
    chosen = {owner_of(document, root, id) for id in update.train} - {""} if update.train else set(owners)
    if not chosen and update.train:
        problems.error(
            f"{place} trains nothing: its parts ({', '.join(update.train)}) are bypassed or muted, or need a node "
            "that is.",
            fixes=_use_again(document, update.train),
        )
        return None
    trains = tuple(id for id in owners if id in chosen and id in within and rates.get(id, 1.0))
    frozen = tuple(id for id in owners if not rates.get(id, 1.0))
    if not trains and any(id in chosen and id in within for id in frozen):
        problems.error(
            f"{place} trains nothing: all that it could train is frozen ({', '.join(frozen)}).",
            fixes=_thawed(document, update),
        )
        return None
    if not trains:
        named = ", ".join(update.train) or "the model"
        problems.error(
            f"{place} trains nothing: no weights of {named} have a part in {', '.join(weights)}.",
            fixes=train_fixes(document, update, within.intersection(owners)),
        )
        return None
    factors = {id: rates[id] for id in trains if rates.get(id, 1.0) != 1}
    return Step(update.name, weights, trains, False, rule, course, update.every, update.clip, factors, frozen)


def _weights(
    document: Document, update: Update, root: Scope, problems: Problems
) -> tuple[dict[str, float], bool]:
    """What an update minimises of what counts, and whether each is a loss with a number as its weight."""
    place, fine = f"Update “{update.name}”", True
    weights: dict[str, float] = {}
    for id, weight in update.minimise.items():
        if id in document.graph.nodes and id not in root.graph.nodes:
            continue  # bypassed or muted
        if id in root.graph.nodes and _family(root.graph.nodes[id].type) != "loss":
            problems.error(f"{place} minimises “{id}”, which is not a loss.", root, root.graph.nodes[id])
            fine = False
        try:
            number = evaluate(weight, root.names)
        except ExpressionError as error:
            problems.error(f"{place}, weight of {id}: {error}")
            fine = False
            continue
        if isinstance(number, bool) or not isinstance(number, int | float):
            problems.error(f"{place}, weight of {id}: {number!r} is not a number.")
            fine = False
        else:
            weights[id] = float(number)
    return weights, fine


def _use_again(document: Document, ids: Iterable[str]) -> tuple[Fix, ...]:
    """Lets those of the nodes work again that are bypassed or muted themselves."""
    out = tuple(id for id in ids if document.graph.nodes[id].mode)
    edit = SetMode(out, "")
    return fix(edit.label, edit) if out else ()


def _without(document: Document, update: Update, id: str) -> tuple[Fix, ...]:
    mended = replace(
        update,
        minimise={name: weight for name, weight in update.minimise.items() if name != id},
        train=tuple(name for name in update.train if name != id),
        rates={name: rate for name, rate in update.rates.items() if name != id},
    )
    return fix(f"Take “{id}” out", _changed(document, update, mended))


def _thawed(document: Document, update: Update) -> tuple[Fix, ...]:
    return fix("Train all parts alike", _changed(document, update, replace(update, rates={})))


def _changed(document: Document, update: Update, mended: Update) -> SetTraining:
    updates = tuple(mended if other is update else other for other in document.training.updates)
    return SetTraining(replace(document.training, updates=updates))


def check_goal(settings: Settings, root: Scope, steps: tuple[Step, ...], problems: Problems) -> None:
    """What “best by” names must be recorded, and early stopping needs something to go by."""
    known = list(_of(root.graph, "loss", "metric"))
    known += [name for step in steps if (name := total_name(root, steps, step)) not in known]
    if settings.monitor and steps and settings.monitor not in known:
        out = settings.monitor in root.drawn.nodes and settings.monitor not in root.graph.nodes
        what = f"“{settings.monitor}” is" if out else f"there is no metric or loss “{settings.monitor}”"
        problems.error(
            f"training, best by: {what}{' bypassed or muted' if out else ''} (there are: {', '.join(known)})."
        )
    metrics = _of(root.graph, "metric")
    if not settings.monitor and not metrics and len(steps) > 1:
        for step in (each for each in steps if each.schedule.by_figure):
            problems.error(
                f"Update “{step.name}”: {type(step.schedule).__name__} goes by the figure that is best, and several "
                "updates have no one such figure; choose one under “Best by”."
            )
    if settings.patience and not settings.monitor and not metrics and len(steps) > 1:
        problems.warning(
            "training, early stopping: several updates have no one best figure; choose one under “Best by”."
        )


def _of(graph: Graph, *families: str) -> dict[str, None]:
    """Nodes whose types are of some families, in drawing order."""
    types = {name for name, cls in node_types().items() if cls.family in families}
    return dict.fromkeys(id for id, node in graph.nodes.items() if node.type in types)


def _family(type: str) -> str:
    return node_types()[type].family if type in node_types() else ""


def total_name(root: Scope, steps: tuple[Step, ...], step: Step) -> str:
    """Under which name the sum that an update minimises is recorded: a single loss by its own."""
    if len(step.losses) == 1 and next(iter(step.losses.values())) == 1:
        return next(iter(step.losses))
    name = "loss" if len(steps) == 1 else f"{step.name}_loss"
    while name in root.graph.nodes:
        name = f"total_{name}"
    return name
