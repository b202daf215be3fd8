"""What may come next in a filter that is being typed: names, operators, values.  Standard library, core, run_filter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from workbench.core.errors import FilterError
from workbench.core.filters import FUNCTIONS, WORDS, Token, quoted, tokens
from workbench.jobs.run_filter import ALIASES, FACTS, Names
from workbench.store.records import STATES

MOST: Final = 40
_DAYS: Final = ("today", "yesterday", "1d ago", "7d ago", "30d ago")
_NUMBERS: Final = (">", ">=", "<", "<=", "=", "!=")
_TEXTS: Final = ("=", "!=", "~")
State = Literal["name", "metric", "operator", "call", "value", "join"]
ValuesOf = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that may stand in place of what is between `start` and `end`."""

    text: str
    start: int
    end: int


def completions(text: str, cursor: int, names: Names, values_of: ValuesOf) -> list[Completion]:
    """What may stand at the cursor, the likeliest first. `values_of` gives the values that runs have of a name."""
    before = text[:cursor]
    try:
        found = list(tokens(before))[:-1]
    except FilterError:  # within quotes, or behind what means nothing
        return []
    partial = ""
    if found and found[-1].kind == "word" and found[-1].end == cursor:
        partial = found.pop().text
    state, name = _state(found)
    start = cursor - len(partial)
    options = list(_options(state, name, partial, names, values_of))
    small = partial.lower()
    matching = [one for one in dict.fromkeys(options) if small in one.lower() and one.lower() != small]
    matching.sort(key=lambda one: not one.lower().startswith(small))  # keeps their order otherwise
    return [Completion(one, start, cursor) for one in matching[:MOST]]


def _state(found: list[Token]) -> tuple[State, str]:
    """What is expected behind these tokens, and the name that it is about."""
    state: State = "name"
    name = ""
    for number, token in enumerate(found):
        if token.kind == "op":
            state = "value"
        elif token.kind == "mark":
            if token.text == "(":
                state = "metric" if number and found[number - 1].text.lower() in FUNCTIONS else "name"
            else:
                state = "operator" if state == "call" else "join"
        elif state == "value":
            state = "join"
        elif token.is_word(*WORDS):
            state = "name"
        else:
            state, name = ("call" if state == "metric" else "operator"), token.text
    return state, name


def _options(state: State, name: str, partial: str, names: Names, values_of: ValuesOf) -> Iterable[str]:
    if state == "name":
        if not partial:
            return
        yield from FACTS
        yield from map(quoted, sorted(names.bare()))
        yield from ("not ", *(f"{one}(" for one in FUNCTIONS))
        yield from map(quoted, sorted(names.metrics))
        yield from map(quoted, sorted(names.params))
    elif state == "metric":
        yield from map(quoted, [*sorted(names.bare()), *sorted(names.metrics)])
    elif state == "operator":
        yield from () if partial else _operators(name, names)
        yield from ("and ", "or ")
    elif state == "value":
        yield from _values(name, values_of)
    elif state == "join":
        yield from ("and ", "or ")


def _operators(name: str, names: Names) -> Iterable[str]:
    fact = FACTS.get(ALIASES.get(name.lower(), name.lower()))
    if fact is not None and fact.kind == "flag":
        return ()
    if fact is not None:
        return _TEXTS if fact.kind in ("text", "tags") else _NUMBERS
    if names.has_metric(name):
        return _NUMBERS
    return (*_NUMBERS, "~") if name in names.params else ()


def _values(name: str, values_of: ValuesOf) -> Iterable[str]:
    key = ALIASES.get(name.lower(), name.lower())
    fact = FACTS.get(key)
    if key == "state":
        return sorted(STATES)
    if fact is not None and fact.kind == "flag":
        return ("yes", "no")
    if fact is not None and fact.kind == "time":
        return map(quoted, _DAYS)
    return map(quoted, values_of(key if fact is not None else name))
