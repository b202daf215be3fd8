"""The language of filters: `accuracy > 0.9 and model ~ resnet and not tag = draft`. Text to tree and back.

What a name stands for is the matter of who asks; here are only words, values and places. Standard library only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Literal

from workbench.core.amounts import UNITS, number, seconds
from workbench.core.errors import FilterError

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~"]
OPERATORS: Final[tuple[Operator, ...]] = ("=", "!=", "<", "<=", ">", ">=", "~")
FUNCTIONS: Final = ("best", "last", "min", "max")
"""Which value of a metric is meant; a bare name means the best."""
WORDS: Final = ("and", "or", "not")
MOST_CHARACTERS: Final = 10_000
_DEEPEST: Final = 50

_TOKEN = re.compile(
    r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<op><=|>=|!=|==|[=<>~])|(?P<mark>[()])|(?P<word>[^\s"()=<>~!]+))'
)
_BARE = re.compile(r'[^\s"()=<>~!]+')

Place = tuple[int, int]
_NOWHERE: Final[Place] = (0, 0)


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is looked for in all texts, or a mark such as `star`; one in quotes is always looked for."""

    text: str
    quoted: bool = False
    place: Place = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        return _quoted(self.text) if self.quoted or not _is_bare(self.text) else self.text


@dataclass(frozen=True, slots=True)
class Comparison:
    """A name, how it is compared, and with what; `function` is one of FUNCTIONS or ""."""

    name: str
    operator: Operator
    value: str
    function: str = ""
    place: Place = field(default=_NOWHERE, compare=False)
    """Of the name."""
    value_place: Place = field(default=_NOWHERE, compare=False)

    def __str__(self) -> str:
        name = self.name if _is_bare(self.name) else _quoted(self.name)
        value = self.value if _is_bare(self.value) else _quoted(self.value)
        return (
            f"{self.function}({name}) {self.operator} {value}"
            if self.function
            else f"{name} {self.operator} {value}"
        )


@dataclass(frozen=True, slots=True)
class Not:
    """What does not hold."""

    part: "Filter"

    def __str__(self) -> str:
        return f"not ({self.part})" if isinstance(self.part, And | Or) else f"not {self.part}"


@dataclass(frozen=True, slots=True)
class And:
    """Everything of it holds; two parts at least."""

    parts: tuple["Filter", ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, And | Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Something of it holds; two parts at least."""

    parts: tuple["Filter", ...]

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


Filter = Word | Comparison | Not | And | Or


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter's text: a "word", a "quoted" text, an "op", or a "mark", which is a parenthesis."""

    kind: Literal["word", "quoted", "op", "mark", "end"]
    text: str
    at: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def parse(text: str) -> Filter | None:
    """The tree of a filter, None for an empty one. Raises FilterError."""
    if len(text) > MOST_CHARACTERS:
        raise FilterError(f"A filter has at most {MOST_CHARACTERS:,} characters.", MOST_CHARACTERS, len(text))
    reader = _Reader(list(tokens(text)))
    if reader.sees("end"):
        return None
    found = reader.either()
    if not reader.sees("end"):
        raise reader.trouble("This closing parenthesis has no opening one.")
    return found


def names(filter: Filter | None) -> Iterator[Comparison]:
    """Every comparison in it."""
    match filter:
        case Comparison():
            yield filter
        case Not(part):
            yield from names(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from names(part)


def words(filter: Filter | None) -> Iterator[Word]:
    """Every bare word in it."""
    match filter:
        case Word():
            yield filter
        case Not(part):
            yield from words(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from words(part)


def tokens(text: str) -> Iterator[Token]:
    """The pieces of a text, an "end" last. Raises FilterError."""
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            if text[at] == '"':
                raise FilterError("This quotation mark is not closed.", at, len(text))
            raise FilterError(f"“{text[at]}” means nothing here. Write != for “is not”.", at, at + 1)
        given = found[found.lastgroup]
        start, at = found.start(found.lastgroup), found.end()
        match found.lastgroup:
            case "quoted":
                yield Token("quoted", re.sub(r"\\(.)", r"\1", given[1:-1], flags=re.DOTALL), start, at)
            case "op":
                yield Token("op", "=" if given == "==" else given, start, at)
            case "mark":
                yield Token("mark", given, start, at)
            case _:
                yield Token("word", given, start, at)
    yield Token("end", "", len(text), len(text))


def quoted(text: str) -> str:
    """A name or value as it is written in a filter: in quotes where it needs them."""
    return text if _is_bare(text) else _quoted(text)


def nearest(word: str, known: "list[str] | tuple[str, ...]") -> str:
    """What was probably meant, as the end of a sentence; "" where nothing is near."""
    by_lower = {each.lower(): each for each in known}
    if word.lower() in by_lower:
        return f" Did you mean “{by_lower[word.lower()]}”?"
    found = get_close_matches(word.lower()[:100], list(by_lower), 1, 0.6)
    return f" Did you mean “{by_lower[found[0]]}”?" if found else ""


# ----------------------------------------------------------------- reading


class _Reader:
    """Walks over the tokens: `or` binds least, then `and` and mere neighbourhood, then `not`."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._at]

    def sees(self, kind: str, text: str = "") -> bool:
        """Whether the next token is of a kind and, where one is given, of a text."""
        return self.token.kind == kind and text in ("", self.token.text)

    def trouble(self, message: str, token: Token | None = None) -> FilterError:
        where = token or self.token
        return FilterError(message, where.at, max(where.end, where.at + 1))

    def either(self) -> Filter:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.trouble(f"Parentheses go deeper than {_DEEPEST} here. Write it more simply.")
        parts = [self._all()]
        while self.token.is_word("or"):
            self._next()
            parts.append(self._all())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Filter:
        parts = [self._maybe_not()]
        while True:
            if self.token.is_word("and"):
                self._next()
            elif self.sees("end") or self.sees("mark", ")") or self.token.is_word("or"):
                break
            parts.append(self._maybe_not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _maybe_not(self) -> Filter:
        nots = 0
        while self.token.is_word("not"):
            self._next()
            nots += 1
            if nots > _DEEPEST:
                raise self.trouble("So many “not” after one another say nothing. Write one of them, or none.")
        found = self._single()
        for _ in range(nots):
            found = Not(found)
        return found

    def _single(self) -> Filter:
        token = self.token
        if token.kind == "mark" and token.text == "(":
            self._next()
            found = self.either()
            if not self.sees("mark", ")"):
                raise self.trouble("This parenthesis is not closed.", token)
            self._next()
            return found
        if token.kind not in ("word", "quoted") or token.is_word(*WORDS):
            raise self.trouble(self._expected(token))
        self._next()
        if self.sees("mark", "(") and self.token.at == token.end and token.kind == "word":
            return self._call(token)
        if self.sees("op"):
            return self._comparison(token, "", (token.at, token.end))
        return Word(token.text, token.kind == "quoted", (token.at, token.end))

    def _expected(self, token: Token) -> str:
        if token.kind == "end":
            return "Something is missing at the end: a name such as accuracy, or a word to look for."
        if token.kind == "op":
            return f"A name is missing before “{token.text}”, as in accuracy > 0.9."
        if token.kind == "mark":
            return "Something is missing between the parentheses."
        return f"Something is missing before “{token.text}”. Put the word in quotes to look for it."

    def _call(self, function: Token) -> Filter:
        if function.text.lower() not in FUNCTIONS:
            known = nearest(function.text, FUNCTIONS)
            raise self.trouble(
                f"“{function.text}(” is not known; there are last(…), min(…), max(…) and best(…) of a metric.{known}",
                function,
            )
        self._next()
        name = self.token
        if name.kind not in ("word", "quoted"):
            raise self.trouble(f"The name of a metric is missing, as in {function.text.lower()}(loss).")
        self._next()
        if not self.sees("mark", ")"):
            raise self.trouble(f"A closing parenthesis is missing after “{name.text}”.")
        self._next()
        if not self.sees("op"):
            shown = f"{function.text.lower()}({quoted(name.text)})"
            raise self.trouble(f"With what is it compared? As in {shown} > 0.9.")
        return self._comparison(name, function.text.lower(), (name.at, name.end))

    def _comparison(self, name: Token, function: str, place: Place) -> Filter:
        operator = self.token
        self._next()
        value = self.token
        if value.kind not in ("word", "quoted") or value.is_word(*WORDS):
            raise self.trouble(f"A value is missing after “{quoted(name.text)} {operator.text}”.")
        self._next()
        text, end = value.text, value.end
        if value.kind == "word":
            text, end = self._with_unit(value)
        if self.sees("op"):
            raise self.trouble("Compare one thing at a time: join two comparisons with and.")
        known: Operator = next(each for each in OPERATORS if each == operator.text)
        return Comparison(name.text, known, text, function, place, (value.at, end))

    def _with_unit(self, value: Token) -> tuple[str, int]:
        """A value with what belongs to it: 5 min, 1 h 30 min, 7 days ago."""
        text, end = value.text, value.end
        while True:
            token = self.token
            if token.kind != "word" or not self._belongs(
                text, token.text.lower(), self._tokens[self._at + 1]
            ):
                return text, end
            text, end = f"{text} {token.text}", token.end
            self._next()

    def _belongs(self, text: str, word: str, after: Token) -> bool:
        """Whether a word goes on with a stretch of time; `after` is what follows it."""
        if after.kind == "op" or (after.kind == "mark" and after.text == "("):
            return False  # a name: accuracy > 5 min < 3
        if word == "ago":
            return seconds(text) is not None
        if seconds(text) is not None and number(text) is None:  # so far: 1 h
            return seconds(word) is not None and (number(word) is None or after.is_word(*UNITS))
        return word in UNITS and number(text.split()[-1]) is not None

    def _next(self) -> None:
        self._at += 1


def _is_bare(text: str) -> bool:
    """Whether a text needs no quotes."""
    return bool(_BARE.fullmatch(text)) and text.lower() not in WORDS


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
