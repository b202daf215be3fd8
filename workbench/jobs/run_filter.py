"""Filters of runs: what the names of the filter language say of a run. Imports core's language and records.

A name is a fact of the run (state, started, tag …), else a metric, else one of its settings. NaN and what a run does
not have fulfil no comparison but !=, which is always the opposite of =.
"""

import math
import operator
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.catalog.samples import SAMPLES
from workbench.core import amounts, filters, text
from workbench.core.errors import FilterError
from workbench.core.filters import Comparison, Filter
from workbench.jobs import figures
from workbench.jobs.settings import ENVIRONMENT
from workbench.store.records import STATES, UNMARKED, Marks, RunRecord, Summary

if TYPE_CHECKING:
    from workbench.store.store import Store

Kind = Literal["number", "text", "time", "duration", "flag", "tags"]
Judge = Callable[["RunFacts"], bool]
YES: Final = ("yes", "true", "on", "1")
NO: Final = ("no", "false", "off", "0")
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(slots=True, eq=False)
class RunFacts:
    """All that a filter can ask of a run; `title` is what its dataset is called."""

    run: RunRecord
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    marks: Marks = UNMARKED
    params: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    _words: str | None = None

    def words(self) -> str:
        """All its texts in small letters, for words without a name; of its settings, those that are texts."""
        if self._words is None:
            run, marks = self.run, self.marks
            parts = [run.name, f"#{run.id}", run.model, run.dataset, self.title, run.state]
            parts += [run.used_device or run.device, run.cause, *marks.tags, marks.notes]
            parts += [
                value
                for name, value in self.params.items()
                if isinstance(value, str) and not name.startswith(ENVIRONMENT)
            ]
            self._words = "\n".join(parts).lower()
        return self._words

    def take(self, run: RunRecord, marks: Marks, title: str) -> None:
        """It went on, or people say something else of it."""
        self.run, self.marks, self.title, self._words = run, marks, title, None

    def take_params(self, params: Mapping[str, Any]) -> None:
        """Its settings were read."""
        self.params, self._words = params, None


@dataclass(frozen=True, slots=True)
class Fact:
    """A name that every run has: what it is, how it is read, and an example of a value."""

    kind: Kind
    help: str
    read: Callable[[RunFacts], Any]
    example: str


def spent(run: RunRecord, now: float | None = None) -> float:
    """Seconds of training so far; -1 where it has not begun."""
    if not run.started:
        return -1.0
    return max(0.0, (run.ended or (time.time() if now is None else now)) - run.started)


FACTS: Final[Mapping[str, Fact]] = {
    "name": Fact("text", "name of the run", lambda r: (r.run.name,), "lenet5"),
    "model": Fact("text", "model that was trained", lambda r: (r.run.model,), "lenet5"),
    "data": Fact("text", "its dataset, by id or title", lambda r: (r.run.dataset, r.title), "digits"),
    "state": Fact("text", "completed, failed, running …", lambda r: (r.run.state,), "completed"),
    "tag": Fact("tags", "one of its tags", lambda r: r.marks.tags, "paper"),
    "star": Fact("flag", "whether it has a star", lambda r: r.marks.star, "yes"),
    "archived": Fact("flag", "whether it was put away", lambda r: r.marks.archived > 0, "yes"),
    "notes": Fact("text", "what was written about it", lambda r: (r.marks.notes,), "baseline"),
    "parameters": Fact("number", "numbers that were learned", lambda r: r.run.parameters, "1M"),
    "duration": Fact("duration", "time in training", lambda r: spent(r.run), "5min"),
    "started": Fact("time", "when its training began", lambda r: r.run.started, "7d ago"),
    "created": Fact("time", "when it was queued", lambda r: r.run.created, "yesterday"),
    "ended": Fact("time", "when its training ended", lambda r: r.run.ended, "today"),
    "device": Fact("text", "where it trained", lambda r: (r.run.used_device or r.run.device,), "cpu"),
    "seed": Fact("number", "seed of its random numbers", lambda r: r.run.seed, "0"),
    "epoch": Fact("number", "epochs done", lambda r: r.run.epoch, "10"),
    "epochs": Fact("number", "epochs planned", lambda r: r.run.epochs, "30"),
    "step": Fact("number", "steps done", lambda r: r.run.step, "1000"),
    "run": Fact("number", "its number", lambda r: r.run.id, "12"),
    "cause": Fact("text", "why it failed or stopped", lambda r: (r.run.cause,), "memory"),
}
ALIASES: Final = {"id": "run", "tags": "tag", "starred": "star", "dataset": "data", "note": "notes"}
FLAGS: Final = ("star", "starred", "archived")


@dataclass(frozen=True, slots=True)
class Names:
    """The names that runs have beside the facts: metrics in full ("train/loss"), and settings."""

    metrics: frozenset[str] = frozenset()
    params: frozenset[str] = frozenset()

    @classmethod
    def of(cls, summaries: Iterable[Mapping[str, Summary]], params: Iterable[Mapping[str, Any]]) -> "Names":
        return cls(
            frozenset(name for each in summaries for name in each),
            frozenset(name for each in params for name in each),
        )

    def has_metric(self, name: str) -> bool:
        return name in self.metrics or name in self.bare()

    def bare(self) -> set[str]:
        """Names of metrics without their splits."""
        return {figures.split_name(metric)[1] for metric in self.metrics}

    def every(self) -> list[str]:
        """All names, facts first."""
        return [*FACTS, *sorted(self.bare()), *sorted(self.metrics), *sorted(self.params)]


def needs_params(filter: Filter | None, names: Names) -> bool:
    """Whether settings of runs must be known to judge it."""
    return any(
        not each.function and _fact(each.name) is None and not names.has_metric(each.name)
        for each in filters.names(filter)
    )


def has_words(filter: Filter | None) -> bool:
    """Whether it looks for words, which may stand in the settings of runs, too."""
    return any(each.quoted or each.text.lower() not in FLAGS for each in filters.words(filter))


def mentions(filter: Filter | None, fact: str) -> bool:
    """Whether it says something about a fact, such as archived."""
    return any(
        ALIASES.get(each.name.lower(), each.name.lower()) == fact for each in filters.names(filter)
    ) or any(
        not each.quoted and ALIASES.get(each.text.lower(), each.text.lower()) == fact
        for each in filters.words(filter)
    )


def judge_of(filter: Filter | None, names: Names, now: float | None = None) -> Judge:
    """What tells whether a run is meant. Raises FilterError for names and values that cannot be."""
    match filter:
        case None:
            return lambda _: True
        case filters.Not(part):
            inner = judge_of(part, names, now)
            return lambda facts: not inner(facts)
        case filters.And(parts):
            every = [judge_of(part, names, now) for part in parts]
            return lambda facts: all(test(facts) for test in every)
        case filters.Or(parts):
            some = [judge_of(part, names, now) for part in parts]
            return lambda facts: any(test(facts) for test in some)
        case filters.Word(word, quoted):
            if not quoted and word.lower() in FLAGS:
                flag = FACTS[ALIASES.get(word.lower(), word.lower())].read
                return lambda facts: bool(flag(facts))
            small = word.lower()
            return lambda facts: small in facts.words()
    if filter.operator == "!=":
        equal = _compare(filter, "=", names, now)
        return lambda facts: not equal(facts)
    return _compare(filter, filter.operator, names, now)


def find(store: "Store", where: str = "", *, archived: bool = False) -> list[RunFacts]:
    """The runs of a workspace that a filter means, newest first. Raises FilterError.

    Those that were put away are among them where that is asked for, or the filter says something about it.
    """
    filter = filters.parse(where)
    marks, _ = store.marks()
    runs = store.runs()
    summaries = store.summaries([run.id for run in runs])
    titles = {id: schema.title for id, schema in SAMPLES.items()}
    titles |= {record.id: record.title for record in store.datasets()}
    names = Names.of(summaries.values(), ())
    params: Mapping[int, Mapping[str, Any]] = {}
    if needs_params(filter, names) or has_words(filter):
        params = store.params_of(run.id for run in runs)
        names = Names.of(summaries.values(), params.values())
    if not runs:
        return []
    judge, everything = judge_of(filter, names), archived or mentions(filter, "archived")
    facts = (
        RunFacts(
            run,
            summaries[run.id],
            marks.get(run.id, UNMARKED),
            params.get(run.id, {}),
            titles.get(run.dataset, ""),
        )
        for run in runs
    )
    return [each for each in facts if (everything or not each.marks.archived) and judge(each)]


def _fact(name: str) -> Fact | None:
    return FACTS.get(ALIASES.get(name.lower(), name.lower()))


def _compare(one: Comparison, sign: str, names: Names, now: float | None) -> Judge:
    fact = None if one.function else _fact(one.name)
    if fact is not None:
        return _of_fact(one, fact, sign, now)
    if names.has_metric(one.name) or (one.name == "loss" and names.metrics):
        name, which, judge = one.name, one.function, _number_test(one, sign)
        return lambda facts: judge(figures.value(facts.summaries, name, which))
    if one.function:
        raise FilterError(
            f"No run has recorded a metric “{_short(one.name)}”."
            + filters.nearest(one.name, [*sorted(names.bare()), *sorted(names.metrics)]),
            *one.place,
        )
    if one.name in names.params:
        return _of_param(one, sign)
    raise FilterError(
        f"No run has anything called “{_short(one.name)}”.{filters.nearest(one.name, names.every())}",
        *one.place,
    )


def _of_fact(one: Comparison, fact: Fact, sign: str, now: float | None) -> Judge:
    read = fact.read
    if fact.kind == "number":
        judge = _number_test(one, sign, fact.example)
        return lambda facts: judge(read(facts))
    if fact.kind == "duration":
        judge = _number_test(one, sign, fact.example, amounts.seconds)
        return lambda facts: read(facts) >= 0 and judge(read(facts))
    if fact.kind == "time":
        return _time_test(one, sign, fact, now)
    if fact.kind == "flag":
        wanted = one.value.lower() in YES
        if sign != "=" or not (wanted or one.value.lower() in NO):
            raise FilterError(
                f"“{one.name}” is yes or no. Write {one.name} or not {one.name}.", *one.value_place
            )
        return lambda facts: bool(read(facts)) == wanted
    if sign not in ("=", "~"):
        raise FilterError(f"“{one.name}” is a text: compare it with =, != or ~.", *one.value_place)
    small = one.value.lower()
    if sign == "~":
        return lambda facts: any(small in each.lower() for each in read(facts))
    if fact is FACTS["state"] and small not in STATES:
        raise FilterError(
            f"There is no state “{_short(one.value)}”; there are {', '.join(sorted(STATES))}."
            + filters.nearest(one.value, sorted(STATES)),
            *one.value_place,
        )
    return lambda facts: any(small == each.lower() for each in read(facts))


def _of_param(one: Comparison, sign: str) -> Judge:
    """A setting may be a number in one run and a text in another: each is compared as what it is."""
    name, small, given = one.name, one.value.lower(), amounts.number(one.value)
    order = _ORDERS.get(sign)
    if order is not None and given is None:
        raise FilterError(
            f"“{_short(one.value)}” is no number. Compare texts with =, != or ~.", *one.value_place
        )

    def test(facts: RunFacts) -> bool:
        if name not in facts.params:
            return False
        value = facts.params[name]
        if order is not None:
            return isinstance(value, int | float) and not isinstance(value, bool) and order(value, given)
        if sign == "~":
            return small in text.value(value).lower()
        if isinstance(value, bool):
            return small in (YES if value else NO)
        if isinstance(value, int | float):
            return value == given or (value != value and given is not None and math.isnan(given))
        if value is None or value == "":
            return small in ("", "none", text.NONE)
        return small.replace(" ", "") == text.value(value).lower().replace(" × ", "x").replace(" ", "")

    return test


def _number_test(
    one: Comparison,
    sign: str,
    example: str = "0.9",
    read: Callable[[str], float | None] = amounts.number,
) -> Callable[[float], bool]:
    given = read(one.value)
    shown = f"{one.function}({one.name})" if one.function else one.name
    if given is None:
        what = "a stretch of time" if read is amounts.seconds else "a number"
        raise FilterError(
            f"“{shown}” is {what}, and “{_short(one.value)}” is none. Write for instance {shown} > {example}.",
            *one.value_place,
        )
    if sign == "~":
        raise FilterError(f"“{shown}” is a number: compare it with =, !=, <, <=, > or >=.", *one.value_place)
    limit = given
    if sign == "=":
        if math.isnan(limit):
            return lambda value: value != value
        return lambda value: value == limit
    order = _ORDERS[sign]
    return lambda value: order(value, limit)


def _time_test(one: Comparison, sign: str, fact: Fact, now: float | None) -> Judge:
    """A day is a stretch: after it means after its end, on it means within."""
    found = amounts.moment(one.value, now)
    if found is None:
        length = amounts.seconds(one.value)
        hint = (
            f"“{one.value} ago”"
            if length is not None and not one.value.isdigit()
            else "7d ago, yesterday or 2026-11-21"
        )
        raise FilterError(f"“{_short(one.value)}” is no point in time. Write {hint}.", *one.value_place)
    first, after = found
    if sign == "~" or (sign == "=" and first == after):
        raise FilterError(f"Compare “{one.name}” with <, <=, > or >=, or with a day.", *one.value_place)
    read = fact.read
    tests: dict[str, Callable[[float], bool]] = {
        "=": lambda value: first <= value < after,
        "<": lambda value: value < first,
        "<=": lambda value: value < after or value == first,
        ">": lambda value: value >= after and value != first,
        ">=": lambda value: value >= first,
    }
    judge = tests[sign]
    return lambda facts: read(facts) > 0 and judge(read(facts))


def _short(given: str) -> str:
    return text.one_line(given, 40)
