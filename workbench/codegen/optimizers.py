"""The methods that make optimisers and schedules of a program, and what keeps its frozen parts as they are.

Lines only; `methods` and `program` put them into the class.
"""

import re
from collections.abc import Iterator, Sequence

from workbench.catalog.training import optimizer_arguments
from workbench.catalog.updates import Step
from workbench.codegen.text import INDENT, WIDTH, arguments, call, docstring, split

_OPTIMIZER = "torch.optim.Optimizer"


def frozen_parts(steps: Sequence[Step]) -> tuple[str, ...]:
    """Parts that no update trains and one freezes."""
    return tuple(dict.fromkeys(id for step in steps for id in step.frozen))


def freeze(steps: Sequence[Step]) -> Iterator[str]:
    """The end of the constructor."""
    parts = frozen_parts(steps)
    if parts:
        yield ""
        yield f"{INDENT * 2}# Frozen: gets no gradient, and no optimiser has it."
        yield from (f"{INDENT * 2}self.{id}.requires_grad_(False)" for id in parts)


def train(parts: Sequence[str]) -> Iterator[str]:
    """Keeps statistics of normalisation and dropout in frozen parts as in evaluation."""
    yield from call("def train(", ["self", "mode: bool = True"], ') -> "Program":', 1)
    yield from docstring("Training or evaluation; what is frozen stays as in evaluation.", 2)
    yield f"{INDENT * 2}super().train(mode)"
    yield from (f"{INDENT * 2}self.{id}.eval()" for id in parts)
    yield f"{INDENT * 2}return self"


def optimizer(step: Step, frozen: Sequence[str]) -> Iterator[str]:
    """The optimiser of an update, over what it trains; where parts have rates, in a group for each."""
    yield from call(f"def optimizer_{step.name}(", ["self"], f") -> {_OPTIMIZER}:", 1)
    values = arguments(optimizer_arguments(step.optimizer))
    if step.rates:
        yield f"{INDENT * 2}groups = ["
        for factor, ids in _groups(step).items():
            yield from _group(ids, "" if factor == 1 else f"{_rate(step)} * {factor!r}")
        yield f"{INDENT * 2}]"
        weights = "groups"
    elif step.everything:
        weights = "[p for p in self.parameters() if p.requires_grad]" if frozen else "self.parameters()"
    else:
        weights = _weights(step.trains)
        if len(weights) + len(INDENT) * 3 + 1 > WIDTH:
            yield from call("weights = [", _each(step.trains), "]", 2)
            weights = "weights"
    yield from call(f"return {step.optimizer.torch}(", [weights, *values], ")", 2)


def schedule(step: Step, rising: bool) -> Iterator[str]:
    """The schedule of an update's learning rate; `rising` where the figure that decides should be large."""
    rare = step.every > 1  # its steps in an epoch may be no whole number
    epoch = "epoch_steps: float" if rare else "epoch_steps: int"
    taken = ["self", "optimizer: torch.optim.Optimizer", "steps: int", epoch]
    returns = ") -> torch.optim.lr_scheduler.LRScheduler:"
    yield from call(f"def schedule_{step.name}(", taken, returns, 1)
    factors = tuple(_groups(step)) if step.rates else ()
    for line in step.schedule.prepare(factors):
        line = _rounded(line) if rare else line
        start, opening, rest = re.split(r"([(\[])", line, maxsplit=1)
        yield from call(f"{start}{opening}", split(rest[:-1]), line[-1], 2)
    text = step.schedule.fitted(step.optimizer, rising).code(factors)
    start, _, rest = (_rounded(text) if rare else text).partition("(")
    yield from call(f"return {start}(", split(rest[:-1]), ")", 2)


def _rounded(text: str) -> str:
    """Epochs counted in steps of an update that is not made with every batch."""
    return re.sub(r"(\d+ \* )?\bepoch_steps\b", r"max(1, round(\g<0>))", text)


def _groups(step: Step) -> dict[float, list[str]]:
    """Parts by their factor of the learning rate, in the order of the drawing."""
    groups: dict[float, list[str]] = {}
    for id in step.trains:
        groups.setdefault(step.rates.get(id, 1.0), []).append(id)
    return groups


def _rate(step: Step) -> str:
    return repr(optimizer_arguments(step.optimizer)["lr"])


def _each(ids: Sequence[str]) -> list[str]:
    return [f"*self.{id}.parameters()" for id in ids]


def _weights(ids: Sequence[str]) -> str:
    return f"self.{ids[0]}.parameters()" if len(ids) == 1 else f"[{', '.join(_each(ids))}]"


def _group(ids: Sequence[str], rate: str) -> Iterator[str]:
    """One entry of the list of groups, broken over lines where it is too long."""
    entries = [f'"params": {_weights(ids)}', *([f'"lr": {rate}'] if rate else [])]
    lines = call("{", entries, "},", 3)
    if max(map(len, lines)) <= WIDTH:
        yield from lines
        return
    yield f"{INDENT * 3}{{"
    yield f'{INDENT * 4}"params": ['
    yield from (f"{INDENT * 5}{each}," for each in _each(ids))
    yield f"{INDENT * 4}],"
    yield from (f"{INDENT * 4}{entry}," for entry in entries[1:])
    yield f"{INDENT * 3}}},"
