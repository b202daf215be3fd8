"""Facets of runs: what values they have of a few facts, how many each, and filters that choose among them.

A facet's values are chosen by a part of the filter such as `state = failed` or `(tag = a or tag = b)`.
Imports core's language of filters and what its names say of runs.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.core.filters import And, Comparison, Filter, Or
from workbench.jobs.run_filter import ALIASES, FACTS, Names, RunFacts, judge_of, mentions

OF: Final = ("state", "model", "data", "tag", "device")
"""Facts whose values are few in most workspaces."""
LONGEST: Final = 200
"""Values longer than this are not offered: a filter with one of them could not be read."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value, how many runs have it that the rest of the filter lets through, and whether it is chosen."""

    text: str
    count: int
    chosen: bool


def chosen(filter: Filter | None, fact: str) -> tuple[str, ...]:
    """The values of a fact that a filter chooses."""
    return next((values for part in _parts(filter) if (values := _values(part, fact))), ())


def toggled(filter: Filter | None, fact: str, value: str) -> Filter | None:
    """The filter with a value of a fact chosen in addition, or no longer."""
    values = list(chosen(filter, fact))
    same = [each for each in values if each.lower() == value.lower()]
    values = [each for each in values if each not in same] if same else [*values, value]
    parts = _others(filter, fact)
    wanted = [Comparison(fact, "=", each) for each in values]
    if wanted:
        parts.append(wanted[0] if len(wanted) == 1 else Or(tuple(wanted)))
    return _joined(parts)


def facets(runs: Sequence[RunFacts], filter: Filter | None, names: Names) -> dict[str, list[Value]]:
    """The values of each fact, the most frequent first; chosen ones are there even where no run has them.

    Of a fact that the filter chooses, those count which could be chosen as well. Raises FilterError.
    """
    found = {}
    everyone = mentions(filter, "archived")
    listed = [facts for facts in runs if everyone or not facts.marks.archived]
    judge = judge_of(filter, names)
    held = [facts for facts in listed if judge(facts)] if filter is not None else listed
    for fact in OF:
        values = chosen(filter, fact)
        among = held
        if values:
            rest = judge_of(_joined(_others(filter, fact)), names)
            among = [facts for facts in listed if rest(facts)]
        found[fact] = _counted(among, fact, values)
    return found


def _counted(runs: Iterable[RunFacts], fact: str, values: Sequence[str]) -> list[Value]:
    read = FACTS[fact].read
    if fact == "data":  # by what people call it; a filter understands both
        counts = Counter(facts.title or facts.run.dataset for facts in runs)
    else:
        counts = Counter(text for facts in runs for text in read(facts))
    small = {value.lower() for value in values}
    found = [
        Value(text, count, text.lower() in small)
        for text, count in counts.items()
        if text and len(text) <= LONGEST
    ]
    there = {value.text.lower() for value in found}
    found += [Value(value, 0, chosen=True) for value in values if value.lower() not in there]
    return sorted(found, key=lambda value: (-value.count, value.text.lower()))


def _parts(filter: Filter | None) -> tuple[Filter, ...]:
    return () if filter is None else filter.parts if isinstance(filter, And) else (filter,)


def _others(filter: Filter | None, fact: str) -> list[Filter]:
    """What a filter says besides choosing values of a fact."""
    left = list(_parts(filter))
    for place, part in enumerate(left):
        if _values(part, fact):
            del left[place]
            break
    return left


def _joined(parts: Sequence[Filter]) -> Filter | None:
    return None if not parts else parts[0] if len(parts) == 1 else And(tuple(parts))


def _values(part: Filter, fact: str) -> tuple[str, ...]:
    """The values that a part of a filter chooses, where it does nothing else."""
    each = part.parts if isinstance(part, Or) else (part,)
    found = []
    for one in each:
        if not isinstance(one, Comparison) or one.operator != "=" or one.function:
            return ()
        if ALIASES.get(one.name.lower(), one.name.lower()) != fact:
            return ()
        found.append(one.value)
    return tuple(found)
