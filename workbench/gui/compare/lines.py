"""Two programs laid along one another, line by line.  Standard library only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, unified_diff
from typing import Final, Literal

from workbench.core import text

CONTEXT: Final = 3
"""Lines around a difference that are shown although they are alike."""
_TRIPLE = '"""'
Sign = Literal["+", "-", " ", "…"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: only in the second program (+), only in the first (-), in both, or in place of lines alike (…)."""

    sign: Sign
    text: str
    inside: bool = False
    """Whether it begins inside a text in triple quotes, which its colours follow from."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What is shown, and where in it differences begin."""

    shown: tuple[Line, ...] = ()
    starts: tuple[int, ...] = ()

    def count(self, sign: Sign) -> int:
        """How many lines of a sort there are."""
        return sum(line.sign == sign for line in self.shown)

    @property
    def told(self) -> str:
        """How much differs, in words."""
        if not self.starts:
            return "The programs are the same, word for word."
        return f"{text.plural(self.count('+'), 'line')} added, {self.count('-')} removed."


def lay(before: str, after: str) -> Lines:
    """The lines that differ with some around them; of the others only how many there are."""
    one, other = before.splitlines(), after.splitlines()
    olds = [Line("-", *line) for line in _quoted(one)]
    news = [Line("+", *line) for line in _quoted(other)]
    shown: list[Line] = []
    starts: list[int] = []
    at = 0
    for group in SequenceMatcher(None, one, other, autojunk=False).get_grouped_opcodes(CONTEXT):
        _skip(shown, group[0][1] - at)
        differing = False
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                shown += [replace(line, sign=" ") for line in olds[old:old_end]]
                differing = False
                continue
            if not differing:
                starts.append(len(shown))
            differing = True
            shown += olds[old:old_end]
            shown += news[new:new_end]
        at = group[-1][2]
    if starts:
        _skip(shown, len(one) - at)
    return Lines(tuple(shown), tuple(starts))


def patch(before: str, after: str, names: Sequence[str]) -> str:
    """The same as a unified diff, which other programs read."""
    one, other = (program.splitlines(keepends=True) for program in (before, after))
    return "".join(unified_diff(one, other, names[0], names[1], n=CONTEXT))


def _quoted(lines: Sequence[str]) -> list[tuple[str, bool]]:
    """Lines, and whether each begins inside a text in triple quotes."""
    found, inside = [], False
    for line in lines:
        found.append((line, inside))
        inside ^= line.count(_TRIPLE) % 2 == 1
    return found


def _skip(shown: list[Line], count: int) -> None:
    if count > 0:
        shown.append(Line("…", f"{text.plural(count, 'line')} alike"))
